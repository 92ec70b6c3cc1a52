"""What is wrong inside one source text: an expression, an action, or a spoken line.

Rooms that parse a text of the scenario return a `Parsed`, never raise, and never know where in
the file their text stands: a `Problem` holds offsets into the text, and the compiler turns them
into places in the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Parsed", "Problem"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault, between two offsets of the source text, in characters from 0, end excluded."""

    code: str
    message: str
    start: int
    end: int
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """What was read, or None where `problems` says why not."""

    tree: T | None
    problems: tuple[Problem, ...] = ()
