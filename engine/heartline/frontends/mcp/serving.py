"""The server at work: on standard input and output, or over HTTP on this machine alone.

Standard output belongs to the protocol: while it is served the SDK keeps it to itself, and what
others print goes to standard error.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from heartline.errors import CallerError
from heartline.frontends.mcp.server import make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

    from heartline.host.host import Host

__all__ = ["serve_http", "serve_stdio"]

_HERE = "127.0.0.1"


async def serve_stdio(host: Host) -> None:
    """Serve one client until it goes away, while the host runs. `host` is open."""
    _log()
    await _beside(host, make_server(host).run_stdio_async())


async def serve_http(host: Host, port: int, tell: Callable[[str], None]) -> None:
    """Serve clients on this machine until this is cancelled, while the host runs. `tell` is given
    the address; port 0 takes one that is free. Raises CallerError where the port cannot be had.

    A page in a browser cannot reach it under another name: Host and Origin are checked.
    """
    _log()
    app = make_server(host).streamable_http_app(host=_HERE)
    with _listening(port) as listening:
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, lifespan="on"
        )
        server = _Served(config)
        tell(f"http://{_HERE}:{listening.getsockname()[1]}/mcp")
        await _beside(host, _until_cancelled(server, listening))


async def _beside(host: Host, work: Coroutine[Any, Any, None]) -> None:
    """Do it while the host's timers fire, until it is done or the host has broken."""
    tasks = asyncio.create_task(host.run()), asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _until_cancelled(server: uvicorn.Server, listening: socket.socket) -> None:
    task = asyncio.create_task(server.serve([listening]))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        server.should_exit = True
        await task
        raise


class _Served(uvicorn.Server):
    """A server whose program hears of signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((_HERE, port))
    except OSError as error:
        raise CallerError(
            f"Port {port} of {_HERE} cannot be had: {os.strerror(error.errno or 0).lower()}. Take "
            "another one, or 0 for any that is free."
        ) from None


def _log() -> None:
    """What the SDK has to say goes to standard error, as plain lines, and only if it matters."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
