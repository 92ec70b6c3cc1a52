"""Heartline on benchmarks/scenario, at several depths.

- dispatch: `Machine.trigger`, the overridden transitions machine alone: it finds the way, asks
  guards, acts, changes state. It has nothing to say here, as the floor has nothing.
- dispatch + lines: the same with the scenario's lines, handed on to somebody who drops them.
- dispatch (stock): the first again, on the library's own classes, `Machine.stock()`.
- step: the pure `heartline.step` with a new immutable snapshot, timers by the clock, a record of
  what was taken and said.
- step + view: that, and the turn as a player sees it: all lines rendered, every choice evaluated,
  the reason of each closed one, deadlines and changes.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import heartline
from benchmarks.cycle import EVENTS, NUMBERS, WAIT, WEEK
from benchmarks.harness import Contender
from heartline.conversation import Scenario
from heartline.machine import Machine
from heartline.plan import RUNNING, Block, Lines, event_name
from heartline.snapshot import Input, Snapshot

__all__ = [
    "DISPATCH", "SPEAKING", "STEP", "STOCK", "VIEW",
    "dispatch", "in_step", "machine", "scenario", "without_lines",
]  # fmt: skip

DISPATCH = "Heartline dispatch"
SPEAKING = "Heartline dispatch + lines"
STOCK = "Heartline dispatch (stock)"
STEP = "Heartline step"
VIEW = "Heartline step + view"

_SCENARIO = Path(__file__).resolve().parent.parent / "scenario"
_START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def scenario(folder: Path = _SCENARIO) -> Scenario:
    """The benchmarks' scenario, or another."""
    return heartline.load(folder)


def machine() -> Machine:
    """The benchmarks' scenario, compiled."""
    return scenario().machine


def without_lines(compiled: Machine) -> Machine:
    """The same machine with nothing to say, as the floor and stock transitions have nothing."""

    def mute(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(replace(block, lines=None) for block in blocks)

    return replace(
        compiled,
        wirings=tuple(
            replace(
                wiring,
                edge=replace(wiring.edge, opening=None, closing=None),
                exits=mute(wiring.exits),
                entries=mute(wiring.entries),
            )
            for wiring in compiled.wirings
        ),
    )


class _Bare:
    """What the machine alone works on: a frame, and nothing that is kept."""

    def __init__(self, compiled: Machine) -> None:
        self.slots = {name: timer.slot for name, timer in compiled.timers.items()}
        self.frame: list[Any] = list(compiled.initial_frame())
        self.frame[0] = compiled.initial

    @property
    def state(self) -> str:
        leaf: str = self.frame[0]
        return leaf

    @state.setter
    def state(self, leaf: str) -> None:
        self.frame[0] = leaf

    def start(self, timer: str, length: timedelta) -> None:  # noqa: ARG002 (part of the protocol)
        self.frame[self.slots[timer]] = RUNNING

    def stop(self, timer: str) -> None:
        self.frame[self.slots[timer]] = 0

    def say(self, lines: Lines) -> None:
        pass


def _named(event: str) -> str:
    return event_name("after", "pause") if event == WAIT else event_name("choice", event)


def dispatch(name: str, compiled: Machine) -> Contender:
    """The machine alone."""
    run = _Bare(compiled)
    events = [_named(event) for event in EVENTS]
    trigger = compiled.trigger

    def play(rounds: int) -> float:
        begun = time.perf_counter()
        for _ in range(rounds):
            for event in events:
                trigger(event, run)
        return time.perf_counter() - begun

    def visit() -> list[str]:
        visited = []
        for event in events:
            assert trigger(event, run), f"{event!r} was not taken in {run.state!r}"
            visited.append(run.state)
        return visited

    return Contender(name, play, visit)


def in_step(name: str, compiled: Machine, *, show: bool) -> Contender:
    """The pure step; with `show`, the view of it too."""
    inputs: list[tuple[Input, timedelta]] = [
        (heartline.Tick(), WEEK) if event == WAIT else (heartline.Choose(event), timedelta(0))
        for event in EVENTS
    ]
    nothing = timedelta(0)
    present = heartline.start(compiled, seed=7, now=_START).snapshot
    step, view = heartline.step, heartline.view

    def play(rounds: int) -> float:
        nonlocal present
        now, snapshot = _START, _at_start(present)
        begun = time.perf_counter()
        for _ in range(rounds):
            for given, later in inputs:
                if later is not nothing:
                    now += later
                taken = step(compiled, snapshot, given, now)
                snapshot = taken.snapshot
                if show:
                    view(compiled, taken)
        elapsed = time.perf_counter() - begun
        present = snapshot
        return elapsed

    def visit() -> list[str]:
        nonlocal present
        now, snapshot, visited = _START, _at_start(present), []
        for given, later in inputs:
            now += later
            snapshot = step(compiled, snapshot, given, now).snapshot
            visited.append(snapshot.state)
        for variable, value in NUMBERS.items():
            assert snapshot.frame[compiled.layout["var", variable]] == value, variable
        present = snapshot
        return visited

    return Contender(name, play, visit)


def _at_start(snapshot: Snapshot) -> Snapshot:
    """The same, back at the first moment: a round lasts two weeks, and the calendar ends."""
    return snapshot._replace(time=_START)
