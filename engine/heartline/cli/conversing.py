"""Conversations as the command line shows them: in words for people, as JSON for programs.

What is stored of them comes from front ends and from people: nothing of it steers a terminal.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from heartline.durations import format_duration
from heartline.host.writing import encode
from heartline.stored import dump, write_moment
from heartline.wrapping import cells, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from heartline.host.forecasting import Forecast
    from heartline.host.replaying import Place
    from heartline.host.values import Happened, Parcel, Record, Timer
    from heartline.turn import Said, Turn

__all__ = [
    "FORMAT",
    "Listing",
    "forecast_rows",
    "forecast_values",
    "happened_lines",
    "happened_values",
    "moment",
    "parcel_values",
    "place_values",
    "print_json",
    "record_lines",
    "record_values",
    "table",
    "timer_values",
    "turn_lines",
    "turn_values",
]

FORMAT = 1
_MEASURED = 200  # rows of a list that decide how wide its columns are
_WIDEST = 32
_HEADS = ("id", "reference", "scenario", "state", "status", "turn", "touched", "next timer")


def moment(when: datetime) -> str:
    """A moment for people, in UTC."""
    return f"{when:%Y-%m-%d %H:%M}"


def print_json(values: Mapping[str, Any]) -> None:
    """The one object that a command prints."""
    click.echo(encode({"format": FORMAT, **values}))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows under their heads. The first of them decide how wide the columns are."""
    every = iter(rows)
    first = [heads, *[[plain(cell) for cell in row] for row in islice(every, _MEASURED)]]
    widths = [min(max(map(cells, column)), _WIDEST) for column in zip(*first, strict=True)]
    for row in chain(first, every):
        yield _row([plain(cell) for cell in row], widths)


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)]
    return "  ".join(padded).rstrip()


# A conversation -----------------------------------------------------------------------------------


def record_values(record: Record) -> dict[str, Any]:
    """What is told of a conversation in JSON."""
    return {
        "id": record.id,
        "reference": record.reference,
        "scenario": record.scenario,
        "version": record.version,
        "fingerprint": record.fingerprint,
        "status": record.status,
        "state": record.state,
        "outcome": record.outcome,
        "entries": record.sequence,
        "turn": record.turn,
        "created": write_moment(record.created),
        "touched": write_moment(record.touched),
        "due": None if record.due is None else write_moment(record.due),
        "parent": record.parent,
        "tells": dict(record.seats),
    }


def timer_values(timers: Iterable[Timer]) -> list[dict[str, Any]]:
    """The timers of a conversation in JSON."""
    return [
        {"timer": each.name, "generation": each.generation, "due": write_moment(each.due)}
        for each in timers
    ]


def parcel_values(parcels: Iterable[Parcel]) -> list[dict[str, Any]]:
    """What is still to be delivered of a conversation in JSON, without what it tells."""
    return [
        {
            "id": each.id, "role": each.payload.get("role"), "reference": each.reference,
            "due": write_moment(each.due), "tries": each.tries, "parked": each.parked,
        }
        for each in parcels
    ]  # fmt: skip


def record_lines(
    record: Record, timers: Sequence[Timer], parcels: Sequence[Parcel] = ()
) -> Iterator[str]:
    """What is told of a conversation to people."""
    yield f"{record.id}  {plain(record.reference)}"
    yield f"scenario  {record.scenario} {record.version} ({record.fingerprint})"
    yield f"status    {_status(record)}"
    yield f"state     {record.state}"
    yield f"turn      {record.turn}, after {record.sequence} entries of its log"
    yield f"began     {moment(record.created)}"
    yield f"touched   {moment(record.touched)}"
    if record.parent is not None:
        yield f"forked    from {plain(record.parent)}"
    if record.seats:
        yield f"seated    {', '.join(map(plain, record.seats))}"
    for timer in timers:
        yield f"timer     {timer.name}, due {moment(timer.due)}"
    for parcel in parcels:
        yield plain(f"parcel    of entry {parcel.sequence} to {_role(parcel)}{_tried(parcel)}")


def _role(parcel: Parcel) -> str:
    """Whose seat a parcel is for. Who sits there is for programs that ask, not for each screen."""
    return str(parcel.payload.get("role", "a seat"))


def _tried(parcel: Parcel) -> str:
    """How often a parcel was tried in vain, and whether it still is."""
    if parcel.tries == 0:
        return ""
    tried = f", tried {parcel.tries:,} time{'s' * (parcel.tries > 1)}"
    return tried if parcel.parked is None else f"{tried} and parked: {parcel.parked}"


def _status(record: Record) -> str:
    return record.status if record.outcome is None else f"{record.status}: {record.outcome}"


