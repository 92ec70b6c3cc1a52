"""Loops that never let anybody speak: `always` ways in a circle, and engine roles without an end.

Two kinds are told apart. Where each step of the circle is sure to be taken, every conversation
that comes here fails: an error. Where the circle has a guard, it goes on for ever only once the
guard holds; it is reported, as a warning, only if nothing on the way round changes what the
guards look at, since then it never ceases to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heartline.checking.flow import components
from heartline.checking.guards import Answer
from heartline.expressions import reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import timedelta

    from heartline.checking.flow import Flow
    from heartline.checking.guards import Guards
    from heartline.machine import Machine
    from heartline.plan import Block, ChoiceSpec, Edge, Leaf, Lines, Wiring

__all__ = ["Circle", "always_circles", "engine_habits", "engine_traps", "holds_always"]


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle of `always` ways: its leaves, the edge to point at, and whether it is sure."""

    leaves: tuple[str, ...]
    edge: Edge
    sure: bool


def holds_always(wiring: Wiring, leaf: Leaf, guards: Guards) -> bool:
    """Whether a way can be taken whatever the variables hold."""
    if wiring.history is not None:
        return False
    guard = wiring.guard
    if guard is None:
        return True
    key = ("closed", id(guard))
    return guards.possible(lambda frame: not guard(frame), leaf, key) is Answer.NO


def always_circles(flow: Flow, guards: Guards) -> Iterator[Circle]:
    """The circles of `always` ways that never come to rest."""
    leaves = flow.machine.leaves
    first = {
        name: flow.always(name)[0]
        for name in leaves
        if name in flow.reached and flow.always(name) and flow.always(name)[0].history is None
    }
    onward = {name: (wiring.dest or name,) for name, wiring in first.items()}
    writes = _Writes(flow.machine)
    for component in components(first, onward):
        if len(component) == 1 and onward[component[0]] != (component[0],):
            continue
        ways = [first[name] for name in component]
        unsure = [
            wiring
            for name, wiring in zip(component, ways, strict=True)
            if not holds_always(wiring, leaves[name], guards)
        ]
        conditions = {wiring.edge.condition for wiring in unsure}
        if unsure and (len(conditions) > 1 or not _unchanged(flow, unsure, ways, writes)):
            continue
        names = sorted(component, key=flow.order.__getitem__)
        edge = min(unsure or ways, key=lambda wiring: flow.order[wiring.source]).edge
        yield Circle(tuple(names), edge, sure=not unsure)
    for name in first:
        yield from _later_circles(flow, leaves[name], guards, writes)


def _later_circles(flow: Flow, leaf: Leaf, guards: Guards, writes: _Writes) -> Iterator[Circle]:
    """A way that stays where it is, behind others: if it is taken once, it is taken for ever."""
    ways = flow.always(leaf.name)
    for place, wiring in enumerate(ways[1:], start=1):
        if wiring.history is not None or holds_always(ways[place - 1], leaf, guards):
            return
        if (wiring.dest or leaf.name) != leaf.name:
            continue
        earlier = ways[: place + 1]
        if _unchanged(flow, earlier, [wiring], writes):
            yield Circle((leaf.name,), wiring.edge, sure=False)
            return


def _unchanged(
    flow: Flow, tested: Iterable[Wiring], taken: Sequence[Wiring], writes: _Writes
) -> bool:
    """Whether taking these ways changes nothing that the tests look at."""
    layout = flow.machine.layout
    looked_at = {
        layout[symbol]
        for wiring in tested
        if wiring.edge.condition is not None
        for symbol in reads(wiring.edge.condition)
    }
    written = set().union(*(writes.of(wiring) for wiring in taken))
    if len({wiring.source for wiring in taken}) > 1:
        written.add(0)  # the leaf itself
    return not looked_at & written


class _Writes:
    """Which slots a way changes, found by letting its actions work on a frame that takes notes."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def of(self, wiring: Wiring) -> set[int]:
        """The slots that are assigned, counted or set when this way is taken."""
        notes = _Notes(self._machine)
        edge = wiring.edge
        if edge.counts is not None:
            notes.slots.add(edge.counts[0])
        notes.slots.update(slot for slot, _ in wiring.remembers)
        for block in wiring.exits:
            notes.block(block)
        if edge.act is not None:
            edge.act(notes.frame, notes)
        for block in wiring.entries:
            notes.block(block)
        return notes.slots


class _Notes:
    """Stands in for a conversation: notes what is done to it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.slots: set[int] = set()
        self.frame: list[Any] = _NotedFrame(machine.initial_frame(), self.slots)
        self.frame[0] = machine.initial
        self.slots.clear()

    def start(self, timer: str, length: timedelta) -> None:  # noqa: ARG002 - as machine.Run has it
        self.slots.add(self.machine.timers[timer].slot)

    def stop(self, timer: str) -> None:
        self.slots.add(self.machine.timers[timer].slot)

    def say(self, lines: Lines) -> None:
        """Speaking changes nothing."""

    def block(self, block: Block) -> None:
        if block.visits is not None:
            self.slots.add(block.visits[0])
        for timer in (*(timer for timer, _ in block.starts), *block.stops):
            self.slots.add(self.machine.timers[timer].slot)
        if block.act is not None:
            block.act(self.frame, self)


