"""Going through a graph move by move, many moves at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.proving.paths import Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.checking.exploring.graph import Array, Graph

__all__ = ["leaving", "way_to"]

MOVES = 1 << 19  # moves that are looked at together
_FEW = 64  # of fewer than one configuration in so many, those are gone through one by one


def leaving(graph: Graph, nodes: Array) -> Iterator[tuple[Array | slice, Array, slice]]:
    """The moves of configurations (numbers, rising), in portions: the moves, how many each of the
    configurations has, and which of `nodes` these are."""
    if not len(nodes):
        return
    low = graph.first[nodes]
    counts = graph.first[nodes + 1] - low
    ends = np.cumsum(counts)
    start = 0
    while start < len(nodes):
        before = int(ends[start - 1]) if start else 0
        stop = max(int(np.searchsorted(ends, before + MOVES, side="right")), start + 1)
        part = slice(start, stop)
        total = int(ends[stop - 1]) - before
        start = stop
        if not total:
            continue
        first = int(low[part.start])
        if int(nodes[stop - 1] - nodes[part.start]) == stop - 1 - part.start:
            yield slice(first, first + total), counts[part], part
        else:
            skipped = low[part] - (ends[part] - counts[part] - before)
            yield np.arange(total) + np.repeat(skipped, counts[part]), counts[part], part


def distinct(graph: Graph, nodes: Array, flags: Array) -> Array:
    """Each of these configurations once, in rising order. `flags` is a bool for each of the
    graph's, all False, before and after."""
    if len(nodes) * _FEW < len(graph):
        return np.unique(nodes)
    flags[nodes] = True
    found = np.flatnonzero(flags)
    flags[found] = False
    return found


def way_to(graph: Graph, node: int) -> Path:
    """A shortest way to a configuration, without a table of all."""
    level = int(np.searchsorted(graph.levels, node, side="right")) - 1
    moves: list[int] = []
    while level > 0:
        low, high = (int(graph.first[int(graph.levels[each])]) for each in (level - 1, level))
        move = low + int(np.flatnonzero(graph.target[low:high] == node)[0])
        moves.append(move)
        node = source(graph, move)
        level -= 1
    root = next(n for n, root in enumerate(graph.roots) if root.node == node)
    return Path(root, tuple(reversed(moves)))


def source(graph: Graph, move: int) -> int:
    """Where a move begins."""
    return int(np.searchsorted(graph.first, move, side="right")) - 1
