"""Many conversations that live for months: each turn is one transaction of a store.

    async with Host("sqlite:///heartline.db", ["reconciliation"]) as host:
        answer = await host.open("chat-17", "reconciliation")
        answer = await host.submit("chat-17", Choose("ask_why", answer.turn.number), key="m-1")

A conversation is named by its id or by the reference that it was opened with. What a `key` was
given to happens once: the same key again gets the first answer again. An input for a turn that has
passed is refused (StaleTurn, with the present answer). Several hosts, in several processes, may
work on one store: whoever knows the last entry of a conversation's log goes on with it, the others
read again.

What a turn changes is worked out in `heartline.host.turning`, which is pure, and stored by
`heartline.host.touching`.
"""

from __future__ import annotations

import secrets
from time import perf_counter
from typing import TYPE_CHECKING

from heartline.clock import SystemClock
from heartline.errors import (
    CallerError,
    ConversationOver,
    HeartlineError,
    NothingToUndo,
    UndoForbidden,
)
from heartline.host import looking, turning
from heartline.host.closing import close
from heartline.host.naming import check_key, check_reference, check_role, check_tell
from heartline.host.observing import Observer
from heartline.host.replaying import happened
from heartline.host.running import MOST, Running
from heartline.host.seating import role_of, seat
from heartline.host.store import open_store
from heartline.host.touching import MOST_TRIES, Touching, answer, contended, pause, taken, unknown
from heartline.host.turning import Held
from heartline.host.values import CLOSED, LIVE, OPENED, STORED
from heartline.host.versions import Versions
from heartline.snapshot import Tick

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from heartline.clock import Clock
    from heartline.conversation import Scenario
    from heartline.host.delivering import Deliver
    from heartline.host.replaying import Place
    from heartline.host.store import Store
    from heartline.host.turning import Turned
    from heartline.host.values import Answer, Happened, Record
    from heartline.snapshot import Input

__all__ = ["Host"]


