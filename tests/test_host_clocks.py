"""The clock of a host: set back, set forward, in a zone that changes its clocks, and run fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from heartline import Choose, ManualClock
from heartline.clock import FastClock
from heartline.host import Host
from living import awaited, stores
from timing import DAY, HOUR, Stores, fired, kettle, opened

__all__ = ["stores"]


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
