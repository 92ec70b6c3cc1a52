"""What the linter says of a scenario is so in every play: random plays try to prove it wrong.

The plays go through generated scenarios that are made worse first: guards of `always` and the
`once` of an engine's choices are taken away here and there, and the way out that every state has.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import heartline
from generated import scenarios
from harness import bundled
from heartline import Choose, HeartlineError, Send, Tick
from heartline.checking.flow import Flow
from heartline.checking.guards import Guards
from heartline.checking.lint import lint
from heartline.checking.loops import always_circles, engine_habits, engine_traps
from heartline.compiler import compile_scenario
from heartline.loader import bundled_scenarios, load_text
from heartline.machine import Machine
from heartline.run import Step, Taken

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def worse(text: str, chance: random.Random) -> str:
    """The same scenario with more ways to go wrong."""
    data = json.loads(text)

    def state(made: dict[str, Any]) -> None:
        for branch in made.get("always", ()):
            if chance.random() < 0.5:
                branch.pop("when")
            if chance.random() < 0.3:
                branch["do"] = []
        for choice in made.get("choices", {}).values():
            if choice.get("by") == "other" and chance.random() < 0.5:
                del choice["once"]
        for inner in made.get("states", {}).values():
            state(inner)

    for made in data["states"].values():
        state(made)
    if chance.random() < 0.5:
        del data["choices"]["leave"]
    return json.dumps(data)


def plays(machine: Machine, seed: int, steps: int) -> list[Step]:
    """The steps of a random play that came to rest; those that ran away are refused."""
    chance = random.Random(seed)
    now = NOW
    try:
        step = heartline.start(machine, seed=seed, now=now, inputs={})
    except HeartlineError:
        return []
    done = [step]
    for _ in range(steps):
        leaf = machine.leaves[step.snapshot.state]
        if leaf.final:
            break
        options: list[Choose | Send | Tick] = [Choose(each.id) for each in leaf.choices]
        options += [Tick(), Send("ring")]
        now += timedelta(hours=chance.choice([0, 1, 30, 200]))
        try:
            step = heartline.step(machine, step.snapshot, chance.choice(options), now)
        except HeartlineError:
            continue
        done.append(step)
    return done


class Claims:
    """What the linter is certain of, in a form that a play can contradict."""

    def __init__(self, machine: Machine, dead: set[str]) -> None:
        self.machine = machine
        self.flow = Flow(machine)
        guards = Guards(machine)
        circles = list(always_circles(self.flow, guards))
        self.dead_places = dead
        self.no_rest = {leaf for circle in circles if circle.sure for leaf in circle.leaves}
        self.no_rest |= {leaf for names, _ in engine_traps(self.flow, guards) for leaf in names}
        self.endless = {id(circle.edge) for circle in circles}
        self.habits = {
            (leaf.name, id(edge))
            for leaf, choice in engine_habits(self.flow, guards)
            for edge in choice.edges
        }

    def hold_for(self, play: list[Step]) -> None:
        doomed = False
        for step in play:
            for leaf in (*(taken.way.source for taken in step.taken), step.snapshot.state):
                assert leaf in self.flow.reached
                assert leaf not in self.no_rest
                assert not (doomed and leaf in self.flow.ending)
                doomed = doomed or leaf not in self.flow.ending
            for taken in step.taken:
                self.taken(taken)

    def taken(self, taken: Taken) -> None:
        edge = taken.way.edge
        assert str(edge.location) not in self.dead_places
        assert id(edge) not in self.endless
        if taken.draw is not None:
            assert (taken.way.source, id(edge)) not in self.habits


def claims(text: str) -> Claims | None:
    compiled = compile_scenario(load_text(text))
    if compiled.machine is None:
        return None
    dead = {str(found.location) for found in lint(compiled) if found.code in ("HL505", "HL511")}
    for leaf in compiled.machine.leaves.values():
        for choice in leaf.choices:
            if str(choice.location) in dead:
                dead.update(str(edge.location) for edge in choice.edges)
    return Claims(compiled.machine, dead)


@pytest.mark.slow
@given(scenarios(), st.integers(0, 1 << 32))
def test_no_play_contradicts_the_linter(text: str, seed: int) -> None:
    found = claims(worse(text, random.Random(seed)))
    if found is not None:
        for number in range(6):
            found.hold_for(plays(found.machine, seed + number, 30))


@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
def test_no_play_of_a_bundled_scenario_contradicts_the_linter(name: str) -> None:
    scenario = bundled(name)
    found = Claims(scenario.machine, set())
    for seed in range(10):
        found.hold_for(plays(scenario.machine, seed, 40))
