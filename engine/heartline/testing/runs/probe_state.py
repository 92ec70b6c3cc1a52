"""Probes of where a conversation stands: its state and end, its variables, its timers."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.durations import format_duration, parse_duration
from heartline.expressions import DurationType, evaluate, explain, walk, write
from heartline.testing.runs.probe import Probe, as_text, listed, never

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from heartline.expressions import Tree
    from heartline.machine import Machine
    from heartline.testing.files.form import Expect
    from heartline.testing.runs.probe import Told
    from heartline.testing.runs.scene import Scene

__all__ = ["context_probes", "expression_probes", "state_probes", "timer_probes", "unanswerable"]


def state_probes(machine: Machine, expect: Expect) -> Iterator[Probe]:
    leaves = machine.leaves
    if expect.state is not None:
        wanted = expect.state
        yield Probe(
            "state", ("state",),
            lambda scene: wanted in leaves[scene.frame[0]].path,
            lambda scene: (wanted, _state(machine, scene)),
        )  # fmt: skip
    if expect.outcome is not None:
        outcome = expect.outcome
        yield Probe(
            "outcome", ("outcome",),
            lambda scene: leaves[scene.frame[0]].outcome == outcome,
            lambda scene: (outcome, _end(machine, scene)),
        )  # fmt: skip
    if expect.over is not None:
        over = expect.over
        yield Probe(
            "over", ("over",),
            lambda scene: leaves[scene.frame[0]].final == over,
            lambda scene: ("it is over" if over else "it goes on", _end(machine, scene)),
        )  # fmt: skip


def _state(machine: Machine, scene: Scene) -> str:
    *outer, leaf = machine.leaves[scene.frame[0]].path
    return leaf + (f" (in {', in '.join(reversed(outer))})" if outer else "")


def _end(machine: Machine, scene: Scene) -> str:
    outcome = machine.leaves[scene.frame[0]].outcome
    if outcome is not None:
        return f"it is over: {outcome}"
    return f"it goes on, in {_state(machine, scene)}"


# What is held -------------------------------------------------------------------------------------


def context_probes(machine: Machine, expect: Expect) -> Iterator[Probe]:
    for name, given in expect.context.items():
        path = ("context", name)
        slot = machine.layout.get(("var", name))
        if slot is None:
            hint = did_you_mean(name, [each[1] for each in machine.layout if each[0] == "var"])
            came = "there is no such variable" + (f"; {hint}" if hint else "")
            yield never("context", path, f"{name} = {as_text(given)}", came)
            continue
        value: object = given
        if isinstance(machine.slots[slot].type, DurationType):
            try:
                value = parse_duration(str(given))
            except ValueError as error:
                yield never("context", path, f"{name} = {as_text(given)}", str(error))
                continue
        yield Probe(
            "context", path,
            partial(_is_held, slot, value), partial(_other_value, slot, name, value),
        )  # fmt: skip


def _is_held(slot: int, value: object, scene: Scene) -> bool:
    held = scene.frame[slot]
    return bool(held == value) and type(held) is type(value)  # True is no 1 here


def _other_value(slot: int, name: str, value: object, scene: Scene) -> Told:
    return f"{name} = {as_text(value)}", f"{name} = {as_text(scene.frame[slot])}"


def expression_probes(machine: Machine, holds: Sequence[Tree]) -> Iterator[Probe]:
    for number, tree in enumerate(holds):
        path = ("holds", number)
        problem = unanswerable(machine, tree)
        if problem is not None:
            yield never("holds", path, write(tree), problem)
            continue
        yield Probe(
            "holds", path, partial(_is_true, machine, tree), partial(_not_true, machine, tree)
        )


def unanswerable(machine: Machine, tree: Tree) -> str | None:
    """Why an expression cannot be asked of this machine, as a part of a sentence; None if it can.

    A machine counts only what its own expressions ask for, and only as far as they do.
    """
    for node in walk(tree):
        symbol = getattr(node, "symbol", None)
        if symbol is not None and symbol not in machine.layout:
            kind, name = symbol[0], symbol[-1]
            if kind in ("visits", "taken"):
                return (
                    f"the scenario never asks how often {name!r} came, so it is not counted: "
                    "expect something that it leads to"
                )
            return f"{write(node)} has no value in one moment"
    return None


def _is_true(machine: Machine, tree: Tree, scene: Scene) -> bool:
    return bool(evaluate(tree, scene.frame, machine.layout))


def _not_true(machine: Machine, tree: Tree, scene: Scene) -> Told:
    why = explain(tree, scene.frame, machine.layout, reveal_hidden=True)
    return write(tree), f"it does not hold: {why.exact}"


# Time ---------------------------------------------------------------------------------------------


def timer_probes(expect: Expect) -> Iterator[Probe]:
    for name, given in expect.timers.items():
        wanted: timedelta | str = str(given)
        if wanted not in ("off", "expired"):
            try:
                wanted = parse_duration(str(given))
            except ValueError as error:
                yield never("timers", ("timers", name), f"{name}: {given}", str(error))
                continue
        yield Probe(
            "timers", ("timers", name), partial(_stands, name, wanted),
            partial(_other_time, name, wanted),
        )  # fmt: skip
    if expect.running is not None:
        names = expect.running
        yield Probe(
            "running", ("running",),
            lambda scene: _running(names, scene) == frozenset(names),
            lambda scene: (listed(names, "none"), _all_running(scene)),
        )  # fmt: skip
    for name, moment in expect.ends.items():
        yield Probe(
            "ends", ("ends", name), partial(_ends, name, moment), partial(_other_end, name, moment)
        )


def _stands(name: str, wanted: timedelta | str, scene: Scene) -> bool:
    return scene.timer(name) == wanted


def _other_time(name: str, wanted: timedelta | str, scene: Scene) -> Told:
    came = scene.timer(name)
    hint = ""
    if came == "unknown":
        found = did_you_mean(name, scene.machine.timers)
        return f"{name}: {_left(wanted)}", "there is no such timer" + (
            f"; {found}" if found else ""
        )
    if isinstance(wanted, timedelta) and not isinstance(came, timedelta):
        hint = f"\nwhat runs: {_all_running(scene)}"
    return f"{name}: {_left(wanted)}", f"{name}: {_left(came)}{hint}"


def _left(standing: timedelta | str) -> str:
    if isinstance(standing, str):
        return {"off": "it is off", "expired": "it has run out"}[standing]
    return f"{format_duration(standing)} left"


def _running(names: Sequence[str], scene: Scene) -> frozenset[str]:
    """The timers that run. A state's own delay has no name, so it counts only if asked for."""
    timers = scene.machine.timers
    return frozenset(
        due.timer
        for due in scene.position.deadlines
        if not timers[due.timer].local or due.timer in names
    )


def _all_running(scene: Scene) -> str:
    return listed(
        [
            f"{due.timer} ({format_duration(due.due - scene.now)} left)"
            for due in scene.position.deadlines
        ],
        "none",
    )


def _ends(name: str, moment: datetime, scene: Scene) -> bool:
    return scene.due(name) == moment


def _written(moment: datetime) -> str:
    """A moment as a test file has it, so that it can be copied there."""
    return moment.isoformat().replace("+00:00", "Z")


def _other_end(name: str, moment: datetime, scene: Scene) -> Told:
    due = scene.due(name)
    expected = f"{name} ends at {_written(moment)}"
    if due is not None:
        return expected, f"{name} ends at {_written(due)}"
    return expected, _other_time(name, timedelta(0), scene)[1]
