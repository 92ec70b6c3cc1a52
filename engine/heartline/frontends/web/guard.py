"""What holds for every request, before anything reads it: whom it is for, where it comes from, how
large it is, how often; and for every answer: what a browser may do with it.

What nobody has foreseen is caught here too. It is a problem with a sentence for the caller, and a
line with its name and place for the operator: none holds a text, a token or a person's address.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from heartline.frontends.web.problems import Problem, of_status
from heartline.frontends.web.rates import Rate, network_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from heartline.frontends.web.settings import Settings

__all__ = ["LOGGER", "POLICY", "Catching", "Guard", "note"]

LOGGER = "heartline.host.web"

# What a page may do: its own script and style, and nothing from anywhere else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}
_READING = {"GET", "HEAD", "OPTIONS"}


class Guard:
    """Stands before an application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._rate = Rate("requests from your address", settings.rate_address)
        self._hosts = {host.lower() for host in settings.hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = message["headers"] = list(message.get("headers", ()))
                given = {name.lower() for name, _ in headers}
                headers += [each for each in _HEADERS.items() if each[0] not in given]
            await send(message)

        read = 0

        async def bounded() -> Message:
            nonlocal read
            try:
                async with asyncio.timeout(self._settings.patience):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            read += len(message.get("body", b""))
            if read > self._settings.most_body:
                raise HTTPException(413)
            return message

        try:
            self._check(scope)
        except Problem as problem:
            await _answer(problem, scope, receive, guarded)
            return
        reading = scope.get("method", "GET") in _READING  # a stream waits for its client to go
        await self._app(scope, receive if reading else bounded, guarded)

    def _check(self, scope: Scope) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self._hosts and _name(host) not in self._hosts:
            raise Problem(421, "misdirected_request", "This server does not answer to that name.")
        method = scope.get("method", "")
        origin = headers.get(b"origin")
        if origin is not None and method not in _READING:
            self._check_origin(origin.decode("latin-1"), host)
        client = scope.get("client")
        self._rate.check(network_of(client[0]) if client else "")
        if method in _READING:
            return
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > self._settings.most_body:
            raise of_status(413)
        sent = length not in (b"", b"0") or b"transfer-encoding" in headers
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if sent and kind != b"application/json":
            raise Problem(
                415, "unsupported_media_type", "Send JSON, with Content-Type: application/json."
            )

    def _check_origin(self, origin: str, host: str) -> None:
        """A page of another site does not act here, whatever it has got hold of."""
        if origin in self._settings.origins:
            return
        if origin == "null" or urlsplit(origin).netloc.lower() != host:
            raise Problem(
                403, "foreign_origin", "A page of another site asks for this: the operator can "
                "allow its origin.",
            )  # fmt: skip


class Catching:
    """Stands within an application, and lets nothing out that went wrong in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 - the last one that catches
            note("request failed", error)
            if started:
                raise _Broken from None  # the server closes the connection
            await _answer(of_status(500), scope, receive, send)


class _Broken(Exception):
    """An answer broke off that had begun. What broke it has been noted."""


async def _answer(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.code})
        return
    await problem.response()(scope, receive, send)


def _name(host: str) -> str:
    """A host without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def note(what: str, error: BaseException) -> None:
    """Tell the operator of an error that nobody has foreseen: its kind, and where in the code it
    arose. What it says may be what somebody typed, and is left out."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
    extra = {"kind": type(error).__name__, "where": where}
    logging.getLogger(LOGGER).error(what, extra=extra)
