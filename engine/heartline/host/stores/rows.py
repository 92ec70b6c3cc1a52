"""Values of a host as the rows of a table keep them, and back: times as whole microseconds since
1970, mappings as JSON text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from heartline.host.values import Entry, Parcel, Record, StoredScenario, Timer
from heartline.host.values import microseconds as micros

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.host.values import Filter

__all__ = [
    "ENTRY",
    "RECORD",
    "as_entry",
    "as_moment",
    "as_parcel",
    "as_record",
    "as_scenario",
    "as_timer",
    "conditions",
    "micros",
    "text",
]

# The columns of a row, in the order in which the values below take them.
RECORD = (
    "id, reference, scenario, version, fingerprint, status, state, outcome, sequence, turn, "
    "snapshot, created, touched, due, parent, seats"
)
ENTRY = "sequence, kind, key, at, data"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Made once: json.dumps with these options would make an encoder for each call.
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def text(data: Mapping[str, Any]) -> str:
    """A mapping as compact JSON."""
    return _encode(data if type(data) is dict else dict(data)) if data else "{}"


def as_moment(number: int) -> datetime:
    """A moment from microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=number)


def _data(found: str) -> Any:
    return json.loads(found) if found != "{}" else {}


def as_record(row: Any) -> Record:
    """A conversation from a row of RECORD."""
    (
        name, reference, scenario, version, fingerprint, status, state, outcome, sequence, turn,
        snapshot, created, touched, due, parent, seats,
    ) = row  # fmt: skip
    if type(snapshot) is not str:
        raise TypeError(f"the snapshot of the conversation {name} is no text")
    return Record(
        name, reference, scenario, version, fingerprint, status, state, outcome, sequence, turn,
        snapshot, as_moment(created), as_moment(touched), None if due is None else as_moment(due),
        parent, _data(seats),
    )  # fmt: skip


def as_entry(row: Any) -> Entry:
    """An entry of the log from a row of ENTRY."""
    sequence, kind, key, at, data = row
    return Entry(sequence, kind, key, as_moment(at), _data(data))


def as_timer(row: Any) -> Timer:
    """A timer from a row of conversation, name, generation and due."""
    conversation, name, generation, due = row
    return Timer(conversation, name, generation, as_moment(due))


def as_parcel(row: Any) -> Parcel:
    """A parcel from a row of its fields."""
    conversation, sequence, index, reference, payload, due, tries, parked = row
    moment = as_moment(due)
    return Parcel(conversation, sequence, index, reference, _data(payload), moment, tries, parked)


def as_scenario(row: Any) -> StoredScenario:
    """A version of a scenario from a row of its fields."""
    fingerprint, scenario, version, main, files = row
    return StoredScenario(fingerprint, scenario, version, main, _data(files))


def conditions(which: Filter) -> tuple[str, list[Any]]:
    """A filter as the end of a WHERE, with a question mark for each value."""
    found: list[str] = []
    values: list[Any] = []
    for name in ("scenario", "fingerprint", "state", "outcome", "status"):
        if (wanted := getattr(which, name)) is not None:
            values.append(wanted)
            found.append(f" AND {name} = ?")
    if which.waiting_since is not None:
        values.append(micros(which.waiting_since))
        found.append(" AND touched <= ?")
    if which.ended_before is not None:
        values.append(micros(which.ended_before))
        found.append(" AND status <> 'live' AND touched < ?")
    if which.due_before is not None:
        values.append(micros(which.due_before))
        found.append(" AND status = 'live' AND due < ?")
    return "".join(found), values
