"""People at programs: each asks in the way of its own, and gets JSON. What is common to them."""

from __future__ import annotations

import itertools
import json
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx
from mcp import Client as McpClient

from heartline.frontends.contract import Person, Start, Wish, World
from heartline.frontends.mcp.server import make_server
from heartline.frontends.web.app import make_app
from speaking import Program, program_on
from webbed import FREE, Client

Answer = dict[str, Any]
Held = tuple[str, int]  # a choice, and the turn that it answers


class Asker(Person):
    """Somebody with a token, whose program knows how far it has read."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.last: Answer = {}
        self._lines: list[tuple[str, str]] = []
        self._read = 0
        self._sent: list[str] = []

    @abstractmethod
    async def view(self) -> Answer:
        """Where it stands."""

    @abstractmethod
    async def events(self, after: int) -> Sequence[Answer]:
        """What has happened since."""

    @abstractmethod
    async def choose(self, choice: str, turn: int, key: str) -> Answer:
        """Choose, and get whatever is answered."""

    def kept(self, answer: Answer) -> Answer:
        """Keep what came."""
        self._sent.append(json.dumps(answer, ensure_ascii=False))
        return answer

    async def heard(self) -> Sequence[tuple[str, str]]:
        for each in await self.events(self._read):
            self._read = max(self._read, each["sequence"])
            self._lines += [(line["name"], line["text"]) for line in each["lines"]]
        return list(self._lines)

    async def sent(self) -> str:
        await self.view()
        return "\n".join(self._sent)

    async def hold(self, wish: Wish) -> Held:
        view = await self.view()
        offered = {each["id"]: each for each in view["turn"]["choices"]}
        assert offered[wish.id]["label"] == wish.label
        return wish.id, view["turn"]["number"]

    async def press(self, held: Held) -> None:
        self.last = {"choice": held[0], "turn": held[1], "key": f"k{next(_NUMBERS):031}"}
        await self.repeat()

    async def repeat(self) -> None:
        self.kept(await self.choose(**self.last))


_NUMBERS = itertools.count(1)


class ProgramDriver:
    """One program; it looks for itself."""

    front_end = None
    dated = True
    keeps_ids = True

    def __init__(self) -> None:
        self.open = AsyncExitStack()

    async def stop(self) -> None:
        await self.open.aclose()


# Over HTTP ----------------------------------------------------------------------------------------


class Visitor(Asker):
    def __init__(self, driver: WebDriver, token: str) -> None:
        super().__init__(token)
        self.driver = driver

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        client = Client(self.driver.http, self.token)
        return self.kept((await client.ask(method, path, body, **headers)).json())

    async def view(self) -> Answer:
        return await self.ask("GET", "conversation")

    async def events(self, after: int) -> Sequence[Answer]:
        told = await self.ask("GET", f"conversation/events?after={after}")
        return list(told["events"])

    async def choose(self, choice: str, turn: int, key: str) -> Answer:
        body = {"choose": choice}
        asked = {"if_match": str(turn), "idempotency_key": key}
        return await self.ask("POST", "conversation/inputs", body, **asked)

    async def undo(self) -> None:
        await self.ask("POST", "conversation/undo")

    async def sent(self) -> str:
        client = Client(self.driver.http, self.token)
        others = ("transcript", "diagram")  # as texts
        texts = [
            (await client.ask("GET", f"conversation/{each}", accept="text/plain")).text
            for each in others
        ]
        return "\n".join([await super().sent(), *texts])


class WebDriver(ProgramDriver):
    """The HTTP API; the second person comes with an invitation."""

    http: httpx.AsyncClient

    async def start(self, world: World) -> None:
        app = make_app(await world.serve(), settings=FREE)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://here/api/v1/"
        )
        self.http = await self.open.enter_async_context(client)

    async def begin(self, start: Start) -> Sequence[Visitor]:
        seats = await Client(self.http).begin(start.scenario, inputs=dict(start.answers))
        people = [Visitor(self, str(seats[start.roles[0]].token))]
        for role in start.roles[1:]:
            invited = await people[0].ask("POST", "conversation/invitations", {"role": role})
            taken = await Client(self.http, invited["token"]).ask("POST", "invitations/accept")
            people.append(Visitor(self, taken.json()["capabilities"][role]))
        return people


# Over pipes ---------------------------------------------------------------------------------------


class Speaker(Asker):
    def __init__(self, driver: StdioDriver, token: str) -> None:
        super().__init__(token)
        self.driver = driver

    async def ask(self, do: str, **about: Any) -> Answer:
        return self.kept(await self.driver.program.ask(do, conversation=self.token, **about))

    async def view(self) -> Answer:
        return dict((await self.ask("read"))["view"])

    async def events(self, after: int) -> Sequence[Answer]:
        return list((await self.ask("events", after=after))["events"])

    async def choose(self, choice: str, turn: int, key: str) -> Answer:
        return await self.ask("choose", choice=choice, turn=turn, key=key)

    async def undo(self) -> None:
        await self.ask("undo")


class StdioDriver(ProgramDriver):
    """The front end for programs in any language."""

    program: Program

    async def start(self, world: World) -> None:
        self.program = await self.open.enter_async_context(program_on(await world.serve()))
        self.program.strict = False  # other tests hold all to the schema

    async def begin(self, start: Start) -> Sequence[Speaker]:
        opened = await self.program.ask("open", scenario=start.scenario, inputs=dict(start.answers))
        return [Speaker(self, opened["conversations"][role]) for role in start.roles]


# Over MCP -----------------------------------------------------------------------------------------


class Assistant(Asker):
    answered = 0  # the number of what followed the last choice

    def __init__(self, driver: McpDriver, token: str) -> None:
        super().__init__(token)
        self.driver = driver

    async def use(self, tool: str, **about: Any) -> Answer:
        told = await self.driver.client.call_tool(tool, {"conversation": self.token, **about})
        text = {"text": "".join(each.text for each in told.content)}
        return self.kept(text if told.structured_content is None else told.structured_content)

    async def view(self) -> Answer:
        return await self.use("see_turn")

    async def events(self, after: int) -> Sequence[Answer]:
        known = self.answered if self.answered > after else (await self.view())["sequence"]
        if known <= after:
            return []
        return list((await self.use("wait", after=after))["happened"])

    async def choose(self, choice: str, turn: int, key: str) -> Answer:
        told = await self.use("choose", choice=choice, turn=turn)
        self.answered = told.get("sequence", 0)
        return told

    async def sent(self) -> str:
        addresses = [f"heartline://conversations/{self.token}/transcript", self.driver.diagram]
        found = [await self.driver.client.read_resource(each) for each in addresses]
        texts = [each.text for resource in found for each in resource.contents]
        return "\n".join([await super().sent(), *texts])

    async def undo(self) -> None:
        await self.use("take_back", turn=(await self.view())["turn"]["number"])


class McpDriver(ProgramDriver):
    """The server for assistants, with the SDK's own client."""

    client: McpClient

    async def start(self, world: World) -> None:
        server = make_server(await world.serve())
        self.client = await self.open.enter_async_context(McpClient(server))

    async def begin(self, start: Start) -> Sequence[Assistant]:
        self.diagram = f"heartline://scenarios/{start.scenario}/diagram"
        about = {"scenario": start.scenario, "inputs": dict(start.answers)}
        told = (await self.client.call_tool("begin", about)).structured_content
        assert told is not None
        tokens = {start.roles[0]: told["conversation"], **told["other_seats"]}
        return [Assistant(self, tokens[role]) for role in start.roles]
