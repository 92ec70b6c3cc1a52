"""A log is played again, to the place that it leads to. Pure.

The log is the truth: what a record says of a conversation follows from it. Here it is made anew,
for what the record does not hold: the answer to an input that is repeated, an earlier turn to go
back to or to fork from, and `verify`, which compares the two.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from heartline import runtime
from heartline.errors import HeartlineError, StoreDamaged
from heartline.host.seating import wrong_seat
from heartline.host.turning import gone_back, timers_of
from heartline.host.values import (
    CHOSE,
    CLOSED,
    FIRED,
    FORKED,
    LIVE,
    MIGRATED,
    OPENED,
    OVER,
    SEATED,
    SENT,
    UNDONE,
    Happened,
)
from heartline.migrating import go_on
from heartline.rendering import changed
from heartline.snapshot import Choose, Send, Tick
from heartline.stored import dump
from heartline.turn import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heartline.conversation import Scenario
    from heartline.host.values import Entry, Record, Timer
    from heartline.run import Step
    from heartline.snapshot import Input, Snapshot
    from heartline.turn import Change

__all__ = [
    "Place",
    "check_whole",
    "fingerprints",
    "happened",
    "replay",
    "said_in",
    "stood",
    "verify",
]


class Place(NamedTuple):
    """Where a conversation stood after the entry `sequence`, what was said on the way there, and
    which visible variables that changed."""

    sequence: int
    scenario: Scenario
    snapshot: Snapshot
    said: tuple[Said, ...]
    changes: tuple[Change, ...] = ()


def happened(conversation: str, entry: Entry) -> Happened:
    """An entry as readers follow it. Raises StoreDamaged where it is not whole."""
    data = entry.data
    try:
        late = data.get("late")
        return Happened(
            conversation, entry.sequence, entry.kind, entry.at, data["at_turn"], data["state"],
            data.get("outcome"), said_in(entry), data.get("choice"), data.get("role"),
            None if late is None else timedelta(seconds=late), data.get("held"),
        )  # fmt: skip
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise StoreDamaged(
            f"Entry {entry.sequence} ({entry.kind}) in the log of the conversation {conversation} "
            "is not whole."
        ) from error


def said_in(entry: Entry) -> tuple[Said, ...]:
    """The lines that an entry keeps."""
    return tuple([Said(*line) for line in entry.data.get("said", ())])


def stood(entries: Sequence[Entry], place: Place) -> str:
    """Where a conversation stood (LIVE, OVER or CLOSED) after these entries, which led to a place.
    Whose seats are whose has nothing to do with it."""
    last = next((entry.kind for entry in reversed(entries) if entry.kind != SEATED), "")
    if last == CLOSED:
        return CLOSED
    return OVER if place.scenario.machine.leaves[place.snapshot.state].final else LIVE


def fingerprints(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The scenarios that a log was played in, by their fingerprints: all are needed to replay it,
    but for those before a migration, which can be missing."""
    names = {OPENED: "fingerprint", MIGRATED: "to"}
    found = [entry.data.get(names[entry.kind]) for entry in entries if entry.kind in names]
    return tuple(dict.fromkeys([each for each in found if isinstance(each, str)]))


def check_whole(conversation: str, entries: Sequence[Entry], after: int = 0) -> None:
    """Raises StoreDamaged where these are not the entries after that one, each once."""
    for sequence, entry in enumerate(entries, after + 1):
        if entry.sequence != sequence:
            raise StoreDamaged(
                f"The log of the conversation {conversation} has a hole: entry {sequence} is "
                f"missing, and after it comes entry {entry.sequence}. Restore it from a backup."
            )


def replay(
    conversation: str, entries: Sequence[Entry], scenarios: Mapping[str, Scenario]
) -> list[Place]:
    """The places that a conversation can go back to, in order; the last is where it stands.

    `scenarios` are by fingerprint. Where one is missing, what happened in it is passed over up to
    the migration that led out of it. A conversation goes back to no place before its last
    migration. Raises StoreDamaged where the log has a hole or leads elsewhere than it says.
    """
    path: list[Place] = []
    check_whole(conversation, entries)
    for entry in entries:
        try:
            _play(path, entry, scenarios)
        except (HeartlineError, LookupError, TypeError, ValueError) as error:
            why = str(error) if isinstance(error, HeartlineError) else "it is not whole."
            raise StoreDamaged(
                f"Entry {entry.sequence} ({entry.kind}) in the log of the conversation "
                f"{conversation} cannot be played again: {why}"
            ) from error
        if path and entry.kind != CLOSED:
            _compare(conversation, entry, path[-1])
    if not path:
        raise StoreDamaged(
            f"The log of the conversation {conversation} does not lead to where it stands: "
            + ("it is empty." if not entries else "the scenario that it was opened in is missing.")
        )
    return path


