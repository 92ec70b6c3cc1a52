"""One conversation at a time: find it, let something happen to it, store that.

    answer = await touching.change(name, key, make)

`make` works out what happens, and may be called more than once: where another host was faster, the
conversation is read again and everything is worked out anew. Before that comes what time and a new
version of the scenario bring, each as an entry of its own, which stays whatever becomes of the
rest. A conversation that is in hand is not read, so that a turn is one transaction.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC
from time import perf_counter
from typing import TYPE_CHECKING

from heartline.errors import (
    Contended,
    HeartlineError,
    ReferenceTaken,
    RunawayError,
    ScenarioUnavailable,
    SnapshotError,
    StaleTurn,
    StoreDamaged,
    UnknownConversation,
)
from heartline.following import look
from heartline.host import turning
from heartline.host.holding import Holding
from heartline.host.naming import check_key, check_reference, looks_like_id
from heartline.host.observing import Reach
from heartline.host.replaying import fingerprints, replay, said_in, stood
from heartline.host.turning import Turned
from heartline.host.values import FIRED, LIVE, REPEATED, SEATED, STORED, TAKEN, Answer
from heartline.host.waking import Alarm
from heartline.snapshot import new_tuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from heartline.clock import Clock
    from heartline.conversation import Scenario
    from heartline.host.observing import Observer
    from heartline.host.replaying import Place
    from heartline.host.store import Store
    from heartline.host.turning import Brought, Held
    from heartline.host.values import Entry, Record
    from heartline.host.versions import Versions
    from heartline.turn import Change, Said

    Make = Callable[[Held, datetime], Turned | None]
    Prepare = Callable[[Held], Awaitable[None]]

__all__ = ["MOST_TRIES", "Touching", "answer", "contended", "pause", "taken", "unknown"]

MOST_TRIES = 8  # times that a change is worked out anew since others were faster
MOST_HELD = 4096
_PORTION = 1000  # entries that are read at once


class Touching:
    """What a host does with single conversations."""

    def __init__(
        self,
        store: Store,
        versions: Versions,
        clock: Clock,
        observer: Observer,
        parcels: Brought | None,
    ) -> None:
        self.store: Store = store
        self.versions: Versions = versions
        self.clock: Clock = clock
        self.observer: Observer = observer
        self.parcels: Brought | None = parcels  # which of those who are to be told are
        self.holding: Holding = Holding(MOST_HELD)
        self.reach: Reach = Reach()
        self.alarm: Alarm = Alarm()  # rung for timers that are due before others
        self.posted: asyncio.Event = asyncio.Event()  # set when there may be something to deliver
        self._busy: dict[str, list[asyncio.Future[None]] | None] = {}  # and who waits

    def now(self) -> datetime:
        """What the clock says, in UTC."""
        moment = self.clock.now()
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is None:
            raise ValueError("a host's clock gives moments with a time zone, as datetime.now(UTC)")
        return moment.astimezone(UTC)

    async def change(
        self,
        name: str,
        key: str | None,
        make: Make,
        *,
        first: bool = True,
        despite: bool = False,
        prepare: Prepare | None = None,
    ) -> Answer:
        """Let something happen to a conversation, once for each key. With `first`, what time and a
        new version bring comes before it, and `despite` lets it happen where timers cannot fire;
        `prepare` looks up what `make` needs. Raises what they do, UnknownConversation,
        ReferenceTaken, Contended, HostError."""
        began = perf_counter()
        try:
            if key is not None:
                check_key(key)
            held = self.holding.named(name)
            record = await self.record(name) if held is None else held.record
            if record.id in self._busy:
                await self.free(record.id)
                held = None
            self._busy[record.id] = None
            try:
                if held is None:
                    held = self.holding.get(record.id)
                done = await self._changed(name, record, held, key, make, first, despite, prepare)
            finally:
                self.leave(record.id)
        except HeartlineError as error:
            self.observer.refused(type(error).__name__)
            raise
        if type(done) is Answer:
            return done
        assert type(done) is Turned
        self.observer.turn(done.held.record.scenario, perf_counter() - began)
        return answer(done.held, done.changes)

    async def _changed(
        self, name: str, record: Record, held: Held | None, key: str | None, make: Make,
        first: bool, despite: bool, prepare: Prepare | None,
    ) -> Turned | Answer:  # fmt: skip
        """The change that was stored, or the answer where there was none to store."""
        newest = held is None  # what was in hand may be of yesterday
        conflicts = 0
        now = self.now()
        while conflicts < MOST_TRIES:
            before = turned = None
            try:
                if held is not None:
                    record = held.record
                if first and not self.is_current(record):
                    before = await self.migrated(record, now)
                if before is None:
                    held = held or await self.hold(record)
                    if first:
                        before = self._ticked(held, now, despite)
                    if before is None:
                        if prepare is not None:
                            await prepare(held)
                        turned = make(held, now)
            except HeartlineError as error:
                if not newest:
                    newest, known = True, record
                    record = await self.again(name, record)
                    if (record.id, record.sequence) != (known.id, known.sequence):
                        held = None
                        continue
                if key is not None and (entry := await self.store.keyed(record.id, key)):
                    return await self.repeated(record, entry)
                if isinstance(error, StaleTurn) and held is not None:
                    error.present = await self.present(held)
                raise
            change = before or turned
            if change is None:
                if newest:
                    return await self.present(await self.hold(record))
            else:
                outcome = await self.store.commit(change.change)
                if outcome == STORED:
                    self.stored(change)
                    if before is None:
                        return change
                    held, newest = before.held, True
                    continue  # at the same moment, or on a fast clock there may be no end to it
                if outcome == TAKEN:
                    raise taken(record.reference, await self.store.find(record.reference))
                if outcome == REPEATED and key is not None and before is None:
                    entry = await self.store.keyed(record.id, key)
                    if entry is not None:
                        return await self.repeated(record, entry)
                self.observer.conflict()
                await pause(conflicts)
                conflicts += 1
            record, newest, held = await self.again(name, record), True, None
            now = self.now()
        raise contended(record.reference)

    def _ticked(self, held: Held, now: datetime, despite: bool) -> Turned | None:
        try:
            return turning.tick(held, now, parcels=self.parcels)
        except RunawayError:
            if despite:
                return None
            raise

    def is_busy(self, conversation: str) -> bool:
        """Whether somebody in this process works on a conversation."""
        return conversation in self._busy

    async def enter(self, conversation: str) -> None:
        """Work on a conversation, as soon as nobody else in this process does; `leave` ends it.

        The store keeps two changes apart as well; waiting is cheaper than trying again.
        """
        await self.free(conversation)
        self._busy[conversation] = None

    async def free(self, conversation: str) -> None:
        """Wait until nobody in this process works on a conversation."""
        while conversation in self._busy:
            future = asyncio.get_running_loop().create_future()
            waiting = self._busy[conversation]
            self._busy[conversation] = [future] if waiting is None else [*waiting, future]
            await future

    def leave(self, conversation: str) -> None:
        """Let the others look again whether a conversation is free: the first of them has it."""
        for future in self._busy.pop(conversation) or ():
            if not future.done():
                future.set_result(None)

    async def migrated(self, record: Record, now: datetime) -> Turned | None:
        """The change by which a conversation goes over to the host's version of its scenario, as
        that declares; None where it goes on as it is."""
        scenario, carried = await self.versions.migrated(record, now)
        if carried is None:
            return None
        return turning.migrate(record, scenario, carried, now, parcels=self.parcels)

    def stored(self, turned: Turned, *, hold: bool = True) -> None:
        """A change was stored: go on from there, where it is to be kept in hand."""
        if hold:
            self.holding.put(turned.held)
        due = turned.held.record.due
        if due is not None and due < self.alarm.until:
            self.alarm.ring(due)
        if turned.change.parcels:
            self.posted.set()
        for entry in turned.change.entries:
            if entry.kind == FIRED:
                self.observer.fired(len(entry.data["timers"]), entry.data.get("late", 0.0))

    # What is stored -------------------------------------------------------------------------------

    async def record(self, name: str) -> Record:
        """A conversation by its id or its reference. Raises UnknownConversation, HostError."""
        check_reference(name, "A conversation's name")
        record = await self.store.get(name) if looks_like_id(name) else None
        if record is None:
            record = await self.store.find(name)
        if record is None:
            raise unknown(name)
        return record

    async def again(self, name: str, record: Record) -> Record:
        """A conversation as it is stored now: the same one, or where it has ended, the one that
        has its reference now and was asked for by that."""
        latest = await self.store.get(record.id)
        if latest is None:
            self.holding.drop(record.id)
        if latest is None or (latest.status != LIVE and name != record.id):
            return await self.record(name)
        return latest

    async def hold(self, record: Record) -> Held:
        """A conversation in hand. Raises ScenarioUnavailable, StoreDamaged."""
        held = self.holding.get(record.id)
        if held is not None and held.record.sequence == record.sequence:
            return held
        held = await self.decoded(record)
        self.holding.put(held)
        return held

    async def decoded(self, record: Record) -> Held:
        """A conversation as it is stored. Raises ScenarioUnavailable, StoreDamaged."""
        try:
            return turning.hold(record, await self.versions.serving(record))
        except ScenarioUnavailable:
            self.observer.waiting(record.scenario)
            raise
        except SnapshotError as error:
            raise StoreDamaged(
                f"What is stored of the conversation {record.id} cannot be gone on with: {error}"
            ) from error

    async def present(self, held: Held) -> Answer:
        """Where a conversation stands, with what was said last."""
        return answer(await self.heard(held))

    async def heard(self, held: Held) -> Held:
        """A conversation in hand with what its last turn says: the last entry, as a rule, but a
        seat that changes hands is no turn."""
        if held.said is not None:
            return held
        record = held.record
        said: tuple[Said, ...] = ()
        end, most = record.sequence, 1
        while end > 0:
            start = max(end - most, 0)
            portion = await self.store.log(record.id, start, end - start)
            turns = [entry for entry in portion if entry.kind != SEATED]
            if turns:
                said = said_in(turns[-1])
                break
            end, most = start, min(8 * most, _PORTION)
        held = held._replace(said=said)
        self.holding.put(held)
        return held

    async def repeated(self, record: Record, entry: Entry) -> Answer:
        """What followed from an entry, when it happened."""
        entries = await self.entries(record.id, entry.sequence)
        place = (await self.path(record, entries))[-1]
        said, changes = said_in(entry), place.changes
        if entry.kind == SEATED:
            said, changes = place.said, ()
        turn = look(place.scenario.machine, place.snapshot, said, changes)
        status = stood(entries, place)
        return Answer(record.id, record.reference, entry.sequence, status, turn, repeated=True)

    async def entries(self, conversation: str, to: int | None = None) -> Sequence[Entry]:
        """The log of a conversation, up to an entry."""
        found: list[Entry] = []
        after = 0
        while to is None or after < to:
            most = _PORTION if to is None else min(_PORTION, to - after)
            portion = await self.store.log(conversation, after, most)
            found += portion
            if len(portion) < most:
                break
            await asyncio.sleep(0)  # others get a turn in between
            after = portion[-1].sequence
        return found

    async def path(self, record: Record, entries: Sequence[Entry]) -> list[Place]:
        """The places to which these entries lead (heartline.host.replaying)."""
        return replay(record.id, entries, await self.scenarios(record, entries))

    async def scenarios(self, record: Record, entries: Sequence[Entry]) -> dict[str, Scenario]:
        """The scenarios that a log was played in. Raises ScenarioUnavailable where the last of
        them is not there; the others can be done without."""
        found: dict[str, Scenario] = {}
        names = fingerprints(entries)
        for name in names:
            try:
                found[name] = await self.versions.serving(record._replace(fingerprint=name))
            except ScenarioUnavailable:
                if name == names[-1]:
                    raise
        return found

    def is_current(self, record: Record) -> bool:
        """Whether nothing leads on to another version: most are in the host's own."""
        if record.status != LIVE:
            return True
        scenario = self.versions.own.get(record.scenario)
        return scenario is not None and scenario.machine.fingerprint == record.fingerprint


def answer(held: Held, changes: tuple[Change, ...] = (), *, repeated: bool = False) -> Answer:
    """Where a conversation stands, as it is answered."""
    record = held.record
    turn = look(held.scenario.machine, held.snapshot, held.said or (), changes)
    return new_tuple(
        Answer, (record.id, record.reference, record.sequence, record.status, turn, repeated)
    )


async def pause(tried: int) -> None:
    """A moment until the next try, longer each time, and never the same for two hosts."""
    await asyncio.sleep(secrets.randbelow(1000 << tried) / 1e6)


def unknown(name: str) -> UnknownConversation:
    """There is no such conversation."""
    return UnknownConversation(
        f"There is no conversation {name[:60]!r}: it has never been here, or it was deleted."
    )


def taken(reference: str, by: Record | None) -> ReferenceTaken:
    """A reference cannot be had."""
    return ReferenceTaken(
        f"{reference[:60]!r} has a live conversation already: go on with that, or close it first.",
        "" if by is None else by.id,
    )


def contended(reference: str) -> Contended:
    """Others were faster each time."""
    return Contended(
        f"The conversation {reference[:60]!r} was changed by others {MOST_TRIES} times while this "
        "was to happen to it: try it again."
    )
