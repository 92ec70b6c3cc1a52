"""A server for assistants. A part of `heartline mcp`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from heartline.cli.demonstrating import running_clock, told
from heartline.cli.guard import DONE
from heartline.cli.operating import opened, say
from heartline.cli.working import until_told
from heartline.clock import FastClock, SystemClock
from heartline.conversation import load
from heartline.errors import CallerError
from heartline.host.host import Host
from heartline.loader import find_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.clock import Clock

__all__ = ["assist"]

_MEMORY = "memory:"
_NONE = (
    "So there is nothing to play: mend what is wrong, with the help of heartline check, and start "
    "this again."
)


def assist(scenarios: Sequence[str], url: str, port: int | None, speed: float | None) -> int:
    """Serve until the client has gone, or Ctrl-C or SIGTERM; gives the exit code. Without a port
    that is on standard input and output. A scenario that does not load keeps nobody from the
    others; where none does, or where it cannot begin, HeartlineError is raised."""
    try:
        import heartline.frontends.mcp.serving  # noqa: F401 - only to see whether it can be
    except ImportError as missing:
        raise CallerError(
            f"heartline mcp needs the package {(missing.name or 'mcp').partition('.')[0]}, which "
            "is not installed: pip install 'heartline[mcp]'."
        ) from None
    if url != _MEMORY:
        opened(url, new=True)  # what is wrong with the name is said first
    for name in scenarios:
        if not find_scenario(name).exists():
            load(name)  # which says so
    asyncio.run(until_told(_assist(scenarios, url, port, speed)))
    return DONE


async def _assist(
    scenarios: Sequence[str], url: str, port: int | None, speed: float | None
) -> None:
    from heartline.frontends.mcp.serving import serve_http, serve_stdio

    async with AsyncExitStack() as stack:
        clock = await _clock(stack, url, speed)
        store = _MEMORY if url == _MEMORY else opened(url, new=True)
        host = Host(store, scenarios, clock=clock)
        await stack.enter_async_context(host)
        # A stored version that does not load is in both.
        wrong = dict.fromkeys((*host.unavailable.values(), *host.versions.notes))
        for sentence in (*wrong, told(clock)):
            if sentence is not None:
                say(sentence)
        if not host.versions.own:
            raise CallerError(_NONE)
        if url == _MEMORY:
            say(
                "Conversations end with this program: with --store sqlite:///heartline.db they are "
                "kept."
            )
        if port is None:
            if sys.stdin.isatty():
                say(
                    "An assistant's program starts this by itself, and speaks with it here. Ctrl-C "
                    "ends it."
                )
            await serve_stdio(host)
        else:
            await serve_http(
                host,
                port,
                lambda address: say(f"Assistants reach it at {address}. Ctrl-C ends it."),
            )


async def _clock(stack: AsyncExitStack, url: str, speed: float | None) -> Clock:
    if url != _MEMORY:
        return await stack.enter_async_context(running_clock(lambda: opened(url, new=True), speed))
    return SystemClock() if speed is None else FastClock(speed)
