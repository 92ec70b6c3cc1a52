"""All mutants of a scenario, in the order of its files: each place, and each mistake fit for it.

A removed choice, branch or handler is one whose condition never holds: so nothing else of the file
moves, and no name that others use goes missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.compiler.names import type_of
from heartline.compiler.reading import parse_guard
from heartline.durations import format_duration, parse_duration
from heartline.expressions import (
    DURATION,
    Literal,
    assigned,
    parse_action,
    parse_expression,
    reads,
    write,
)
from heartline.expressions.types import describe_value
from heartline.scenario import NARRATOR, TextVariable
from heartline.testing.mutation.mutant import Edit, Mutant, Path, named, place_of
from heartline.testing.mutation.trees import (
    LEFT_OUT,
    action_changes,
    condition_changes,
    longer,
    other_value,
    write_action,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.compiler import Parts
    from heartline.compiler.units import Node, Unit
    from heartline.diagnostics import Location
    from heartline.expressions import Action
    from heartline.scenario import Block, Branch, Choice, Line, State

__all__ = ["mutants_of"]

NEVER = "false"
LONGEST_WORDS = 40  # of a line, in a name


def mutants_of(parts: Parts) -> tuple[Mutant, ...]:
    """All mutants of a compiled scenario and the files that it includes, each file once."""
    files: dict[str, Unit] = {}
    for unit in parts.units:
        files.setdefault(unit.loaded.sources.name, unit)
    engine = {
        role
        for role, authored in parts.units[0].file.cast.items()
        if authored.played_by == "engine"
    }
    found: list[Mutant] = []
    for unit in files.values():
        of_file = list(_File(parts, unit, engine).all())
        found += sorted(of_file, key=lambda each: (each.location.line, each.location.column))
    return named(found)


class _File:
    """The mutants of one file."""

    def __init__(self, parts: Parts, unit: Unit, engine: set[str]) -> None:
        self.drafter = parts.drafter
        self.scope = parts.names.scopes[unit.prefix]
        self.unit = unit
        self.engine = engine
        self.sources = unit.loaded.sources
        self.prefix = "" if not unit.prefix else self.sources.name.rpartition("/")[2] + ": "

    def all(self) -> Iterator[Mutant]:
        file = self.unit.file
        yield from self.variables()
        for name, timer in file.timers.items():
            yield from self.length(("timers", name, "length"), timer.length)
        for name, guard in file.guards.items():
            yield from self.condition(("guards", name, "when"), guard.when)
        yield from self.inputs((), file.choices, file.events, file.after)
        for name, state in file.states.items():
            yield from self.state(("states", name), state)

    def state(self, path: Path, state: State) -> Iterator[Mutant]:
        yield from self.block((*path, "entry"), state.entry)
        yield from self.block((*path, "exit"), state.exit)
        yield from self.inputs(path, state.choices, state.events, state.after)
        for index, branch in enumerate(state.always):
            here = (*path, "always", index)
            yield from self.branch(here, branch)
            yield self.gone("drop-way", [here], here, _to(branch))
        for outcome, branches in state.done.items():
            for index, branch in enumerate(branches):
                yield from self.branch((*path, "done", outcome, index), branch)
        for inner, each in state.states.items():
            yield from self.state((*path, "states", inner), each)

    def inputs(
        self, path: Path, choices: Mapping[str, Choice], events: Mapping[str, Sequence[Branch]],
        after: Mapping[str, Sequence[Branch]],
    ) -> Iterator[Mutant]:  # fmt: skip
        for name, choice in choices.items():
            yield from self.choice((*path, "choices", name), name, choice)
        for operator, section, groups in (
            ("drop-event", "events", events), ("drop-timer", "after", after),
        ):  # fmt: skip
            for name, branches in groups.items():
                here = (*path, section, name)
                each = [(*here, index) for index in range(len(branches))]
                yield self.gone(operator, each, here, name)
                for index, branch in enumerate(branches):
                    yield from self.branch((*here, index), branch)
                    if len(branches) > 1:
                        yield self.gone("drop-way", [(*here, index)], (*here, index), _to(branch))
        for name in after:
            if name[:1].isdigit():
                yield self.delay((*path, "after"), name, after)

    # Parts --------------------------------------------------------------------------------------

    def choice(self, path: Path, name: str, choice: Choice) -> Iterator[Mutant]:
        yield self.mutant(
            "drop-choice", path, self.sources.locate(path, key=True), name, "(never offered)",
            Edit((*path, "when"), NEVER), Edit((*path, "if_closed"), "hide"),
        )  # fmt: skip
        role = choice.by or next(iter(self.unit.file.cast))
        yield from self.lines((*path, "say"), choice.say, role)
        if choice.when is not None:
            yield from self.condition((*path, "when"), choice.when)
        if choice.once:
            here = (*path, "once")
            yield self.mutant("drop-once", here, self.key(here), "true", "false", Edit(here, False))
        if self.unit.roles.get(role) in self.engine and choice.weight not in ("0", None):
            here = (*path, "weight")
            before = str(choice.weight)
            yield self.mutant("weight-zero", here, self.key(here), before, "0", Edit(here, "0"))
        elif self.unit.roles.get(role) in self.engine and choice.weight is None:
            here = (*path, "weight")
            place = self.sources.locate(path, key=True)
            yield self.mutant("weight-zero", here, place, "1", "0", Edit(here, "0"))
        yield from self.actions((*path, "do"), choice.do)
        yield from self.target((*path, "to"), choice.to)
        branches = choice.branches or ()
        for index, branch in enumerate(branches):
            here = (*path, "branches", index)
            yield from self.branch(here, branch)
            if len(branches) > 1:
                yield self.gone("drop-way", [here], here, _to(branch))

    def branch(self, path: Path, branch: Branch) -> Iterator[Mutant]:
        if branch.when is not None:
            yield from self.condition((*path, "when"), branch.when)
        yield from self.actions((*path, "do"), branch.do)
        yield from self.lines((*path, "say"), branch.say, NARRATOR)
        yield from self.target((*path, "to"), branch.to)

    def gone(self, operator: str, branches: list[Path], path: Path, what: str) -> Mutant:
        """One or several branches that are never taken."""
        edits = [Edit((*branch, "when"), NEVER) for branch in branches]
        return self.mutant(operator, path, self.key(path), what, "(never taken)", *edits)

    def block(self, path: Path, block: Block) -> Iterator[Mutant]:
        yield from self.actions((*path, "do"), block.do)
        yield from self.lines((*path, "say"), block.say, NARRATOR)

    def condition(self, path: Path, source: str) -> Iterator[Mutant]:
        tree = self.drafter.parsed(self.unit.prefix, source, parse_guard).tree
        if tree is None:
            return
        for change in condition_changes(tree):
            place = self.sources.offset(path, change.span[0])
            edit = Edit(path, change.source)
            yield self.mutant(change.operator, path, place, change.before, change.after, edit)

    def lines(self, path: Path, lines: Sequence[Line], default: str) -> Iterator[Mutant]:
        for index, line in enumerate(lines):
            here = (*path, index)
            words = _words(line.texts[0])
            speaker = line.speaker or default
            if speaker in self.unit.file.cast:
                other = self.other_speaker(speaker)
                yield self.mutant(
                    "swap-speaker", path, self.sources.locate(here), speaker, other,
                    Edit((*here, "speaker"), other), words=words,
                )  # fmt: skip
            if line.visit is not None:
                at = (*here, "visit")
                other = "later" if line.visit == "first" else "first"
                yield self.mutant(
                    "visit", path, self.sources.locate(at), line.visit, other, Edit(at, other),
                    words=words,
                )  # fmt: skip
            if line.when is not None:
                yield from self.line_condition((*here, "when"), path, line.when, words)

    def line_condition(self, path: Path, shown: Path, source: str, words: str) -> Iterator[Mutant]:
        tree = self.drafter.parsed(self.unit.prefix, source, parse_guard).tree
        if tree is None:
            return
        place, written = self.sources.locate(path), write(tree)
        yield self.mutant(
            "always-said", shown, place, written, LEFT_OUT, Edit(path, None), words=words
        )
        for change in condition_changes(tree, inner=False):
            edit = Edit(path, change.source)
            yield self.mutant(
                change.operator, shown, place, change.before, change.after, edit, words=words
            )

    def other_speaker(self, speaker: str) -> str:
        first, *others = self.unit.file.cast
        if speaker != first:
            return first
        return others[0] if others else NARRATOR

    def actions(self, path: Path, sources: Sequence[str]) -> Iterator[Mutant]:
        known: list[Action | None] = [
            self.drafter.parsed(self.unit.prefix, source, parse_action).tree for source in sources
        ]
        for index, action in enumerate(known):
            if action is None:
                continue
            here, written = (*path, index), write_action(action)
            place = self.sources.offset(here, 0)
            rest = (*sources[:index], *sources[index + 1 :])
            yield self.mutant("drop-action", path, place, written, LEFT_OUT, Edit(path, rest))
            for change in action_changes(action):
                edit = Edit(here, change.source)
                yield self.mutant(change.operator, path, place, change.before, change.after, edit)
            after = known[index + 1] if index + 1 < len(known) else None
            if after is not None and _entangled(action, after):
                swapped = (
                    *sources[:index], sources[index + 1], sources[index], *sources[index + 2 :],
                )  # fmt: skip
                both = written, write_action(after)
                yield self.mutant(
                    "swap-actions", path, place, "; ".join(both), "; ".join(reversed(both)),
                    Edit(path, swapped),
                )  # fmt: skip

    def target(self, path: Path, to: str | None) -> Iterator[Mutant]:
        if to is None or to not in self.unit.nodes:
            return
        other = self.other_target(self.unit.nodes[to])
        after = other if other is not None else "(stays)"
        yield self.mutant("retarget", path, self.sources.locate(path), to, after, Edit(path, other))

    def other_target(self, node: Node) -> str | None:
        """The state after it beside it, in a circle; else another one of the file; None: stay."""
        beside = node.parent.children if node.parent is not None else []
        near = [each for each in beside if each.kind != "history" and each.unit is node.unit]
        if len(near) < 2:
            near = [
                each for each in self.unit.nodes.values()
                if each.kind != "history" and (each is node or not each.holds(node))
            ]  # fmt: skip
        if len(near) < 2 or node not in near:
            others = [each for each in near if each is not node]
            return others[0].name.removeprefix(self.unit.prefix) if others else None
        return near[(near.index(node) + 1) % len(near)].name.removeprefix(self.unit.prefix)

    # What begins and what runs out --------------------------------------------------------------

    def variables(self) -> Iterator[Mutant]:
        for name, variable in self.unit.file.context.items():
            if isinstance(variable, TextVariable):
                continue
            new = other_value(variable.initial, type_of(variable))
            if new is None or new == variable.initial:
                continue
            path = ("context", name, "initial")
            before, after = _plain(variable.initial), _plain(new)
            yield self.mutant("initial", path, self.key(path), before, after, Edit(path, new))

    def length(self, path: Path, source: str) -> Iterator[Mutant]:
        tree = parse_expression(source, self.scope, DURATION).tree
        if tree is None:
            return
        if isinstance(tree, Literal):
            after = format_duration(longer(tree.value))  # type: ignore[arg-type]
        else:
            after = f"{write(tree)} + 1d"
        place = self.sources.locate(path)
        yield self.mutant("delay", path, place, write(tree), after, Edit(path, after))

    def delay(self, path: Path, name: str, after: Mapping[str, Any]) -> Mutant:
        new = format_duration(longer(parse_duration(name)))
        renamed = {new if key == name else key: value for key, value in after.items()}
        place = self.key((*path, name))
        return self.mutant("delay", path, place, name, new, Edit(path, renamed))

    # Making one ---------------------------------------------------------------------------------

    def key(self, path: Path) -> Location:
        return self.sources.locate(path, key=True)

    def mutant(
        self, operator: str, path: Path, location: Location, before: str, after: str,
        *edits: Edit, words: str = "",
    ) -> Mutant:  # fmt: skip
        place = f"{self.prefix}{place_of(path)}" + (f" '{words}'" if words else "")
        name = f"{place}: {before} -> {after}"
        return Mutant(operator, self.sources.name, name, location, before, after, edits)


def _to(branch: Branch) -> str:
    return branch.to or "(stays)"


def _words(text: str) -> str:
    """The beginning of a line, cut between words."""
    text = " ".join(text.split())
    if len(text) <= LONGEST_WORDS:
        return text
    return text[:LONGEST_WORDS].rpartition(" ")[0] + " ..."


def _plain(value: object) -> str:
    return str(value) if isinstance(value, str) else describe_value(value)  # type: ignore[arg-type]


def _entangled(one: Action, other: Action) -> bool:
    """Whether one of two actions touches what the other changes: only then their order counts."""
    first, second = assigned(one), assigned(other)
    return first == second or first in reads(other) or second in reads(one)
