"""Cases, run: each live, and then once more through a JSON round trip after every turn.

    result = run_case(scenario, case)
    result = run_plan(plan_case(scenario, case))     the same, for who runs a case more than once

How it works. `_play` goes through the steps of a plan with a `Player`. It stops at the first step
that fails. What was played is kept step by step (`_Trace`), and the second run, through JSON, must
come by the same. Nothing is rendered unless an expectation asks for it; for a failure the case is
played again up to where it failed, and that time a transcript is written.

What a step's lines are. An act that sets off nothing (a wait in which nothing runs out, an act
that is refused) has none; a step without an act looks at what the act before it led to. Undo shows
the turn that it goes back to, lines and all; after `resume` there are none, as after a restart,
and what came before it cannot be taken back.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from heartline.checking.monitor import Watch
from heartline.errors import HeartlineError, RunawayError
from heartline.testing.case import ERROR, FAILED, PASSED, SKIPPED, Failure, Mismatch, Result
from heartline.testing.runs.matching import place_of
from heartline.testing.runs.planning import CannotAct, plan_case
from heartline.testing.runs.player import begin
from heartline.testing.runs.scene import Scene
from heartline.testing.runs.transcript import Transcript, differences

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from heartline.checking.monitor import Marks, Violation
    from heartline.conversation import Scenario
    from heartline.machine import Machine
    from heartline.runtime import Step
    from heartline.snapshot import Snapshot
    from heartline.testing.case import Case, Listener
    from heartline.testing.runs.planning import Plan, PlannedStep
    from heartline.testing.runs.player import Player
    from heartline.testing.runs.probe import Told

__all__ = ["run_case", "run_plan"]

LIVE, STORED = "live", "stored"
PROMISE = "promise"  # stands in a mismatch where an expectation has its field
MOST_WATCHES = 4  # scenarios whose promises are kept ready


def run_case(
    scenario: Scenario,
    case: Case,
    *,
    listener: Listener | None = None,
    stored: bool = True,
    seed: int | None = None,
) -> Result:
    """Run a case. Never raises for what the case or the scenario does.

    `listener` sees the live run, and the scenario's promises are held beside it. With `stored`, a
    case that passes live is run once more, through JSON after every turn. `seed` takes the place of
    the case's own.
    """
    if case.skip is not None:
        return Result(case.id, SKIPPED, case.location, reason=case.skip)
    plan = plan_case(scenario, case, _watched(scenario))
    return run_plan(plan, listener=listener, stored=stored, seed=seed)


_watches: list[tuple[Machine, Watch]] = []  # of the scenarios that were run last


def _watched(scenario: Scenario) -> Watch | None:
    """What holds a scenario to its promises; None where it makes none. Made once for all cases."""
    machine = scenario.machine
    if not machine.promises:
        return None
    for known, watch in _watches:
        if known is machine:
            return watch
    watch = Watch(scenario)
    _watches[:] = [(machine, watch), *_watches[: MOST_WATCHES - 1]]
    return watch


def run_plan(
    plan: Plan,
    *,
    listener: Listener | None = None,
    stored: bool = True,
    seed: int | None = None,
    told: bool = True,
) -> Result:
    """Run a case that was made ready. Without `told` a failure has no transcript: for those who
    only want to know whether it fails."""
    began = time.perf_counter()
    case = plan.case
    failed: _Failed | None = None
    live = _Run(plan, seed, listener=listener)
    try:
        live.play()
        if stored:
            _Run(plan, seed, same=live.traces).play()
    except _Failed as raised:
        failed = raised
    failure = None
    if failed is not None:
        failure = _with_transcript(plan, failed.failure, seed) if told else failed.failure
    status = PASSED if failed is None else failed.status
    seconds = time.perf_counter() - began
    result = Result(case.id, status, case.location, seconds, live.turns, failure)
    if listener is not None:
        listener.ended(case, result)
    return result


class _Trace(NamedTuple):
    """What came of one step, for the second run to be compared with."""

    position: Snapshot
    now: datetime
    step: Step | None
    refusal: str | None


class _Failed(Exception):
    """The case failed here."""

    def __init__(self, failure: Failure, status: str) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.status = status


class _Run:
    """One run of a plan. `traces` are what came, `same` what came of an earlier run."""

    def __init__(
        self,
        plan: Plan,
        seed: int | None,
        *,
        listener: Listener | None = None,
        same: list[_Trace] | None = None,
        transcript: Transcript | None = None,
        mode: str | None = None,
        stop: int | None = None,
    ) -> None:
        self.plan = plan
        self.seed = seed
        self.listener = listener
        self.same = same
        self.transcript = transcript
        self.mode = mode or (LIVE if same is None else STORED)
        self.stop = stop
        self.traces: list[_Trace] = []
        self.turns = 0
        self.at = -1
        self.step: Step | None = None  # what the last act set off
        watched = plan.watch is not None and self.mode == LIVE
        self.monitor = plan.watch.monitor() if plan.watch is not None and watched else None
        self.marks: list[Marks] = []  # where the monitor stood at each turn that can be undone
        self.broken: list[Violation] = []

    def play(self) -> None:
        """Raises _Failed where the case fails."""
        player = self._begin()
        if player is None:
            return
        machine, stop = self.plan.scenario.machine, self.stop
        self._look(machine, player, self.plan.opening, None)
        for number, planned in enumerate(self.plan.steps):
            self.at = number
            if stop is not None and number > stop:
                return
            error = None if planned.act is None else self._act(player, planned, planned.act)
            self._look(machine, player, planned, error)

    def _begin(self) -> Player | None:
        plan, opening = self.plan, self.plan.opening
        refusal = opening.refusal if opening is not None else None
        try:
            player = begin(plan.scenario, plan.case, self.seed, stored=self.mode == STORED)
        except HeartlineError as error:
            if self.transcript is not None:
                self.transcript.refused(str(error))
            if opening is None or refusal is None or isinstance(error, RunawayError):
                raise self._failed(opening, f"It cannot be started: {error}", error) from None
            self._refusal(opening, refusal, error)
            if plan.steps:
                self.at = 0
                raise self._failed(
                    plan.steps[0],
                    "The start was refused, as expected, so no conversation began and no step can "
                    "follow.",
                    error,
                ) from None
            return None
        self.step = player.latest
        self.turns = 1
        if self.transcript is not None:
            assert player.latest is not None
            self.transcript.began(player.position, player.latest)
        if self.listener is not None:
            self.listener.began(plan.case, player)
        assert player.latest is not None
        if self.monitor is not None:
            self.broken += self.monitor.began(player.latest)
        if self.listener is not None:
            self.listener.stepped(player.latest)
        if self.listener is not None or self.monitor is not None:
            player.watch = self._stepped
        if opening is not None and refusal is not None:
            self._refusal(opening, refusal, None)
        return player

    def _stepped(self, step: Step) -> None:
        """One more step of the runtime, for those who watch."""
        if self.monitor is not None:
            self.marks.append(self.monitor.marks)
            self.broken += self.monitor.stepped(step)
        if self.listener is not None:
            self.listener.stepped(step)

    def _unwatch(self, player: Player) -> None:
        """Let the monitor stand where it did at the turn that was gone back to."""
        if self.monitor is None:
            return
        if player.latest is None:  # stored and gone on with: nothing before can be undone
            self.marks.clear()
        while len(self.marks) > len(player.earlier):
            self.monitor.marks = self.marks.pop()

    def _act(
        self, player: Player, planned: PlannedStep, act: Callable[[Player], None]
    ) -> HeartlineError | None:
        """Do a step's act; gives the refusal that was expected, None where it was taken."""
        before, latest, time_before = player.position, player.latest, player.now
        error: HeartlineError | None = None
        try:
            act(player)
        except HeartlineError as raised:
            error = raised
        if self.transcript is not None:
            self.transcript.acted(planned.case, player.now)
        if error is not None:
            self.step = None
            if self.transcript is not None:
                self.transcript.refused(str(error))
            if planned.refusal is None or isinstance(error, RunawayError | CannotAct):
                raise self._failed(planned, f"{error}", error)
            if not planned.beginning:
                self._refusal(planned, planned.refusal, error)
            if player.position is not before or player.now != time_before:
                raise self._failed(planned, "It was refused, but not all is as before.")
        else:
            self.step = None if player.latest is latest else player.latest
            if len(player.earlier) < len(self.marks):
                self._unwatch(player)
            if player.position is not before:
                self.turns += 1
            if self.transcript is not None:
                back = planned.case.step.undo is not None
                self.transcript.came(player.position, self.step, back=back)
            if planned.refusal is not None and not planned.beginning:
                self._refusal(planned, planned.refusal, None)
        return error

    def _refusal(
        self,
        planned: PlannedStep,
        differs: Callable[[HeartlineError | None], list[Told]],
        error: HeartlineError | None,
    ) -> None:
        """Hold a refusal, or that there was none, against what was expected of it."""
        found = differs(error)
        if found:
            place = place_of(planned.case, ("error",))
            mismatches = tuple(Mismatch("error", place, *told) for told in found)
            raise self._failed(planned, _not_as_expected(mismatches), error, mismatches)

    def _look(
        self,
        machine: Machine,
        player: Player,
        planned: PlannedStep | None,
        error: HeartlineError | None,
    ) -> None:
        """Hold what came against what was expected, and against what came the first time."""
        position, now = player.position, player.now
        mismatches: tuple[Mismatch, ...] = ()
        if planned is not None and planned.check is not None:
            scene = Scene(machine, position, now, self.step)
            if not planned.check.held(scene):
                mismatches = planned.check.mismatches(scene)
        if self.broken:
            mismatches += tuple(map(_broken, self.broken))
        if mismatches:
            raise self._failed(planned, _not_as_expected(mismatches), None, mismatches)
        trace = _Trace(position, now, self.step, None if error is None else str(error))
        if self.same is not None:
            live = self.same[self.at + 1]
            if trace != live:
                raise self._failed(planned, _parted(machine, live, trace))
        self.traces.append(trace)

    def _failed(
        self,
        planned: PlannedStep | None,
        message: str,
        error: HeartlineError | None = None,
        mismatches: tuple[Mismatch, ...] = (),
    ) -> _Failed:
        case = self.plan.case
        if planned is not None and planned.beginning:
            message = f"In the beginning, which comes from {case.after!r}: {message}"
        failure = Failure(
            message,
            case.location if planned is None else planned.case.location,
            self.at,
            self.mode,
            mismatches,
            seed=self.seed,
            loop=str(error) if isinstance(error, RunawayError) else None,
        )
        return _Failed(failure, FAILED if failure.loop is None else ERROR)


