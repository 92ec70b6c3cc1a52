"""The rule of one promise as tables: from how it stands, and what a move is to it, how it stands.

Nothing of what a promise means is said here: each entry of a table is what `patterns.Rule` makes of
it, asked in the order in which a Monitor asks.

How a promise can stand at one configuration, over all the plays that lead there, is one small
number, its standing. For most patterns the marks have an order: what can break a promise that
stands at a mark can break it at any higher mark too, no later. So the highest mark is enough, and
the standing is that, counted from 1. What was done once is done for good, for `must` and
`eventually`: there the standing is a set of marks, bit by bit. 0 is no play at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.patterns import BROKEN, CLOSED, DONE, OWED, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.checking.exploring.graph import Array
    from heartline.plan import Promise

__all__ = ["AFTER", "BEFORE", "MAIN", "OTHER", "Event", "Outcome", "Standings", "fields", "rule_of"]

MAIN, OTHER, AFTER, BEFORE = range(4)  # the places of a promise's expressions in a letter
Letter = tuple[bool, bool, bool, bool]

_SETS = ("must", "eventually")  # patterns whose marks have no order
_SHIFT = 3  # from a mark to a standing: DONE is 1, CLOSED 2


def fields(promise: Promise) -> Mapping[int, str]:
    """The names of a promise's expressions by their places."""
    trees, pattern = promise.trees, promise.pattern
    found = {MAIN: pattern, AFTER: "after", BEFORE: "before"}
    if pattern == "must":
        found = {MAIN: pattern, OTHER: "before", AFTER: "after"}
    elif pattern == "whenever":
        found[OTHER] = "leads_to"
    return {place: name for place, name in found.items() if name in trees}


def rule_of(promise: Promise) -> Rule:
    """The rule of a promise, over letters instead of frames."""
    tests = {name: itemgetter(place) for place, name in fields(promise).items()}
    return Rule.of(promise, tests)


@dataclass(frozen=True, slots=True)
class Event:
    """What a move is to a promise.

    `now` is which of its expressions hold in the moment, None outside of the included file whose
    promise it is; `last` the same where that file ended on the way. `over` says that the play is,
    `turns` that the turn ends and the play goes on.
    """

    now: Letter | None
    last: Letter | None = None
    over: bool = False
    turns: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a promise stands after a move: its mark, whether it was put to the test, and, where it
    was broken, the mark before that and whether its scope was closing then."""

    mark: int
    tried: bool
    before: int = 0
    late: bool = False


def outcome(rule: Rule, mark: int, event: Event) -> Outcome:
    """What a Monitor makes of a move (heartline.checking.monitor), for one promise."""
    moved, tried, late = mark, False, False
    if rule.promise.host is None:
        assert event.now is not None
        moved = rule.move(mark, event.now)
        if event.over:
            moved = rule.over(moved)
        tried, late = rule.tried(moved), event.now[BEFORE]
    else:
        if event.last is not None:
            moved = rule.over(rule.move(rule.first if moved == CLOSED else moved, event.last))
            tried, late = rule.tried(moved), event.last[BEFORE]
            if moved != BROKEN:
                moved = CLOSED
        if moved != BROKEN:
            if event.now is None:
                moved = CLOSED
            else:
                moved = rule.move(rule.first if moved == CLOSED else moved, event.now)
                tried, late = tried or rule.tried(moved), event.now[BEFORE]
    if moved == BROKEN or not event.turns:
        return Outcome(moved, tried, mark, late)
    turned = rule.turned(moved)
    return Outcome(turned, tried, moved, late=False)


class Standings:
    """The tables of a promise, for the events that there are.

    `then[event, standing]` is the standing after it, `breaks` whether it breaks the promise, and
    `tries` whether it puts it to the test. `join` is the ufunc that joins two standings.
    """

    def __init__(self, promise: Promise, events: Sequence[Event]) -> None:
        self.rule = rule_of(promise)
        self.events = events
        self.is_set = promise.pattern in _SETS
        first = self.rule.first if promise.host is None else CLOSED
        self.marks = self._marks(first)
        self.join: Any = np.bitwise_or if self.is_set else np.maximum
        count = 1 << len(self.marks) if self.is_set else max(self.marks) + _SHIFT + 1
        small = np.uint8 if count <= 256 else np.uint16 if count <= 65_536 else np.int32
        self.then: Array = np.zeros((len(events), count), dtype=small)
        self.breaks: Array = np.zeros((len(events), count), dtype=np.bool_)
        self.tries: Array = np.zeros((len(events), count), dtype=np.bool_)
        self._fill(count)
        self.first = self.standing(first)
        self.tried_at_first = self.rule.tried(first)

    def standing(self, mark: int) -> int:
        """The number of a mark by itself; 0 for one that needs no more looking after."""
        mark = self._same(mark)
        if mark == BROKEN or (mark == DONE and self.rule.promise.host is None):
            return 0
        return 1 << self.marks.index(mark) if self.is_set else mark + _SHIFT

    def within(self, standing: int) -> list[int]:
        """The marks of a standing."""
        if self.is_set:
            return [mark for n, mark in enumerate(self.marks) if standing >> n & 1]
        return [standing - _SHIFT] if standing else []

    def _same(self, mark: int) -> int:
        """One mark for all that differ in nothing that can still come."""
        if self.rule.promise.pattern == "whenever" and 0 <= mark < OWED:
            return 0
        if self.rule.promise.pattern == "of" and self.rule.by_moment and mark > 0:
            return mark - mark % 2
        return mark

    def _marks(self, first: int) -> list[int]:
        """All marks that it can stand at, in rising order."""
        found, waiting = {first}, [first]
        while waiting:
            mark = waiting.pop()
            for event in self.events:
                moved = self._same(outcome(self.rule, mark, event).mark)
                if moved not in found and moved != BROKEN:
                    found.add(moved)
                    waiting.append(moved)
        return sorted(found)

    def _fill(self, count: int) -> None:
        singles = {self.standing(mark): mark for mark in self.marks if self.standing(mark)}
        for n, event in enumerate(self.events):
            for standing, mark in singles.items():
                after = outcome(self.rule, mark, event)
                self.then[n, standing] = self.standing(after.mark)
                self.breaks[n, standing] = after.mark == BROKEN
                self.tries[n, standing] = after.tried
        if self.is_set:
            for standing in range(count):
                for single in singles:
                    if standing & single and standing != single:
                        self.then[:, standing] |= self.then[:, single]
                        self.breaks[:, standing] |= self.breaks[:, single]
                        self.tries[:, standing] |= self.tries[:, single]
