"""Where a test of the contract sits: a driver in a world of its own, and the people there.

It moves them on a way that the terminal has gone before, waits until they have heard what was said
there, and looks into the store for what has happened.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.frontends.contract.driving import Start
from heartline.frontends.contract.plays import answers_for, lines_for, play, wish_of
from heartline.host.values import Filter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from heartline.conversation import Scenario
    from heartline.frontends.contract.driving import Driver, Person, World
    from heartline.frontends.contract.plays import Step
    from heartline.host.values import Happened, Record

__all__ = ["Table"]

_ANSWERS = {"partner_name": "Zoë", "patient_name": "Ada", "pronouns": "she"}  # where that is asked
_A_MOMENT = 0.05  # seconds in which what should not come would have come
_A_WHILE = timedelta(seconds=10)  # more than the pauses between two tries of a delivery
# Marks of the direction of writing, which networks put in and take out.
_DIRECTIONS = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


class Table:
    """One test. `patience` is how many seconds something may take to arrive."""

    def __init__(self, driver: Driver, world: World, patience: float) -> None:
        self.driver: Driver = driver
        self.world: World = world
        self.people: dict[str, Person] = {}  # by role
        self.done: list[Step] = []
        self._patience = patience

    @property
    def person(self) -> Person:
        """The one who began."""
        return next(iter(self.people.values()))

    async def start(self) -> None:
        """The process begins."""
        await self.driver.start(self.world)

    async def stop(self) -> None:
        """The process ends."""
        await self.driver.stop()
        await self.world.close()

    def scenario(self, name: str) -> Scenario:
        """One of the world's."""
        return next(each for each in self.world.scenarios if each.id == name)

    def answers(self, name: str) -> Mapping[str, str]:
        """What somebody answers before it begins."""
        return answers_for(self.scenario(name), _ANSWERS)

    def plan(self, name: str, seed: int, way: Sequence[str]) -> list[Step]:
        """What the terminal tells on this way."""
        return play(self.scenario(name), seed, self.answers(name), way)

    async def sit_down(self, name: str, seed: int = 0, roles: Sequence[str] = ()) -> None:
        """A conversation begins, with these people, or with the one that the scenario is for."""
        if not roles:
            cast = self.scenario(name).machine.roles
            roles = [next(role for role, each in cast.items() if not each.engine)]
        self.world.seed = seed
        start = Start(name, self.answers(name), tuple(roles))
        people = await self.driver.begin(start)
        self.people = dict(zip(roles, people, strict=True))

    # Going on -------------------------------------------------------------------------------------

    async def follow(self, steps: Sequence[Step], *, exactly: bool = True) -> None:
        """Do these steps, and see after each that everybody has heard what they should; `exactly`
        says that nothing may have come twice."""
        for step in steps:
            await self.take(step)
            await self.told(step, exactly=exactly)

    async def take(self, step: Step) -> None:
        """Do what was done in a step: a choice, or letting time pass."""
        if step.choice is not None:
            held = await self.hold(self.done[-1], step.choice.id)
            await self.people[step.choice.role].press(held)
        elif step.passed:
            await self.world.pass_time(step.passed)

    async def told(self, step: Step, *, exactly: bool = True) -> None:
        """See that everybody has heard what was said in a step, after all that was said before."""
        self.done.append(step)
        for role, person in self.people.items():
            expected = lines_for(self.done, role)

            async def whole(person: Person = person, expected: _Lines = expected) -> bool:
                return _missing(await person.heard(), expected, exactly=exactly) is None

            if not await self.until(whole):
                missing = _missing(await person.heard(), expected, exactly=exactly)
                raise AssertionError(f"{_where(self.done)}, {role}: {missing}")
        # A step without a line has been told, too: its choices are other ones.
        assert await self.until(self.delivered), f"{_where(self.done)}: not all has arrived."

    async def hold(self, step: Step, choice: str) -> Any:
        """What takes a choice of the turn that a step led to."""
        found = next(each for each in step.turn.choices if each.id == choice)
        held = await self.people[found.role].hold(wish_of(step, found))
        assert held is not None, f"{found.role} has nothing that takes {found.label!r}."
        return held

    # What must be so ------------------------------------------------------------------------------

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> bool:
        """Wait until it holds; false where it has not for too long."""
        end = time.monotonic() + self._patience
        pause = 0.001
        while not await holds():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.05)
        return True

    async def reads(self, *texts: str) -> None:
        """The person was sent one of these texts, whole."""

        async def there() -> bool:
            sent = _squeezed(await self.person.sent())
            return any(_squeezed(text) in sent for text in texts)

        assert await self.until(there), (
            f"{_where(self.done)}: nowhere in what was sent stands {texts[0]!r}."
        )

    async def unmoved_by(self, held: Any) -> None:
        """The person presses this, is told something, and nothing happens."""
        before, sent = await self.happened(), await self.person.sent()
        await self.person.press(held)

        async def answered() -> bool:
            return len(await self.person.sent()) > len(sent)

        assert await self.until(answered), "Whoever pressed it is told nothing."
        await self.quiet()
        assert await self.happened() == before, "It has changed the conversation."

    async def quiet(self) -> None:
        """Let pass what is under way."""
        await asyncio.sleep(_A_MOMENT)

    async def a_while(self) -> None:
        """So much time passes that what could not be delivered is tried again."""
        await self.world.pass_time(_A_WHILE)

    async def delivered(self) -> bool:
        """Whether nothing is left to be delivered."""
        return not await self.world.host.store.outgoing((await self.record()).id)

    async def record(self) -> Record:
        """The one conversation of the store."""
        found = [each async for each in self.world.host.store.records(Filter())]
        assert len(found) == 1, f"There are {len(found)} conversations in place of one."
        return found[0]

    async def happened(self) -> Sequence[Happened]:
        """All that has happened in it."""
        return await self.world.host.transcript((await self.record()).id)


