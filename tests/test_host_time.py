"""Time in a host: timers fire once, in their order, whatever the clock and the hosts do."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from heartline import Choose, ManualClock, StaleTurn, Tick, loads
from heartline.clock import FastClock
from heartline.errors import CallerError, StoreDamaged, StoreUnavailable
from heartline.host import Host, Record, Store
from heartline.host.waking import Alarm
from living import awaited, stores
from timing import Failing, Noting, Running, fired, kettle, until

__all__ = ["stores"]

Stores = Callable[[], Store]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def opened(host: Host, *names: str, choice: str = "brew") -> None:
    """Conversations in which a timer runs."""
    for name in names:
        await host.open(name, "story", seed=1)
        await host.submit(name, Choose(choice))


def quick(host: Host, *, lease: float = 0.1, look: float = 0.01) -> Host:
    """A host that looks often, since a clock that is set tells nobody."""
    host.running.lease, host.running.look = lease, look
    return host


# The clock ----------------------------------------------------------------------------------------


@awaited
async def test_a_clock_that_is_set_back_delays_a_timer_and_repeats_none(stores: Stores) -> None:
    clock = ManualClock()
    begin = clock.now()
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "chat")
        for moment in (begin - 5 * HOUR, begin, begin + HOUR - timedelta(microseconds=1)):
            clock.set(moment)
            assert await host.fire_due() == 0
        clock.set(begin + HOUR)
        assert await host.fire_due() == 1
        clock.set(begin - 300 * DAY)
        await host.submit("chat", Choose("brew"))  # for the conversation, time does not go back
        (timer,) = await host.store.timers((await host.read("chat")).conversation)
        assert timer.due == begin + 2 * HOUR
        assert await host.fire_due() == 0
        clock.set(begin + 2 * HOUR)
        assert await host.fire_due() == 1
        assert [entry.late for entry in await fired(host, "chat")] == [None, None]


@awaited
async def test_a_clock_that_is_set_forward_fires_what_it_passed(stores: Stores) -> None:
    clock = ManualClock()
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "break", choice="wait")
        await opened(host, "both", choice="both")
        clock.set(clock.now() + 10_000 * DAY)
        assert await host.fire_due(1) == 1  # the one that has waited longest
        assert [entry.late for entry in await fired(host, "both")] == [10_000 * DAY - HOUR]
        assert await fired(host, "break") == []
        assert await host.fire_due() == 1
        assert [entry.late for entry in await fired(host, "break")] == [9_958 * DAY]
        assert await host.fire_due() == 0
        assert await host.store.next_due() is None


class Local(ManualClock):
    """A clock that tells the time of a place."""

    def __init__(self, start: datetime, place: ZoneInfo) -> None:
        super().__init__(start)
        self.place = place

    def now(self) -> datetime:
        return super().now().astimezone(self.place)


@pytest.mark.parametrize(
    ("begin", "hours"), [((2026, 3, 1, 9), 10), ((2026, 9, 20, 9), 8), ((2026, 9, 13, 2, 30), 2)]
)
@awaited
async def test_a_break_of_42_days_is_as_long_where_the_clocks_change(
    stores: Stores, begin: tuple[int, ...], hours: int
) -> None:
    try:
        place = ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        pytest.skip("The time zones are not installed: apt-get install tzdata")
    start = datetime(*begin, tzinfo=place)  # type: ignore[arg-type, misc]
    clock = Local(start, place)
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "chat", choice="wait")
        due = await host.store.next_due()
        assert due == start.astimezone(UTC) + 42 * DAY
        assert due.astimezone(place).hour == hours
        clock.set(due - timedelta(microseconds=1))
        assert await host.fire_due() == 0
        clock.set(due)
        assert await host.fire_due() == 1
        (entry,) = await fired(host, "chat")
        assert (entry.at, entry.late) == (due, None)


@pytest.mark.parametrize("year", [2027, 2028, 2100, 2400])
@awaited
async def test_a_break_of_42_days_counts_a_leap_day_as_a_day(stores: Stores, year: int) -> None:
    leap = year in (2028, 2400)
    clock = ManualClock(datetime(year, 1, 18, 9, tzinfo=UTC))
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "to", choice="wait")
        day = datetime(year, 2, 29, 9, tzinfo=UTC) if leap else datetime(year, 3, 1, 9, tzinfo=UTC)
        assert await host.store.next_due() == day
        clock.set(day - DAY)
        assert await host.fire_due() == 0
        clock.set(day)
        assert await host.fire_due() == 1
        await opened(host, "over", choice="wait")
        assert await host.store.next_due() == day + 42 * DAY
        assert len(await fired(host, "to")) == 1


def test_a_fast_clock_runs_fast_and_only_forward() -> None:
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    clock = FastClock(86_400, start)
    first = clock.now()
    assert first.tzinfo is UTC
    assert start <= first < start + DAY
    for _ in range(1000):
        now = clock.now()
        assert now >= first
        first = now
    assert first > start
    assert abs(FastClock(1).now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert FastClock(1e15, start).now() <= datetime.max.replace(tzinfo=UTC)
    assert FastClock(1e300, start).now() == datetime.max.replace(tzinfo=UTC)
    for speed in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="speed is more than zero"):
            FastClock(speed)
    with pytest.raises(ValueError, match="time zone"):
        FastClock(1, datetime(2026, 1, 5))  # noqa: DTZ001 - that is the fault


# A host that runs ---------------------------------------------------------------------------------


@awaited
async def test_what_came_due_while_all_was_down_fires_in_its_order(stores: Stores) -> None:
    clock = ManualClock()
    names = [f"chat-{number}" for number in range(40)]
    async with Host(stores(), [kettle()], clock=clock) as host:
        begin = clock.now()
        for number, name in random.Random(4).sample(list(enumerate(names)), len(names)):
            clock.set(begin + number * timedelta(minutes=1))
            await opened(host, name)
    clock.set(begin + 3 * DAY)
    noted = Noting()
    async with quick(Host(stores(), [kettle()], clock=clock, observer=noted)) as host:
        async with Running(host):
            await until(lambda: noted.counts["fired"] == len(names))
        assert noted.late == sorted(noted.late, reverse=True)
        for number, name in enumerate(names):
            (entry,) = await fired(host, name)
            assert entry.late == 3 * DAY - HOUR - number * timedelta(minutes=1)
            assert (entry.at, entry.state) == (clock.now(), "home")


@awaited
async def test_a_host_wakes_for_a_timer_that_is_due_before_it_would_look(stores: Stores) -> None:
    clock = FastClock(18_000)
    async with quick(Host(stores(), [kettle()], clock=clock), look=60) as host, Running(host):
        await asyncio.sleep(0.05)
        await opened(host, "break", choice="wait")
        await opened(host, "chat")
        async with asyncio.timeout(10):
            async for entry in host.events("chat"):
                if entry.kind == "fired":
                    break
        (entry,) = await fired(host, "chat")
        assert entry.late is None or entry.late < 4 * HOUR
        assert await fired(host, "break") == []


@awaited
async def test_timers_fire_once_with_two_hosts_on_one_store(stores: Stores) -> None:
    clock = ManualClock()
    names = [f"chat-{number}" for number in range(60)]
    noted = Noting()
    one = quick(Host(stores(), [kettle()], clock=clock, observer=noted))
    two = quick(Host(stores(), [kettle()], clock=clock, observer=noted))
    async with one, two:
        await opened(one, *names)
        clock.advance(2 * HOUR)
        async with Running(one, two):
            await asyncio.gather(*(host.fire_due(7) for host in (one, two) for _ in range(3)))
            await until(lambda: noted.counts["fired"] >= len(names))
            await asyncio.sleep(0.1)
        assert noted.counts["fired"] == len(names)
        for name in names:
            assert len(await fired(two, name)) == 1


@awaited
async def test_hosts_that_have_the_same_conversation_leave_it_to_the_faster(
    stores: Stores,
) -> None:
    clock = ManualClock()
    noted = Noting()
    one = quick(Host(stores(), [kettle()], clock=clock), lease=0)
    two = quick(Host(stores(), [kettle()], clock=clock, observer=noted), lease=0)
    async with one, two:
        await opened(one, "chat", "chit")
        clock.advance(2 * HOUR)
        claim = two.store.claim

        async def late(now: datetime, most: int, lease: float) -> object:
            found = await claim(now, most, lease)
            two.store.claim = claim  # type: ignore[method-assign]
            assert await one.fire_due() == 2
            return found

        two.store.claim = late  # type: ignore[method-assign, assignment]
        assert await two.fire_due() == 0
        assert noted.counts == {"conflict": 2}
        assert two.running.stuck == {}
        for name in ("chat", "chit"):
            assert len(await fired(two, name)) == 1


@awaited
async def test_a_deadline_that_passes_between_two_inputs_makes_the_second_one_stale(
    stores: Stores,
) -> None:
    clock = ManualClock()
    async with quick(Host(stores(), [kettle()], clock=clock)) as host, Running(host):
        await opened(host, "chat")
        shown = await host.submit("chat", Choose("stir"))
        clock.advance(HOUR)
        with pytest.raises(StaleTurn) as raised:
            await host.submit("chat", Choose("stir", shown.turn.number))
        assert raised.value.present.turn.state == "home"
        assert [line.text for line in raised.value.present.turn.lines] == ["Tea!"]
        assert len(await fired(host, "chat")) == 1


@awaited
async def test_a_timer_that_was_taken_back_fires_again(stores: Stores) -> None:
    clock = ManualClock()
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "chat")
        clock.advance(3 * HOUR)
        assert await host.fire_due() == 1
        answer = await host.undo("chat")
        assert answer.turn.state == "kitchen"
        (due,) = answer.turn.deadlines
        assert due.left == HOUR
        assert await host.fire_due() == 0
        clock.advance(HOUR)
        assert await host.fire_due() == 1
        first, second = await fired(host, "chat")
        assert (first.late, second.late) == (2 * HOUR, None)
        keys = [entry.key for entry in await host.store.log(answer.conversation) if entry.key]
        assert keys == ["timer:kettle:1", "timer:kettle:2"]


@awaited
async def test_what_a_host_had_claimed_when_it_ended_fires_with_the_next(stores: Stores) -> None:
    clock = ManualClock()
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "claimed", "stored")
        clock.advance(2 * HOUR)
        (record, other) = await host.store.claim(clock.now(), 2, 0.2)
        for each in (record, other):
            if each.reference == "stored":  # and it ended before it heard of that
                change = await host.running._fired(each, clock.now())
                assert change is not None
                assert await host.store.commit_all([change.change]) == ["stored"]
    noted = Noting()
    async with quick(Host(stores(), [kettle()], clock=clock, observer=noted)) as host:
        async with Running(host):
            await until(lambda: noted.counts["fired"])
            await asyncio.sleep(0.1)
        assert noted.counts["fired"] == 1
        assert len(await fired(host, "claimed")) == len(await fired(host, "stored")) == 1


@awaited
async def test_a_host_that_is_stopped_finishes_what_it_has_begun(stores: Stores) -> None:
    clock = ManualClock()
    async with quick(Host(stores(), [kettle()], clock=clock), lease=60) as host:
        await opened(host, "chat")
        clock.advance(2 * HOUR)
        claim, claimed = host.store.claim, asyncio.Event()

        async def slow(now: datetime, most: int, lease: float) -> object:
            found = await claim(now, most, lease)
            claimed.set()
            await asyncio.sleep(0.05)
            return found

        host.store.claim = slow  # type: ignore[method-assign, assignment]
        async with Running(host):
            await claimed.wait()
        assert len(await fired(host, "chat")) == 1


# What cannot fire ---------------------------------------------------------------------------------


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
    async with asyncio.timeout(5):
        await alarm.sleep(now + HOUR, 3600)
    alarm.listen()
    alarm.ring(now + HOUR)  # later than what is slept until
    await alarm.sleep(now, 0.01)
    assert now > alarm.until


# One by one ---------------------------------------------------------------------------------------


@awaited
async def test_a_conversation_that_somebody_works_on_is_waited_for(stores: Stores) -> None:
    clock = ManualClock()
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "chat", "gone", "chit")
        clock.advance(2 * HOUR)
        ids = {name: (await host.read(name)).conversation for name in ("chat", "gone")}
        for name in ids.values():
            await host.touching.enter(name)
        task = asyncio.create_task(host.fire_due())
        async with asyncio.timeout(20):
            while not await fired(host, "chit"):
                await asyncio.sleep(0.01)
        assert await host.store.delete(ids["gone"])
        for name in ids.values():
            host.touching.holding.drop(name)
            host.touching.leave(name)
        assert await task == 2
        assert len(await fired(host, "chat")) == 1


@awaited
async def test_what_has_gone_on_since_it_was_claimed_is_left_as_it_is() -> None:
    store, clock = Failing(), ManualClock()
    async with Host(store, [kettle()], clock=clock) as host:
        await opened(host, "chat")
        clock.advance(2 * HOUR)
        claimed = await store.claim(clock.now(), 1, 0)
        await host.submit("chat", Tick())

        async def earlier(now: datetime, most: int, lease: float) -> Sequence[Record]:
            return claimed

        store.claim = earlier  # type: ignore[method-assign]
        assert await host.fire_due() == 0
        assert len(await fired(host, "chat")) == 1


@awaited
async def test_one_by_one_what_fails_is_left_alone_too(stores: Stores) -> None:
    clock = ManualClock()
    async with Host(stores(), [kettle()], clock=clock) as host:
        await opened(host, "loop", choice="dance")
        clock.advance(2 * HOUR)
        name = (await host.read("loop")).conversation
        await host.touching.enter(name)
        task = asyncio.create_task(host.fire_due())
        await asyncio.sleep(0.05)
        host.touching.leave(name)
        assert await task == 0
        assert list(host.running.stuck) == [name]


@awaited
async def test_a_host_runs_once() -> None:
    async with Host("memory:", [kettle()], clock=ManualClock()) as host, Running(host):
        with pytest.raises(CallerError, match="runs already"):
            await host.run()


@awaited
async def test_a_fault_of_the_program_ends_the_run() -> None:
    class Broken(ManualClock):
        broken = False

        def now(self) -> datetime:
            now = super().now()
            return now.replace(tzinfo=None) if self.broken else now

    clock = Broken()
    async with Host("memory:", [kettle()], clock=clock) as host:
        await opened(host, "chat")
        clock.broken = True
        with pytest.raises(ValueError, match="with a time zone"):
            await host.run()
