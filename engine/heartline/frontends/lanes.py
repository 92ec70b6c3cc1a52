"""What comes in is done in order within a lane, and the lanes beside each other.

    lanes = Lanes(hear)
    lanes.add(message.chat, message)
    await lanes.settled(2.0)

A lane is a person, say: one for whom something takes long holds up nobody else. How much waits in a
lane, and how many go on at once, is bounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

__all__ = ["Lanes"]

T = TypeVar("T")


class Lanes(Generic[T]):
    """`do` raises nothing; `at_once` are the lanes that go on beside each other, `waiting` is how
    much one of them takes."""

    def __init__(
        self, do: Callable[[T], Awaitable[None]], *, at_once: int = 256, waiting: int = 200
    ) -> None:
        self._do = do
        self._waiting = waiting
        self._room = asyncio.Semaphore(at_once)
        self._lanes: dict[Hashable, deque[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, lane: Hashable, thing: T) -> bool:
        """Have this done after all else in its lane; false where too much waits there."""
        queue = self._lanes.get(lane)
        if queue is None:
            queue = self._lanes[lane] = deque()
            task = asyncio.create_task(self._go(lane, queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if len(queue) >= self._waiting:
            return False
        queue.append(thing)
        return True

    async def settled(self, seconds: float) -> None:
        """Wait until all is done, but no longer than this."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def close(self) -> None:
        """Leave what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _go(self, lane: Hashable, queue: deque[T]) -> None:
        async with self._room:
            while queue:
                await self._do(queue.popleft())
            del self._lanes[lane]
