"""A large set of timers is stored in parts, while those that come next are worked out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from heartline import ManualClock
from heartline.errors import StoreUnavailable
from heartline.host import Change, Host, running, turning
from heartline.host.stores.memory import MemoryStore
from living import awaited
from timing import HOUR, fired, kettle, opened

PART, MANY = 3, 10


class Parted(MemoryStore):
    """A store that notes how large the parts are, and how many had been worked out when each came
    and when it was stored. The part of the number `lost` never arrives."""

    def __init__(self) -> None:
        super().__init__("memory:")
        self.parts: list[int] = []
        self.came: list[int] = []
        self.stored: list[int] = []
        self.worked_out = 0
        self.lost = -1

    async def commit_all(self, changes: Sequence[Change]) -> Sequence[str]:
        self.parts.append(len(changes))
        self.came.append(self.worked_out)
        await asyncio.sleep(0)  # as where another program stores it
        if len(self.parts) == self.lost:
            raise StoreUnavailable("The cable is out.")
        told = await super().commit_all(changes)
        self.stored.append(self.worked_out)
        return told


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Parted:
    found, tick = Parted(), turning.tick

    def counted(*arguments: object, **others: object) -> object:
        found.worked_out += 1
        return tick(*arguments, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(running, "_PART", PART)
    monkeypatch.setattr(turning, "tick", counted)
    return found


async def begun(host: Host, clock: ManualClock) -> list[str]:
    names = [f"chat-{number}" for number in range(MANY)]
    for name in names:
        await opened(host, name)
    clock.advance(2 * HOUR)
    return names


@awaited
async def test_the_next_part_is_worked_out_while_one_is_stored(store: Parted) -> None:
    clock = ManualClock()
    async with Host(store, [kettle()], clock=clock) as host:
        names = await begun(host, clock)
        store.worked_out = 0
        assert await host.fire_due() == MANY
        assert store.parts == [3, 3, 3, 1]
        assert store.came == [3, 6, 9, 10]
        assert store.stored == [6, 9, 10, 10]
        assert [len(await fired(host, name)) for name in names] == [1] * MANY
        assert await host.fire_due() == 0
        assert len(store.parts) == 4  # nothing is stored where nothing was due


@awaited
@pytest.mark.parametrize("lost", [1, 2, 4])
async def test_a_part_that_is_lost_fires_later_and_no_other_twice(store: Parted, lost: int) -> None:
    clock = ManualClock()
    async with Host(store, [kettle()], clock=clock) as host:
        host.running.lease = 0.0
        names = await begun(host, clock)
        store.lost = lost
        with pytest.raises(StoreUnavailable):
            await host.fire_due()
        assert sum([len(await fired(host, name)) for name in names]) == PART * (lost - 1)
        assert not any(host.touching.is_busy(each) for each in host.touching._busy)
        assert await host.fire_due() == MANY - PART * (lost - 1)
        assert [len(await fired(host, name)) for name in names] == [1] * MANY


@awaited
async def test_who_is_ended_meanwhile_leaves_nothing_half_done(
    store: Parted, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    async with Host(store, [kettle()], clock=clock) as host:
        host.running.lease = 0.0
        names = await begun(host, clock)
        hanging = asyncio.Event()

        async def hangs(changes: Sequence[Change]) -> Sequence[str]:
            hanging.set()
            await asyncio.Event().wait()
            raise AssertionError

        monkeypatch.setattr(store, "commit_all", hangs)
        task = asyncio.create_task(host.running.fire())
        await hanging.wait()
        task.cancel()
        await asyncio.wait((task,), timeout=5)
        assert task.cancelled()
        assert len(asyncio.all_tasks()) == 1
        monkeypatch.undo()
        assert await host.fire_due() == MANY
        assert [len(await fired(host, name)) for name in names] == [1] * MANY
