"""What looks at many conversations lets others in the same event loop have a turn meanwhile."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from heartline import ManualClock, loads
from heartline.host import Filter, Host, breathing, carrying, importing
from hosting import host_on
from operated import NEW

MANY = 60  # fewer than are read at once, after which others get a turn anyway


def nothing(*_: object) -> None:
    """Nobody looks."""


async def export(host: Host) -> bytes:
    told = carrying.export(host.store, Filter(), host.clock.now(), nothing, nothing)
    return "".join([f"{line}\n" async for line in told]).encode()


async def verify(host: Host) -> None:
    for number in range(MANY):
        assert await host.verify(f"chat-{number}") is None


async def purge(host: Host) -> None:
    for number in range(MANY):
        await host.close(f"chat-{number}")
    which = Filter(ended_before=host.clock.now() + timedelta(days=9))
    await carrying.purge(host.store, which, nothing, nothing)
    assert (await host.store.counts()).conversations == 0


async def forecast(host: Host) -> None:
    (found,) = await later(host).versions.forecast(host.store)
    assert (found.fate, found.conversations) == ("migrates", MANY)


async def migrate(host: Host) -> None:
    assert (await carrying.migrate(later(host), nothing, nothing)).done == MANY


async def imports(host: Host) -> None:
    file = io.BytesIO(await export(host))
    async with host_on("memory:") as there:
        with Turns() as others:
            checked = await importing.check(there.store, file, "x", nothing)
            assert checked.new == MANY
        assert others.many >= MANY
        with Turns() as others:
            await importing.bring_in(there.store, file, checked, nothing)
        assert others.many >= MANY
        assert (await there.store.counts()).conversations == MANY


def later(host: Host) -> Host:
    """A host with a new version, on the same store."""
    return Host(host.store, [loads(NEW)], clock=host.clock)


class Turns:
    """Somebody else in the event loop, who counts how often it is their turn."""

    def __init__(self) -> None:
        self.many = 0

    async def _count(self) -> None:
        while True:
            self.many += 1
            await asyncio.sleep(0)

    def __enter__(self) -> Turns:
        self._task = asyncio.create_task(self._count())
        return self

    def __exit__(self, *_: object) -> None:
        self._task.cancel()


@pytest.mark.parametrize("work", [export, verify, purge, forecast, migrate, imports])
def test_others_have_a_turn_between_two_conversations(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[Host], Awaitable[object]]
) -> None:
    monkeypatch.setattr(breathing, "_LONGEST", -1.0)  # as if each had taken long

    async def main() -> None:
        async with host_on("memory:", clock=ManualClock()) as host:
            for number in range(MANY):
                await host.open(f"chat-{number}", "inn", seed=number)
            with Turns() as others:
                await work(host)
            assert others.many >= MANY

    asyncio.run(main())


def test_what_takes_no_time_is_not_held_up() -> None:
    async def main() -> int:
        pauses = breathing.Breathing()
        with Turns() as others:
            for _ in range(100):
                await pauses.breathe()
        return others.many

    assert asyncio.run(main()) <= 2
