"""Many random ways are told everywhere as in the terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract_drivers.chat import ChatDriver
from contract_drivers.programs import McpDriver, StdioDriver, WebDriver
from contract_drivers.telegram import TelegramDriver
from contract_drivers.terminal import TerminalDriver
from heartline.frontends.contract import Driver, FrontEndContract
from heartline.frontends.contract.ways import BUNDLED
from heartline.frontends.protocol import Capabilities

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*retry_after")]


def short_messages() -> Driver:
    return ChatDriver(Capabilities(buttons=False, longest_text=160))


def few_buttons() -> Driver:
    return ChatDriver(Capabilities(edits=True, most_choices=3, longest_label=12), keeps_ids=True)


@pytest.mark.parametrize("scenario", [*BUNDLED, "market", "harbour"])
@pytest.mark.parametrize(
    "make",
    [
        short_messages, few_buttons, TerminalDriver, TelegramDriver, WebDriver, StdioDriver,
        McpDriver,
    ],
)  # fmt: skip
def test_many_random_ways(tmp_path: Path, make: Callable[[], Driver], scenario: str) -> None:
    class Long(FrontEndContract):
        random_ways = 6
        longest_play = 50

        def driver(self) -> Driver:
            return make()

    Long().test_random_ways_are_told_as_in_the_terminal(tmp_path, scenario)