class Listing:
    """Conversations one after the other, as they are read: none of them is kept."""

    def __init__(self, *, as_json: bool) -> None:
        self.many = 0
        self._as_json = as_json
        self._first: list[list[str]] = []
        self._widths: list[int] = []

    def add(self, record: Record) -> None:
        """Show one more."""
        self.many += 1
        if self._as_json:
            before = f'{{"format":{FORMAT},"conversations":[\n' if self.many == 1 else ",\n"
            click.echo(before + encode(record_values(record)), nl=False)
            return
        row = [
            record.id, record.reference, f"{record.scenario} {record.version}", record.state,
            _status(record), str(record.turn), moment(record.touched),
            "" if record.due is None else moment(record.due),
        ]  # fmt: skip
        if self._widths:
            click.echo(_row([plain(cell) for cell in row], self._widths))
            return
        self._first.append(row)
        if len(self._first) == _MEASURED:
            self._begin()

    def _begin(self) -> None:
        rows = [list(_HEADS), *[[plain(cell) for cell in row] for row in self._first]]
        self._widths = [min(max(map(cells, each)), _WIDEST) for each in zip(*rows, strict=True)]
        for row in rows:
            click.echo(_row(row, self._widths))

    def end(self, notes: Sequence[str] = ()) -> None:
        """There are no more, and this is to be said about them."""
        if self._as_json:
            none = f'{{"format":{FORMAT},"conversations":[' if self.many == 0 else "\n"
            click.echo(f'{none}],"notes":{encode(list(notes))}}}')
            return
        if self.many and not self._widths:
            self._begin()
        for note in notes if self.many else ["There are no such conversations."]:
            click.echo(plain(note), err=True)


# What happened ------------------------------------------------------------------------------------


def happened_values(entry: Happened) -> dict[str, Any]:
    """An entry of the log in JSON."""
    return {
        "entry": entry.sequence,
        "kind": entry.kind,
        "at": write_moment(entry.at),
        "late": None if entry.late is None else entry.late.total_seconds(),
        "choice": entry.choice,
        "role": entry.role,
        "held": entry.held,
        "turn": entry.turn,
        "state": entry.state,
        "outcome": entry.outcome,
        "said": _said_values(entry.said),
    }


def _said_values(said: Iterable[Said]) -> list[dict[str, Any]]:
    return [line._asdict() for line in said]


def happened_lines(entry: Happened) -> Iterator[str]:
    """An entry of the log for people: what it was, where it led, and what was said."""
    what = entry.kind if entry.choice is None else f"{entry.kind} {plain(entry.choice)}"
    if entry.held is not None:
        what += f" {'somebody' if entry.held else 'nobody'} as {plain(entry.role or '')}"
    if entry.late is not None:
        what += f", {format_duration(entry.late)} late"
    ended = "" if entry.outcome is None else f" ({entry.outcome})"
    yield f"{entry.sequence:>4}  {moment(entry.at)}  {what} -> {entry.state}{ended}"
    yield from _said_lines(entry.said)


def _said_lines(said: Iterable[Said]) -> Iterator[str]:
    for line in said:
        name = f"{line.name}: " if line.name else ""
        only = "" if line.only_to is None else f" (only to {line.only_to})"
        yield plain(f"      {name}{line.text}{only}".replace("\n", "\n      "))


# Where it stands ----------------------------------------------------------------------------------


def turn_values(turn: Turn) -> dict[str, Any]:
    """A turn in JSON."""
    return {
        "turn": turn.number,
        "state": turn.state,
        "path": list(turn.path),
        "title": turn.title,
        "time": write_moment(turn.time),
        "outcome": turn.outcome,
        "said": _said_values(turn.lines),
        "choices": [choice._asdict() | {"tags": list(choice.tags)} for choice in turn.choices],
        "deadlines": [
            {"timer": each.timer, "title": each.title, "due": write_moment(each.due)}
            for each in turn.deadlines
        ],
    }


def turn_lines(turn: Turn) -> Iterator[str]:
    """What can be done at a turn, for people."""
    for choice in turn.choices:
        closed = "" if choice.enabled else f" (closed: {choice.reason or 'its guard'})"
        yield plain(f"choice    {choice.id} of {choice.role}: {choice.label}{closed}")


def place_values(place: Place, turn: Turn) -> dict[str, Any]:
    """A place on the way of a conversation in JSON, hidden variables and all."""
    machine = place.scenario.machine
    return {
        "scenario": machine.id,
        "version": machine.version,
        "turn": turn_values(turn),
        "snapshot": dump(machine, place.snapshot, whole=True),
    }


# New versions -------------------------------------------------------------------------------------


def forecast_values(found: Forecast) -> dict[str, Any]:
    """What would happen to some conversations, in JSON."""
    return {
        "scenario": found.scenario,
        "version": found.version,
        "fingerprint": found.fingerprint,
        "state": found.state,
        "fate": found.fate,
        "conversations": found.conversations,
        "to": found.to,
        "why": list(found.why),
    }


def forecast_rows(found: Iterable[Forecast]) -> Iterator[str]:
    """What would happen to conversations, by state, for people; below each row, why."""
    groups = list(found)
    heads = ("scenario", "version", "state", "conversations", "what happens")
    rows = [
        (each.scenario, each.version, each.state, f"{each.conversations:,}", _fate(each))
        for each in groups
    ]
    lines = table(heads, rows)
    yield next(lines)
    for line, each in zip(lines, groups, strict=True):
        yield line
        for why in each.why:
            yield f"    {plain(why)}"


def _fate(found: Forecast) -> str:
    if found.fate == "migrates":
        return f"migrates to {found.to}"
    return found.fate if found.fate in ("goes on", "waits") else f"{found.fate} in {found.to}"
