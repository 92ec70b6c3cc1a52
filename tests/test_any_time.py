"""Where timers decide nearly everything, the graph holds just what the runtime does.

The scenarios here are little else than timers of a few lengths, so that deadlines often meet. Each
play of the runtime goes along a way of the graph, and each way of the graph is played by the
runtime.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from random import Random

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from heartline import Choose, Scenario, Tick, loads, start, step
from heartline.checking.exploring.explorer import Limits, explore
from heartline.checking.exploring.graph import CHOOSE, DRAW, WAIT, Graph
from heartline.checking.proving.paths import Path
from heartline.checking.proving.witness import replay
from heartline.clock import STORY_START
from heartline.machine import Way
from heartline.plan import HANDLED, OFF
from heartline.runtime import Step
from heartline.snapshot import Snapshot

TIMERS = ("a", "b", "c")
DAY = timedelta(days=1)


def made(chance: Random) -> Scenario:
    def acts() -> list[str]:
        return [
            chance.choice([
                f"start({timer})", f"start({timer})", f"stop({timer})",
                f"start({timer}, {chance.choice(['1d', '2d', '3d'])})",
            ])
            for timer in chance.sample(TIMERS, chance.randint(0, 2))
        ]  # fmt: skip

    names = [f"s{n}" for n in range(chance.randint(2, 4))]
    states: dict[str, object] = {"end": {"type": "final", "outcome": "over"}}
    for name in names:
        choices: dict[str, object] = {
            f"c{n}": {"do": acts(), "to": chance.choice(names)} for n in range(chance.randint(1, 2))
        }
        if chance.random() < 0.2:
            choices["go"] = {"by": "other", "once": True, "do": acts(), "to": chance.choice(names)}
            choices["stay"] = {"by": "other", "once": True, "do": acts()}
        after: dict[str, object] = {
            timer: {"do": acts(), "to": chance.choice(names)}
            for timer in TIMERS
            if chance.random() < 0.5
        }
        if chance.random() < 0.3:
            after["1d"] = {"do": acts()}
        states[name] = {"entry": {"do": acts()}, "choices": choices, "after": after}
    return loads(json.dumps({
        "heartline": 1,
        "id": "timers",
        "version": "1.0.0",
        "title": "Timers",
        "cast": {"you": {"name": "You"}, "other": {"name": "Kim", "played_by": "engine"}},
        "timers": {timer: {"length": chance.choice(["1d", "2d", "3d", "4d"])} for timer in TIMERS},
        "initial": names[0],
        "states": states,
        "choices": {"leave": {"to": "end"}},
    }))  # fmt: skip


def explored(scenario: Scenario) -> Graph:
    graph = explore(scenario.machine, limits=Limits(configurations=5_000))
    assume(graph.is_whole and not graph.notes.loops)
    return graph


def stands(graph: Graph, node: int, snapshot: Snapshot) -> bool:
    """Whether a play can stand here: timers alike, but that handled ones may count as off."""
    if graph.leaves[graph.leaf[node]] != snapshot.state or graph.drawing[node]:
        return False
    if graph.machine.leaves[snapshot.state].final:
        return True
    for timer in graph.machine.timers.values():
        there = int(graph.columns.get(timer.slot, np.array([node]))[0])
        here = snapshot.frame[timer.slot]
        if there != here and (there, here) != (OFF, HANDLED):
            return False
    return not graph.urgent[node]


def after(graph: Graph, nodes: Iterable[int], kind: str, id: str | None, taken: Step) -> set[int]:
    """Where the ways of one step can lead: its cause, then draws, and what else runs out."""
    ways: tuple[Way, ...] = tuple(each.way for each in taken.taken)
    found: set[int] = set()
    seen: set[tuple[int, int, bool]] = set()
    waiting = [(node, 0, True) for node in nodes]
    while waiting:
        here = node, done, is_cause = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        if not is_cause and done == len(ways) and stands(graph, node, taken.snapshot):
            found.add(node)
        for label, target, _ in graph.moves(node):
            fits = (label.kind, label.id) == (kind, id) if is_cause else label.kind in (DRAW, WAIT)
            to = done + len(label.ways)
            if fits and ways[done:to] == label.ways:
                waiting.append((target, to, False))
    return found


@given(st.integers(0, 2**32))
def test_no_play_leaves_the_graph_where_deadlines_meet(seed: int) -> None:
    chance = Random(seed)
    scenario = made(chance)
    graph, machine = explored(scenario), scenario.machine
    now = STORY_START
    played = start(machine, seed=seed, now=now)
    opening = len(graph.labels[graph.roots[0].label].ways)
    nodes = {graph.roots[0].node}
    if graph.drawing[graph.roots[0].node]:
        first = played.taken[opening].way.edge.trigger
        rest = played._replace(taken=played.taken[opening:])
        nodes = after(graph, nodes, DRAW, first, rest)
    for _ in range(20):
        snapshot = played.snapshot
        assert nodes
        if machine.leaves[snapshot.state].final:
            return
        if snapshot.deadlines and chance.random() < 0.5:
            now, timer = snapshot.deadlines[0].due, snapshot.deadlines[0].timer
            played = step(machine, snapshot, Tick(), now)
            nodes = after(graph, nodes, WAIT, timer, played)
            continue
        if snapshot.deadlines:
            left = snapshot.deadlines[0].due - now
            now += chance.choice([0 * DAY, *[by for by in (DAY / 2, DAY, 2 * DAY) if by < left]])
        own = [each for each in machine.leaves[snapshot.state].choices if each.role == "you"]
        chosen = chance.choice(own).id
        played = step(machine, snapshot, Choose(chosen), now)
        nodes = after(graph, nodes, CHOOSE, chosen, played)


@given(st.integers(0, 2**32))
def test_each_way_through_the_graph_can_be_played(seed: int) -> None:
    chance = Random(seed)
    scenario = made(chance)
    graph = explored(scenario)
    node, moves = graph.roots[0].node, []
    for _ in range(20):
        first, last = int(graph.first[node]), int(graph.first[node + 1])
        going_on = [
            move for move in range(first, last) if graph.labels[graph.label[move]].id != "leave"
        ]
        if not going_on:
            break
        moves.append(chance.choice(going_on))
        node = int(graph.target[moves[-1]])
    replay(scenario, graph, Path(0, tuple(moves)))
