"""Conversations of an earlier version at a host that has a later one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from heartline import Choose, ManualClock, Tick, loads
from heartline.errors import (
    CallerError,
    HeartlineError,
    NothingToUndo,
)
from hosting import INN, host_on, later, lines, url_of

NEW = INN.replace("1.0.0", "1.1.0").replace("asked", "wondered")
CARRIED = NEW + "migrations: [{from: 1.0.0, states: {asked: wondered}}]\n"


def test_a_conversation_migrates_at_the_next_touch_and_goes_back_no_further(
    tmp_path: Path,
) -> None:
    url = url_of("sqlite", tmp_path)
    clock = ManualClock()

    async def old() -> None:
        async with host_on(url, clock=clock) as host:
            await host.open("chat", "inn", {"nights": 2}, seed=4)
            await host.open("still", "inn")
            await host.submit("chat", Choose("ask"), key="a")
            await host.submit("chat", Choose("take"), key="t")

    async def new() -> None:
        async with host_on(url, loads(CARRIED), clock=clock) as host:
            later(clock, minutes=10)
            repeated = await host.submit("chat", Choose("ask"), key="a")
            assert repeated.repeated
            rest = await host.submit("chat", Choose("rest"))
            assert (rest.turn.state, rest.turn.number) == ("room", 5)
            entries = await host.transcript("chat")
            assert [each.kind for each in entries] == [
                "opened", "chose", "chose", "migrated", "chose",
            ]  # fmt: skip
            record = await host.store.find("chat")
            assert record is not None
            assert (record.version, len(await host.store.timers(record.id))) == ("1.1.0", 2)
            assert await host.verify("chat") is None
            assert (await host.undo("chat")).turn.state == "room"
            with pytest.raises(NothingToUndo, match="first turn since it came to this version"):
                await host.undo("chat")
            fork = await host.fork("chat", "copy", at=2)
            assert fork.turn.state == "desk"
            await host.submit("copy", Choose("take"))
            assert [each.kind for each in await host.transcript("copy")] == [
                "opened", "chose", "forked", "migrated", "chose",
            ]  # fmt: skip
            for name in ("chat", "copy", "still"):
                assert await host.verify(name) is None
            assert (await host.read("still")).sequence == 1

    asyncio.run(old())
    asyncio.run(new())


def test_the_log_from_a_migration_on_does_without_the_version_before(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)

    async def old() -> None:
        async with host_on(url) as host:
            await host.open("chat", "inn", {"nights": 2}, seed=4)
            await host.submit("chat", Choose("take"), key="t")

    async def new() -> None:
        async with host_on(url, loads(CARRIED)) as host:
            await host.submit("chat", Choose("rest"))
            await host.store.forget_scenarios([])
        async with host_on(url, loads(CARRIED)) as host:
            assert await host.verify("chat") is None
            assert (await host.undo("chat")).turn.state == "room"
            assert await host.verify("chat") is None
            with pytest.raises(HeartlineError, match=r"1\.0\.0|not in the store"):
                await host.submit("chat", Choose("take", 1), key="t")

    asyncio.run(old())
    asyncio.run(new())


def test_without_a_migration_a_conversation_goes_on_in_its_own_version(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)

    async def old() -> None:
        async with host_on(url) as host:
            await host.open("chat", "inn", {"nights": 2}, seed=4)

    async def new() -> None:
        clock = ManualClock()
        async with host_on(url, loads(NEW), clock=clock) as host:
            await host.open("other", "inn")
            for name, version in (("chat", "1.0.0"), ("other", "1.1.0")):
                await host.submit(name, Choose("take"))
                record = await host.store.find(name)
                assert record is not None
                assert record.version == version
                assert await host.verify(name) is None
            later(clock, hours=2)
            assert lines(await host.submit("chat", Tick())) == ["mo: Your tea!"]

    asyncio.run(old())
    asyncio.run(new())


def test_a_conversation_whose_scenario_a_host_does_not_have_goes_on(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)

    async def with_it() -> None:
        async with host_on(url) as host:
            await host.open("chat", "inn", tell={"mo": "desk"})

    async def without_it() -> None:
        async with host_on(url, loads(NEW.replace("id: inn", "id: hotel"))) as host:
            room = await host.submit("chat", Choose("take"))
            assert room.turn.state == "room"
            assert (await host.undo("chat")).turn.state == "desk"
            assert await host.verify("chat") is None
            with pytest.raises(CallerError, match="no scenario 'inn'"):
                await host.open("other", "inn")

    asyncio.run(with_it())
    asyncio.run(without_it())
