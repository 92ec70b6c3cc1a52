"""All promises of a graph at once: which of them some play breaks, and which any puts to the test.

It goes through every move once, where no play goes round, and does not say how a promise is broken:
that is found for those that are, one by one (heartline.checking.proving.spreading).

Of each configuration there are two words, one for each mark at which a promise can stand, and in
them a bit for each promise: whether some play leads there at which it stands so. What a move makes
of them is a few masks, by the class of its label and the code of its configuration, both of all
promises together. A promise that has more marks is not screened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.proving.steps import MOVES, distinct, leaving

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.proving.marks import Standings
    from heartline.checking.proving.parts import Part

__all__ = ["Screen", "incoming"]

WORDS = 2  # marks that a promise may have
_BITS = 64
_CODES = 1 << 20  # codes of all promises together
_PAIRS = 1 << 26  # classes of labels, times codes
_BIG = 8 * MOVES


@dataclass(frozen=True, slots=True)
class _One:
    """A promise on the screen: its tables, its marks' standings, and the numbers of its events by
    class and code."""

    table: Standings
    singles: tuple[int, ...]
    rows: Array
    openings: Array


@dataclass(slots=True)
class Screen:
    """Promises of one graph, looked at together. No beginning breaks them. `add` takes one in, or
    says that it cannot; `look` gives the numbers of those that are broken and of those that are put
    to the test."""

    graph: Graph
    _all: list[_One] = field(default_factory=list)
    _code: Array | None = None
    _codes: Array | None = None  # of each code, that of each promise
    _classes: list[Array] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, part: Part, table: Standings) -> bool:
        """Take a promise in, where there is place for it."""
        singles = tuple(table.standing(mark) for mark in table.marks if table.standing(mark))
        if len(self._all) == _BITS or not 0 < len(singles) <= WORDS:
            return False
        rows, code = part.rows, part.code
        if part.by_node is not None:
            code, rows = part.by_node, np.arange(len(part.events))[None, :]
        count = rows.shape[1]
        if self._code is None or self._codes is None:
            self._code, self._codes = code.astype(np.uint32), np.arange(count)[None, :]
        else:
            size = self._codes.shape[1] * count
            if size > _CODES * 8:
                return False
            joined = self._code * np.uint32(count) + code
            seen = np.flatnonzero(np.bincount(joined, minlength=size))
            labels = len(self.graph.labels)
            if len(seen) > _CODES or len(seen) * labels > _PAIRS:
                return False
            again = np.zeros(size, dtype=np.uint32)
            again[seen] = np.arange(len(seen))
            self._code = again[joined]
            self._codes = np.vstack([self._codes[:, seen // count], seen % count])
        roots = self.graph.roots
        openings = part.of(
            np.array([root.label for root in roots]), np.array([root.node for root in roots])
        )
        self._all.append(_One(table, singles, rows, openings))
        self._classes.append(part.classes_of_labels)
        return True

    def look(self) -> tuple[frozenset[int], frozenset[int]]:
        """Go through all moves."""
        if not self._all:
            return frozenset(), frozenset()
        search = _Look(self)
        search.peel()
        return _numbers(search.broken), _numbers(search.tried)


class _Look:
    """Going through the graph of one screen."""

    def __init__(self, screen: Screen) -> None:
        assert screen._code is not None
        assert screen._codes is not None
        self.graph, self.code = screen.graph, screen._code
        classes, of_label = np.unique(np.vstack(screen._classes), axis=1, return_inverse=True)
        width = screen._codes.shape[1]
        self.labels = (of_label.ravel() * width).astype(np.int32)
        seen = np.zeros(classes.shape[1] * width, dtype=np.bool_)
        for start in range(0, len(self.graph.target), MOVES):
            seen[self._pairs(slice(start, start + MOVES))] = True
        pairs = np.flatnonzero(seen)
        self.number = np.zeros(len(seen), dtype=np.int32)
        self.number[pairs] = np.arange(len(pairs))
        # From one mark to another; then to where it is broken, and to where it was put to the test.
        self.masks = np.zeros((WORDS, WORDS + 2, len(pairs)), dtype=np.uint64)
        self.words = np.zeros((WORDS, len(self.graph)), dtype=np.uint64)
        roots = np.array([root.node for root in self.graph.roots])
        self.broken = self.tried = 0
        for n, one in enumerate(screen._all):
            bit = np.uint64(1 << n)
            events = one.rows[classes[n][pairs // width], screen._codes[n][pairs % width]]
            table = one.table
            for j, single in enumerate(one.singles):
                then = table.then[events, single]
                for k, after in enumerate(one.singles):
                    goes = (then & after) != 0 if table.is_set else then == after
                    self.masks[j, k, goes] |= bit
                self.masks[j, WORDS, table.breaks[events, single]] |= bit
                self.masks[j, WORDS + 1, table.tries[events, single]] |= bit
                begun = table.then[one.openings, table.first]
                begins = (begun & single) != 0 if table.is_set else begun == single
                self.words[j, roots[begins]] |= bit
            if table.tried_at_first or table.tries[one.openings, table.first].any():
                self.tried |= 1 << n

    def _pairs(self, moves: Array | slice) -> Array:
        found: Array = self.labels[self.graph.label[moves]] + self.code[self.graph.target[moves]]
        return found

    def peel(self) -> None:
        """Go through each configuration after all that lead to it; then round what goes round."""
        graph, words = self.graph, self.words
        flags = np.zeros(len(graph), dtype=np.bool_)
        before = incoming(graph)
        nodes = np.flatnonzero(before == 0)
        while len(nodes):
            free = [nodes[:0]]
            for moves, counts, places in leaving(graph, nodes):
                targets = graph.target[moves].astype(np.intp)
                for word, new in zip(words, self._after(moves, nodes[places], counts), strict=True):
                    np.bitwise_or.at(word, targets, new)
                np.subtract.at(before, targets, np.int32(1))
                free.append(targets[before[targets] == 0])
            nodes = distinct(graph, np.concatenate(free), flags)
        nodes = np.flatnonzero(before > 0)
        while len(nodes):
            changed = [nodes[:0]]
            for moves, counts, places in leaving(graph, nodes):
                targets = graph.target[moves].astype(np.intp)
                grown = np.zeros(len(targets), dtype=np.bool_)
                for word, new in zip(words, self._after(moves, nodes[places], counts), strict=True):
                    grown |= (new & ~word[targets]) != 0
                    np.bitwise_or.at(word, targets, new)
                changed.append(targets[grown])
            nodes = distinct(graph, np.concatenate(changed), flags)

    def _after(self, moves: Array | slice, nodes: Array, counts: Array) -> list[Array]:
        """The words after moves of configurations, so many of each."""
        pair = self.number[self._pairs(moves)]
        words = [np.repeat(word[nodes], counts) for word in self.words]
        for n, word in enumerate(words):
            self.broken |= int(np.bitwise_or.reduce(word & self.masks[n, WORDS][pair]))
            self.tried |= int(np.bitwise_or.reduce(word & self.masks[n, WORDS + 1][pair]))
        return [
            (words[0] & self.masks[0, n][pair]) | (words[1] & self.masks[1, n][pair])
            for n in range(WORDS)
        ]


def incoming(graph: Graph) -> Array:
    """How many moves lead to each configuration."""
    found = np.zeros(len(graph), dtype=np.int32)
    for start in range(0, len(graph.target), _BIG):
        part = graph.target[start : start + _BIG]
        found += np.bincount(part, minlength=len(graph)).astype(np.int32)
    return found


def _numbers(bits: int) -> frozenset[int]:
    return frozenset(n for n in range(_BITS) if bits >> n & 1)
