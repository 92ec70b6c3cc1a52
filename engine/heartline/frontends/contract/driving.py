"""What a driver is: one front end, and the people who sit at it, for the suite to move.

A driver does what people and their network do, and nothing that the front end is there for: it
presses a button that was shown, types what somebody would type, and keeps all that came. The suite
gives it a World, in which time passes only when the suite lets it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from heartline.clock import ManualClock
from heartline.frontends.references import is_brought
from heartline.frontends.stage import Stage
from heartline.host.host import Host
from heartline.host.store import open_store
from heartline.host.values import StoredScenario

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from heartline.conversation import Scenario
    from heartline.frontends.protocol import FrontEnd
    from heartline.host.values import Answer

__all__ = ["Driver", "NotThere", "Person", "Start", "Wish", "World"]


class NotThere(Exception):
    """The network has no such thing, so there is nothing to test; the sentence says what."""


class Wish(NamedTuple):
    """The choice that somebody wants to take, by whatever they see of it there: its number among
    their own choices, its id, or its label."""

    number: int
    id: str
    label: str


class Start(NamedTuple):
    """The conversation that somebody wants: the scenario by its id, what they answer to what is
    asked before, in its order, and the roles that people play, the one who begins first."""

    scenario: str
    answers: Mapping[str, str]
    roles: tuple[str, ...]


class Person(Protocol):
    """Somebody who has a seat in a conversation. What a network has not got raises NotThere."""

    async def heard(self) -> Sequence[tuple[str, str]] | str:
        """What was said to them since they sat down: lines as (name, text), the name empty where
        nobody says it; or all texts that they were sent, as one. Who must look to see it looks."""
        ...

    async def sent(self) -> str:
        """Everything that their front end ever sent for them, as it went over the wire: what they
        should not know is looked for in it."""
        ...

    async def hold(self, wish: Wish) -> Any:
        """What takes this choice: the button for it, say, or the line to type, with the turn that
        it answers; None where there is nothing to press. No choice is sent by that; buttons that
        stand on further pages may be leafed to."""
        ...

    async def press(self, held: Any) -> None:
        """Send it. What the front end answers belongs to `sent`; a refusal raises nothing."""
        ...

    async def repeat(self) -> None:
        """The network brings the last message of this person again, as the same message."""
        raise NotThere("Here no message comes twice.")

    async def undo(self) -> None:
        """Take the last step back."""
        raise NotThere("Here nothing is taken back.")

    async def buttons(self) -> Sequence[str]:
        """The labels of all buttons that can be pressed still, whenever they were shown; for
        networks with buttons where what was sent can be changed."""
        raise NotThere("Here nothing that was sent can be changed.")


class Driver(Protocol):
    """One front end under test.

    `front_end` is the one that runs, where something is brought to people by its `deliver`, else
    None. `dated` says whether what is pressed says which turn it answers, as a button does and a
    number that is typed does not. `keeps_ids` says whether what is delivered twice under the same
    id is shown once.
    """

    front_end: FrontEnd | None
    dated: bool
    keeps_ids: bool

    async def start(self, world: World) -> None:
        """The front end's process begins, on the world's store: `await world.serve(...)`. People
        who sat there before sit there again."""
        ...

    async def stop(self) -> None:
        """The process ends; the world closes its host by itself."""
        ...

    async def begin(self, start: Start) -> Sequence[Person]:
        """Let somebody begin a conversation, and the others take their seats: a person for each
        role, in that order."""
        ...


class World:
    """What a test gives to a driver: scenarios, a store that outlives processes, and time.

    `seed` decides the draws of the conversations that begin, and `clock` moves when the suite moves
    it. `host` is the one that serves.
    """

    def __init__(self, folder: Path, scenarios: Sequence[Scenario]) -> None:
        self.scenarios = scenarios
        self.clock: ManualClock = ManualClock()
        self.seed = 0
        self.url: str = f"sqlite:///{folder / 'contract.db'}?synchronous=OFF"
        self.told: list[str] = []  # to the operator
        self._host: Host | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def host(self) -> Host:
        """The host that serves now."""
        assert self._host is not None, "The driver's start() calls world.serve()."
        return self._host

    async def serve(self, *front_ends: FrontEnd) -> Host:
        """Open a host and let it run, with these front ends; without any it runs alone, for a front
        end that is a server or a program of its own."""
        stage = Stage(front_ends, self.told.append)
        stage.first_pause = 0.02
        host = _Host(self, stage)
        host.running.look = 0.02
        await self._keep()
        self._host = await host.__aenter__()
        work = stage.run(host) if front_ends else host.run()
        self._running = asyncio.create_task(work)
        return host

    async def close(self) -> None:
        """The process ends. What has broken in it is raised here."""
        running, self._running = self._running, None
        host, self._host = self._host, None
        if running is not None:
            running.cancel()
            await asyncio.wait((running,))
        if host is not None:
            await host.__aexit__(None, None, None)
        if running is not None and not running.cancelled():
            running.result()

    async def _keep(self) -> None:
        """Keep the scenarios in the store. A host does so by itself, once it has loaded each from
        its texts again, which takes longer than a test."""
        async with open_store(self.url) as store:
            for each in self.scenarios:
                stored = StoredScenario(
                    each.machine.fingerprint, each.id, each.version, each.main, dict(each.files)
                )
                await store.keep_scenario(stored)

    async def pass_time(self, length: timedelta) -> None:
        """Let time pass, and what is due happen, where a host runs; else it happens when one
        does."""
        self.clock.advance(length)
        if self._host is not None:
            await self._host.fire_due()


class _Host(Host):
    """A host whose conversations begin with the world's seed, since people have none to give."""

    def __init__(self, world: World, stage: Stage) -> None:
        super().__init__(
            world.url, world.scenarios, clock=world.clock, deliver=stage.deliver, brings=is_brought
        )
        self._world = world

    async def open(self, *where: Any, seed: int | None = None, **more: Any) -> Answer:
        """As Host.open."""
        seed = self._world.seed if seed is None else seed
        return await super().open(*where, seed=seed, **more)
