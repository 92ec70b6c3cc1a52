"""Commits that come while others are on their way go together, as one set.

Most of what a commit costs, for the server as for whoever asks it, is the question itself. So while
two are on their way, those that come after them wait for the first to be back and then share a
transaction. Nobody waits for longer than that, and where only one or two are sent at a time nothing
is gathered. What becomes of one says nothing of the others. With sixteen at once a turn takes a
third less of this program's time and a quarter more turns are stored than without.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from heartline.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from heartline.host.values import Change

__all__ = ["Sets"]

_WAYS = 2  # on their way at a time
_MOST = 64  # changes in a set


class Sets:
    """Sends changes by `one`, or by `many` those that have gathered."""

    def __init__(
        self,
        one: Callable[[Change], Awaitable[str]],
        many: Callable[[Sequence[Change]], Awaitable[Sequence[str]]],
    ) -> None:
        self._one = one
        self._many = many
        self._away = 0
        self._waiting: deque[tuple[Change, asyncio.Future[str]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, change: Change) -> str:
        """What becomes of a change."""
        if self._away >= _WAYS:
            future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self._waiting.append((change, future))
            return await future
        self._away += 1
        try:
            return await self._one(change)
        finally:
            self._back()

    def _back(self) -> None:
        """One is back: what has gathered goes."""
        if not self._waiting:
            self._away -= 1
            return
        task = asyncio.get_running_loop().create_task(self._send())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        together: dict[str, tuple[Change, asyncio.Future[str]]] = {}
        later: list[tuple[Change, asyncio.Future[str]]] = []
        while self._waiting and len(together) < _MOST:
            change, future = self._waiting.popleft()
            if change.record.id in together:
                later.append((change, future))  # two changes of one are never in a set
            elif not future.done():  # who was cancelled wants nothing stored
                together[change.record.id] = change, future
        self._waiting.extendleft(reversed(later))
        try:
            await self._settle(list(together.values()))
        finally:
            self._back()

    async def _settle(self, together: list[tuple[Change, asyncio.Future[str]]]) -> None:
        try:
            if len(together) == 1:
                outcomes: Sequence[str] = [await self._one(together[0][0])]
            else:
                outcomes = await self._many([change for change, _ in together])
        except CallerError as error:
            # One of them cannot be stored at all; the others are not to blame.
            if len(together) > 1:
                for each in together:
                    await self._settle([each])
            else:
                _tell(together[0][1], error)
        except BaseException as error:
            for _, future in together:
                _tell(future, error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, future), outcome in zip(together, outcomes, strict=True):
                _tell(future, outcome)


def _tell(future: asyncio.Future[str], outcome: str | BaseException) -> None:
    if future.done():
        return  # it was cancelled in between
    if isinstance(outcome, asyncio.CancelledError):
        future.cancel()
    elif isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
