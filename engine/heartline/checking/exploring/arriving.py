"""What arrives at the end of moves: configurations as codes, and what is known of the moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.layout import CLOCK, LEAF, Dense

if TYPE_CHECKING:
    from heartline.checking.exploring.batch import Batch
    from heartline.checking.exploring.explorer import Exploration
    from heartline.checking.exploring.graph import Array
    from heartline.checking.exploring.layout import Codes

__all__ = ["Arrivals"]


class Arrivals:
    """Gathers the batches of one piece. What no longer counts where they stand becomes 0."""

    def __init__(self, exploration: Exploration) -> None:
        self._machine = exploration.machine
        self._relevance = exploration.relevance
        self._layout = exploration.layout
        self._numbers = exploration.numbers
        self._reading = exploration.reading
        self._kept = {
            name: frozenset(slot for slot in slots if slot in exploration.tracked)
            for name, slots in exploration.kept.items()
        }
        self._names = exploration.coding.names
        self._timers_kept = bool(exploration.keep & exploration.reading.timers.keys())
        self._histories = {
            name: tuple(
                slot for slot in sorted(slots)
                if exploration.machine.slots[slot].symbol[0] == "history"
            )
            for name, slots in self._kept.items()
        }  # fmt: skip
        self._masks: dict[Any, tuple[np.uint64, ...]] = {}
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.count = 0
        self._codes: list[Codes] = []
        self._rows: list[Array] = []
        self._labels: list[tuple[int, int]] = []
        self._weights: list[Array | int] = []
        self._elapsed: list[Array | int] = []

    def add(self, batch: Batch, label: int) -> None:
        """One batch has come to rest."""
        self.count += batch.size
        self._codes.append(self._encode(batch))
        if batch.rows is not None:
            self._rows.append(batch.rows)
            self._labels.append((label, batch.size))
            self._weights.append(1 if batch.weight is None else batch.weight)
            self._elapsed.append(0 if batch.takes is None else batch.takes)

    def codes(self) -> Codes:
        """All that arrived."""
        return tuple(np.concatenate(parts) for parts in zip(*self._codes, strict=True))

    def rows(self) -> Array:
        """Where each move began."""
        return np.concatenate(self._rows)

    def labels(self) -> Array:
        """The number of each move's label."""
        numbers = np.array([label for label, _ in self._labels], dtype=np.int32)
        return np.repeat(numbers, [size for _, size in self._labels])

    def weights(self) -> Array:
        """Each move's weight."""
        return self._spread(self._weights, np.int32)

    def elapsed(self) -> Array:
        """How long each move takes, in microseconds."""
        return self._spread(self._elapsed, np.int64)

    def _spread(self, parts: list[Array | int], dtype: type) -> Array:
        return np.concatenate([
            part.astype(dtype) if isinstance(part, np.ndarray) else np.full(size, part, dtype)
            for part, (_, size) in zip(parts, self._labels, strict=True)
        ])  # fmt: skip

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
        masks = self._mask(batch)
        changed = {
            slot: held if isinstance(held, np.ndarray) and held.ndim else int(held)
            for slot, held in changed.items()
        }
        changed[LEAF] = self._reading.leaves[batch.leaf]
        if batch.clock is not None and (
            self._timers_kept or not self._machine.leaves[batch.leaf].final
        ):
            changed[CLOCK] = batch.clock
        fixed = self._layout.mask(changed)
        keeping = [mask & ~out for mask, out in zip(masks, fixed, strict=True)]
        if self._histories[batch.leaf]:
            changed = self._cleared(batch, changed)
        return self._layout.write(batch.codes, keeping, changed)

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

    def _mask(self, batch: Batch) -> tuple[Any, ...]:
        """The bits that still count, a word each; by row where a history decides what counts."""
        histories = self._histories[batch.leaf]
        assert not isinstance(self._layout, Dense)
        if not histories:
            found = self._masks.get(batch.leaf)
            if found is None:
                found = self._masks[batch.leaf] = self._layout.mask(self._kept[batch.leaf])
            return found
        which, places = self._places(batch)
        rows = [self._mask_of(batch.leaf, place) for place in places]
        return tuple(np.array([row[n] for row in rows], dtype=np.uint64)[which]
                     for n in range(self._layout.words))  # fmt: skip

    def _places(self, batch: Batch) -> tuple[Array, list[tuple[int, ...]]]:
        """What the histories hold that count here: which of the combinations, by row."""
        columns = []
        for slot in self._histories[batch.leaf]:
            held = batch.get(slot)
            columns.append(np.broadcast_to(np.asarray(held), batch.size))
        if len(columns) == 1:
            values, which = np.unique(columns[0], return_inverse=True)
            return which, [(int(value),) for value in values]
        rows, which = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        return which.reshape(-1), [tuple(map(int, row)) for row in rows]

    def _alive(self, leaf: str, place: tuple[int, ...]) -> frozenset[int]:
        frame: list[Any] = [None] * len(self._machine.slots)
        frame[0] = leaf
        names = self._names
        for slot, number in zip(self._histories[leaf], place, strict=True):
            frame[slot] = names[number]
        return self._relevance.alive(tuple(frame))

    def _mask_of(self, leaf: str, place: tuple[int, ...]) -> tuple[np.uint64, ...]:
        assert not isinstance(self._layout, Dense)
        found = self._masks.get((leaf, place))
        if found is None:
            found = self._masks[leaf, place] = self._layout.mask(self._alive(leaf, place))
        return found

    def _cleared(self, batch: Batch, changed: dict[int, Any]) -> dict[int, Any]:
        """What changed, as far as it still counts in each row."""
        which, places = self._places(batch)
        alive = [self._alive(batch.leaf, place) for place in places]
        for slot in list(changed):
            if slot in (LEAF, CLOCK):
                continue
            counts = np.array([slot in each for each in alive])
            if not counts.all():
                changed[slot] = np.where(counts[which], changed[slot], 0)
        return changed


def _plain(held: Any) -> Any:
    """A column, or one number as Python has it."""
    if isinstance(held, np.ndarray) and held.ndim:
        return held
    return int(held)
