"""The part of a graph that is played, sorted so that no move leads up.

Configurations that lead to each other in a circle belong together, and all else has an order: the
height of a configuration is how many steps there are at most, from circle to circle, to where
nothing leads on. A move that stays where it is makes no circle yet: it is easily reckoned with.
Sorted by height, everything can be worked out height by height, all of one height at once: what
plays come to from the lowest upwards, how often they come by from the highest downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.checking.exploring.graph import Array, Graph

__all__ = ["Layer", "Sorted", "reach", "sort", "spread"]

SINGLE, SINGLE_DRAW, CIRCLE, CIRCLE_DRAW = range(4)  # the order within one height


@dataclass(frozen=True, slots=True)
class Layer:
    """The configurations of one height, as numbers of their order: those that lie in no circle
    begin at `single`, of these the ones that draw at `single_draw`, and so on up to `end`."""

    single: int
    single_draw: int
    circle: int
    circle_draw: int
    end: int


@dataclass(slots=True)
class Sorted:
    """Configurations of a graph and the moves between them, in the order of their heights.

    `node` has the number in the graph of each, and `place` the way back, -1 for those that are not
    played. The moves of each lie between two numbers of `first`; `move` are their numbers in the
    graph. The layer of height 0 is where nothing leads on: ends, and circles without a way out.
    """

    graph: Graph
    node: Array
    place: Array
    first: Array
    target: Array
    move: Array
    is_draw: Array
    layers: tuple[Layer, ...]

    def __len__(self) -> int:
        return len(self.node)

    @property
    def has_circles(self) -> bool:
        """Whether something leads round, and out of it again."""
        return any(layer.circle < layer.end for layer in self.layers[1:])

    def sources(self, begin: int = 0, end: int | None = None) -> Array:
        """Where each move begins, for those of the configurations from `begin` up to `end`."""
        stop = len(self) if end is None else end
        found: Array = np.repeat(np.arange(begin, stop), np.diff(self.first[begin : stop + 1]))
        return found

    @property
    def height(self) -> Array:
        """Of each its height."""
        found: Array = np.repeat(
            np.arange(len(self.layers)), [layer.end - layer.single for layer in self.layers]
        )
        return found

    def rising(self) -> Iterator[Layer]:
        """The layers above the lowest, from there upwards."""
        return iter(self.layers[1:])

    def falling(self) -> Iterator[Layer]:
        """The same downwards."""
        return reversed(self.layers[1:])


def spread(first: Array, nodes: Array) -> Array:
    """The numbers of the moves of these configurations, one after another."""
    counts = first[nodes + 1] - first[nodes]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    moves: Array = np.arange(total) + np.repeat(first[nodes] - (ends - counts), counts)
    return moves


def sort(graph: Graph, roots: Array, possible: Array) -> Sorted:
    """Sort what can be reached from these configurations by the moves that are possible."""
    reached = reach(graph, roots, possible)
    nodes = np.flatnonzero(reached)
    number = np.full(len(graph), -1, dtype=np.int64)
    number[nodes] = np.arange(len(nodes))
    moves = spread(graph.first, nodes)
    sources = np.repeat(np.arange(len(nodes)), graph.first[nodes + 1] - graph.first[nodes])
    wanted = possible[moves]
    moves, sources = moves[wanted], sources[wanted]
    targets = number[graph.target[moves]]
    first = np.zeros(len(nodes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(sources, minlength=len(nodes)), out=first[1:])
    component = _components(first, targets)
    height = _heights(component, sources, targets)[component]
    circling = np.bincount(component)[component] > 1
    circling |= (height == 0) & (np.diff(first) > 0)  # those that stay there for ever
    drawn = graph.drawing[nodes]
    key = (height * 2 + circling) * 2 + drawn
    order = np.argsort(key, kind="stable")
    place = np.empty(len(nodes), dtype=np.int64)
    place[order] = np.arange(len(nodes))
    sorted_moves = spread(first, order)
    top = int(height.max(initial=0))
    bounds = np.searchsorted(key[order], np.arange(4 * (top + 1) + 1)).tolist()
    layers = [Layer(*bounds[4 * level : 4 * level + 5]) for level in range(top + 1)]
    first_sorted = np.zeros(len(nodes) + 1, dtype=np.int64)
    np.cumsum(np.diff(first)[order], out=first_sorted[1:])
    back = np.full(len(graph), -1, dtype=np.int64)
    back[nodes] = place
    return Sorted(
        graph=graph,
        node=nodes[order],
        place=back,
        first=first_sorted,
        target=place[targets[sorted_moves]],
        move=moves[sorted_moves],
        is_draw=drawn[order],
        layers=tuple(layers),
    )


def reach(graph: Graph, roots: Array, possible: Array) -> Array:
    """Which configurations can be reached from these by the moves that are possible."""
    seen = np.zeros(len(graph), dtype=bool)
    seen[roots] = True
    edge = np.flatnonzero(seen)
    while len(edge):
        moves = spread(graph.first, edge)
        targets = graph.target[moves[possible[moves]]]
        edge = np.unique(targets[~seen[targets]])
        seen[edge] = True
    return seen


def _components(first: Array, targets: Array) -> Array:
    """The number of each configuration's circle, which may be just itself."""
    count = len(first) - 1
    ways = csr_matrix((np.ones(len(targets), dtype=np.int8), targets, first), shape=(count, count))
    _, component = connected_components(ways, directed=True, connection="strong")
    found: Array = component
    return found


def _heights(component: Array, sources: Array, targets: Array) -> Array:
    """How high each circle lies: what has nothing below is peeled off, layer by layer."""
    begins, ends = component[sources], component[targets]
    out = begins != ends
    begins, ends = begins[out], ends[out]
    count = int(component.max(initial=-1)) + 1
    left = np.bincount(begins, minlength=count)
    ones = np.ones(len(begins), dtype=np.int64)
    before = coo_matrix((ones, (begins, ends)), shape=(count, count)).tocsc()
    height = np.zeros(count, dtype=np.int64)
    edge = np.flatnonzero(left == 0)
    level = 0
    while len(edge):
        height[edge] = level
        ways = spread(before.indptr.astype(np.int64), edge)
        above = before.indices[ways]
        np.subtract.at(left, above, before.data[ways])
        edge = np.unique(above[left[above] == 0])
        level += 1
    return height
