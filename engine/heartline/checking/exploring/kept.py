"""The moves that an exploration finds, in the order of where they begin: arrays that grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.checking.exploring.graph import Array

__all__ = ["Found", "Moves"]


class Found(NamedTuple):
    """The moves of one piece in the order in which they arrived, in parts: for each its size and
    the number of its label; a weight and a time are one for a part, or one for each move."""

    rows: Sequence[Array]
    labels: Sequence[tuple[int, int]]
    weights: Sequence[Array | int]
    elapsed: Sequence[Array | int]

    def spread(self, parts: Sequence[Array | int], dtype: type) -> Array:
        """The parts as one array."""
        whole: Array = np.empty(sum(size for _, size in self.labels), dtype=dtype)
        at = 0
        for part, (_, size) in zip(parts, self.labels, strict=True):
            whole[at : at + size] = part
            at += size
        return whole


class Moves:
    """The moves of the configurations from 0 on, of a piece of them at a time.

    Where it is `any_time` every move weighs 1, and none says how long it takes: neither is kept.
    """

    def __init__(self, *, any_time: bool) -> None:
        self._any_time = any_time
        self._first = _Growing(np.int64)
        self._target = _Growing(np.int32)
        self._label = _Growing(np.int32)
        self._weight = _Growing(np.int32)
        self._elapsed = _Growing(np.int64)

    @property
    def expanded(self) -> int:
        """How many configurations have their moves."""
        return self._first.count

    def add(self, start: int, end: int, numbers: Sequence[Array], found: Found) -> None:
        """The moves of the configurations from `start` to `end`, and what numbers these lead to."""
        size = end - start
        counts = np.zeros(size, dtype=np.int64)
        if found.rows:
            rows = joined(found.rows) - start
            counts = np.bincount(rows, minlength=size)
            order = _order(rows)
            del rows
            self._target.append(joined(numbers), order)
            self._label.append(found.spread([label for label, _ in found.labels], np.int32), order)
            if not self._any_time:
                self._weight.append(found.spread(found.weights, np.int32), order)
                self._elapsed.append(found.spread(found.elapsed, np.int64), order)
        counts[:1] += self._count()
        self._first.append(np.cumsum(counts))  # the last: what it counts is there

    def whole(self, configurations: int | None) -> dict[str, Array]:
        """What a graph of so many configurations has of these; not all need have their moves. None
        where moves were not asked for."""
        count, expanded = self._count(), self.expanded
        first = np.full(0 if configurations is None else configurations + 1, count, dtype=np.int64)
        first[:1] = 0
        first[1 : expanded + 1] = self._first.whole(expanded)
        ones = np.broadcast_to(np.ones(1, dtype=np.int32), count)  # which take no room
        return {
            "first": first,
            "target": self._target.whole(count),
            "label": self._label.whole(count),
            "weight": ones if self._any_time else self._weight.whole(count),
            "elapsed": self._elapsed.whole(0 if self._any_time else count),
        }

    def _count(self) -> int:
        return int(self._first.last) if self.expanded else 0


class _Growing:
    """An array that grows at its end. It does so in place, where the system can give it more room
    there, so nobody may have a view of it."""

    def __init__(self, dtype: type) -> None:
        self.count = 0
        self._held: Array = np.empty(0, dtype=dtype)

    @property
    def last(self) -> int:
        """What stands at the end."""
        return int(self._held[self.count - 1])

    def append(self, column: Array, order: Array | None = None) -> None:
        """More of it, in its own order or in another one."""
        count = self.count + len(column)
        if count > len(self._held):
            self._held.resize(max(count, len(self._held) * 9 // 8), refcheck=False)
        if order is None:
            self._held[self.count : count] = column
        else:  # "clip" only says that what is found need not be kept until all is known to be there
            column.take(order, out=self._held[self.count : count], mode="clip")
        self.count = count

    def whole(self, count: int) -> Array:
        """The first so many; it is empty then."""
        held = self._held
        self._held = np.empty(0, dtype=held.dtype)
        self.count = 0
        held.resize(count, refcheck=False)
        return held


def joined(parts: Sequence[Array]) -> Array:
    """The parts as one; the first itself where there is no other."""
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _order(rows: Array) -> Array:
    """What puts small numbers in order; among equal ones the first stays first."""
    keyed = rows.astype(np.int64)
    keyed <<= 32
    keyed |= np.arange(len(rows), dtype=np.int64)
    keyed.sort()
    keyed &= 0xFFFFFFFF
    return keyed
