"""Wakes a loop of this process that sleeps, when something comes up before it would have looked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

__all__ = ["Alarm"]

_NEVER = datetime.min.replace(tzinfo=UTC)
_ANY = datetime.max.replace(tzinfo=UTC)


class Alarm:
    """One loop listens, asks what is next, and sleeps until then; others ring.

    `until` is the moment before which something has to be due so that it is rung for. It is the
    earliest of all while nobody listens, so that asking costs a comparison.
    """

    __slots__ = ("_rung", "until")

    def __init__(self) -> None:
        self.until: datetime = _NEVER
        self._rung = asyncio.Event()

    def listen(self) -> None:
        """From now on, until the end of the next sleep, nothing is missed."""
        self._rung.clear()
        self.until = _ANY

    def ring(self, due: datetime) -> None:
        """Something is due then; called only where that is before `until`."""
        self.until = due
        self._rung.set()

    async def sleep(self, until: datetime, seconds: float) -> None:
        """Sleep for so many seconds, after which it is `until`; less if something is due before."""
        try:
            if self._rung.is_set() and self.until < until:
                return
            self._rung.clear()
            self.until = until
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            pass
        finally:
            self.until = _NEVER
