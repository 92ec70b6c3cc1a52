"""Conversations that are ended from outside, also those that wait for a version."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from heartline import Choose
from heartline.errors import ConversationOver, ScenarioUnavailable, StoreDamaged
from heartline.host import Parcel
from heartline.host.values import STORED, Change, Entry
from hosting import Watching
from living import World, awaited, stores, version, world

__all__ = ["stores", "world"]

OLD = version()


async def break_version(world: World) -> None:
    """From now on no host can load the version any more."""
    async with world.host(OLD) as host:
        kept = await host.store.scenario(OLD.machine.fingerprint)
        assert kept is not None
        await host.store.keep_scenario(replace(kept, files={"scenario.yaml": "heartline: 1"}))


async def waiting(world: World) -> None:
    """A conversation of two turns waits for its version."""
    async with world.host(OLD) as host:
        await host.open("chat", "story", seed=1, tell={"you": "desk"})
        await host.submit("chat", Choose("wait"))
    await break_version(world)


@awaited
async def test_what_waits_for_its_version_can_be_closed(world: World) -> None:
    await waiting(world)
    watching = Watching()
    async with world.host(observer=watching) as host:
        record = await host.store.find("chat")
        assert record is not None
        answer = await host.close("chat", key="c")
        assert answer[:4] == (record.id, "chat", 3, "closed")
        assert not answer.repeated
        turn = answer.turn
        assert (turn.number, turn.state, turn.outcome, turn.choices) == (2, "apart", None, ())
        assert turn.time == record.touched
        stored = await host.store.find("chat")
        assert stored == record._replace(
            sequence=3, status="closed", due=None, touched=host.touching.now()
        )
        assert not await host.store.timers(record.id)
        assert await host.store.next_due() is None
        kinds = [(each.kind, each.turn, each.state) for each in await host.transcript("chat")]
        assert kinds == [("opened", 1, "home"), ("chose", 2, "apart"), ("closed", 2, "apart")]
        # Whoever asks again is answered the same, and nothing more is stored.
        again = await host.close("chat", key="c")
        assert again == answer._replace(repeated=True)
        assert await host.close(record.id) == answer
        assert await host.store.find("chat") == stored
        assert watching.told.count(("turn", "story")) == 1
        with pytest.raises(ScenarioUnavailable):
            await host.read("chat")
    # Where the version loads again, what was closed follows from its log.
    async with world.host(OLD) as host:
        assert await host.verify("chat") is None
        assert (await host.read("chat")).status == "closed"
        with pytest.raises(ConversationOver, match="closed"):
            await host.submit("chat", Choose("write"))
        await host.open("chat", "story")


@awaited
async def test_a_key_of_something_else_does_not_close_what_waits(world: World) -> None:
    async with world.host(OLD) as host:
        await host.open("chat", "story", seed=1, key="k")
    await break_version(world)
    async with world.host() as host:
        with pytest.raises(ScenarioUnavailable):
            await host.close("chat", key="k")
        record = await host.store.find("chat")
        assert record is not None
        assert (record.status, record.sequence) == ("live", 1)


@awaited
async def test_who_is_to_be_told_hears_that_what_waits_was_closed(world: World) -> None:
    await waiting(world)
    came: list[tuple[str, object, object]] = []

    async def deliver(reference: str, parcel: Parcel) -> None:
        came.append((reference, parcel.payload["kind"], parcel.payload["state"]))

    async with world.host(deliver=deliver) as host:
        running = asyncio.create_task(host.run())
        await host.close("chat")
        while not came:
            await asyncio.sleep(0.005)
        running.cancel()
    assert came == [("desk", "closed", "apart")]


@awaited
async def test_what_cannot_be_gone_on_with_can_be_closed(world: World) -> None:
    async with world.host(OLD) as host:
        await host.open("chat", "story", seed=1)
        record = await host.store.find("chat")
        assert record is not None
        broken = record._replace(sequence=2, snapshot="{}")
        entry = Entry(2, "seated", None, host.touching.now(), {"role": "you", "held": False})
        assert await host.store.commit(Change(broken, 1, (entry,))) == STORED
    async with world.host(OLD) as host:
        with pytest.raises(StoreDamaged, match="cannot be gone on with"):
            await host.submit("chat", Choose("ask"))
        assert (await host.close("chat")).status == "closed"
        assert (await host.open("chat", "story", seed=1)).turn.number == 1
