"""What a host counts, as a page that Prometheus reads: on this machine alone.

    async with exposed(watching, store, 9100) as address: ...

Who wants it to be read from elsewhere puts a server in front of it that knows whom to let in.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from heartline.errors import CallerError, HostError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from heartline.host.store import Store
    from heartline.host.watching import Watching

__all__ = ["exposed"]

_HERE = "127.0.0.1"
_LOOK = 15.0  # seconds between two counts of what the store holds, as Prometheus asks by default


@asynccontextmanager
async def exposed(watching: Watching, store: Store, port: int) -> AsyncIterator[str]:
    """Serve the page, and give its address; with port 0 on one that is free. `store` is open.

    Raises CallerError where the port cannot be had, or `watching` counts nothing.
    """
    from prometheus_client import start_http_server

    try:
        server, thread = start_http_server(port, _HERE, watching.registry)
    except OSError as error:
        raise CallerError(
            f"Metrics cannot be served on port {port} of {_HERE}: "
            f"{(error.strerror or str(error)).lower()}. Take another port, or 0 for any that is "
            "free."
        ) from None
    counting = asyncio.create_task(_count(watching, store))
    try:
        yield f"http://{_HERE}:{server.server_port}/metrics"
    finally:
        counting.cancel()
        await asyncio.wait((counting,))
        await asyncio.to_thread(server.shutdown)
        thread.join()
        server.server_close()


async def _count(watching: Watching, store: Store) -> None:
    """Keep what is told of the store's size up to date, whenever it answers."""
    while True:
        with suppress(HostError):
            watching.hold(await store.counts())
        await asyncio.sleep(_LOOK)
