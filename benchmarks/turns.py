"""Turns of random play in a second, and beside plain play: `step` on a snapshot for each turn."""

from __future__ import annotations

import statistics
from pathlib import Path
from time import perf_counter

from benchmarks.targets import Finding
from heartline import Choose, Tick, load, start, step
from heartline.chance import draw
from heartline.checking.space import NOW
from heartline.machine import Machine
from heartline.testing.walks.simulating import simulate
from heartline.testing.walks.walking import Plan, Walker

__all__ = ["findings"]

ROUNDS = 5


def findings(flagship: Path, walks: int) -> list[Finding]:
    """Both in turns; each round of the simulation begins with nothing known."""
    machine = load(flagship).machine
    rates, plain = [], []
    for seed in range(ROUNDS):
        tally = simulate(Walker(machine, Plan(seed=seed)), walks)
        rates.append(tally.turns / tally.seconds)
        plain.append(_plain(machine, seed, walks // 10))
    times = [one / other for one, other in zip(rates, plain, strict=True)]
    return [
        Finding("turns of random play", statistics.median(rates), "/s", at_least=100_000),
        Finding("random play / plain steps", statistics.median(times), "x"),
    ]


def _plain(machine: Machine, seed: int, walks: int) -> float:
    """Turns in a second where each play begins anew and nothing is kept."""
    began, turns = perf_counter(), 0
    for walk in range(walks):
        here = start(machine, seed=draw(seed, walk, 1 << 53), now=NOW).snapshot
        while not machine.leaves[here.state].final:
            leaf = machine.leaves[here.state]
            names: list[str | None] = [
                spec.id
                for spec in leaf.choices
                if not machine.roles[spec.role].engine and spec.enabled(here.frame)
            ]
            if here.deadlines:
                names.append(None)
            name = names[draw(walk, turns, len(names))]
            turns += 1
            if name is None:
                here = step(machine, here, Tick(), here.deadlines[0].due).snapshot
            else:
                here = step(machine, here, Choose(name), here.time).snapshot
    return turns / (perf_counter() - began)
