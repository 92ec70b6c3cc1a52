"""The explorer finds what the runtime does: no more, and no less.

Where time moves from deadline to deadline its graph is walked beside one that is built move by move
with the runtime's own `Run` (slowgraph). Where persons answer at any time, plays with waits of any
length are followed through the graph.
"""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import story
from heartline import CallerError, Choose, RunawayError, Send, Tick, start, step
from heartline.checking.exploring.coding import Coding
from heartline.checking.exploring.explorer import Limits, explore
from heartline.clock import STORY_START
from slowgraph import slow_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.checking.exploring.graph import Graph, Label
    from heartline.machine import Machine, Way
    from heartline.runtime import Step

pytestmark = pytest.mark.usefixtures("short_loops")
SEATS = st.sampled_from([(), ("other",)])
SMALL = 2_000  # configurations of a graph that is built one by one


def same(machine: Machine, fast: Graph, slow: Graph, keep: frozenset[int] = frozenset()) -> None:
    """Walk both graphs together: the same moves everywhere, and the same values, where the fast
    one has not found out that they do not count."""
    domains = Coding(machine).domains
    pairs: dict[int, int] = {}
    waiting: list[tuple[int, int]] = []

    def meet(one: int, other: int) -> None:
        if pairs.setdefault(one, other) != other:
            raise AssertionError(f"{one} is {pairs[one]} and {other}")
        if (one, other) not in seen:
            seen.add((one, other))
            waiting.append((one, other))

    seen: set[tuple[int, int]] = set()
    for root in slow.roots:
        matching = [
            each
            for each in fast.roots
            if all(root.inputs.get(name) == value for name, value in each.inputs.items())
        ]
        assert len(matching) <= 1
        if matching:
            assert fast.labels[matching[0].label].ways == slow.labels[root.label].ways
            meet(root.node, matching[0].node)
    assert pairs
    while waiting:
        one, other = waiting.pop()
        assert slow.leaves[slow.leaf[one]] == fast.leaves[fast.leaf[other]]
        assert bool(slow.drawing[one]) == bool(fast.drawing[other])
        alive = slow.columns.kept[one]  # type: ignore[attr-defined]
        for slot in alive:
            kind = machine.slots[slot].symbol[0]
            if kind not in ("leaf", "timer", "history"):
                which = np.array([one]), np.array([other])
                was, now = slow.columns.get(slot, which[0]), fast.columns.get(slot, which[1])
                cleared = slot not in keep and now[0] == domains[slot][0]
                assert was[0] == now[0] or cleared, (machine.slots[slot].symbol, was, now)
        ours = {(label.kind, label.id, label.ways): (to, weight)
                for label, to, weight in fast.moves(other)}  # fmt: skip
        theirs = {(label.kind, label.id, label.ways): (to, weight)
                  for label, to, weight in slow.moves(one)}  # fmt: skip
        assert ours.keys() == theirs.keys(), (slow.leaves[slow.leaf[one]], ours, theirs)
        for key, (to, weight) in theirs.items():
            assert ours[key][1] == weight
            meet(to, ours[key][0])
    assert set(pairs.values()) == set(range(len(fast)))


@given(scenarios(), SEATS)
def test_it_finds_what_the_runtime_does(text: str, seats: tuple[str, ...]) -> None:
    machine = made_of(text).machine
    fast = explore(machine, persons=seats, any_time=False, limits=Limits(configurations=SMALL))
    assume(fast.is_whole and not fast.notes.loops and len(fast) < SMALL)
    assume(not fast.urgent.any())  # what runs out together is one move of the other graph
    try:
        slow = slow_graph(machine, persons=seats, most=4 * SMALL)
    except (RunawayError, RecursionError):
        assume(False)
    same(machine, fast, slow)
    assert len(fast) <= len(slow)


@pytest.mark.slow
@given(scenarios(), SEATS)
def test_what_is_kept_is_told_apart(text: str, seats: tuple[str, ...]) -> None:
    machine = made_of(text).machine
    keep = frozenset(
        n for n, slot in enumerate(machine.slots)
        if slot.symbol[0] == "var" and Coding(machine).domains[n]
    )  # fmt: skip
    limits = Limits(configurations=SMALL)
    fast = explore(machine, persons=seats, any_time=False, keep=keep, limits=limits)
    assume(fast.is_whole and not fast.notes.loops and len(fast) < SMALL)
    assume(not fast.urgent.any())
    same(machine, fast, slow_graph(machine, persons=seats, keep=keep, most=4 * SMALL), keep)


