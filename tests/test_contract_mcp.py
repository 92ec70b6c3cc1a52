"""Assistants keep the contract of all front ends."""

from __future__ import annotations

from contract_drivers.programs import McpDriver
from heartline.frontends.contract import Driver, FrontEndContract


class TestMcp(FrontEndContract):
    """Tools for an assistant, with the SDK's own client, which holds each answer to its schema."""

    random_ways = 1

    def driver(self) -> Driver:
        return McpDriver()
