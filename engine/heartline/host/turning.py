"""From a conversation, something that happens to it and a moment to what is stored of that. Pure.

A `Held` is a conversation in hand: its record, the scenario that serves it, and its snapshot. Each
function here lets one thing happen to it and gives a `Turned`: the change for the store, and the
conversation as it is when that is stored. Nothing is stored here, and nobody is asked the time.

What `Entry.data` holds, so that the log can be played again (`heartline.host.replaying`). `at`, the
entry's time, is the `now` that the engine was given.

    opened      scenario, version, fingerprint, seed, inputs, seats (roles that persons take)
    chose       choice, and where the input had them: role, turn
    sent        event, and where the input had it: turn
    fired       timers: those that were due, as [name, generation, due in microseconds since 1970];
                late: seconds, from one second on
    undone      to: the entry that was gone back to
    forked      from: a conversation, at: the entry of it that was gone back to
    migrated    from, to: fingerprints; version: the new one; carried: the conversation as it was
                carried over, before anything followed from that; late: where a timer fired then
    seated      role, and held: whether somebody has its seat since; not who, which the record says
    closed      nothing

All have at_turn (the number of the turn that followed) and state; where there is one, outcome;
where something was said, said: a list of [speaker, name, text, only_to, cause]. The first four and
`fired` have draws where the engine's roles were told what to draw.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline import runtime
from heartline.errors import CallerError, ConversationOver
from heartline.following import Followed, follow
from heartline.host.reading import read
from heartline.host.values import (
    CHOSE,
    CLOSED,
    FIRED,
    FORKED,
    LIVE,
    MIGRATED,
    OPENED,
    OVER,
    SENT,
    UNDONE,
    Change,
    Entry,
    Parcel,
    Record,
    Timer,
    microseconds,
)
from heartline.host.writing import written
from heartline.inputs import read_value
from heartline.migrating import go_on, stored_value
from heartline.plan import RUNNING
from heartline.rendering import changed, render
from heartline.snapshot import Choose, Due, Send, Tick, new_tuple
from heartline.stored import TIMER_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from heartline.conversation import Scenario
    from heartline.machine import Machine
    from heartline.run import Step
    from heartline.snapshot import Input, Snapshot
    from heartline.turn import Change as Shown
    from heartline.turn import Said

    Brought = Callable[[str], bool]  # whether what happens is brought to a reference

__all__ = [
    "Held",
    "Turned",
    "fork",
    "gone_back",
    "hold",
    "migrate",
    "open_new",
    "parcels_of",
    "submit",
    "tick",
    "timer_key",
    "timers_of",
    "undo",
]

_LATE = timedelta(seconds=1)  # a timer that fires later than this is marked
_END = datetime.max.replace(tzinfo=UTC)


class Held(NamedTuple):
    """A conversation in hand. `said` is what its last entry says; None where that was not read."""

    record: Record
    scenario: Scenario
    snapshot: Snapshot
    said: tuple[Said, ...] | None = None


class Turned(NamedTuple):
    """What is to be stored, how the conversation is then, and the visible variables that it
    changed."""

    change: Change
    held: Held
    changes: tuple[Shown, ...] = ()


def hold(record: Record, scenario: Scenario) -> Held:
    """A conversation in hand. Raises SnapshotDamaged, and SnapshotMismatch where the scenario is
    not the one that serves it."""
    return Held(record, scenario, read(scenario.machine, record.snapshot))


def open_new(
    scenario: Scenario,
    conversation: str,
    reference: str,
    now: datetime,
    *,
    seed: int,
    inputs: Mapping[str, object],
    seats: Collection[str],
    tell: Mapping[str, str],
    draws: Sequence[str] = (),
    key: str | None = None,
    parcels: Brought | None = None,
) -> Turned:
    """A conversation begins. Raises InputError, DrawImpossible, RunawayError."""
    machine = scenario.machine
    step = runtime.start(machine, seed=seed, now=now, inputs=inputs, persons=seats, draws=draws)
    data: dict[str, Any] = {
        "scenario": machine.id,
        "version": machine.version,
        "fingerprint": machine.fingerprint,
        "seed": step.snapshot.seed,
        "inputs": {name: _as_read(machine, name, value) for name, value in inputs.items()},
        "seats": list(step.snapshot.persons),
    }
    if draws:
        data["draws"] = list(draws)
    record = Record(
        conversation, reference, machine.id, "", "", LIVE, "", None, 0, 0, "", now, now,
        seats=dict(tell),
    )  # fmt: skip
    # Who opened it has the answer.
    return _stepped(Held(record, scenario, step.snapshot), step, OPENED, key, now, data, (
        reference, parcels,
    ))  # fmt: skip


def submit(
    held: Held,
    input: Input,
    now: datetime,
    *,
    key: str | None = None,
    sender: str | None = None,
    draws: Sequence[str] = (),
    parcels: Brought | None = None,
) -> Turned | None:
    """An input happens; None where that changes nothing, as at a quiet time. What was due before
    it has fired already, by `tick`. Raises as `heartline.runtime.step` does."""
    if type(input) is Tick:
        return tick(held, now, draws=draws, parcels=parcels)
    record = held.record
    if record.status == CLOSED:
        raise ConversationOver("This conversation was closed: start a new one.")
    data: dict[str, Any]
    if type(input) is Choose:
        kind, data = CHOSE, {"choice": input.choice}
        if input.role is not None:
            data["role"] = input.role
    elif type(input) is Send:
        kind, data = SENT, {"event": input.event}
    else:
        raise CallerError(f"An input is Choose, Send or Tick, not {type(input).__name__}.")
    if input.turn is not None:
        data["turn"] = input.turn
    if draws:
        data["draws"] = list(draws)
    after = follow(held.scenario.machine, held.snapshot, input, now, tuple(draws))
    return _turned(held, after, kind, key, now, data, (sender, parcels))


def tick(
    held: Held, now: datetime, *, draws: Sequence[str] = (), parcels: Brought | None = None
) -> Turned | None:
    """The timers fire that are due; None where none is. Raises RunawayError, DrawImpossible."""
    before = held.snapshot
    waits = not before.deadlines or before.deadlines[0].due > now
    if held.record.status != LIVE or (waits and not draws):
        return None
    due = [each for each in before.deadlines if each.due <= now]
    after = follow(held.scenario.machine, before, Tick(), now, tuple(draws))
    assert due, "without a timer nothing is drawn, and the step refused"
    data: dict[str, Any] = {
        "timers": [[each.timer, each.generation, microseconds(each.due)] for each in due]
    }
    late = now - due[0].due
    if late >= _LATE:
        data["late"] = late.total_seconds()
    if draws:
        data["draws"] = list(draws)
    key = timer_key(due[0].timer, due[0].generation)
    return _turned(held, after, FIRED, key, now, data, (None, parcels))


def undo(
    held: Held,
    to: int,
    earlier: Snapshot,
    said: tuple[Said, ...],
    now: datetime,
    *,
    key: str | None = None,
    sender: str | None = None,
    parcels: Brought | None = None,
) -> Turned:
    """It goes back to where it stood after the entry `to`: `earlier`, where `said` was said."""
    after = Followed(gone_back(held.snapshot, earlier, now), said, ())
    return _turned(held, after, UNDONE, key, now, {"to": to}, (sender, parcels))


def fork(
    held: Held, entries: Sequence[Entry], said: tuple[Said, ...], origin: str, now: datetime
) -> Turned:
    """Another conversation begins where an earlier one stood after the last of these entries.

    `held` is that place, with the record of the new conversation but for what follows from it;
    `origin` is the id of the other.
    """
    at = entries[-1].sequence
    snapshot = gone_back(held.snapshot, held.snapshot, now)
    data: dict[str, Any] = {"from": origin, "at": at}
    after = Followed(snapshot, said, ())
    turned = _turned(held, after, FORKED, None, now, data, (None, None))
    change = turned.change._replace(before=0, entries=(*entries, *turned.change.entries))
    return _timed(turned._replace(change=change), timers_of(held.record.id, snapshot))


def migrate(
    record: Record,
    scenario: Scenario,
    carried: Mapping[str, Any],
    now: datetime,
    *,
    parcels: Brought | None = None,
) -> Turned:
    """It goes on in another version, as it was carried over, and what follows by itself happens.

    Raises SnapshotMismatch, RunawayError.
    """
    step = go_on(scenario.machine, carried, now)
    data: dict[str, Any] = {
        "from": record.fingerprint,
        "to": scenario.machine.fingerprint,
        "version": scenario.machine.version,
        "carried": carried,
    }
    fired = _due_in(carried, step.snapshot.time)
    if fired is not None and now - fired >= _LATE:
        data["late"] = (now - fired).total_seconds()
    held = Held(record, scenario, step.snapshot)
    turned = _stepped(held, step, MIGRATED, None, now, data, (None, parcels))
    # A timer may have another name now.
    return _timed(turned, timers_of(record.id, step.snapshot))


def gone_back(present: Snapshot, earlier: Snapshot, now: datetime) -> Snapshot:
    """An earlier snapshot as the turn after the present one, later by the time between.

    Its timers count as started anew: one that has fired can then fire again, under another key.
    """
    moment = max(now, present.time)
    by = moment - earlier.time
    deadlines = tuple(
        Due(due.due + by if due.due < _END - by else _END, generation, due.timer)
        for generation, due in enumerate(earlier.deadlines, present.starts + 1)
    )
    return earlier._replace(
        time=moment, deadlines=deadlines, starts=present.starts + len(deadlines),
        turn=present.turn + 1,
    )  # fmt: skip


def timers_of(conversation: str, snapshot: Snapshot) -> tuple[Timer, ...]:
    """The timers that run in a conversation."""
    return tuple(
        [Timer(conversation, due.timer, due.generation, due.due) for due in snapshot.deadlines]
    )


def timer_key(name: str, generation: int) -> str:
    """The key under which a timer fires, once."""
    return f"timer:{name}:{generation}"


def _due_in(carried: Mapping[str, Any], now: datetime) -> datetime | None:
    """When the first of the timers was due that fired at once."""
    dues = [
        datetime.fromisoformat(timer["due"])
        for timer in carried["timers"].values()
        if timer["is"] == TIMER_WORDS[RUNNING]
    ]
    return min((due for due in dues if due <= now), default=None)


def _timed(turned: Turned, timers: tuple[Timer, ...]) -> Turned:
    return turned._replace(change=turned.change._replace(timers=timers))


def _stepped(
    held: Held, step: Step, kind: str, key: str | None, now: datetime, data: dict[str, Any],
    post: tuple[str | None, Brought | None],
) -> Turned:  # fmt: skip
    """What is stored of a step."""
    machine = held.scenario.machine
    after = Followed(step.snapshot, render(machine, step), changed(machine, step))
    return _turned(held, after, kind, key, now, data, post)


def _turned(
    held: Held, after: Followed, kind: str, key: str | None, now: datetime, data: dict[str, Any],
    post: tuple[str | None, Brought | None],
) -> Turned:  # fmt: skip
    """What is stored of an entry, and of what followed. `post` is who sent it, and which of the
    others are told."""
    old, scenario = held.record, held.scenario
    snapshot, said, changes = after
    leaf = scenario.machine.leaves[snapshot.frame[0]]
    state, outcome = leaf.name, leaf.outcome
    sequence = old.sequence + 1
    data["at_turn"] = snapshot.turn
    data["state"] = state
    if outcome is not None:
        data["outcome"] = outcome
    if said:
        data["said"] = said
    status = OVER if leaf.final else LIVE
    deadlines = snapshot.deadlines
    record = new_tuple(Record, (
        old.id, old.reference, snapshot.scenario, snapshot.version, snapshot.fingerprint,
        status, state, outcome, sequence, snapshot.turn,
        written(scenario.machine, snapshot), old.created, now,
        deadlines[0].due if deadlines and status == LIVE else None, old.parent, old.seats,
    ))  # fmt: skip
    timers = None
    before = held.snapshot.deadlines
    if sequence == 1 or (deadlines is not before and deadlines != before):
        timers = timers_of(old.id, snapshot)
    entry = new_tuple(Entry, (sequence, kind, key, now, data))
    sender, parcels = post
    told = parcels_of(record, kind, said, now, sender, parcels) if parcels and old.seats else ()
    change = new_tuple(Change, (record, old.sequence, (entry,), timers, told))
    then = new_tuple(Held, (record, scenario, snapshot, said))
    return new_tuple(Turned, (change, then, changes))


def parcels_of(
    record: Record,
    kind: str,
    said: tuple[Said, ...],
    now: datetime,
    sender: str | None,
    brought: Brought,
) -> tuple[Parcel, ...]:
    """What each seat is told, but for the one that did it: no line that is meant for another."""
    parcels = []
    for index, (role, reference) in enumerate(record.seats.items()):
        if reference != sender and brought(reference):
            payload = {
                "conversation": record.id,
                "sequence": record.sequence,
                "kind": kind,
                "role": role,
                "turn": record.turn,
                "state": record.state,
                "outcome": record.outcome,
                "said": [list(line) for line in said if line.only_to in (None, role)],
            }
            parcels.append(Parcel(record.id, record.sequence, index, reference, payload, now))
    return tuple(parcels)


def _as_read(machine: Machine, name: str, value: object) -> object:
    """An input as it was read, so that no text of the log holds what was left out of it."""
    return stored_value(read_value(machine.slots[machine.layout["var", name]], value))
