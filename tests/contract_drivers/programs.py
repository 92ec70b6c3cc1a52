"""People whose program speaks with `heartline run --on stdio`, or who have an assistant."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

from mcp import Client

from heartline.frontends.contract import Person, Start, Wish, World
from heartline.frontends.mcp.server import make_server
from heartline.frontends.stdio import Stdio
from heartline.host import Host
from speaking import Program


def strings_in(told: Any) -> Iterator[str]:
    """All texts of a piece of JSON, as whoever reads it sees them."""
    if isinstance(told, dict):
        for name, value in told.items():
            yield name
            yield from strings_in(value)
    elif isinstance(told, list):
        for each in told:
            yield from strings_in(each)
    else:
        yield str(told)


class Seated(Person):
    """Somebody with a token. All that is told to them is kept."""

    def __init__(self, driver: Any, token: str) -> None:
        self.driver = driver
        self.token = token
        self.told: list[Any] = []

    async def ask(self, what: str, **about: Any) -> Any:
        """What is answered to this."""
        told = await self.driver.ask(what, conversation=self.token, **about)
        self.told.append(told)
        return told

    async def sent(self) -> str:
        return "\n".join(strings_in(self.told))


class Pipe(Stdio):
    """The front end, which lets go of its pipes at its end."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.source, self.target = program.source, program.target

    async def run(self, host: Host) -> None:
        try:
            await super().run(host)
        finally:
            os.close(self.source)
            os.close(self.target)


class Follower(Seated):
    """Somebody whose program follows the conversation, also after it has been away."""

    last = 0

    def __init__(self, driver: StdioDriver, token: str) -> None:
        super().__init__(driver, token)
        self.lines: list[tuple[str, str]] = []
        self.message: dict[str, Any] = {}

    async def follow(self) -> None:
        await self.ask("follow", after=self.last)

    async def heard(self) -> Sequence[tuple[str, str]]:
        await self.driver.ask("unfollow", conversation="")  # what has been pushed has come by then
        for each in self.driver.pushes_for(self.token):
            self.told.append(each)
            if "happened" in each:
                self.last = each["happened"]["sequence"]
                self.lines += [(line["name"], line["text"]) for line in each["happened"]["lines"]]
                await self.ask("read")  # what can be done now
        return self.lines

    async def hold(self, wish: Wish) -> dict[str, Any]:
        turn = (await self.ask("read"))["view"]["turn"]["number"]
        self.driver.keys += 1
        return {"choice": wish.id, "turn": turn, "key": str(self.driver.keys)}

    async def press(self, held: dict[str, Any]) -> None:
        self.message = held
        await self.ask("choose", **held)

    async def repeat(self) -> None:
        await self.press(self.message)

    async def undo(self) -> None:
        await self.ask("undo")


class StdioDriver:
    """One program, which all people share."""

    front_end = None  # nothing is brought: the program follows
    dated = True
    keeps_ids = True

    def __init__(self) -> None:
        self.people: list[Follower] = []
        self.keys = 0

    async def start(self, world: World) -> None:
        self.program = Program(strict=False)  # other tests hold each line to the schema
        await world.serve(Pipe(self.program))
        for each in self.people:
            await each.follow()

    async def stop(self) -> None:
        self.program.stop_writing()
        self.program.stop_reading()

    async def ask(self, what: str, **about: Any) -> Any:
        return await self.program.ask(what, **about)

    def pushes_for(self, token: str) -> list[dict[str, Any]]:
        pushed = self.program.pushed
        mine = [each for each in pushed if each["conversation"] == token]
        self.program.pushed = [each for each in pushed if each["conversation"] != token]
        return mine

    async def begin(self, start: Start) -> Sequence[Follower]:
        opened = await self.ask(
            "open", scenario=start.scenario, inputs=dict(start.answers), seats=list(start.roles)
        )
        self.people = [Follower(self, opened["conversations"][role]) for role in start.roles]
        for each in self.people:
            await each.follow()
        return self.people


class Assisted(Seated):
    """Somebody whose assistant looks at the transcript."""

    call: dict[str, Any]

    async def heard(self) -> str:
        address = f"heartline://conversations/{self.token}/transcript"
        (content,) = (await self.driver.client.read_resource(address)).contents
        if content.text not in self.told:
            self.told.append(content.text)
            await self.ask("see_turn")
        return str(content.text)

    async def hold(self, wish: Wish) -> dict[str, Any]:
        return {"choice": wish.id, "turn": (await self.ask("see_turn"))["turn"]["number"]}

    async def press(self, held: dict[str, Any]) -> None:
        self.call = held
        await self.ask("choose", **held)

    async def repeat(self) -> None:
        await self.press(self.call)

    async def undo(self) -> None:
        await self.ask("take_back", turn=(await self.ask("see_turn"))["turn"]["number"])


class McpDriver:
    """One assistant with a client of the SDK."""

    front_end = None
    dated = True
    keeps_ids = True

    async def start(self, world: World) -> None:
        self.stack = AsyncExitStack()
        client = Client(make_server(await world.serve()))
        self.client = await self.stack.enter_async_context(client)

    async def stop(self) -> None:
        await self.stack.aclose()

    async def ask(self, what: str, **about: Any) -> Any:
        told = await self.client.call_tool(what, about)
        return told.structured_content or told.content[0].text

    async def begin(self, start: Start) -> Sequence[Assisted]:
        begun = await self.ask(
            "begin", scenario=start.scenario, inputs=dict(start.answers), seats=list(start.roles)
        )
        role = begun["view"]["role"]
        tokens = {role: begun["conversation"], **begun["other_seats"]}
        return [Assisted(self, tokens[role]) for role in start.roles]
