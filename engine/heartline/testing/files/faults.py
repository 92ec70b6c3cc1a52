"""What is wrong with a test file: one cause, one diagnostic, however many rows meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.diagnostics import Diagnostic, Location, Severity, did_you_mean, sort_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from heartline.expressions import Problem
    from heartline.sources import SourceMap
    from heartline.yamltext import Node

__all__ = ["Faults", "Path"]

Path = tuple["str | int", ...]
MOST_FAULTS = 200
MOST_HINTS = 20  # each takes some hundredths of a second where names are many


class Faults:
    """The diagnostics of one test file. `sources` leads from paths to places in it: that of the
    row which is looked at, so that a cell has its own place."""

    def __init__(self, sources: SourceMap) -> None:
        self.sources = sources
        self._found: dict[Diagnostic, None] = {}
        self._hints: dict[tuple[str, frozenset[str]], str | None] = {}

    @property
    def failed(self) -> bool:
        """Whether an error has been found."""
        return any(found.severity is Severity.ERROR for found in self._found)

    def ordered(self) -> tuple[Diagnostic, ...]:
        """What was found, in the order in which a reader meets it."""
        return tuple(sorted(self._found, key=sort_key)[:MOST_FAULTS])

    def add(self, found: Iterable[Diagnostic]) -> None:
        """Take over what another room found."""
        self._found.update(dict.fromkeys(found))

    def error(
        self, code: str, message: str, path: Path, hint: str | None = None, *, key: bool = False
    ) -> None:
        """Report an error at a path; `key` points at the field's name."""
        self._add(code, message, self.sources.locate(path, key=key), hint)

    def at_node(self, code: str, message: str, node: Node, hint: str | None = None) -> None:
        """Report an error at a value of the file."""
        mark = node.start
        self._add(code, message, Location(self.sources.name, mark.line + 1, mark.column + 1), hint)

    def problem(self, problem: Problem, path: Path) -> None:
        """Report a fault inside an expression."""
        where = self.sources.offset(path, problem.start)
        self._add(problem.code, problem.message, where, problem.hint)

    def unknown(
        self, code: str, what: str, name: str, known: Collection[str], path: Path,
        *, key: bool = False,
    ) -> None:  # fmt: skip
        """Report a name that the scenario does not have, with the nearest one that it has."""
        hint = self.near(name, known)
        if hint is None and known and len(known) <= 8:
            hint = f"there is {', '.join(sorted(known))}"
        self.error(code, f"no {what} is called {name!r}", path, hint, key=key)

    def near(self, name: str, known: Iterable[str]) -> str | None:
        """The hint that names the nearest known name. Each is looked for once, and only so many."""
        asked = (name, frozenset(known))
        if asked not in self._hints and len(self._hints) < MOST_HINTS:
            self._hints[asked] = did_you_mean(name, asked[1])
        return self._hints.get(asked)

    def nearest(self, name: str, known: Iterable[str]) -> str | None:
        """The nearest known name itself."""
        hint = self.near(name, known)
        return hint.split("'")[1] if hint else None

    def _add(self, code: str, message: str, where: Location, hint: str | None) -> None:
        self._found.setdefault(Diagnostic(code, Severity.ERROR, message, where, hint))
