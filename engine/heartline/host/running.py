"""What a host does by itself: timers fire when they are due, and parcels are delivered.

Timers fire as sets: the conversations that have waited longest are claimed, each of them is worked
out, and all are stored in one transaction. Who claims and then ends has stored nothing; the claim
runs out, and another host takes them over. Where somebody else was faster with a conversation it is
left to them, since what is due fires before anything else that happens to it.

A conversation whose timers cannot fire keeps nobody from the others. It is left alone for a while,
longer each time, and its timers stay due. Since a claim lasts as long as the shortest of these
pauses, there is nothing to do about it meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from heartline.errors import (
    CallerError,
    Contended,
    HostError,
    ScenarioUnavailable,
    StoreDamaged,
    StoreUnavailable,
    UnknownConversation,
)
from heartline.host import turning
from heartline.host.breathing import Breathing
from heartline.host.delivering import Deliver, Delivering
from heartline.host.values import STORED

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from heartline.host.touching import Touching
    from heartline.host.turning import Held, Turned
    from heartline.host.values import Record

__all__ = ["Running"]

MOST = 1024  # conversations that are claimed at once

_PART = 256  # conversations that are stored while the next are worked out
_LEASE = 15.0  # seconds for which what was claimed is nobody else's
_LOOK = 1.0  # seconds after which a loop looks for itself, whatever it expects
_LEAST = 0.005  # seconds that it sleeps at least, where others have what it saw
_LONGEST = 600.0  # seconds that a conversation is left alone at most
_PAUSES = 0.1, 10.0  # seconds between tries of a store that does not answer, at first and at most
_MOST_STUCK = 10_000
_GRACE = 5.0  # seconds for what is half done when it is all to end
_END = datetime.max.replace(tzinfo=UTC)


class Stuck(NamedTuple):
    """Why timers cannot fire: how often that was tried, and until when (of the monotonic clock) it
    is not. It is of a conversation as it was after the entry `sequence`, or of a whole version of a
    scenario."""

    sequence: int
    tries: int
    until: float
    why: str


class Running:
    """A host's two loops. `lease` and `look` are in seconds, for tests."""

    def __init__(self, touching: Touching, deliver: Deliver | None) -> None:
        self.lease: float = _LEASE
        self.look: float = _LOOK
        self.delivering: Delivering | None = (
            None if deliver is None else Delivering(touching, deliver)
        )
        self._touching = touching
        self._stuck: dict[str, Stuck] = {}  # by id, or by the fingerprint of what does not load
        self._careful = 0.0  # until when conversations are claimed one by one
        self._runs = False

    @property
    def stuck(self) -> dict[str, str]:
        """Conversations whose timers cannot fire, and fingerprints of scenarios in which none can,
        each with the reason."""
        return {name: each.why for name, each in self._stuck.items()}

    async def run(self) -> None:
        """Both loops, until this is cancelled. Raises CallerError where they run already."""
        if self._runs:
            raise CallerError("This host runs already: once is enough for all its timers.")
        self._runs = True
        loops = [asyncio.create_task(self._fire())]
        if self.delivering is not None:
            loops.append(asyncio.create_task(self.delivering.run(self.look)))
        try:
            await asyncio.gather(*loops)
        finally:
            for loop in loops:
                if not loop.cancelling():  # or it would not end in order
                    loop.cancel()
            await asyncio.wait(loops)
            self._runs = False

    async def _fire(self) -> None:
        store, alarm = self._touching.store, self._touching.alarm
        pause, longest = _PAUSES
        while True:
            try:
                alarm.listen()
                most = 1 if time.monotonic() < self._careful else MOST
                claimed, _ = await _to_its_end(self.fire(most))
                due = self._touching.now() if claimed >= most else await store.next_due()
            except HostError as error:
                self._touching.reach.lost("timers", self._touching.observer, error)
                if not isinstance(error, StoreUnavailable):
                    # Something of one conversation cannot be read: find the others.
                    self._careful = time.monotonic() + 4 * self.lease
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)
                continue
            pause = _PAUSES[0]
            self._touching.reach.found("timers", self._touching.observer)
            if claimed >= most:
                await asyncio.sleep(0)  # there may be more, but others get a turn in between
            else:
                await self._sleep(due)

    async def _sleep(self, due: datetime | None) -> None:
        """Sleep until a timer is due, as far as that is known."""
        now, speed = self._touching.now(), getattr(self._touching.clock, "speed", 1.0)
        seconds = self.look
        if due is not None:
            seconds = min(seconds, max((due - now).total_seconds() / speed, _LEAST))
        ahead = timedelta(seconds=min(seconds * speed, 1e9))
        await self._touching.alarm.sleep(now + ahead if now < _END - ahead else _END, seconds)

    # One round ------------------------------------------------------------------------------------

    async def fire(self, most: int = MOST) -> tuple[int, int]:
        """Let the timers fire that are due, of so many conversations at most. Gives how many had
        any, and of how many they fired. Raises HostError."""
        touching = self._touching
        now = touching.now()
        records = await touching.store.claim(now, most, self.lease)
        turned: list[tuple[Record, Turned]] = []
        singly: list[Record] = []
        entered: list[str] = []
        storing, breathing = _Storing(self._store), Breathing()
        try:
            for record in records:
                await breathing.breathe()
                if self._stuck and self._left_alone(record):
                    continue
                held = touching.holding.get(record.id)
                if held is not None and held.record.sequence > record.sequence:
                    continue  # something has happened to it since it was claimed
                if touching.is_busy(record.id):
                    singly.append(record)
                    continue
                await touching.enter(record.id)
                entered.append(record.id)
                try:
                    found = await self._fired(record, now)
                except StoreUnavailable:
                    raise
                except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                    self._leave(record, error)
                    continue
                if found is None:
                    singly.append(record)
                else:
                    turned.append((record, found))
                    if len(turned) == _PART:
                        await storing.begin(turned)
                        turned = []
            if turned:
                await storing.begin(turned)
            fired = await storing.done()
        except asyncio.CancelledError:
            storing.cancel()
            raise
        finally:
            await storing.wait()
            for name in entered:
                touching.leave(name)
        for record in singly:
            fired += await self._singly(record)
        return len(records), fired

    async def _fired(self, record: Record, now: datetime) -> Turned | None:
        """What follows from the timers that are due; None where more than that is to happen."""
        touching = self._touching
        if not touching.is_current(record) and await touching.migrated(record, now) is not None:
            return None
        held = touching.holding.get(record.id)
        if held is None or held.record.sequence != record.sequence:
            # It is not put with those in hand: a thousand of them would drive those out that are.
            held = await touching.decoded(record)
        turned = turning.tick(held, now, parcels=touching.parcels)
        if turned is None:
            raise StoreDamaged(
                f"The store says that a timer of the conversation {record.id} is due, but by its "
                "snapshot none is: verify it."
            )
        return turned

    async def _store(self, turned: Sequence[tuple[Record, Turned]]) -> int:
        """Store what followed, and give of how many conversations it was."""
        if not turned:
            return 0
        touching = self._touching
        try:
            told = await touching.store.commit_all([each.change for _, each in turned])
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            if len(turned) == 1:
                self._leave(turned[0][0], error)
                return 0
            return sum([await self._store([each]) for each in turned])  # find the one
        fired = 0
        for (record, each), outcome in zip(turned, told, strict=True):
            if outcome != STORED:  # somebody was faster
                touching.observer.conflict()
                continue
            fired += 1
            touching.stored(each, hold=touching.holding.get(record.id) is not None)
            if self._stuck:
                self._stuck.pop(record.id, None)
        return fired

    async def _singly(self, record: Record) -> int:
        """Let all happen to a conversation that is to happen now, when it is its turn."""
        try:
            answer = await self._touching.change(record.id, None, _nothing)
        except StoreUnavailable:
            raise
        except (Contended, UnknownConversation):
            return 0  # somebody else is at it, or it is deleted
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            self._leave(record, error)
            return 0
        self._stuck.pop(record.id, None)
        return int(answer.sequence > record.sequence)

    # What cannot fire -----------------------------------------------------------------------------

    def _left_alone(self, record: Record) -> bool:
        """Whether it has been tried in vain, and is to be tried later."""
        now = time.monotonic()
        version = self._stuck.get(record.fingerprint)
        if version is not None and now < version.until:
            return True
        found = self._stuck.get(record.id)
        return found is not None and found.sequence == record.sequence and now < found.until

    def _leave(self, record: Record, error: Exception) -> None:
        """Leave a conversation alone for a while, or all of its version where that does not
        load."""
        self._touching.observer.stuck(record.scenario, type(error).__name__)
        unavailable = isinstance(error, ScenarioUnavailable)
        name = record.fingerprint if unavailable else record.id
        before = self._stuck.pop(name, None)
        tries = 1
        if before is not None and (unavailable or before.sequence == record.sequence):
            tries += before.tries
        while len(self._stuck) >= _MOST_STUCK:
            del self._stuck[next(iter(self._stuck))]  # it is tried sooner, which does no harm
        pause = min(self.lease / 2 * 2 ** min(tries - 1, 20), _LONGEST)
        why = f"{type(error).__name__}: {error}"
        self._stuck[name] = Stuck(record.sequence, tries, time.monotonic() + pause, why)


