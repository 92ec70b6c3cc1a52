"""The front ends for programs and assistants keep the contract of all front ends."""

from __future__ import annotations

from contract_drivers.programs import McpDriver, StdioDriver
from heartline.frontends.contract import Driver, FrontEndContract


class TestStdio(FrontEndContract):
    """`heartline run --on stdio`."""

    def driver(self) -> Driver:
        return StdioDriver()


class TestMcp(FrontEndContract):
    """`heartline mcp`. The SDK's client holds each answer to its schema, which takes a while."""

    random_ways = 1

    def driver(self) -> Driver:
        return McpDriver()
