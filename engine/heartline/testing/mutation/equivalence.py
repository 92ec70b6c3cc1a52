"""Proofs that nobody could notice a mutant, whatever tests there were.

Two kinds. By values: what differs gives the same for every combination of values that it reads, as
`checking.guards` decides it; a way counts with those that stand before it, a line that is said on
choosing with what must hold for the choice. By lockstep (see `lockstep`): a small scenario is
played in all ways, with and without the mutant, and nothing that anybody could see ever differs.
Where neither succeeds there is no proof, and the mutant has survived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartline.checking.guards import Answer, Guards
from heartline.diagnostics import Location
from heartline.expressions import LEAF, explain, reads
from heartline.plan import Leaf, StateInfo
from heartline.testing.mutation.lockstep import Lockstep
from heartline.testing.mutation.reach import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import timedelta

    from heartline.expressions import Action, Tree
    from heartline.machine import Machine
    from heartline.plan import Block, ChoiceSpec, Edge, SpokenLine
    from heartline.testing.mutation.differences import Difference, Original
    from heartline.testing.mutation.workshop import Living

__all__ = ["Proofs"]

SAME = "its structure, which is the same"
VALUES = "all values of what it reads"

Test = "Callable[[Sequence[Any]], Any]"


class Proofs:
    """Looks for proofs about mutants of one scenario."""

    def __init__(self, original: Original, fresh: Callable[[], Machine]) -> None:
        self.original = original
        self.lockstep = Lockstep(fresh)

    def shown(self, living: Living, found: Difference) -> str | None:
        """How it is shown that nobody could notice it; None where it is not."""
        assert living.scenario is not None
        machine = living.scenario.machine
        if not found.everywhere and _ByValues(self.original, machine, found).proved():
            some = found.edges or found.specs or found.lines or found.blocks
            return VALUES if some else SAME
        plays = self.lockstep.explored(machine)
        return None if plays is None else f"all plays: {plays} situations"


class _ByValues:
    """One proof by values."""

    def __init__(self, original: Original, machine: Machine, found: Difference) -> None:
        self.original = original
        self.machine = machine
        self.found = found
        self.guards = Guards(machine)  # anew, so that a proof does not depend on earlier ones

    def proved(self) -> bool:
        """Whether everything that differs gives the same."""
        found = self.found
        acting: list[tuple[int, Edge | Block, Edge | Block]] = [*found.edges, *found.blocks]
        return (
            all(was.target == now.target for _, was, now in found.edges)
            and all(
                was.actions == now.actions or self._acts(was.actions, now.actions, was.act, now.act)
                for _, was, now in acting
            )
            and all(
                was.condition == now.condition or self._ways(number)
                for number, was, now in found.edges
            )
            and all(self._choice(was, now) for _, was, now in found.specs)
            and all(
                was.speaker == now.speaker and self._line(was, now) for _, was, now in found.lines
            )
        )

    def _never(self, test: Callable[[Sequence[Any]], Any], leaves: Iterable[Leaf]) -> bool:
        """Whether a test holds for no values at all, in any of these leaves."""
        return all(self.guards.possible(test, leaf, object()) is Answer.NO for leaf in leaves)

    # Ways and choices ---------------------------------------------------------------------------

    def _ways(self, number: int) -> bool:
        """Whether in every leaf the same way is taken as before."""
        edges = self.original.places.edges
        places = {
            place[:2] for place, way in self.original.ways.items() if way.edge is edges[number]
        }
        for event, source in sorted(places):
            old = self._standing(self.original.edges, event, source)
            new = self._standing(self._edges_now(), event, source)

            def parted(frame: Sequence[Any], old: list[Any] = old, new: list[Any] = new) -> bool:
                return _first(old, frame) != _first(new, frame)

            if not self._never(parted, [self.machine.leaves[source]]):
                return False
        return True

    def _edges_now(self) -> Sequence[Edge]:
        return self.machine.edges

    def _standing(self, edges: Sequence[Edge], event: str, source: str) -> list[Any]:
        """The guards of the ways that an event has from a leaf, with what history they need."""
        numbers = {id(edge): number for number, edge in enumerate(self.original.places.edges)}
        index, found = 0, []
        while (event, source, index) in self.original.ways:
            way = self.original.ways[event, source, index]
            found.append((way.history, edges[numbers[id(way.edge)]].guard))
            index += 1
        return found

    def _choice(self, was: ChoiceSpec, now: ChoiceSpec) -> bool:
        """Whether a choice is drawn and shown as before; who can take it is `_ways`' affair."""
        if was.hide != now.hide or was.label.source != now.label.source:
            return False
        leaves = [
            leaf for leaf in self.machine.leaves.values()
            if any(spec.path == now.path and spec.id == now.id for spec in leaf.choices)
        ]  # fmt: skip
        if was.weight_tree != now.weight_tree:

            def weighs(frame: Sequence[Any]) -> bool:
                return was.enabled(frame) and _weight(was, frame) != _weight(now, frame)

            if not self._never(weighs, leaves):
                return False
        if was.needs == now.needs or was.hide or was.why is not None:
            return True
        layout = self.machine.layout

        def reads_otherwise(frame: Sequence[Any]) -> bool:
            if was.enabled(frame):
                return False
            one = explain(was.needs, frame, layout, reveal_hidden=True)
            return one != explain(now.needs, frame, layout, reveal_hidden=True)

        return self._never(reads_otherwise, leaves)

    # Lines and actions --------------------------------------------------------------------------

    def _line(self, was: SpokenLine, now: SpokenLine) -> bool:
        """Whether a line is said in the same cases."""
        if was.condition == now.condition:
            return True
        saying = [
            spec for spec in self.original.specs
            if any(line.number == was.number for line in lines_of(spec.say))
        ]  # fmt: skip
        if saying:
            spec = saying[0]
            leaves = [
                leaf for leaf in self.machine.leaves.values()
                if any(each.path == spec.path and each.id == spec.id for each in leaf.choices)
            ]  # fmt: skip
            return self._never(
                lambda frame: (
                    spec.enabled(frame) and _holds(was.guard, frame) != _holds(now.guard, frame)
                ),
                leaves,
            )
        trees = [tree for tree in (was.condition, now.condition) if tree is not None]
        return self._never(
            lambda frame: _holds(was.guard, frame) != _holds(now.guard, frame),
            self._anywhere(trees),
        )

    def _acts(self, was: Sequence[Action], now: Sequence[Action], one: Any, other: Any) -> bool:
        """Whether two lists of actions do the same, whatever holds before them."""
        timers = {name: timer.slot for name, timer in self.machine.timers.items()}

        def apart(frame: Sequence[Any]) -> bool:
            first, second = _Trial(frame, timers), _Trial(frame, timers)
            for act, trial in ((one, first), (other, second)):
                if act is not None:
                    act(trial, trial)
            return first.apart(second)

        return self._never(apart, self._anywhere([*was, *now]))

    def _anywhere(self, parts: Sequence[Tree | Action]) -> Iterator[Leaf]:
        """Leaves that stand for every place that something can happen at."""
        names = self.machine.leaves if LEAF in reads(*parts) else ("",)
        for name in names:
            yield Leaf(StateInfo(name, "leaf", (), "", (), Location("")))


