"""An application at a port, for as long as it is let run.

The server's own log is off: it has lines with addresses of requests and with what errors say. What
an operator is to know is noted elsewhere, without either.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from uvicorn import Config, Server

from heartline.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from starlette.types import ASGIApp

    from heartline.frontends.web.settings import Settings

__all__ = ["address_of", "bound", "make_room", "serve"]

_GRACE = 5  # seconds for what is under way when it is all to end
_STALLED = 60_000  # milliseconds after which the system drops a client that takes nothing more
_CONNECTIONS = 65_536
_QUEUE = 2048  # connections that may wait


def bound(address: str, port: int) -> socket.socket:
    """A socket at this address; with port 0 at one that is free. Raises CallerError."""
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        place = socket.create_server((address, port), family=family, backlog=_QUEUE)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CallerError(
            f"Port {port} of {address} cannot be had: {why.lower()}. Take another port, or 0 for "
            "any that is free."
        ) from None
    # What is set here the connections have too.
    place.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # Else an answer's second part waits 40 ms for the first to be acknowledged.
    place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        place.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED)
    return place


def make_room() -> None:
    """Let this program have as many connections as the system grants it: each stream is one, and
    what it begins with is often 1024. Nothing where a system knows no such limit."""
    try:
        import resource
    except ImportError:
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = _CONNECTIONS if most == resource.RLIM_INFINITY else min(most, _CONNECTIONS)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def address_of(place: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = place.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def serve(
    app: ASGIApp,
    place: socket.socket,
    settings: Settings,
    *,
    proxies: Sequence[str] = (),
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve until this is cancelled; then what is under way has a few seconds. `proxies` are the
    addresses whose word is taken for where a request comes from. `ending` is called first when it
    ends, so that streams do."""
    config = Config(
        app, lifespan="off", log_config=None, log_level="critical", access_log=False,
        server_header=False, proxy_headers=bool(proxies), forwarded_allow_ips=list(proxies),
        ws_max_size=settings.most_body, ws_per_message_deflate=False, timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE, backlog=_QUEUE,
    )  # fmt: skip
    server = _Server(config)
    serving = asyncio.create_task(server.serve([place]))
    try:
        await asyncio.shield(serving)
    finally:
        ending()
        server.should_exit = True
        with suppress(Exception):  # what went wrong has been raised
            await serving
        place.close()


class _Server(Server):
    """Leaves signals to the program that it is a part of."""

    def capture_signals(self) -> AbstractContextManager[Any]:  # type: ignore[override]
        return nullcontext()
