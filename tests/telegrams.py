"""What the tests of Telegram share: a worker with the bot, at a stand-in of the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from botapi import TOKEN, BotApi, Person
from heartline import ManualClock, Scenario
from heartline.clock import Clock
from heartline.frontends.references import ConversationReference
from heartline.frontends.stage import Stage
from heartline.frontends.telegram import Telegram
from heartline.host import Host, Store
from hosting import inn
from timing import Noting, quick

INN = "How about 1 nights?", "I take it."
ROOM = "What a bed.", "I am off."


def telegram_of(api: BotApi) -> Telegram:
    """The front end at the stand-in, in no mood to wait."""
    telegram = Telegram(token=TOKEN, base_url=api.url)
    telegram.pauses = 0.01, 0.05
    return telegram


@asynccontextmanager
async def serving(
    api: BotApi,
    *scenarios: Scenario,
    clock: Clock | None = None,
    store: Store | str = "memory:",
    telegram: Telegram | None = None,
    sentences: list[str] | None = None,
) -> AsyncIterator[Host]:
    """A worker with the bot: it ends with the block."""
    stage = Stage([telegram or telegram_of(api)], None if sentences is None else sentences.append)
    stage.first_pause = 0.01
    host = Host(
        store, scenarios or [inn()], clock=clock or ManualClock(), deliver=stage.deliver,
        observer=Noting(),
    )  # fmt: skip
    async with quick(host):
        assert host.running.delivering is not None
        host.running.delivering.first_pause = 0.01
        running = asyncio.create_task(stage.run(host))
        try:
            yield host
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def played(play: Callable[[BotApi], Awaitable[None]]) -> None:
    """Play against a stand-in of the network."""

    async def main() -> None:
        async with asyncio.timeout(20), BotApi() as api:
            await play(api)

    asyncio.run(main())


def where(person: int) -> ConversationReference:
    """Where somebody's chat is, as the store has it."""
    return ConversationReference("telegram", "4711", chat=str(person), person=str(person))


async def sequence(host: Host, person: Person) -> int:
    """How much has happened in somebody's conversation."""
    found = await host.seated(where(person.id).text())
    return 0 if found is None else found[0].sequence


async def conversation(host: Host, person: Person) -> str:
    """The conversation that somebody is in."""
    found = await host.seated(where(person.id).text())
    assert found is not None
    return found[0].id


async def all_delivered(host: Host) -> None:
    """Wait until nothing is left to be told."""
    while (await host.store.counts()).parcels:
        await asyncio.sleep(0.01)
