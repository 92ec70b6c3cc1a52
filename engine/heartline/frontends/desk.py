"""What people write or press in a chat becomes inputs of a host; all that a chat bot has to do.

    desk = Desk(host, front_end)
    await desk.hear(ConversationReference("irc", chat=nick), text, id=message_id)

A message that means a choice is submitted under its own id, so that the same message delivered
twice happens once. What follows comes back through the host's deliveries (heartline.frontends.
stage), to everybody who has a seat; only refusals and answers about the conversation are brought
from here. Nothing that was typed is kept: what is stored is the choice that it meant, and answers
that the scenario has asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from heartline.errors import (
    CallerError,
    ChoiceClosed,
    ConversationOver,
    HeartlineError,
    StaleTurn,
    StoreUnavailable,
    UnknownChoice,
)
from heartline.frontends.beginning import is_press
from heartline.frontends.commands import COMMANDS, NO_CARE, care, listed
from heartline.frontends.degrading import as_lines, meant, page_of
from heartline.frontends.inviting import invite, is_free, join, key_of
from heartline.frontends.reception import Reception, key_at
from heartline.frontends.references import ConversationReference
from heartline.frontends.replying import Replies
from heartline.frontends.seating import check_undo
from heartline.frontends.wire import heard_by
from heartline.host.values import LIVE, UNDONE
from heartline.snapshot import Choose
from heartline.typed import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.frontends.protocol import FrontEnd
    from heartline.host.host import Host
    from heartline.host.values import Record
    from heartline.turn import Choice, Turn

__all__ = ["Desk"]

_MOST_WORDS = 2_000  # characters of a message that are looked at
_MOST_PRESS = 64  # as many as a button sends
_CODE = re.compile(r"[A-Za-z0-9_-]{32}")  # as new_token makes them

_NOT_IN_ONE = "You are in no conversation. /start begins one."
_IS_OVER = "That conversation is over. /start begins a new one, /log shows what was said."


class _Seat(NamedTuple):
    record: Record
    role: str

    @property
    def is_live(self) -> bool:
        return self.record.status == LIVE


class Desk:
    """Answers the people of one front end. Messages of one person are to be given in order."""

    def __init__(
        self,
        host: Host,
        front_end: FrontEnd,
        *,
        sign: str = "/",
        link: Callable[[str], str] | None = None,
    ) -> None:
        """`sign` is the character that a command begins with, for networks whose programs keep
        lines with a slash to themselves. `link` gives the address which takes the seat of an
        invitation by its code, where such a thing can be followed: it brings "/start CODE"."""
        self.host: Host = host
        self.front_end: FrontEnd = front_end
        self._sign = sign
        self._link = link
        self._replies = Replies(host, front_end, sign)
        self._reception = Reception(host, self._replies)

    async def hear(
        self, where: ConversationReference, text: str = "", *, id: str, press: str = ""
    ) -> None:
        """Take what somebody wrote or pressed. `id` is the network's for it: the same one again is
        the same message again. A refusal is told to whoever wrote. Raises StoreUnavailable where
        nothing can be done now, for a network that delivers again."""
        place = where.place
        text = text[:_MOST_WORDS].strip()
        try:
            await self._hear(place, text, press[:_MOST_PRESS], id)
        except StoreUnavailable:
            raise
        except HeartlineError as refusal:
            await self._replies.say(place, id, str(refusal))

    async def _hear(self, place: ConversationReference, text: str, press: str, id: str) -> None:
        seat = await self._seat(place)
        if seat is not None and await self._has_happened(seat, self._key(id)):
            return  # the network has brought it twice
        if text.startswith(self._sign) and not press:
            word, *rest = text[1:].split(None, 1) or [""]
            await self._command(place, seat, word.partition("@")[0].lower(), "".join(rest), id)
        elif seat is not None and seat.is_live:
            await self._choose(place, seat, text, press, id)
        elif self._reception.beginning(place) is not None:
            await self._reception.answered(place, text, press, id)
        elif seat is not None:
            await self._replies.say(place, id, _IS_OVER)
        else:
            await self._start(place, "", id)

    async def _choose(
        self, place: ConversationReference, seat: _Seat, text: str, press: str, id: str
    ) -> None:
        """A choice, or another page of buttons. What is refused is told with what can be done."""
        turn = await self._turn(seat)
        page = page_of(press)
        if page is not None and press.startswith(f"{turn.number}:"):
            await self._replies.leaf(place, turn, id, page)
            return
        try:
            if is_press(press) or page is not None:
                raise StaleTurn("That button belongs to something earlier.", 0, turn.number)
            choice = _choice(turn, text, press)
            chosen = Choose(choice.id, turn.number, seat.role)
            await self.host.submit(seat.record.id, chosen, key=self._key(id))
        except (ChoiceClosed, ConversationOver, StaleTurn, UnknownChoice) as refusal:
            turn = await self._turn(seat)
            lines = turn.lines if isinstance(refusal, StaleTurn) else ()
            first = str(refusal)
            if isinstance(refusal, ChoiceClosed):  # which names it by an id that nobody has seen
                first = f"That cannot be chosen now: {refusal.reason}."
            await self._replies.show(place, turn, id, lines, first)

    # Commands -------------------------------------------------------------------------------------

    async def _command(
        self, place: ConversationReference, seat: _Seat | None, word: str, rest: str, id: str
    ) -> None:
        beginning = self._reception.beginning(place)
        if word == "start":
            await self._start(place, rest, id, seat)
        elif word == "join":
            await self._join(place, seat, rest, id)
        elif word == "help" or word not in COMMANDS:
            first = "A choice is taken by its button, its number or its first words. Besides:"
            if word != "help":
                first = f"There is no command {shown(self._sign + word, 30)}, but these:"
            words = await listed(self.host, seat and seat.record, beginning)
            await self._replies.say(place, id, f"{first}\n{words}")
        elif beginning is not None and word in ("again", "care", "stop"):
            await self._reception.command(place, word, id)
        elif seat is None:
            await self._replies.say(place, id, _NOT_IN_ONE)
        else:
            await self._within(place, seat, word, rest, id)

    async def _start(
        self, place: ConversationReference, rest: str, id: str, seat: _Seat | None = None
    ) -> None:
        """Begin; or take a seat, where `rest` is the code of an invitation."""
        if rest not in self.host.versions.own and _CODE.fullmatch(rest):
            await self._join(place, seat, rest, id)
        elif seat is not None and seat.is_live:
            turn = await self._turn(seat)
            first = "You are in a conversation already; /stop leaves it."
            await self._replies.show(place, turn, id, turn.lines, first)
        else:
            await self._reception.start(place, rest, id)

    async def _within(
        self, place: ConversationReference, seat: _Seat, word: str, rest: str, id: str
    ) -> None:
        """A command about the conversation that one is in, or was in last."""
        record, role = seat
        if word == "again":
            turn = await self._turn(seat)
            await self._replies.show(
                place, turn, id, turn.lines, None if seat.is_live else _IS_OVER
            )
        elif word == "log":
            await self._replies.say(
                place, id, await self._so_far(seat) or "Nothing has been said yet."
            )
        elif word == "care":
            await self._replies.say(place, id, (await self._turn(seat)).support or NO_CARE)
        elif word == "undo":
            await check_undo(self.host, record, role)
            await self.host.undo(record.id, key=self._key(id))
        elif word == "invite":
            await self._invite(place, seat, rest, id)
        elif word == "stop":
            await self._stop(place, seat, id)
        elif rest.lower() == "yes":
            await self.host.delete(record.id)
            await self._replies.say(
                place, id, "The conversation is deleted, with all that was stored."
            )
            await self._tell_others(seat, id, "Somebody in it has deleted the conversation.")
        else:
            await self._replies.say(
                place, id, "This deletes the conversation for everybody in it. To do so, write: "
                "/delete yes",
            )  # fmt: skip

    async def _stop(self, place: ConversationReference, seat: _Seat, id: str) -> None:
        """Leave. A conversation in which nobody else is, is closed."""
        record, role = seat
        others = [each for each in record.seats if each != role and not is_free(record, each)]
        if not seat.is_live:
            await self._replies.say(place, id, _IS_OVER)
            return
        if others:
            await self.host.seat(record.id, role, None)
            await self._tell_others(
                seat, id, f"Whoever was {role} has left. /invite makes a code for somebody else."
            )
        else:
            await self.host.close(record.id, key=self._key(id), sender=place.text())
        await self._replies.say(place, id, "You have left. /start begins a new conversation.")

    # Two people -----------------------------------------------------------------------------------

    async def _invite(self, place: ConversationReference, seat: _Seat, rest: str, id: str) -> None:
        if not seat.is_live:
            raise CallerError(_IS_OVER)
        key = self._key(id)
        role, code = await invite(self.host, seat.record, seat.role, rest, key=key)
        how = f"/join {code}" if self._link is None else self._link(code)
        await self._replies.say(
            place, id, f"Send this to the one person who is to be {role}; it works once:\n{how}"
        )

    async def _join(
        self, place: ConversationReference, here: _Seat | None, code: str, id: str
    ) -> None:
        if not code:
            raise CallerError("Write the code behind it, as in: /join CODE")
        if here is not None and here.is_live:
            if await self._has_happened(here, key_of(code)):
                return  # the same message, brought twice
            raise CallerError("You are in a conversation already. /stop leaves it.")
        seat = _Seat(*await join(self.host, code, place.text()))
        self._reception.forget(place)
        so_far = await self._so_far(seat)
        turn = await self._turn(seat)
        told = "\n".join([f"You have the seat of {seat.role}.", *care(turn.support)])
        await self._replies.show(place, turn, id, first=f"{told}\n\n{so_far}".strip())
        await self._tell_others(seat, id, f"Somebody has taken the seat of {seat.role}.")

    async def _tell_others(self, seat: _Seat, id: str, sentence: str) -> None:
        """Tell those in the other seats, where they are at this front end: what is no turn is not
        delivered to them by the host."""
        for role, reference in seat.record.seats.items():
            where = ConversationReference.of(reference)
            if role != seat.role and where.front_end == self.front_end.name:
                await self._replies.say(where, f"{id}:{role}", sentence)

    async def _so_far(self, seat: _Seat) -> str:
        """All that was said. What was taken back has been said too, and is not said again."""
        lines: list[str] = []
        for each in await self.host.transcript(seat.record.id):
            if each.kind == UNDONE:
                lines.append("(The last step was taken back.)")
            else:
                lines += as_lines(heard_by(each.said, seat.role))
        return "\n".join(lines)

    # Where somebody is ----------------------------------------------------------------------------

    async def _seat(self, place: ConversationReference) -> _Seat | None:
        """The conversation that somebody is in, or was in last."""
        found = await self.host.seated(place.text())
        return None if found is None else _Seat(*found)

    async def _turn(self, seat: _Seat) -> Turn:
        """Where a conversation stands, as the seat may see it."""
        answer = await self.host.read(seat.record.id)
        turn = answer.turn.seen_by(seat.role)
        return turn if answer.status == LIVE else turn._replace(choices=(), deadlines=())

    async def _has_happened(self, seat: _Seat, key: str) -> bool:
        return await self.host.store.keyed(seat.record.id, key) is not None

    def _key(self, id: str) -> str:
        return key_at(self.front_end, id)


def _choice(turn: Turn, text: str, press: str) -> Choice:
    """The choice that was meant. Raises StaleTurn, UnknownChoice."""
    if not turn.choices and not press:
        raise UnknownChoice("There is nothing for you to choose just now.")
    return meant(turn, text, press)
