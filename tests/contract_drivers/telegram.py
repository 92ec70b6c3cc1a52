"""People in private chats with a bot, at a stand-in of Telegram's Bot API."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import botapi
from botapi import BotApi
from heartline.frontends.contract import Person, Start, Wish, World
from heartline.frontends.telegram import Telegram

Held = tuple[botapi.Shown, str]  # a message, and what its button sends


class Network(BotApi):
    """Keeps all that went over the wire."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.wire: dict[str, list[str]] = {}

    async def _answer(self, method: str, given: dict[str, str]) -> object:
        told = [*given.values(), json.dumps(json.loads(given.get("reply_markup", "0")),
                                            ensure_ascii=False)]  # fmt: skip
        self.wire.setdefault(given.get("chat_id", ""), []).extend(told)
        return await super()._answer(method, given)


class Chatter(Person):
    """Somebody with the bot's chat open."""

    def __init__(self, network: Network, number: int) -> None:
        self.network = network
        self.person = network.person(number)
        self.last: dict[str, Any] = {}

    async def heard(self) -> str:
        return "\n".join(each.text for each in self.person.messages)

    async def sent(self) -> str:
        return "\n".join(self.network.wire.get(str(self.person.id), []))

    async def hold(self, wish: Wish) -> Held | None:
        for _ in range(50):  # pages
            shown = next((each for each in reversed(self.person.messages) if each.buttons), None)
            if shown is None:
                return None
            for label, data in shown.buttons:
                if label == wish.label or label.startswith(f"{wish.number}. "):
                    return shown, data
            more = [data for label, data in shown.buttons if label.startswith("More")]
            if not more:
                return None
            await self.press((shown, more[0]))
        return None

    async def press(self, held: Held) -> None:
        await self.bring(self.person.presses(*held))

    async def write(self, text: str) -> None:
        await self.bring(self.person.write(text))

    async def bring(self, update: dict[str, Any]) -> None:
        self.last = update
        await self.network.taken()

    async def repeat(self) -> None:
        self.network.again(self.last)
        await self.network.taken()

    async def undo(self) -> None:
        await self.write("/undo")

    async def buttons(self) -> Sequence[str]:
        return self.person.labels


class TelegramDriver:
    """The bot; the second person comes by a deep link."""

    front_end: Telegram
    dated = True
    keeps_ids = True

    def __init__(self) -> None:
        self.network = Network()
        self.open = AsyncExitStack()

    async def start(self, world: World) -> None:
        await self.open.enter_async_context(self.network)
        self.front_end = Telegram(token=self.network.token, base_url=self.network.url)
        self.front_end.pauses = 0.01, 0.05
        await world.serve(self.front_end)

    async def stop(self) -> None:
        await self.open.aclose()

    async def begin(self, start: Start) -> Sequence[Chatter]:
        people = [Chatter(self.network, 17 + place) for place, _ in enumerate(start.roles)]
        await people[0].write(f"/start {start.scenario}")
        for answer in start.answers.values():
            await people[0].write(answer)
        for role, person in zip(start.roles[1:], people[1:], strict=True):
            await people[0].write(f"/invite {role}")
            code = re.findall(r"start=(\S+)", await people[0].heard())[-1]
            await person.write(f"/start {code}")
        return people
