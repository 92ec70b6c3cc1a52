"""Values as numbers: what a column of a slot holds, and what it stands for.

A bool is 0 or 1 and an int itself. An enum's value is its number among all values of all enums, so
that two enums can be compared; a duration is its microseconds; a leaf, and what a history
remembers, is a state's number, 0 for none, and the leaves from 1 in the order of the machine; a
timer is its status. Texts are no numbers: nothing that decides reads one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from heartline.expressions import BoolType, DurationType, EnumType, IntType, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.expressions import Tree
    from heartline.machine import Machine

__all__ = ["Coding", "microseconds"]

_TIMER_STATUSES = range(4)


def microseconds(length: timedelta) -> int:
    """A length as a whole number, exactly."""
    return length // timedelta(microseconds=1)


class Coding:
    """The numbers of one machine's values.

    `domains` has, for each slot, the numbers that it can hold, in rising order; () for a text.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.words: dict[str, int] = {}
        for tree in _trees(machine):
            for node in walk(tree):
                if isinstance(node.type, EnumType):
                    for word in node.type.values:
                        self.words.setdefault(word, len(self.words))
        for slot in machine.slots:
            if isinstance(slot.type, EnumType):
                for word in slot.type.values:
                    self.words.setdefault(word, len(self.words))
        self.texts = list(self.words)
        self.leaves: dict[str | None, int] = {None: 0}
        self.leaves.update({name: n for n, name in enumerate(machine.leaves, 1)})
        self.leaves.update({  # a shallow history remembers a state of any kind
            name: n
            for n, name in enumerate(
                (each for each in machine.states if each not in machine.leaves),
                len(self.leaves),
            )
        })  # fmt: skip
        self.names = list(self.leaves)
        remembered: dict[int, set[int]] = {}
        for wiring in machine.wirings:
            for place, name in wiring.remembers:
                remembered.setdefault(place, {0}).add(self.leaves[name])
        self.domains = tuple(tuple(self._domain(n, remembered)) for n in range(len(machine.slots)))

    def number(self, slot: int, value: object) -> int:
        """The number that stands for a value."""
        kind = self.machine.slots[slot].symbol[0]
        if kind in ("leaf", "history"):
            assert value is None or isinstance(value, str)
            return self.leaves[value]
        return self.word(value)

    def word(self, value: object) -> int:
        """The number that stands for a value of an expression."""
        if isinstance(value, timedelta):
            return microseconds(value)
        if isinstance(value, str):
            return self.words.setdefault(value, len(self.words))
        assert isinstance(value, int)
        return int(value)

    def value(self, slot: int, number: int) -> object:
        """The value that a number stands for."""
        place = self.machine.slots[slot]
        if place.symbol[0] in ("leaf", "history"):
            return self.names[number]
        if isinstance(place.type, BoolType):
            return bool(number)
        if isinstance(place.type, EnumType):
            return self.texts[number]
        if isinstance(place.type, DurationType):
            return timedelta(microseconds=number)
        return int(number)

    def _domain(self, index: int, remembered: dict[int, set[int]]) -> Iterator[int]:
        slot = self.machine.slots[index]
        kind, type_ = slot.symbol[0], slot.type
        if kind == "leaf":
            yield from range(1, len(self.machine.leaves) + 1)
        elif kind == "history":
            yield from sorted(remembered.get(index, {0}))
        elif kind == "timer":
            yield from _TIMER_STATUSES
        elif kind in ("visits", "taken"):
            yield from range(slot.cap + 1)
        elif isinstance(type_, BoolType):
            yield from (0, 1)
        elif isinstance(type_, IntType):
            yield from range(type_.low, type_.high + 1)
        elif isinstance(type_, EnumType):
            yield from sorted(self.words[word] for word in type_.values)
        elif isinstance(type_, DurationType):
            yield from map(microseconds, type_.values or ())


def _trees(machine: Machine) -> Iterator[Tree]:
    for when in machine.whens:
        yield when.tree
    for edge in machine.edges:
        if edge.condition is not None:
            yield edge.condition
    for promise in machine.promises:
        yield from promise.trees.values()
