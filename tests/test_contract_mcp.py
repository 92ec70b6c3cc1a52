"""Assistants keep the contract of all front ends."""

from __future__ import annotations

import pytest

from contract_drivers.programs import McpDriver
from heartline.frontends.contract import Driver, FrontEndContract

pytestmark = pytest.mark.slow


class TestMcp(FrontEndContract):
    """Tools for an assistant, with the SDK's own client, which holds each answer to its schema."""

    random_ways = 1

    def driver(self) -> Driver:
        return McpDriver()