class Host:
    """Conversations in a store, and the scenarios that they are in."""

    def __init__(
        self,
        store: Store | str,
        scenarios: Sequence[Scenario | str | Path] = (),
        *,
        clock: Clock | None = None,
        deliver: Deliver | None = None,
        brings: Callable[[str], bool] | None = None,
        observer: Observer | None = None,
    ) -> None:
        """`store` is one, or its URL; `scenarios` are loaded ones, folders, or names of bundled
        ones. `deliver` brings what happens to those who are to be told; without one nobody is.
        `brings` says to which references it does, where it is not to all of them. Raises
        CallerError for a URL that no store has."""
        self.store: Store = open_store(store) if isinstance(store, str) else store
        self.clock: Clock = clock or SystemClock()
        self.deliver = deliver
        self.observer: Observer = observer or Observer()
        self.versions: Versions = Versions(scenarios)
        self.touching: Touching = Touching(
            self.store, self.versions, self.clock, self.observer,
            None if deliver is None else brings or _to_everybody,
        )  # fmt: skip
        self.running: Running = Running(self.touching, deliver)

    async def __aenter__(self) -> Self:
        """Open the store, and keep the scenarios there. Raises HostError.

        A scenario that does not load keeps nobody from the others: see `unavailable`.
        """
        await self.store.__aenter__()
        try:
            await self.versions.begin(self.store, self.observer)
        except BaseException as error:
            await self.store.__aexit__(type(error), error, error.__traceback__)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None, /,
    ) -> None:  # fmt: skip
        await self.store.__aexit__(kind, error, trace)

    @property
    def unavailable(self) -> Mapping[str, str]:
        """The scenarios that do not load, each with the reason."""
        return self.versions.unavailable

    # What changes a conversation ------------------------------------------------------------------

    async def open(
        self,
        reference: str,
        scenario: str,
        inputs: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        seed: int | None = None,
        seats: Collection[str] = (),
        tell: Mapping[str, str] | None = None,
        draws: Sequence[str] = (),
    ) -> Answer:
        """Begin a conversation in one of the host's scenarios, named by its id.

        `reference` is the front end's name for it, which no other live conversation has. `seed`
        decides all draws; a random one where it is left out. `seats` are roles of the engine that
        persons take. `tell` says which references are told of what happens, by role; the one that
        opens is not told of that. Raises ReferenceTaken, InputError, DrawImpossible, RunawayError,
        HostError.
        """
        began = perf_counter()
        try:
            check_reference(reference)
            check_key(key)
            chosen = self.versions.current(scenario)
            check_tell(chosen.machine, tell or {})
            if key is not None and (earlier := await self._opened(reference, key)):
                return earlier
            seed = secrets.randbits(63) if seed is None else seed
            for tried in range(MOST_TRIES):
                turned = turning.open_new(
                    chosen, secrets.token_urlsafe(16), reference, self.touching.now(), seed=seed,
                    inputs=inputs or {}, seats=seats, tell=tell or {}, draws=draws, key=key,
                    parcels=self.touching.parcels,
                )  # fmt: skip
                if await self.store.commit(turned.change) == STORED:
                    self.touching.stored(turned)
                    self.observer.turn(chosen.id, perf_counter() - began)
                    return answer(turned.held, turned.changes)
                if key is not None and (earlier := await self._opened(reference, key)):
                    return earlier
                other = await self.store.find(reference)
                if other is not None and other.status == LIVE:
                    raise taken(reference, other)
                await pause(tried)
            raise contended(reference)
        except HeartlineError as error:
            self.observer.refused(type(error).__name__)
            raise

    async def submit(
        self,
        name: str,
        input: Input,
        *,
        key: str | None = None,
        sender: str | None = None,
        draws: Sequence[str] = (),
    ) -> Answer:
        """Let an input happen: Choose, Send or Tick.

        Timers that are due fire before it. `sender` is the reference that asks, which has the
        answer and is not told again. `draws` are what the engine's roles draw first, for tests and
        rehearsals. Raises StaleTurn, whose `present` is the present answer, UnknownChoice,
        ChoiceClosed, UnknownEvent, DrawImpossible, ConversationOver, UnknownConversation,
        RunawayError, HostError; nothing of the input has happened then.
        """

        def make(held: Held, now: datetime) -> Turned | None:
            return turning.submit(
                held, input, now, key=key, sender=sender, draws=draws,
                parcels=self.touching.parcels,
            )  # fmt: skip

        drawn = type(input) is Tick and len(draws) > 0  # what fires is to draw, so not before it
        return await self.touching.change(name, key, make, first=not drawn)

    async def undo(
        self,
        name: str,
        *,
        turns: int = 1,
        key: str | None = None,
        sender: str | None = None,
        anyway: bool = False,
    ) -> Answer:
        """Take turns back, also those that time has brought; what runs, runs on from now as it did
        then. The log keeps what was taken back. Where the timers that are due cannot fire, since
        the scenario loops there, this is the way out. `anyway` takes turns back also where the
        scenario forbids it, for whoever looks after the store. Raises UndoForbidden, NothingToUndo,
        and as `submit` does.
        """
        if type(turns) is not int or turns < 1:
            raise CallerError("The turns to take back are a whole number from 1.")

        path: list[Place] = []

        async def prepare(held: Held) -> None:
            record = held.record
            if record.status == CLOSED:
                raise ConversationOver("This conversation was closed: nothing is taken back.")
            if not (anyway or held.scenario.machine.undo):
                raise UndoForbidden
            entries = await looking.log(self.touching, record, record.sequence)
            path[:] = await self.touching.path(record, entries)

        def make(held: Held, now: datetime) -> Turned:
            if turns >= len(path):
                raise NothingToUndo(_nothing_to_undo(len(path) - 1, path[0].sequence > 1))
            place = path[-1 - turns]
            return turning.undo(
                held, place.sequence, place.snapshot, place.said, now, key=key, sender=sender,
                parcels=self.touching.parcels,
            )  # fmt: skip

        return await self.touching.change(name, key, make, despite=True, prepare=prepare)

    async def fork(
        self,
        name: str,
        reference: str,
        *,
        at: int | None = None,
        tell: Mapping[str, str] | None = None,
    ) -> Answer:
        """Begin another conversation where this one stood after the entry `at` of its log, or
        where it stands. Raises ReferenceTaken, and CallerError where there is no such entry."""
        check_reference(reference)
        record = await self.touching.record(name)
        if at is not None and not (type(at) is int and 1 <= at <= record.sequence):
            raise CallerError(f"The entries of this conversation go from 1 to {record.sequence}.")
        entries = await looking.log(self.touching, record, at)
        place = (await self.touching.path(record, entries))[-1]
        check_tell(place.scenario.machine, tell or {})
        now = self.touching.now()
        copy = record._replace(
            id=secrets.token_urlsafe(16), reference=reference, sequence=len(entries),
            created=now, parent=record.id, seats=dict(tell or {}),
        )  # fmt: skip
        held = Held(copy, place.scenario, place.snapshot)
        turned = turning.fork(held, entries, place.said, record.id, now)
        if await self.store.commit(turned.change) == STORED:
            self.touching.stored(turned)
            return answer(turned.held)
        raise taken(reference, await self.store.find(reference))

    async def close(
        self, name: str, *, key: str | None = None, sender: str | None = None
    ) -> Answer:
        """End a conversation from outside, also one whose version does not load: of the answer's
        turn there is only what its record says then. One that has ended stays as it is."""
        return await close(self.touching, name, key, sender)

    async def seat(
        self, name: str, role: str, reference: str | None, *, key: str | None = None
    ) -> Answer:
        """From now on this reference has the seat of a role and is told of what happens; None is
        nobody. It is no turn, nothing to take back, and happens in an ended conversation too.

        Who had the seat is told nothing more, also not what has not arrived yet. A `key` that has
        been used changes nothing: where only the first who comes is to have the seat, give all of
        them one. Raises InputError for a role that there is not, UnknownConversation, HostError.
        """
        if reference is not None:
            check_reference(reference)

        async def prepare(held: Held) -> None:
            check_role(held.scenario.machine, role, "to seat")
            heard[:] = [await self.touching.heard(held)]

        def make(_held: Held, now: datetime) -> Turned | None:
            return seat(heard[0], role, reference, now, key=key)

        heard: list[Held] = []
        return await self.touching.change(name, key, make, first=False, prepare=prepare)

    async def delete(self, name: str) -> None:
        """Remove every trace of a conversation. Raises UnknownConversation, HostError."""
        record = await self.touching.record(name)
        await self.touching.enter(record.id)
        try:
            self.touching.holding.drop(record.id)
            if not await self.store.delete(record.id):
                raise unknown(name)
        finally:
            self.touching.leave(record.id)

    # What happens by itself -----------------------------------------------------------------------

    async def run(self) -> None:
        """Let timers fire when they are due, and deliver what is to be told, until this is
        cancelled. What came due while nobody ran fires first. Several hosts may do so at once."""
        await self.running.run()

    async def fire_due(self, most: int = MOST) -> int:
        """Let the timers fire that are due, of so many conversations at most; gives of how many
        they did. Raises HostError."""
        return (await self.running.fire(most))[1]

    # What only looks ------------------------------------------------------------------------------

    async def seated(self, reference: str) -> tuple[Record, str] | None:
        """The conversation in which a reference has a seat, and the role: of several the live one
        whose seat it was given last, else the one that ended last."""
        check_reference(reference)
        record = await self.store.seated(reference)
        role = None if record is None else role_of(record, reference)
        return None if record is None or role is None else (record, role)

    async def read(self, name: str) -> Answer:
        """Where a conversation stands, with the lines that were said last. What is due and has not
        fired yet does so when the host runs, or with the next input."""
        record = await self.touching.record(name)
        return await self.touching.present(await self.touching.hold(record))

    def events(self, name: str, after: int = 0) -> AsyncGenerator[Happened, None]:
        """What happens in a conversation, entry by entry, from the one after this number on: first
        what has happened already, then each when it does, until the conversation is over or
        closed."""
        return looking.events(self.touching, name, after)

    async def transcript(self, name: str) -> Sequence[Happened]:
        """All that has happened in a conversation. Raises StoreDamaged where its log has a hole."""
        record = await self.touching.record(name)
        entries = await looking.log(self.touching, record)
        return [happened(record.id, entry) for entry in entries]

    async def verify(self, name: str) -> str | None:
        """Play the log of a conversation again, and compare: None, or a sentence that says what
        does not follow from it. Raises ScenarioUnavailable where it cannot be played."""
        return await looking.verify(self.touching, name)

    async def _opened(self, reference: str, key: str) -> Answer | None:
        """The answer to an earlier `open` with this key."""
        record = await self.store.find(reference)
        entry = None if record is None else await self.store.keyed(record.id, key)
        if record is None or entry is None or entry.kind != OPENED:
            return None
        return await self.touching.repeated(record, entry)


def _to_everybody(_reference: str) -> bool:
    return True


def _nothing_to_undo(most: int, migrated: bool) -> str:
    """Why so many turns cannot be taken back."""
    since = " since it came to this version of its scenario" if migrated else ""
    if most == 0:
        return f"There is nothing to take back: this is the first turn{since}."
    return f"The conversation has {most} turn{'s' * (most > 1)} to take back{since}: take fewer."