_Lines = list[tuple[str, str]]


def _missing(
    heard: Sequence[tuple[str, str]] | str, expected: _Lines, *, exactly: bool
) -> str | None:
    """What of the expected lines was not heard, or was heard once too often; None where it is as
    it should be."""
    if isinstance(heard, str):
        return _missing_in(heard, expected, exactly=exactly)
    found = [(name, text) for name, text in heard]
    if found == expected or (not exactly and _within(expected, found)):
        return None
    for place, (mine, theirs) in enumerate(zip(found, expected, strict=False)):
        if mine != theirs:
            return f"line {place + 1} is {mine}; the terminal says {theirs}."
    if len(found) > len(expected):
        return f"after all that the terminal says comes {found[len(expected)]}."
    return f"after {len(found)} lines nothing comes; the terminal says {expected[len(found)]}."


def _missing_in(heard: str, expected: _Lines, *, exactly: bool) -> str | None:
    whole, at = _squeezed(heard), 0
    wanted = [_squeezed(f"{name}: {text}" if name else text) for name, text in expected]
    for (name, text), line in zip(expected, wanted, strict=True):
        found = whole.find(line, at)
        if found < 0:
            return f"after what came before, nowhere stands what the terminal says: {(name, text)}."
        at = found + len(line)
    said = "\n".join(wanted)
    for (name, text), line in zip(expected, wanted, strict=True):
        # Lines without a name may well be the words of a choice, too.
        if exactly and name and whole.count(line) > said.count(line):
            return f"this came once too often: {(name, text)}."
    return None


def _within(expected: _Lines, found: Sequence[tuple[str, str]]) -> bool:
    """Whether the lines were heard in their order, whatever came between."""
    rest = iter(found)
    return all(line in rest for line in expected)


def _squeezed(text: str) -> str:
    """A text without what networks change: blanks, and marks of the direction of writing."""
    return "".join(text.translate(_DIRECTIONS).split())


def _where(done: Sequence[Step]) -> str:
    """How far it had come."""
    if len(done) < 2:
        return "At the beginning"
    last = done[-1]
    what = f"the choice {last.choice.id}" if last.choice else f"{last.passed} had passed"
    return f"After step {len(done) - 1}, {what}"
