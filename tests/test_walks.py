"""Random walks through generated scenarios: stored and gone on with, replayed, refused.

Each walk is played live and once more through the stored form of the snapshot after every turn.
"""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import bundled
from heartline import HeartlineError, ManualClock
from heartline.loader import bundled_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartline import Conversation, Scenario

pytestmark = pytest.mark.usefixtures("short_loops")
SEATS = st.sampled_from([(), ("other",)])


def as_it_is(conversation: Conversation) -> Conversation:
    return conversation


def stored(conversation: Conversation) -> Conversation:
    """The conversation, gone on with from its stored form."""
    written = json.dumps(conversation.snapshot())
    assert len(written) < 4096
    resumed = conversation.scenario.resume(
        json.loads(written), clock=ManualClock(conversation.clock.now())
    )
    assert resumed.position == conversation.position
    return resumed


def walk(
    scenario: Scenario,
    seed: int,
    seats: tuple[str, ...] = (),
    between: Callable[[Conversation], Conversation] = as_it_is,
    steps: int = 20,
) -> list[object]:
    """What a random walk meets: positions, lines, what can be chosen, and refusals."""
    chance = random.Random(seed)
    met: list[object] = []
    try:
        conversation = scenario.start(seed=seed, clock=ManualClock(), seats=seats)
    except HeartlineError as error:
        return [str(error)]
    for _ in range(steps):
        before = conversation.position
        leaf = scenario.machine.leaves[before.state]
        names = [spec.id for spec in leaf.choices] * 2
        move = chance.choice(["wait", "send", "nowhere", *names])
        try:
            if move == "wait":
                conversation.wait(timedelta(hours=chance.choice([0, 1, 30, 200])))
            elif move == "send":
                conversation.send("ring")
            else:
                conversation.choose(move)
        except HeartlineError as error:
            met.append(f"{type(error).__name__}: {error}")
            assert conversation.position is before  # rule 10
        turn = conversation.turn._replace(changes=())
        if conversation.position is not before:
            met.append(turn.lines)
        turn = turn._replace(lines=())  # what was said is not stored
        conversation = between(conversation)
        assert conversation.turn._replace(lines=(), changes=()) == turn
        met.append((conversation.position, turn))
    return met


@given(scenarios(includes=True), st.integers(-(1 << 70), 1 << 70), SEATS)
def test_rules_7_and_10_a_walk_through_stored_snapshots_is_the_same_walk(
    text: str, seed: int, seats: tuple[str, ...]
) -> None:
    scenario = made_of(text)
    live = walk(scenario, seed, seats)
    assert walk(scenario, seed, seats, stored) == live
    assert walk(scenario, seed, seats) == live
    assert made_of(text).machine.fingerprint == scenario.machine.fingerprint


@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
def test_rule_7_a_walk_through_stored_snapshots_is_the_same_in_every_bundled_scenario(
    name: str,
) -> None:
    scenario = bundled(name)
    for seed in range(10):
        assert walk(scenario, seed, (), stored, 60) == walk(scenario, seed, (), as_it_is, 60)


@pytest.mark.slow
@given(scenarios(includes=True), st.integers(0, 1 << 32))
def test_undo_takes_back_every_step_of_a_walk(text: str, seed: int) -> None:
    chance = random.Random(seed)
    try:
        conversation = made_of(text).start(seed=seed, clock=ManualClock())
    except HeartlineError:
        return
    shown = [conversation.turn]
    for _ in range(12):
        conversation.clock.set(conversation.position.time)  # type: ignore[attr-defined]
        names = [choice.id for choice in conversation.turn.choices if choice.enabled]
        try:
            if names and chance.random() < 0.7:
                conversation.choose(chance.choice(names))
            else:
                conversation.wait()
        except HeartlineError:
            continue
        shown.append(conversation.turn)
    while len(shown) > 1:
        shown.pop()
        assert conversation.undo() == shown[-1]
