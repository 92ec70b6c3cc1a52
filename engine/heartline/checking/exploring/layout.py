"""A configuration as one number, or a few: which part of it holds which slot.

`Dense` counts: every combination of values has its own number, and the numbers are few enough for
a map of all of them. `Packed` gives each slot some bits of one or more 64-bit words; this holds
whatever the machine has. Which slots count where is decided by the caller: what is dead is 0.

Both read digits, which count a slot's numbers (heartline.checking.exploring.coding) from 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from heartline.expressions import BoolType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heartline.checking.exploring.coding import Coding
    from heartline.checking.exploring.graph import Array

    Codes = tuple[Array, ...]

__all__ = ["CLOCK", "LEAF", "MOST_DENSE", "Dense", "Numbers", "Packed"]

LEAF = 0  # the slot of the leaf
CLOCK = -1  # what all timers hold together has no slot of its own
MOST_DENSE = 1 << 28  # numbers; a byte or four each are kept
_WORD = 64


class Numbers:
    """Digits to numbers and back, for each slot."""

    def __init__(self, coding: Coding) -> None:
        self._domains = coding.domains
        self._bools = {
            n for n, slot in enumerate(coding.machine.slots) if isinstance(slot.type, BoolType)
        }
        self._tables: dict[int, Array] = {}
        self._places: dict[int, Array] = {}
        for slot, domain in enumerate(self._domains):
            if domain and domain != tuple(range(domain[0], domain[0] + len(domain))):
                self._tables[slot] = np.array(domain, dtype=np.int64)

    def size(self, slot: int) -> int:
        """How many numbers a slot can hold."""
        return len(self._domains[slot])

    def one(self, slot: int, number: int) -> Any:
        """One number for all rows, as columns of this slot hold it."""
        if slot in self._bools:
            return np.bool_(number)
        return np.int64(number) if slot in self._tables else np.int32(number)

    def column(self, slot: int, numbers: Array) -> Array:
        """Numbers from outside, as columns of this slot hold them."""
        wanted = np.bool_ if slot in self._bools else np.int64 if slot in self._tables else np.int32
        return numbers.astype(wanted)

    def of(self, slot: int, digits: Array) -> Array:
        """The numbers that these digits stand for."""
        if slot in self._bools:
            truth: Array = digits != 0
            return truth
        table = self._tables.get(slot)
        if table is not None:
            found: Array = table[digits]
            return found
        low = self._domains[slot][0]
        return digits if low == 0 else digits + low

    def digits(self, slot: int, numbers: Array) -> Array:
        """The digits of these numbers, all of which the slot can hold."""
        table = self._tables.get(slot)
        if table is not None:
            return np.searchsorted(table, numbers)
        low = self._domains[slot][0]
        return numbers if low == 0 else numbers - low


class _Place(NamedTuple):
    word: int
    shift: int
    mask: int


class Packed:
    """Each slot has its own bits in one or more words."""

    is_dense = False

    def __init__(self, sizes: Mapping[int, int]) -> None:
        self.places: dict[int, _Place] = {}
        room: list[int] = []
        widths = {key: max(1, (size - 1).bit_length()) for key, size in sizes.items() if size > 1}
        for key, width in sorted(widths.items(), key=lambda each: (-each[1], each[0])):
            word = next((n for n, used in enumerate(room) if used + width <= _WORD), len(room))
            if word == len(room):
                room.append(0)
            self.places[key] = _Place(word, room[word], (1 << width) - 1)
            room[word] += width
        self.words = max(1, len(room))
        self._masks: dict[tuple[int, ...], tuple[np.uint64, ...]] = {}

    def blank(self, rows: int) -> Codes:
        """Configurations that hold nothing but 0."""
        return tuple(np.zeros(rows, dtype=np.uint64) for _ in range(self.words))

    def read(self, codes: Codes, key: int) -> Array:
        """The digits of a slot."""
        place = self.places.get(key)
        if place is None:
            return np.zeros(len(codes[0]), dtype=np.int32)
        digits = codes[place.word] >> np.uint64(place.shift)
        digits &= np.uint64(place.mask)
        found: Array = digits.astype(np.int64 if place.mask >> 31 else np.int32)
        return found

    def mask(self, keys: Iterable[int]) -> tuple[np.uint64, ...]:
        """For each word the bits of these slots."""
        wanted = tuple(keys)
        found = self._masks.get(wanted)
        if found is None:
            masks = [0] * self.words
            for key in wanted:
                place = self.places.get(key)
                if place is not None:
                    masks[place.word] |= place.mask << place.shift
            found = self._masks[wanted] = tuple(np.uint64(each) for each in masks)
        return found

    def write(
        self, codes: Codes, kept: Sequence[np.uint64 | Array], changed: Mapping[int, Array | int]
    ) -> Codes:
        """Other configurations: of these the bits that are `kept` (none of what is changed), and
        for each slot that changed its digits."""
        parts: list[Array] = [code & mask for code, mask in zip(codes, kept, strict=True)]
        for key, digits in changed.items():
            place = self.places.get(key)
            if place is None:
                continue
            if isinstance(digits, np.ndarray):
                bits = digits.astype(np.uint64)
                if place.shift:
                    bits <<= np.uint64(place.shift)
                parts[place.word] |= bits
            elif digits:
                parts[place.word] |= np.uint64(int(digits) << place.shift)
        return tuple(parts)


class Dense:
    """Every combination of values has its own number, up to `size`."""

    is_dense = True
    words = 1

    def __init__(self, sizes: Mapping[int, int]) -> None:
        self.strides: dict[int, int] = {}
        self.sizes = dict(sizes)
        self.size = 1
        for key, size in sizes.items():
            if size > 1:
                self.strides[key] = self.size
                self.size *= size
        last = next(reversed(self.strides), None)
        self._last = last

    def blank(self, rows: int) -> Codes:
        """Configurations that hold nothing but 0."""
        return (np.zeros(rows, dtype=np.uint32),)

    def read(self, codes: Codes, key: int) -> Array:
        """The digits of a slot."""
        stride = self.strides.get(key)
        if stride is None:
            return np.zeros(len(codes[0]), dtype=np.int32)
        digits = codes[0]
        if stride > 1:
            digits = digits // np.uint32(stride)
        if key != self._last:
            size = np.uint32(self.sizes[key])
            digits = digits - digits // size * size
        found: Array = digits.view(np.int32) if digits is not codes[0] else digits.astype(np.int32)
        return found

    def move(self, codes: Codes, changed: Mapping[int, Any], old: Mapping[int, Any]) -> Codes:
        """Other configurations: these, with the digits of each slot that changed; `old` has what
        the same slots held."""
        code = codes[0]
        whole = 0
        for key, digits in changed.items():
            stride = self.strides.get(key)
            if stride is None:
                continue
            before = old[key]
            if isinstance(digits, np.ndarray) or isinstance(before, np.ndarray):
                by = (digits - before) * stride
                code = code + by.astype(np.uint32)  # below 0 it wraps, and the sum comes out right
            else:
                whole += (digits - before) * stride
        if whole:
            code = code + np.uint32(whole % (1 << 32))
        return (code,)
