"""Parcels come to those who are to be told: each at least once, to one reference in their order.

Of one reference at most one parcel is under way, different references are served beside each other.
What does not arrive is tried again after a pause that grows, and after many tries no more: it is
parked, with the reason, and makes room for the next. A parcel that has arrived is forgotten; where
a program ends just before, it comes again, with the same id.

A claim on a parcel ends by time alone, and not with its worker as one on timers does. Of two who
let one timer fire the store refuses one, but two who bring one parcel both bring it; and a
connection may end while whoever had it still brings what it took.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from heartline.errors import HostError
from heartline.host.values import Parcel
from heartline.wrapping import plain

if TYPE_CHECKING:
    from heartline.host.touching import Touching

__all__ = ["Deliver", "Delivering"]

# Brings a parcel to a reference; what it raises means that it has not arrived.
Deliver = Callable[[str, Parcel], Awaitable[None]]

MOST_AT_ONCE = 64
MOST_TRIES = 12

_PATIENCE = 30.0  # seconds for a parcel to arrive
_LEASE = 45.0  # seconds for which it is nobody else's: until the store has heard what became of it
_PAUSES = 1.0, 600.0  # seconds before the second try, and at most
_STORE_PAUSES = 0.1, 10.0  # seconds between tries of a store that does not answer
_GRACE = 1.0  # seconds for what is under way when it is all to end
_MOST_WHY = 300
_END = datetime.max.replace(tzinfo=UTC)
_START = datetime.min.replace(tzinfo=UTC)


class _UnderWay(NamedTuple):
    parcel: Parcel
    task: asyncio.Task[None]
    until: float  # of the monotonic clock


class Delivering:
    """The loop that delivers. `patience` is how many seconds a parcel may take."""

    def __init__(self, touching: Touching, deliver: Deliver) -> None:
        self.patience = _PATIENCE
        self.first_pause: float = _PAUSES[0]
        self._touching = touching
        self._deliver = deliver
        self._under_way: dict[str, _UnderWay] = {}  # by reference
        self._abandoned: set[asyncio.Task[None]] = set()
        self._arrived: list[Parcel] = []  # what the store has still to be told
        self._failed: list[Parcel] = []
        self._latest = _START

    async def run(self, look: float) -> None:
        """Deliver until this is cancelled, looking for parcels at least every `look` seconds."""
        posted = self._touching.posted
        pause, longest = _STORE_PAUSES
        try:
            while True:
                posted.clear()
                self._collect()
                try:
                    await self._keep()
                    await self._take()
                    pause = _STORE_PAUSES[0]
                    self._touching.reach.found("parcels", self._touching.observer)
                except HostError as error:
                    self._touching.reach.lost("parcels", self._touching.observer, error)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, longest)
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(look):
                        await posted.wait()
        finally:
            await self._end()

    def _now(self) -> datetime:
        """The present moment; where the clock was set back, the latest that was known: what has
        been posted is not to wait for that."""
        self._latest = max(self._latest, self._touching.now())
        return self._latest

    async def _take(self) -> None:
        """Send off what is to be delivered, as much as there is room for."""
        room = MOST_AT_ONCE - len(self._under_way)
        if room <= 0:
            return
        until = time.monotonic() + self.patience
        for parcel in await self._touching.store.parcels(self._now(), room, _LEASE):
            if parcel.reference not in self._under_way:
                task = asyncio.create_task(self._bring(parcel))
                task.add_done_callback(self._woken)
                self._under_way[parcel.reference] = _UnderWay(parcel, task, until)

    async def _bring(self, parcel: Parcel) -> None:
        await self._deliver(parcel.reference, parcel)

    def _woken(self, _task: asyncio.Task[None]) -> None:
        self._touching.posted.set()

    def _collect(self) -> None:
        """See what has become of those under way."""
        now = time.monotonic()
        for reference, (parcel, task, until) in list(self._under_way.items()):
            if task.done():
                del self._under_way[reference]
                if task.cancelled():
                    self._fail(parcel, "It was cancelled.")
                elif (error := task.exception()) is not None:
                    self._fail(parcel, f"{type(error).__name__}: {error}")
                else:
                    self._arrived.append(parcel)
            elif now >= until:
                # Who does not let itself be cancelled is left behind.
                del self._under_way[reference]
                task.cancel()
                self._abandoned.add(task)
                task.add_done_callback(self._forget)
                self._fail(parcel, f"It had not arrived after {self.patience:g} seconds.")

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # it was given up before

    def _fail(self, parcel: Parcel, why: str) -> None:
        tries = parcel.tries + 1
        pause = min(self.first_pause * 2 ** (tries - 1), _PAUSES[1])
        speed = getattr(self._touching.clock, "speed", 1.0)
        now, ahead = self._now(), timedelta(seconds=min(pause * speed, 1e9))
        due = now + ahead if now < _END - ahead else _END
        # What an error says can hold anything, also what no store can keep.
        parked = plain(why[:_MOST_WHY]) if tries >= MOST_TRIES else None
        self._failed.append(replace(parcel, due=due, tries=tries, parked=parked))

    async def _keep(self) -> None:
        """Tell the store what has arrived and what has not. Raises HostError, and is then to be
        called again."""
        store, observer = self._touching.store, self._touching.observer
        if self._arrived:
            await store.delivered(self._arrived)
            for _ in self._arrived:
                observer.delivered()
            self._arrived = []
        while self._failed:
            await store.again(self._failed[-1])
            if self._failed.pop().parked is None:
                observer.undelivered()
            else:
                observer.parked()

    async def _end(self) -> None:
        """Whatever is under way is given back, so that another host need not wait for it."""
        tasks = [each.task for each in self._under_way.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)
        back = []
        for parcel, task, _ in self._under_way.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                self._arrived.append(parcel)
            else:
                back.append(parcel)
        self._under_way.clear()
        with contextlib.suppress(HostError):  # the claims run out by themselves
            await self._keep()
            for parcel in back:
                await self._touching.store.again(parcel)
