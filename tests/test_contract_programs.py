"""Programs that look for themselves keep the contract of all front ends: over HTTP, pipes, MCP."""

from __future__ import annotations

from contract_drivers.programs import McpDriver, StdioDriver, WebDriver
from heartline.frontends.contract import Driver, FrontEndContract


class TestWeb(FrontEndContract):
    """The HTTP API."""

    def driver(self) -> Driver:
        return WebDriver()


class TestStdio(FrontEndContract):
    """One JSON object a line."""

    def driver(self) -> Driver:
        return StdioDriver()


class TestMcp(FrontEndContract):
    """Tools for an assistant."""

    def driver(self) -> Driver:
        return McpDriver()
