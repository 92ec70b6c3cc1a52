"""The front ends of the house keep the contract of all front ends."""

from __future__ import annotations

import pytest

from contract_drivers.chat import ChatDriver
from contract_drivers.terminal import TerminalDriver
from harness import bundled
from heartline.frontends.contract import Driver, FrontEndContract
from heartline.frontends.contract.ways import BUNDLED, WAYS
from heartline.frontends.protocol import Capabilities


class TestTerminal(FrontEndContract):
    """`heartline run --on terminal`."""

    def driver(self) -> Driver:
        return TerminalDriver()


class TestChatWithButtons(FrontEndContract):
    """A chat with buttons that stay where they are."""

    def driver(self) -> Driver:
        return ChatDriver(Capabilities(most_choices=8, longest_label=30))


class TestChatWithEdits(FrontEndContract):
    """A chat with buttons that are taken away, and that knows what it was given before."""

    def driver(self) -> Driver:
        return ChatDriver(Capabilities(edits=True), keeps_ids=True)


class TestShortMessages(FrontEndContract):
    """A chat of short messages without buttons."""

    def driver(self) -> Driver:
        return ChatDriver(Capabilities(buttons=False, longest_text=160))


@pytest.mark.parametrize("scenario", BUNDLED)
def test_each_outcome_has_a_way(scenario: str) -> None:
    leaves = bundled(scenario).machine.leaves.values()
    outcomes = {leaf.outcome for leaf in leaves if leaf.outcome is not None}
    assert {way.outcome for way in WAYS if way.scenario == scenario} == outcomes
