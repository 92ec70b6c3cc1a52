"""The policy that is best for an outcome, or worst: what persons do at each configuration.

Often several things are equally good. Then in each state what is good most often is done wherever
it is good, so that there is little to say. Where moves lead round, only those count that lead on:
a circle in which nothing is lost is still none to stay in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.graph import CHOOSE, SEND, WAIT
from heartline.checking.odds.bests import UNRANKED
from heartline.checking.odds.chances import Played
from heartline.checking.odds.sorting import reach
from heartline.checking.odds.telling import branches

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array, Graph, Label
    from heartline.checking.odds.chances import Chances
    from heartline.checking.odds.sorting import Sorted
    from heartline.checking.odds.telling import Branch

__all__ = ["ANYTHING", "Decision", "Plan", "decide"]

EQUAL = 1e-9  # a part of a chance by which two are told apart
ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done in a state, and where in it.

    `where` are conditions that hold together; `exact` says in how many of its configurations it is
    really this that is done; `visits` how often a play comes by there, in the mean.
    """

    state: str
    where: tuple[str, ...]
    action: str
    configurations: int
    exact: int
    visits: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The best or the worst for an outcome: its chance, what is done, and what plays come to."""

    outcome: str
    largest: bool
    chance: float
    decisions: tuple[Decision, ...]
    played: Chances


def decide(
    part: Sorted, share: Array, value: Array, root: int, outcome: str, *, largest: bool
) -> Plan:
    """What is done for these values, from a configuration of the graph on.

    `share` is how persons play where it makes no difference, and how draws fall.
    """
    graph = part.graph
    source = part.sources()
    asks = ~(graph.drawing | graph.urgent)[part.node] & (np.diff(part.first) > 0)
    allowed = _allowed(part, source, asks, value, largest=largest)
    counts = np.diff(part.first)
    good = np.bincount(source, allowed, minlength=len(part))
    matters = asks & (good < counts)
    if largest:
        matters &= value > 0
    action, names = _actions(graph)
    met = reach(graph, np.array([root]), _open(part, allowed | ~matters[source]))[part.node]
    fixed = matters & met
    does = action[graph.label[part.move]]
    chosen = _chosen(part, source, allowed & fixed[source], does)
    played_share = share.copy()
    played_share[part.move[fixed[source]]] = 0.0
    played_share[part.move[chosen[fixed]]] = 1.0
    plays = Played(graph, played_share, {root: 1.0})
    visits = np.zeros(len(graph))
    visits[plays.part.node] = plays.visits
    shown = np.flatnonzero(asks & (visits[part.node] > 0))
    doing = np.full(len(part), -1, dtype=np.int64)
    doing[fixed] = does[chosen[fixed]]
    return Plan(
        outcome,
        largest,
        float(value[part.place[root]]),
        tuple(_decisions(part, shown, doing, names, visits[part.node])),
        plays.chances(),
    )


def _open(part: Sorted, moves: Array) -> Array:
    found = np.zeros(len(part.graph.target), dtype=bool)
    found[part.move[moves]] = True
    return found


def _allowed(part: Sorted, source: Array, asks: Array, value: Array, *, largest: bool) -> Array:
    """The moves of persons by which nothing is lost, and all others."""
    reached, own = value[part.target], value[source]
    if not largest:
        found: Array = (reached <= own * (1 + EQUAL)) | ~asks[source]
        return found
    good = (reached >= own * (1 - EQUAL)) | ~asks[source]
    height = part.height
    inner = np.flatnonzero(height[part.target] == height[source])
    rank = np.full(len(part), UNRANKED)
    out = good.copy()
    out[inner] = False
    rank[source[out]] = 0
    inner_good = inner[good[inner]]
    level = 0
    while True:
        ahead = inner_good[rank[part.target[inner_good]] == level]
        ahead = ahead[rank[source[ahead]] == UNRANKED]
        if not len(ahead):
            break
        level += 1
        rank[source[ahead]] = level
    good[inner] &= (rank[part.target[inner]] < rank[source[inner]]) | ~asks[source[inner]]
    return good


def _actions(graph: Graph) -> tuple[Array, list[str]]:
    """What each label does, as a number, and how it is called."""
    numbers: dict[str, int] = {}
    roles = {label.role for label in graph.labels if label.kind == CHOOSE}
    found = [
        numbers.setdefault(_called(label, several=len(roles) > 1), len(numbers))
        for label in graph.labels
    ]
    return np.array(found, dtype=np.int64), list(numbers)


def _called(label: Label, *, several: bool) -> str:
    if label.kind == WAIT:
        return "wait"
    if label.kind == SEND:
        return f"event {label.id}"
    return f"{label.id} ({label.role})" if several else label.id


def _chosen(part: Sorted, source: Array, allowed: Array, action: Array) -> Array:
    """One move of each, the same thing wherever it can be."""
    leaf = part.graph.leaf[part.node].astype(np.int64)
    chosen = np.full(len(part), -1, dtype=np.int64)
    moves = np.flatnonzero(allowed)
    width = int(action.max(initial=0)) + 1
    size = (int(leaf.max(initial=0)) + 1) * width
    while len(moves):
        key = leaf[source[moves]] * width + action[moves]
        often = np.bincount(key, minlength=size).reshape(-1, width)
        most = often.argmax(axis=1)
        taken = moves[action[moves] == most[leaf[source[moves]]]]
        chosen[source[taken]] = taken
        moves = moves[chosen[source[moves]] < 0]
    return chosen


def _decisions(
    part: Sorted, shown: Array, doing: Array, names: list[str], visits: Array
) -> list[Decision]:
    """State by state in the order of the file, what is done there."""
    graph = part.graph
    order = {name: place for place, name in enumerate(graph.machine.states)}
    found = []
    leaves = graph.leaf[part.node[shown]]
    for number in sorted(np.unique(leaves).tolist(), key=lambda n: order[graph.leaves[n]]):
        name = graph.leaves[number]
        here = shown[leaves == number]
        sure = here[doing[here] >= 0]
        rows: list[Branch] = branches(graph, part.node[sure], doing[sure]) if len(sure) else []
        for row in rows:
            places = sure[row.rows]
            found.append(Decision(
                name, row.where, names[row.kind], len(places),
                int((doing[places] == row.kind).sum()), float(visits[places].sum()),
            ))  # fmt: skip
        free = here[doing[here] < 0]
        if len(free):
            found.append(
                Decision(name, (), ANYTHING, len(free), len(free), float(visits[free].sum()))
            )
    return found
