"""Telegram: what people in its chats see, against a stand-in of the network over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from botapi import BotApi
from heartline import ManualClock, Scenario
from heartline.frontends.stage import Stage
from heartline.frontends.telegram import Telegram
from heartline.host import Host
from hosting import inn
from timing import quick

pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after")


@asynccontextmanager
async def serving(
    api: BotApi, *scenarios: Scenario, clock: ManualClock | None = None, url: str = "memory:"
) -> AsyncIterator[Host]:
    """A worker with the bot: it ends with the block."""
    telegram = Telegram(token=api.token, base_url=api.url)
    telegram.pauses = 0.01, 0.05
    stage = Stage([telegram])
    stage.first_pause = 0.01
    host = Host(
        url, scenarios or [inn()], clock=clock or ManualClock(), deliver=stage.deliver
    )  # fmt: skip
    async with quick(host):
        host.running.delivering.first_pause = 0.01
        running = asyncio.create_task(stage.run(host))
        try:
            yield host
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def played(play: Callable[[BotApi], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), BotApi() as api:
            await play(api)

    asyncio.run(main())


def test_a_conversation_is_begun_by_writing_and_goes_on_by_buttons() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api):
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Good evening.")
            await ada.may_press("How about 1 nights?", "I take it.")
            ada.press("I take it.")
            await ada.reads("Guest: I take it.")
            await ada.may_press("What a bed.", "I am off.")
            assert ada.waiting == []

    played(play)
