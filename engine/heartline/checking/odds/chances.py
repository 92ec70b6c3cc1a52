"""How plays end, and after how long, if persons play by a policy: exactly.

The chance of each move is known, so from the beginning downwards it is worked out how often a play
comes by each configuration in the mean. At the ends, that is the chance of ending there. What is
left over when all that was found is put into the equations bounds the error: no chance is off by
more than the sum of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from heartline.checking.exploring.graph import SEND, WAIT
from heartline.checking.odds.policies import ANYWHERE, SCALE, weigh
from heartline.checking.odds.solving import System
from heartline.checking.odds.sorting import sort

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.odds.policies import Policy
    from heartline.checking.odds.sorting import Layer, Sorted

__all__ = ["ENDLESS", "STUCK", "UNSEEN", "Chances", "Played", "Visits", "outcomes", "shares"]

STUCK, ENDLESS, UNSEEN = "(stuck)", "(never ends)", "(not looked at)"
MICROSECONDS = 86_400_000_000  # of a day
Blocks = dict[int, System]


@dataclass(frozen=True, slots=True)
class Chances:
    """What plays come to. `of` has the chance of each outcome and, where there is one, of getting
    stuck, of never ending, and of coming to what was not looked at.

    `turns` and `days` are means over all plays, infinite where some never end; `turns_of` and
    `days_of` those of the plays that end so. `bound` is by how much a chance can be off.
    """

    of: Mapping[str, float]
    turns: float
    days: float
    turns_of: Mapping[str, float]
    days_of: Mapping[str, float]
    bound: float


def possible_moves(graph: Graph, policy: Policy) -> Array:
    """Which moves there are at all: events are sent only where the policy says so."""
    if policy.events:
        return np.ones(len(graph.label), dtype=bool)
    sent = np.array([label.kind == SEND for label in graph.labels], dtype=bool)
    found: Array = ~sent[graph.label]
    return found


def shares(graph: Graph, policy: Policy) -> Array:
    """The chance of each move where it begins: draws by weight, persons by the policy."""
    counts = np.diff(graph.first)
    moves = possible_moves(graph, policy)
    weight = np.where(np.repeat(graph.drawing, counts), graph.weight, 0).astype(np.int64)
    decided = graph.drawing.copy()
    rules = _rules(graph, policy)
    for by_leaf, by_label in rules:
        # Of each configuration the rule that its leaf has at this place, -1 for none.
        rule = by_leaf[graph.leaf]
        open_ = ~decided & (rule >= 0)
        if not open_.any():
            continue
        wanted = np.flatnonzero(np.repeat(open_, counts) & moves)
        weighs = by_label[np.repeat(rule, counts)[wanted], graph.label[wanted]]
        weight[wanted] = weighs
        total = _totals(graph, weight)
        decided |= open_ & (total > 0)
    total = _totals(graph, weight)
    last = np.repeat(total <= 0, counts) & moves  # where all weighs nothing, all weighs the same
    weight[last] = 1
    total = _totals(graph, weight)
    found: Array = weight / np.repeat(np.where(total > 0, total, 1), counts)
    return found


def _totals(graph: Graph, weight: Array) -> Array:
    """The sum over the moves of each configuration."""
    sums = np.concatenate([[0], np.cumsum(weight)])
    found: Array = sums[graph.first[1:]] - sums[graph.first[:-1]]
    return found


def _rules(graph: Graph, policy: Policy) -> list[tuple[Array, Array]]:
    """Place by place, the rule that each leaf has there, and what each label weighs by each rule;
    the last place has the weights that hold where no rule does."""
    table = [
        *[(rule.weights, 0) for rule in policy.rules],
        (policy.weights, SCALE),
    ]
    by_label = np.array([
        [
            weigh(weights, label.kind == WAIT, label.id, label.spec, other)
            for label in graph.labels
        ]
        for weights, other in table
    ], dtype=np.int64)  # fmt: skip
    rows = []
    for name in graph.leaves:
        row = [
            number
            for state in (*reversed(graph.machine.leaves[name].path), ANYWHERE)
            for number, rule in enumerate(policy.rules)
            if rule.state == state
        ]
        rows.append([*row, len(table) - 1])
    longest = max(map(len, rows))
    return [
        (np.array([row[place] if place < len(row) else -1 for row in rows]), by_label)
        for place in range(longest)
    ]


def outcomes(graph: Graph) -> dict[str, list[int]]:
    """The final leaves of each outcome, by their numbers in the graph."""
    found: dict[str, list[int]] = {}
    for number, name in enumerate(graph.leaves):
        leaf = graph.machine.leaves[name]
        if leaf.final:
            found.setdefault(leaf.outcome or name, []).append(number)
    return found


class Visits:
    """How often a play comes by each configuration of a sorted part, in the mean.

    `chance` is that of each of its moves.
    """

    def __init__(self, part: Sorted, chance: Array) -> None:
        self.part = part
        self.chance = chance
        stays = part.target == part.sources()
        # How often a play that comes by stays there, and what leads on.
        self._again = np.bincount(part.target[stays], chance[stays], minlength=len(part))
        self._onward = np.where(stays, 0.0, chance)
        self._blocks: Blocks = {}

    def of(self, begin: Array) -> Array:
        """The mean numbers, for plays that begin with these chances."""
        part = self.part
        found = begin.astype(np.float64)
        for layer in part.falling():
            singles = slice(layer.single, layer.circle)
            found[singles] /= 1.0 - self._again[singles]
            self._pass_on(found, layer.single, layer.circle, is_round=False)
            if layer.circle < layer.end:
                inside = slice(layer.circle, layer.end)
                found[inside] = self._block(layer).solve_back(found[inside])
                self._pass_on(found, layer.circle, layer.end, is_round=True)
        return found

    def left_over(self, found: Array, begin: Array) -> float:
        """What the equations leave over where these numbers are put in."""
        part = self.part
        lowest = part.layers[0].end
        come = self.arriving(found, np.ones(len(part.target)))
        return float(np.abs(begin + come - found)[lowest:].sum())

    def arriving(self, found: Array, each: Array) -> Array:
        """What comes to each configuration, where each move brings so much every time."""
        part = self.part
        lowest = int(part.first[part.layers[0].end])
        flow = (self.chance * found[part.sources()] * each)[lowest:]
        return np.bincount(part.target[lowest:], flow, minlength=len(part))

    def _pass_on(self, found: Array, begin: int, end: int, *, is_round: bool) -> None:
        part = self.part
        moves = slice(int(part.first[begin]), int(part.first[end]))
        target = part.target[moves]
        flow = self._onward[moves] * found[part.sources(begin, end)]
        if is_round:
            out = target < begin
            target, flow = target[out], flow[out]
        np.add.at(found, target, flow)

    def _block(self, layer: Layer) -> System:
        if layer.circle not in self._blocks:
            self._blocks[layer.circle] = block(self.part, self.chance, layer)
        return self._blocks[layer.circle]


def block(part: Sorted, chance: Array, layer: Layer) -> System:
    """The moves inside the circles of a layer."""
    begin, end = layer.circle, layer.end
    moves = slice(int(part.first[begin]), int(part.first[end]))
    target, source = part.target[moves], part.sources(begin, end)
    inside = target >= begin
    return System(
        end - begin, source[inside] - begin, target[inside] - begin, chance[moves][inside]
    )


class Played:
    """Plays that begin at these configurations, each with its chance, and go on by these shares.

    `part` is what they can come to, and `visits` how often they come by, in the mean.
    """

    def __init__(self, graph: Graph, share: Array, begin: Mapping[int, float]) -> None:
        roots = np.array(sorted(begin), dtype=np.int64)
        self.part = sort(graph, roots, share > 0)
        self._flow = Visits(self.part, share[self.part.move])
        self._begin = np.zeros(len(self.part))
        self._begin[self.part.place[roots]] = [begin[int(root)] for root in roots]
        self.visits = self._flow.of(self._begin)

    def chances(self) -> Chances:
        """What they come to."""
        flow, found = self._flow, self.visits
        of, kinds = _endings(self.part, found)
        each = [flow.arriving(found, cost) for cost in _costs(self.part)]
        lowest = found[: self.part.layers[0].end]
        means = [
            inf if (lowest[places] > 0).any() else float(spent.sum())
            for spent, places in zip(each, _rounds(self.part), strict=True)
        ]
        # What was spent on the way goes along to the end, so that it can be told apart there.
        means_of = [
            {
                name: float(spent[place].sum()) / of[name]
                for name, place in kinds.items()
                if of[name] > 0
            }
            for spent in map(flow.of, each)
        ]
        left = flow.left_over(found, self._begin)
        return Chances(of, means[0], means[1], means_of[0], means_of[1], left)


def _endings(part: Sorted, found: Array) -> tuple[dict[str, float], dict[str, Array]]:
    """The chance of each way to end, and where those are that come to rest somewhere."""
    graph, lowest = part.graph, part.layers[0]
    place = np.arange(lowest.end)
    node = part.node[: lowest.end]
    final, single = graph.final[node], place < lowest.circle
    kinds = {
        name: place[np.isin(graph.leaf[node], numbers) & single]
        for name, numbers in outcomes(graph).items()
    }
    unseen = (node >= graph.expanded) & ~final
    moves, _ = _rounds(part)
    # A circle in which nobody moves is a loop of the scenario, which the runtime breaks off.
    stuck = place[~final & ~unseen & ~moves]
    if len(stuck):
        kinds[STUCK] = stuck
    of = {name: float(found[places].sum()) for name, places in kinds.items()}
    for name, places in ((ENDLESS, moves), (UNSEEN, unseen)):
        if places.any():
            of[name] = float(found[: lowest.end][places].sum())
    return of, kinds


def _rounds(part: Sorted) -> tuple[Array, Array]:
    """Which of the lowest configurations lie in circles where somebody moves, and where time
    passes, for ever."""
    lowest = part.layers[0]
    count = lowest.end - lowest.circle
    begin, end = int(part.first[lowest.circle]), int(part.first[lowest.end])
    source = part.sources(lowest.circle, lowest.end) - lowest.circle
    target = part.target[begin:end] - lowest.circle
    ways = csr_matrix((np.ones(len(target), dtype=np.int8), (source, target)), shape=(count, count))
    _, circle = connected_components(ways, directed=False)
    turn, length = _costs(part, lowest.circle, lowest.end)
    found = []
    for cost in (turn, length):
        is_busy = np.zeros(lowest.end, dtype=bool)
        busy = np.bincount(circle[source], cost, minlength=count) > 0
        is_busy[lowest.circle :] = busy[circle]
        found.append(is_busy)
    return found[0], found[1]


def _costs(part: Sorted, begin: int = 0, end: int | None = None) -> tuple[Array, Array]:
    """How many turns each move is, one or none, and how many days it takes."""
    graph, stop = part.graph, len(part) if end is None else end
    moved = ~(graph.drawing | graph.urgent)[part.node]
    turn = moved[part.sources(begin, stop)].astype(np.float64)
    move = part.move[int(part.first[begin]) : int(part.first[stop])]
    return turn, graph.elapsed[move] / MICROSECONDS
