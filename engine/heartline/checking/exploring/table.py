"""Which configurations are known, and by which numbers.

Two tables with one meaning: `add` takes configurations, gives their numbers, and says which of them
are new. `DenseTable` has a place for every possible one; `HashTable` finds its places by hashing,
compares whole configurations, and so never takes two for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array
    from heartline.checking.exploring.layout import Codes

__all__ = ["DenseTable", "HashTable"]

_FIRST = 1 << 12  # places
_PIECE = 1 << 17  # configurations that are looked up at once
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_SHIFT = np.uint64(32)


class _Stored:
    """The configurations in the order of their numbers, in arrays that grow by half.

    Room that nothing was written to costs no memory, so where it is known how many there can be,
    there is `room` for all of them from the beginning.
    """

    def __init__(self, words: int, dtype: type, room: int = _FIRST) -> None:
        self.count = 0
        self._codes: list[Array] = [np.empty(room, dtype=dtype) for _ in range(words)]

    def append(self, codes: Codes) -> None:
        count = self.count + len(codes[0])
        if count > len(self._codes[0]):
            room = max(count, len(self._codes[0]) * 3 // 2)
            for n, stored in enumerate(self._codes):
                larger = np.empty(room, dtype=stored.dtype)
                larger[: self.count] = stored[: self.count]
                self._codes[n] = larger
        for stored, code in zip(self._codes, codes, strict=True):
            stored[self.count : count] = code
        self.count = count

    def codes(self, which: Array | slice) -> Codes:
        return tuple(stored[: self.count][which] for stored in self._codes)

    @property
    def nbytes(self) -> int:
        return self.count * sum(stored.itemsize for stored in self._codes)


class DenseTable:
    """A place for every possible configuration; with `numbered` it knows their numbers, else only
    whether they are known, and `add` gives no numbers."""

    def __init__(self, size: int, *, numbered: bool) -> None:
        self._stored = _Stored(1, np.uint32, size)
        self._numbers = np.full(size, -1, dtype=np.int32) if numbered else None
        self._seen = np.zeros(0 if numbered else size, dtype=np.bool_)

    def __len__(self) -> int:
        return self._stored.count

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return (
            self._stored.nbytes
            + self._seen.nbytes
            + (self._numbers.nbytes if self._numbers is not None else 0)
        )

    def codes(self, which: Array | slice) -> Codes:
        """The configurations with these numbers."""
        return self._stored.codes(which)

    def add(self, codes: Codes) -> Array | None:
        """The numbers of these configurations, new ones included."""
        code = codes[0]
        if self._numbers is None:
            fresh = code[~self._seen[code]]
            if len(fresh):
                fresh = np.sort(fresh)
                first = np.empty(len(fresh), dtype=np.bool_)
                first[0] = True
                np.not_equal(fresh[1:], fresh[:-1], out=first[1:])
                fresh = fresh[first]
                self._seen[fresh] = True
                self._stored.append((fresh,))
            return None
        numbers = self._numbers[code]
        fresh = np.flatnonzero(numbers < 0)
        if len(fresh):
            wanted = code[fresh]
            places = np.arange(len(fresh), dtype=np.int32)
            self._numbers[wanted[::-1]] = places[::-1]  # the first of equal ones stays
            is_first = self._numbers[wanted] == places
            chosen = wanted[is_first]
            start = self._stored.count
            self._numbers[chosen] = np.arange(start, start + len(chosen), dtype=np.int32)
            self._stored.append((chosen,))
            numbers[fresh] = self._numbers[wanted]
        return numbers


class HashTable:
    """Open addressing: a place is found by a hash, and the next one is tried where it is taken."""

    def __init__(self, words: int) -> None:
        self._stored = _Stored(words, np.uint64)
        self._places = np.full(_FIRST, -1, dtype=np.int32)

    def __len__(self) -> int:
        return self._stored.count

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        return self._stored.nbytes + self._places.nbytes

    def codes(self, which: Array | slice) -> Codes:
        """The configurations with these numbers."""
        return self._stored.codes(which)

    def add(self, codes: Codes) -> Array:
        """The numbers of these configurations, new ones included."""
        rows = len(codes[0])
        if rows > _PIECE:
            pieces = range(0, rows, _PIECE)
            return np.concatenate(
                [self.add(tuple(code[at : at + _PIECE] for code in codes)) for at in pieces]
            )
        self._make_room(rows)
        mask = len(self._places) - 1
        places = _hash(codes) & np.int64(mask)
        numbers = np.empty(rows, dtype=np.int32)
        waiting = np.arange(rows, dtype=np.int32)
        here = codes
        while len(waiting):
            held = self._places[places]
            empty = np.flatnonzero(held < 0)
            if len(empty):
                spots = places[empty]
                tags = -2 - empty.astype(np.int32)
                self._places[spots[::-1]] = tags[::-1]
                won = self._places[spots] == tags
                winners = empty[won]
                start = self._stored.count
                given = np.arange(start, start + len(winners), dtype=np.int32)
                self._places[spots[won]] = given
                self._stored.append(tuple(code[winners] for code in here))
                held = self._places[places]  # who lost looks at who won
            same = np.ones(len(held), dtype=np.bool_)
            for code, stored in zip(here, self._stored.codes(held), strict=True):
                same &= code == stored
            numbers[waiting[same]] = held[same]
            other = np.flatnonzero(~same)
            waiting = waiting[other]
            here = tuple(code[other] for code in here)
            places = (places[other] + 1) & mask
        return numbers

    def _make_room(self, rows: int) -> None:
        count = self._stored.count
        size = len(self._places)
        if (count + rows) * 5 <= size * 3:
            return
        while (count + rows) * 5 > size * 3:
            size *= 2
        self._places = np.full(size, -1, dtype=np.int32)
        step = 1 << 20
        for start in range(0, count, step):
            end = min(count, start + step)
            self._put(np.arange(start, end, dtype=np.int32), self._stored.codes(slice(start, end)))

    def _put(self, numbers: Array, codes: Codes) -> None:
        """Find places for known configurations, which are all different."""
        mask = len(self._places) - 1
        places = _hash(codes) & np.int64(mask)
        while len(numbers):
            empty = np.flatnonzero(self._places[places] < 0)
            spots = places[empty]
            self._places[spots] = numbers[empty]
            placed = self._places[places] == numbers
            left = np.flatnonzero(~placed)
            numbers = numbers[left]
            places = (places[left] + 1) & mask


def _hash(codes: Codes) -> Array:
    mixed = codes[0] * _MIX[0]
    mixed ^= mixed >> _SHIFT
    for n, code in enumerate(codes[1:], 1):
        mixed = (mixed ^ code) * _MIX[n % len(_MIX)]
        mixed ^= mixed >> _SHIFT
    mixed *= _MIX[1]
    mixed ^= mixed >> _SHIFT
    found: Array = mixed.view(np.int64)
    return found
