"""What one live conversation costs in memory, beyond the machine that all of them share.

Ten thousand conversations of a scenario are played a few turns on, each by another seed and with
random enabled choices, and stay alive together; tracemalloc counts what they hold.
"""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import heartline
from benchmarks.targets import Finding
from heartline.conversation import Scenario
from heartline.snapshot import Snapshot

__all__ = ["findings"]

_START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def findings(scenario: Scenario, *, conversations: int, turns: int = 6) -> list[Finding]:
    """Bytes per conversation: its snapshot alone, and a Conversation that keeps no undo."""
    clock = heartline.ManualClock(_START)

    def snapshot(seed: int) -> Snapshot:
        machine = scenario.machine
        dice = random.Random(seed)
        step = heartline.start(machine, seed=seed, now=clock.now())
        for _ in range(turns):
            offered = [c for c in heartline.view(machine, step).choices if c.enabled]
            if not offered:
                break
            choice = dice.choice(offered)
            step = heartline.step(
                machine, step.snapshot, heartline.Choose(choice.id, role=choice.role), clock.now()
            )
        return step.snapshot

    def conversation(seed: int) -> heartline.Conversation:
        dice = random.Random(seed)
        talk = scenario.start(seed=seed, clock=clock, undo_depth=0)
        for _ in range(turns):
            offered = [c for c in talk.turn.choices if c.enabled]
            if not offered:
                break
            choice = dice.choice(offered)
            talk.choose(choice.id, role=choice.role)
        return talk

    # A snapshot is all that a live conversation is; a Conversation keeps its last words beside it.
    kinds = (("snapshot", snapshot), ("Conversation without undo", conversation))
    return [
        Finding(f"{what}, {scenario.id}", _each(build, conversations), " B", at_most=2048)
        for what, build in kinds
    ]


def _each(build: Callable[[int], object], count: int) -> float:
    """Bytes that each of `count` objects holds; one is built before, to fill caches."""
    build(-1)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        alive = [build(seed) for seed in range(count)]
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        return (after - before) / len(alive)
    finally:
        tracemalloc.stop()
