"""Two machines, played in all ways at once: whether anything that can be seen ever differs.

Exact for scenarios that are small, in which at most one timer runs at any time. A space moves time
to the next deadline only; while no other timer runs beside it, an answer before the deadline leads
where it leads at any other moment, so no play is left out. Every value of every input is played,
and every casting of seats. What is compared in each situation is all that anybody could be shown or
could ask: the frame with hidden variables, timers, choices with their labels and the reasons why
they are closed, draws with their weights, and on each way there the lines with all their texts.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from heartline.checking.guards import Guards
from heartline.checking.space import Space
from heartline.clock import STORY_START
from heartline.errors import HeartlineError
from heartline.expressions import TextType
from heartline.reasons import closed_reason
from heartline.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heartline.checking.space import Move, Node
    from heartline.machine import Machine

__all__ = ["Lockstep"]

MOST_SITUATIONS = 2_000  # of one beginning
MOST_BEGINNINGS = 64  # combinations of inputs and seats

_NOT_GIVEN = object()


class Lockstep:
    """Compares machines with one that is made fresh, when it is first needed."""

    def __init__(self, fresh: Callable[[], Machine]) -> None:
        self.fresh = fresh
        self._machine: Machine | None = None
        self._beginnings: list[tuple[tuple[str, ...], dict[str, object]]] = []
        self._spaces: dict[tuple[str, ...], Space] = {}
        self._hopeless = False

    def explored(self, machine: Machine) -> int | None:
        """How many situations there are, where all are alike in both; None where that is not so,
        or too much to find out."""
        if self._hopeless:
            return None
        if self._machine is None:
            self._machine = self.fresh()
            self._beginnings = list(_beginnings(self._machine))
            self._hopeless = not self._beginnings or not self._is_small()
            if self._hopeless:
                return None
        if [slot.symbol for slot in machine.slots] != [s.symbol for s in self._machine.slots]:
            return None
        if machine.promises != self._machine.promises:
            return None  # what the tests are held to is another thing now
        others = {seats: Space(machine, seats, lines=True) for seats in self._spaces}
        situations = 0
        for seats, inputs in self._beginnings:
            try:
                found = _together(self._spaces[seats], others[seats], inputs)
            except HeartlineError:
                return None
            if found is None:
                return None
            situations += found
        return situations

    def _is_small(self) -> bool:
        """Explore the original, as far as it may be large."""
        assert self._machine is not None
        for seats, inputs in self._beginnings:
            space = self._spaces.setdefault(seats, Space(self._machine, seats, lines=True))
            waiting = [space.begin(inputs)]
            met = {id(waiting[0])}
            while waiting:
                node = waiting.pop()
                if len(met) > MOST_SITUATIONS or len(node.deadlines) > 1 or node.number < 0:
                    return False
                for move in space.moves(node):
                    after = space.follow(move)
                    if id(after) not in met:
                        met.add(id(after))
                        waiting.append(after)
        return True


def _beginnings(machine: Machine) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Every casting of seats with every choice of inputs, given or not; nothing where too many."""
    guards, names, values = Guards(machine), [], []
    count = 1
    for index, slot in enumerate(machine.slots):
        if slot.input and not isinstance(slot.type, TextType):  # nothing can depend on a text
            held, complete = guards.domain(index)
            if not complete:
                return
            names.append(slot.symbol[1])
            values.append((_NOT_GIVEN, *held))
            count *= len(held) + 1
            if count > MOST_BEGINNINGS:
                return
    engine = [role.id for role in machine.roles.values() if role.engine]
    if count << len(engine) > MOST_BEGINNINGS:
        return
    for size in range(len(engine) + 1):
        for seats in combinations(sorted(engine), size):
            for given in product(*values):
                chosen = dict(zip(names, given, strict=True))
                yield seats, {name: value for name, value in chosen.items()
                              if value is not _NOT_GIVEN}  # fmt: skip


def _together(one: Space, other: Space, inputs: dict[str, object]) -> int | None:
    """Walk both from their beginning on; how many situations are alike, None where one is not."""
    first, second = one.opening(inputs), other.opening(inputs)
    waiting = [(one.follow(first), other.follow(second))]
    if _said(first) != _said(second):
        return None
    met = {id(waiting[0][0])}
    while waiting:
        here, there = waiting.pop()
        if _seen(one, here) != _seen(other, there):
            return None
        ways, others = one.moves(here), other.moves(there)
        if [_way(move) for move in ways] != [_way(move) for move in others]:
            return None
        for way, another in zip(ways, others, strict=True):
            after, beside = one.follow(way), other.follow(another)
            if _said(way) != _said(another) or way.elapsed != another.elapsed:
                return None
            if id(after) not in met:
                met.add(id(after))
                waiting.append((after, beside))
            elif after.position != beside.position:
                return None
    return len(met)


def _way(move: Move) -> object:
    return move.kind, move.id, move.role, move.weight


def _said(move: Move) -> object:
    """The lines that were said on a way, as they are before names and dates are put in."""
    return [
        (spoken.lines.cause, spoken.frame, line.speaker, line.only_to, line.number,
         [text.source for text in line.texts])
        for spoken in move.said
        for line in spoken.lines.lines
        if line.guard is None or line.guard(spoken.frame)
    ]  # fmt: skip


def _seen(space: Space, node: Node) -> object:
    """All that can be seen or asked for in a situation."""
    machine, frame = space.machine, node.frame
    snapshot = Snapshot(
        machine.id, machine.version, machine.fingerprint, frame, node.deadlines, node.pending,
        space.persons, 0, 0, len(node.deadlines), 0, STORY_START,
    )  # fmt: skip
    choices: list[Any] = []
    for spec in machine.leaves[node.state].choices:
        enabled = spec.enabled(frame)
        reason = None if enabled or spec.hide else closed_reason(machine, snapshot, spec)
        if enabled or not spec.hide:
            choices.append((spec.id, spec.role, enabled, spec.label.source, reason, spec.tags))
    return node.position, node.final, node.fault, choices
