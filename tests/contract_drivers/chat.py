"""A chat network of a few lines, and people who write and press there."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from heartline.frontends.contract import NotThere, Person, Start, Wish, World
from heartline.frontends.desk import Desk
from heartline.frontends.protocol import Button, Capabilities, OutEvent
from heartline.frontends.references import ConversationReference
from heartline.host import Host


@dataclass
class Message:
    """Something that stands in a chat."""

    id: str
    text: str
    buttons: tuple[Button, ...]


@dataclass
class Network:
    """What outlives a process: the chats, with all that was sent there."""

    chats: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    went_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    keeps_ids: bool = False


class Line:
    """The front end of it."""

    name = "line"

    def __init__(self, network: Network, capabilities: Capabilities) -> None:
        self.network = network
        self.capabilities = capabilities
        self.runs = asyncio.Event()

    async def run(self, host: Host) -> None:
        self.desk = Desk(host, self)
        self.runs.set()
        await asyncio.Event().wait()

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        chat = self.network.chats[reference.chat]
        for event in events:
            assert len(event.text) <= self.capabilities.longest_text
            if self.network.keeps_ids and any(each.id == event.id for each in chat):
                continue
            if event.replaces and self.capabilities.edits:
                for each in chat:
                    each.buttons = ()
            chat.append(Message(event.id, event.text, event.buttons))
            presses = [f"{button.label} {button.press}" for button in event.buttons]
            self.network.went_out[reference.chat] += [event.text, *presses]


class Writer(Person):
    """Somebody in a chat of their own."""

    def __init__(self, driver: ChatDriver, chat: str) -> None:
        self.driver = driver
        self.chat = chat
        self.last = ("", "", "")

    async def heard(self) -> str:
        return "\n".join(each.text for each in self.messages)

    async def sent(self) -> str:
        return "\n".join(self.driver.network.went_out[self.chat])

    async def hold(self, wish: Wish) -> tuple[str, str] | None:
        if not self.driver.front_end.capabilities.buttons:
            return str(wish.number), ""
        for _ in range(50):  # pages
            buttons = next((each.buttons for each in reversed(self.messages) if each.buttons), ())
            for each in buttons:
                if each.label == wish.label or each.label.startswith(f"{wish.number}. "):
                    return "", each.press
            more = [each for each in buttons if each.label.startswith("More")]
            if not more:
                return None
            await self.press(("", more[0].press))
        return None

    async def press(self, held: tuple[str, str]) -> None:
        self.last = (*held, f"m{next(self.driver.numbers)}")
        await self.repeat()

    async def repeat(self) -> None:
        text, press, message = self.last
        where = ConversationReference("line", chat=self.chat)
        await self.driver.front_end.desk.hear(where, text, id=message, press=press)

    async def write(self, text: str) -> None:
        await self.press((text, ""))

    async def undo(self) -> None:
        await self.write("/undo")

    async def buttons(self) -> Sequence[str]:
        if not self.driver.front_end.capabilities.edits:
            raise NotThere("In this chat nothing that was sent can be changed.")
        return [button.label for each in self.messages for button in each.buttons]

    @property
    def messages(self) -> list[Message]:
        return self.driver.network.chats[self.chat]


class ChatDriver:
    """A chat with these capabilities."""

    front_end: Line

    def __init__(self, capabilities: Capabilities, *, keeps_ids: bool = False) -> None:
        self.capabilities = capabilities
        self.keeps_ids = keeps_ids
        self.dated = capabilities.buttons
        self.network = Network(keeps_ids=keeps_ids)
        self.numbers = itertools.count(1)

    async def start(self, world: World) -> None:
        self.front_end = Line(self.network, self.capabilities)
        await world.serve(self.front_end)
        await self.front_end.runs.wait()

    async def stop(self) -> None: ...

    async def begin(self, start: Start) -> Sequence[Writer]:
        people = [Writer(self, role) for role in start.roles]
        await people[0].write(f"/start {start.scenario}")
        for answer in start.answers.values():
            await people[0].write(answer)
        for role, person in zip(start.roles[1:], people[1:], strict=True):
            await people[0].write(f"/invite {role}")
            code = re.findall(r"/join \S+", await people[0].sent())[-1]
            await person.write(code)
        return people
