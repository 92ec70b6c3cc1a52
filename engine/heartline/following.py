"""What follows from an input, and what can be chosen then, without working out what is known.

    snapshot, said, changes = follow(machine, snapshot, input, now)
    turn = look(machine, snapshot, said, changes)

For hosts, whose conversations come to the same places again and again. `follow` gives the
snapshot of `heartline.runtime.step` and what `heartline.rendering` makes of that step, in a
fifth of the time where another conversation stood at the same place before; `look` gives what
it gives there. A place is all that decides how a conversation goes on but for time and chance:
its frame, the expired timers that wait, and whose seats persons have. What follows is kept as
long as neither has a hand in it: no choice is drawn, no line speaks of time, and no more than
one timer expires. All the rest is worked out each time. A test walks both ways and holds them
together.

It is kept with the machine, which must not be changed from then on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline.rendering import (
    changed,
    choices_at,
    drawn_text,
    render,
    turn_with,
    variants,
)
from heartline.runtime import step
from heartline.snapshot import Choose, Due, Snapshot, Tick, new_tuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.machine import Machine
    from heartline.plan import SpokenLine
    from heartline.run import Spoken, Step
    from heartline.snapshot import Frame, Input
    from heartline.turn import Change, Choice, Said, Turn

__all__ = ["Followed", "follow", "look"]

_MOST = 4096  # places of one machine that are kept; then it begins anew
_END = datetime.max.replace(tzinfo=UTC)


class Followed(NamedTuple):
    """Where a conversation stands then, what was said, and the visible variables that changed."""

    snapshot: Snapshot
    said: tuple[Said, ...]
    changes: tuple[Change, ...]


class _Drawn(NamedTuple):
    """A line of which one of several texts is said."""

    line: SpokenLine
    texts: tuple[Said, ...]


class _Known(NamedTuple):
    """What follows at a place. `timers` are those that run on, None where nothing happens to any;
    `started` are the others that run then: each with how long it does, and as which start from
    here on, of `starts`. `lines` is empty where all that is `said` is the same each time."""

    frame: Frame
    pending: tuple[str, ...]
    timers: tuple[str, ...] | None
    started: tuple[tuple[str, timedelta, int], ...]
    starts: int
    said: tuple[Said, ...]
    lines: tuple[Said | _Drawn, ...]
    changes: tuple[Change, ...]


def follow(
    machine: Machine,
    snapshot: Snapshot,
    input: Input,
    now: datetime,
    draws: tuple[str, ...] = (),
) -> Followed:
    """What follows from an input at the moment `now`. Raises as `heartline.runtime.step` does."""
    place = None if draws or now.tzinfo is not UTC else _place(snapshot, input, now)
    if place is not None:
        known: _Known | None = machine.followed.get(place)
        if known is not None:
            found = _found(known, snapshot, input, now)
            if found is not None:
                return found
    done = step(machine, snapshot, input, now, draws)
    said, changes = render(machine, done), changed(machine, done)
    if place is not None:
        lasting = _lasting(machine, done, said, changes, type(input) is Tick)
        if lasting is not None:
            if len(machine.followed) >= _MOST:
                machine.followed.clear()
            machine.followed[place] = lasting
    return new_tuple(Followed, (done.snapshot, said, changes))


def _place(snapshot: Snapshot, input: Input, now: datetime) -> tuple[Any, ...] | None:
    """A place and what happens there; None where that is not one thing by itself."""
    deadlines = snapshot.deadlines
    if type(input) is Choose:
        if deadlines and deadlines[0].due <= max(now, snapshot.time):
            return None
        # What is refused is worked out, and all that is no input as it should be.
        choice, turn, role = input.choice, input.turn, input.role
        if not (turn is None or (type(turn) is int and turn == snapshot.turn)):
            return None
        if type(choice) is not str or not (role is None or type(role) is str):
            return None
        return snapshot.frame, snapshot.pending, snapshot.persons, choice, role
    if type(input) is not Tick or not deadlines or deadlines[0].due > now:
        return None
    if len(deadlines) > 1 and deadlines[1].due <= max(now, snapshot.time):
        return None
    return snapshot.frame, snapshot.pending, snapshot.persons, deadlines[0].timer


def _found(known: _Known, snapshot: Snapshot, input: Input, now: datetime) -> Followed | None:
    """What is known, as it is in this conversation now; None where more follows."""
    frame, pending, timers, started, starts, said, lines, changes = known
    time = snapshot.time
    moment = max(now, time)
    deadlines = snapshot.deadlines
    if timers is not None:
        left = [due for due in deadlines if due[2] in timers] if timers else []
        if started:
            # A timer that expires late starts others as if it had been in time.
            begun = max(deadlines[0].due, time) if type(input) is Tick else moment
            try:
                for timer, length, nth in started:
                    due = begun + length
                    if due <= moment:
                        return None
                    left.append(new_tuple(Due, (due, snapshot.starts + nth, timer)))
            except OverflowError:
                return None
            left.sort()
        deadlines = tuple(left)
    scenario, version, fingerprint, _, _, _, persons, seed, draws, counted, turn, _ = snapshot
    after = new_tuple(
        Snapshot,
        (
            scenario, version, fingerprint, frame, deadlines, pending, persons, seed, draws,
            counted + starts, turn + 1, moment,
        ),
    )  # fmt: skip
    if lines:
        said = tuple(
            [
                line.texts[drawn_text(after, line.line)] if isinstance(line, _Drawn) else line
                for line in lines
            ]
        )
    return new_tuple(Followed, (after, said, changes))


def look(
    machine: Machine, snapshot: Snapshot, lines: tuple[Said, ...], changes: tuple[Change, ...]
) -> Turn:
    """The turn at which a snapshot stands, as `heartline.rendering.look` gives it."""
    place = snapshot.frame, snapshot.persons
    choices: tuple[Choice, ...] | None = machine.looked.get(place)
    if choices is None:
        choices = choices_at(machine, snapshot)
        leaf = machine.leaves[snapshot.frame[0]]
        if not any(spec.speaks_of_time for spec in leaf.choices):
            if len(machine.looked) >= _MOST:
                machine.looked.clear()
            machine.looked[place] = choices
    return turn_with(machine, snapshot, choices, lines, changes)


# What lasts ---------------------------------------------------------------------------------------


def _lasting(
    machine: Machine,
    done: Step,
    said: tuple[Said, ...],
    changes: tuple[Change, ...],
    expired: bool,
) -> _Known | None:
    """What a step says of every conversation at its place; None where it is of this one alone."""
    before, after = done.before, done.snapshot
    assert before is not None
    lines = None if after.draws != before.draws else _lines(machine, done.said)
    if lines is None:
        return None
    if not any(isinstance(line, _Drawn) for line in lines):
        lines = ()
    starts = after.starts - before.starts
    begun = max(before.deadlines[0].due, before.time) if expired else after.time
    timers: tuple[str, ...] | None = None
    started: list[tuple[str, timedelta, int]] = []
    if after.deadlines is not before.deadlines:
        timers = tuple(due.timer for due in after.deadlines if due.generation <= before.starts)
        for due in after.deadlines:
            if due.generation > before.starts:
                if due.due == _END:
                    return None
                started.append((due.timer, due.due - begun, due.generation - before.starts))
    if expired and len(started) < starts:
        return None  # one of them may have expired as well
    frame, pending = after.frame, after.pending
    return _Known(frame, pending, timers, tuple(started), starts, said, lines, changes)


def _lines(machine: Machine, said: Sequence[Spoken]) -> tuple[Said | _Drawn, ...] | None:
    """These lines, as they are at any time; None where one speaks of time."""
    lines: list[Said | _Drawn] = []
    for spoken in said:
        for line in spoken.lines.lines:
            if line.guard is not None and not line.guard(spoken.frame):
                continue
            if line.said is not None:
                lines.append(line.said)
                continue
            texts = variants(machine, spoken, line)
            if texts is None:
                return None
            lines.append(texts[0] if len(texts) == 1 else _Drawn(line, texts))
    return tuple(lines)
