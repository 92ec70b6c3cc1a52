"""What a desk says itself, to one person: refusals, and answers about the conversation.

What happens in a conversation is brought by the host's deliveries instead, and comes again where it
has not arrived. What is said from here can be asked for again, so that it is said once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from heartline.frontends.commands import signed
from heartline.frontends.degrading import degrade, fitted
from heartline.frontends.protocol import OutEvent
from heartline.turn import Said

if TYPE_CHECKING:
    from heartline.frontends.protocol import Button, FrontEnd
    from heartline.frontends.references import ConversationReference
    from heartline.host.host import Host
    from heartline.turn import Turn

__all__ = ["Replies"]


class Replies:
    """Brings them to the people of a front end, where commands begin with `sign`. The `id` of each
    is that of the message which it answers."""

    def __init__(self, host: Host, front_end: FrontEnd, sign: str) -> None:
        self.front_end: FrontEnd = front_end
        self.sign: str = sign
        self._host = host

    async def say(
        self, place: ConversationReference, id: str, text: str, buttons: tuple[Button, ...] = ()
    ) -> None:
        """A sentence, or several; of buttons those before go."""
        texts = fitted(signed(text, self.sign), self.front_end.capabilities.longest_text)
        events = [OutEvent(f"reply:{id}:{number}", each) for number, each in enumerate(texts)]
        if buttons:
            events[-1] = replace(events[-1], buttons=buttons, replaces=True)
        await self._bring(place, tuple(events))

    async def show(
        self, place: ConversationReference, turn: Turn, id: str, lines: tuple[Said, ...] = (),
        first: str | None = None,
    ) -> None:  # fmt: skip
        """Where the conversation stands, with what can be chosen, below a sentence of the desk."""
        told = lines
        if first is not None:
            told = (Said("narrator", "", signed(first, self.sign), None, "refused"), *lines)
        capabilities, now = self.front_end.capabilities, self._host.clock.now()
        events = degrade(f"here:{id}", told, turn, capabilities, now=now)
        await self._bring(
            place, tuple(replace(each, lines=lines) for each in events[:1]) + events[1:]
        )

    async def leaf(self, place: ConversationReference, turn: Turn, id: str, page: int) -> None:
        """Another page of buttons."""
        events = degrade(f"page:{id}", (), turn, self.front_end.capabilities, page=page)
        await self._bring(place, tuple(replace(each, paged=True) for each in events))

    async def _bring(self, place: ConversationReference, events: tuple[OutEvent, ...]) -> None:
        try:
            if events:
                await self.front_end.deliver(place, events)
        except Exception:  # noqa: BLE001 - what is told from here can be asked for again
            self._host.observer.undelivered()