class _NotedFrame(list[Any]):
    def __init__(self, values: Iterable[Any], slots: set[int]) -> None:
        super().__init__(values)
        self._slots = slots

    def __setitem__(self, index: Any, value: Any) -> None:
        self._slots.add(index)
        super().__setitem__(index, value)


def engine_traps(flow: Flow, guards: Guards) -> Iterator[tuple[tuple[str, ...], ChoiceSpec]]:
    """Sets of leaves in which the engine always moves and which no move of it leaves.

    Comes with a choice of the engine there, to point at.
    """
    leaves = flow.machine.leaves
    moves: dict[str, tuple[str, ...]] = {}
    for name in leaves:
        if name in flow.reached and _busy(flow, leaves[name], guards):
            moves[name] = tuple(_moves(flow, leaves[name], guards))
    inside = _closed(moves)
    for component in components(inside, moves):
        names = sorted(component, key=flow.order.__getitem__)
        closed = all(dest in component for name in names for dest in moves[name])
        specs = [spec for name in names for spec in leaves[name].engine]
        if closed and specs and not all(_moved_on(flow, leaves[name], guards) for name in names):
            yield tuple(names), specs[0]


def engine_habits(flow: Flow, guards: Guards) -> Iterator[tuple[Leaf, ChoiceSpec]]:
    """Guarded choices of the engine that, once open in a leaf, are open for ever.

    The engine cannot leave that leaf, and nothing that it can do there changes what the choice
    looks at. Leaves that are traps whatever the values are not among them.
    """
    layout = flow.machine.layout
    writes = _Writes(flow.machine)
    for name, leaf in flow.machine.leaves.items():
        if not leaf.engine or name not in flow.reached or _busy(flow, leaf, guards):
            continue
        moves = list(_taken_by_itself(flow, leaf))
        if any((wiring.dest or name) != name for wiring in moves):
            continue
        written = set().union(*(writes.of(wiring) for wiring in moves))
        for choice in leaf.engine:
            trees = [*choice.conditions, *(tree for tree in choice.branches if tree is not None)]
            if choice.weight_tree is not None:
                trees.append(choice.weight_tree)
            key = ("open", id(choice))
            if (
                not written & {layout[symbol] for symbol in reads(*trees)}
                and guards.possible(_drawn(choice), leaf, key) is Answer.YES
            ):
                yield leaf, choice
                break


def _drawn(choice: ChoiceSpec) -> Callable[[Sequence[Any]], bool]:
    """The test whether the engine may draw a choice."""
    return lambda frame: (
        choice.enabled(frame) and (choice.weight is None or choice.weight(frame) > 0)
    )


def _closed(moves: dict[str, tuple[str, ...]]) -> dict[str, None]:
    """The largest part of the leaves that no move leads out of."""
    back: dict[str, list[str]] = {}
    waiting = []
    for name, dests in moves.items():
        for dest in dests:
            back.setdefault(dest, []).append(name)
            if dest not in moves:
                waiting.append(name)
    inside = dict.fromkeys(moves)
    while waiting:
        name = waiting.pop()
        if name in inside:
            del inside[name]
            waiting.extend(back.get(name, ()))
    return inside


def _moved_on(flow: Flow, leaf: Leaf, guards: Guards) -> bool:
    """Whether an `always` way is taken before the engine's roles come to move."""
    ways = flow.always(leaf.name)
    return bool(ways) and holds_always(ways[0], leaf, guards)


def _busy(flow: Flow, leaf: Leaf, guards: Guards) -> bool:
    """Whether something is sure to happen here before a person is asked."""
    if _moved_on(flow, leaf, guards):
        return True
    engine = leaf.engine
    if not engine:
        return False

    tests = [_drawn(choice) for choice in engine]

    def idle(frame: Sequence[Any]) -> bool:
        return not any(test(frame) for test in tests)

    return guards.possible(idle, leaf, ("idle", *map(id, engine))) is Answer.NO


def _moves(flow: Flow, leaf: Leaf, guards: Guards) -> Iterator[str]:
    """Where a busy leaf can be left to, or stayed in, without a person or time."""
    if _moved_on(flow, leaf, guards):
        yield flow.always(leaf.name)[0].dest or leaf.name
    else:
        for wiring in _taken_by_itself(flow, leaf):
            yield wiring.dest or leaf.name


def _taken_by_itself(flow: Flow, leaf: Leaf) -> Iterator[Wiring]:
    """The ways out of a leaf that need neither a person nor time to pass."""
    engine = {spec.event for spec in leaf.engine}
    timers = flow.machine.timers
    for wiring in flow.wirings(leaf.name):
        edge = wiring.edge
        if edge.kind == "after":
            # This leaf's own delay started on entry, so that it cannot have run out yet.
            if not (edge.source == leaf.name and timers[edge.trigger].local):
                yield wiring
        elif edge.kind == "always" or wiring.event in engine:
            yield wiring
