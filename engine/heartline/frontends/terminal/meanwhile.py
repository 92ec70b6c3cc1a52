"""What has happened in a conversation of a store, in words for who plays it. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.frontends.terminal.output import Page, Row
from heartline.frontends.terminal.record import Record
from heartline.host.replaying import said_in
from heartline.host.values import (
    CHOSE,
    CLOSED,
    FIRED,
    FORKED,
    MIGRATED,
    OPENED,
    SEATED,
    SENT,
    UNDONE,
)
from heartline.words import humanise_date, humanise_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from heartline.host.values import Entry
    from heartline.machine import Machine
    from heartline.turn import Said

__all__ = ["heard", "meanwhile", "since_last_act", "so_far"]

_LATE = 5  # seconds on the machine's clock from which on it is said that a timer was late
_ACTS = (OPENED, FORKED, CHOSE, SENT, UNDONE)


def heard(lines: Sequence[Said], machine: Machine, persons: Collection[str]) -> tuple[Said, ...]:
    """The lines without those that are meant for others than the players here."""
    roles = machine.roles
    here = {None, *persons, *(role for role in roles if not roles[role].engine)}
    return tuple([line for line in lines if line.only_to in here])


def since_last_act(entries: Sequence[Entry]) -> Sequence[Entry]:
    """What has happened by itself since somebody did something, who saw what came of that."""
    acts = [place for place, entry in enumerate(entries) if entry.kind in _ACTS]
    return entries[acts[-1] + 1 :] if acts else entries


def meanwhile(
    entries: Sequence[Entry], machine: Machine, persons: Collection[str], speed: float
) -> Page:
    """A page of what has happened: when, what, and what was said. `speed` is that of the clock."""
    rows: list[Row] = []
    for entry in entries:
        what = _what(entry, machine)
        late = timedelta(seconds=entry.data.get("late", 0.0))
        if late.total_seconds() >= _LATE * speed:
            what += f" ({humanise_duration(late)} late, since nothing was running)"
        rows.append(Row(f"{humanise_date(entry.at)}: {what}.", mark="turn"))
        rows += [
            Row(line.name, line.text, depth=1) for line in heard(said_in(entry), machine, persons)
        ]
    return Page("meanwhile", "Meanwhile", tuple(rows))


def so_far(entries: Sequence[Entry], machine: Machine, persons: Collection[str]) -> Record:
    """All that has happened, as the pages of the player want it. What was taken back stays; who
    has a seat is nothing that was said or done."""
    record = Record()
    for entry in entries:
        if entry.kind == SEATED:
            continue
        record.transcript.append({
            "turn": entry.data["at_turn"],
            "typed": None if entry.kind == OPENED else _what(entry, machine),
            "state": entry.data["state"],
            "time": entry.at.isoformat(),
            "lines": [
                {"speaker": line.speaker, "name": line.name, "text": line.text}
                for line in heard(said_in(entry), machine, persons)
            ],
            "outcome": entry.data.get("outcome"),
        })  # fmt: skip
    return record


def _what(entry: Entry, machine: Machine) -> str:
    data = entry.data
    if entry.kind == FIRED:
        return f"{' and '.join(_timers(data, machine))} ran out"
    if entry.kind == SEATED:
        who = "somebody" if data.get("held") else "nobody"
        return f"{who} has the seat of {data.get('role')} now"
    return {
        OPENED: "it began",
        CHOSE: f"{data.get('choice')} was chosen",
        SENT: f"{data.get('event')} was reported",
        UNDONE: "the last step was taken back",
        FORKED: "it began anew from here",
        MIGRATED: f"it went over to version {data.get('version')} of its scenario",
        CLOSED: "it was closed from outside",
    }.get(entry.kind, entry.kind)


def _timers(data: Any, machine: Machine) -> list[str]:
    """What players call the timers; a delay that is written in a state has no name of its own."""
    names = [each[0] for each in data["timers"]]
    specs = [machine.timers.get(name) for name in names]
    titles = [spec.title if spec and spec.title else "the time" for spec in specs]
    return list(dict.fromkeys(titles))