def _nothing(_held: Held, _now: datetime) -> Turned | None:
    """Nothing happens but what time and a new version bring."""
    return None


class _Storing:
    """Stores one part of a set while the next is worked out: a store may be another program, on
    another processor. One at a time, so that it is never asked for more than it can do."""

    def __init__(
        self, store: Callable[[Sequence[tuple[Record, Turned]]], Coroutine[Any, Any, int]]
    ) -> None:
        self._store = store
        self._task: asyncio.Task[int] | None = None
        self._fired = 0

    async def begin(self, part: Sequence[tuple[Record, Turned]]) -> None:
        """Begin to store this, when what came before is stored. Raises HostError for that."""
        await self.done()
        self._task = asyncio.create_task(self._store(part))
        await asyncio.sleep(0)  # it is on its way

    async def done(self) -> int:
        """Of how many conversations all that was begun is stored. Raises HostError."""
        if self._task is not None:
            self._fired += await self._task
            self._task = None
        return self._fired

    def cancel(self) -> None:
        """Store nothing more, where that is still possible."""
        if self._task is not None:
            self._task.cancel()

    async def wait(self) -> None:
        """Wait until nothing is under way, whatever becomes of it."""
        if self._task is not None:
            await asyncio.wait((self._task,))
            if not self._task.cancelled():
                self._task.exception()  # there is another to hear of


async def _to_its_end(work: Coroutine[Any, Any, tuple[int, int]]) -> tuple[int, int]:
    """What `work` gives. Where this is cancelled the work is not, so that nothing stays claimed
    that nobody works on; unless it takes long."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,), timeout=_GRACE)
        task.cancel()
        await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # there is nobody to hear of it any more
        raise
