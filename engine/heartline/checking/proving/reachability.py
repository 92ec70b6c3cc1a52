"""What lies before and behind the configurations of a graph, with arrays.

`gather` brings together, at each configuration, what holds further on: which outcomes can still
come, or which score is the best. `forward` says where some of the moves lead. `circles` are the
parts of a graph in which one can go round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from heartline.checking.proving.steps import distinct, leaving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.proving.ordering import Order

__all__ = ["Circles", "chunks", "circles", "forward", "gather", "moves_of", "sources"]

ROWS = 1 << 16  # configurations that are looked at together


def chunks(graph: Graph, rows: int = ROWS) -> Iterator[tuple[int, int]]:
    """The configurations that have their moves, a part at a time: from, and up to."""
    for low in range(0, graph.expanded, rows):
        yield low, min(low + rows, graph.expanded)


def moves_of(graph: Graph, nodes: Array) -> tuple[Array, Array]:
    """All moves of these configurations, and for each the place of its configuration in `nodes`."""
    starts = graph.first[nodes].astype(np.int64)
    counts = graph.first[nodes + 1].astype(np.int64) - starts
    owners = np.repeat(np.arange(len(nodes)), counts)
    ends = np.cumsum(counts)
    places = np.arange(len(owners)) + np.repeat(starts - (ends - counts), counts)
    return places, owners


def sources(graph: Graph, low: int, high: int) -> Array:
    """Where the moves of the configurations from `low` up to `high` begin, one for each move."""
    return np.repeat(np.arange(low, high), np.diff(graph.first[low : high + 1]))


def gather(order: Order, values: Array, operation: np.ufunc) -> Array:
    """Bring values backwards along all moves until nothing changes.

    `operation` puts two values together (np.bitwise_or, np.maximum): it must not matter in which
    order, or how often. The array is changed and returned.
    """
    order.back([_Gathered(values, operation)], labelled=False)
    return values


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Values that are brought back, as a heartline.checking.proving.ordering.Question."""

    values: Array
    operation: np.ufunc

    def renew(
        self,
        nodes: Array,
        firsts: Array,
        targets: Array,
        labels: Array,  # noqa: ARG002 - it does not matter what a move does
    ) -> bool:
        """See Question."""
        before = self.values[nodes]
        found = self.operation(self.operation.reduceat(self.values[targets], firsts), before)
        self.values[nodes] = found
        return not np.array_equal(found, before)


def forward(graph: Graph, labels: Array, *, urgent: bool = True) -> Array:
    """Where one can come from the beginning with these labels' moves alone, as a mask.

    With `urgent`, what is due at once may happen too, whatever its label.
    """
    found, flags = np.zeros((2, len(graph)), dtype=bool)
    waiting = np.unique(np.array([root.node for root in graph.roots], dtype=np.int64))
    while len(waiting):
        found[waiting] = True
        fresh = []
        waiting = waiting[waiting < graph.expanded]
        for moves, counts, part in leaving(graph, waiting):
            allowed = labels[graph.label[moves]]
            if urgent:
                allowed |= np.repeat(graph.urgent[waiting[part]], counts)
            targets = graph.target[moves][allowed]
            fresh.append(targets[~found[targets]])
        waiting = distinct(graph, np.concatenate(fresh), flags) if fresh else waiting[:0]
    return found


@dataclass(frozen=True, slots=True)
class Circles:
    """Parts of a graph in which each configuration can be come back to.

    `nodes` are all their configurations, `part` the number of each one's part, from 0, and `closed`
    says of a part whether no move leads out of it.
    """

    nodes: Array
    part: Array
    closed: Array


def circles(graph: Graph, inside: Array) -> Circles:
    """The circles among these configurations (a mask), by moves that do not leave the mask."""
    nodes = np.flatnonzero(inside[: graph.expanded])
    number = np.full(len(graph), -1, dtype=np.int32)
    number[nodes] = np.arange(len(nodes))
    begins, leads, leaving = [], [], np.zeros(len(nodes), dtype=bool)
    for at in range(0, len(nodes), ROWS):
        places, owners = moves_of(graph, nodes[at : at + ROWS])
        targets = number[graph.target[places]]
        leaving[owners[targets < 0] + at] = True
        begins.append((owners[targets >= 0] + at).astype(np.int32))
        leads.append(targets[targets >= 0])
    empty = np.zeros(0, dtype=np.int32)
    begin, lead = np.concatenate([empty, *begins]), np.concatenate([empty, *leads])
    if not len(begin):
        return Circles(nodes[:0], empty, np.zeros(0, dtype=bool))
    marks = np.ones(len(begin), dtype=np.int8)
    matrix = csr_matrix((marks, (begin, lead)), shape=(len(nodes), len(nodes)))
    count, part = connected_components(matrix, directed=True, connection="strong")
    round_ = np.bincount(part, minlength=count) > 1
    round_[part[begin[begin == lead]]] = True
    closed = np.ones(count, dtype=bool)
    closed[part[leaving]] = False
    closed[part[begin[part[begin] != part[lead]]]] = False
    kept = round_[part]
    place = np.cumsum(round_) - 1
    return Circles(nodes[kept], place[part[kept]], closed[round_])
