"""The three ways to follow a conversation: server-sent events, a long poll, a WebSocket.

All of them begin after the entry that they are told, so that who comes back misses nothing.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from heartline.errors import HeartlineError
from heartline.frontends.web.problems import Problem, of_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from heartline.frontends.web.settings import Settings
    from heartline.frontends.web.streams import Shown, Stream

__all__ = ["EventStream", "LongPoll", "converse"]

_PING = b": ping\n\n"
_STARTED = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy passes each event on at once
)
_GONE = (asyncio.TimeoutError, OSError, WebSocketDisconnect)


class EventStream(Response):
    """Server-sent events: each entry has its number as the id, and the name "happened". Where
    nothing more comes, since the conversation was deleted, say, it ends with a comment that says
    why: whoever asks again then has a problem with a sentence."""

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, settings: Settings) -> None:
        super().__init__(None, 200)
        self._stream = stream
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        async with _left(self._stream, receive):
            with suppress(*_GONE):  # a client that is gone, or too slow: it comes back
                await self._send(send)

    async def _send(self, send: Send) -> None:
        role, patience = self._stream.seat.role, self._settings.patience

        async def out(body: bytes, *, more: bool = True) -> None:
            async with asyncio.timeout(patience):
                await send({"type": "http.response.body", "body": body, "more_body": more})

        await send({"type": "http.response.start", "status": 200, "headers": list(_STARTED)})
        await out(b": after %d\n\n" % self._stream.after)
        while True:
            shown = await _next(self._stream, self._settings.ping)
            if shown:
                await out(b"".join([_event(each, role) for each in shown]))
            elif self._stream.ended is not None:
                await out(f": {self._stream.ended}\n\n".encode(), more=False)
                return
            else:
                await out(_PING)


def _event(shown: Shown, role: str) -> bytes:
    head = f"id: {shown.happened.sequence}\nevent: happened\ndata: "
    return f"{head}{shown.text(role)}\n\n".encode()


class LongPoll(Response):
    """What has happened since, as one JSON object, as soon as there is something."""

    media_type = "application/json"

    def __init__(self, stream: Stream, seconds: float) -> None:
        super().__init__(None, 200)
        self._stream = stream
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with _left(self._stream, receive):
            shown = await _next(self._stream, self._seconds)
        role = self._stream.seat.role
        events = ",".join([each.text(role) for each in shown])
        told = json.dumps({"sequence": self._stream.after, "ended": self._stream.ended})
        body = f'{{"events":[{events}],{told[1:]}'.encode()
        await Response(body, media_type=self.media_type)(scope, receive, send)


async def converse(
    websocket: WebSocket,
    stream: Stream,
    settings: Settings,
    act: Callable[[Any], Awaitable[dict[str, Any]]],
) -> None:
    """Send what happens, and let happen what comes; the socket was accepted. `act` answers a
    message, whose members are not checked yet. Raises nothing."""

    async def out(text: str) -> None:
        async with asyncio.timeout(settings.patience):
            await websocket.send_text(text)

    async def tell() -> None:
        while stream.ended is None:
            for shown in await _next(stream, settings.ping):
                await out(shown.text(stream.seat.role))
        await websocket.close(1000 if stream.ended != "server_ends" else 1012, stream.ended)

    telling = asyncio.create_task(tell())
    hearing = asyncio.create_task(_hear(websocket, out, act))
    try:
        await asyncio.wait((telling, hearing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stream.close()
        for task in (telling, hearing):
            task.cancel()
        await asyncio.wait((telling, hearing))
    for task in (telling, hearing):
        if not task.cancelled() and (error := task.exception()) is not None:
            if not isinstance(error, (*_GONE, RuntimeError)):
                raise error
            with suppress(*_GONE, RuntimeError):  # it was closed already
                await websocket.close(1011)


async def _hear(
    websocket: WebSocket,
    out: Callable[[str], Awaitable[None]],
    act: Callable[[Any], Awaitable[dict[str, Any]]],
) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        try:
            given = json.loads(text) if text is not None else None
        except ValueError:
            given = None
        told = {"id": _id(given)}
        try:
            told["answer"] = await act(given)
        except Problem as problem:
            told["problem"] = problem.told()
        except HeartlineError as error:
            told["problem"] = of_error(error).told()
        await out(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _id(given: Any) -> Any:
    """What a message is called by who sent it."""
    name = given.get("id") if isinstance(given, dict) else None
    return name if isinstance(name, str) and len(name) <= 200 else None


async def _next(stream: Stream, seconds: float) -> list[Shown]:
    try:
        return await stream.next(seconds)
    except HeartlineError:
        stream.end("unavailable")
        return []


@asynccontextmanager
async def _left(stream: Stream, receive: Receive) -> AsyncIterator[None]:
    """Close the stream in the end, and end it as soon as its client is gone."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        stream.end("gone")

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        stream.close()
        watching.cancel()
        await asyncio.wait((watching,))
