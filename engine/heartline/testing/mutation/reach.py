"""What tests come by, and where a mutant would make a difference to them.

While the tests run on the scenario as it is, every place notes the frames that it is asked with:
each guard, each way that is taken, each line that is said, each weight. A play of a mutant is the
same as without it up to the first moment at which its place answers differently; so a test in
which the place never would, on any of the frames that it met, cannot notice the mutant and need
not be run. That is exact, not a guess, and it tells survivors apart: those that no test reaches,
those that make no difference in any test, and those whose difference nobody looks at.

Sets of tests are integers: bit n stands for test n.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from heartline.machine import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import timedelta

    from heartline.machine import Machine
    from heartline.plan import Block, ChoiceSpec, Edge, Lines, SpokenLine
    from heartline.run import Run
    from heartline.snapshot import Frame

__all__ = ["Met", "Places", "Watch", "lines_of"]

Tests = int
Met = dict["Frame", Tests]  # the frames that a place was asked with, and the tests that did


class Places:
    """All that can be asked in a machine, in an order that a machine compiled anew shares."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.edges: tuple[Edge, ...] = machine.edges
        self.specs: list[ChoiceSpec] = list(
            {id(spec): spec for leaf in machine.leaves.values() for spec in leaf.choices}.values()
        )
        self.ways: list[tuple[str, str, int]] = [
            (event, source, index)
            for event, known in machine.events.items()
            for source, ways in known.transitions.items()
            for index in range(len(ways))
        ]
        self.blocks: list[Block] = list(
            {
                id(block): block
                for wiring in machine.wirings
                for block in (*wiring.exits, *wiring.entries)
            }.values()
        )
        self.blocks += [
            block for block in machine.begin if all(block is not b for b in self.blocks)
        ]

    def way(self, event: str, source: str, index: int) -> Way:
        """One way, as it is now."""
        way: Way = self.machine.events[event].transitions[source][index]
        return way

    def lines(self) -> dict[int, SpokenLine]:
        """All lines, by their numbers."""
        groups: list[Lines | None] = [spec.say for spec in self.specs]
        groups += [edge.closing for edge in self.edges]
        groups += [block.lines for block in self.blocks]
        return {line.number: line for group in groups for line in lines_of(group)}


def lines_of(lines: Lines | None) -> tuple[SpokenLine, ...]:
    """The lines of a group that may not be there."""
    return () if lines is None else lines.lines


class Watch:
    """Notes, while tests run on a machine, which frames each place is asked with.

    `seats` are the roles of the engine that persons play in one of the tests.
    """

    def __init__(self, machine: Machine, seats: Collection[str] = ()) -> None:
        self.seats = frozenset(seats)
        self.places = Places(machine)
        self.asked: dict[int, Met] = {}  # by the edge's number
        self.taken: dict[tuple[str, str, int], Met] = {}
        self.said: dict[int, Met] = {}  # by the line's number
        self.weighed: dict[int, Met] = {}  # by the choice's number
        self.test: Tests = 0
        self._frames: dict[Frame, Frame] = {}

    def watching(self, tests: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run tests one after the other while all places take notes; gives what they give."""
        undo = list(self._listen())
        results = []
        try:
            for number, test in enumerate(tests):
                self.test = 1 << number
                results.append(test())
        finally:
            for each in reversed(undo):
                each()
        return results

    def _note(self, met: Met, frame: Sequence[Any]) -> None:
        held = tuple(frame)
        held = self._frames.setdefault(held, held)
        met[held] = met.get(held, 0) | self.test

    def _listen(self) -> Iterator[Callable[[], None]]:
        """Put something that takes notes into each place; gives what puts things right again."""
        numbers = {id(edge): number for number, edge in enumerate(self.places.edges)}
        for spec_number, spec in enumerate(self.places.specs):
            guards, weight = spec.guards, spec.weight
            spec.guards = tuple(
                self._noted(self.asked.setdefault(numbers[id(edge)], {}), guard, True)
                for edge, guard in zip(spec.edges, guards, strict=True)
            )
            met = self.weighed.setdefault(spec_number, {})
            spec.weight = self._noted(met, weight, 1)
            yield partial(setattr, spec, "guards", guards)
            yield partial(setattr, spec, "weight", weight)
        for number, line in self.places.lines().items():
            guard = line.guard
            line.guard = self._noted(self.said.setdefault(number, {}), guard, True)
            yield partial(setattr, line, "guard", guard)
        for place in self.places.ways:
            way = self.places.way(*place)
            asked = self.asked.setdefault(numbers[id(way.edge)], {})
            # On this way alone: the class keeps its own.
            watched = self._executed(way, asked, self.taken.setdefault(place, {}))
            way.execute = watched  # type: ignore[method-assign, assignment]
            yield partial(delattr, way, "execute")

    def _noted(
        self, met: Met, test: Callable[[Sequence[Any]], Any] | None, otherwise: object
    ) -> Callable[[Sequence[Any]], Any]:
        def noted(frame: Sequence[Any]) -> Any:
            self._note(met, frame)
            return otherwise if test is None else test(frame)

        return noted

    def _executed(self, way: Way, asked: Met, taken: Met) -> Callable[[Run], bool]:
        def execute(run: Run) -> bool:
            before, told = tuple(run.frame), len(run.said)
            self._note(asked, before)
            done = Way.execute(way, run)
            if done:
                self._note(taken, before)
                for spoken in run.said[told:]:
                    for line in spoken.lines.lines:
                        self._note(self.said[line.number], spoken.frame)
            return done

        return execute


class Trial:
    """Stands in for a run while one way is tried on a frame: what it does is only written down."""

    __slots__ = ("did", "frame", "slots")

    def __init__(self, frame: Frame, slots: dict[str, int]) -> None:
        self.frame: list[Any] = list(frame)
        self.slots = slots
        self.did: list[object] = []

    def start(self, timer: str, length: timedelta) -> None:
        self.frame[self.slots[timer]] = 1
        self.did.append(("start", timer, length))

    def stop(self, timer: str) -> None:
        self.frame[self.slots[timer]] = 0
        self.did.append(("stop", timer))

    def say(self, lines: Lines) -> None:
        told = [(line.number, line.speaker) for line in lines.lines]
        self.did.append((lines.cause, told, tuple(self.frame)))


def outcome_of(way: Way, frame: Frame, slots: dict[str, int]) -> object:
    """All that taking a way from a frame does."""
    trial = Trial(frame, slots)
    way.execute(trial)
    return trial.frame, trial.did
