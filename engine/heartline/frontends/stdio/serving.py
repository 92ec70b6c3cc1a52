"""The front end `stdio`: requests come on standard input, answers go to standard output.

    heartline run reconciliation --on stdio --store sqlite:///heartline.db

Requests are carried out one after the other, and each is answered before the next: what follows
from a conversation that is followed comes in between. A request that cannot be carried out is
refused, and nothing of it has happened. Only the end of the input ends it, or whoever runs it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar

from heartline.errors import CallerError, HeartlineError, StaleTurn, UnknownConversation
from heartline.frontends.capability import begin, happened_after, seat_of
from heartline.frontends.faults import BadRequest
from heartline.frontends.pipes import Out, lines_from
from heartline.frontends.protocol import Capabilities
from heartline.frontends.seating import check_undo, persons_of
from heartline.frontends.stdio import forms
from heartline.frontends.views import view
from heartline.frontends.wire import as_happened, as_refusal, as_scenario
from heartline.host.values import SEATED
from heartline.snapshot import Choose, Send, Tick

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from heartline.frontends.capability import Seat
    from heartline.frontends.protocol import OutEvent
    from heartline.frontends.references import ConversationReference
    from heartline.host.host import Host
    from heartline.host.values import Answer

__all__ = ["MOST_LINE", "Stdio"]

MOST_LINE = 65_536  # bytes of a request
_MOST_EVENTS = 500
_MOST_FOLLOWED = 10_000

Told = dict[str, Any]


class Stdio:
    """One program at the other end, which speaks for all its people."""

    name = "stdio"
    capabilities = Capabilities(longest_text=1_000_000, longest_label=1_000, most_choices=1_000)

    def __init__(self) -> None:
        self.source, self.target = 0, 1  # file descriptors

    async def run(self, host: Host) -> None:
        """Answer until the input ends."""
        with Out(self.target) as out:
            talk = _Talk(host, out)
            try:
                async with aclosing(lines_from(self.source, MOST_LINE)) as lines:
                    async for line in lines:
                        await talk.hear(line)
            finally:
                await talk.end()

    async def deliver(self, reference: ConversationReference, events: Sequence[OutEvent]) -> None:
        """Nothing is brought here: a program follows the conversations that it wants to."""


class _Talk:
    """What one program asks, and what it follows."""

    def __init__(self, host: Host, out: Out) -> None:
        self._host = host
        self._out = out
        self._following: dict[str, asyncio.Task[None]] = {}  # by token

    async def hear(self, line: bytes | None) -> None:
        """Carry out one line, and answer it. An empty one is passed over."""
        if line is None:
            why = f"This line is too long: a request has {MOST_LINE:,} bytes at most."
            await self._tell(_refused(None, BadRequest(why)))
        elif line.strip():
            await self._tell(await self._answered(line))

    async def end(self) -> None:
        """Follow nothing more."""
        tasks = list(self._following.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, told: Told) -> None:
        # In ASCII: some readers take other signs than the end of a line for one.
        await self._out.write(json.dumps(told, separators=(",", ":")).encode())

    async def _answered(self, line: bytes) -> Told:
        name: int | str | None = None
        try:
            found = forms.object_in(line)
            name = forms.id_of(found)
            request = forms.request_in(found)
            return {"id": name, **await self._DO[type(request)](self, request)}
        except StaleTurn as refusal:
            seat = await self._seat(found["conversation"])
            return {**_refused(name, refusal), **await self._view(seat, refusal.present)}
        except HeartlineError as refusal:
            return _refused(name, refusal)
        except Exception as fault:  # the program's other conversations go on
            logging.getLogger("heartline.frontends").exception("A request has met a fault.")
            why = f"Heartline itself has a fault here ({type(fault).__name__}): its log has more."
            return {"id": name, "refusal": {"code": "fault", "message": why}}

    # What can be asked ----------------------------------------------------------------------------

    async def _scenarios(self, _: forms.Scenarios) -> Told:
        own = self._host.versions.own.values()
        return {"scenarios": [as_scenario(each) for each in own]}

    async def _open(self, asked: forms.Open) -> Told:
        tokens, answer = await begin(
            self._host, Stdio.name, asked.scenario, asked.inputs, reference=asked.reference,
            seats=asked.seats, seed=asked.seed, key=asked.key,
        )  # fmt: skip
        seat = await self._seat(next(iter(tokens.values())))
        return {"conversations": tokens, "view": await view(self._host, seat.role, answer)}

    async def _read(self, asked: forms.Read) -> Told:
        seat = await self._seat(asked.conversation)
        return await self._view(seat, await self._host.read(seat.conversation))

    async def _choose(self, asked: forms.Choose) -> Told:
        seat = await self._seat(asked.conversation)
        if asked.role not in (None, seat.role):
            raise CallerError(
                f"This token is for the seat of {seat.role!r}: take that of {asked.role!r}, or "
                "leave 'role' out."
            )
        chosen = Choose(asked.choice, asked.turn, seat.role)
        return await self._submit(seat, chosen, asked.key)

    async def _send(self, asked: forms.Send) -> Told:
        seat = await self._seat(asked.conversation)
        return await self._submit(seat, Send(asked.event, asked.turn), asked.key)

    async def _tick(self, asked: forms.Tick) -> Told:
        seat = await self._seat(asked.conversation)
        return await self._submit(seat, Tick(), asked.key)

    async def _undo(self, asked: forms.Undo) -> Told:
        seat = await self._seat(asked.conversation)
        key = _key(seat, asked.key)
        again = key is not None and await self._host.store.keyed(seat.conversation, key)
        if not again:
            await self._check_undo(seat, asked.turns)
        answer = await self._host.undo(
            seat.conversation, turns=asked.turns, key=key, sender=seat.reference
        )
        return await self._view(seat, answer)

    async def _events(self, asked: forms.Events) -> Told:
        seat = await self._seat(asked.conversation)
        found = await happened_after(self._host, seat, asked.after, _MOST_EVENTS)
        return {
            "events": [as_happened(each, seat.role) for each in found],
            "more": bool(found) and found[-1].sequence < seat.record.sequence,
        }

    async def _transcript(self, asked: forms.Transcript) -> Told:
        seat = await self._seat(asked.conversation)
        found = await self._host.transcript(seat.conversation)
        return {"transcript": [as_happened(each, seat.role) for each in found]}

    async def _follow(self, asked: forms.Follow) -> Told:
        seat = await self._seat(asked.conversation)
        token = asked.conversation
        await self._forget(token)
        if len(self._following) >= _MOST_FOLLOWED:
            raise CallerError(
                f"{_MOST_FOLLOWED:,} conversations are followed already: unfollow one first."
            )
        after = seat.record.sequence if asked.after is None else asked.after
        self._following[token] = asyncio.create_task(self._push(token, seat, after))
        return {"following": True}

    async def _unfollow(self, asked: forms.Unfollow) -> Told:
        await self._forget(asked.conversation)
        return {"following": False}

    async def _end(self, asked: forms.End) -> Told:
        seat = await self._seat(asked.conversation)
        key = _key(seat, asked.key)
        await self._host.touching.hold(seat.record)  # what cannot be shown is not ended here
        answer = await self._host.close(seat.conversation, key=key, sender=seat.reference)
        return await self._view(seat, answer)

    async def _delete(self, asked: forms.Delete) -> Told:
        seat = await self._seat(asked.conversation)
        await self._host.delete(seat.conversation)
        return {"deleted": True}

    # A request's model, and what carries it out.
    _DO: ClassVar[dict[type, Callable[[_Talk, Any], Awaitable[Told]]]] = {
        forms.Scenarios: _scenarios,
        forms.Open: _open,
        forms.Read: _read,
        forms.Choose: _choose,
        forms.Send: _send,
        forms.Tick: _tick,
        forms.Undo: _undo,
        forms.Events: _events,
        forms.Transcript: _transcript,
        forms.Follow: _follow,
        forms.Unfollow: _unfollow,
        forms.End: _end,
        forms.Delete: _delete,
    }

    # ----------------------------------------------------------------------------------------------

    async def _seat(self, token: str) -> Seat:
        return await seat_of(self._host, Stdio.name, token)

    async def _check_undo(self, seat: Seat, turns: int) -> None:
        """Nobody takes back what somebody else has done. Raises CallerError."""
        if turns > 1 and len(await persons_of(self._host, seat.record)) > 1:
            raise CallerError("Where several persons take part, one turn is taken back at a time.")
        await check_undo(self._host, seat.record, seat.role)

    async def _submit(self, seat: Seat, input: Choose | Send | Tick, key: str | None) -> Told:
        answer = await self._host.submit(
            seat.conversation, input, key=_key(seat, key), sender=seat.reference
        )
        return await self._view(seat, answer)

    async def _view(self, seat: Seat, answer: Answer) -> Told:
        return {"view": await view(self._host, seat.role, answer)}

    async def _push(self, token: str, seat: Seat, after: int) -> None:
        """Tell what happens, until there is nothing more to tell."""
        told: Told = {"conversation": token, "following": False}
        try:
            async with aclosing(self._host.events(seat.conversation, after)) as events:
                async for each in events:
                    if each.kind == SEATED:
                        await self._seat(token)  # or somebody else has the seat from here on
                    happened = as_happened(each, seat.role)
                    await self._tell({"conversation": token, "happened": happened})
        except UnknownConversation:
            pass  # it was deleted, or the token has ended
        except HeartlineError as refusal:
            told["refusal"] = as_refusal(refusal)
        self._following.pop(token, None)
        await self._tell(told)

    async def _forget(self, token: str) -> None:
        task = self._following.pop(token, None)
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))


def _refused(id: int | str | None, refusal: HeartlineError) -> Told:
    return {"id": id, "refusal": as_refusal(refusal)}


def _key(seat: Seat, key: str | None) -> str | None:
    """A key as the host keeps it: two seats may use the same ones."""
    return None if key is None else f"{seat.role}:{key}"
