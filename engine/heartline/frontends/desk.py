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

import hashlib
import re
from collections import OrderedDict, deque
from dataclasses import replace
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
from heartline.frontends.beginning import Beginning, is_press
from heartline.frontends.commands import COMMANDS, listed, signed
from heartline.frontends.degrading import as_lines, degrade, fitted, meant, page_of
from heartline.frontends.inviting import invite, is_free, join, key_of
from heartline.frontends.protocol import OutEvent
from heartline.frontends.references import ConversationReference
from heartline.frontends.seating import check_undo
from heartline.frontends.wire import heard_by
from heartline.host.values import LIVE, UNDONE
from heartline.snapshot import Choose
from heartline.turn import Said
from heartline.typed import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.frontends.protocol import Button, FrontEnd
    from heartline.host.host import Host
    from heartline.host.values import Record
    from heartline.turn import Choice, Turn

__all__ = ["Desk"]

_MOST_WORDS = 2_000  # characters of a message that are looked at
_MOST_PRESS = 64  # as many as a button sends
_MOST_BEGINNINGS = 10_000  # people who are being asked something at once
_MOST_HEARD = 32  # messages of theirs that are known when they come again
_CODE = re.compile(r"[A-Za-z0-9_-]{32}")  # as new_token makes them

_NOT_IN_ONE = "You are in no conversation. /start begins one."
_CARE = "If this is too close: /care says where support is found."
_NO_CARE = "This scenario brings no list of places that help."
_IS_OVER = "That conversation is over. /start begins a new one, /log shows what was said."


