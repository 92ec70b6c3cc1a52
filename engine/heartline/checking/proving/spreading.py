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
    from heartline.checking.proving.marks import Standings
    from heartline.checking.proving.parts import Part

__all__ = ["Break", "Found", "at_length", "at_once"]

_MOST_ENTRIES = 1 << 22  # of one table


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


def at_once(graph: Graph, part: Part, table: Standings) -> Found | None:
    """What can be said without following plays; None where they have to be followed."""
    search = _Search(graph, part, table)
    broken = search.opening_break()
    if broken is not None:
        return Found(broken, tried=True)
    return search.look(tried=search.tried_so_far()) if search.stands_still() else None


def at_length(graph: Graph, part: Part, table: Standings) -> Found:
    """Follow all plays, where no beginning breaks the promise."""
    search = _Search(graph, part, table)
    return search.spread(tried=search.tried_so_far())


class _Flow:
    """The tables of a promise in one: for a move and how it stood before, how it stands then; from
    `tries` on where that puts it to the test, from `breaks` on where it breaks it."""

    def __init__(self, graph: Graph, part: Part, table: Standings) -> None:
        self._graph, self._part = graph, part
        events, width = table.then.shape
        kind = np.uint16 if width <= 1 << 14 else np.uint32
        bits = 8 * kind().itemsize
        self.kind = kind
        self.tries, self.breaks = 1 << (bits - 2), 1 << (bits - 1)
        whole: Array = table.then.astype(kind)
        whole[table.tries] |= kind(self.tries)
        whole[table.breaks] |= kind(self.breaks)
        self._labels: Array | None = None
        self._code: Array | None
        if part.by_node is not None:
            self._code, self._count = part.by_node, events
            self._table = whole.T.ravel()
        elif part.rows.size * width <= _MOST_ENTRIES:
            self._code, self._count = part.code, part.codes
            self._table = whole[part.rows].transpose(0, 2, 1).ravel()
            self._labels = part.classes_of_labels * np.int32(part.codes * width)
        else:  # the events of moves one by one, in a table that is not that large
            self._code, self._count = None, events
            self._table = whole.T.ravel()

    def after(self, moves: Array | slice, standings: Array, counts: Array) -> Array:
        """How it stands after moves, from how it stood before: so many moves for each standing."""
        place = np.repeat(standings.astype(np.int32) * np.int32(self._count), counts)
        if self._code is None:
            place += self._part.at(moves)
        else:
            place += self._code.take(self._graph.target[moves])
        if self._labels is not None:
            place += self._labels.take(self._graph.label[moves])
        found: Array = self._table.take(place)
        return found


class _Search:
    """Following the plays of one graph for one promise."""

    def __init__(self, graph: Graph, part: Part, table: Standings) -> None:
        self.graph, self.part, self.table = graph, part, table
        self.roots = np.array([root.node for root in graph.roots])
        self.openings = part.of(np.array([root.label for root in graph.roots]), self.roots)

    def tried(self, events: Array, standings: Array | int) -> bool:
        return bool(self.table.tries[events, standings].any())

    def tried_so_far(self) -> bool:
        """Whether a beginning puts it to the test."""
        return self.table.tried_at_first or self.tried(self.openings, self.table.first)

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
            nodes = np.flatnonzero(bad[self.part.by_node]) if bad.any() else self.roots[:0]
            if len(nodes):
                path = way_to(graph, int(nodes[0]))
                return Found(self._break(path, int(self.part.by_node[nodes[0]]), first), tried=True)
            return Found(None, tried or bool(tries.any()))  # each event is one of some moment
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
        stands = np.zeros(len(self.graph), dtype=self.table.then.dtype)
        nodes = self._begin(stands)
        front = [(nodes, stands[nodes])]
        broken, tried = self._go_on(stands, front, tried=tried)
        return Found(None if broken is None else self._found(front, *broken), tried)

    def _begin(self, stands: Array) -> Array:
        """Put down how it stands after the beginning; where plays go on from there."""
        then = self.table.then[self.openings, self.table.first]
        self.table.join.at(stands, self.roots, then)
        return np.unique(self.roots[then > 0])

    def _go_on(
        self, stands: Array, front: list[tuple[Array, Array]], *, tried: bool
    ) -> tuple[tuple[int, int] | None, bool]:
        """Go on from the last of the fronts (configurations, and how it stands there), until
        nothing is new, or a move breaks the promise: that move, and the place in the last front of
        where it begins. And whether any move puts it to the test."""
        graph, table = self.graph, self.table
        flags = np.zeros(len(graph), dtype=np.bool_)
        flow = _Flow(graph, self.part, table)
        while len(front[-1][0]):
            nodes, standings = front[-1]
            reached: list[Array] = []
            standing: list[Array] = []
            for moves, counts, places in leaving(graph, nodes):
                targets = graph.target[moves]
                then = flow.after(moves, standings[places], counts)
                most = int(then.max())
                if most >= flow.breaks:
                    at = int(np.flatnonzero(then >= flow.breaks)[0])
                    place = places.start + int(np.searchsorted(np.cumsum(counts), at, "right"))
                    move = moves.start + at if isinstance(moves, slice) else int(moves[at])
                    return (move, place), True
                if most >= flow.tries:
                    tried = True
                    then &= flow.tries - 1
                had = stands[targets]
                grown = np.flatnonzero((then & ~had) != 0 if table.is_set else then > had)
                reached.append(targets[grown])
                standing.append(then[grown])
            targets = np.concatenate([nodes[:0], *reached])
            then = np.concatenate([standings[:0], *standing])
            nodes = distinct(graph, targets, flags)
            had = stands[nodes]
            table.join.at(stands, targets, then)
            front.append((nodes, stands[nodes] & ~had if table.is_set else stands[nodes]))
        return None, tried

    def _found(self, front: list[tuple[Array, Array]], move: int, place: int) -> Break:
        """The play that was followed to a move that breaks the promise, found backwards."""
        table = self.table
        event = int(self.part.at(np.array([move]))[0])
        nodes, standings = front[-1]
        node, standing = int(nodes[place]), int(standings[place])
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
        for moves, counts, part in leaving(graph, nodes):
            places = np.repeat(np.arange(part.start, part.stop), counts)
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
