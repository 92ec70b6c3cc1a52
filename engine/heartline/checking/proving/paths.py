"""Shortest ways through a graph, from the beginning of a conversation."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array, Graph, Label

__all__ = ["Path", "Paths"]


@dataclass(frozen=True, slots=True)
class Path:
    """A way: which of the graph's roots it begins at, and the numbers of its moves, in order."""

    root: int
    moves: tuple[int, ...]

    def labels(self, graph: Graph) -> tuple[Label, ...]:
        """What happens on it, the beginning first."""
        opening = graph.labels[graph.roots[self.root].label]
        return (opening, *(graph.labels[int(graph.label[move])] for move in self.moves))

    def nodes(self, graph: Graph) -> tuple[int, ...]:
        """Where it rests, one more than it has moves."""
        return (graph.roots[self.root].node, *(int(graph.target[move]) for move in self.moves))

    def __len__(self) -> int:
        return len(self.moves)


class Paths:
    """The shortest ways to the configurations of one graph (which has its moves).

    Few are asked for, so each is looked up: a configuration is first come to from the level before
    its own. A table of all would take longer, and much memory.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._levels: list[int] = graph.levels.tolist()
        self._came: dict[int, int] = {}
        self._roots = {root.node: n for n, root in reversed(list(enumerate(graph.roots)))}

    def to(self, node: int) -> Path:
        """A shortest way to a configuration."""
        moves: list[int] = []
        while node not in self._roots:
            if node not in self._came:
                self._came[node] = self._first(node)
            moves.append(self._came[node])
            node = source(self.graph, moves[-1])
        return Path(self._roots[node], tuple(reversed(moves)))

    def _first(self, node: int) -> int:
        """The first move that leads to a configuration which is no beginning."""
        level = bisect_right(self._levels, node) - 1
        low, high = (int(self.graph.first[n]) for n in self._levels[level - 1 : level + 1])
        return low + int((self.graph.target[low:high] == node).argmax())

    def to_any(self, nodes: Array) -> Path | None:
        """A shortest way to one of these configurations (their numbers); None where it has none."""
        return self.to(int(nodes.min())) if len(nodes) else None

    def through(self, move: int) -> Path:
        """A shortest way that ends with this move."""
        before = self.to(source(self.graph, move))
        return Path(before.root, (*before.moves, move))


def source(graph: Graph, move: int) -> int:
    """Where a move begins."""
    return int(np.searchsorted(graph.first, move, side="right")) - 1
