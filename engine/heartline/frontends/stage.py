"""Several front ends on one host: what happens comes to those who have a seat, where they are.

    stage = Stage([Telegram(token=...), Irc()])
    async with Host(url, scenarios, deliver=stage.deliver) as host:
        await stage.run(host)

What is to be told lies in the store until it has arrived. A front end that raises while it delivers
is given the same again after a pause that grows, and in the end the operator finds it parked; one
that breaks while it runs is started again, unless it says that it cannot run at all (CallerError).
The others go on meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from heartline.errors import CallerError, UnknownConversation
from heartline.frontends.degrading import degrade
from heartline.frontends.references import ConversationReference
from heartline.host.values import CLOSED, UNDONE
from heartline.turn import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from heartline.frontends.protocol import FrontEnd, OutEvent
    from heartline.host.host import Host
    from heartline.host.values import Parcel

__all__ = ["Stage"]

_PAUSES = 1.0, 300.0  # seconds before a front end that broke is started again, and at most
_GRACE = 10.0  # seconds for front ends to end in order
_STEADY = 60.0  # seconds after which one that ran is taken to be whole again

# What is said of things that happen without a line.
_TOLD = {UNDONE: "The last step was taken back.", CLOSED: "The conversation was closed."}


class Stage:
    """The front ends of one process. `tell` is given sentences for the operator."""

    def __init__(
        self, front_ends: Sequence[FrontEnd], tell: Callable[[str], None] | None = None
    ) -> None:
        """Raises CallerError where two have the same name."""
        self.first_pause: float = _PAUSES[0]
        self._front_ends = {each.name: each for each in front_ends}
        if len(self._front_ends) < len(front_ends):
            raise CallerError("Each front end runs once: one of them is named twice.")
        self._tell = tell or _nobody
        self._host: Host | None = None

    async def run(self, host: Host) -> None:
        """Run them all, and the host's timers and deliveries, until this is cancelled or the last
        front end has ended by itself. `host` delivers by this stage's `deliver`. Raises what has
        broken the host, and CallerError of a front end that could not run, once all have ended."""
        self._host = host
        running = asyncio.create_task(host.run())
        kept = [asyncio.create_task(self._kept(each, host)) for each in self._front_ends.values()]
        pending = {running, *kept}
        try:
            while running in pending and len(pending) > 1:
                _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in pending:
                task.cancel()
            await _ended(pending)
            self._host = None
        for task in (running, *kept):  # the host itself, or a front end that cannot run
            if task.done() and not task.cancelled():
                task.result()

    async def deliver(self, reference: str, parcel: Parcel) -> None:
        """Bring a parcel to the front end of its reference: for Host(deliver=...). What it raises
        means that it has not arrived."""
        where = ConversationReference.of(reference)
        if where.looks:
            return
        front_end = self._front_ends.get(where.front_end)
        if front_end is None:
            raise CallerError(
                f"No front end {where.front_end!r} runs in this worker: start one with --on "
                f"{where.front_end}, and send it again with heartline conversations resend."
            )
        if not front_end.capabilities.push:
            return
        if self._host is None:
            raise CallerError("Its front ends do not run.")
        try:
            events = await told(self._host, front_end, parcel)
        except UnknownConversation:  # it was deleted: nothing of it is to be told any more
            return
        if events:
            await front_end.deliver(replace(where, seat=parcel.payload["role"]), events)

    async def _kept(self, front_end: FrontEnd, host: Host) -> None:
        """Run one, and again where it breaks."""
        loop = asyncio.get_running_loop()
        pause = self.first_pause
        while True:
            began = loop.time()
            try:
                await front_end.run(host)
                return
            except CallerError as error:  # to start it again would change nothing
                if len(self._front_ends) > 1:
                    self._tell(f"The front end {front_end.name} cannot run: {error}")
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                if loop.time() - began > _STEADY:
                    pause = self.first_pause
                # What an error says may hold a secret of the network, so only its name is told.
                self._tell(
                    f"The front end {front_end.name} broke off ({type(error).__name__}); it is "
                    f"started again in {pause:g} seconds."
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, _PAUSES[1])


async def told(host: Host, front_end: FrontEnd, parcel: Parcel) -> tuple[OutEvent, ...]:
    """What a parcel tells the person in its seat: what was said, and what can be done, where
    nothing has happened since. Raises UnknownConversation, HostError."""
    payload = parcel.payload
    answer = await host.read(parcel.conversation)
    turn = answer.turn.seen_by(payload["role"]) if answer.turn.number == payload["turn"] else None
    lines = tuple(Said(*line) for line in payload["said"])
    if (note := _TOLD.get(payload["kind"])) is not None:
        lines = (Said("narrator", "", note, None, payload["kind"]), *lines)
    if payload["kind"] == CLOSED:
        turn = None
    # The parcel's own id names the conversation.
    name = hashlib.sha256(parcel.id.encode()).hexdigest()[:24]
    return degrade(name, lines, turn, front_end.capabilities, now=host.clock.now())


async def _ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Wait until they have ended, but not for one that does not let itself be ended."""
    if not tasks:
        return
    done, _ = await asyncio.wait(tasks, timeout=_GRACE)
    for task in done:
        if not task.cancelled():
            task.exception()  # it broke while it was ending, and nobody needs it any more


def _nobody(_sentence: str) -> None:
    """Nobody is told."""
