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

__all__ = ["AT_ONCE", "DenseTable", "HashTable"]

_FIRST = 1 << 12  # places
AT_ONCE = 1 << 17  # configurations that are looked up at once
_MOVED = 1 << 15  # configurations whose places are found at once as the table grows
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_SHIFT = np.uint64(32)


class _Stored:
    """The configurations in the order of their numbers, in arrays that double.

    Room that nothing was written to costs no memory, so where it is known how many there can be,
    there is `room` for all of them from the beginning.
    """

    def __init__(self, words: int, dtype: type, room: int = _FIRST) -> None:
        self.count = 0
        self._codes: list[Array] = [np.empty(room, dtype=dtype) for _ in range(words)]

    def append(self, codes: Codes) -> None:
        count = self.count + len(codes[0])
        if count > len(self._codes[0]):
            room = max(count, len(self._codes[0]) * 2)
            for n, stored in enumerate(self._codes):
                larger = np.empty(room, dtype=stored.dtype)
                larger[: self.count] = stored[: self.count]
                self._codes[n] = larger
        for stored, code in zip(self._codes, codes, strict=True):
            stored[self.count : count] = code
        self.count = count

    def codes(self, which: Array | slice) -> Codes:
        return tuple(stored[: self.count][which] for stored in self._codes)

    def differ(self, which: Array, codes: Codes) -> Array:
        """Which of these are other ones than those with these numbers."""
        which = which.astype(np.intp)
        found: Array = self._codes[0].take(which) != codes[0]
        for stored, code in zip(self._codes[1:], codes[1:], strict=True):
            found |= stored.take(which) != code
        return found

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
        if rows > AT_ONCE:
            pieces = range(0, rows, AT_ONCE)
            return np.concatenate(
                [self.add(tuple(code[at : at + AT_ONCE] for code in codes)) for at in pieces]
            )
        self._make_room(rows)
        mask = len(self._places) - 1
        places = _hash(codes) & np.int64(mask)
        numbers = np.empty(rows, dtype=np.int32)
        waiting: Array | slice = slice(None)
        here = codes
        while len(places):
            held = self._places.take(places)
            empty = np.flatnonzero(held < 0)
            if len(empty):
                held[empty] = self._settle(places.take(empty), empty, here)
            numbers[waiting] = held  # of those that are other ones it is said again
            other = np.flatnonzero(self._stored.differ(held, here))
            waiting = other if isinstance(waiting, slice) else waiting.take(other)
            here = tuple(code.take(other) for code in here)
            places = (places.take(other) + 1) & mask
        return numbers

    def _settle(self, spots: Array, which: Array, codes: Codes) -> Array:
        """Let each empty place be that of the first of these that asks for it; who has them now."""
        tags = np.arange(-2, -2 - len(spots), -1, dtype=np.int32)
        self._places[spots[::-1]] = tags[::-1]
        won = np.flatnonzero(self._places.take(spots) == tags)
        start = self._stored.count
        self._places[spots.take(won)] = np.arange(start, start + len(won), dtype=np.int32)
        winners = which.take(won)
        self._stored.append(tuple(code.take(winners) for code in codes))
        return self._places.take(spots)  # who lost looks at who won

    def _make_room(self, rows: int) -> None:
        count = self._stored.count
        size = len(self._places)
        if (count + rows) * 5 <= size * 3:
            return
        while (count + rows) * 5 > size * 3:
            size *= 2
        self._places = np.full(size, -1, dtype=np.int32)
        for start in range(0, count, _MOVED):
            end = min(count, start + _MOVED)
            self._put(np.arange(start, end, dtype=np.int32), self._stored.codes(slice(start, end)))

    def _put(self, numbers: Array, codes: Codes) -> None:
        """Find places for known configurations, which are all different."""
        mask = len(self._places) - 1
        places = _hash(codes) & np.int64(mask)
        while len(numbers):
            empty = np.flatnonzero(self._places.take(places) < 0)
            self._places[places.take(empty)] = numbers.take(empty)
            left = np.flatnonzero(self._places.take(places) != numbers)
            numbers = numbers.take(left)
            places = (places.take(left) + 1) & mask


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
