"""Conversations in memory: for tests, rehearsals and front ends that forget on purpose.

What is stored lives as long as the object, also when it is closed and opened again. Data is kept as
JSON text, as the other stores keep it, so that what is read is never what somebody still changes.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from heartline.errors import CallerError
from heartline.host.values import (
    CONFLICT,
    LIVE,
    REPEATED,
    STORED,
    TAKEN,
    Counts,
    Entry,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from heartline.host.values import Change, Filter, Parcel, Record, StoredScenario, Timer

__all__ = ["MemoryStore"]

_PORTION = 256  # of so many conversations, others get a turn in between


@dataclass(slots=True)
class _Kept:
    """A conversation with all that belongs to it; the log's data is JSON text."""

    record: Record
    timers: tuple[Timer, ...] = ()
    log: list[tuple[Entry, str]] = field(default_factory=list)
    keys: dict[str, int] = field(default_factory=dict)  # where in the log each key is


class MemoryStore:
    """A store for one process, gone with it."""

    def __init__(self, url: str = "memory:") -> None:
        if url.lower() != "memory:":
            raise CallerError(
                f"There is nothing after memory: in the name of a store: {url[:80]!r}."
            )
        self.url = "memory:"
        self._kept: dict[str, _Kept] = {}
        self._live: dict[str, str] = {}  # the live conversation of each reference
        self._last: dict[str, list[str]] = {}  # all conversations of each reference, as they began
        # The seats of each reference, by conversation and role: whether it is live, and how many
        # seats were given, or went with their conversation, before.
        self._seated: dict[str, dict[tuple[str, str], tuple[bool, int]]] = {}
        self._given = 0
        self._parcels: dict[tuple[str, int, int], tuple[Parcel, str]] = {}  # as they were sent
        self._claims: dict[object, float] = {}  # until when: of a conversation, or of a parcel
        self._scenarios: dict[str, StoredScenario] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None, /,
    ) -> None:  # fmt: skip
        pass

    # One conversation -----------------------------------------------------------------------------

    async def get(self, conversation: str) -> Record | None:
        kept = self._kept.get(conversation)
        return None if kept is None else kept.record

    async def find(self, reference: str) -> Record | None:
        name = self._live.get(reference)
        if name is None and reference in self._last:
            name = self._last[reference][-1]
        return None if name is None else self._kept[name].record

    async def seated(self, reference: str) -> Record | None:
        seats = self._seated.get(reference)
        if not seats:
            return None
        name, _ = max(seats, key=seats.__getitem__)
        return self._kept[name].record

    async def commit(self, change: Change) -> str:
        return self._commit(change)

    async def commit_all(self, changes: Sequence[Change]) -> Sequence[str]:
        return [self._commit(change) for change in changes]

    def _commit(self, change: Change) -> str:
        record = change.record
        kept = self._kept.get(record.id)
        if kept is not None and any(entry.key in kept.keys for entry in change.entries):
            return REPEATED
        if change.before != (0 if kept is None else kept.record.sequence):
            return CONFLICT
        holder = self._live.get(record.reference)
        if record.status == LIVE and holder not in (None, record.id):
            return TAKEN
        # Whatever cannot be written is found before anything is changed.
        texts = [_text(entry.data) for entry in change.entries]
        payloads = [_text(parcel.payload) for parcel in change.parcels]
        if kept is None:
            kept = self._kept[record.id] = _Kept(record)
            self._last.setdefault(record.reference, []).append(record.id)
            self._seat(record, {}, record.seats)
        elif (kept.record.status == LIVE) != (record.status == LIVE):
            self._seat(record, kept.record.seats, record.seats)
        elif kept.record.seats != record.seats:
            old, new = kept.record.seats.items(), record.seats.items()
            self._seat(record, dict(old - new), dict(new - old))
        kept.record = record._replace(seats=dict(record.seats))
        if record.status == LIVE:
            self._live[record.reference] = record.id
        elif holder == record.id:
            del self._live[record.reference]
        for entry, text in zip(change.entries, texts, strict=True):
            if entry.key is not None:
                kept.keys[entry.key] = len(kept.log)
            kept.log.append((entry._replace(data={}), text))
        if change.timers is not None:
            kept.timers = tuple(sorted(change.timers, key=lambda timer: (timer.due, timer.name)))
        for parcel, payload in zip(change.parcels, payloads, strict=True):
            self._parcels[_place(parcel)] = replace(parcel, payload={}), payload
        self._claims.pop(record.id, None)
        self._wake(record.id)
        return STORED

    def _seat(self, record: Record, old: Mapping[str, str], new: Mapping[str, str]) -> None:
        """Seats of a conversation change hands, or begin or end with it."""
        for role, reference in old.items():
            seats = self._seated[reference]
            del seats[record.id, role]
            if not seats:
                del self._seated[reference]
        for role, reference in new.items():
            self._given += 1
            seats = self._seated.setdefault(reference, {})
            seats[record.id, role] = record.status == LIVE, self._given
        for reference in set(old.values()) - set(record.seats.values()):
            self._forget(record.id, reference)

    def _forget(self, conversation: str, reference: str | None = None) -> None:
        """Deliver nothing more of a conversation, to one reference or to any."""
        for place, (parcel, _) in list(self._parcels.items()):
            if place[0] == conversation and reference in (None, parcel.reference):
                del self._parcels[place]
                self._claims.pop(place, None)

    async def log(self, conversation: str, after: int = 0, most: int = 1000) -> Sequence[Entry]:
        kept = self._kept.get(conversation)
        if kept is None:
            return []
        # The log has no holes, so that an entry's number is its place.
        return [_entry(*each) for each in kept.log[max(after, 0) : max(after, 0) + most]]

    async def keyed(self, conversation: str, key: str) -> Entry | None:
        kept = self._kept.get(conversation)
        at = None if kept is None else kept.keys.get(key)
        return None if kept is None or at is None else _entry(*kept.log[at])

    async def wait(self, conversation: str, after: int, seconds: float) -> None:
        kept = self._kept.get(conversation)
        if kept is None or kept.record.sequence > after:
            return
        future = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(conversation, set())
        waiting.add(future)
        try:
            await asyncio.wait((future,), timeout=seconds)
        finally:
            waiting.discard(future)
            if not waiting and self._waiting.get(conversation) is waiting:
                del self._waiting[conversation]

    def _wake(self, conversation: str) -> None:
        for future in self._waiting.pop(conversation, ()):
            if not future.done():
                future.set_result(None)

    async def delete(self, conversation: str) -> bool:
        kept = self._kept.pop(conversation, None)
        if kept is None:
            return False
        reference = kept.record.reference
        if self._live.get(reference) == conversation:
            del self._live[reference]
        self._last[reference].remove(conversation)
        if not self._last[reference]:
            del self._last[reference]
        self._seat(kept.record._replace(seats={}), kept.record.seats, {})
        self._forget(conversation)
        self._claims.pop(conversation, None)
        self._wake(conversation)
        return True

    async def delete_all(self, conversations: Sequence[str]) -> int:
        return sum([await self.delete(each) for each in conversations])

    async def timers(self, conversation: str) -> Sequence[Timer]:
        kept = self._kept.get(conversation)
        return () if kept is None else kept.timers

    # What is due ----------------------------------------------------------------------------------

    async def claim(self, now: datetime, most: int, lease: float) -> Sequence[Record]:
        due = [
            (each.record.due, number, name)
            for number, (name, each) in enumerate(self._kept.items())
            if each.record.due is not None and each.record.due <= now and self._free(name)
        ]
        taken = [name for _, _, name in heapq.nsmallest(most, due)]
        self._claims.update(dict.fromkeys(taken, time.monotonic() + lease))
        return [self._kept[name].record for name in taken]

    async def next_due(self) -> datetime | None:
        return min(
            (
                each.record.due
                for name, each in self._kept.items()
                if each.record.due is not None and self._free(name)
            ),
            default=None,
        )

    def _free(self, what: object) -> bool:
        until = self._claims.get(what)
        return until is None or until <= time.monotonic()

    # What is to be delivered ----------------------------------------------------------------------

    async def parcels(self, now: datetime, most: int, lease: float) -> Sequence[Parcel]:
        first: dict[str, Parcel] = {}
        for parcel, _ in self._parcels.values():
            if parcel.parked is None:
                first.setdefault(parcel.reference, parcel)
        ready = [each for each in first.values() if each.due <= now and self._free(_place(each))]
        ready = sorted(ready, key=lambda parcel: parcel.due)[:most]
        self._claims.update(dict.fromkeys(map(_place, ready), time.monotonic() + lease))
        return [self._parcel(_place(each)) for each in ready]

    def _parcel(self, place: tuple[str, int, int]) -> Parcel:
        parcel, payload = self._parcels[place]
        return replace(parcel, payload=json.loads(payload))

    async def delivered(self, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            self._parcels.pop(_place(parcel), None)
            self._claims.pop(_place(parcel), None)

    async def again(self, parcel: Parcel) -> None:
        place = _place(parcel)
        if place in self._parcels:
            kept, payload = self._parcels[place]
            new = replace(kept, due=parcel.due, tries=parcel.tries, parked=parcel.parked)
            self._parcels[place] = new, payload
            self._claims.pop(place, None)

    async def parked(self, most: int = 1000) -> Sequence[Parcel]:
        places = [place for place, (each, _) in self._parcels.items() if each.parked is not None]
        return [self._parcel(place) for place in places[:most]]

    async def outgoing(self, conversation: str) -> Sequence[Parcel]:
        places = sorted(place for place in self._parcels if place[0] == conversation)
        return [self._parcel(place) for place in places]

    # Many conversations ---------------------------------------------------------------------------

    async def records(self, which: Filter, after: str = "") -> AsyncIterator[Record]:
        names = sorted(name for name in self._kept if name > after)
        for number, name in enumerate(names):
            if number % _PORTION == _PORTION - 1:
                await asyncio.sleep(0)
            kept = self._kept.get(name)
            if kept is not None and _fits(kept.record, which):
                yield kept.record

    async def latest(self) -> datetime | None:
        return max((kept.record.touched for kept in self._kept.values()), default=None)

    async def counts(self) -> Counts:
        parked = sum(each.parked is not None for each, _ in self._parcels.values())
        return Counts(
            conversations=len(self._kept),
            live=len(self._live),
            timers=sum(len(kept.timers) for kept in self._kept.values()),
            parcels=len(self._parcels) - parked,
            parked=parked,
        )

    async def tally(self) -> Sequence[tuple[str, str, str, str, int]]:
        live = (kept.record for kept in self._kept.values() if kept.record.status == LIVE)
        many = Counter((each.scenario, each.version, each.fingerprint, each.state) for each in live)
        return [(*key, count) for key, count in sorted(many.items())]

    async def versions(self) -> Sequence[tuple[str, str, str, int]]:
        many: Counter[tuple[str, str, str]] = Counter()
        for scenario, version, fingerprint, _, count in await self.tally():
            many[scenario, version, fingerprint] += count
        return [(*kind, count) for kind, count in sorted(many.items())]

    # Scenarios ------------------------------------------------------------------------------------

    async def scenarios(self) -> Sequence[tuple[str, str, str]]:
        kept = self._scenarios.values()
        return sorted((each.scenario, each.version, each.fingerprint) for each in kept)

    async def keep_scenario(self, scenario: StoredScenario) -> None:
        self._scenarios[scenario.fingerprint] = replace(scenario, files=dict(scenario.files))

    async def scenario(self, fingerprint: str) -> StoredScenario | None:
        return self._scenarios.get(fingerprint)

    async def forget_scenarios(self, but: Sequence[str]) -> int:
        used = {kept.record.fingerprint for kept in self._kept.values()} | set(but)
        gone = [fingerprint for fingerprint in self._scenarios if fingerprint not in used]
        for fingerprint in gone:
            del self._scenarios[fingerprint]
        return len(gone)


def _text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _entry(entry: Entry, text: str) -> Entry:
    return entry._replace(data=json.loads(text))


def _place(parcel: Parcel) -> tuple[str, int, int]:
    return parcel.conversation, parcel.sequence, parcel.index


def _fits(record: Record, which: Filter) -> bool:
    for name in ("scenario", "fingerprint", "state", "outcome", "status"):
        wanted = getattr(which, name)
        if wanted is not None and getattr(record, name) != wanted:
            return False
    if which.waiting_since is not None and record.touched > which.waiting_since:
        return False
    if which.due_before is not None and not (
        record.status == LIVE and record.due is not None and record.due < which.due_before
    ):
        return False
    return which.ended_before is None or (
        record.status != LIVE and record.touched < which.ended_before
    )
