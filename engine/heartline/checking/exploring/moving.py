"""Letting something happen to a batch: one cause, and all that settles after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.clocks import alike, only, picked
from heartline.checking.exploring.graph import WAIT, Label
from heartline.checking.exploring.parts import Act, Count, Put, Say, StartTimer, StopTimer
from heartline.expressions import reads
from heartline.run import MOST_MICROSTEPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartline.checking.exploring.batch import Batch
    from heartline.checking.exploring.explorer import Exploration
    from heartline.checking.exploring.graph import Array
    from heartline.checking.exploring.parts import Group, Offer, Taken, Test
    from heartline.plan import When

__all__ = ["Mover"]


class Mover:
    """Takes ways with batches. `read` are the timers of which somebody asks whether they expired;
    the others are off once they have been handled."""

    def __init__(self, exploration: Exploration, read: set[int]) -> None:
        self._machine = exploration.machine
        self._persons = exploration.persons
        self._parts = exploration.parts
        self._clocks = exploration.clocks
        self._arrivals = exploration.arrivals
        self._notes = exploration.notes
        self._least = {name: exploration.relevance.least(name) for name in self._machine.leaves}
        self._asked: dict[int, frozenset[int]] = {}
        self._label = exploration.label
        self._read = read
        self._names = tuple(exploration.machine.timers)
        self._exact = not exploration.any_time
        self._is_sliced = exploration.slice is not None

    # What can happen ----------------------------------------------------------------------------

    def happen(self, batch: Batch, event: str, label: Label) -> None:
        """Let an event happen to those that take it."""
        taken, _ = self._trigger(batch, self._parts.groups(batch.leaf, event))
        self._settle([(each, 1) for each in taken], label)

    def run_out(self, batch: Batch) -> None:
        """Let time pass to the next deadline, whichever it can be."""
        assert batch.clock is not None
        present = _different(batch.clock)
        running = sorted({timer for each in present for timer in self._clocks.running(each)})
        for timer in running:
            fires, after = self._clocks.fire(batch.clock, timer)
            which = np.flatnonzero(fires)
            if not len(which):
                continue
            ready = batch.take(which if len(which) < batch.size else None)
            if self._exact:
                ready.takes = self._left(batch.clock[which], timer)
            ready.clock = picked(after, which)
            self.settle(ready, Label(WAIT, self._names[timer], None, None, ()))

    def offers(self, batch: Batch) -> tuple[Array, Array, list[tuple[Offer, Array]]] | None:
        """What the engine's roles can draw: where anything can be drawn, where it is sure to be,
        and each choice with its weights."""
        found: list[tuple[Offer, Array]] = []
        nobody = np.zeros(batch.size, dtype=np.bool_)
        total, surely, opened = nobody, nobody, nobody
        for offer in self._parts.offers(batch.leaf):
            if offer.spec.role in self._persons:
                continue
            self._note_whens(offer.whens, batch)
            enabled = _any(batch, offer.tests)
            if enabled is False:
                continue
            weights = self._weights(batch, enabled, offer.weight)
            found.append((offer, weights))
            total = total | (weights > 0)
            opened = opened | enabled
            if self._is_sliced:
                sure = self._weights(batch, _any(batch, offer.sure), offer.sure_weight)
                surely = surely | (sure > 0)
        if not found:
            return None
        if self._is_sliced:
            return total, surely, found
        weightless = np.flatnonzero(opened & ~total)
        if len(weightless) and batch.leaf not in self._notes.weightless:
            self._notes.weightless[batch.leaf] = _example(batch, weightless)
        return total, total, found

    def _weights(self, batch: Batch, enabled: Any, weight: Test | None) -> Array:
        """What a choice weighs in each row, 0 where it is closed."""
        column = np.asarray(1 if weight is None else weight(batch.get))
        if not self._exact:  # then it only matters whether it can be drawn
            return np.broadcast_to(np.logical_and(enabled, column > 0), batch.size)
        return np.where(enabled, np.maximum(np.broadcast_to(column, batch.size), 0), 0).astype(
            np.int32
        )

    # Taking ways --------------------------------------------------------------------------------

    def settle(self, batch: Batch, label: Label) -> None:
        """Let a batch come to rest that has not moved yet."""
        self._settle([(batch, 0)], label)

    def _settle(self, waiting: list[tuple[Batch, int]], label: Label) -> None:
        """Rule 3, and pending timers, until each row rests; then it has arrived."""
        while waiting:
            batch, steps = waiting.pop()
            leaf = self._machine.leaves[batch.leaf]
            if steps > MOST_MICROSTEPS:
                ways = batch.ways[-MOST_MICROSTEPS // 2 :]
                edge = min((way.edge for way in ways), key=lambda each: each.location)
                self._notes.loops.append((edge, _example(batch, np.zeros(1, dtype=np.int64))))
                continue
            rest: Batch | None = batch
            if leaf.final:
                if batch.clock is not None:
                    batch.clock = self._clocks.close(batch.clock)
            elif leaf.eventless:
                taken, rest = self._trigger(batch, self._parts.groups(batch.leaf, "always"))
                waiting += [(each, steps + 1) for each in taken]
            if rest is None:
                continue
            resting = [rest]
            if rest.clock is not None and leaf.handles and not leaf.final:
                taken, resting = self._handle(rest)
                waiting += [(each, steps + 1) for each in taken]
            for each in resting:
                self.arrive(each, label)

    def arrive(self, batch: Batch, label: Label) -> None:
        """A batch rests where it stands."""
        if batch.clock is not None and not self._machine.leaves[batch.leaf].final:
            self._rest(batch)
        for said, some in _speaking(batch):
            whole = Label(label.kind, label.id, label.role, label.spec, batch.ways, said)
            self._arrivals.add(some, self._label(whole))

    def _rest(self, batch: Batch) -> None:
        """Let time pass where persons move next."""
        assert batch.clock is not None
        if self._exact:
            return
        batch.clock = alike(batch.clock)
        if only(batch.clock) == 0:
            return
        offers = self.offers(batch)
        rested = self._clocks.rest(batch.clock)
        if offers is None:
            batch.clock = rested
        elif rested is not batch.clock:
            batch.clock = np.where(offers[1], batch.clock, rested)

    def _handle(self, batch: Batch) -> tuple[list[Batch], list[Batch]]:
        """Offer the pending timers, in their order, to the leaf that handles them."""
        assert batch.clock is not None
        handles = self._machine.leaves[batch.leaf].handles
        orders: dict[tuple[int, ...], list[int]] = {}
        for clock in _different(batch.clock):
            pending = self._clocks.pending(clock)
            here = tuple(timer for timer in pending if self._names[timer] in handles)
            orders.setdefault(here, []).append(clock)
        if set(orders) == {()}:
            return [], [batch]
        taken: list[Batch] = []
        left: list[Batch] = []
        for order, clocks in orders.items():
            which = np.flatnonzero(np.isin(batch.clock, clocks))
            rest: Batch | None = batch.take(which if len(which) < batch.size else None)
            for timer in order:
                if rest is not None:
                    groups = self._parts.after(rest.leaf, self._names[timer])
                    some, rest = self._trigger(rest, groups, timer)
                    taken += some
            if rest is not None:
                left.append(rest)
        return taken, left

    def _trigger(
        self, batch: Batch, groups: Sequence[Group], timer: int | None = None
    ) -> tuple[list[Batch], Batch | None]:
        """Take for each row the first way whose guard holds: the rows by way, and the rest.

        The `timer` that it is taken for waits no longer.
        """
        found: list[Batch] = []
        rest: Batch | None = batch
        before: list[tuple[Group, Batch]] = []
        for group in groups:
            if rest is None:  # all are gone; still it may be that this would have taken some
                self._note_overlaps(group, before)
                continue
            holds = True if group.test is None else group.test(rest.get)
            which = _rows(holds, rest.size)
            self._note(group, rest, which)
            if len(groups) > 1:
                self._note_overlaps(group, before)
            if not len(which):
                continue
            part = which if isinstance(which, np.ndarray) and len(which) < rest.size else None
            for taken, some in self._places(group, rest.take(part)):
                if len(groups) > 1 and not self._is_sliced:
                    before.append((group, some.take(None)))
                if timer is not None:
                    assert some.clock is not None
                    some.clock = self._clocks.take(some.clock, timer)
                self._take(taken, some)
                found.append(some)
            if group.sure is not None:  # it is not sure that these are gone
                which = _rows(group.sure(rest.get), rest.size)
            if len(which) == rest.size:
                rest = None
            elif len(which):
                rest = rest.take(_without(which, rest.size))
        return found, rest

    def _places(self, group: Group, batch: Batch) -> Iterator[tuple[Taken, Batch]]:
        """The rows of a group by what a history holds."""
        if group.history is None:
            yield group.ways[0][1], batch
            return
        held = np.broadcast_to(np.asarray(batch.get(group.history)), batch.size)
        for number in np.unique(held):
            for place, taken in group.ways:
                if place == number:
                    which = np.flatnonzero(held == number)
                    yield taken, batch.take(None if len(which) == batch.size else which)

    def _take(self, taken: Taken, batch: Batch) -> None:
        batch.ways = (*batch.ways, taken.way)
        known = self._least[batch.leaf] & self._least[taken.dest or batch.leaf]
        for operation in taken.leaving:
            self._operate(operation, batch, known)
        if taken.dest is not None:
            batch.leaf = taken.dest
            for operation in taken.entering:
                self._operate(operation, batch, known)

    def perform(self, operations: Sequence[Any], batch: Batch) -> None:
        """Carry out what happens before anybody moves."""
        for operation in operations:
            self._operate(operation, batch, self._least[batch.leaf])

    def _operate(self, operation: Any, batch: Batch, known: frozenset[int]) -> None:
        clocks = self._clocks
        if isinstance(operation, Count):
            held = batch.get(operation.slot)
            batch.changed[operation.slot] = np.minimum(held + 1, operation.cap)
        elif isinstance(operation, Put):
            batch.changed[operation.slot] = batch.reading.numbers.one(
                operation.slot, operation.number
            )
        elif isinstance(operation, StartTimer):
            assert batch.clock is not None
            length = operation.length(batch.get)
            batch.clock = clocks.start(batch.clock, operation.timer, length)
        elif isinstance(operation, StopTimer):
            assert batch.clock is not None
            if operation.expired and operation.timer in self._read:
                batch.clock = clocks.handle(batch.clock, operation.timer)
            else:
                batch.clock = clocks.stop(batch.clock, operation.timer)
        elif isinstance(operation, Say):
            speaks = True if operation.test is None else operation.test(batch.get)
            batch.said[operation.role] = batch.said.get(operation.role, False) | speaks
        elif isinstance(operation, Act):
            assignment = operation.assignment
            value = assignment.value(batch.get)
            if assignment.slot in known:
                self._note_assignment(operation, batch, value)
            else:  # what does not count has no value here, so it may have changed
                self._notes.changed.add(operation.key)
            if not isinstance(value, np.ndarray | np.generic):
                value = batch.reading.numbers.one(assignment.slot, value)
            batch.changed[assignment.slot] = value

    def _left(self, clock: Array, timer: int) -> Array:
        """How long it is to a deadline, which is known exactly."""
        numbers, which = np.unique(clock, return_inverse=True)
        left = [self._clocks.left(int(number), timer)[1] for number in numbers]
        return np.array(left, dtype=np.int64)[which]

    # Notes --------------------------------------------------------------------------------------

    def _note(self, group: Group, batch: Batch, which: Array | range) -> None:
        held = self._notes.held
        _see(held, id(group.way), bool(len(which)), len(which) < batch.size)
        self._note_whens(group.whens, batch)

    def _note_whens(self, whens: Sequence[tuple[When, Test]], batch: Batch) -> None:
        held = self._notes.held
        for when, test in whens:
            if held.get(id(when)) == (True, True):
                continue
            if id(when) not in self._asked:
                slots = {self._machine.layout[symbol] for symbol in reads(when.tree)}
                self._asked[id(when)] = frozenset(slots)
            if self._asked[id(when)] <= self._least[batch.leaf]:
                rows = _rows(test(batch.get), batch.size)
                _see(held, id(when), bool(len(rows)), len(rows) < batch.size)
            else:  # what it reads may not count here, where another part of the guard decides
                held[id(when)] = (True, True)

    def _note_overlaps(self, group: Group, before: list[tuple[Group, Batch]]) -> None:
        if group.test is None:
            return
        for other, batch in before:
            key = (id(other.way), id(group.way))
            if other.test is None or key in self._notes.overlaps:
                continue
            which = _rows(group.test(batch.get), batch.size)
            if len(which):
                self._notes.overlaps[key] = _example(batch, which)

    def _note_assignment(self, operation: Act, batch: Batch, value: Any) -> None:
        notes, key, assignment = self._notes, operation.key, operation.assignment
        if key not in notes.changed and np.any(value != batch.get(assignment.slot)):
            notes.changed.add(key)
        if assignment.stopped is not None and key not in notes.saturated:
            which = _rows(assignment.stopped(batch.get), batch.size)
            if len(which):
                notes.saturated[key] = _example(batch, which)


def _see(held: dict[int, tuple[bool, bool]], key: int, holds: bool, fails: bool) -> None:
    once, never = held.get(key, (False, False))
    held[key] = (once or holds, never or fails)


def _rows(holds: Any, size: int) -> Array | range:
    """The rows in which something holds; a range where it holds in all or none."""
    if isinstance(holds, np.ndarray) and holds.ndim:
        return np.flatnonzero(holds)
    return range(size if holds else 0)


def _different(clock: Array) -> list[int]:
    """The numbers of a column, each once, in their order."""
    one = only(clock)
    if one is not None:
        return [one]
    found: list[int] = np.unique(clock).tolist()
    return found


def _without(which: Array | range, size: int) -> Array:
    left = np.ones(size, dtype=np.bool_)
    left[which] = False
    return np.flatnonzero(left)


def _any(batch: Batch, tests: Sequence[Any]) -> Any:
    """Where one of the branches is open."""
    found: Any = False
    for test in tests:
        if test is None:
            return True
        found = found | test(batch.get)
    return found


def _example(batch: Batch, which: Array | range) -> int:
    """A configuration from which it happened, -1 where nobody keeps them, or at the beginning."""
    beginning = not batch.origin  # where rows are those of the inputs
    return -1 if batch.rows is None or beginning else int(batch.rows[which[0]])


def _speaking(batch: Batch) -> Iterator[tuple[frozenset[str], Batch]]:
    """The rows by who speaks."""
    always = frozenset(
        role for role, speaks in batch.said.items() if not isinstance(speaks, np.ndarray) and speaks
    )
    unsure = [role for role, speaks in batch.said.items() if isinstance(speaks, np.ndarray)]
    if not unsure:
        yield always, batch
        return
    key = np.zeros(batch.size, dtype=np.int64)
    for n, role in enumerate(unsure):
        key |= batch.said[role].astype(np.int64) << n
    for number in np.unique(key):
        which = np.flatnonzero(key == number)
        spoken = {role for n, role in enumerate(unsure) if int(number) >> n & 1}
        yield always | spoken, batch.take(None if len(which) == batch.size else which)