def _first(standing: list[Any], frame: Sequence[Any]) -> int:
    for index, (history, guard) in enumerate(standing):
        if history is not None and frame[history[0]] != history[1]:
            continue
        if guard is None or guard(frame):
            return index
    return -1


def _holds(guard: Any, frame: Sequence[Any]) -> bool:
    return guard is None or bool(guard(frame))


def _weight(spec: ChoiceSpec, frame: Sequence[Any]) -> int:
    return 1 if spec.weight is None else max(0, spec.weight(frame))


class _Trial:
    """A frame that is written beside, and the run that actions tell what they start and stop."""

    def __init__(self, frame: Sequence[Any], timers: dict[str, int]) -> None:
        self.frame = frame
        self.timers = timers
        self.put: dict[int, Any] = {}
        self.starts: list[tuple[str, timedelta]] = []
        self.last: dict[str, object] = {}

    def __getitem__(self, slot: int) -> Any:
        return self.put[slot] if slot in self.put else self.frame[slot]

    def __setitem__(self, slot: int, value: object) -> None:
        self.put[slot] = value

    def start(self, timer: str, length: timedelta) -> None:
        self.put[self.timers[timer]] = 1
        self.starts.append((timer, length))
        self.last[timer] = length

    def stop(self, timer: str) -> None:
        self.put[self.timers[timer]] = 0
        self.last[timer] = None

    def apart(self, other: _Trial) -> bool:
        """Whether the two have done something else."""
        if self.starts != other.starts or self.last != other.last:
            return True
        return any(self[slot] != other[slot] for slot in {**self.put, **other.put})