class _Asking(NamedTuple):
    beginning: Beginning
    heard: deque[str]  # ids of messages, which may come twice


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
        self._asking: OrderedDict[str, _Asking] = OrderedDict()

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
            await self._say(place, id, str(refusal))

    async def _hear(self, place: ConversationReference, text: str, press: str, id: str) -> None:
        seat = await self._seat(place)
        if seat is not None and await self._has_happened(seat, self._key(id)):
            return  # the network has brought it twice
        if text.startswith(self._sign) and not press:
            word, *rest = text[1:].split(None, 1) or [""]
            await self._command(place, seat, word.partition("@")[0].lower(), "".join(rest), id)
        elif seat is not None and seat.is_live:
            await self._choose(place, seat, text, press, id)
        elif place.text() in self._asking:
            await self._answered(place, text, press, id)
        elif seat is not None:
            await self._say(place, id, _IS_OVER)
        else:
            await self._start(place, "", id)

    async def _choose(
        self, place: ConversationReference, seat: _Seat, text: str, press: str, id: str
    ) -> None:
        """A choice, or another page of buttons. What is refused is told with what can be done."""
        turn = await self._turn(seat)
        page = page_of(press)
        if page is not None and press.startswith(f"{turn.number}:"):
            events = degrade(f"page:{id}", (), turn, self.front_end.capabilities, page=page)
            await self._bring(place, tuple(replace(each, paged=True) for each in events))
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
            await self._show(place, turn, id, lines, first)

    # Commands -------------------------------------------------------------------------------------

    async def _command(
        self, place: ConversationReference, seat: _Seat | None, word: str, rest: str, id: str
    ) -> None:
        if word == "start":
            await self._start(place, rest, id, seat)
        elif word == "join":
            await self._join(place, seat, rest, id)
        elif word == "help" or word not in COMMANDS:
            first = "A choice is taken by its button, its number or its first words. Besides:"
            if word != "help":
                first = f"There is no command {shown(self._sign + word, 30)}, but these:"
            asking = self._asking.get(place.text())
            words = await listed(self.host, seat and seat.record, asking and asking.beginning)
            await self._say(place, id, f"{first}\n{words}")
        elif place.text() in self._asking and word in ("again", "care", "stop"):
            await self._asked(place, word, id)
        elif seat is None:
            await self._say(place, id, _NOT_IN_ONE)
        else:
            await self._within(place, seat, word, rest, id)

    async def _within(
        self, place: ConversationReference, seat: _Seat, word: str, rest: str, id: str
    ) -> None:
        """A command about the conversation that one is in, or was in last."""
        record, role = seat
        if word == "again":
            turn = await self._turn(seat)
            await self._show(place, turn, id, turn.lines, None if seat.is_live else _IS_OVER)
        elif word == "log":
            await self._say(place, id, await self._so_far(seat) or "Nothing has been said yet.")
        elif word == "care":
            await self._say(place, id, (await self._turn(seat)).support or _NO_CARE)
        elif word == "undo":
            await check_undo(self.host, record, role)
            await self.host.undo(record.id, key=self._key(id))
        elif word == "invite":
            await self._invite(place, seat, rest, id)
        elif word == "stop":
            await self._stop(place, seat, id)
        elif rest.lower() == "yes":
            await self.host.delete(record.id)
            await self._say(place, id, "The conversation is deleted, with all that was stored.")
            await self._tell_others(seat, id, "Somebody in it has deleted the conversation.")
        else:
            await self._say(
                place, id, "This deletes the conversation for everybody in it. To do so, write: "
                "/delete yes",
            )  # fmt: skip

    async def _stop(self, place: ConversationReference, seat: _Seat, id: str) -> None:
        """Leave. A conversation in which nobody else is, is closed."""
        record, role = seat
        others = [each for each in record.seats if each != role and not is_free(record, each)]
        if not seat.is_live:
            await self._say(place, id, _IS_OVER)
            return
        if others:
            await self.host.seat(record.id, role, None)
            await self._tell_others(
                seat, id, f"Whoever was {role} has left. /invite makes a code for somebody else."
            )
        else:
            await self.host.close(record.id, key=self._key(id), sender=place.text())
        await self._say(place, id, "You have left. /start begins a new conversation.")

    # Two people -----------------------------------------------------------------------------------

    async def _invite(self, place: ConversationReference, seat: _Seat, rest: str, id: str) -> None:
        if not seat.is_live:
            raise CallerError(_IS_OVER)
        key = self._key(id)
        role, code = await invite(self.host, seat.record, seat.role, rest, key=key)
        how = f"/join {code}" if self._link is None else self._link(code)
        await self._say(
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
        self._asking.pop(place.text(), None)
        so_far = await self._so_far(seat)
        turn = await self._turn(seat)
        told = "\n".join([f"You have the seat of {seat.role}.", *_care(turn.support)])
        await self._show(place, turn, id, first=f"{told}\n\n{so_far}".strip())
        await self._tell_others(seat, id, f"Somebody has taken the seat of {seat.role}.")

    async def _tell_others(self, seat: _Seat, id: str, sentence: str) -> None:
        """Tell those in the other seats, where they are at this front end: what is no turn is not
        delivered to them by the host."""
        for role, reference in seat.record.seats.items():
            where = ConversationReference.of(reference)
            if role != seat.role and where.front_end == self.front_end.name:
                await self._say(where, f"{id}:{role}", sentence)

    async def _so_far(self, seat: _Seat) -> str:
        """All that was said. What was taken back has been said too, and is not said again."""
        lines: list[str] = []
        for each in await self.host.transcript(seat.record.id):
            if each.kind == UNDONE:
                lines.append("(The last step was taken back.)")
            else:
                lines += as_lines(heard_by(each.said, seat.role))
        return "\n".join(lines)

    # The beginning --------------------------------------------------------------------------------

    async def _start(
        self, place: ConversationReference, rest: str, id: str, seat: _Seat | None = None
    ) -> None:
        """Begin, or ask what there is to ask first. `rest` is a scenario and the roles of the
        engine that persons take, or the code of an invitation."""
        own = self.host.versions.own
        if rest not in own and _CODE.fullmatch(rest):
            await self._join(place, seat, rest, id)
            return
        if seat is not None and seat.is_live:
            turn = await self._turn(seat)
            await self._show(
                place, turn, id, turn.lines, "You are in a conversation already; /stop leaves it."
            )
            return
        asking = self._asking.get(place.text())
        if asking is not None and id in asking.heard:
            return
        name, *seats = rest.split() or [next(iter(own)) if len(own) == 1 else ""]
        if name not in own:
            first = f"There is no conversation {shown(name, 40)} here, but these:"
            first = first if name else "Which one? Write one of these:"
            lines = [f"/start {each.id} – {each.title}" for each in own.values()]
            none = "There is nothing to begin here now."
            await self._say(place, id, "\n".join([first, *lines]) if lines else none)
            return
        beginning = Beginning(own[name], seats, self.host.clock)
        lines = [own[name].title, "/help shows what can be written."]
        await self._say(place, f"{id}:title", "\n".join([*lines, *_care(beginning.support)]))
        self._asking[place.text()] = _Asking(beginning, deque([id], _MOST_HEARD))
        while len(self._asking) > _MOST_BEGINNINGS:
            self._asking.popitem(last=False)
        await self._go_on(place, beginning, id)

    async def _answered(self, place: ConversationReference, text: str, press: str, id: str) -> None:
        beginning, heard = self._asking[place.text()]
        if id in heard:
            return
        heard.append(id)
        refusal = beginning.take(text, press)
        await self._go_on(place, beginning, id, refusal)

    async def _asked(self, place: ConversationReference, word: str, id: str) -> None:
        """A command of somebody who is being asked something."""
        beginning = self._asking[place.text()].beginning
        if word == "again":
            await self._go_on(place, beginning, id)
            return
        if word == "care":
            await self._say(place, id, beginning.support or _NO_CARE)
            return
        del self._asking[place.text()]
        await self._say(place, id, "Nothing has begun. /start begins a conversation.")

    async def _go_on(
        self, place: ConversationReference, beginning: Beginning, id: str, first: str | None = None
    ) -> None:
        """Ask what is still to be asked, or begin."""
        if not beginning.is_complete:
            text, buttons = beginning.asked(self.front_end.capabilities)
            text = text if first is None else f"{first}\n\n{text}"
            await self._say(place, f"{id}:{beginning.left}", text, buttons)
            return
        del self._asking[place.text()]
        # A name for each: whoever leaves others in a conversation may begin another.
        name = hashlib.sha256(f"{place.text()} {self._key(id)}".encode()).hexdigest()[:32]
        await self.host.open(
            f"{self.front_end.name}:{name}", beginning.scenario.id, beginning.answers,
            key=self._key(id), seats=beginning.seats,
            tell={beginning.first_seat: place.text()},
        )  # fmt: skip

    # What is shown --------------------------------------------------------------------------------

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

    async def _show(
        self, place: ConversationReference, turn: Turn, id: str, lines: tuple[Said, ...] = (),
        first: str | None = None,
    ) -> None:  # fmt: skip
        """Where the conversation stands, with what can be chosen, below a sentence of the desk."""
        told = lines
        if first is not None:
            told = (Said("narrator", "", signed(first, self._sign), None, "refused"), *lines)
        capabilities, now = self.front_end.capabilities, self.host.clock.now()
        events = degrade(f"here:{id}", told, turn, capabilities, now=now)
        await self._bring(
            place, tuple(replace(each, lines=lines) for each in events[:1]) + events[1:]
        )

    async def _say(
        self, place: ConversationReference, id: str, text: str, buttons: tuple[Button, ...] = ()
    ) -> None:
        """A sentence of the desk, or several; of buttons those before go."""
        texts = fitted(signed(text, self._sign), self.front_end.capabilities.longest_text)
        events = [OutEvent(f"reply:{id}:{number}", each) for number, each in enumerate(texts)]
        if buttons:
            events[-1] = replace(events[-1], buttons=buttons, replaces=True)
        await self._bring(place, tuple(events))

    async def _bring(self, place: ConversationReference, events: tuple[OutEvent, ...]) -> None:
        try:
            if events:
                await self.front_end.deliver(place, events)
        except Exception:  # noqa: BLE001 - what is told from here can be asked for again
            self.host.observer.undelivered()

    def _key(self, id: str) -> str:
        return f"{self.front_end.name}:{id}"[:512]


def _choice(turn: Turn, text: str, press: str) -> Choice:
    """The choice that was meant. Raises StaleTurn, UnknownChoice."""
    if not turn.choices and not press:
        raise UnknownChoice("There is nothing for you to choose just now.")
    return meant(turn, text, press)


def _care(support: str | None) -> tuple[str, ...]:
    """What is said of support at the beginning, once: the text itself is long, and /care has it."""
    return (_CARE,) if support else ()
