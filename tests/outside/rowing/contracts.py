"""The suite for front ends, as the author of one takes it."""

from collections.abc import Sequence
from typing import Any

from heartline.frontends import FrontEnd
from heartline.frontends.contract import (
    Driver,
    FrontEndContract,
    NotThere,
    Person,
    Start,
    Wish,
    World,
)
from rowing.chats import Irc


class Somebody:
    async def heard(self) -> str:
        return "hello"

    async def sent(self) -> str:
        return "hello"

    async def hold(self, wish: Wish) -> str:
        return f"{wish.number} {wish.id} {wish.label}"

    async def press(self, held: Any) -> None:
        print(held)

    async def repeat(self) -> None:
        raise NotThere("No message comes twice.")

    async def undo(self) -> None:
        raise NotThere("Nothing is taken back.")

    async def buttons(self) -> Sequence[str]:
        return ()


class IrcDriver:
    def __init__(self) -> None:
        self.front_end: FrontEnd | None = Irc()
        self.dated: bool = False
        self.keeps_ids: bool = True

    async def start(self, world: World) -> None:
        print(world.url, world.clock.now())

    async def stop(self) -> None:
        pass

    async def begin(self, start: Start) -> Sequence[Person]:
        return [Somebody() for _ in start.roles]


class TestIrc(FrontEndContract):
    patience: float = 2.0

    def driver(self) -> Driver:
        return IrcDriver()
