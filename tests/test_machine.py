"""The machine's two modes: the overridden dispatch never parts from the library's own."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
import transitions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import heartline
from generated import made_of, scenarios
from harness import bundled, story
from heartline import Choose, HeartlineError, Scenario, Send, Tick
from heartline.loader import bundled_scenarios
from heartline.machine import FastEvent, Machine, Way
from heartline.runtime import Step

pytestmark = pytest.mark.usefixtures("short_loops")
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def walk(machine: Machine, seed: int, steps: int) -> list[object]:
    """What a random walk meets: snapshots, texts, and the refusals that it runs into."""
    chance = random.Random(seed)
    met: list[object] = []
    now = NOW
    try:
        step = heartline.start(machine, seed=seed, now=now)
    except HeartlineError as error:
        return [str(error)]
    for _ in range(steps):
        met.append((step.snapshot, [line.text for line in heartline.view(machine, step).lines]))
        met += [str(taken.way.edge.location) for taken in step.taken]
        leaf = machine.leaves[step.snapshot.state]
        if leaf.final:
            break
        options: list[heartline.Choose | Send | Tick] = [Choose(each.id) for each in leaf.choices]
        options += [Tick(), Send("ring")]
        now += timedelta(hours=chance.choice([0, 1, 30, 200]))
        try:
            step = heartline.step(machine, step.snapshot, chance.choice(options), now)
        except HeartlineError as error:
            met.append(f"{type(error).__name__}: {error}")
            step = Step(step.snapshot, step.snapshot, (), ())
    return met


@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
def test_both_modes_walk_alike_through_every_bundled_scenario(name: str) -> None:
    machine = bundled(name).machine
    stock = machine.stock()
    for seed in range(40):
        assert walk(machine, seed, 40) == walk(stock, seed, 40)


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
@given(scenarios(includes=True), st.integers(0, 1 << 32))
def test_both_modes_walk_alike_through_generated_scenarios(text: str, seed: int) -> None:
    machine = made_of(text).machine
    assert walk(machine, seed, 25) == walk(machine.stock(), seed, 25)


def small() -> Scenario:
    return story("""
        states:
          a: {choices: {go: {to: b}}}
          b: {choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        """)


def test_the_machine_is_one_of_the_library_with_its_extension_points_overridden() -> None:
    library = small().machine.library
    assert isinstance(library, transitions.Machine)
    assert {type(event) for event in library.events.values()} == {FastEvent}
    groups = [group for event in library.events.values() for group in event.transitions.values()]
    assert {type(way) for group in groups for way in group} == {Way}
    assert list(library.states) == ["a", "b", "over"]
    assert library.models == []


def test_the_stock_machine_is_made_of_the_library_alone() -> None:
    library = small().machine.stock().library
    assert type(library) is transitions.Machine
    assert type(library.events["choice go"]) is transitions.core.Event


def test_an_event_that_no_state_has_takes_no_way() -> None:
    machine = small().machine
    assert machine.ways("a", "event ring") == ()
    assert [way.dest for way in machine.ways("a", "choice go")] == ["b"]
