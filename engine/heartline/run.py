"""The working copy of one conversation during one step, and what the step gives back.

A step copies the frame into a `Run`, lets the compiled machine work on that, and makes a new
snapshot of it at the end. What may happen, and in which order, is decided here; the rules are in
`heartline.runtime`. Lines are not rendered: the step keeps which lines were said, and the frame as
it was at that moment, and `heartline.rendering` makes text of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline.chance import draw, pick
from heartline.diagnostics import did_you_mean
from heartline.errors import (
    ChoiceClosed,
    DrawImpossible,
    RunawayError,
    UnknownChoice,
    UnknownEvent,
)
from heartline.plan import HANDLED, OFF, PENDING, RUNNING, event_name
from heartline.reasons import closed_reason
from heartline.snapshot import Choose, Due, Snapshot, new_tuple

if TYPE_CHECKING:
    from heartline.machine import Machine, Way
    from heartline.plan import ChoiceSpec, Leaf, Lines
    from heartline.snapshot import Frame

__all__ = ["MOST_FIRINGS", "MOST_MICROSTEPS", "Moment", "Run", "Spoken", "Step", "Taken"]

MOST_MICROSTEPS = 1_000  # transitions set off by one cause before the scenario counts as looping
MOST_FIRINGS = 10_000  # deadlines that one step may fire
MOST_TAKEN = 100_000  # transitions that they may set off, all together


class Spoken(NamedTuple):
    """Lines that were said, and all that their text may speak of, as it was then."""

    lines: Lines
    frame: Frame
    deadlines: tuple[Due, ...]
    time: datetime


class Taken(NamedTuple):
    """A transition that was taken, when, and by draw number (None where a person or time did)."""

    way: Way
    time: datetime
    draw: int | None


class Moment(NamedTuple):
    """Where a step stood when all had settled that follows by itself, so that a role could move,
    or time, or it was over. `taken` and `said` count the step's transitions and lines until then.
    """

    frame: Frame
    taken: int
    said: int


class Step(NamedTuple):
    """What one step gives: the snapshot to go on with, and what happened on the way to it.

    `moments` are noted only where the machine is `watched`.
    """

    snapshot: Snapshot
    before: Snapshot | None
    said: tuple[Spoken, ...]
    taken: tuple[Taken, ...]
    moments: tuple[Moment, ...] = ()


class Run:
    """The working copy of one conversation during one step."""

    __slots__ = (
        "budget", "deadlines", "draws", "fired", "forced", "frame", "machine", "moments",
        "pending", "persons", "said", "snapshot", "starts", "taken", "time",
    )  # fmt: skip

    def __init__(self, machine: Machine, snapshot: Snapshot, forced: tuple[str, ...] = ()) -> None:
        self.machine = machine
        self.snapshot = snapshot
        self.forced = forced
        self.frame: list[Any] = list(snapshot.frame)
        self.deadlines = snapshot.deadlines
        self.pending = snapshot.pending
        self.persons = snapshot.persons
        self.draws = snapshot.draws
        self.starts = snapshot.starts
        self.time = snapshot.time
        self.said: list[Spoken] = []
        self.taken: list[Taken] = []
        self.moments: list[Moment] | None = [] if machine.watched else None
        self.fired = False
        self.budget = MOST_MICROSTEPS

    # What the machine asks of a run (machine.Run) ------------------------------------------------

    @property
    def state(self) -> str:
        """The leaf, under the name by which the library's own classes look for it."""
        leaf: str = self.frame[0]
        return leaf

    @state.setter
    def state(self, leaf: str) -> None:
        self.frame[0] = leaf

    def start(self, timer: str, length: timedelta) -> None:
        self.stop(timer)
        self.frame[self.machine.timers[timer].slot] = RUNNING
        self.starts += 1
        due = Due(_later(self.time, length), self.starts, timer)
        self.deadlines = tuple(sorted((*self.deadlines, due)))

    def stop(self, timer: str) -> None:
        slot = self.machine.timers[timer].slot
        if self.frame[slot] == RUNNING:
            self.deadlines = tuple(due for due in self.deadlines if due.timer != timer)
        elif self.frame[slot] == PENDING:
            self.pending = tuple(name for name in self.pending if name != timer)
        self.frame[slot] = OFF

    def say(self, lines: Lines) -> None:
        self.said.append(new_tuple(Spoken, (lines, tuple(self.frame), self.deadlines, self.time)))

    # What happens -------------------------------------------------------------------------------

    def trigger(self, event: str, drawn: int | None = None) -> bool:
        """Let the machine take a way for this event, and note it; whether there was one."""
        way = self.machine.trigger(event, self)
        if way is None:
            return False
        self.taken.append(new_tuple(Taken, (way, self.time, drawn)))
        self.budget -= 1
        if self.budget < 0:
            # Of all that goes round the first in the file, wherever it was counted to the end.
            edges = [taken.way.edge for taken in self.taken[-MOST_MICROSTEPS // 2 :]]
            edge = min(edges, key=lambda each: each.location)
            raise RunawayError(
                f"The scenario {self.machine.id} loops at {(edge.source or self.frame[0])!r}: one "
                f"input set off more than {MOST_MICROSTEPS} transitions. Look at the always "
                f"transitions and the engine's choices there ({edge.location})."
            )
        return True

    def note(self) -> None:
        """Keep how things stand now, where somebody watches."""
        if self.moments is not None:
            now = (tuple(self.frame), len(self.taken), len(self.said))
            self.moments.append(new_tuple(Moment, now))

    def choose(self, input: Choose) -> None:
        leaf = self.leaf()
        spec = leaf.offers.get(input.choice)
        if (
            spec is None
            or not self.is_person(spec.role)
            or (input.role is not None and spec.role != input.role)
        ):
            raise UnknownChoice(_no_such_choice(self, leaf, input))
        if not self.trigger(spec.event):
            reason = closed_reason(self.machine, self.snapshot_now(), spec)
            stop = "" if reason[-1:] in ".!?…" else "."
            raise ChoiceClosed(f"{spec.id!r} cannot be chosen now: {reason}{stop}", reason)

    def send(self, event: str) -> None:
        leaf = self.leaf()
        if not self.trigger(event_name("event", event)):
            known = [
                name.removeprefix("event ")
                for name in self.machine.events
                if name.startswith("event ") and self.machine.ways(leaf.name, name)
            ]
            hint = did_you_mean(event, known)
            if event in known:
                raise UnknownEvent(
                    f"{leaf.name!r} does not take {event!r} now: its guard is closed."
                )
            raise UnknownEvent(
                f"Nothing in {leaf.name!r} takes an event {event[:60]!r}"
                + (f"; {hint}" if hint else f"; it takes {', '.join(known) or 'none'}.")
            )

    def fire_due(self, moment: datetime) -> None:
        """Let every deadline up to `moment` run out, in order, each at its own time."""
        firings = 0
        while self.deadlines and self.deadlines[0].due <= moment:
            firings += 1
            if firings > MOST_FIRINGS or len(self.taken) > MOST_TAKEN:
                raise RunawayError(
                    f"The scenario {self.machine.id} has too many deadlines until "
                    f"{moment:%Y-%m-%d} (more than {MOST_FIRINGS}, or {MOST_TAKEN} transitions): "
                    "wait for a shorter time, or let it start them less often."
                )
            due, self.deadlines = self.deadlines[0], self.deadlines[1:]
            self.time = max(self.time, due.due)
            self.frame[self.machine.timers[due.timer].slot] = PENDING
            self.pending = (*self.pending, due.timer)
            self.budget = MOST_MICROSTEPS
            self.settle()
        self.budget = MOST_MICROSTEPS  # what comes next is another cause
        self.fired = firings > 0

    def settle(self) -> None:
        """Rule 3, pending timers, then rule 4, until only persons can move."""
        while True:
            leaf = self.leaf()
            if leaf.final:
                self.close()
                self.note()
                return
            if leaf.eventless and self.trigger("always"):
                continue
            if self.pending and self.handle_pending(leaf):
                continue
            if self.moments is not None:
                self.note()
            if leaf.engine and self.draw(leaf):
                continue
            return

    def handle_pending(self, leaf: Leaf) -> bool:
        for timer in self.pending:
            if timer in leaf.handles:
                pending = self.pending
                self.pending = tuple(name for name in pending if name != timer)
                if self.trigger(event_name("after", timer)):
                    return True
                self.pending = pending
        return False

    def draw(self, leaf: Leaf) -> bool:
        """Draw one of the choices that the engine's roles have now, by weight; False if none."""
        offers = self.offers(leaf)
        total = sum([weight for _, weight in offers])
        if total <= 0:
            return False
        self.draws += 1
        if self.forced:
            spec = self.forced_draw(offers)
        else:
            spec = pick(offers, draw(self.snapshot.seed, self.draws, total))
        return self.trigger(spec.event, drawn=self.draws)

    def offers(self, leaf: Leaf) -> list[tuple[ChoiceSpec, int]]:
        """The choices that the engine's roles could take now, each with its weight."""
        frame = self.frame
        return [
            (spec, 1 if spec.weight is None else max(0, spec.weight(frame)))
            for spec in leaf.engine
            if spec.role not in self.persons and spec.enabled(frame)
        ]

    def forced_draw(self, offers: list[tuple[ChoiceSpec, int]]) -> ChoiceSpec:
        wanted, *rest = self.forced
        for spec, weight in offers:
            if spec.id == wanted and weight > 0:
                self.forced = tuple(rest)
                return spec
        possible = [spec.id for spec, weight in offers if weight > 0]
        raise DrawImpossible(
            f"{wanted[:60]!r} cannot be drawn in {self.frame[0]!r}; what can be drawn there is "
            f"{', '.join(possible)}.",
            tuple(possible),
        )

    def close(self) -> None:
        """Final means over: nothing runs on."""
        for due in self.deadlines:
            self.frame[self.machine.timers[due.timer].slot] = OFF
        for timer in self.pending:  # it has expired all the same
            self.frame[self.machine.timers[timer].slot] = HANDLED
        self.deadlines = ()
        self.pending = ()

    # Looking about ------------------------------------------------------------------------------

    def leaf(self) -> Leaf:
        return self.machine.leaves[self.frame[0]]

    def is_person(self, role: str) -> bool:
        return role in self.persons or not self.machine.roles[role].engine

    def snapshot_now(self) -> Snapshot:
        old = self.snapshot
        return new_tuple(Snapshot, (
            old.scenario, old.version, old.fingerprint, tuple(self.frame), self.deadlines,
            self.pending, old.persons, old.seed, self.draws, self.starts, old.turn + 1, self.time,
        ))  # fmt: skip

    def finish(self, before: Snapshot | None) -> Step:
        if self.forced:
            raise DrawImpossible(
                f"{self.forced[0][:60]!r} was not drawn: the engine's roles had nothing more to "
                f"draw when the conversation came to {self.frame[0]!r}.",
                (),
            )
        return new_tuple(Step, (
            self.snapshot_now(), before, tuple(self.said), tuple(self.taken),
            tuple(self.moments or ()),
        ))  # fmt: skip


def _no_such_choice(run: Run, leaf: Leaf, input: Choose) -> str:
    offered = [
        spec
        for spec in leaf.choices
        if run.is_person(spec.role) and (not spec.hide or spec.enabled(run.frame))
    ]
    for spec in leaf.choices:
        if spec.id == input.choice and input.role in (None, spec.role):
            return f"{spec.id!r} is for {spec.role!r} to choose, and the engine plays that role."
    named: object = input.choice
    if not isinstance(named, str):
        return f"A choice is named by its id, not by {named!r}."
    # What others can choose is not told, not even to who names it: it would tell when it opens.
    own = [spec.id for spec in offered if input.role in (None, spec.role)]
    hint = did_you_mean(named, own)
    return f"There is no choice {named[:60]!r} in {leaf.name!r}" + (f"; {hint}" if hint else ".")


def _later(moment: datetime, length: timedelta) -> datetime:
    try:
        return moment + max(length, timedelta(0))
    except OverflowError:  # past the year 9999, which nobody waits for
        return datetime.max.replace(tzinfo=UTC)
