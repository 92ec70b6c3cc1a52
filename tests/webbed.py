"""The HTTP API, as tests ask it: in this process, or at a port where streams matter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from heartline import ManualClock, Scenario
from heartline.frontends.web.app import make_app
from heartline.frontends.web.serving import address_of, bound, serve
from heartline.frontends.web.settings import Settings
from heartline.host import Host
from hosting import inn

FREE = Settings(rate_address="", rate_begin="", rate_conversation="")


class Client:
    """Somebody with a token, or without."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        self.http = http
        self.token = token

    async def ask(
        self, method: str, path: str, body: Any = None, /, **headers: str | None
    ) -> httpx.Response:
        """Send a request; `if_match="3"` is the header If-Match: "3"."""
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        if "if-match" in sent:
            sent["if-match"] = f'"{sent["if-match"]}"'
        return await self.http.request(method, path, json=body, headers=sent)

    async def view(self) -> dict[str, Any]:
        answer = await self.ask("GET", "conversation")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def choose(self, choice: str, **headers: str | None) -> dict[str, Any]:
        answer = await self.ask("POST", "conversation/inputs", {"choose": choice}, **headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def begin(self, scenario: str = "inn", **wanted: Any) -> dict[str, Client]:
        """Begin a conversation; gives somebody for each seat."""
        answer = await self.ask("POST", "conversations", {"scenario": scenario, **wanted})
        assert answer.status_code == 201, answer.text
        return {
            role: Client(self.http, token) for role, token in answer.json()["capabilities"].items()
        }


class Place:
    """A host with its application, and somebody who asks it."""

    def __init__(self, host: Host, app: Any, clock: ManualClock, client: Client) -> None:
        self.host = host
        self.app = app
        self.clock = clock
        self.client = client

    @property
    def address(self) -> str:
        return str(self.client.http.base_url)


Play = Callable[[Place], Awaitable[None]]


@asynccontextmanager
async def _host(scenario: Scenario | None, url: str) -> AsyncIterator[tuple[Host, ManualClock]]:
    clock = ManualClock()
    async with Host(url, [scenario or inn()], clock=clock) as host:
        yield host, clock


def asked(
    play: Play, *, settings: Settings = FREE, scenario: Scenario | None = None,
    url: str = "memory:", **options: Any,
) -> None:  # fmt: skip
    """Ask an application in this process."""

    async def main() -> None:
        async with _host(scenario, url) as (host, clock):
            app = make_app(host, settings=settings, **options)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://here/api/v1/"
            ) as http:
                await play(Place(host, app, clock, Client(http)))

    asyncio.run(main())


def served(
    play: Play, *, settings: Settings = FREE, scenario: Scenario | None = None,
    url: str = "memory:", proxies: Sequence[str] = (), **options: Any,
) -> None:  # fmt: skip
    """Ask a server at a port of its own."""

    async def main() -> None:
        async with _host(scenario, url) as (host, clock):
            app = make_app(host, settings=settings, **options)
            place = bound("127.0.0.1", 0)
            address = address_of(place)
            serving = asyncio.create_task(
                serve(app, place, settings, proxies=proxies, ending=app.state.streams.close)
            )
            try:
                async with httpx.AsyncClient(
                    base_url=f"{address}api/v1/", timeout=30, trust_env=False,
                    limits=httpx.Limits(max_connections=None),
                ) as http:  # fmt: skip
                    await play(Place(host, app, clock, Client(http)))
            finally:
                serving.cancel()
                await asyncio.wait((serving,))

    asyncio.run(main())


async def events(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The entries that come over a stream."""
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
