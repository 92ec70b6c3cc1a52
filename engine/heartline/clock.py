"""Where the time comes from: a clock is asked, and the engine itself never looks at one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock"]

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


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone: write datetime(..., tzinfo=UTC)")
    return moment.astimezone(UTC)
