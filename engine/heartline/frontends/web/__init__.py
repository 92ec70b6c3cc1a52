"""The front end "web": an HTTP API, and a page that uses it.

    app = heartline.frontends.web.app.make_app(host)    # an ASGI application for a server of yours

`Web` serves it at a port, as `heartline serve` and `heartline run --on web` do.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from heartline.errors import CallerError
from heartline.frontends.protocol import Capabilities

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from starlette.types import ASGIApp

    from heartline.frontends.protocol import OutEvent
    from heartline.frontends.references import ConversationReference
    from heartline.host.host import Host

__all__ = ["Web"]

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_LAST_PORT = 65_535


class Web:
    """The page and the API at a port.

    `address` is where it listens; at a local one it answers to local names only, unless `hosts`
    says to which. `origins` are other sites whose pages may use the API, and `proxies` the
    addresses of proxies whose word is taken for where a request comes from; several are separated
    by spaces. The rates are as in "60/minute" (heartline.frontends.web.settings). `author`, which
    is set afterwards, is the application of the author's view.
    """

    name = "web"
    # Whoever sits here looks for themselves: what happens comes over the streams of the API.
    capabilities = Capabilities(push=False, edits=True)

    def __init__(
        self,
        port: str = "8000",
        address: str = "127.0.0.1",
        hosts: str = "",
        origins: str = "",
        proxies: str = "",
        rate_address: str = "1200/minute",
        rate_begin: str = "60/minute",
        rate_conversation: str = "300/minute",
    ) -> None:
        """Raises CallerError where something of it cannot be."""
        from heartline.frontends.web import app, serving  # noqa: F401 - what is missing is said now
        from heartline.frontends.web.rates import Rate
        from heartline.frontends.web.settings import Settings

        for rate in (rate_address, rate_begin, rate_conversation):
            Rate("requests", rate)  # what is wrong with one is said now
        if not (port.isascii() and port.isdigit() and int(port[:6]) <= _LAST_PORT):
            raise CallerError(f"{port[:40]!r} is no port: write a number from 0 to {_LAST_PORT}.")
        local = address in (*_LOCAL, "::1")
        self._port, self._address = int(port), address
        self._proxies = tuple(proxies.split())
        self._settings = Settings(
            hosts=tuple(hosts.split()) or (_LOCAL if local else ()),
            origins=tuple(origins.split()),
            rate_address=rate_address,
            rate_begin=rate_begin,
            rate_conversation=rate_conversation,
        )
        self.author: ASGIApp | None = None
        self._place: socket.socket | None = None
        self._log = logging.getLogger("heartline.host.web")

    def bind(self) -> str:
        """Take the port, and give the address of the page. Raises CallerError."""
        from heartline.frontends.web.serving import address_of, bound

        if self._place is None:
            self._place = bound(self._address, self._port)
        return address_of(self._place)

    async def run(self, host: Host) -> None:
        """Serve until this is cancelled."""
        from heartline.frontends.web.app import make_app
        from heartline.frontends.web.serving import make_room, serve

        app = make_app(host, settings=self._settings, author=self.author)
        try:
            page = self.bind()
        except CallerError as refusal:
            self._log.error("%s", refusal)
            raise
        assert self._place is not None
        make_room()
        self._log.info("the page is at %s", page)
        if self.author is not None:
            self._log.info("the author's view is at %sauthor/", page)
        place, self._place = self._place, None
        await serve(
            app, place, self._settings, proxies=self._proxies, ending=app.state.streams.close
        )

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        """Nothing is brought: who sits here follows a stream."""
