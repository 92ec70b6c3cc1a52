"""The values that a host stores: conversations, their logs, timers, and what is to be delivered.

The log is the truth: an entry for each thing that happened to a conversation, numbered from 1. What
else is stored of it follows from its log, and `heartline.host.replaying` makes it anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from heartline.turn import Said, Turn

__all__ = [
    "CHOSE",
    "CLOSED",
    "CONFLICT",
    "FIRED",
    "FORKED",
    "LIVE",
    "MIGRATED",
    "OPENED",
    "OVER",
    "REPEATED",
    "SEATED",
    "SENT",
    "STORED",
    "TAKEN",
    "UNDONE",
    "Answer",
    "Change",
    "Counts",
    "Entry",
    "Filter",
    "Happened",
    "Parcel",
    "Record",
    "StoredScenario",
    "Timer",
    "microseconds",
]

# Where a conversation stands: it goes on; it has come to an end of its scenario; it was ended from
# outside.
LIVE, OVER, CLOSED = "live", "over", "closed"

# What an entry of the log tells. A conversation that was closed has an entry of that name too.
OPENED, CHOSE, SENT, FIRED = "opened", "chose", "sent", "fired"
UNDONE, FORKED, MIGRATED = "undone", "forked", "migrated"
SEATED = "seated"  # no turn: a seat has changed hands

# What became of a change: it is stored; the conversation has gone on in between; its key has been
# used in this conversation; its reference has a live conversation.
STORED, CONFLICT, REPEATED, TAKEN = "stored", "conflict", "repeated", "taken"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """A moment as it is stored: whole microseconds since 1970, UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class Record(NamedTuple):
    """A conversation as it is stored.

    `id` is its own name, and cannot be guessed; `reference` is the front end's name for it, which
    at most one live conversation has. `sequence` counts the entries of its log; who stores a change
    says which one it follows. `snapshot` is JSON of heartline.stored.dump with `whole`. Times are
    aware and in UTC; `due` is when the next timer is, None where none runs. `seats` are the roles
    that are told of what happens, with the reference of each; `parent` the conversation that it was
    forked from.
    """

    id: str
    reference: str
    scenario: str
    version: str
    fingerprint: str
    status: str
    state: str
    outcome: str | None
    sequence: int
    turn: int
    snapshot: str
    created: datetime
    touched: datetime
    due: datetime | None = None
    parent: str | None = None
    seats: Mapping[str, str] = MappingProxyType({})


class Entry(NamedTuple):
    """One thing that happened to a conversation: its number there, what it was, the key that its
    sender gave it, and when (aware, UTC). `data` is JSON; heartline.host.turning says what is in
    it."""

    sequence: int
    kind: str
    key: str | None
    at: datetime
    data: Mapping[str, Any]


class Timer(NamedTuple):
    """A timer that runs in a conversation. It fires once, as the input `timer:name:generation`."""

    conversation: str
    name: str
    generation: int
    due: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to be delivered to a reference. It may come more than once, with the same `id`.

    `due` is when it is tried next, `tries` how often it was tried in vain, and `parked` why it is
    tried no more.
    """

    conversation: str
    sequence: int
    index: int
    reference: str
    payload: Mapping[str, Any]
    due: datetime
    tries: int = 0
    parked: str | None = None

    @property
    def id(self) -> str:
        """The same each time that it is delivered."""
        return f"{self.conversation}:{self.sequence}:{self.index}"


class Change(NamedTuple):
    """What one transaction stores: all of it, or nothing.

    It follows the entry `before`; 0 is for a conversation that is new. `timers` are all that run
    from now on, None where they are the same as before.
    """

    record: Record
    before: int
    entries: tuple[Entry, ...]
    timers: tuple[Timer, ...] | None = None
    parcels: tuple[Parcel, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredScenario:
    """A version of a scenario, kept for as long as conversations are in it: its files by their
    paths within the scenario's folder, with the one to begin with."""

    fingerprint: str
    scenario: str
    version: str
    main: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations are meant. What is None does not matter.

    `waiting_since` are those in which nothing has happened since then; `ended_before` those that
    are no longer live, and in which nothing has happened since; `due_before` live ones with a timer
    that was due before that moment.
    """

    scenario: str | None = None
    fingerprint: str | None = None
    state: str | None = None
    outcome: str | None = None
    status: str | None = None
    waiting_since: datetime | None = None
    ended_before: datetime | None = None
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a store holds."""

    conversations: int
    live: int
    timers: int
    parcels: int
    parked: int


class Answer(NamedTuple):
    """What a host answers to an input: the turn that followed. `repeated` says that the key had
    been used, and that this is what followed then."""

    conversation: str
    reference: str
    sequence: int
    status: str
    turn: Turn
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of the log as readers follow it: what was said, and where that led.

    `late` is how long after its time a timer fired; `held` whether somebody has the seat that
    changed hands, which is that of `role`.
    """

    conversation: str
    sequence: int
    kind: str
    at: datetime
    turn: int
    state: str
    outcome: str | None
    said: tuple[Said, ...]
    choice: str | None = None
    role: str | None = None
    late: timedelta | None = None
    held: bool | None = None