def verify(
    record: Record,
    timers: Sequence[Timer],
    entries: Sequence[Entry],
    scenarios: Mapping[str, Scenario],
) -> str | None:
    """Whether a log leads to what its record says: None, or the sentence that says where not."""
    try:
        place = replay(record.id, entries, scenarios)[-1]
    except StoreDamaged as error:
        return str(error)
    machine, snapshot = place.scenario.machine, place.snapshot
    leaf = machine.leaves[snapshot.state]
    status = stood(entries, place)
    running = timers_of(record.id, snapshot) if status == LIVE else ()
    # The number of a version may change where its structure does not: texts are mended like that.
    rebuilt = {**dump(machine, snapshot, whole=True), "version": record.version}
    pairs: dict[str, tuple[object, object]] = {
        "sequence": (record.sequence, len(entries)),
        "status": (record.status, status),
        "scenario": (record.scenario, snapshot.scenario),
        "fingerprint": (record.fingerprint, snapshot.fingerprint),
        "state": (record.state, snapshot.state),
        "outcome": (record.outcome, leaf.outcome),
        "turn": (record.turn, snapshot.turn),
        "next due time": (record.due, running[0].due if running else None),
        "timers": (sorted(timers, key=_order), sorted(running, key=_order)),
    }
    for name, (stored, followed) in pairs.items():
        if stored != followed:
            return _parts(record.id, name, stored, followed)
    try:
        written = json.loads(record.snapshot)
    except ValueError:
        written = None
    if not isinstance(written, dict):
        return f"The snapshot of the conversation {record.id} is not JSON of an object."
    for name in {**rebuilt, **written}:
        if written.get(name) != rebuilt.get(name) and name != "version":
            return (  # without the values, since they may be what a person typed
                f"The snapshot of the conversation {record.id} does not follow from its log: "
                f"{name!r} differs."
            )
    if (seat := wrong_seat(record, entries)) is not None:
        return _parts(record.id, *seat)
    return None


def _play(path: list[Place], entry: Entry, scenarios: Mapping[str, Scenario]) -> None:
    """Let one entry happen again to the last place of a path."""
    kind, data, at = entry.kind, entry.data, entry.at
    if kind == OPENED:
        scenario = scenarios.get(data["fingerprint"])
        if scenario is not None:
            step = runtime.start(
                scenario.machine, seed=data["seed"], now=at, inputs=data["inputs"],
                persons=data["seats"], draws=data.get("draws", ()),
            )  # fmt: skip
            path.append(_place(entry, scenario, step))
    elif kind == MIGRATED:
        scenario = scenarios.get(data["to"])
        path.clear()
        if scenario is not None:
            path.append(_place(entry, scenario, go_on(scenario.machine, data["carried"], at)))
    elif not path:
        return
    elif kind in (CHOSE, SENT, FIRED):
        present = path[-1]
        machine = present.scenario.machine
        draws = tuple(data.get("draws", ()))
        step = runtime.step(machine, present.snapshot, _input(entry), at, draws)
        path.append(_place(entry, present.scenario, step))
    elif kind in (UNDONE, FORKED):
        present = path[-1]
        while kind == UNDONE and path[-1].sequence != data["to"]:
            path.pop()
        earlier = path.pop()
        snapshot = gone_back(present.snapshot, earlier.snapshot, at)
        path.append(earlier._replace(snapshot=snapshot, changes=()))
    elif kind == SEATED:
        if type(data["role"]) is not str or type(data["held"]) is not bool:
            raise ValueError(kind)
    elif kind != CLOSED:
        raise ValueError(kind)


def _input(entry: Entry) -> Input:
    data = entry.data
    if entry.kind == CHOSE:
        return Choose(data["choice"], data.get("turn"), data.get("role"))
    return Send(data["event"], data.get("turn")) if entry.kind == SENT else Tick()


def _place(entry: Entry, scenario: Scenario, step: Step) -> Place:
    changes = changed(scenario.machine, step)
    return Place(entry.sequence, scenario, step.snapshot, said_in(entry), changes)


def _compare(conversation: str, entry: Entry, place: Place) -> None:
    """Whether an entry led to where it says."""
    says = (entry.data.get("at_turn"), entry.data.get("state"))
    leads = (place.snapshot.turn, place.snapshot.state)
    if says != leads:
        raise StoreDamaged(
            f"Entry {entry.sequence} ({entry.kind}) in the log of the conversation {conversation} "
            f"leads to turn {leads[0]} in {leads[1]!r} when it is played again, and says turn "
            f"{says[0]} in {says[1]!r}."
        )


def _parts(conversation: str, name: str, stored: object, followed: object) -> str:
    return (
        f"The {name} of the conversation {conversation} does not follow from its log: stored is "
        f"{_short(stored)}, and the log leads to {_short(followed)}."
    )


def _short(value: object) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 200 else text[:200] + "..."


def _order(timer: Timer) -> tuple[str, int]:
    return timer.name, timer.generation
