"""Lines from and to another program, on file descriptors.

Threads read and write, since not all that can be read from can be waited for: files cannot. Nobody
waits for such a thread at the end, so that a program which neither writes nor goes away keeps
nobody from ending.
"""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from typing import Self

    Result = TypeVar("Result")

__all__ = ["TOO_LONG", "Out", "lines_from"]

TOO_LONG = None  # in place of a line that is longer than it may be

_PORTION = 65_536


async def lines_from(source: int, most: int) -> AsyncGenerator[bytes | None, None]:
    """The lines of a file descriptor without their ends, and TOO_LONG once for each that has more
    than `most` bytes, whose rest is passed over. The last one need not be ended."""
    kept, skipping = b"", False
    with _Hand() as hand:
        while portion := await hand.do(lambda: _read(source)):
            *lines, kept = (kept + portion).split(b"\n")
            for line in lines:
                if skipping:
                    skipping = False  # this was the end of it
                else:
                    yield line if len(line) <= most else TOO_LONG
            if len(kept) > most:
                if not skipping:
                    yield TOO_LONG
                kept, skipping = b"", True
    if kept and not skipping:
        yield kept


class Out:
    """Whole lines to a file descriptor, one after the other, in `with Out(target) as out:`.
    `closed` once nobody reads there."""

    def __init__(self, target: int) -> None:
        self.closed = False
        self._target = target
        self._turn = asyncio.Lock()
        self._hand = _Hand()
        self._writing: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._hand.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True  # for what waits to be written still
        self._hand.__exit__()

    async def write(self, line: bytes) -> None:
        """Write a line, and wait until it is out. What is written to nobody is lost."""
        task = asyncio.create_task(self._write(line))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        await asyncio.shield(task)  # half a line would spoil the next one

    async def _write(self, line: bytes) -> None:
        async with self._turn:
            if not self.closed:
                try:
                    await self._hand.do(lambda: _write_all(self._target, line + b"\n"))
                except OSError:
                    self.closed = True


def _read(source: int) -> bytes:
    try:
        return os.read(source, _PORTION)
    except OSError:  # it is closed, or its terminal is gone
        return b""


def _write_all(target: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]


class _Hand:
    """A thread that does one thing after the other, and that nobody waits for at the end."""

    def __init__(self) -> None:
        self._wanted: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def __enter__(self) -> Self:
        threading.Thread(target=self._work, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._wanted.put(None)

    async def do(self, work: Callable[[], Result]) -> Result:
        """What this gives there. Raises OSError as it does."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def settle(result: Result | None, error: OSError | None) -> None:
            if future.done():  # nobody waits any more
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def do() -> None:
            result, error = None, None
            try:
                result = work()
            except OSError as fault:
                error = fault
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(settle, result, error)

        self._wanted.put(do)
        return await future

    def _work(self) -> None:
        while (wanted := self._wanted.get()) is not None:
            wanted()
