"""How a promise stands wherever plays can lead, and the shortest play that breaks it.

Plays are followed all at once, move by move. Of each configuration that is reached, the standing is
kept (heartline.checking.proving.marks), and it is gone on from only where that has grown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.proving.paths import Path
from heartline.checking.proving.steps import MOVES, distinct, leaving, source, way_to

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.proving.atoms import Part
    from heartline.checking.proving.marks import Standings

__all__ = ["Break", "Found", "follow"]


@dataclass(frozen=True, slots=True)
class Break:
    """A play that breaks a promise in its last moment: the mark before that, and the event."""

    path: Path
    mark: int
    event: int


@dataclass(frozen=True, slots=True)
class Found:
    """What came of following all plays: the shortest that breaks the promise, None where none
    does, and whether any puts it to the test."""

    broken: Break | None
    tried: bool


def follow(graph: Graph, part: Part, table: Standings) -> Found:
    """Follow all plays of a graph, as one promise sees them."""
    search = _Search(graph, part, table)
    tried = table.tried_at_first or search.tried(search.openings, table.first)
    broken = search.opening_break()
    if broken is not None:
        return Found(broken, tried=True)
    if search.stands_still():
        return search.look(tried=tried)
    return search.spread(tried=tried)


class _Search:
    """Following the plays of one graph for one promise."""

    def __init__(self, graph: Graph, part: Part, table: Standings) -> None:
        self.graph, self.part, self.table = graph, part, table
        self.roots = np.array([root.node for root in graph.roots])
        self.openings = part.of(np.array([root.label for root in graph.roots]), self.roots)

    def tried(self, events: Array, standings: Array | int) -> bool:
        return bool(self.table.tries[events, standings].any())

    def opening_break(self) -> Break | None:
        """A beginning that breaks it."""
        bad = np.flatnonzero(self.table.breaks[self.openings, self.table.first])
        if not len(bad):
            return None
        root = int(bad[0])
        return self._break(Path(root, ()), int(self.openings[root]), self.table.first)

    def stands_still(self) -> bool:
        """Whether every moment is judged by itself, so that nothing has to be followed."""
        first = self.table.first
        then = self.table.then[:, first]
        return bool(((then == first) | self.table.breaks[:, first]).all())

    def look(self, *, tried: bool) -> Found:
        """Look at each moment by itself, where nothing has to be followed."""
        graph, first = self.graph, self.table.first
        bad, tries = self.table.breaks[:, first], self.table.tries[:, first]
        if self.part.by_node is not None:
            nodes = np.flatnonzero(bad[self.part.by_node])
            if len(nodes):
                path = way_to(graph, int(nodes[0]))
                return Found(self._break(path, int(self.part.by_node[nodes[0]]), first), tried=True)
            return Found(None, tried or bool(tries[self.part.by_node].any()))
        asked = bad if tried else bad | tries
        labels = self.part.labels_with(asked)
        if not labels.any():
            return Found(None, tried)
        for start in range(0, len(graph.target), MOVES):
            moves = start + np.flatnonzero(labels[graph.label[start : start + MOVES]])
            events = self.part.at(moves)
            hits = moves[bad[events]]
            if len(hits):
                move = int(hits[0])
                before = way_to(graph, source(graph, move))
                path = Path(before.root, (*before.moves, move))
                event = int(self.part.at(hits[:1])[0])
                return Found(self._break(path, event, first), tried=True)
            tried = tried or bool(tries[events].any())
        return Found(None, tried)

    def spread(self, *, tried: bool) -> Found:
        """Follow all plays, by the number of their moves."""
        graph, table = self.graph, self.table
        stands = np.zeros(len(graph), dtype=table.then.dtype)
        flags = np.zeros(len(graph), dtype=np.bool_)
        then = table.then[self.openings, table.first]
        table.join.at(stands, self.roots[then > 0], then[then > 0])
        nodes = np.unique(self.roots[then > 0])
        front = [(nodes, stands[nodes])]
        while len(front[-1][0]):
            nodes, standings = front[-1]
            reached: list[Array] = []
            standing: list[Array] = []
            for moves, places in leaving(graph, nodes):
                events = self.part.at(moves)
                held = standings[places]
                broken = table.breaks[events, held]
                if broken.any():
                    return Found(self._found(front, moves, places, broken), tried=True)
                tried = tried or bool(table.tries[events, held].any())
                then = table.then[events, held]
                targets = graph.target[moves]
                had = stands[targets]
                grown = (then & ~had) != 0 if table.is_set else then > had
                reached.append(targets[grown])
                standing.append(then[grown])
            targets = np.concatenate([nodes[:0], *reached])
            then = np.concatenate([standings[:0], *standing])
            nodes = distinct(graph, targets, flags)
            had = stands[nodes]
            table.join.at(stands, targets, then)
            front.append((nodes, stands[nodes] & ~had if table.is_set else stands[nodes]))
        return Found(None, tried)

    def _found(
        self, front: list[tuple[Array, Array]], moves: Array | slice, places: Array, broken: Array
    ) -> Break:
        """The play that was followed to a move that breaks the promise, found backwards."""
        table = self.table
        at = int(np.flatnonzero(broken)[0])
        move = moves.start + at if isinstance(moves, slice) else int(moves[at])
        event = int(self.part.at(np.array([move]))[0])
        nodes, standings = front[-1]
        node, standing = int(nodes[places[at]]), int(standings[places[at]])
        singles = [table.standing(mark) for mark in table.within(standing)]
        last = standing = next(each for each in singles if table.breaks[event, each])
        way = [move]
        for nodes, standings in reversed(front[:-1]):
            node, standing, move = self._before(nodes, standings, node, standing)
            way.append(move)
        then = table.then[self.openings, table.first]
        good = then & standing != 0 if table.is_set else then == standing
        root = int(np.flatnonzero((self.roots == node) & good)[0])
        return self._break(Path(root, tuple(reversed(way))), event, last)

    def _before(
        self, nodes: Array, standings: Array, node: int, standing: int
    ) -> tuple[int, int, int]:
        """From which of these configurations, standing how, and by which move it came there."""
        graph, table = self.graph, self.table
        for moves, places in leaving(graph, nodes):
            numbers = np.arange(moves.start, moves.stop) if isinstance(moves, slice) else moves
            hits = np.flatnonzero(graph.target[moves] == node)
            events = self.part.at(numbers[hits])
            then = table.then[events, standings[places[hits]]]
            good = (then & standing) != 0 if table.is_set else then == standing
            for n in np.flatnonzero(good):
                place = int(places[hits[n]])
                for mark in table.within(int(standings[place])):
                    single = table.standing(mark)
                    after = int(table.then[events[n], single])
                    if (after & standing) if table.is_set else after == standing:
                        return int(nodes[place]), single, int(numbers[hits[n]])
        raise AssertionError("a play that was followed has a beginning")

    def _break(self, path: Path, event: int, standing: int) -> Break:
        return Break(path, self.table.within(standing)[0], event)
