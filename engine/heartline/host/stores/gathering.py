"""Commits of many conversations at once, stored in one transaction.

Each change is still whole or not there, and whoever sent it hears of it once all are in the file.
What a transaction costs, above all the wait for the disk, they share. One that comes alone is
stored at once: to look whether others come too would cost it a turn of the event loop. So that is
looked for now and then, and done for as long as others do come.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from heartline.host.values import Change

__all__ = ["Gathering"]

_MOST = 256  # changes in one transaction: so that another program gets its turn
_LOOK = 32  # commits that come alone until it is looked again whether others come too


class Gathering:
    """Gathers changes; `one` and `many` store them."""

    def __init__(
        self,
        one: Callable[[Change], Awaitable[str]],
        many: Callable[[list[Change]], Awaitable[Sequence[str]]],
    ) -> None:
        self._one = one
        self._many = many
        self._waiting: list[tuple[Change, asyncio.Future[str]]] = []
        self._task: asyncio.Task[None] | None = None
        self._alone = 0  # commits that may still go alone

    async def commit(self, change: Change) -> str:
        """Store a change: what became of it."""
        if self._alone > 0 and self._task is None:
            self._alone -= 1
            return await self._one(change)
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((change, future))
        if self._task is None:
            self._task = asyncio.create_task(self._store())
        return await future

    async def close(self) -> None:
        """Wait until what is on its way is stored."""
        if self._task is not None:
            await self._task

    async def _store(self) -> None:
        """Store what has come until this task got its turn, and what came in the meantime."""
        some: list[tuple[Change, asyncio.Future[str]]] = []
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                self._alone = _LOOK if len(some) == 1 else 0
                try:
                    outcomes = await self._many([change for change, _ in some])
                except Exception as error:  # noqa: BLE001 - whoever waits for it raises it
                    for _, future in some:
                        if not future.done():
                            future.set_exception(error)
                else:
                    for (_, future), outcome in zip(some, outcomes, strict=True):
                        if not future.done():
                            future.set_result(outcome)
        finally:
            self._task = None
            for _, future in some + self._waiting:
                future.cancel()  # where the event loop ends in the middle; else they are done
            self._waiting = []
