"""Shortest ways through a graph, from the beginning of a conversation."""

from __future__ import annotations

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
    """The shortest ways to the configurations of one graph (which has its moves)."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        count = len(graph.target)
        # The last write wins, so going backwards leaves the first move that leads to each.
        self._came = np.full(len(graph), -1, dtype=np.int64)
        self._came[graph.target[::-1]] = np.arange(count - 1, -1, -1)
        self._roots = {root.node: n for n, root in reversed(list(enumerate(graph.roots)))}

    def to(self, node: int) -> Path:
        """A shortest way to a configuration."""
        moves: list[int] = []
        while node not in self._roots:
            move = int(self._came[node])
            moves.append(move)
            node = source(self.graph, move)
        return Path(self._roots[node], tuple(reversed(moves)))

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
