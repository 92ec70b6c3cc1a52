"""Turns over HTTP beside an empty route, and open streams.

A turn through the API, with conversations in memory, stands beside a route that checks the same
bodies and does nothing else. Both are served by the same server in a process of its own, and asked
by the same clients in turn; what is promised is the ratio. Then many streams are open in one
process, and what is measured is how long it takes from asking for a turn until each of those who
follow that conversation has heard of it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import statistics
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from benchmarks.durable import LETTERS
from benchmarks.targets import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

__all__ = ["findings"]

CALLERS = 8
SEATS = 2  # that follow each conversation
_HEAD = "HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer "


def findings(*, quick: bool) -> list[Finding]:
    """All of it."""
    _make_room()
    with _served() as port:
        found = asyncio.run(_rates(port, quick))
        found += asyncio.run(_streams(port, 200 if quick else 2000, 20 if quick else 200))
    found.append(_page())
    return found


# The server ---------------------------------------------------------------------------------------


@contextmanager
def _served() -> Iterator[int]:
    """The API and the empty route, in a process of their own; gives the port."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,))
    process.start()
    there.close()
    try:
        yield here.recv()  # raises EOFError where it could not begin
    finally:
        with suppress(OSError):
            here.send(None)
        process.join(20)


def _serve(told: Connection) -> None:
    _make_room()
    asyncio.run(_serving(told))


async def _serving(told: Connection) -> None:
    from heartline import loads
    from heartline.frontends.web.app import make_app
    from heartline.frontends.web.serving import bound, serve
    from heartline.frontends.web.settings import Settings
    from heartline.host import Host

    settings = Settings(rate_address="9999999/minute", rate_begin="9999999/minute",
                        rate_conversation="9999999/minute")  # fmt: skip
    async with Host("memory:", [loads(LETTERS)]) as host:
        app = make_app(host, settings=settings)
        empty = _empty()
        place = bound("127.0.0.1", 0)

        async def both(scope: Any, receive: Any, send: Any) -> None:
            await (empty if scope["path"].startswith("/empty") else app)(scope, receive, send)

        serving = asyncio.create_task(serve(both, place, settings, ending=app.state.streams.close))
        told.send(place.getsockname()[1])
        await asyncio.to_thread(told.recv)
        serving.cancel()
        await asyncio.wait((serving,))


def _make_room() -> None:
    from heartline.frontends.web.serving import make_room

    make_room()


def _empty() -> Any:
    from fastapi import FastAPI

    from heartline.frontends.web.bodies import Input

    app = FastAPI()

    async def empty(input: Any) -> dict[str, bool]:  # noqa: ARG001 - it is checked
        return {"done": True}

    empty.__annotations__["input"] = Input
    app.post("/empty")(empty)
    return app


# The clients --------------------------------------------------------------------------------------


class _Caller:
    """Asks over one connection, one request after the other: as little as a client can do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, port: int) -> _Caller:
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1_000_000))

    async def ask(self, path: str, body: bytes, token: str = "") -> bytes:
        head = f"POST {path} {_HEAD}{token}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        found = await self._reader.readuntil(b"\r\n\r\n")
        status, length = found[9:12], re.search(rb"content-length: (\d+)", found)
        assert length is not None
        answer = await self._reader.readexactly(int(length[1]))
        assert status[:1] == b"2", answer
        return answer

    async def begin(self) -> str:
        wanted = b'{"scenario": "letters", "seed": 7, "seats": ["mo"]}'
        begun = json.loads(await self.ask("/api/v1/conversations", wanted))
        return str(begun["capabilities"]["you"])

    async def follow(self, token: str) -> None:
        self._writer.write(
            f"GET /api/v1/conversation/events?after=1 {_HEAD}{token}\r\n"
            "Accept: text/event-stream\r\n\r\n".encode()
        )
        await self._reader.readuntil(b": after 1")

    async def heard(self) -> float:
        """When the next entry has come."""
        await self._reader.readuntil(b"event: happened")
        await self._reader.readuntil(b"\n\n")
        return time.perf_counter()

    def close(self) -> None:
        self._writer.close()


async def _rates(port: int, quick: bool) -> list[Finding]:
    rounds, seconds = (3, 0.3) if quick else (11, 1.0)
    callers = [await _Caller.to(port) for _ in range(CALLERS)]
    tokens = [await each.begin() for each in callers]
    body = b'{"choose": "write"}'

    async def rate(path: str) -> float:
        async def call(caller: _Caller, token: str) -> int:
            many = 0
            while time.perf_counter() - began < seconds:
                await caller.ask(path, body, token)
                many += 1
            return many

        began = time.perf_counter()
        many = sum(await asyncio.gather(*map(call, callers, tokens)))
        return many / (time.perf_counter() - began)

    ratios = []
    for path in ("/empty", "/api/v1/conversation/inputs"):
        await rate(path)
    for _ in range(rounds):
        empty = await rate("/empty")
        ratios.append(await rate("/api/v1/conversation/inputs") / empty)
    for each in callers:
        each.close()
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    what = "turns over HTTP / requests to an empty route"
    return [Finding(what, median, "x", at_least=0.5, spread=(low, high))]


async def _streams(port: int, many: int, turns: int) -> list[Finding]:
    """Open so many streams, let turns happen at a steady pace, and see when they are heard of."""
    asking = await _Caller.to(port)
    tokens = [await asking.begin() for _ in range(many // SEATS)]
    following = {token: [await _Caller.to(port) for _ in range(SEATS)] for token in tokens}
    for token, callers in following.items():
        for each in callers:
            await each.follow(token)
    taken: list[float] = []
    for number in range(turns):
        token = tokens[number * 7 % len(tokens)]
        began = time.perf_counter()
        heard = [asyncio.create_task(each.heard()) for each in following[token]]
        await asking.ask("/api/v1/conversation/inputs", b'{"choose": "write"}', token)
        taken += [(await each - began) * 1000 for each in heard]
        await asyncio.sleep(0.01)
    for callers in following.values():
        for each in callers:
            each.close()
    asking.close()
    p50, p99 = _share(taken, 0.5), _share(taken, 0.99)
    return [
        Finding(f"{many:,} open streams: a turn is heard of, median", p50, " ms"),
        Finding(f"{many:,} open streams: a turn is heard of, p99", p99, " ms", at_most=100),
    ]


def _share(taken: Sequence[float], share: float) -> float:
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]


def _page() -> Finding:
    """What a browser fetches for the page: its files, as they are sent."""
    from heartline.frontends.web.app import PAGE

    files = [path for path in sorted(PAGE.rglob("*")) if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    return Finding("the page, all of its files", size / 1024, " KB", at_most=100)
