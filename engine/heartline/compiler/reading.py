"""Pieces of a state, read: guards, actions, texts and lines become trees, with their places.

Nothing here knows yet where a slot of the frame lies: guards and actions are kept as trees, and
`Patch` notes say into which part the generated function goes once it exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heartline.expressions import (
    BOOL,
    And,
    Compare,
    Count,
    Happened,
    IntType,
    Literal,
    Not,
    counts,
    parse_action,
    parse_expression,
)
from heartline.plan import Lines, SpokenLine, When
from heartline.scenario import NARRATOR
from heartline.text import Text, parse_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from heartline.compiler.findings import Findings, Path
    from heartline.compiler.names import Names
    from heartline.compiler.units import Unit
    from heartline.expressions import Action, Parsed, Scope, Symbol, Tree
    from heartline.scenario import Line

__all__ = ["NOWHERE", "Patch", "Reader", "parse_guard"]

NOWHERE = (0, 0)


@dataclass(frozen=True, slots=True)
class Patch:
    """A generated function's place: the attribute of a part, made of a tree or of actions."""

    part: Any
    attribute: str
    code: Tree | tuple[Action, ...]


class Reader:
    """Reads the pieces of all states; keeps the patches, the counters that are read, and each
    condition with its place."""

    def __init__(self, names: Names, findings: Findings) -> None:
        self.names = names
        self.findings = findings
        self.patches: list[Patch] = []
        self.counters: dict[Symbol, int] = {}
        self.known: dict[tuple[str, str, object], Parsed[Any]] = {}
        self.lines = 0
        self.whens: list[When] = []

    def guard(self, source: str | None, unit: Unit, path: Path, owner: str) -> When | None:
        if source is None:
            return None
        tree = self.findings.take(self.parsed(unit.prefix, source, parse_guard), unit, path)
        if tree is None:
            return None
        self.whens.append(When(owner, tree, unit.loaded.sources.locate(path), path))
        return self.whens[-1]

    def parsed(
        self, prefix: str, source: str, parse: Callable[[str, Scope], Parsed[Any]]
    ) -> Parsed[Any]:
        """What a source text means in a file. Authors repeat themselves: each is parsed once."""
        key = (prefix, source, parse)
        if key not in self.known:
            self.known[key] = parse(source, self.names.scopes[prefix])
        return self.known[key]

    def actions(self, sources: Sequence[str], unit: Unit, path: Path) -> list[Action]:
        found = []
        for index, source in enumerate(sources):
            parsed = self.parsed(unit.prefix, source, parse_action)
            action = self.findings.take(parsed, unit, (*path, index))
            if action is not None:
                found.append(action)
        return found

    def text(self, source: str | None, unit: Unit, path: Path) -> Text | None:
        if source is None:
            return None
        return self.findings.take(parse_text(source, self.names.texts[unit.prefix]), unit, path)

    def role(self, name: str | None, unit: Unit, path: Path) -> str:
        if name is None:
            return next(iter(unit.roles.values()))
        if name not in unit.roles:
            self.findings.unknown("HL305", "role", name, unit.roles, unit, path)
        return unit.roles.get(name, next(iter(unit.roles.values())))

    def said(
        self, authored: Sequence[Line], unit: Unit, path: Path, cause: str, default: str,
        visits: Symbol, texts: list[Text] | None = None,
    ) -> Lines | None:  # fmt: skip
        """Lines. `visits` is the counter that first and later refer to; a choice's own is asked
        before it counts, a state's after. The texts that may be a label go into `texts`."""
        lines = []
        for index, line in enumerate(authored):
            here = (*path, index)
            self.lines += 1
            parsed = [
                self.text(text, unit, (*here, "texts", number))
                for number, text in enumerate(line.texts)
            ]
            found = tuple(text for text in parsed if text is not None)
            speaker = line.speaker or default
            if line.speaker not in (None, NARRATOR):
                if line.speaker not in unit.roles:
                    self.findings.unknown(
                        "HL306", "speaker", str(line.speaker), {*unit.roles, NARRATOR}, unit, here
                    )
                    continue
                speaker = unit.roles[str(line.speaker)]
            only_to = line.only_to and self.role(line.only_to, unit, (*here, "only_to"))
            when = self.guard(line.when, unit, (*here, "when"), f"a line of {speaker}")
            conditions = [] if when is None else [when.tree]
            if line.visit is not None and visits == ("visits", ""):
                self.findings.error(
                    "HL205", "'visit' goes by the visits of a state, and the whole file is never "
                    "entered anew", unit, (*here, "visit"), "use 'when', or move it into a state",
                    key=True,
                )  # fmt: skip
            elif line.visit is not None:
                conditions.append(self.visit(line.visit, visits))
            if not found:
                continue
            places = tuple(
                unit.loaded.sources.locate((*here, "texts", number))
                for number, text in enumerate(parsed)
                if text is not None
            )
            spoken = SpokenLine(speaker, found, None, only_to, self.lines, here, places, when)
            if conditions:
                spoken.condition = _all(conditions)
                self.patch(spoken, "guard", spoken.condition)
            elif texts is not None and speaker == default:
                texts.append(found[0])
            lines.append(spoken)
        return Lines(cause, tuple(lines)) if lines else None

    def visit(self, visit: str, counter: Symbol) -> Tree:
        if counter[0] == "taken":
            test: Tree = Happened(NOWHERE, BOOL, counter)
            self.counters[counter] = max(1, self.counters.get(counter, 0))
        else:
            test = _at_least(counter, 2)
            self.counters[counter] = max(2, self.counters.get(counter, 0))
        return test if visit == "later" else Not(NOWHERE, BOOL, test)

    def patch(self, part: Any, attribute: str, code: Tree | tuple[Action, ...]) -> None:
        self.patches.append(Patch(part, attribute, code))
        self.note(code if isinstance(code, tuple) else (code,))

    def note(self, parts: Iterable[Tree | Action]) -> None:
        """Remember which counters are read, and up to where."""
        for symbol, bound in counts(*parts).items():
            self.counters[symbol] = max(bound, self.counters.get(symbol, 0))


def parse_guard(source: str, scope: Scope) -> Parsed[Tree]:
    """Read a guard."""
    return parse_expression(source, scope, BOOL)


def _all(trees: list[Tree]) -> Tree:
    return trees[0] if len(trees) == 1 else And(NOWHERE, BOOL, tuple(trees))


def _at_least(counter: Symbol, number: int) -> Tree:
    kind = IntType(0, number)
    return Compare(
        NOWHERE, BOOL, (">=",), (Count(NOWHERE, kind, counter), Literal(NOWHERE, kind, number))
    )
