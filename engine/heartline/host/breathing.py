"""Long work gives way: others in the same event loop get a turn every few milliseconds.

SQLite answers without letting go of the loop, and so does the store in memory. What looks at
thousands of conversations would hold up a program that serves people meanwhile.
"""

from __future__ import annotations

import asyncio
import time

__all__ = ["Breathing"]

_LONGEST = 0.005  # seconds without a pause


class Breathing:
    """Counts the time since the last pause of some work."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def breathe(self) -> None:
        """Let others have a turn, if they have waited for long."""
        if time.monotonic() - self._since > _LONGEST:
            await asyncio.sleep(0)
            self._since = time.monotonic()
