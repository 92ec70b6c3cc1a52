"""A conversation as tests play it: the same moves, without making words of turns nobody looks at.

A `Player` is a Conversation on a clock of its own that stands still until it is moved. It keeps
the step that led to the present turn, and makes lines of it when somebody asks. `stored=True`
sends every position through JSON and back before it is gone on with.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from heartline import runtime
from heartline.clock import ManualClock
from heartline.conversation import Conversation
from heartline.errors import CallerError, NothingToUndo, UndoForbidden
from heartline.rendering import changed, look, render
from heartline.snapshot import Choose, Send, Tick

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from heartline.conversation import Scenario
    from heartline.machine import Way
    from heartline.runtime import Step
    from heartline.snapshot import Input, Snapshot
    from heartline.testing.case import Case
    from heartline.turn import Said, Turn

__all__ = ["Player", "begin"]

_NOTHING = ()


def begin(
    scenario: Scenario,
    case: Case,
    seed: int | None = None,
    *,
    stored: bool = False,
    watch: Callable[[Step], None] | None = None,
) -> Player:
    """Begin the conversation of a case; raises as `Scenario.start` does.

    `watch` is called with the step of the start and with each one that changes something.
    """
    clock = ManualClock(case.start)
    step = runtime.start(
        scenario.machine,
        seed=case.seed if seed is None else seed,
        now=clock.now(),
        inputs=case.inputs,
        persons=case.seats,
        draws=case.draws,
    )
    return Player(scenario, step, clock, stored=stored, watch=watch)


class Player(Conversation):
    """One conversation of a test. Its acts give nothing; `turn` and `lines` show what came."""

    __slots__ = ("earlier", "latest", "manual", "resumed", "stored", "watch")

    def __init__(
        self,
        scenario: Scenario,
        step: Step,
        clock: ManualClock,
        *,
        stored: bool = False,
        watch: Callable[[Step], None] | None = None,
    ) -> None:
        super().__init__(scenario, step.snapshot, clock)
        self.manual: ManualClock = clock
        self.stored: bool = stored
        self.watch: Callable[[Step], None] | None = watch
        self.earlier: list[tuple[Snapshot, Step | None]] = []
        self.latest: Step | None = step
        self.resumed: bool = False
        if stored:
            self.position: Snapshot = self.stored_and_read()
        if watch is not None:
            watch(step)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.manual.now()

    @property
    def lines(self) -> tuple[Said, ...]:
        """What was said on the way to the present turn."""
        return _NOTHING if self.latest is None else render(self.scenario.machine, self.latest)

    @property
    def turn(self) -> Turn:
        """The present turn, as every front end would show it."""
        machine, latest = self.scenario.machine, self.latest
        changes = () if latest is None else changed(machine, latest)
        return look(machine, self.position, self.lines, changes)

    @property
    def ways(self) -> tuple[Way, ...]:
        """The transitions that led to the present turn."""
        return () if self.latest is None else tuple([taken.way for taken in self.latest.taken])

    # What can be done. Each raises as the same act of a Conversation, and has changed nothing then.

    def take(self, choice: str, role: str | None, turn: int | None, draws: Sequence[str]) -> None:
        """Take a choice."""
        self._step(Choose(choice, turn, role), draws)

    def report(self, event: str, turn: int | None, draws: Sequence[str]) -> None:
        """Send an event."""
        self._step(Send(event, turn), draws)

    def pass_time(self, length: timedelta, draws: Sequence[str]) -> None:
        """Let time pass."""
        before = self.manual.now()
        try:
            self.manual.advance(length)
            self._step(Tick(), draws)
        except ValueError as error:
            self.manual.set(before)
            raise CallerError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        except Exception:
            self.manual.set(before)
            raise

    def take_back(self, turns: int) -> None:
        """Go back so many turns, all or none; the clock goes back too."""
        if not self.scenario.machine.undo:
            raise UndoForbidden
        if turns > len(self.earlier):
            raise NothingToUndo(_cannot_take_back(turns, len(self.earlier), self.resumed))
        for _ in range(turns):
            self.position, self.latest = self.earlier.pop()
        self.manual.set(self.position.time)

    def undo(self) -> Turn:
        """Go back to the turn before."""
        self.take_back(1)
        return self.turn

    def resume(self) -> None:
        """Store the conversation and go on with what was stored, as after a restart: what was said
        is not in a snapshot, nor are the turns before it."""
        self.position = self.stored_and_read()
        self.earlier.clear()
        self.latest = None
        self.resumed = True

    def stored_and_read(self) -> Snapshot:
        """The present position, through JSON and back."""
        data = json.loads(json.dumps(self.snapshot()))
        return self.scenario.resume(data, clock=self.manual).position

    def _step(self, input: Input, draws: Sequence[str] = ()) -> None:
        machine, now = self.scenario.machine, self.manual.now()
        step = runtime.step(machine, self.position, input, now, tuple(draws))
        if step.snapshot is self.position:
            return
        self.earlier.append((self.position, self.latest))
        self.position = step.snapshot
        self.latest = step
        if self.stored:
            self.position = self.stored_and_read()
        if self.watch is not None:
            self.watch(step)


def _cannot_take_back(turns: int, kept: int, resumed: bool) -> str:
    if kept == 0 and not resumed:
        return "There is nothing to take back: this is the first turn."
    since = "since the conversation was stored and gone on with" if resumed else "so far"
    return (
        f"{turns} {'turn' if turns == 1 else 'turns'} cannot be taken back: {since} there "
        f"{'is' if kept == 1 else 'are'} {kept or 'none'}."
    )
