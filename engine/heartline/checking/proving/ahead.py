"""Whether some way on from a configuration leads to what is asked for, of many questions at once.

Each question has a bit in a word of each configuration. Of a question that asks nothing of a move
but where it leads, all is in the word of that place; of others, each move is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.checking.exploring.graph import Array
    from heartline.checking.proving.ordering import Order
    from heartline.checking.proving.parts import Part

__all__ = ["Asked", "ahead"]

_WORDS = (np.uint8, np.uint16, np.uint32, np.uint64)
_BITS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """From where some way leads to a move whose event is one of `here`, over moves whose events
    are among `on` (one truth value for each event of the part)."""

    part: Part
    here: Array
    on: Array


def ahead(order: Order, asked: Sequence[Asked], open_: Array | None = None) -> Iterator[Array]:
    """The answer to each question, as a mask of all configurations. Those of `open_` count too."""
    for at in range(0, len(asked), _BITS):
        group = _Group(len(order.graph), asked[at : at + _BITS], open_)
        order.back([group], labelled=group.is_labelled)
        yield from group.answers()


class _Group:
    """Questions that share a word. It is itself a heartline.checking.proving.ordering.Question."""

    def __init__(self, count: int, asked: Sequence[Asked], open_: Array | None) -> None:
        self._count = len(asked)
        kind = next(each for each in _WORDS if np.iinfo(each).bits >= len(asked))
        every = int(np.iinfo(kind).max)
        self._found: Array = np.zeros(count, dtype=kind)  # what lies ahead
        if open_ is not None:
            self._found[open_] = every
        # What a move brings from where it leads: what is kept of that word, and what comes to it.
        self._keeps: Array | None = None
        self._comes: Array = np.zeros(count, dtype=kind)
        self._moved: list[tuple[Part, Array, Array]] = []
        for n, each in enumerate(asked):
            keeps = np.where(each.on, every, every ^ (1 << n)).astype(kind)
            comes = np.where(each.here, 1 << n, 0).astype(kind)
            where = each.part.by_node
            if where is None:
                self._moved.append((each.part, keeps, comes))
                continue
            self._comes |= comes[where]
            if not each.on.all():
                if self._keeps is None:
                    self._keeps = np.full(count, every, dtype=kind)
                self._keeps &= keeps[where]
        self._brings = self._brought(slice(None))
        self.is_labelled = bool(self._moved)

    def _brought(self, nodes: Any) -> Array:
        found: Array = self._found[nodes] | self._comes[nodes]
        if self._keeps is not None:
            found &= self._keeps[nodes] | self._comes[nodes]
        return found

    def renew(self, nodes: Array, firsts: Array, targets: Array, labels: Array) -> bool:
        """See Question."""
        words: Array = self._brings[targets]
        for part, keeps, comes in self._moved:
            events = part.of(labels, targets)
            words &= keeps[events]
            words |= comes[events]
        before = self._found[nodes]
        found = np.bitwise_or.reduceat(words, firsts) | before
        self._found[nodes] = found
        self._brings[nodes] = self._brought(nodes)
        return not np.array_equal(found, before)

    def answers(self) -> Iterator[Array]:
        """A mask for each question."""
        for n in range(self._count):
            yield (self._found & self._found.dtype.type(1 << n)) != 0
