"""Who is in no conversation yet: what there is to begin, and what is asked first.

It is kept in memory: who was being asked when a program ended is asked again from the start.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, NamedTuple

from heartline.frontends.beginning import Beginning
from heartline.frontends.commands import NO_CARE, care
from heartline.typed import shown

if TYPE_CHECKING:
    from heartline.frontends.protocol import FrontEnd
    from heartline.frontends.references import ConversationReference
    from heartline.frontends.replying import Replies
    from heartline.host.host import Host

__all__ = ["Reception", "key_at"]

_MOST_BEGINNINGS = 10_000  # people who are being asked something at once
_MOST_HEARD = 32  # messages of theirs that are known when they come again


def key_at(front_end: FrontEnd, id: str) -> str:
    """The key under which what a message of this network wants happens once."""
    return f"{front_end.name}:{id}"[:512]


class _Asking(NamedTuple):
    beginning: Beginning
    heard: deque[str]  # ids of messages, which may come twice


class Reception:
    """Asks the people of a front end, and begins their conversations."""

    def __init__(self, host: Host, replies: Replies) -> None:
        self._host = host
        self._replies = replies
        self._asking: OrderedDict[str, _Asking] = OrderedDict()

    def beginning(self, place: ConversationReference) -> Beginning | None:
        """What somebody is being asked, if anything."""
        asking = self._asking.get(place.text())
        return None if asking is None else asking.beginning

    def forget(self, place: ConversationReference) -> None:
        """Ask them nothing more."""
        self._asking.pop(place.text(), None)

    async def start(self, place: ConversationReference, rest: str, id: str) -> None:
        """Begin, or ask what there is to ask first. `rest` is a scenario and the roles of the
        engine that persons take. Raises InputError for roles that there are not, HostError."""
        own = self._host.versions.own
        asking = self._asking.get(place.text())
        if asking is not None and id in asking.heard:
            return
        name, *seats = rest.split() or [next(iter(own)) if len(own) == 1 else ""]
        if name not in own:
            first = f"There is no conversation {shown(name, 40)} here, but these:"
            first = first if name else "Which one? Write one of these:"
            lines = [f"/start {each.id} – {each.title}" for each in own.values()]
            none = "There is nothing to begin here now."
            await self._replies.say(place, id, "\n".join([first, *lines]) if lines else none)
            return
        beginning = Beginning(own[name], seats, self._host.clock)
        lines = [own[name].title, "/help shows what can be written.", *care(beginning.support)]
        await self._replies.say(place, f"{id}:title", "\n".join(lines))
        self._asking[place.text()] = _Asking(beginning, deque([id], _MOST_HEARD))
        while len(self._asking) > _MOST_BEGINNINGS:
            self._asking.popitem(last=False)
        await self._go_on(place, beginning, id)

    async def answered(self, place: ConversationReference, text: str, press: str, id: str) -> None:
        """Take an answer of somebody who is being asked."""
        beginning, heard = self._asking[place.text()]
        if id in heard:
            return
        heard.append(id)
        refusal = beginning.take(text, press)
        await self._go_on(place, beginning, id, refusal)

    async def command(self, place: ConversationReference, word: str, id: str) -> None:
        """Carry out a command of theirs: again, care or stop."""
        beginning = self._asking[place.text()].beginning
        if word == "again":
            await self._go_on(place, beginning, id)
        elif word == "care":
            await self._replies.say(place, id, beginning.support or NO_CARE)
        else:
            self.forget(place)
            await self._replies.say(place, id, "Nothing has begun. /start begins a conversation.")

    async def _go_on(
        self, place: ConversationReference, beginning: Beginning, id: str, first: str | None = None
    ) -> None:
        """Ask what is still to be asked, or begin."""
        front_end = self._replies.front_end
        if not beginning.is_complete:
            text, buttons = beginning.asked(front_end.capabilities)
            text = text if first is None else f"{first}\n\n{text}"
            await self._replies.say(place, f"{id}:{beginning.left}", text, buttons)
            return
        del self._asking[place.text()]
        key = key_at(front_end, id)
        # A name for each: whoever leaves others in a conversation may begin another.
        name = hashlib.sha256(f"{place.text()} {key}".encode()).hexdigest()[:32]
        await self._host.open(
            f"{front_end.name}:{name}", beginning.scenario.id, beginning.answers,
            key=key, seats=beginning.seats, tell={beginning.first_seat: place.text()},
        )  # fmt: skip
