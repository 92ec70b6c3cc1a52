"""Telegram keeps the contract of all front ends."""

from __future__ import annotations

import pytest

from contract_drivers.telegram import TelegramDriver
from heartline.frontends.contract import Driver, FrontEndContract

pytestmark = [
    pytest.mark.slow,
    # The library warns of what its own errors do.
    pytest.mark.filterwarnings("ignore:.*retry_after"),
]


class TestTelegram(FrontEndContract):
    """Buttons, edits, deep links."""

    def driver(self) -> Driver:
        return TelegramDriver()
