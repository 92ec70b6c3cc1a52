"""What people write or press in a chat becomes inputs of a host; all that a chat bot has to do.

    desk = Desk(host, front_end)
    await desk.hear(ConversationReference("irc", chat=nick), text, id=message_id)

A message that means a choice is submitted under its own id, so that the same message delivered
twice happens once. What follows comes back through the host's deliveries (heartline.frontends.
stage), to everybody who has a seat; only refusals and answers about the conversation are brought
from here. Nothing that was typed is kept: what is stored is the choice that it meant.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from heartline.errors import (
    CallerError,
    HeartlineError,
    InputError,
    StoreUnavailable,
    UnknownChoice,
)
from heartline.frontends.asking import questions_of
from heartline.frontends.degrading import as_lines, degrade, fitted, meant, page_of, shortened
from heartline.frontends.protocol import Button, OutEvent
from heartline.frontends.references import INVITE, ConversationReference, new_token
from heartline.frontends.seating import last_by, persons_of
from heartline.frontends.wire import heard_by
from heartline.host.values import LIVE
from heartline.snapshot import Choose

if TYPE_CHECKING:
    from heartline.conversation import Scenario
    from heartline.frontends.asking import Question
    from heartline.frontends.protocol import FrontEnd
    from heartline.host.host import Host
    from heartline.host.values import Record

__all__ = ["COMMANDS", "Desk"]

# What can be written besides choices, and what it does: networks with menus show these.
COMMANDS = {
    "start": "begin a conversation; with the name of one, that one",
    "again": "show where you are",
    "undo": "take your last step back",
    "log": "all that has been said",
    "care": "where to find support",
    "invite": "a code with which another person takes their seat",
    "join": "take a seat with such a code",
    "stop": "leave the conversation",
    "delete": "delete the conversation, with all that is stored of it",
    "help": "these words",
}
_MOST_WORDS = 2_000  # characters of a message that are looked at
_MOST_BEGINNINGS = 10_000  # people who are being asked something at once
_ASK = "q"  # begins the presses that answer a question


@dataclass
class _Beginning:
    """A conversation that is about to begin: what is asked still, and what was answered."""

    scenario: Scenario
    seats: tuple[str, ...]
    questions: list[Question]
    answers: dict[str, str] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)  # ids of messages, which may come twice


class _Seat(NamedTuple):
    record: Record
    role: str


class Desk:
    """Answers the people of one front end. Messages of one person are to be given in order."""

    def __init__(self, host: Host, front_end: FrontEnd) -> None:
        self.host = host
        self.front_end = front_end
        self._beginnings: OrderedDict[str, _Beginning] = OrderedDict()

    async def hear(
        self, where: ConversationReference, text: str = "", *, id: str, press: str = ""
    ) -> None:
        """Take what somebody wrote or pressed. `id` is the network's for it: the same one again is
        the same message again. A refusal is told to whoever wrote. Raises StoreUnavailable where
        nothing can be done now, for a network that delivers again."""
        place = where.place
        text = text[:_MOST_WORDS].strip()
        try:
            await self._hear(place, text, press, id)
        except StoreUnavailable:
            raise
        except HeartlineError as refusal:
            await self._say(place, id, str(refusal))
            seat = await self._seat(place)
            if seat is not None and seat.record.status == LIVE:
                await self._show(place, seat, id)

    async def _hear(self, place: ConversationReference, text: str, press: str, id: str) -> None:
        if text.startswith("/") and not press:
            word, _, rest = text[1:].partition(" ")
            await self._command(place, word.partition("@")[0].lower(), rest.strip(), id)
            return
        beginning = self._beginnings.get(place.text())
        if beginning is not None:
            await self._answered(place, beginning, text, press, id)
            return
        seat = await self._seat(place)
        if seat is None or (seat.record.status != LIVE and not press):
            await self._start(place, "", id)
        elif seat.record.status != LIVE:
            await self._say(place, id, "That conversation is over. /start begins a new one.")
        else:
            await self._choose(place, seat, text, press, id)

    async def _choose(
        self, place: ConversationReference, seat: _Seat, text: str, press: str, id: str
    ) -> None:
        page = page_of(press) if press else None
        key = self._key(id)
        if page is None and await self._has_happened(seat.record, key):
            return  # the network has brought it twice
        turn = (await self.host.read(seat.record.id)).turn.seen_by(seat.role)
        if page is not None:
            await self._show(place, seat, id, page)
            return
        choice = meant(turn, text, press)
        if not turn.choices:
            raise UnknownChoice("There is nothing for you to choose just now.")
        chosen = Choose(choice.id, turn.number, seat.role)
        await self.host.submit(seat.record.id, chosen, key=key)

    async def _has_happened(self, record: Record, key: str) -> bool:
        return await self.host.store.keyed(record.id, key) is not None

    # Commands -------------------------------------------------------------------------------------

    async def _command(self, place: ConversationReference, word: str, rest: str, id: str) -> None:
        if word == "start":
            await self._start(place, rest, id)
        elif word == "join":
            await self._join(place, rest, id)
        elif word == "help" or word not in COMMANDS:
            lines = [f"/{name} – {about}" for name, about in COMMANDS.items()]
            first = "" if word == "help" else f"There is no /{shortened(word, 30)} here.\n"
            await self._say(place, id, first + "\n".join(lines))
        else:
            seat = await self._seat(place)
            if seat is None:
                await self._say(place, id, "You are in no conversation. /start begins one.")
            else:
                await self._within(place, seat, word, rest, id)

    async def _within(
        self, place: ConversationReference, seat: _Seat, word: str, rest: str, id: str
    ) -> None:
        """A command about the conversation that one is in."""
        record, role = seat
        if word == "again":
            await self._show(place, seat, id)
        elif word == "log":
            await self._say(place, id, await self._so_far(seat) or "Nothing has been said yet.")
        elif word == "care":
            turn = (await self.host.read(record.id)).turn
            none = "This scenario brings no list of places that help."
            await self._say(place, id, turn.support or none)
        elif word == "undo":
            if not await last_by(self.host, record, role):
                raise CallerError("Only your own last step can be taken back.")
            await self.host.undo(record.id, key=self._key(id))
        elif word == "invite":
            await self._invite(place, seat, rest, id)
        elif word == "stop":
            await self._stop(place, seat, id)
        elif rest.lower() == "yes":
            await self.host.delete(record.id)
            await self._say(place, id, "The conversation is deleted, with all that was stored.")
        else:
            await self._say(
                place, id, "This deletes the conversation for everybody in it. To do so, write: "
                "/delete yes",
            )  # fmt: skip

    async def _stop(self, place: ConversationReference, seat: _Seat, id: str) -> None:
        others = [each for each in seat.record.seats if each != seat.role]
        await self._say(place, id, "You have left. /start begins a new conversation.")
        if others:
            await self.host.seat(seat.record.id, seat.role, None)
        elif seat.record.status == LIVE:
            await self.host.close(seat.record.id, key=self._key(id), sender=place.text())

    # Two people -----------------------------------------------------------------------------------

    async def _invite(self, place: ConversationReference, seat: _Seat, rest: str, id: str) -> None:
        record = seat.record
        free = [
            role
            for role in await persons_of(self.host, record)
            if role != seat.role and _is_free(record, role)
        ]
        if not free:
            raise CallerError("There is no free seat in this conversation.")
        role = rest or free[0]
        if role not in free:
            raise CallerError(f"There is no free seat {shortened(rest, 30)!r}: {', '.join(free)}.")
        token = new_token()
        reference = ConversationReference.of_token(INVITE, token).text()
        await self.host.seat(record.id, role, reference)
        await self._say(
            place, id, f"Give this to the one person who is to be {role}; it works once:\n"
            f"/join {token}",
        )  # fmt: skip

    async def _join(self, place: ConversationReference, token: str, id: str) -> None:
        invited = await self.host.seated(ConversationReference.of_token(INVITE, token).text())
        here = await self._seat(place)
        if invited is None or invited[0].status != LIVE:
            if here is not None and here.record.status == LIVE:
                await self._show(place, here, id)  # the same message, brought twice
                return
            raise CallerError("That code opens nothing, or it has been used: ask for a new one.")
        if here is not None and here.record.status == LIVE:
            raise CallerError("You are in a conversation already. /stop leaves it.")
        record, role = invited
        await self.host.seat(record.id, role, place.text())
        seat = _Seat(record, role)
        so_far = await self._so_far(seat)
        await self._say(place, id, f"You have the seat of {role}. So far:\n\n{so_far}")
        await self._show(place, seat, id)

    async def _so_far(self, seat: _Seat) -> str:
        happened = await self.host.transcript(seat.record.id)
        heard = [line for each in happened for line in heard_by(each.said, seat.role)]
        return "\n".join(as_lines(heard))

    # The beginning --------------------------------------------------------------------------------

    async def _start(self, place: ConversationReference, rest: str, id: str) -> None:
        """Begin, or ask what there is to ask first. `rest` is a scenario and the roles of the
        engine that persons take."""
        seat = await self._seat(place)
        if seat is not None and seat.record.status == LIVE:
            if await self._has_happened(seat.record, self._key(id)):
                return
            raise CallerError("You are in a conversation. /stop leaves it, /again shows it.")
        own = self.host.versions.own
        name, *seats = rest.split() or [next(iter(own))] if len(own) == 1 else rest.split() or [""]
        if name not in own:
            first = f"There is no {shortened(name, 40)!r} here.\n" if name else ""
            lines = [f"/start {each.id} – {each.title}" for each in own.values()]
            await self._say(place, id, first + "\n".join(lines))
            return
        scenario = own[name]
        beginning = _Beginning(scenario, tuple(seats), list(questions_of(scenario)))
        beginning.heard.add(id)
        self._beginnings[place.text()] = beginning
        while len(self._beginnings) > _MOST_BEGINNINGS:
            self._beginnings.popitem(last=False)
        await self._go_on(place, beginning, id)

    async def _answered(
        self, place: ConversationReference, beginning: _Beginning, text: str, press: str, id: str
    ) -> None:
        if id in beginning.heard:
            return
        beginning.heard.add(id)
        question = beginning.questions[0]
        number, _, value = press.removeprefix(_ASK).partition("=")
        if press and number != str(len(beginning.questions)):
            await self._go_on(place, beginning, id)  # a button of an earlier question
            return
        value = value if press else question.meant(text)
        answers = {**beginning.answers, question.name: value}
        try:
            beginning.scenario.start(answers, clock=self.host.clock, seats=beginning.seats)
        except InputError as refusal:
            await self._say(place, id, question.wanted or str(refusal))
        else:
            beginning.answers = answers
            del beginning.questions[0]
        await self._go_on(place, beginning, id)

    async def _go_on(self, place: ConversationReference, beginning: _Beginning, id: str) -> None:
        if beginning.questions:
            await self._ask(place, beginning, id)
            return
        del self._beginnings[place.text()]
        scenario = beginning.scenario
        persons = [
            name
            for name, role in scenario.machine.roles.items()
            if not role.engine or name in beginning.seats
        ]
        await self.host.open(
            f"chat:{place.text()}", scenario.id, beginning.answers, key=self._key(id),
            seats=beginning.seats, tell={persons[0]: place.text()},
        )  # fmt: skip

    async def _ask(self, place: ConversationReference, beginning: _Beginning, id: str) -> None:
        question = beginning.questions[0]
        options = question.options
        if question.kind == "bool":
            options = (("yes", "Yes"), ("no", "No"))
        lines = [each for each in (question.prompt, question.kept_for) if each]
        if not self.front_end.capabilities.buttons or not options:
            lines += [f"{number}. {label}" for number, (_, label) in enumerate(options, 1)]
            lines += [each for each in (question.wanted,) if each]
        left = len(beginning.questions)
        most = self.front_end.capabilities.longest_label
        buttons = tuple(
            Button(shortened(label, most), f"{_ASK}{left}={value}"[:64]) for value, label in options
        )
        await self._say(place, f"{id}:{left}", "\n".join(lines), buttons)

    # What is shown --------------------------------------------------------------------------------

    async def _seat(self, place: ConversationReference) -> _Seat | None:
        """The conversation that somebody is in, or was in last."""
        found = await self.host.seated(place.text())
        return None if found is None else _Seat(*found)

    async def _show(
        self, place: ConversationReference, seat: _Seat, id: str, page: int = 0
    ) -> None:
        """Where the conversation stands, with what can be chosen."""
        turn = (await self.host.read(seat.record.id)).turn.seen_by(seat.role)
        capabilities = self.front_end.capabilities
        lines = turn.lines if page == 0 else ()
        await self._bring(place, degrade(f"here:{id}", lines, turn, capabilities, page=page))

    async def _say(
        self, place: ConversationReference, id: str, text: str, buttons: tuple[Button, ...] = ()
    ) -> None:
        capabilities = self.front_end.capabilities
        texts = fitted(text, capabilities.longest_text)
        if not capabilities.buttons:
            buttons = ()
        await self._bring(place, tuple(
            OutEvent(f"reply:{id}:{number}", each, buttons if each is texts[-1] else ())
            for number, each in enumerate(texts)
        ))  # fmt: skip

    async def _bring(self, place: ConversationReference, events: tuple[OutEvent, ...]) -> None:
        try:
            await self.front_end.deliver(place, events)
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 - what is told from here can be asked for again
            self.host.observer.undelivered()

    def _key(self, id: str) -> str:
        return f"{self.front_end.name}:{id}"[:512]


def _is_free(record: Record, role: str) -> bool:
    reference = record.seats.get(role)
    return reference is None or ConversationReference.of(reference).front_end == INVITE
