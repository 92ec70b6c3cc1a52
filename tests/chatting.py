"""What the tests of chats share: a network in memory with people in it, and scenarios for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from textwrap import dedent

from heartline import ManualClock, Scenario, loads
from heartline.frontends.desk import Desk
from heartline.frontends.protocol import Capabilities, OutEvent
from heartline.frontends.references import ConversationReference
from heartline.frontends.stage import Stage
from heartline.host import Host
from hosting import inn
from timing import quick

PAIR = """\
heartline: 1
id: pair
version: 1.0.0
title: Two at a table
cast:
  ann: {name: Ann}
  ben: {name: Ben}
timers: {pause: {length: 14d, title: the break}}
states:
  table:
    entry: {say: [{ann: I want to talk.}, {ben: (I am afraid.), only_to: ben}]}
    choices:
      talk: {say: It has been a long winter.}
      rest: {say: Let us wait two weeks., do: start(pause), to: apart}
      listen: {by: ben, say: I am listening.}
      go: {by: ben, say: I have to go., to: gone}
  apart:
    choices: {write: {say: I cannot wait., to: table}}
    after: {pause: {say: ["Two weeks are over."], to: table}}
  gone: {type: final, outcome: gone}
"""

ASKING = """\
heartline: 1
id: asking
version: 1.0.0
title: Questions first
cast: {you: {name: "{nick}"}, kim: {name: Kim, played_by: engine}}
context:
  mood: {type: enum, values: [calm, cross], initial: calm, input: true, prompt: How is Kim?,
    labels: {calm: Calm today, cross: Rather cross}}
  years: {type: int, min: 1, max: 60, initial: 3, input: true, prompt: For how many years?}
  sure: {type: bool, initial: true, input: true, prompt: Are you sure?}
  nick: {type: text, initial: Guest, input: true, prompt: What are you called?, max_length: 20,
    kept_for: "Your name stands in the conversation, and is kept with it."}
states:
  here:
    entry: {say: [{kim: "So it is {years} years, {nick}."}]}
    choices: {stay: {say: I stay.}, go: {say: I go., to: gone}}
  gone: {type: final, outcome: gone}
"""

CARING = """\
heartline: 1
id: caring
version: 1.0.0
title: A hard talk
cast: {you: {name: You}, ben: {name: Ben, played_by: engine}}
context:
  country: {type: enum, values: [any, gb], initial: any, input: true, prompt: Where are you?}
support: {file: help.yaml, country: country}
states: {here: {entry: {say: [{you: You came.}]}, choices: {wait: {say: I wait.}}}}
"""
HELP = """\
support: 1
texts:
  en: {unknown: Call the emergency number of the place you are in., kinds: {emergency: In danger}}
countries:
  gb:
    en:
      - {kind: emergency, name: All, contact: "999", source: gov.example, checked: 2026-11-21}
"""

PAIR_OF_TWO = loads(PAIR)
QUESTIONS = loads(ASKING)
CARES = loads({"scenario.yaml": CARING, "help.yaml": HELP})


def many(count: int) -> Scenario:
    """One with so many choices, some of them closed."""
    choices = "".join(
        f"      c{number}: {{say: 'This is sentence number {number}.'"
        + (", when: never" if number == 3 else "")
        + "}\n"
        for number in range(1, count + 1)
    )
    return loads(
        dedent("""\
            heartline: 1
            id: many
            version: 1.0.0
            title: Many
            cast: {you: {name: You}}
            context: {never: {type: bool, initial: false}}
            initial: here
            states:
              here:
                entry: {say: [{you: Hello.}]}
                choices:
        """) + choices
    )  # fmt: skip


class Chat:
    """A network in memory: a front end, and what has been sent to each chat there."""

    name = "chat"

    def __init__(self, **capabilities: bool | int) -> None:
        self.capabilities = Capabilities(**capabilities)  # type: ignore[arg-type]
        self.sent: dict[str, list[OutEvent]] = {}
        self.failing: Exception | None = None

    async def run(self, host: Host) -> None:
        await asyncio.Event().wait()

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        if self.failing is not None:
            raise self.failing
        self.sent.setdefault(reference.chat, []).extend(events)


class Talker:
    """Somebody in a chat of that network."""

    def __init__(self, host: Host, desk: Desk, chat: Chat, name: str) -> None:
        self.host = host
        self.desk = desk
        self.place = ConversationReference(chat.name, chat=name)
        self.sent = chat.sent.setdefault(name, [])
        self.read = 0
        self.count = 0

    async def writes(self, text: str, id: str | None = None) -> str:
        """Write something; gives all that is sent to them then."""
        self.count += 1
        await self.desk.hear(self.place, text, id=id or f"{self.place.chat}-{self.count}")
        return await self.reads()

    async def presses(self, label: str, id: str | None = None) -> str:
        """Press the last button of this label that has come."""
        found = [each for event in self.sent for each in event.buttons if each.label == label]
        assert found, f"There is no button {label!r}."
        self.count += 1
        await self.desk.hear(
            self.place, id=id or f"{self.place.chat}-{self.count}", press=found[-1].press
        )
        return await self.reads()

    async def reads(self) -> str:
        """All that has been sent since they looked last."""
        async with asyncio.timeout(20):
            while (await self.host.store.counts()).parcels:
                await asyncio.sleep(0.005)
        new, self.read = self.sent[self.read :], len(self.sent)
        return "\n\n".join(event.text for event in new)

    @property
    def labels(self) -> list[str]:
        """The buttons of the last message."""
        return [each.label for each in self.sent[-1].buttons]


class Room:
    """A worker with that network, on a clock that stands still."""

    def __init__(self, host: Host, clock: ManualClock, chat: Chat, desk: Desk) -> None:
        self.host = host
        self.clock = clock
        self.chat = chat
        self.desk = desk

    def talker(self, name: str = "ada") -> Talker:
        """Somebody in the chat of that name."""
        return Talker(self.host, self.desk, self.chat, name)


@asynccontextmanager
async def room(
    *scenarios: Scenario, url: str = "memory:", chat: Chat | None = None, sign: str = "/"
) -> AsyncIterator[Room]:
    """The worker; it ends with the block."""
    chat = chat or Chat()
    stage = Stage([chat])
    clock = ManualClock()
    host = Host(url, scenarios or [inn()], clock=clock, deliver=stage.deliver)
    async with quick(host):
        running = asyncio.create_task(stage.run(host))
        await asyncio.sleep(0)
        try:
            yield Room(host, clock, chat, Desk(host, chat, sign=sign))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def talked(
    play: Callable[[Room], Awaitable[None]], *scenarios: Scenario, **options: object
) -> None:
    """Play in such a room."""

    async def main() -> None:
        async with asyncio.timeout(20), room(*scenarios, **options) as there:  # type: ignore[arg-type]
            await play(there)

    asyncio.run(main())


async def two(there: Room) -> tuple[Talker, Talker]:
    """Two people in both seats of one conversation."""
    ann, ben = there.talker("ann"), there.talker("ben")
    await ann.writes("/start")
    code = (await ann.writes("/invite")).split()[-1]
    await ben.writes(f"/join {code}")
    await ann.reads()
    return ann, ben
