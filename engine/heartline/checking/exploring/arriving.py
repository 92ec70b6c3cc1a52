"""What arrives at the end of moves: configurations as codes, and what is known of the moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.clocks import only
from heartline.checking.exploring.kept import Found, joined
from heartline.checking.exploring.layout import CLOCK, LEAF, Dense, Packed
from heartline.checking.exploring.table import AT_ONCE, HashTable

if TYPE_CHECKING:
    from concurrent.futures import Future

    from heartline.checking.exploring.batch import Batch
    from heartline.checking.exploring.explorer import Exploration
    from heartline.checking.exploring.graph import Array
    from heartline.checking.exploring.layout import Codes

__all__ = ["Arrivals"]


class Arrivals:
    """Gathers the batches of one piece. What no longer counts where they stand becomes 0.

    As soon as there is enough of it for the table, it is looked up in the background.
    """

    def __init__(self, exploration: Exploration) -> None:
        self._machine = exploration.machine
        self._table = exploration.table
        self._background = exploration.background
        # The other table numbers all that arrives at once, and does so quickly.
        self._is_early = isinstance(exploration.table, HashTable)
        self._relevance = exploration.relevance
        self._layout = exploration.layout
        self._numbers = exploration.numbers
        self._reading = exploration.reading
        self._kept = {
            name: frozenset(slot for slot in slots if slot in exploration.tracked)
            for name, slots in exploration.kept.items()
        }
        self._coding = exploration.coding
        self._timers_kept = {
            leaf: bool(slots & exploration.reading.timers.keys())
            for leaf, slots in exploration.keep.items()
        }
        deciders = exploration.relevance.deciders
        self._deciders = {
            name: tuple(slot for slot in deciders if slot in slots)
            for name, slots in self._kept.items()
        }
        self._masks: dict[str, _Masks] = {}
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.count = 0
        self._codes: list[Codes] = []  # what waits to be looked up
        self._waiting = 0
        self._looking_up: list[Future[Array | None]] = []
        self._rows: list[Array] = []
        self._labels: list[tuple[int, int]] = []
        self._weights: list[Array | int] = []
        self._elapsed: list[Array | int] = []

    def add(self, batch: Batch, label: int) -> None:
        """One batch has come to rest."""
        self.count += batch.size
        self._codes.append(self._encode(batch))
        self._waiting += batch.size
        if batch.rows is not None:
            self._rows.append(batch.rows)
            self._labels.append((label, batch.size))
            self._weights.append(1 if batch.weight is None else batch.weight)
            self._elapsed.append(0 if batch.takes is None else batch.takes)
        while self._is_early and self._waiting >= AT_ONCE:
            some = self._cut_off(AT_ONCE)
            self._looking_up.append(self._background.submit(self._looked_up, some))

    def numbers(self) -> list[Array]:
        """The numbers of all that arrived, in parts; none where the table gives no numbers."""
        parts = [each.result() for each in self._looking_up]
        if self._codes:
            parts.append(self._looked_up(self._codes))
        self._codes, self._waiting, self._looking_up = [], 0, []
        return [part for part in parts if part is not None]

    def found(self) -> Found:
        """What is known of the moves."""
        return Found(self._rows, self._labels, self._weights, self._elapsed)

    def _looked_up(self, parts: list[Codes]) -> Array | None:
        return self._table.add(tuple(map(joined, zip(*parts, strict=True))))

    def _cut_off(self, count: int) -> list[Codes]:
        """The first so many of what waits, in parts."""
        some: list[Codes] = []
        size = 0
        while size < count:
            codes = self._codes[len(some)]
            some.append(codes)
            size += len(codes[0])
        self._codes = self._codes[len(some) :]
        if size > count:
            last = some.pop()
            kept = len(last[0]) - (size - count)
            some.append(tuple(code[:kept] for code in last))
            self._codes.insert(0, tuple(code[kept:] for code in last))
        self._waiting -= count
        return some

    # Codes --------------------------------------------------------------------------------------

    def _encode(self, batch: Batch) -> Codes:
        kept = self._kept[batch.leaf]
        changed: dict[int, Any] = {
            slot: self._numbers.digits(slot, _plain(held))
            for slot, held in batch.changed.items()
            if slot in kept
        }
        if isinstance(self._layout, Dense):
            return self._encode_dense(batch, changed)
        assert isinstance(self._layout, Packed)
        changed = {
            slot: held if isinstance(held, np.ndarray) and held.ndim else int(held)
            for slot, held in changed.items()
        }
        changed[LEAF] = self._reading.leaves[batch.leaf]
        if batch.clock is not None and (
            self._timers_kept[batch.leaf] or not self._machine.leaves[batch.leaf].final
        ):
            one = only(batch.clock)
            changed[CLOCK] = batch.clock if one is None else one
        masks = self._masks.get(batch.leaf)
        if masks is None:
            masks = self._masks[batch.leaf] = _Masks(self, batch.leaf)
        counts = masks.of(batch)
        if not masks.slots:
            fixed = self._layout.mask(changed)
            keeping = [mask & ~out for mask, out in zip(counts, fixed, strict=True)]
            return self._layout.write(batch.codes, keeping, changed)
        fixed = self._layout.mask((*changed, CLOCK))
        codes = self._layout.write(batch.codes, [~out for out in fixed], changed)
        for code, mask in zip(codes, counts, strict=True):
            code &= mask
        return codes

    def _encode_dense(self, batch: Batch, changed: dict[int, Any]) -> Codes:
        layout = self._layout
        assert isinstance(layout, Dense)
        if batch.leaf != batch.origin:
            changed[LEAF] = self._reading.leaves[batch.leaf]
            for slot in self._kept.get(batch.origin, frozenset()) - self._kept[batch.leaf]:
                changed[slot] = 0
        old: dict[int, Any] = {
            slot: self._reading.leaves.get(batch.origin, 0)
            if slot == LEAF
            else layout.read(batch.codes, slot)
            for slot in changed
        }
        return layout.move(batch.codes, changed, old)


class _Masks:
    """For one leaf the bits that count, by what the deciders hold that count there themselves.

    Where there are such, those of the leaf and of the timers count too.
    """

    def __init__(self, arrivals: Arrivals, leaf: str) -> None:
        layout = arrivals._layout
        assert isinstance(layout, Packed)
        self._leaf = leaf
        self._layout = layout
        self._arrivals = arrivals
        self.slots = arrivals._deciders[leaf]
        self._plain = layout.mask(arrivals._kept[leaf])
        self._sizes = [arrivals._numbers.size(slot) for slot in self.slots]
        self._known = np.zeros(math.prod(self._sizes), dtype=np.bool_)
        self._tables = [np.zeros(len(self._known), dtype=np.uint64) for _ in self._plain]

    def of(self, batch: Batch) -> tuple[Any, ...]:
        """A mask for each word: one for all, or one for each row."""
        if not self.slots:
            return self._plain
        place: Any = 0
        for slot, size in zip(self.slots, self._sizes, strict=True):
            held = batch.get(slot)
            place = place * size + self._arrivals._numbers.digits(slot, held)
        if not isinstance(place, np.ndarray) or not place.ndim:
            self._learn([int(place)])
            return tuple([table[int(place)] for table in self._tables])
        place = place.astype(np.intp)
        known = self._known[place]
        if not known.all():
            self._learn(np.unique(place[~known]).tolist())
        return tuple([table[place] for table in self._tables])

    def _learn(self, places: list[int]) -> None:
        for place in places:
            if not self._known[place]:
                self._known[place] = True
                masks = self._layout.mask((*self._alive(place), LEAF, CLOCK))
                for table, mask in zip(self._tables, masks, strict=True):
                    table[place] = mask

    def _alive(self, place: int) -> frozenset[int]:
        """What counts where the deciders hold these digits."""
        arrivals = self._arrivals
        frame: list[Any] = [None] * len(arrivals._machine.slots)
        for slot in arrivals._relevance.deciders:  # what does not count here can be anything
            frame[slot] = arrivals._coding.value(slot, arrivals._coding.domains[slot][0])
        frame[0] = self._leaf
        for slot, size in zip(reversed(self.slots), reversed(self._sizes), strict=True):
            place, digit = divmod(place, size)
            number = arrivals._coding.domains[slot][digit]
            frame[slot] = arrivals._coding.value(slot, number)
        return arrivals._relevance.alive(frame)


def _plain(held: Any) -> Any:
    """A column, or one number as Python has it."""
    if isinstance(held, np.ndarray) and held.ndim:
        return held
    return int(held)
