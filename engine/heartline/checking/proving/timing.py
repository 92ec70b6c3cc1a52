"""When the turns of a way happen: times that all its timers allow.

A way through the graph says in which order things happen, and not when. What the timers on it ask
for are differences between turns: one that runs out does so just so long after it was started, one
that still runs or is stopped has not run out yet. `solve` finds the earliest times that keep all of
that, as Bellman and Ford find longest ways.

Times are whole microseconds, since the beginning. What has to be earlier is so by a `gap`, and the
largest of some round ones that fits is taken, so that people can read what comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from heartline.checking.exploring.coding import microseconds
from heartline.checking.exploring.graph import BEGIN, SEND, WAIT
from heartline.clock import STORY_START
from heartline.inputs import first_frame
from heartline.machine import perform
from heartline.plan import HANDLED, OFF, PENDING, RUNNING, event_name
from heartline.run import MOST_MICROSTEPS, Run
from heartline.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from heartline.checking.exploring.graph import Graph, Label
    from heartline.machine import Machine
    from heartline.plan import Leaf, Lines

__all__ = ["GAPS", "Apart", "Cut", "solve", "when"]

Cut = list[tuple[int, int]]  # of each turn, its first label and the one after its last
SECOND = 1_000_000
GAPS = (86_400 * SECOND, 3_600 * SECOND, 60 * SECOND, SECOND, 1)


class Apart(NamedTuple):
    """Turn `later` is at least `least` after turn `earlier`; where it is `strict`, more than that.

    A negative `least` says how much before it may be at most.
    """

    earlier: int
    later: int
    least: int
    strict: bool = False


def solve(count: int, wanted: Sequence[Apart]) -> tuple[int, ...] | None:
    """The earliest times of so many turns, the first at 0; None where there are none."""
    for gap in GAPS:
        bounds = [(one, other, least + gap * strict) for one, other, least, strict in wanted]
        times = _earliest(count, bounds)
        if times is not None:
            return times
    return None


def _earliest(count: int, bounds: Sequence[tuple[int, int, int]]) -> tuple[int, ...] | None:
    times = [0] * count
    for _ in range(count + 1):
        changed = False
        for earlier, later, least in bounds:
            if times[earlier] + least > times[later]:
                if later == 0:  # the beginning cannot be moved
                    return None
                times[later] = times[earlier] + least
                changed = True
        if not changed:
            return tuple(times)
    return None


# What the timers ask for ------------------------------------------------------------------------


class _Pause(Exception):  # no error: the way out of what has to draw
    """A role of the engine has to draw."""


class _Timeless(Run):
    """A run without a clock: it knows which timers run, since which turn, and for how long."""

    __slots__ = ("running", "turn")

    def __init__(self, machine: Machine, snapshot: Snapshot) -> None:
        super().__init__(machine, snapshot)
        self.moments = None
        self.turn = 0
        self.running: dict[str, tuple[int, int, int]] = {}  # turn, length, which start it was

    def start(self, timer: str, length: timedelta) -> None:
        self.stop(timer)
        self.frame[self.machine.timers[timer].slot] = RUNNING
        self.starts += 1
        self.running[timer] = (self.turn, max(microseconds(length), 0), self.starts)

    def stop(self, timer: str) -> None:
        slot = self.machine.timers[timer].slot
        self.running.pop(timer, None)
        self.pending = tuple(name for name in self.pending if name != timer)
        self.frame[slot] = OFF

    def close(self) -> None:
        for timer in self.running:
            self.frame[self.machine.timers[timer].slot] = OFF
        for timer in self.pending:
            self.frame[self.machine.timers[timer].slot] = HANDLED
        self.running, self.pending = {}, ()

    def say(self, lines: Lines) -> None:
        """Nobody listens."""

    def draw(self, leaf: Leaf) -> bool:
        if any(weight > 0 for _, weight in self.offers(leaf)):
            raise _Pause
        return False

    def happen(self, label: Label) -> None:
        """Let one move of the way happen."""
        self.budget = MOST_MICROSTEPS
        try:
            if label.kind == BEGIN:
                for block in self.machine.begin:
                    perform(block.parts(), self)
            elif label.kind == WAIT:
                del self.running[label.id]
                self.frame[self.machine.timers[label.id].slot] = PENDING
                self.pending = (*self.pending, label.id)
            else:
                kind = "event" if label.kind == SEND else "choice"
                self.trigger(event_name(kind, label.id) if label.spec is None else label.spec.event)
            self.settle()
        except _Pause:
            return


def when(
    graph: Graph, inputs: Mapping[str, object], labels: Sequence[Label], cut: Cut
) -> tuple[Cut, tuple[int, ...]] | None:
    """The turns, and when each happens, in microseconds; None where no times fit.

    What runs out is a turn of its own wherever it can be. Where that leaves no times, it may come
    at the same moment as what ran out before, and belongs to the same turn then.
    """
    for together in (False, True):
        wanted = _wanted(graph, inputs, labels, cut, together=together)
        times = None if wanted is None else solve(len(cut), wanted)
        if times is not None:
            alone = [
                n
                for n, (first, _) in enumerate(cut)
                if not n or labels[first].kind != WAIT or times[n] > times[n - 1]
            ]
            ends = [*(cut[n][0] for n in alone[1:]), len(labels)]
            joined = [(cut[n][0], end) for n, end in zip(alone, ends, strict=True)]
            return joined, tuple(times[n] for n in alone)
    return None


def _wanted(
    graph: Graph, inputs: Mapping[str, object], labels: Sequence[Label], cut: Cut, *, together: bool
) -> list[Apart] | None:
    """What the timers ask of the times of the turns; None where one runs out that does not run."""
    machine = graph.machine
    walker = _Timeless(machine, _blank(machine, inputs, graph.persons))
    wanted: list[Apart] = []
    for number, (first, last) in enumerate(cut):
        walker.turn = number
        if number:
            by_time = labels[first].kind == WAIT
            wanted.append(Apart(number - 1, number, 0, strict=by_time and not together))
            if not by_time:
                wanted += _not_yet(walker, number)
        for label in labels[first:last]:
            if label.kind == WAIT:
                if label.id not in walker.running:
                    return None
                wanted += _runs_out(walker, number, label.id)
            walker.happen(label)
        if not together or number == len(cut) - 1:
            wanted += _not_yet(walker, number)
    return wanted


def _runs_out(walker: _Timeless, number: int, timer: str) -> list[Apart]:
    """That a timer runs out in this turn, and before all others that run."""
    started, length, start = walker.running[timer]
    wanted = [Apart(started, number, length), Apart(number, started, -length)]
    for name, (turn, long, other) in walker.running.items():
        if name != timer:  # of two that are due together the one that was started first is first
            wanted.append(Apart(number, turn, -long, strict=other < start))
    return wanted


def _not_yet(walker: _Timeless, number: int) -> list[Apart]:
    """That what runs now does not run out in this turn."""
    return [
        Apart(number, turn, -length, strict=True) for turn, length, _ in walker.running.values()
    ]


def _blank(machine: Machine, inputs: Mapping[str, object], persons: tuple[str, ...]) -> Snapshot:
    frame = first_frame(machine, inputs)
    frame[0] = machine.initial
    return Snapshot(
        machine.id, machine.version, machine.fingerprint, tuple(frame), (), (), persons,
        0, 0, 0, 0, STORY_START,
    )  # fmt: skip
