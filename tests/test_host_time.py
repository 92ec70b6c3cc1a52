"""Time in a host: timers fire once, in their order, whatever the clock and the hosts do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from heartline import Choose, ManualClock, StaleTurn, Tick
from heartline.clock import FastClock
from heartline.errors import CallerError
from heartline.host import Host, Record
from living import awaited, stores
from timing import DAY, HOUR, Failing, Noting, Running, Stores, fired, kettle, opened, quick, until

__all__ = ["stores"]


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
        async with asyncio.timeout(30):
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
