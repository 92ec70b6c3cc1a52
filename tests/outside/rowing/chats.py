"""A front end for a network of one's own."""

from collections.abc import Sequence

from heartline import Turn
from heartline.frontends import (
    Button,
    Capabilities,
    ConversationReference,
    Desk,
    FrontEnd,
    OutEvent,
    Stage,
    degrade,
)
from heartline.host import Host


class Irc:
    name: str = "irc"
    capabilities: Capabilities = Capabilities(buttons=False, longest_text=400)

    async def run(self, host: Host) -> None:
        desk = Desk(host, self)
        place = ConversationReference("irc", chat="kim")
        await desk.hear(place, "hello", id="m-1")

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        for event in events:
            button: Button
            for button in event.buttons:
                print(button.label, button.press)
            print(reference.text(), event.text, event.turn)


def fitted(turn: Turn) -> list[str]:
    return [event.text for event in degrade("id", turn.lines, turn, Irc.capabilities)]


async def staged(url: str) -> None:
    chat: FrontEnd = Irc()
    stage = Stage([chat])
    async with Host(url, ["reconciliation"], deliver=stage.deliver) as host:
        await stage.run(host)
