"""What happens in conversations, for as many as want to follow it.

One reader follows the log of a conversation, however many streams of it are open, and keeps the
last entries; each is written as JSON once for each role. A stream holds nothing but the number of
the entry that it has come to. So one that is slow keeps nobody up and fills no memory: it takes
what is missing from the log when it gets round to it, and who cannot wait for it lets it go. It
comes back with that number, and has missed nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from heartline.errors import HeartlineError, UnknownConversation
from heartline.frontends.web.guard import note
from heartline.frontends.wire import as_happened
from heartline.host.values import SEATED

if TYPE_CHECKING:
    from heartline.frontends.capability import Seat
    from heartline.host.host import Host
    from heartline.host.values import Happened

__all__ = ["Shown", "Stream", "Streams"]

_KEPT = 256  # entries that a reader remembers
_PORTION = 200  # entries that a stream takes at once
_WAIT = 60.0  # seconds until a reader looks again at a conversation that is over


class Shown:
    """An entry of the log, as each role is shown it."""

    __slots__ = ("_texts", "happened")

    def __init__(self, happened: Happened) -> None:
        self.happened = happened
        self._texts: dict[str, str] = {}

    def text(self, role: str) -> str:
        """As JSON, on one line."""
        text = self._texts.get(role)
        if text is None:
            told = as_happened(self.happened, role)
            text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            self._texts[role] = text
        return text


class Streams:
    """The open streams of a host. `most` is how many one seat may have; the oldest makes room."""

    def __init__(self, host: Host, most: int) -> None:
        self.host = host
        self._most = most
        self._readers: dict[str, _Reader] = {}
        self._closed = False

    def __len__(self) -> int:
        return sum(len(reader.streams) for reader in self._readers.values())

    def follow(self, seat: Seat, after: int) -> Stream:
        """Follow a conversation from the entry after this one; `close` ends it."""
        name = seat.record.id
        reader = self._readers.get(name)
        if reader is None or reader.ended is not None:
            reader = self._readers[name] = _Reader(self.host, seat)
        mine = [each for each in reader.streams if each.seat.reference == seat.reference]
        for oldest in mine[: len(mine) + 1 - self._most]:
            oldest.end("too_many_streams")
        after = min(max(after, 0), max(reader.last, seat.record.sequence))
        stream = Stream(self, reader, seat, after)
        reader.streams[stream] = None
        if self._closed:
            stream.end("server_ends")
        return stream

    def left(self, reader: _Reader) -> None:
        """A stream of this reader was closed."""
        if not reader.streams:
            reader.stop()
            if self._readers.get(reader.conversation) is reader:
                del self._readers[reader.conversation]

    def close(self) -> None:
        """The server ends: so do all streams, whose clients may come to the next one."""
        self._closed = True
        for reader in self._readers.values():
            for stream in list(reader.streams):
                stream.end("server_ends")


class _Reader:
    """Follows one conversation for all of its streams. `ended` says why nothing more comes."""

    def __init__(self, host: Host, seat: Seat) -> None:
        self.conversation = seat.record.id
        self.last = seat.record.sequence
        self.ended: str | None = None
        self.streams: dict[Stream, None] = {}  # in the order in which they began
        self._host = host
        self._recent: deque[Shown] = deque(maxlen=_KEPT)
        self._task = asyncio.create_task(self._read())

    def stop(self) -> None:
        """Follow it no more."""
        self._task.cancel()

    def since(self, after: int) -> list[Shown] | None:
        """The entries after this one; None where they are no longer remembered."""
        if not self._recent:
            return None
        skipped = after + 1 - self._recent[0].happened.sequence
        return None if skipped < 0 else list(islice(self._recent, skipped, skipped + _PORTION))

    async def _read(self) -> None:
        try:
            self.ended = await self._follow()
        except UnknownConversation:
            self.ended = "deleted"
        except HeartlineError:
            self.ended = "unavailable"  # for now: they come again
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody waits for nothing
            self.ended = "unavailable"
            note("stream failed", error)
        self._wake()

    async def _follow(self) -> str:
        """Read until nothing more can happen; gives the reason. One that is over may go on, when
        its last step is taken back."""
        store = self._host.store
        while True:
            async for happened in self._host.events(self.conversation, self.last):
                self.last = happened.sequence
                self._recent.append(Shown(happened))
                self._wake()
            if await store.get(self.conversation) is None:
                return "deleted"
            await store.wait(self.conversation, self.last, _WAIT)

    def _wake(self) -> None:
        for stream in self.streams:
            stream.wake()


class Stream:
    """One who follows. `ended` says why nothing more comes, once that is so."""

    def __init__(self, streams: Streams, reader: _Reader, seat: Seat, after: int) -> None:
        self.seat = seat
        self.after = after
        self.ended: str | None = None
        self._streams = streams
        self._reader = reader
        self._news: asyncio.Future[None] | None = None

    async def next(self, seconds: float) -> list[Shown]:
        """What has happened since, at once where something has; nothing where so many seconds went
        by, or where it has `ended`. Raises HostError."""
        until = asyncio.get_running_loop().time() + seconds
        while self.ended is None:
            if self.after < self._reader.last:
                found = self._reader.since(self.after)
                if found is None:
                    found = await self._missed()
                return await self._taken(found)
            if self._reader.ended is not None:
                self.ended = self._reader.ended
                break
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                break
            self._news = asyncio.get_running_loop().create_future()
            await asyncio.wait((self._news,), timeout=left)
            self._news = None
        return []

    def wake(self) -> None:
        """There may be something new."""
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def end(self, why: str) -> None:
        """Nothing more is to come."""
        self.ended = self.ended or why
        self.wake()

    def close(self) -> None:
        """It is followed no more."""
        self._reader.streams.pop(self, None)
        self._streams.left(self._reader)

    async def _missed(self) -> list[Shown]:
        """Entries that the reader no longer remembers, from the log."""
        found: list[Shown] = []
        events = self._streams.host.events(self.seat.record.id, self.after)
        try:
            async for happened in events:
                found.append(Shown(happened))
                if len(found) == _PORTION or happened.sequence >= self._reader.last:
                    break
        finally:
            await events.aclose()
        return found

    async def _taken(self, found: list[Shown]) -> list[Shown]:
        """They are shown, as long as the seat is still this one's."""
        if any(each.happened.kind == SEATED for each in found):
            seated = await self._streams.host.seated(self.seat.reference)
            if seated is None or (seated[0].id, seated[1]) != (self.seat.record.id, self.seat.role):
                self.ended = "seat_lost"
                return []
        if found:
            self.after = found[-1].happened.sequence
        return found
