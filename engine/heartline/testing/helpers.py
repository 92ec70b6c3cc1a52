"""Plays and expectations for tests in Python, in the words of test files.

    trial = Trial("reconciliation", seed=7, inputs={"profile": "decided"})
    trial.choose("ask_why", "listen")
    trial.expect(state="listening", offered="offer_space", context={"heard": 2})
    trial.wait_until("break").expect(state="review")

Each act gives the trial itself. An expectation that does not hold is an assertion that says what
was expected and what came instead, and how the play went. The scenario's properties are held too.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from heartline import runtime
from heartline.checking.monitor import Watch
from heartline.clock import STORY_START
from heartline.conversation import Scenario, load
from heartline.diagnostics import Location
from heartline.errors import CallerError, HeartlineError
from heartline.snapshot import Choose, Tick
from heartline.testing.case import CaseStep
from heartline.testing.files.form import Expect, Step
from heartline.testing.rehearsal import PlayFailed, Rehearsal
from heartline.testing.runs.matching import REFUSALS, plan_check
from heartline.testing.runs.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

    from heartline.snapshot import Input, Snapshot
    from heartline.turn import Turn

__all__ = ["NotAsExpected", "Trial"]

MOST_POSITIONS = 20_000  # that `play_to` looks at
_HERE = Location("a test in Python")


class NotAsExpected(PlayFailed):
    """An expectation did not hold; its text says what came instead, and how the play went."""


class Trial:
    """A play of a scenario, from its start; see docs/testing-in-code.md.

    `scenario` is one that was loaded, or what `heartline.load` takes. `draws` are what the engine's
    roles draw at the start, by id. Raises as `Scenario.start` does.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path,
        *,
        seed: int = 0,
        inputs: Mapping[str, object] | None = None,
        seats: Collection[str] = (),
        start: datetime = STORY_START,
        draws: Sequence[str] = (),
    ) -> None:
        loaded = scenario if isinstance(scenario, Scenario) else load(scenario)
        self.play: Rehearsal = Rehearsal(
            Watch(loaded), seed=seed, inputs=inputs, seats=tuple(seats), start=start, draws=draws
        )
        self._kept()

    @property
    def turn(self) -> Turn:
        """The present turn."""
        return self.play.turn

    def value(self, variable: str) -> object:
        """What a variable holds, hidden or not. Raises CallerError for one that does not exist."""
        slot = self.play.machine.layout.get(("var", variable))
        if slot is None:
            raise CallerError(f"There is no variable {variable[:60]!r} in {self.play.machine.id}.")
        return self.play.player.position.frame[slot]

    # Acts ---------------------------------------------------------------------------------------

    def choose(
        self, *choices: str, role: str | None = None, draws: str | Sequence[str] = ()
    ) -> Trial:
        """Take choices, one after the other. `draws` are what the engine's roles draw in answer to
        the last of them, by id. Raises as `Conversation.choose` does."""
        for number, choice in enumerate(choices, 1):
            drawn = _listed(draws) if number == len(choices) else ()
            self.play.choose(choice, role, draws=drawn)
            self._kept()
        return self

    def send(self, event: str, *, draws: str | Sequence[str] = ()) -> Trial:
        """Send an event. Raises as `Conversation.send` does."""
        self.play.send(event, draws=_listed(draws))
        return self._kept()

    def wait(self, length: str | timedelta, *, draws: str | Sequence[str] = ()) -> Trial:
        """Let time pass, such as "14d". Raises as `Conversation.wait` does."""
        self.play.wait(length, draws=_listed(draws))
        return self._kept()

    def wait_until(self, timer: str, *, draws: str | Sequence[str] = ()) -> Trial:
        """Let time pass until a timer runs out. Raises CallerError where it does not run."""
        self.play.wait_until(timer, draws=_listed(draws))
        return self._kept()

    def undo(self, turns: int = 1) -> Trial:
        """Take turns back. Raises NothingToUndo, UndoForbidden."""
        self.play.undo(turns)
        return self

    def resume(self) -> Trial:
        """Store the conversation as JSON, and go on with what was stored."""
        self.play.resume()
        return self

    def play_to(self, state: str) -> Trial:
        """Play on to a state, or into it, by the fewest choices and waits, as the seed draws.

        Raises CallerError for a state that does not exist, and NotAsExpected where no way is found
        among the first 20,000 positions.
        """
        machine = self.play.machine
        if state not in machine.states:
            raise CallerError(f"There is no state {state[:60]!r} in {machine.id}.")
        for move in self._way_to(state):
            if isinstance(move, Choose):
                self.play.choose(move.choice, move.role)
            else:
                self.play.wait_until(self.play.player.position.deadlines[0].timer)
            self._kept()
        return self

    # Expectations -------------------------------------------------------------------------------

    def expect(self, **expected: Any) -> Trial:
        """Hold what came against what is expected: the fields of `expect` in a test file, under the
        same names, as Python values. Raises NotAsExpected, and CallerError for a field or a value
        that no test file could have."""
        machine, player = self.play.machine, self.play.player
        try:
            expect = Expect.model_validate(expected)
        except ValidationError as error:
            raise CallerError(f"That cannot be expected: {_faults(error)}.") from None
        if expect.error is not None:
            raise CallerError("A refusal is expected around the act: with trial.refused('closed').")
        if expect.holds:
            raise CallerError(
                "Expressions are for files: compare values, trial.value('trust') > 2."
            )
        step = CaseStep(Step.model_construct(expect=expect), (), _HERE)
        scene = Scene(machine, player.position, player.now, player.latest)
        found = plan_check(machine, expect, step).mismatches(scene)
        if found:
            raise self._failed(
                "\n".join(
                    f"{each.field}: expected {each.expected}\n{' ' * len(each.field)}  but came "
                    f"{each.came}"
                    for each in found
                )
            )
        return self

    @contextmanager
    def refused(self, kind: str, says: str = "") -> Iterator[None]:
        """Expect that what is done inside is refused, as a test file's `error` names it, and with
        these words in its sentence; and that nothing has changed then."""
        if kind not in REFUSALS:
            raise CallerError(f"A refusal is one of {', '.join(REFUSALS)}, not {kind[:40]!r}.")
        before, now = self.play.player.position, self.play.player.now
        try:
            yield
        except HeartlineError as error:
            if type(error) is not REFUSALS[kind]:
                raise self._failed(f"expected a refusal, {kind}\nbut it was: {error}") from error
            if says not in str(error):
                raise self._failed(f"expected the words: {says}\nbut it was: {error}") from error
            if self.play.player.position is not before or self.play.player.now != now:
                raise self._failed("it was refused, but not all is as before") from error
        else:
            raise self._failed(f"expected a refusal, {kind}\nbut it was taken")

    def check(self) -> Trial:
        """Hold what must hold in every turn of every play (`Rehearsal.check`)."""
        self.play.check()
        return self

    def _kept(self) -> Trial:
        if self.play.broken:
            found = self.play.broken[0]
            raise self._failed(f"{found.sentence} ({found.location})")
        return self

    def _failed(self, what: str) -> NotAsExpected:
        steps = "".join(f"\n  {_told(step)}" for step in self.play.steps) or " nothing was done yet"
        turn = self.turn
        said = "".join(f"\n  {line.speaker}: {line.text}" for line in turn.lines)
        return NotAsExpected(
            f"{what}\n\nThe play:{steps}\nIt stands at {turn.state!r}, turn {turn.number}."
            + (f" Said last:{said}" if said else "")
        )

    def _way_to(self, state: str) -> list[Input]:
        """The fewest moves to a state, found breadth first."""
        machine, begun = self.play.machine, self.play.player.position
        if _is_at(machine, begun, state):
            return []
        waiting: deque[tuple[Snapshot, list[Input]]] = deque([(begun, [])])
        seen = {_key(begun)}
        while waiting and len(seen) < MOST_POSITIONS:
            position, way = waiting.popleft()
            for move, now in _moves(machine, position):
                try:
                    reached = runtime.step(machine, position, move, now).snapshot
                except HeartlineError:  # it loops there
                    continue
                if _is_at(machine, reached, state):
                    return [*way, move]
                if (key := _key(reached)) not in seen:
                    seen.add(key)
                    waiting.append((reached, [*way, move]))
        raise self._failed(
            f"no way to {state!r} was found in {len(seen)} positions, as this seed draws; with "
            "another seed or draws there may be one"
        )


def _moves(machine: Any, position: Snapshot) -> Iterator[tuple[Input, datetime]]:
    leaf = machine.leaves[position.state]
    for spec in leaf.choices:
        is_person = spec.role in position.persons or not machine.roles[spec.role].engine
        if is_person and spec.enabled(position.frame):
            yield Choose(spec.id, None, spec.role), position.time
    if position.deadlines:
        yield Tick(), position.deadlines[0].due


def _key(position: Snapshot) -> tuple[object, ...]:
    """What decides all that can follow, apart from when it happens."""
    left = tuple((due.due - position.time, due.timer) for due in position.deadlines)
    return position.frame, position.pending, position.draws, left


def _is_at(machine: Any, position: Snapshot, state: str) -> bool:
    return state in machine.leaves[position.state].path


def _listed(draws: str | Sequence[str]) -> tuple[str, ...]:
    return (draws,) if isinstance(draws, str) else tuple(draws)


def _told(step: Mapping[str, Any]) -> str:
    return ", ".join(f"{field}: {value}" for field, value in step.items())


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
        for fault in error.errors()[:3]
    )
