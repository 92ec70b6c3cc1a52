"""Cases, run: each live, and then once more through a JSON round trip after every turn.

    plan = plan_case(scenario, case)      what can be made ready before
    result = run_plan(plan)               as often as wanted; also on a machine that was changed
    result = run_case(scenario, case)     both

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
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from heartline.durations import format_duration, parse_duration
from heartline.errors import HeartlineError, RunawayError
from heartline.testing.case import ERROR, FAILED, PASSED, SKIPPED, Failure, Mismatch, Result
from heartline.testing.matching import plan_check, plan_refusal
from heartline.testing.player import Player, begin
from heartline.testing.scene import Scene
from heartline.testing.transcript import Transcript, differences

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from heartline.conversation import Scenario
    from heartline.machine import Machine
    from heartline.runtime import Step
    from heartline.snapshot import Snapshot
    from heartline.testing.case import Case, CaseStep, Listener
    from heartline.testing.form import Step as AuthoredStep
    from heartline.testing.matching import Check
    from heartline.testing.probe import Told

__all__ = ["Plan", "plan_case", "run_case", "run_plan"]

LIVE, STORED = "live", "stored"


class CannotAct(HeartlineError):
    """A step asks for what cannot be done where the conversation stands."""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, made ready: `act` does it, None where the step only expects."""

    case: CaseStep
    act: Callable[[Player], None] | None
    check: Check | None
    refusal: Callable[[HeartlineError | None], list[Told]] | None
    beginning: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A case, made ready. It stays good as long as the machine keeps its slots and its states."""

    scenario: Scenario
    case: Case
    opening: PlannedStep | None
    steps: tuple[PlannedStep, ...]


def plan_case(scenario: Scenario, case: Case) -> Plan:
    """Make a case ready to be run."""
    machine = scenario.machine
    opening = None if case.opening is None else _plan(machine, case, case.opening)
    steps = (
        *[_plan(machine, case, step, beginning=True) for step in case.beginning],
        *[_plan(machine, case, step) for step in case.steps],
    )
    return Plan(scenario, case, opening, steps)


def run_case(
    scenario: Scenario,
    case: Case,
    *,
    listener: Listener | None = None,
    stored: bool = True,
    seed: int | None = None,
) -> Result:
    """Run a case. Never raises for what the case or the scenario does.

    `listener` sees the live run. With `stored`, a case that passes live is run once more, through
    JSON after every turn. `seed` takes the place of the case's own.
    """
    if case.skip is not None:
        return Result(case.id, SKIPPED, case.location, reason=case.skip)
    return run_plan(plan_case(scenario, case), listener=listener, stored=stored, seed=seed)


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


def _plan(machine: Machine, case: Case, step: CaseStep, *, beginning: bool = False) -> PlannedStep:
    expect = step.step.expect
    check = refusal = None
    if expect is not None:
        if not beginning:
            check = plan_check(machine, expect, step.holds, step.path, step.location, case.sources)
        if expect.error is not None:
            refusal = plan_refusal(expect.error)
    return PlannedStep(step, _act(step.step), check, refusal, beginning)


def _act(step: AuthoredStep) -> Callable[[Player], None] | None:
    """What does a step's act."""
    draws = step.draw
    if step.choose is not None:
        choice, role, turn = step.choose, step.role, step.turn
        return lambda player: player.take(choice, role, turn, draws)
    if step.send is not None:
        event, turn = step.send, step.turn
        return lambda player: player.report(event, turn, draws)
    if step.wait is not None:
        try:
            length = parse_duration(step.wait)
        except ValueError as error:
            return partial(_cannot, f"It cannot wait: {error}.")
        return lambda player: player.pass_time(length, draws)
    if step.wait_until is not None:
        return partial(_wait_until, step.wait_until, draws)
    if step.undo is not None:
        turns = step.undo
        return lambda player: player.take_back(turns)
    return Player.resume if step.resume else None


def _cannot(sentence: str, _: Player) -> None:
    raise CannotAct(sentence)


def _wait_until(timer: str, draws: tuple[str, ...], player: Player) -> None:
    """Wait until the moment at which the timer, as it runs now, runs out."""
    deadlines = player.position.deadlines
    for due in deadlines:
        if due.timer == timer:
            player.pass_time(max(due.due - player.now, due.due - due.due), draws)
            return
    running = [f"{due.timer} ({format_duration(due.due - player.now)} left)" for due in deadlines]
    raise CannotAct(
        f"{timer!r} does not run here, so it is no use to wait for it: "
        + (f"what runs is {', '.join(running)}." if running else "no timer runs.")
    )


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
            self.listener.stepped(player.latest)
            player.watch = self.listener.stepped
        if opening is not None and refusal is not None:
            self._refusal(opening, refusal, None)
        return player

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
            if player.position is not before:
                self.turns += 1
            if self.transcript is not None:
                self.transcript.came(player.position, self.step)
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
        case = planned.case
        found = differs(error)
        if found:
            place = case.location
            if self.plan.case.sources is not None:
                place = self.plan.case.sources.locate((*case.path, "expect", "error"))
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
        if planned is not None and planned.check is not None:
            scene = Scene(machine, position, now, self.step)
            if not planned.check.held(scene):
                mismatches = planned.check.mismatches(scene)
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
            stands_at=self.at if error is not None and not mismatches else self.at + 1,
            seed=self.seed,
        )
        return _Failed(failure, ERROR if isinstance(error, RunawayError) else FAILED)


def _not_as_expected(mismatches: tuple[Mismatch, ...]) -> str:
    fields = list(dict.fromkeys(mismatch.field for mismatch in mismatches))
    return f"Not as expected: {', '.join(fields)}."


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
