"""A machine's ways, made ready to be taken by many configurations at once.

Each way becomes a row of small operations in the order in which `heartline.machine.Way` does them:
speak, count, remember, exit, act, enter. What changes only slots that nobody reads is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heartline.checking.exploring.coding import microseconds
from heartline.expressions import Assign, GuardUse, Start, walk
from heartline.plan import event_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from heartline.checking.exploring.coding import Coding
    from heartline.checking.exploring.slicing import Slice
    from heartline.checking.exploring.vectors import Assignment, Get, Vectors
    from heartline.expressions import Action, Tree
    from heartline.machine import Machine, Way
    from heartline.plan import Block, ChoiceSpec, Edge, Lines, When, Wiring

    Test = Callable[[Get], Any]

__all__ = [
    "Act", "Count", "Group", "Offer", "Parts", "Put", "Say", "StartTimer", "StopTimer", "Taken",
    "spoken_conditions",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Put:
    """A slot holds a number from now on."""

    slot: int
    number: int


@dataclass(frozen=True, slots=True)
class Count:
    """A counter goes up, to its bound at most."""

    slot: int
    cap: int


@dataclass(frozen=True, slots=True)
class StartTimer:
    """A timer starts; `length` gives microseconds."""

    timer: int
    length: Test


@dataclass(frozen=True, slots=True)
class StopTimer:
    """A timer stops; where it `expired`, it has been handled."""

    timer: int
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """An assignment; `key` is the id() of the action."""

    key: int
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Say:
    """A role speaks where the test holds (None: always)."""

    role: str
    test: Test | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A way, ready to be taken: what is done before the new state is come to, and what after."""

    way: Way
    dest: str | None
    leaving: tuple[Any, ...]
    entering: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The ways of one edge from one leaf: one, or one for each place that a history can hold.

    In a slice it may be taken where `test` holds, and is sure to be taken where `sure` holds, if
    that is another test. `whens` are the conditions that it is made of, those of its named guards
    among them.
    """

    way: Way
    test: Test | None
    sure: Test | None
    ways: tuple[tuple[int | None, Taken], ...]
    history: int | None
    whens: tuple[tuple[When, Test], ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice of the engine's roles: what opens it, its weight (None: 1), and its conditions.

    In a slice `sure` opens it in any case, and `sure_weight` is what it weighs at least.
    """

    spec: ChoiceSpec
    event: str
    tests: tuple[Test | None, ...]
    weight: Test | None
    sure: tuple[Test | None, ...]
    sure_weight: Test | None
    whens: tuple[tuple[When, Test], ...]


