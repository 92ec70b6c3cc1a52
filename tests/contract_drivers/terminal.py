"""Somebody at the terminal of `heartline run --on terminal`."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from heartline.frontends.contract import NotThere, Person, Start, Wish, World
from heartline.frontends.terminal.frontend import Terminal
from heartline.frontends.terminal.keyboard import Lines, Typed
from heartline.frontends.terminal.output import Output
from heartline.frontends.terminal.player import Sink
from heartline.frontends.terminal.render import Renderer


class Screen(Sink):
    """Shows everything twice: as a person reads it, and as objects."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), io.StringIO(), Renderer(80, kept=True))
        self.objects = Sink(io.StringIO(), io.StringIO(), None)

    def show(self, outputs: Iterable[Output]) -> None:
        shown = list(outputs)
        super().show(shown)
        self.objects.show(shown)


class Keys:
    """A keyboard."""

    interactive = True

    def __init__(self) -> None:
        self.typed: asyncio.Queue[str] = asyncio.Queue()

    async def read(self) -> Typed:
        return Typed(await self.typed.get())

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        yield


class Desktop(Terminal):
    """The front end, at a screen and a keyboard of the test's."""

    def __init__(self, scenario: str, seed: int, screen: Screen) -> None:
        super().__init__(scenario=scenario, seed=str(seed))
        self.screen = screen
        self.keys = Keys()

    def sink(self) -> Sink:
        return self.screen

    def source(self, words: Callable[[], Sequence[str]], sink: Sink) -> Lines:
        return self.keys


class Typist(Person):
    """Whoever sits there."""

    def __init__(self, driver: TerminalDriver) -> None:
        self.driver = driver

    async def heard(self) -> Sequence[tuple[str, str]]:
        heard: list[tuple[str, str]] = []
        for line in self.driver.screen.objects.out.getvalue().splitlines():
            shown = json.loads(line)
            if shown["type"] == "turn" and not shown["again"]:
                heard += [(said["name"], said["text"]) for said in shown["lines"]]
            elif shown["type"] == "page" and shown["page"] == "meanwhile":
                heard += [(row["name"], row["text"]) for row in shown["rows"] if row["depth"]]
        return heard

    async def sent(self) -> str:
        return self.driver.screen.out.getvalue()

    async def hold(self, wish: Wish) -> str:
        return wish.id

    async def press(self, held: str) -> None:
        self.driver.front_end.keys.typed.put_nowait(held)

    async def undo(self) -> None:
        await self.press(":undo")


class TerminalDriver:
    """One terminal; nothing is brought to it."""

    front_end: Desktop | None = None
    dated = False
    keeps_ids = True

    def __init__(self) -> None:
        self.screen = Screen()
        self.scenario = ""

    async def start(self, world: World) -> None:
        self.world = world
        if self.scenario:
            self.front_end = Desktop(self.scenario, self.seed, self.screen)
            await world.serve(self.front_end)

    async def stop(self) -> None: ...

    async def begin(self, start: Start) -> Sequence[Typist]:
        if len(start.roles) > 1:
            raise NotThere("Two who play at one terminal both see all of it.")
        self.scenario, self.seed = start.scenario, self.world.seed
        await self.start(self.world)
        typist = Typist(self)
        for answer in start.answers.values():
            await typist.press(answer)
        return [typist]
