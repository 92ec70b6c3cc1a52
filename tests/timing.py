"""What the tests of a host's time share: a story with timers, stores that fail, and waiting."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache

from harness import HEAD
from heartline import Choose, Scenario, loads
from heartline.errors import HostError, StoreUnavailable
from heartline.host import (
    Change,
    Happened,
    Host,
    Observer,
    Parcel,
    Record,
    Store,
    StoredScenario,
)
from heartline.host.stores.memory import MemoryStore

Stores = Callable[[], Store]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

KETTLE = """\
timers: {break: 42d, kettle: 1h}
context: {cups: {type: int, min: 0, max: 9, initial: 0}}
initial: home
states:
  home:
    choices:
      brew: {do: start(kettle), to: kitchen}
      wait: {do: start(break), to: apart}
      both: {do: [start(kettle), start(break)], to: kitchen}
      dance: {do: start(kettle), to: floor}
      leave: {to: gone}
  kitchen:
    choices: {stir: {say: Round and round.}}
    after: {kettle: {say: [{other: Tea!}], do: cups += 1, to: home}}
  apart:
    choices: {write: {to: home}}
    after: {break: {to: review}}
  floor: {choices: {stop: {to: home}}, after: {kettle: {to: left}}}
  left: {always: {to: right}}
  right: {always: {when: cups < 9, to: left}, choices: {stop: {to: home}}}
  review: {choices: {again: {to: home}}}
  gone: {type: final, outcome: gone}
"""


@cache
def kettle(number: str = "1.0.0", more: str = "") -> Scenario:
    """The story of a kettle and a break; its dance never ends."""
    return loads(HEAD.replace("1.0.0", number) + KETTLE + more)


async def opened(host: Host, *names: str, choice: str = "brew") -> None:
    """Conversations in which a timer runs."""
    for name in names:
        await host.open(name, "story", seed=1)
        await host.submit(name, Choose(choice))


def quick(host: Host, *, lease: float = 0.1, look: float = 0.01) -> Host:
    """A host that looks often, since a clock that is set tells nobody."""
    host.running.lease, host.running.look = lease, look
    return host


class Noting(Observer):
    """Counts what it is told, and keeps how late timers were."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.late: list[float] = []
        self.kinds: list[str] = []

    def fired(self, count: int, late: float) -> None:
        self.counts["fired"] += count
        self.late.append(late)

    def conflict(self) -> None:
        self.counts["conflict"] += 1

    def stuck(self, scenario: str, kind: str) -> None:
        self.counts["stuck"] += 1
        self.kinds.append(kind)

    def unavailable(self, kind: str) -> None:
        self.counts["unavailable"] += 1
        self.kinds.append(kind)

    def back(self, seconds: float) -> None:
        self.counts["back"] += 1
        self.away = seconds

    def delivered(self) -> None:
        self.counts["delivered"] += 1

    def undelivered(self) -> None:
        self.counts["undelivered"] += 1

    def parked(self) -> None:
        self.counts["parked"] += 1


class Failing(MemoryStore):
    """A store whose calls can be made to fail, and are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.down: dict[str, int] = {}  # how often a method is still to fail
        self.poison = ""  # a conversation of which nothing can be written, or read in a set
        self.error: type[Exception] = ValueError
        self.calls: Counter[str] = Counter()

    def _called(self, method: str) -> None:
        self.calls[method] += 1
        if self.down.get(method, 0) > 0:
            self.down[method] -= 1
            raise StoreUnavailable("The store is out for a walk.")

    async def claim(self, now: datetime, most: int, lease: float) -> Sequence[Record]:
        self._called("claim")
        found = await super().claim(now, most, lease)
        if issubclass(self.error, HostError) and any(each.id == self.poison for each in found):
            raise self.error("One of them cannot be read.")
        return found

    async def next_due(self) -> datetime | None:
        self._called("next_due")
        return await super().next_due()

    async def scenario(self, fingerprint: str) -> StoredScenario | None:
        self._called("scenario")
        return await super().scenario(fingerprint)

    async def commit(self, change: Change) -> str:
        self._called("commit")
        return await super().commit(change)

    async def commit_all(self, changes: Sequence[Change]) -> Sequence[str]:
        self._called("commit_all")
        if not issubclass(self.error, HostError):
            for change in changes:
                if change.record.id == self.poison:
                    raise self.error("This cannot be written.")
        return await super().commit_all(changes)

    async def parcels(self, now: datetime, most: int, lease: float) -> Sequence[Parcel]:
        self._called("parcels")
        return await super().parcels(now, most, lease)

    async def delivered(self, parcels: Sequence[Parcel]) -> None:
        self._called("delivered")
        await super().delivered(parcels)

    async def again(self, parcel: Parcel) -> None:
        self._called("again")
        await super().again(parcel)


class Running:
    """`async with Running(host):` the host runs meanwhile."""

    def __init__(self, *hosts: Host) -> None:
        self.hosts = hosts
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> None:
        self.tasks = [asyncio.create_task(host.run()) for host in self.hosts]
        await asyncio.sleep(0)

    async def __aexit__(self, *_: object) -> None:
        for task in self.tasks:
            task.cancel()
        for told in await asyncio.gather(*self.tasks, return_exceptions=True):
            assert isinstance(told, asyncio.CancelledError), told


async def until(what: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.005)


async def fired(host: Host, name: str) -> list[Happened]:
    """The entries of a conversation's timers, of which a log has no other than it should."""
    entries = await host.transcript(name)
    assert await host.verify(name) is None
    return [entry for entry in entries if entry.kind == "fired"]
