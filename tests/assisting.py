"""What the tests of the MCP server share: an assistant, with the SDK's own client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import Client

from heartline import ManualClock, Scenario
from heartline.frontends.mcp.server import make_server
from heartline.host import Host
from hosting import host_on


class Assistant:
    """What an assistant does with a client."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def use(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool gives, as data; the text says the same."""
        told = await self.client.call_tool(tool, arguments)
        assert not told.is_error, told.content
        assert told.structured_content is not None
        assert json.loads(told.content[0].text) == told.structured_content  # type: ignore[union-attr]
        return told.structured_content

    async def refused(self, tool: str, **arguments: Any) -> str:
        """The sentence with which a tool refuses."""
        told = await self.client.call_tool(tool, arguments)
        assert told.is_error
        assert told.structured_content is None
        (content,) = told.content
        return content.text  # type: ignore[union-attr,no-any-return]

    async def begin(self, **about: Any) -> str:
        token: str = (await self.use("begin", scenario="inn", **about))["conversation"]
        return token

    async def look_at(self, address: str) -> str:
        """A resource."""
        (content,) = (await self.client.read_resource(address)).contents
        return content.text  # type: ignore[union-attr,no-any-return]


Play = Callable[[Assistant, Host, ManualClock], Awaitable[None]]


def assisted(play: Play, *scenarios: Scenario) -> None:
    """An assistant plays on a host that has the inn, or other scenarios."""

    async def main() -> None:
        clock = ManualClock()
        async with (
            host_on("memory:", *scenarios, clock=clock) as host,
            Client(make_server(host)) as client,
        ):
            await play(Assistant(client), host, clock)

    asyncio.run(main())
