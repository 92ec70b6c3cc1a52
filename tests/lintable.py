"""What the tests of the linter share: a scenario from a few lines, linted."""

from __future__ import annotations

from textwrap import dedent, indent

from heartline.checking.lint import lint
from heartline.compiler import compile_scenario
from heartline.diagnostics import Diagnostic
from heartline.loader import load_text

HEAD = """\
heartline: 1
id: tea
version: 1.0.0
title: A cup of tea
cast:
  you: {name: You}
  guest: {name: Robin, played_by: engine}
"""
VARIABLES = """\
context:
  sugar: {type: int, min: 0, max: 3, initial: 0, title: Sugar}
  milk: {type: bool, initial: false, title: Milk}
  kind: {type: enum, values: [green, black, white], initial: green, title: Kind}
"""
END = "  done: {type: final, outcome: warm}\n"


def findings(states: str, more: str = "", end: str = END) -> tuple[Diagnostic, ...]:
    """Lint a scenario with these states, some variables, and a final state `done`."""
    text = HEAD + VARIABLES + dedent(more) + "states:\n" + indent(dedent(states), "  ") + end
    compiled = compile_scenario(load_text(text))
    assert compiled.machine is not None, "\n".join(map(str, compiled.diagnostics))
    assert not compiled.diagnostics
    return lint(compiled)


def codes(states: str, more: str = "", end: str = END) -> list[str]:
    return [finding.code for finding in findings(states, more, end)]


def one(states: str, more: str = "", end: str = END) -> Diagnostic:
    found = findings(states, more, end)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def linted(text: str) -> tuple[Diagnostic, ...]:
    """Lint a whole scenario, which must compile."""
    compiled = compile_scenario(load_text(text))
    assert compiled.machine is not None, "\n".join(map(str, compiled.diagnostics))
    return lint(compiled)
