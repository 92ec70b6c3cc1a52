"""One play that is looked at from all sides, for tests in Python and for random search.

Beside the play that is live go a second one, stored as JSON and read again after every turn, and a
monitor of the scenario's promises. Each act is kept as a step of a test file, so that whatever goes
wrong can be said as a test that shows it again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline import runtime
from heartline.clock import STORY_START, ManualClock
from heartline.durations import format_duration, parse_duration
from heartline.errors import CallerError, HeartlineError
from heartline.plan import event_name
from heartline.testing.making.writing import write_tests
from heartline.testing.runs.player import Player

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from heartline.checking.monitor import Marks, Monitor, Violation, Watch
    from heartline.machine import Machine
    from heartline.runtime import Step
    from heartline.testing.making.writing import Plain
    from heartline.turn import Choice, Turn

__all__ = ["PlayFailed", "Rehearsal"]

MOST_SHORTENED = 200  # steps; a play that is longer is told as it is


class PlayFailed(AssertionError):
    """A play showed something that must not be; its text holds the play as a test."""


class Rehearsal:
    """One play. Acts raise as those of a Conversation do, and have changed nothing then.

    `steps` are the acts so far, as a test file says them.
    """

    def __init__(
        self,
        watch: Watch,
        *,
        seed: int = 0,
        inputs: Mapping[str, object] | None = None,
        seats: Sequence[str] = (),
        start: datetime = STORY_START,
        draws: Sequence[str] = (),
    ) -> None:
        scenario = watch.scenario
        self.watch: Watch = watch
        self._begin: dict[str, Any] = {
            "seed": seed, "inputs": inputs, "seats": seats, "start": start, "draws": draws,
        }  # fmt: skip
        self.machine: Machine = scenario.machine
        self.head: Plain = {
            "seed": seed or None,
            "start": start if start != STORY_START else None,
            "inputs": {name: _written(value) for name, value in (inputs or {}).items()} or None,
            "seats": list(seats) or None,
            "draw": list(draws) or None,
        }
        self.steps: list[Plain] = []
        self.monitor: Monitor = watch.monitor()
        self.broken: list[Violation] = []
        self.marks: list[Marks] = []
        first = runtime.start(
            self.machine, seed=seed, now=start, inputs=inputs, persons=seats, draws=draws
        )
        self.broken += self.monitor.began(first)
        self.player: Player = Player(scenario, first, ManualClock(start))
        self.player.watch = self._stepped
        self.twin: Player = Player(scenario, first, ManualClock(start), stored=True)

    def _stepped(self, step: Step) -> None:
        self.marks.append(self.monitor.marks)
        self.broken += self.monitor.stepped(step)

    # Acts ---------------------------------------------------------------------------------------

    def choose(
        self,
        choice: str,
        role: str | None = None,
        *,
        turn: int | None = None,
        draws: Sequence[str] = (),
    ) -> None:
        """Take a choice."""
        step = {"choose": choice, "as": role, "turn": turn, "draw": list(draws) or None}
        self._act(step, lambda player: player.take(choice, role, turn, draws))

    def send(self, event: str, *, turn: int | None = None, draws: Sequence[str] = ()) -> None:
        """Send an event."""
        step = {"send": event, "turn": turn, "draw": list(draws) or None}
        self._act(step, lambda player: player.report(event, turn, draws))

    def wait(self, length: str | timedelta, *, draws: Sequence[str] = ()) -> None:
        """Let time pass: a text such as "14d", or a timedelta of whole seconds."""
        try:
            passing = parse_duration(length) if isinstance(length, str) else length
        except ValueError as error:
            raise CallerError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        step = {"wait": format_duration(passing), "draw": list(draws) or None}
        self._act(step, lambda player: player.pass_time(passing, draws))

    def wait_until(self, timer: str, *, draws: Sequence[str] = ()) -> None:
        """Let time pass until a timer runs out; raises CallerError where it does not run."""
        due = next((due for due in self.player.position.deadlines if due.timer == timer), None)
        if due is None:
            running = ", ".join(due.timer for due in self.player.position.deadlines) or "none"
            raise CallerError(f"The timer {timer[:60]!r} does not run now; running: {running}.")
        length = due.due - self.player.now
        step = {"wait_until": timer, "draw": list(draws) or None}
        self._act(step, lambda player: player.pass_time(length, draws))

    @property
    def can_undo(self) -> bool:
        """Whether there is a turn that can be taken back."""
        return self.player.scenario.machine.undo and bool(self.player.earlier)

    def undo(self, turns: int = 1) -> None:
        """Take turns back."""
        self._act({"undo": turns}, lambda player: player.take_back(turns))
        for _ in range(turns):
            self.monitor.marks = self.marks.pop()

    def resume(self) -> None:
        """Store the conversation, and go on with what was stored."""
        self._act({"resume": True}, Player.resume)
        self.marks.clear()

    def _act(self, step: Plain, act: Callable[[Player], None]) -> None:
        act(self.player)
        self.steps.append({field: value for field, value in step.items() if value is not None})
        try:
            act(self.twin)
        except HeartlineError as error:
            raise self.failed(f"Stored as JSON and gone on with, it is refused: {error}") from None

    # Looking about ------------------------------------------------------------------------------

    @property
    def turn(self) -> Turn:
        """The present turn."""
        return self.player.turn

    @property
    def over(self) -> bool:
        """Whether the conversation has ended."""
        return self.player.over

    @property
    def offered(self) -> list[Choice]:
        """The choices that a person can take."""
        return [choice for choice in self.turn.choices if choice.enabled]

    @property
    def events(self) -> list[str]:
        """The events that are taken here; the guard of one may still be closed."""
        leaf = self.player.position.state
        kind = event_name("event", "x").removesuffix("x")
        return [
            name.removeprefix(kind)
            for name in self.machine.events
            if name.startswith(kind) and self.machine.ways(leaf, name)
        ]

    def takes(self, event: str) -> bool:
        """Whether an event would be taken now."""
        frame, leaf = self.player.position.frame, self.player.position.state
        ways = self.machine.ways(leaf, event_name("event", event))
        return any(way.guard is None or way.guard(frame) for way in ways)

    # What must never be -------------------------------------------------------------------------

    def check(self, *, dead_ends: bool = True, shortest: bool = False) -> None:
        """Raise PlayFailed where something is wrong: a promise that is broken, a play that differs
        from the stored one, a turn that cannot be shown, or (with `dead_ends`) one that is not the
        end and has no way on. With `shortest`, steps without which it goes wrong all the same are
        left out of what is told."""
        problem = self.problem(dead_ends=dead_ends)
        if problem is None:
            return
        told = self._shortest(dead_ends=dead_ends) if shortest else self
        raise told.failed(told.problem(dead_ends=dead_ends) or problem)

    def _shortest(self, *, dead_ends: bool) -> Rehearsal:
        """The play without each step that it does not need to go wrong in the same way.

        A random search shrinks what it found, but not always as far as it goes.
        """
        best, wanted = self, self._wrong(dead_ends=dead_ends)
        place = len(best.steps) - 1
        while place >= 0 and len(best.steps) <= MOST_SHORTENED:
            for many in (1, 2):  # what is done and taken back goes together
                fewer = best.steps[:place] + best.steps[place + many :]
                again = self._again(fewer)
                if again is not None and again._wrong(dead_ends=dead_ends) == wanted:
                    best, place = again, len(fewer)
                    break
            place -= 1
        return best

    def _wrong(self, *, dead_ends: bool) -> str | None:
        """What is wrong, told apart by the promise that is broken, or by the sentence."""
        return self.broken[0].name if self.broken else self.problem(dead_ends=dead_ends)

    def _again(self, steps: Sequence[Plain]) -> Rehearsal | None:
        """The same beginning with other steps; None where they cannot be taken."""
        play = Rehearsal(self.watch, **self._begin)
        try:
            for step in steps:
                play._step(step)
        except (HeartlineError, PlayFailed):
            return None
        return play

    def _step(self, step: Plain) -> None:
        """Do what a step of a test file says."""
        draws, turn = step.get("draw", ()), step.get("turn")
        if "choose" in step:
            self.choose(step["choose"], step.get("as"), turn=turn, draws=draws)
        elif "send" in step:
            self.send(step["send"], turn=turn, draws=draws)
        elif "wait" in step:
            self.wait(step["wait"], draws=draws)
        elif "wait_until" in step:
            self.wait_until(step["wait_until"], draws=draws)
        elif "undo" in step:
            self.undo(step["undo"])
        else:
            self.resume()

    def problem(self, *, dead_ends: bool = True) -> str | None:
        """What is wrong, as a sentence; None where all is well."""
        if self.broken:
            found = self.broken[0]
            return f"{found.sentence} ({found.location})"
        player, twin = self.player, self.twin
        if player.position != twin.position or player.lines != twin.lines:
            return "Stored as JSON after every turn and gone on with, the play comes out otherwise."
        try:
            turn = player.turn
            for choice in turn.choices:
                player.explain(choice.id, role=choice.role, reveal_hidden=True)
        except HeartlineError as error:
            return f"The turn cannot be shown: {error}"
        for line in turn.lines:
            if not line.text.strip():
                return f"At {turn.state!r} {line.speaker!r} says a line without words."
        for choice in turn.choices:
            if not choice.enabled and not choice.reason:
                return f"At {turn.state!r} the choice {choice.id!r} is closed and nothing says why."
        moves = turn.deadlines or any(choice.enabled for choice in turn.choices)
        if dead_ends and not player.over and not moves and not any(map(self.takes, self.events)):
            return (
                f"At {turn.state!r} the play has come to a dead end: it is not over, and there is "
                "no choice, no timer and no event that leads on."
            )
        return None

    def failed(self, problem: str) -> PlayFailed:
        """The failure, with the play as a test that shows it."""
        return PlayFailed(f"{problem}\n\nThe play, as a test:\n\n{self.as_test()}")

    def as_test(self, name: str = "it_goes_wrong") -> str:
        """The play so far, as the text of a test file."""
        head = {field: value for field, value in self.head.items() if value is not None}
        return write_tests({name: {**head, "steps": [*self.steps, *_last(self)]}})


def _last(play: Rehearsal) -> list[Plain]:
    """What makes a test of the play: where it stands."""
    return [{"expect": {"state": play.player.position.state}}]


def _written(value: object) -> Any:
    """An input's value, as a test file says it."""
    return format_duration(value) if isinstance(value, timedelta) else value
