"""Programs that look for themselves keep the contract of all front ends: over HTTP and pipes."""

from __future__ import annotations

from contract_drivers.programs import StdioDriver, WebDriver
from heartline.frontends.contract import Driver, FrontEndContract


class TestWeb(FrontEndContract):
    """The HTTP API."""

    def driver(self) -> Driver:
        return WebDriver()


class TestStdio(FrontEndContract):
    """One JSON object a line."""

    def driver(self) -> Driver:
        return StdioDriver()
