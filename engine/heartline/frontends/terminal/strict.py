"""Holding a play to what its scenario promises: `heartline play --strict`.

Beside the session goes a second play of the same moves, with a monitor. It goes on where the
session has gone on, and begins anew where a turn was taken back, or the file was edited. So what
was taken back is not held against anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from heartline import runtime
from heartline.checking.monitor import Watch
from heartline.clock import ManualClock
from heartline.conversation import Conversation
from heartline.errors import HeartlineError
from heartline.frontends.terminal.output import Sentence
from heartline.moves import play_move

if TYPE_CHECKING:
    from heartline.checking.monitor import Monitor, Violation
    from heartline.conversation import Scenario
    from heartline.frontends.terminal.output import Output
    from heartline.frontends.terminal.session import Session
    from heartline.plan import Promise
    from heartline.run import Step

__all__ = ["Stands", "Strict"]


@dataclass(frozen=True, slots=True)
class Stands:
    """How a play stands with one promise: "broken" (`sentence` says why), "held", "untried" where
    it has not come to what the promise is about, or "unmonitored" where no single play decides."""

    promise: Promise
    word: str
    sentence: str = ""


class _Held(Conversation):
    """A conversation with a monitor beside it."""

    __slots__ = ("monitor", "violations")

    def __init__(
        self, scenario: Scenario, clock: ManualClock, step: Step, monitor: Monitor
    ) -> None:
        self.monitor = monitor
        self.violations = list(monitor.began(step))
        super().__init__(scenario, step.snapshot, clock, 0)

    def _show(self, step: Step) -> None:
        self.violations += self.monitor.stepped(step)


class Strict:
    """Holds one session to its scenario's promises."""

    def __init__(self) -> None:
        self._scenario: Scenario | None = None
        self._watch: Watch | None = None
        self._held: _Held | None = None
        self._done: list[dict[str, Any]] = []
        self._told: set[str] = set()
        self._lost = False

    @property
    def broken(self) -> bool:
        """Whether the play as it stands breaks a promise, or could not be held to any."""
        return self._lost or (self._held is not None and bool(self._held.violations))

    @property
    def stands(self) -> tuple[Stands, ...]:
        """How the play stands with each promise; empty where it cannot be held to them."""
        if self._held is None or self._watch is None:
            return ()
        broken = {each.name: each.sentence for each in self._held.violations}
        vacuous = {promise.name for promise in self._held.monitor.vacuous}
        words = {promise.name: "unmonitored" for promise in self._watch.unmonitored}
        words |= dict.fromkeys(vacuous, "untried")
        words |= dict.fromkeys(broken, "broken")
        return tuple(
            Stands(promise, words.get(promise.name, "held"), broken.get(promise.name, ""))
            for promise in self._watch.scenario.machine.promises
        )

    def look(self, session: Session) -> list[Output]:
        """What the moves since the last look break, in sentences."""
        way = session.record.way
        if session.scenario is not self._scenario or way[: len(self._done)] != self._done:
            self._held = None
        try:
            violations = self._follow(session, way)
        except (HeartlineError, ValueError, TypeError, KeyError, OverflowError) as fault:
            told, self._lost, self._held = self._lost, True, None
            text = f"The promises cannot be held, since it cannot be played again: {fault}"
            return [] if told else [Sentence("warning", "not_held", text)]
        self._lost = False
        self._told &= {each.name for each in violations}
        new = [each for each in violations if each.name not in self._told]
        self._told.update(each.name for each in new)
        return [Sentence("warning", "promise_broken", each.sentence) for each in new]

    def _follow(self, session: Session, way: list[dict[str, Any]]) -> list[Violation]:
        if self._held is None:
            if session.scenario is not self._scenario or self._watch is None:
                self._scenario, self._watch = session.scenario, Watch(session.scenario)
            self._held, self._done = self._begin(self._watch, session), []
        for move in way[len(self._done) :]:
            play_move(self._held, move)
            self._done.append(move)
        return self._held.violations

    def _begin(self, watch: Watch, session: Session) -> _Held:
        beginning = session.beginning
        clock = ManualClock(datetime.fromisoformat(beginning.start))
        step = runtime.start(
            watch.scenario.machine,
            seed=beginning.seed,
            now=clock.now(),
            inputs=dict(beginning.inputs),
            persons=beginning.persons,
            draws=beginning.draws,
        )
        return _Held(watch.scenario, clock, step, watch.monitor())
