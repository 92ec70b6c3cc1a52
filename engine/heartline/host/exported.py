"""The lines of an export: conversations with their logs and scenario texts, as JSON.

    {"type": "export", "format": 3, "at": ...}          first
    {"type": "scenario", "fingerprint": ..., ...}       each before the conversations that need it
    {"type": "conversation", "record": {...}, "entries": [...], "timers": [...], "parcels": [...]}
    {"type": "end", "scenarios": ..., "conversations": ...}     last: without it, it was cut off

Conversations come in the order of their ids. Format 1 had no parcels and format 2 no seats that
change hands; both are still read. Times are whole microseconds since 1970 (UTC). Here a line
becomes a value, or is refused with a sentence; whether a log leads to what its record says is for
`heartline.host.importing`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from heartline.errors import CallerError
from heartline.host.naming import check_reference
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
    Entry,
    Parcel,
    Record,
    StoredScenario,
    Timer,
    microseconds,
)
from heartline.host.writing import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FORMAT", "Carried", "End", "Head", "Unreadable", "read_line", "write_line"]

FORMAT = 3

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 2**63  # what a store keeps as a number is below it
_SMALL = 2**31  # and as a small one
_ID = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_KINDS = {OPENED, CHOSE, SENT, FIRED, UNDONE, FORKED, MIGRATED, SEATED, CLOSED}
_STATUSES = {LIVE, OVER, CLOSED}


class Unreadable(Exception):
    """A line is none of an export; the message is the end of a sentence that says which."""


class Head(NamedTuple):
    """The first line: when the export was made."""

    at: datetime


class Carried(NamedTuple):
    """A conversation with all that is carried of it. `parcels` are those that had not arrived."""

    record: Record
    entries: tuple[Entry, ...]
    timers: tuple[Timer, ...]
    parcels: tuple[Parcel, ...]


class End(NamedTuple):
    """The last line: how much came before it."""

    scenarios: int
    conversations: int


Line = Head | StoredScenario | Carried | End


# Writing ------------------------------------------------------------------------------------------


def write_line(what: Line) -> str:
    """A line, without its end."""
    return encode(_written(what))


def _written(what: Line) -> dict[str, Any]:
    if isinstance(what, Head):
        return {"type": "export", "format": FORMAT, "at": microseconds(what.at)}
    if isinstance(what, End):
        return {"type": "end", **what._asdict()}
    if isinstance(what, StoredScenario):
        return {
            "type": "scenario", "fingerprint": what.fingerprint, "scenario": what.scenario,
            "version": what.version, "main": what.main, "files": dict(what.files),
        }  # fmt: skip
    record = what.record
    return {
        "type": "conversation",
        "record": {
            "id": record.id,
            "reference": record.reference,
            "scenario": record.scenario,
            "version": record.version,
            "fingerprint": record.fingerprint,
            "status": record.status,
            "state": record.state,
            "outcome": record.outcome,
            "sequence": record.sequence,
            "turn": record.turn,
            "created": microseconds(record.created),
            "touched": microseconds(record.touched),
            "due": None if record.due is None else microseconds(record.due),
            "parent": record.parent,
            "seats": dict(record.seats),
            "snapshot": record.snapshot,
        },
        "entries": [
            {
                "sequence": entry.sequence, "kind": entry.kind, "key": entry.key,
                "at": microseconds(entry.at), "data": dict(entry.data),
            }
            for entry in what.entries
        ],
        "timers": [
            [timer.name, timer.generation, microseconds(timer.due)] for timer in what.timers
        ],
        "parcels": [
            {
                "sequence": parcel.sequence, "index": parcel.index, "reference": parcel.reference,
                "payload": dict(parcel.payload), "due": microseconds(parcel.due),
                "tries": parcel.tries, "parked": parcel.parked,
            }
            for parcel in what.parcels
        ],
    }  # fmt: skip


# Reading ------------------------------------------------------------------------------------------


def read_line(line: bytes) -> Line:
    """What a line holds. Raises Unreadable."""
    try:
        data = json.loads(line, parse_constant=_no_number)
        if b"\\u" in line:
            encode(data).encode()  # half of a character can be written so, and cannot be stored
    except UnicodeDecodeError:
        raise Unreadable("is not written in UTF-8") from None
    except UnicodeEncodeError:
        raise Unreadable("holds half of a character") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON ({error.msg} at column {error.colno})") from None
    except ValueError as error:
        raise Unreadable(f"is not JSON ({error})") from None
    if not isinstance(data, dict):
        raise Unreadable("is JSON, but no object")
    kind = data.get("type")
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        raise Unreadable("is no line of an export: its type is none of " + ", ".join(_READERS))
    return read(_Fields(data, ""))


class _Fields:
    """The fields of an object, each of the type that it must have."""

    def __init__(self, data: dict[str, Any], where: str) -> None:
        self._data = data
        self._where = where

    def has(self, name: str) -> bool:
        return name in self._data

    def any(self, name: str, kind: type, what: str) -> Any:
        if name not in self._data:
            raise Unreadable(f"lacks {self._where}{name!r}")
        value = self._data[name]
        if type(value) is not kind:
            raise self.wrong(name, what)
        return value

    def wrong(self, name: str, what: str) -> Unreadable:
        return Unreadable(f"has for {self._where}{name!r} what is not {what}")

    def text(self, name: str) -> str:
        value: str = self.any(name, str, "a text")
        if "\0" in value:
            raise self.wrong(name, "a text that can be stored")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self._data.get(name) is None else self.text(name)

    def one_of(self, name: str, values: set[str]) -> str:
        value = self.text(name)
        if value not in values:
            raise self.wrong(name, f"one of {', '.join(sorted(values))}")
        return value

    def number(self, name: str, most: int = _MOST) -> int:
        value: int = self.any(name, int, "a whole number")
        if not 0 <= value < most:
            raise self.wrong(name, "a number that can be stored")
        return value

    def moment(self, name: str) -> datetime:
        try:
            return _moment(self.any(name, int, "a whole number"))
        except OverflowError:
            raise self.wrong(name, "a time") from None

    def moment_or_none(self, name: str) -> datetime | None:
        return None if self._data.get(name) is None else self.moment(name)

    def each(self, name: str, what: str) -> Iterator[_Fields]:
        """The objects of a list, numbered as `what`."""
        for number, each in enumerate(self.any(name, list, "a list"), 1):
            if type(each) is not dict:
                raise Unreadable(f"has for {what} {number} what is not an object")
            yield _Fields(each, f"{what} {number}: ")

    def texts(self, name: str) -> dict[str, str]:
        value: dict[str, str] = self.any(name, dict, "an object")
        if not all(isinstance(each, str) for each in value.values()):
            raise self.wrong(name, "an object of texts")
        return value


def _head(data: _Fields) -> Head:
    form = data.any("format", int, "a whole number")
    if not 1 <= form <= FORMAT:
        raise Unreadable(
            f"says that the export is of format {form}, and this program reads formats 1 to "
            f"{FORMAT}: import it with the program that it was made with, or a newer one"
        )
    return Head(data.moment("at"))


def _scenario(data: _Fields) -> StoredScenario:
    return StoredScenario(
        data.text("fingerprint"), data.text("scenario"), data.text("version"), data.text("main"),
        data.texts("files"),
    )  # fmt: skip


def _conversation(data: _Fields) -> Carried:
    record = _record(_Fields(data.any("record", dict, "an object"), "record."))
    entries = [_entry(each) for each in data.each("entries", "entry")]
    timers = []
    for each in data.any("timers", list, "a list"):
        try:
            name, generation, due = each
            if [type(part) for part in each] != [str, int, int] or "\0" in name:
                raise ValueError
            if not 0 <= generation < _MOST:
                raise ValueError
            timers.append(Timer(record.id, name, generation, _moment(due)))
        except (TypeError, ValueError, OverflowError):
            raise Unreadable("has a timer that is not [name, generation, due]") from None
    parcels = []
    if data.has("parcels"):  # else it is of format 1
        parcels = [_parcel(each, record.id) for each in data.each("parcels", "parcel")]
    return Carried(record, tuple(entries), tuple(timers), tuple(parcels))


def _record(data: _Fields) -> Record:
    name = data.text("id")
    if not _ID.match(name):
        raise data.wrong("id", "the id of a conversation")
    reference, seats = data.text("reference"), data.texts("seats")
    try:
        for each in (reference, *seats.values()):
            check_reference(each)
        for role in seats:
            check_reference(role, "A role")
    except CallerError as error:
        raise Unreadable(f"is refused: {error}".rstrip(".")) from None
    return Record(
        name, reference, data.text("scenario"), data.text("version"), data.text("fingerprint"),
        data.one_of("status", _STATUSES), data.text("state"), data.text_or_none("outcome"),
        data.number("sequence"), data.number("turn"), data.text("snapshot"),
        data.moment("created"), data.moment("touched"), data.moment_or_none("due"),
        data.text_or_none("parent"), seats,
    )  # fmt: skip


def _entry(data: _Fields) -> Entry:
    return Entry(
        data.number("sequence"), data.one_of("kind", _KINDS), data.text_or_none("key"),
        data.moment("at"), data.any("data", dict, "an object"),
    )  # fmt: skip


def _parcel(data: _Fields, conversation: str) -> Parcel:
    return Parcel(
        conversation, data.number("sequence"), data.number("index", _SMALL), data.text("reference"),
        data.any("payload", dict, "an object"), data.moment("due"), data.number("tries", _SMALL),
        data.text_or_none("parked"),
    )  # fmt: skip


def _end(data: _Fields) -> End:
    return End(data.number("scenarios"), data.number("conversations"))


_READERS: dict[str, Callable[[_Fields], Line]] = {
    "export": _head,
    "scenario": _scenario,
    "conversation": _conversation,
    "end": _end,
}


def _moment(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")