class Parts:
    """All that the explorer takes from a machine. `speakers` are roles whose lines are noted."""

    def __init__(
        self,
        machine: Machine,
        coding: Coding,
        vectors: Vectors,
        tracked: Collection[int],
        speakers: Collection[str],
        slice: Slice | None = None,
    ) -> None:
        self._machine = machine
        self.slice = slice
        self._coding = coding
        self._vectors = vectors
        self._tracked = tracked
        self._speakers = frozenset(speakers)
        self.timers = {name: n for n, name in enumerate(machine.timers)}
        self._timer_slots = {info.slot: self.timers[name] for name, info in machine.timers.items()}
        self._tests: dict[int, Test] = {}
        self._made: list[Tree] = []
        self._actions: dict[int, Act] = {}
        self._named = {when.name: when for when in machine.whens if when.name is not None}
        self._groups: dict[tuple[str, str], tuple[Group, ...]] = {}
        self._offers: dict[str, tuple[Offer, ...]] = {}
        self._wirings: dict[tuple[str, str], list[Wiring]] = {}
        for wiring in machine.wirings:
            self._wirings.setdefault((wiring.source, wiring.event), []).append(wiring)
        self.events = {
            name: [
                event
                for event in machine.events
                if event.startswith("event ") and (name, event) in self._wirings
            ]
            for name in machine.leaves
        }

    def test(self, tree: Tree) -> Test:
        """What a condition asks of columns."""
        found = self._tests.get(id(tree))
        if found is None:
            found = self._tests[id(tree)] = self._vectors.expression(tree)
        return found

    def may(self, tree: Tree | None) -> Test | None:
        """Where a condition can hold; None where it always can."""
        if tree is None or self.slice is None or self.slice.knows(tree):
            return None if tree is None else self.test(tree)
        return self._guessed(self.slice.may(tree))

    def must(self, tree: Tree | None) -> Test | None:
        """Where a condition holds in any case; None where it always does."""
        if tree is None or self.slice is None or self.slice.knows(tree):
            return None if tree is None else self.test(tree)
        return self._guessed(self.slice.must(tree))

    def _guessed(self, tree: Tree) -> Test:
        self._made.append(tree)  # it stays, so that its id stays its own
        return self.test(tree)

    def groups(self, leaf: str, event: str) -> tuple[Group, ...]:
        """The ways of an event from a leaf, in order of priority."""
        found = self._groups.get((leaf, event))
        if found is None:
            found = self._groups[leaf, event] = tuple(self._grouped(leaf, event))
        return found

    def after(self, leaf: str, timer: str) -> tuple[Group, ...]:
        """The ways of a timer that has run out."""
        return self.groups(leaf, event_name("after", timer))

    def offers(self, leaf: str) -> tuple[Offer, ...]:
        """What roles of the engine could draw in a leaf, whoever sits in their seats."""
        if leaf not in self._offers:
            self._offers[leaf] = tuple(map(self._offer, self._machine.leaves[leaf].engine))
        return self._offers[leaf]

    def length(self, timer: int, get: Get) -> Any:
        """How long a timer runs where nothing else is said, in microseconds."""
        tree = list(self._machine.timers.values())[timer].tree
        return 0 if tree is None else self.test(tree)(get)

    def beginning(self) -> tuple[Any, ...]:
        """What happens before anybody moves."""
        return tuple(each for block in self._machine.begin for each in self._block(block))

    def _offer(self, spec: ChoiceSpec) -> Offer:
        weights = (spec.weight_tree, spec.weight_tree)
        if self.slice is not None and spec.weight_tree is not None:
            weights = self.slice.weights(spec.weight_tree)
        weight, sure_weight = (None if tree is None else self._guessed(tree) for tree in weights)
        return Offer(
            spec,
            spec.event,
            tuple(self.may(edge.condition) for edge in spec.edges),
            weight,
            tuple(self.must(edge.condition) for edge in spec.edges),
            sure_weight,
            self._whens(spec.edges),
        )

    # How they are made --------------------------------------------------------------------------

    def _grouped(self, leaf: str, event: str) -> Iterator[Group]:
        wirings = self._wirings.get((leaf, event), [])
        pairs = list(zip(self._machine.ways(leaf, event), wirings, strict=True))
        at = 0
        while at < len(pairs):
            way, wiring = pairs[at]
            edge = wiring.edge
            slot = None if wiring.history is None else wiring.history[0]
            members = [(way, wiring)]
            at += 1
            while slot is not None and at < len(pairs):
                _, other = pairs[at]
                if other.edge is not edge or other.history is None or other.history[0] != slot:
                    break
                members.append(pairs[at])
                at += 1
            yield Group(
                way,
                self.may(edge.condition),
                self._sure(edge.condition),
                tuple((self._held(each), self._taken(by, each)) for by, each in members),
                slot,
                self._whens((edge,)),
            )

    def _sure(self, condition: Tree | None) -> Test | None:
        if condition is None or self.slice is None or self.slice.knows(condition):
            return None
        return self.must(condition)

    def _whens(self, edges: Iterable[Edge]) -> tuple[tuple[When, Test], ...]:
        if self.slice is not None:  # what is guessed shows nothing
            return ()
        found = {id(when): when for edge in edges for when in edge.whens}
        for when in list(found.values()):
            for node in walk(when.tree):
                if isinstance(node, GuardUse) and node.name in self._named:
                    found[id(self._named[node.name])] = self._named[node.name]
        return tuple((when, self.test(when.tree)) for when in found.values())

    def _held(self, wiring: Wiring) -> int | None:
        if wiring.history is None:
            return None
        slot, value = wiring.history
        return self._coding.number(slot, value)

    def _taken(self, way: Way, wiring: Wiring) -> Taken:
        entered = wiring.entries if wiring.dest is not None else ()
        return Taken(
            way,
            wiring.dest,
            tuple(self._leaving(wiring)),
            tuple(each for block in entered for each in self._block(block)),
        )

    def _leaving(self, wiring: Wiring) -> Iterator[Any]:
        edge = wiring.edge
        if edge.handles is not None:
            yield StopTimer(self._timer_slots[edge.handles], expired=True)
        yield from self._lines(edge.opening)
        if edge.counts is not None and edge.counts[0] in self._tracked:
            yield Count(*edge.counts)
        for slot, place in wiring.remembers:
            if slot in self._tracked:
                yield Put(slot, self._coding.number(slot, place))
        for block in wiring.exits:
            yield from self._block(block)
        yield from self._acts(edge.actions)
        yield from self._lines(edge.closing)

    def _block(self, block: Block) -> Iterator[Any]:
        if block.visits is not None and block.visits[0] in self._tracked:
            yield Count(*block.visits)
        for timer, length in block.starts:
            yield StartTimer(self.timers[timer], _always(microseconds(length)))
        for timer in block.stops:
            yield StopTimer(self.timers[timer])
        yield from self._acts(block.actions)
        yield from self._lines(block.lines)

    def _acts(self, actions: Iterable[Action]) -> Iterator[Any]:
        for action in actions:
            if isinstance(action, Assign):
                if self._machine.layout["var", action.target.name] in self._tracked:
                    if id(action) not in self._actions:
                        made = Act(id(action), self._vectors.assignment(action))
                        self._actions[id(action)] = made
                    yield self._actions[id(action)]
            elif isinstance(action, Start):
                yield StartTimer(self.timers[action.timer], self._vectors.length(action))
            else:
                yield StopTimer(self.timers[action.timer])

    def _lines(self, lines: Lines | None) -> Iterator[Say]:
        if lines is None:
            return
        for line in lines.lines:
            if line.speaker in self._speakers:
                yield Say(
                    line.speaker, None if line.condition is None else self.test(line.condition)
                )


def spoken_conditions(machine: Machine, speakers: Collection[str]) -> Iterator[Tree]:
    """On what it depends whether these roles speak."""
    blocks: Sequence[Block] = [
        block for wiring in machine.wirings for block in (*wiring.exits, *wiring.entries)
    ]
    said = [block.lines for block in (*machine.begin, *blocks)]
    said += [lines for edge in machine.edges for lines in (edge.opening, edge.closing)]
    for lines in said:
        for line in lines.lines if lines is not None else ():
            if line.speaker in speakers and line.condition is not None:
                yield line.condition


def _always(number: int) -> Test:
    return lambda _get: number
