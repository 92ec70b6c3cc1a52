"""A graph gone through backwards, each configuration after all that its moves lead to.

What can still come is gathered so in one go, of many questions at once: each of them brings what
it knows of where moves lead back to where they begin. Where plays go round there is no such order;
what lies there, or behind it, is gone through again until nothing changes.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from heartline.checking.proving.steps import MOVES, leaving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.checking.exploring.graph import Array, Graph

__all__ = ["Order", "Question"]

_ROWS = 1 << 13  # configurations that are looked at together, where plays go round


class Question(Protocol):
    """What is asked of all configurations, and known of each as far as it was gone back."""

    def renew(self, nodes: Array, firsts: Array, targets: Array, labels: Array) -> bool:
        """Bring to these configurations what their moves lead to, and say whether that is new. The
        moves of one lie side by side, from its place in `firsts` on; each of them has some."""
        ...


class Order:
    """The configurations of a graph in layers: each layer leads to later ones only. `rest` are
    those that go round, and all that they lead to."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._lock = Lock()
        self._found: tuple[list[Array], Array] | None = None

    @property
    def layers(self) -> list[Array]:
        """The layers, each in rising order."""
        return self._sorted()[0]

    @property
    def rest(self) -> Array:
        """What is in no layer, in rising order."""
        return self._sorted()[1]

    def _sorted(self) -> tuple[list[Array], Array]:
        """Both, found when they are first asked for. More than one thread may ask."""
        with self._lock:
            if self._found is None:
                self._found = _sorted(self.graph)
            return self._found

    def back(self, questions: Sequence[Question], *, labelled: bool = True) -> None:
        """Let these questions know all that can come. The labels of moves are given to them only
        where they are `labelled`, since it takes time to read them."""
        parts = self._parts()
        changed = bool(parts)
        while changed:
            changed = False
            for part in reversed(parts):
                changed |= self._renew(part, questions, labelled=labelled)
        for layer in reversed(self.layers):
            self._renew(layer.astype(np.intp), questions, labelled=labelled)

    def _parts(self) -> list[Array]:
        """The rest in parts, none of more than one level: most moves lead to another."""
        if not len(self.rest):
            return []
        levels = np.searchsorted(self.rest, self.graph.levels)
        cuts = np.union1d(levels, np.arange(0, len(self.rest), _ROWS))
        return [part for part in np.split(self.rest, cuts) if len(part)]

    def _renew(self, nodes: Array, questions: Sequence[Question], *, labelled: bool) -> bool:
        graph, changed = self.graph, False
        for moves, counts, places in leaving(graph, nodes):
            here, firsts = nodes[places], np.cumsum(counts) - counts
            if not counts.all():
                moving = np.flatnonzero(counts)
                here, firsts = here[moving], firsts[moving]
            targets = graph.target[moves]
            labels = graph.label[moves] if labelled else targets[:0]
            for question in questions:
                changed |= question.renew(here, firsts, targets, labels)
        return changed


def _sorted(graph: Graph) -> tuple[list[Array], Array]:
    """The layers of a graph, and the rest."""
    layers: list[Array] = []
    before = _incoming(graph)
    nodes = np.flatnonzero(before == 0)
    while len(nodes):
        layers.append(nodes.astype(np.int32))
        free = [nodes[:0]]
        for moves, _, _ in leaving(graph, nodes):
            targets = graph.target[moves].astype(np.intp)
            np.subtract.at(before, targets, np.int32(1))
            free.append(targets[before[targets] == 0])
        # Sorting is quicker than np.unique, which hashes.
        nodes = np.sort(np.concatenate(free))
        nodes = nodes[np.diff(nodes, prepend=-1) > 0]
    return layers, np.flatnonzero(before > 0)


def _incoming(graph: Graph) -> Array:
    """How many moves lead to each configuration."""
    found = np.zeros(len(graph), dtype=np.int32)
    for start in range(0, len(graph.target), MOVES):
        np.add.at(found, graph.target[start : start + MOVES].astype(np.intp), np.int32(1))
    return found
