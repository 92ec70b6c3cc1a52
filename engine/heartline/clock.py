"""Where the time comes from: a clock is asked, and the engine itself never looks at one."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "FastClock", "ManualClock", "SystemClock"]

STORY_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)  # a Monday morning, the same in every test


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """The present moment, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved, for stories, rehearsals and tests."""

    def __init__(self, start: datetime = STORY_START) -> None:
        self._now = _aware(start)

    def now(self) -> datetime:
        return self._now

    def advance(self, duration: timedelta) -> None:
        """Move forward; raises ValueError for a negative duration or past the year 9999."""
        if duration < timedelta(0):
            raise ValueError("time does not go back: wait for a duration of zero or more")
        try:
            self._now += duration
        except OverflowError:
            raise ValueError("the clock cannot go past the year 9999: wait for less") from None

    def set(self, moment: datetime) -> None:
        """Move to a moment, also an earlier one: undo needs it."""
        self._now = _aware(moment)


class FastClock:
    """A clock that runs `speed` times as fast as the machine's: with 86400 a day takes a second.

    It begins at `start`, or now, and never goes back, whatever becomes of the machine's. Begin a
    second time where the first has ended, or what was stored meanwhile lies in its future.
    """

    def __init__(self, speed: float, start: datetime | None = None) -> None:
        if not (math.isfinite(speed) and speed > 0):
            raise ValueError("a clock's speed is more than zero: 86400 lets a day take a second")
        self.speed = speed
        self._start = datetime.now(UTC) if start is None else _aware(start)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The present moment; at the end of the year 9999 time stands still."""
        try:
            return self._start + timedelta(seconds=(time.monotonic() - self._began) * self.speed)
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone: write datetime(..., tzinfo=UTC)")
    return moment.astimezone(UTC)
