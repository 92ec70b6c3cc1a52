"""Who waits for the next entry of a conversation.

What this worker stores wakes them at once; what others store is found by one question for all of
them, a few times a second. PostgreSQL could say so by itself (NOTIFY), but then takes a lock that
makes all commits of a server queue up, and those are what must be quick.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from heartline.errors import HeartlineError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

__all__ = ["Waiters"]

_PAUSE = 0.2  # seconds from one question to the next


class Waiters:
    """Those who wait; `ask` gives the last entry's number of each conversation that is there."""

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, int]]]) -> None:
        self._ask = ask
        self._waiting: dict[str, dict[asyncio.Future[None], int]] = {}  # each with what it has seen
        self._task: asyncio.Task[None] | None = None

    async def wait(self, name: str, after: int, seconds: float) -> None:
        """Come back when there is an entry after this one, when the conversation is gone, or when
        so many seconds are over. Raises StoreUnavailable."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, {})[future] = after
        try:
            if (await self._ask([name])).get(name, after + 1) > after:
                return
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._look())
            await asyncio.wait((future,), timeout=seconds)
        finally:
            waiting = self._waiting.get(name, {})
            waiting.pop(future, None)
            if not waiting:
                self._waiting.pop(name, None)

    def wake(self, name: str) -> None:
        """Something has been stored in a conversation."""
        for future in self._waiting.get(name, ()):
            if not future.done():
                future.set_result(None)

    async def close(self) -> None:
        """Wake all: nobody looks any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
            self._task = None
        for name in list(self._waiting):
            self.wake(name)

    async def _look(self) -> None:
        while self._waiting:
            await asyncio.sleep(_PAUSE)
            try:
                found = await self._ask(list(self._waiting))
            except HeartlineError:
                for name in self._waiting:  # they ask themselves, and are told what is wrong
                    self.wake(name)
                return
            for name, waiting in self._waiting.items():
                if any(found.get(name, after + 1) > after for after in waiting.values()):
                    self.wake(name)
