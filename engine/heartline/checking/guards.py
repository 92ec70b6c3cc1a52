"""What guards can and cannot be, decided over all values that the scenario declares.

A question is a test of a frame, made of compiled guards: "does the third hold where neither of
the first two does?". The search begins with a frame that holds nothing but the leaf. When the
test asks for a slot, its values are tried one by one; so only what the guards really look at is
unfolded. The answer is certain: YES comes with values that the variables may have, NO means that
every combination was tried. Where that would be too many the answer is UNSURE, and whoever asked
keeps silent.

YES does not say that a play gets there: a guard on `trust` may hold for 5 although no play ever
reaches 5. NO holds for every play.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from heartline.expressions import BoolType, IntType

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from heartline.machine import Machine
    from heartline.plan import Leaf, Slot

__all__ = ["Answer", "Guards"]

MOST_TRIES = 3_000  # combinations for one question
MOST_TRIES_IN_ALL = 300_000  # for one scenario: keeps a large one linear
WIDEST_SLOT = 2_001  # values; a wider variable is tried at its ends only


class Answer(Enum):
    """Whether there are values for which a test holds."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class _Needs(Exception):  # it is a question, not a fault
    def __init__(self, slot: int) -> None:
        self.slot = slot


class _TooMany(Exception):
    pass


_UNSET = object()


class _Frame(list[Any]):
    """A frame of which not every slot is known yet."""

    def __getitem__(self, index: Any) -> Any:
        value = super().__getitem__(index)
        if value is _UNSET:
            raise _Needs(index)
        return value


class Guards:
    """Answers questions about the guards of one machine, and remembers the answers."""

    def __init__(self, machine: Machine) -> None:
        self._slots = machine.slots
        self._domains: dict[int, tuple[tuple[Any, ...], bool]] = {}
        self._known: dict[Hashable, Answer] = {}
        self._left = MOST_TRIES_IN_ALL

    def possible(self, test: Callable[[Sequence[Any]], Any], leaf: Leaf, key: Hashable) -> Answer:
        """Whether the test can hold in this leaf. Equal keys must mean equal tests."""
        for known in (key, (key, leaf.name)):
            if known in self._known:
                return self._known[known]
        search = _Search(self, test, leaf, min(MOST_TRIES, self._left))
        answer = search.run()
        self._left -= search.tried
        self._known[(key, leaf.name) if search.local else key] = answer
        return answer

    def domain(self, slot: int) -> tuple[tuple[Any, ...], bool]:
        """The values of a slot, the ends first, and whether these are all."""
        if slot not in self._domains:
            self._domains[slot] = _values(self._slots[slot])
        return self._domains[slot]

    def own_visits(self, slot: int, leaf: Leaf) -> bool:
        """Whether the slot counts visits of this leaf or of a state around it."""
        symbol = self._slots[slot].symbol
        return symbol[0] == "visits" and symbol[1] in leaf.path

    @property
    def size(self) -> int:
        """How many slots a frame has."""
        return len(self._slots)


class _Search:
    """One question: a walk through the values of the slots that the test asks for."""

    def __init__(
        self, guards: Guards, test: Callable[[Sequence[Any]], Any], leaf: Leaf, budget: int
    ) -> None:
        self.guards = guards
        self.test = test
        self.leaf = leaf
        self.budget = budget
        self.frame = _Frame([_UNSET] * guards.size)
        self.tried = 0
        self.complete = True
        self.local = False  # the answer holds for this leaf only

    def run(self) -> Answer:
        try:
            if self._holds():
                return Answer.YES
        except (_TooMany, RecursionError):
            return Answer.UNSURE
        return Answer.NO if self.complete else Answer.UNSURE

    def _holds(self) -> bool:
        self.tried += 1
        if self.tried > self.budget:
            raise _TooMany
        try:
            return bool(self.test(self.frame))
        except _Needs as need:
            slot = need.slot
        for value in self._values(slot):
            self.frame[slot] = value
            if self._holds():
                return True
        self.frame[slot] = _UNSET
        return False

    def _values(self, slot: int) -> tuple[Any, ...]:
        if slot == 0:
            self.local = True
            return (self.leaf.name,)
        values, complete = self.guards.domain(slot)
        if not complete:
            self.complete = False
        if self.guards.own_visits(slot, self.leaf):  # whoever is here has come here
            self.local = True
            return tuple(value for value in values if value > 0) or values
        return values


def _values(slot: Slot) -> tuple[tuple[Any, ...], bool]:
    kind, symbol = slot.type, slot.symbol[0]
    if symbol == "timer":
        return (0, 1, 2, 3), True
    if symbol in ("visits", "taken"):
        return tuple(range(slot.cap + 1)), True
    if isinstance(kind, BoolType):
        return (False, True), True
    if isinstance(kind, IntType):
        if kind.high - kind.low < WIDEST_SLOT:
            inner = range(kind.low + 1, kind.high)
            ends = (kind.low, kind.high) if kind.low < kind.high else (kind.low,)
            return (*ends, *inner), True
        return tuple(sorted({kind.low, kind.high, min(max(0, kind.low), kind.high)})), False
    values = getattr(kind, "values", None)  # an enum's or a duration's; a guard reads nothing else
    return values or (), values is not None