def moves_of(kind: str, id: str, taken: Step) -> list[tuple[str, str, tuple[Way, ...]]]:
    """What one step of the runtime did, as moves: its cause, and each draw."""
    found: list[tuple[str, str, list[Way]]] = [(kind, id, [])]
    draws = None
    for each in taken.taken:
        if each.draw is not None and each.draw != draws:
            draws = each.draw
            found.append(("draw", each.way.edge.trigger, []))
        found[-1][2].append(each.way)
    return [(how, name, tuple(ways)) for how, name, ways in found]


def follow(graph: Graph, node: int, moves: Sequence[tuple[str, str, tuple[Way, ...]]]) -> int:
    for wanted in moves:
        found = [to for label, to, _ in graph.moves(node) if key(label) == wanted]
        assert len(found) == 1, (wanted, [key(label) for label, _, _ in graph.moves(node)])
        node = found[0]
    return node


def key(label: Label) -> tuple[str, str, tuple[Way, ...]]:
    return label.kind, label.id, label.ways


@pytest.mark.slow
@given(scenarios(), SEATS, st.integers(0, 2**32))
def test_no_play_leaves_the_graph(text: str, seats: tuple[str, ...], chance_seed: int) -> None:
    machine = made_of(text).machine
    graph = explore(machine, persons=seats, limits=Limits(configurations=20_000))
    assume(graph.is_whole and not graph.notes.loops)
    chance = Random(chance_seed)
    root = graph.roots[chance.randrange(len(graph.roots))]
    now = STORY_START
    try:
        played = start(machine, seed=chance.randrange(99), now=now, inputs=root.inputs,
                       persons=seats)  # fmt: skip
    except RunawayError:
        return
    first, *draws = moves_of("begin", "", played)
    assert graph.labels[root.label].ways == first[2]
    node = follow(graph, root.node, draws)
    for _ in range(12):
        snapshot = played.snapshot
        leaf = machine.leaves[snapshot.state]
        assert graph.leaves[graph.leaf[node]] == snapshot.state
        if leaf.final:
            return
        if snapshot.deadlines:
            due = snapshot.deadlines[0].due
            together = len(snapshot.deadlines) > 1 and snapshot.deadlines[1].due == due
            if chance.random() < 0.4 and not together:
                now = due
                timer = snapshot.deadlines[0].timer
                played = step(machine, snapshot, Tick(), now)
                node = follow(graph, node, moves_of("wait", timer, played))
                continue
            if due <= now + timedelta(seconds=1):
                return
            now += (due - now - timedelta(seconds=1)) * chance.choice([0, 0.001, 0.5, 1])
        spec = chance.choice(leaf.choices) if leaf.choices and chance.random() < 0.8 else None
        event = "ring"
        try:
            if spec is not None:
                played = step(machine, snapshot, Choose(spec.id), now)
                node = follow(graph, node, moves_of("choose", spec.id, played))
            else:
                played = step(machine, snapshot, Send(event), now)
                node = follow(graph, node, moves_of("send", event, played))
        except CallerError:
            continue
        except RunawayError:
            return


def test_what_is_not_told_apart_is_one_configuration() -> None:
    scenario = story(
        """
        context: {n: {type: int, min: 0, max: 9, initial: 0}, seen: {type: bool, initial: false}}
        states:
          one:
            choices:
              count: {do: n += 1, when: n < 9}
              look: {do: seen = true}
              on: {to: two}
          two:
            choices: {stop: {to: end}}
          end: {type: final, outcome: done}
        """
    )
    graph = explore(scenario.machine)
    assert len(graph) == 10 + 1 + 1  # in `one` n counts; afterwards nothing does, and `seen` never
    slot = scenario.machine.layout["var", "seen"]
    assert len(explore(scenario.machine, keep=frozenset([slot]))) == 2 * (10 + 1 + 1)


@pytest.mark.parametrize("limit", [1, 5, 30])
def test_a_limit_is_kept_and_said(limit: int) -> None:
    scenario = story(
        """
        context: {n: {type: int, min: 0, max: 100000, initial: 0}}
        states:
          one:
            choices: {count: {do: n += 1}, stop: {when: n > 5, to: end}}
          end: {type: final, outcome: done}
        """
    )
    graph = explore(scenario.machine, limits=Limits(configurations=limit))
    assert graph.stopped == "configurations"
    assert not graph.is_whole
    assert limit < len(graph) <= limit + 4
    assert len(graph.first) == len(graph) + 1
