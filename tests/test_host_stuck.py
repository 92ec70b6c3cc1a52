"""What cannot fire: it waits, is tried again after pauses, and keeps nobody from the others."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime

import pytest

from heartline import Choose, ManualClock, loads
from heartline.errors import StoreDamaged, StoreUnavailable
from heartline.host import Host, Record
from heartline.host.waking import Alarm
from living import awaited, stores
from timing import HOUR, Failing, Noting, Running, Stores, fired, kettle, opened, quick, until

__all__ = ["stores"]


@awaited
async def test_a_conversation_whose_timers_cannot_fire_keeps_nobody_from_the_others(
    stores: Stores,
) -> None:
    clock = ManualClock()
    noted = Noting()
    async with quick(Host(stores(), [kettle()], clock=clock, observer=noted)) as host:
        await opened(host, "loop", choice="dance")
        await opened(host, "chat")
        clock.advance(2 * HOUR)
        assert await host.fire_due() == 1
        assert len(await fired(host, "chat")) == 1
        (name,) = host.running.stuck
        assert name == (await host.store.find("loop") or pytest.fail("it is there")).id
        assert host.running.stuck[name].startswith("RunawayError: The scenario story loops at")
        async with Running(host):
            await until(lambda: noted.counts["stuck"] == 3)
            assert noted.counts["fired"] == 1
        assert set(noted.kinds) == {"RunawayError"}


@awaited
async def test_what_was_stuck_goes_on_when_its_scenario_is_mended(stores: Stores) -> None:
    clock = ManualClock()
    async with quick(Host(stores(), [kettle()], clock=clock)) as host:
        await opened(host, "loop", choice="dance")
        clock.advance(2 * HOUR)
        assert await host.fire_due() == 0
        assert len(host.running.stuck) == 1
    await asyncio.sleep(0.1)
    mended = loads(
        kettle("1.1.0").files["scenario.yaml"].replace("cups < 9", "cups > 9")
        + "migrations: [{from: 1.0.0}]\n"
    )
    async with quick(Host(stores(), [mended], clock=clock)) as host:
        assert await host.fire_due() == 1
        *_, entry = await host.transcript("loop")
        assert (entry.kind, entry.state) == ("migrated", "right")  # with it fired what was due
        assert host.running.stuck == {}


@awaited
async def test_conversations_wait_for_a_scenario_that_does_not_load_and_the_others_go_on() -> None:
    store, clock, noted = Failing(), ManualClock(), Noting()
    async with Host(store, [kettle()], clock=clock) as host:
        await opened(host, "one", "two", "three")
    store._scenarios.clear()
    other = loads(kettle().files["scenario.yaml"].replace("id: story", "id: other"))
    async with quick(Host(store, [other], clock=clock, observer=noted)) as host:
        await host.open("chat", "other")
        await host.submit("chat", Choose("brew"))
        clock.advance(2 * HOUR)
        assert await host.fire_due() == 1
        assert noted.counts["stuck"] == 1  # one for all of them
        (why,) = host.running.stuck.values()
        assert why.startswith("ScenarioUnavailable: Version 1.0.0 of the scenario story is not in")
        calls = store.calls["claim"]
        async with Running(host):
            await until(lambda: noted.counts["stuck"] == 3)
            assert noted.counts["fired"] == 1
        assert store.calls["claim"] - calls < 200
        await host.versions._keep(store, kettle())
        async with Running(host):
            await until(lambda: noted.counts["fired"] == 4)


@awaited
async def test_a_change_that_cannot_be_written_keeps_nobody_from_the_others() -> None:
    store, clock, noted = Failing(), ManualClock(), Noting()
    async with quick(Host(store, [kettle()], clock=clock, observer=noted), lease=0) as host:
        await opened(host, "a", "poison", "b")
        record = await store.find("poison")
        assert record is not None
        store.poison = record.id
        clock.advance(2 * HOUR)
        assert await host.fire_due() == 2
        assert host.running.stuck == {record.id: "ValueError: This cannot be written."}
        store.poison = ""
        assert await host.fire_due() == 1  # its pause was none
        assert host.running.stuck == {}
        assert len(await fired(host, "poison")) == 1


@awaited
async def test_a_conversation_that_cannot_be_read_is_found_among_the_others() -> None:
    store, clock, noted = Failing(), ManualClock(), Noting()
    store.error = StoreDamaged
    async with quick(Host(store, [kettle()], clock=clock, observer=noted), lease=0.3) as host:
        await opened(host, "a", "poison", "b")
        record = await store.find("poison")
        assert record is not None
        store.poison = record.id
        clock.advance(2 * HOUR)
        async with Running(host):
            await until(lambda: noted.counts["fired"] == 2)
        assert set(noted.kinds) == {"StoreDamaged"}


@awaited
async def test_what_is_stored_and_no_snapshot_is_left_alone() -> None:
    store, clock, noted = Failing(), ManualClock(), Noting()
    async with Host(store, [kettle()], clock=clock, observer=noted) as host:
        await opened(host, "a", "b")
        record = await store.find("a")
        assert record is not None
        host.touching.holding.drop(record.id)
        store._kept[record.id].record = record._replace(snapshot="{")
        clock.advance(2 * HOUR)
        assert await host.fire_due() == 1
        assert noted.kinds == ["StoreDamaged"]
        assert list(host.running.stuck) == [record.id]


@awaited
async def test_a_due_time_without_a_timer_is_left_alone() -> None:
    store, clock = Failing(), ManualClock()
    async with Host(store, [kettle()], clock=clock) as host:
        await host.open("a", "story")
        record = await store.find("a")
        assert record is not None
        store._kept[record.id].record = record._replace(due=clock.now())
        assert await host.fire_due() == 0
        assert list(host.running.stuck) == [record.id]


@awaited
async def test_pauses_grow_and_end_with_the_next_thing_that_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, clock, noted = Failing(), ManualClock(), Noting()
    async with Host(store, [kettle()], clock=clock, observer=noted) as host:
        await opened(host, "loop", "chat", choice="dance")
        clock.advance(2 * HOUR)
        now = 1000.0
        monkeypatch.setattr("heartline.host.running.time.monotonic", lambda: now)
        tried = []
        for _ in range(2200):
            store._claims.clear()
            before = noted.counts["stuck"]
            await host.fire_due(1)
            if noted.counts["stuck"] > before:
                tried.append(now)
            now += 1
        pauses = [int(later - earlier) for earlier, later in itertools.pairwise(tried)]
        assert pauses[:8] == [8, 15, 30, 60, 120, 240, 480, 600]
        assert set(pauses[7:]) == {600}
        name = (await store.find("loop") or pytest.fail("it is there")).id
        stuck = host.running._stuck[name]
        host.running._stuck[name] = stuck._replace(sequence=stuck.sequence - 1)
        store._claims.clear()
        await host.fire_due()
        assert host.running._stuck[name].tries == 1
        monkeypatch.setattr("heartline.host.running._MOST_STUCK", 1)
        host.touching.observer = Noting()
        for name in ("b", "c"):
            await opened(host, name, choice="dance")
        clock.advance(2 * HOUR)
        store._claims.clear()
        assert await host.fire_due() == 0
        assert len(host.running.stuck) == 1


@awaited
async def test_a_host_survives_a_store_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("heartline.host.running._PAUSES", (0.01, 0.04))
    store, clock, noted = Failing(), ManualClock(), Noting()
    async with quick(Host(store, [kettle()], clock=clock, observer=noted)) as host:
        await opened(host, "chat", "chit")
        clock.advance(2 * HOUR)
        store.down = {"claim": 4, "next_due": 2, "commit_all": 1}
        async with Running(host):
            await until(lambda: noted.counts["fired"] == 2)
            await until(lambda: noted.counts["unavailable"] == 7)
            await until(lambda: noted.counts["back"] > 0)
        assert 0.01 < noted.away < 60
        assert noted.counts["back"] <= 3  # once each time that it was away
        assert set(noted.kinds) == {"StoreUnavailable"}
        assert host.running.stuck == {}


@awaited
async def test_a_store_that_does_not_answer_in_the_midst_of_it_is_no_fault_of_a_conversation() -> (
    None
):
    store, clock = Failing(), ManualClock()
    async with Host(store, [kettle()], clock=clock) as host:
        await opened(host, "chat")
    async with quick(Host(store, [], clock=clock), lease=0) as host:
        clock.advance(2 * HOUR)
        host.versions._served.clear()
        store.down = {"scenario": 1}
        with pytest.raises(StoreUnavailable):
            await host.fire_due()
        name = (await store.find("chat") or pytest.fail("it is there")).id
        await host.touching.enter(name)
        task = asyncio.create_task(host.fire_due())
        await asyncio.sleep(0.01)
        store.down = {"commit": 1}
        host.touching.leave(name)
        with pytest.raises(StoreUnavailable):
            await task
        assert host.running.stuck == {}
        assert await host.fire_due() == 1
        assert len(await fired(host, "chat")) == 1


@awaited
async def test_a_host_does_not_wait_long_for_what_it_has_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("heartline.host.running._GRACE", 0.01)
    store, begun = Failing(), asyncio.Event()

    async def hanging(now: datetime, most: int, lease: float) -> list[Record]:
        begun.set()
        await asyncio.sleep(3600)
        return []

    store.claim = hanging  # type: ignore[method-assign]
    async with Host(store, [kettle()], clock=ManualClock()) as host, Running(host):
        await begun.wait()


@awaited
async def test_an_alarm_that_rings_before_the_sleep_is_heard() -> None:
    alarm, now = Alarm(), datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert now > alarm.until, "nobody listens"
    alarm.listen()
    assert now < alarm.until
    alarm.ring(now)
    async with asyncio.timeout(30):
        await alarm.sleep(now + HOUR, 3600)
    alarm.listen()
    alarm.ring(now + HOUR)  # later than what is slept until
    await alarm.sleep(now, 0.01)
    assert now > alarm.until
