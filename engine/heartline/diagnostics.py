"""What is wrong with a scenario file or a test file, where, and what to do about it.

A `Diagnostic` is a value: rooms that find faults return them in lists, nobody prints them but
the command line. The codes are stable and each has a page in docs/diagnostics:

    HL0xx  proof: what every way to play shows
    HL1xx  the text: encoding, size, YAML
    HL2xx  the shape: fields, types, bounds
    HL3xx  names: states, variables, guards, timers, roles, speakers, placeholders
    HL4xx  expressions: syntax and types
    HL5xx  flow: what can and cannot happen
    HL6xx  timers
    HL7xx  included files
    HL8xx  properties and migrations
    HL9xx  test files
"""

from __future__ import annotations

import difflib
import heapq
import itertools
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Diagnostic", "Location", "Severity", "did_you_mean", "sort_key"]


class Severity(Enum):
    """How bad it is: an error keeps a scenario from being played, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; lines and columns count from 1, columns in characters."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: a stable code, one plain sentence, a place, and a hint that helps to mend it."""

    code: str
    severity: Severity
    message: str
    location: Location
    hint: str | None = None

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.location}: {self.severity.value} {self.code}: {self.message}{hint}"


def sort_key(diagnostic: Diagnostic) -> tuple[Location, str, str]:
    """Order findings as a reader meets them: by place, then by code."""
    return (diagnostic.location, diagnostic.code, diagnostic.message)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """The hint that names the nearest known name, or None where nothing is near.

    The full comparison is slow, so only the names that share the most pairs of letters get it:
    a misspelled name among thousands takes a few hundredths of a second.
    """
    wanted = name[:100]
    letters = _pairs(wanted)
    likely = heapq.nlargest(
        32, sorted(known)[:5000], key=lambda each: len(letters & _pairs(each[:100]))
    )
    near = difflib.get_close_matches(wanted, likely, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None


def _pairs(name: str) -> set[str]:
    """Each two letters that stand side by side, the edges counted as letters."""
    return set(map("".join, itertools.pairwise(f" {name} ")))