def _broken(violation: Violation) -> Mismatch:
    """A promise of the scenario that the play broke, with its place in the scenario."""
    kept = f"the scenario keeps its promise {violation.name!r}"
    return Mismatch(PROMISE, violation.location, kept, violation.sentence)


def _not_as_expected(mismatches: tuple[Mismatch, ...]) -> str:
    fields = list(dict.fromkeys(each.field for each in mismatches if each.field != PROMISE))
    sentences = [f"Not as expected: {', '.join(fields)}."] if fields else []
    if any(each.field == PROMISE for each in mismatches):
        sentences.append("The scenario does not keep what it promises.")
    return " ".join(sentences)


def _parted(machine: Machine, live: _Trace, stored: _Trace) -> str:
    """How the run through JSON came by something else than the live one."""
    found = []
    if live.refusal != stored.refusal:
        found.append(f"refusal: {live.refusal or 'none'}, {stored.refusal or 'none'}")
    if live.now != stored.now:
        found.append(f"the time: {live.now}, {stored.now}")
    found += differences(machine, live.position, stored.position)
    return (
        "Stored as JSON after every turn and gone on with, the conversation comes by something "
        f"else than live. Live, and stored: {'; '.join(found) or 'other lines or transitions'}."
    )


def _with_transcript(plan: Plan, failure: Failure, seed: int | None) -> Failure:
    """The failure, with what happened until then: the case is played once more for it."""
    transcript = Transcript(plan.scenario.machine)
    again = _Run(plan, seed, transcript=transcript, mode=failure.mode, stop=failure.step)
    with suppress(_Failed):
        again.play()
    return replace(failure, transcript=tuple(transcript.entries))
