"""Collecting what is wrong: a problem inside a text becomes a diagnostic at a place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from heartline.diagnostics import Diagnostic, Severity, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartline.compiler.units import Unit
    from heartline.expressions import Parsed

__all__ = ["Findings", "Path"]

T = TypeVar("T")
Path = tuple["str | int", ...]
MOST_HINTS = 20  # each takes some hundredths of a second where names are many


class Findings:
    """The diagnostics of one compilation, in the order in which they were found."""

    def __init__(self) -> None:
        self.all: list[Diagnostic] = []
        self.hints = 0

    @property
    def failed(self) -> bool:
        """Whether an error has been found."""
        return any(found.severity is Severity.ERROR for found in self.all)

    def error(
        self, code: str, message: str, unit: Unit, path: Path, hint: str | None = None,
        *, key: bool = False,
    ) -> None:  # fmt: skip
        """Report an error at a path of a unit's file; `key` points at the field's name."""
        where = unit.loaded.sources.locate(path, key=key)
        self.all.append(Diagnostic(code, Severity.ERROR, message, where, hint))

    def unknown(
        self, code: str, what: str, name: str, known: Iterable[str], unit: Unit, path: Path,
        *, key: bool = False,
    ) -> None:  # fmt: skip
        """Report a name that does not exist, with the nearest one that does."""
        known = sorted(known)
        self.hints += 1
        hint = did_you_mean(name, known) if self.hints <= MOST_HINTS else None
        if hint is None and known and len(known) <= 8:
            hint = f"there is {', '.join(known)}"
        self.error(code, f"no {what} is called {name!r}", unit, path, hint, key=key)

    def take(self, parsed: Parsed[T], unit: Unit, path: Path) -> T | None:
        """What was parsed, with its problems reported at their places; None where it failed."""
        for problem in parsed.problems:
            where = unit.loaded.sources.offset(path, problem.start)
            self.all.append(
                Diagnostic(problem.code, Severity.ERROR, problem.message, where, problem.hint)
            )
        return parsed.tree
