"""A case made ready to be run: its acts as functions, its expectations as probes.

A plan stays good as long as the machine keeps its slots and its states, so mutation can run it
again and again on a machine whose guards and ways have been changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from heartline.durations import format_duration, parse_duration
from heartline.errors import HeartlineError
from heartline.testing.runs.matching import plan_check, plan_refusal
from heartline.testing.runs.player import Player

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline.checking.monitor import Watch
    from heartline.conversation import Scenario
    from heartline.machine import Machine
    from heartline.testing.case import Case, CaseStep
    from heartline.testing.files.form import Step
    from heartline.testing.runs.matching import Check
    from heartline.testing.runs.probe import Told

__all__ = ["CannotAct", "Plan", "PlannedStep", "plan_case"]


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
    """A case, made ready. It stays good as long as the machine keeps its slots and its states.

    `scenario` is what is played: with a `watch`, the one whose steps its monitors read.
    """

    scenario: Scenario
    watch: Watch | None
    case: Case
    opening: PlannedStep | None
    steps: tuple[PlannedStep, ...]


def plan_case(scenario: Scenario, case: Case, watch: Watch | None = None) -> Plan:
    """Make a case ready to be run; with a `watch`, its promises are held beside the live run."""
    if watch is not None:
        scenario = watch.scenario
    machine = scenario.machine
    opening = None if case.opening is None else _plan(machine, case.opening)
    steps = (
        *[_plan(machine, step, beginning=True) for step in case.beginning],
        *[_plan(machine, step) for step in case.steps],
    )
    return Plan(scenario, watch, case, opening, steps)


def _plan(machine: Machine, step: CaseStep, *, beginning: bool = False) -> PlannedStep:
    expect = step.step.expect
    check = refusal = None
    if expect is not None:
        if not beginning:
            check = plan_check(machine, expect, step)
        if expect.error is not None:
            refusal = plan_refusal(expect.error)
    return PlannedStep(step, _act(step.step), check, refusal, beginning)


def _act(step: Step) -> Callable[[Player], None] | None:
    """What does a step's act."""
    draws = step.draw
    if step.choose is not None:
        choice, role, turn = step.choose, step.role, step.turn
        return lambda player: player.take(choice, role, turn, draws)
    if step.send is not None:
        event, turn = step.send, step.turn
        return lambda player: player.report(event, turn, draws)
    if step.wait is not None:
        length = parse_duration(step.wait)
        return lambda player: player.pass_time(length, draws)
    if step.wait_until is not None:
        return partial(_wait_until, step.wait_until, draws)
    if step.undo is not None:
        turns = step.undo
        return lambda player: player.take_back(turns)
    return Player.resume if step.resume else None


def _wait_until(timer: str, draws: tuple[str, ...], player: Player) -> None:
    """Wait until the moment at which the timer, as it runs now, runs out."""
    deadlines = player.position.deadlines
    for due in deadlines:
        if due.timer == timer:
            player.pass_time(max(due.due - player.now, timedelta(0)), draws)
            return
    running = [f"{due.timer} ({format_duration(due.due - player.now)} left)" for due in deadlines]
    raise CannotAct(
        f"{timer!r} does not run here, so it is no use to wait for it: "
        + (f"what runs is {', '.join(running)}." if running else "no timer runs.")
    )
