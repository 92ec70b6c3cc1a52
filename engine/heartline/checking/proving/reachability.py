"""What lies before and behind the configurations of a graph, with arrays.

`gather` brings together, at each configuration, what holds further on: which outcomes can still
come, or which score is the best. `forward` says where some of the moves lead. `circles` are the
parts of a graph in which one can go round.

Configurations are numbered breadth first, so most moves lead to a later number. Going through the
rows backwards, a part at a time, brings most values all the way in the first sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from heartline.checking.proving.steps import distinct, leaving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.checking.exploring.graph import Array, Graph

__all__ = ["Circles", "chunks", "circles", "forward", "gather", "moves_of", "sources"]

ROWS = 1 << 16  # configurations that are looked at together
MOST_SWEEPS = 8  # then what has changed is followed backwards, one step after another


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


def gather(graph: Graph, values: Array, operation: np.ufunc, full: Any = None) -> Array:
    """Bring values backwards along all moves until nothing changes.

    `operation` puts two values together (np.bitwise_or, np.maximum): it must not matter in which
    order, or how often. What is `full` cannot change any more. The array is changed and returned.
    """
    parts = list(chunks(graph))
    changed = True
    for _ in range(MOST_SWEEPS):
        changed = False
        for low, high in reversed(parts):
            changed |= _sweep(graph, values, operation, full, low, high)
        if not changed:
            return values
    return _follow(graph, values, operation)


def _sweep(
    graph: Graph, values: Array, operation: np.ufunc, full: Any, low: int, high: int
) -> bool:
    """Renew the values of some configurations; say whether that changed one."""
    here = values[low:high]
    if full is not None:
        some = np.flatnonzero(here != full)
        if not len(some):
            return False
        if len(some) * 4 < high - low:
            return _renew(graph, values, operation, some + low)
    begin, end = int(graph.first[low]), int(graph.first[high])
    if begin == end:
        return False
    starts = graph.first[low:high] - begin
    moving = np.flatnonzero(np.diff(graph.first[low : high + 1]))
    found = operation.reduceat(values[graph.target[begin:end]], starts[moving])
    before = here[moving]
    found = operation(found, before)
    if np.array_equal(found, before):
        return False
    here[moving] = found
    return True


def _renew(graph: Graph, values: Array, operation: np.ufunc, nodes: Array) -> bool:
    """The same for configurations that do not stand side by side."""
    return len(_renewed(graph, values, operation, nodes)) > 0


def _renewed(graph: Graph, values: Array, operation: np.ufunc, nodes: Array) -> Array:
    nodes = nodes[graph.first[nodes + 1] > graph.first[nodes]]
    if not len(nodes):
        return nodes
    places, owners = moves_of(graph, nodes)
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    found = operation.reduceat(values[graph.target[places]], starts)
    before = values[nodes]
    found = operation(found, before)
    differs = found != before
    values[nodes] = found
    changed: Array = nodes[differs]
    return changed


def _follow(graph: Graph, values: Array, operation: np.ufunc) -> Array:
    """Finish a long way back: only what leads to something that has changed is looked at again."""
    came = _backwards(graph)
    waiting = np.concatenate([
        _renewed(graph, values, operation, np.arange(low, high))
        for low, high in reversed(list(chunks(graph)))
    ])  # fmt: skip
    while len(waiting):
        starts, counts = came.indptr[waiting], np.diff(came.indptr)[waiting]
        ends = np.cumsum(counts)
        total = int(ends[-1])
        places = np.arange(total) + np.repeat(starts - (ends - counts), counts)
        before = np.unique(came.indices[places])
        parts = [before[at : at + ROWS] for at in range(0, len(before), ROWS)]
        found = [_renewed(graph, values, operation, part) for part in reversed(parts)]
        waiting = np.concatenate(found) if found else before
    return values


def _backwards(graph: Graph) -> Any:
    """For each configuration those that lead to it, as a sparse matrix has them."""
    count = len(graph)
    first = np.full(count + 1, len(graph.target), dtype=np.int64)
    first[: graph.expanded + 1] = graph.first[: graph.expanded + 1]
    marks = np.ones(len(graph.target), dtype=np.int8)
    return csr_matrix((marks, graph.target, first), shape=(count, count)).T.tocsr()


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
