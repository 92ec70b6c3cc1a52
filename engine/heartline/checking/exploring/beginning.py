"""Where an exploration begins: with every value of every input, or with given configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from heartline.checking.exploring.batch import Batch
from heartline.checking.exploring.graph import BEGIN, Label, Root
from heartline.checking.exploring.kept import joined
from heartline.checking.exploring.layout import LEAF
from heartline.plan import HANDLED, PENDING, RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heartline.checking.exploring.explorer import Exploration
    from heartline.checking.exploring.graph import Array

__all__ = ["begin", "first_frames"]

MOST_FIRST = 1 << 22  # combinations of inputs that are looked at together


def first_frames(exploration: Exploration) -> Mapping[int, Array]:
    """A column for each input that matters: together they are all combinations of values."""
    machine, domains = exploration.machine, exploration.coding.domains
    asked = [n for n in sorted(exploration.tracked) if machine.slots[n].input]
    count = 1
    for slot in asked:
        count *= len(domains[slot])
    if count > MOST_FIRST:
        raise MemoryError
    columns: dict[int, Array] = {}
    before = 1
    for slot in asked:
        values = np.array(domains[slot], dtype=np.int64)
        before *= len(values)
        columns[slot] = np.tile(np.repeat(values, count // before), before // len(values))
    return columns or {LEAF: np.array([exploration.coding.leaves[machine.initial]])}


def begin(exploration: Exploration, frames: Mapping[int, Array], *, opening: bool) -> list[Root]:
    """Put the first configurations into the table: after the `opening`, or as they are, with what
    follows from them by itself."""
    coding, machine = exploration.coding, exploration.machine
    count = len(next(iter(frames.values())))
    leaves = frames.get(LEAF, np.full(count, coding.leaves[machine.initial]))
    exploration.arrivals.clear()
    for number in np.unique(leaves):
        name = coding.names[int(number)]
        assert name is not None
        rows = np.flatnonzero(leaves == number)
        codes = exploration.layout.blank(len(rows))
        clock = np.zeros(len(rows), dtype=np.int64) if machine.timers else None
        batch = Batch(exploration.reading, name, codes, clock, rows)
        batch.origin = ""
        for slot in exploration.tracked:
            if slot in frames:
                batch.changed[slot] = exploration.numbers.column(slot, frames[slot][rows])
            else:
                number = coding.number(slot, machine.slots[slot].initial)
                batch.changed[slot] = exploration.numbers.one(slot, number)
        label = Label(BEGIN, "", None, None, ())
        if opening:
            exploration.mover.perform(exploration.parts.beginning(), batch)
            exploration.mover.settle(batch, label)
        else:
            _start_timers(exploration, batch, {n: each[rows] for n, each in frames.items()})
            exploration.mover.settle(batch, label)
    return _roots(exploration, frames if opening else {})


def _start_timers(exploration: Exploration, batch: Batch, frames: Mapping[int, Array]) -> None:
    """Put the timers where a frame says they are. How much is left of a running one is not known:
    it can be anything up to what is given for it, or up to its whole length."""
    clocks = exploration.clocks
    for slot, timer in exploration.reading.timers.items():
        statuses = frames.get(slot)
        if statuses is None or batch.clock is None:
            continue
        most = int(np.max(exploration.parts.length(timer, batch.get)))
        most = max(most, exploration.left.get(slot, 0))
        started = clocks.run(batch.clock, timer, most)
        _, expired = clocks.fire(clocks.start(batch.clock, timer, 0), timer)
        handled = clocks.handle(expired, timer)
        for status, clock in ((RUNNING, started), (PENDING, expired), (HANDLED, handled)):
            batch.clock = np.where(statuses == status, clock, batch.clock)


def _roots(exploration: Exploration, frames: Mapping[int, Array]) -> list[Root]:
    arrived = exploration.arrivals
    if not arrived.count:
        return []
    parts, found = arrived.numbers(), arrived.found()
    if not parts:
        return []
    numbers, rows = joined(parts), joined(found.rows)
    labels = found.spread([label for label, _ in found.labels], np.int32)
    exploration.begun = np.full(int(rows.max()) + 1, -1, dtype=np.int64)
    exploration.begun[rows] = numbers
    _, firsts = np.unique(np.stack([numbers, labels]), axis=1, return_index=True)
    return [
        Root(_values(exploration, frames, int(rows[n])), int(numbers[n]), int(labels[n]))
        for n in sorted(firsts, key=lambda n: (int(numbers[n]), int(rows[n])))
    ]


def _values(exploration: Exploration, frames: Mapping[int, Array], row: int) -> dict[str, Any]:
    slots, coding = exploration.machine.slots, exploration.coding
    return {
        slots[slot].symbol[1]: coding.value(slot, int(column[row]))
        for slot, column in frames.items()
        if slot != LEAF
    }
