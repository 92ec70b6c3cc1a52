"""Many configurations that stand in one leaf, on their way through one move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.clocks import picked
from heartline.checking.exploring.layout import LEAF

if TYPE_CHECKING:
    from heartline.checking.exploring.clocks import Clocks
    from heartline.checking.exploring.graph import Array
    from heartline.checking.exploring.layout import Codes, Dense, Numbers, Packed
    from heartline.machine import Way

__all__ = ["Batch", "Reading"]


class Reading:
    """What all batches of one exploration read with."""

    def __init__(
        self,
        layout: Packed | Dense,
        numbers: Numbers,
        clocks: Clocks,
        timers: dict[int, int],
        leaves: dict[str, int],
    ) -> None:
        self.layout = layout
        self.numbers = numbers
        self.clocks = clocks
        self.timers = timers  # by their slots
        self.leaves = leaves


class Batch:
    """Rows that differ in values, and are alike in where they stand and what they did.

    `codes` are the configurations as they were when the move began, in the leaf `origin`; `changed`
    has the numbers of slots that are other ones now, a column or one number for all. `rows` are
    the numbers of the configurations that the move begins at, where anybody wants to know, and
    `takes` is how long it takes, in microseconds.
    """

    __slots__ = ("_known", "_parent", "changed", "clock", "codes", "leaf", "origin", "reading",
                 "rows", "said", "size", "takes", "ways", "weight")  # fmt: skip

    def __init__(
        self,
        reading: Reading,
        leaf: str,
        codes: Codes,
        clock: Array | None,
        rows: Array | None,
    ) -> None:
        self.reading = reading
        self.leaf = leaf
        self.origin = leaf
        self.codes = codes
        self.size = len(codes[0])
        self.clock = clock
        self.rows = rows
        self.changed: dict[int, Any] = {}
        self.ways: tuple[Way, ...] = ()
        self.said: dict[str, Any] = {}
        self.weight: Array | None = None
        self.takes: Array | None = None
        self._known: dict[int, Any] = {}
        self._parent: tuple[Batch, Array] | None = None

    def get(self, slot: int) -> Any:
        """The numbers that a slot holds now."""
        if slot in self.changed:
            return self.changed[slot]
        known = self._known.get(slot)
        if known is None:
            reading = self.reading
            if slot == LEAF:
                return np.int32(reading.leaves[self.leaf])
            if slot in reading.timers:
                if self.clock is None:
                    return np.int8(0)
                return reading.clocks.statuses(reading.timers[slot], self.clock)
            if self._parent is not None and slot in self._parent[0]._known:
                parent, which = self._parent
                known = self._known[slot] = parent._known[slot].take(which)
                return known
            digits = reading.layout.read(self.codes, slot)
            known = self._known[slot] = reading.numbers.of(slot, digits)
        return known

    def take(self, which: Array | None) -> Batch:
        """These rows (None: all of them) as a batch of their own."""
        other = Batch.__new__(Batch)
        other.reading, other.leaf, other.origin = self.reading, self.leaf, self.origin
        other.ways = self.ways
        if which is None:
            other.codes, other.size = self.codes, self.size
            other.clock, other.rows = self.clock, self.rows
            other.weight, other.takes = self.weight, self.takes
            other.changed, other.said = dict(self.changed), dict(self.said)
            other._known, other._parent = self._known, self._parent
            return other
        other.codes = tuple([code.take(which) for code in self.codes])
        other.size = len(which)
        other.clock = None if self.clock is None else picked(self.clock, which)
        other.rows = None if self.rows is None else self.rows.take(which)
        other.weight = None if self.weight is None else self.weight.take(which)
        other.takes = None if self.takes is None else self.takes.take(which)
        other.changed = {slot: _some(held, which) for slot, held in self.changed.items()}
        other.said = {role: _some(held, which) for role, held in self.said.items()}
        other._known, other._parent = {}, (self, which)
        return other


def _some(held: Any, which: Array) -> Any:
    return held.take(which) if isinstance(held, np.ndarray) and held.ndim else held
