"""All promises of a graph at once: which of them some play breaks, and which any puts to the test.

It goes through every move once, where no play goes round, and does not say how a promise is broken:
that is found for those that are, one by one (heartline.checking.proving.spreading).

It asks backwards: from where, and from which mark of a promise, can a play come to a move that
breaks it? Most promises have few marks. Of each configuration there is one word then, with a bit
for each promise, mark and class of labels: whether a move of such a label that leads there, from
such a mark, breaks the promise or lets it be broken later. Where a move begins, the bits of its
label count, so that nothing is looked up for a move but the word of where it leads. A promise with
many marks, which have an order, has a number instead: the least standing from which it can come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.proving.marks import Standings
    from heartline.checking.proving.ordering import Order
    from heartline.checking.proving.parts import Part

__all__ = ["Screen"]

BREAKS, TRIES = "breaks", "tries"

_FEW = 8  # marks that have a bit each
_BITS = 64
_CODES = 1 << 16  # codes of all promises of one word together
_ROWS = 1 << 16  # configurations that are looked at together
_KEPT = 1 << 14
_MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_SHIFT = np.uint64(64 - 14)
_MOST_ENTRIES = 1 << 22  # of one table


@dataclass(frozen=True, slots=True)
class _Asked:
    """One thing that is asked of a promise, its number being `promise`: whether a play can come to
    a move of which `hits` holds, by event and standing. `singles` are the standings of its marks.

    `rows` has the numbers of events by the class of a label and the code of a configuration, and
    `begun` for each root how the promise stands after it.
    """

    promise: int
    goal: str
    table: Standings
    hits: Array
    singles: tuple[int, ...]
    rows: Array
    classes_of_labels: Array
    begun: Array

    def goes(self, events: Array, single: int, after: int) -> Array:
        """After which of these events, standing at one mark, it stands at another."""
        then = self.table.then[events, single]
        found: Array = (then & after) != 0 if self.table.is_set else then == after
        return found

    @property
    def bits(self) -> int:
        """How many bits of a word it takes."""
        return len(self.singles) * len(self.rows)


@dataclass(slots=True)
class Screen:
    """Promises of one graph, looked at together. No beginning breaks them. `add` takes one in, or
    says that it cannot; `look` gives the numbers of those that are broken and of those that are put
    to the test."""

    order: Order
    _count: int = 0
    _tried: set[int] = field(default_factory=set)
    _questions: list[_Word | _Least] = field(default_factory=list)
    _word: _Word | None = None

    def add(self, part: Part, table: Standings) -> bool:
        """Take a promise in, where there is place for it."""
        singles = tuple(table.standing(mark) for mark in table.marks if table.standing(mark))
        rows, code = part.rows, part.code
        is_few = len(singles) <= _FEW and 2 * len(singles) * len(rows) <= _BITS
        if not is_few and (table.is_set or rows.size * table.then.shape[1] > _MOST_ENTRIES):
            return False
        graph = self.order.graph
        if not is_few and len(self.order.rest) * 2 > len(graph):
            return False  # where most goes round, what counts to many is better followed
        roots = graph.roots
        openings = part.of(
            np.array([root.label for root in roots]), np.array([root.node for root in roots])
        )
        number, begun = self._count, table.then[openings, table.first]
        self._count += 1
        goals = [(BREAKS, table.breaks), (TRIES, table.tries)]
        if table.tried_at_first or table.tries[openings, table.first].any():
            self._tried.add(number)
            goals.pop()
        asked = [
            _Asked(number, goal, table, hits, singles, rows, part.classes_of_labels, begun)
            for goal, hits in goals
            if hits[:, list(singles)].any()  # else nothing that there is can do so
        ]
        if not is_few:
            self._questions += [_Least(graph, each, code) for each in asked]
        elif asked and (self._word is None or not self._word.take(asked, code)):
            self._word = _Word(graph)
            self._word.take(asked, code)
            self._questions.append(self._word)
        return True

    def look(self) -> tuple[frozenset[int], frozenset[int]]:
        """Go through all moves."""
        if self._questions:
            for each in self._questions:
                each.begin()
            labelled = any(each.is_labelled for each in self._questions)
            self.order.back(self._questions, labelled=labelled)
        found = {one for each in self._questions for one in each.found()}
        broken = frozenset(number for number, goal in found if goal == BREAKS)
        tried = frozenset(number for number, goal in found if goal == TRIES)
        return broken, tried | self._tried


class _Word:
    """Questions about promises with few marks, which share a word."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._asked: list[tuple[_Asked, int, int]] = []  # its first bit, and its row of `_codes`
        self._used = 0
        self._code = np.zeros(len(graph), dtype=np.uint32)
        self._codes = np.zeros((0, 1), dtype=np.intp)  # of each code, that of each promise

    def take(self, asked: Sequence[_Asked], code: Array) -> bool:
        """Take in what is asked of one promise, where there is place for it: for the first there
        always is."""
        count = asked[0].rows.shape[1]
        size = self._codes.shape[1] * count
        bits = self._used + sum(each.bits for each in asked)
        if self._used and (bits > _BITS or size > _CODES * 8):
            return False
        joined = self._code * np.uint32(count)
        joined += code
        there = np.zeros(size, dtype=np.bool_)
        for start in range(0, len(joined), _ROWS):
            there[joined[start : start + _ROWS].astype(np.intp)] = True
        seen = np.flatnonzero(there)
        if self._used and len(seen) > _CODES:
            return False
        again = np.zeros(size, dtype=np.uint32)
        again[seen] = np.arange(len(seen))
        for start in range(0, len(joined), _ROWS):
            part = slice(start, start + _ROWS)
            joined[part] = again.take(joined[part])
        self._code = joined
        self._codes = np.vstack([self._codes[:, seen // count], seen % count])
        for each in asked:
            self._asked.append((each, self._used, len(self._codes) - 1))
            self._used += each.bits
        return True

    def begin(self) -> None:
        """Make the tables, and put down of each configuration which moves to it are enough."""
        kind = np.min_scalar_type((1 << self._used) - 1).type
        codes = self._codes.shape[1]
        self.is_labelled = any(len(asked.rows) > 1 for asked, _, _ in self._asked)
        self._labels = np.zeros(len(self.graph.labels), dtype=kind)
        enough = np.zeros(codes, dtype=kind)
        # For each question and mark: the bits that say so, and by code what is enough then.
        self._marks: list[tuple[_Asked, int, Array, Array]] = []
        for asked, first, row in self._asked:
            classes = len(asked.rows)
            then = [np.zeros(codes, dtype=kind) for _ in asked.singles]
            for n, each in enumerate(asked.rows):
                events = each[self._codes[row]]
                for j, single in enumerate(asked.singles):
                    bit = kind(1 << (first + j * classes + n))
                    self._labels[asked.classes_of_labels == n] |= bit
                    enough[asked.hits[events, single]] |= bit
                    for k, after in enumerate(asked.singles):
                        then[k][asked.goes(events, single, after)] |= bit
            for j, (single, table) in enumerate(zip(asked.singles, then, strict=True)):
                bits = kind(((1 << classes) - 1) << (first + j * classes))
                self._marks.append((asked, single, bits, table))
        self._state = enough.take(self._code)
        self._kept = [np.zeros(_KEPT, dtype=each) for each in (kind, np.uint32, kind)]

    def renew(self, nodes: Array, firsts: Array, targets: Array, labels: Array) -> bool:
        """See `ordering.Question`."""
        ahead = self._state.take(targets)  # of numbers with 32 bits, quicker than [targets]
        if self.is_labelled:
            ahead &= self._labels.take(labels)
        before = self._state[nodes]
        now = before | self._enough(np.bitwise_or.reduceat(ahead, firsts), self._code[nodes])
        if np.array_equal(now, before):
            return False
        self._state[nodes] = now
        return True

    def _enough(self, ahead: Array, code: Array) -> Array:
        """Of configurations from which it goes on to `ahead`: which moves to them are enough. The
        same few come again and again, so what was made of them last is kept, by a hash."""
        place = ((ahead + code * _MIX[0]) * _MIX[1] >> _SHIFT).view(np.intp)
        found: Array = self._kept[2][place]
        other = (self._kept[0][place] != ahead) | (self._kept[1][place] != code)
        if other.any():
            new = np.flatnonzero(other)
            found[new] = self._made(ahead[new], code[new])
            for kept, each in zip(self._kept, (ahead, code, found), strict=True):
                kept[place[new]] = each[new]
        return found

    def _made(self, ahead: Array, code: Array) -> Array:
        present = np.bitwise_or.reduce(ahead)
        found = np.zeros_like(ahead)
        for _, _, bits, table in self._marks:
            if present & bits:
                some = np.flatnonzero(ahead & bits)
                found[some] |= table[code[some]]
        return found

    def found(self) -> Iterator[tuple[int, str]]:
        """The promises and goals of which some play comes there."""
        for n, root in enumerate(self.graph.roots):
            moves = slice(*self.graph.first[root.node : root.node + 2])
            ahead = self._state[self.graph.target[moves]] & self._labels[self.graph.label[moves]]
            present = np.bitwise_or.reduce(ahead)
            for asked, single, bits, _ in self._marks:
                begun = int(asked.begun[n])
                if (begun & single if asked.table.is_set else begun == single) and present & bits:
                    yield asked.promise, asked.goal


class _Least:
    """A question about a promise with many marks."""

    def __init__(self, graph: Graph, asked: _Asked, code: Array) -> None:
        self.graph = graph
        self._asked = asked
        self._code = code

    def begin(self) -> None:
        """Make the table: by class, code, and the least standing that is enough after a move, the
        least that is enough before it; one more than there are, where none is."""
        asked, then = self._asked, self._asked.table.then
        self._never = never = then.shape[1]
        singles = np.array([*asked.singles, never])
        least = np.empty((len(then), never + 1), dtype=np.min_scalar_type(never))
        for event, row in enumerate(least):
            hits = np.append(np.flatnonzero(asked.hits[event, singles[:-1]]), len(singles) - 1)
            highest = np.maximum.accumulate(then[event, singles[:-1]])
            row[:] = singles[np.minimum(np.searchsorted(highest, np.arange(never + 1)), hits[0])]
        classes, codes = asked.rows.shape
        self._table = least[asked.rows].ravel()
        self._labels = asked.classes_of_labels * np.int32(codes * (never + 1))
        self.is_labelled = classes > 1  # else it is looked up where a move leads
        state = self._code * np.int32(never + 1) + np.int32(never)
        self._state = state if self.is_labelled else self._table.take(state)

    def renew(self, nodes: Array, firsts: Array, targets: Array, labels: Array) -> bool:
        """See `ordering.Question`."""
        ahead = np.minimum.reduceat(self._before(targets, labels), firsts)
        state = self._code[nodes] * np.int32(self._never + 1) + ahead
        if not self.is_labelled:
            state = self._table.take(state)
        if np.array_equal(state, self._state[nodes]):
            return False
        self._state[nodes] = state
        return True

    def found(self) -> Iterator[tuple[int, str]]:
        """The promise and its goal, where some play comes there."""
        for begun, root in zip(self._asked.begun, self.graph.roots, strict=True):
            moves = slice(*self.graph.first[root.node : root.node + 2])
            before = self._before(self.graph.target[moves], self.graph.label[moves])
            if (before <= begun).any():
                yield self._asked.promise, self._asked.goal

    def _before(self, targets: Array, labels: Array) -> Array:
        """The least standings before moves that are enough."""
        state: Array = self._state.take(targets)
        return self._table.take(state + self._labels.take(labels)) if self.is_labelled else state
