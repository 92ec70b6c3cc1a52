"""What waiting does: ends that only it leads to, and timers that decide how a play can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.graph import CHOOSE, WAIT
from heartline.checking.proving.facts import KINDS, finding, listed
from heartline.checking.proving.reachability import chunks, forward
from heartline.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.checking.exploring.graph import Array
    from heartline.checking.proving.facts import Facts, Finding

__all__ = ["races", "waiting"]


def waiting(facts: Facts) -> Iterator[Finding]:
    """Outcomes that no play comes to in which nobody waits (HL026)."""
    graph, leaves = facts.graph, facts.machine.leaves
    if not graph.is_whole or KINDS[WAIT] not in facts.kinds:
        return
    found = forward(graph, facts.kinds != KINDS[WAIT])
    numbers = {name: n for n, name in enumerate(graph.leaves)}
    without = np.zeros(len(graph.leaves), dtype=bool)
    for low in range(0, len(graph), 1 << 20):
        without[graph.leaf[low : low + (1 << 20)][found[low : low + (1 << 20)]]] = True
    ends: dict[str, list[str]] = {}
    for name in facts.first:
        if leaves[name].final:
            ends.setdefault(leaves[name].outcome or name, []).append(name)
    for outcome, names in ends.items():
        if not any(without[numbers[name]] for name in names):
            first = min(names, key=facts.first.__getitem__)
            yield finding(
                "only by waiting", outcome, "HL026", Severity.NOTE,
                f"the outcome {outcome!r} comes only to those who wait: every play that ends so "
                "lets a timer run out",
                leaves[first].state.location, "nothing is wrong where that is meant; else add a "
                "choice that leads there", facts.path(facts.first[first]),
            )  # fmt: skip


def races(facts: Facts) -> Iterator[Finding]:
    """Places where acting and waiting lead to different ends (HL027), by state and timer."""
    graph = facts.graph
    if graph.is_slice or not graph.is_whole or KINDS[WAIT] not in facts.kinds:
        return
    timers = sorted({label.id for label in graph.labels if label.kind == WAIT})
    number = {name: n for n, name in enumerate(timers)}
    seen = _Races(facts, np.array([number.get(each.id, -1) for each in graph.labels]), len(timers))
    for low, high in chunks(graph):
        seen.look(low, high)
    by_timer: dict[str, dict[str, _Race]] = {}
    for leaf, timer, race in seen.found():
        by_timer.setdefault(timers[timer], {})[graph.leaves[leaf]] = race
    for name, places in by_timer.items():
        yield _told(facts, name, places)


@dataclass(frozen=True, slots=True)
class _Race:
    """What can come after acting only, and after waiting only, and the first move that waits."""

    acting: int
    waiting: int
    move: int


class _Races:
    """The races of a graph, by leaf and timer. `timer` is the number of each label's timer."""

    def __init__(self, facts: Facts, timer: Array, timers: int) -> None:
        self._facts = facts
        self._timer = timer
        self._timers = timers
        count = len(facts.graph.leaves) * timers
        self._lost, self._won = np.zeros((2, count), dtype=facts.ends.dtype)
        self._first = np.full(count, -1, dtype=np.int64)

    def look(self, low: int, high: int) -> None:
        """Gather those of some configurations; later ones come later."""
        facts, graph = self._facts, self._facts.graph
        begin, end = int(graph.first[low]), int(graph.first[high])
        label = graph.label[begin:end]
        kinds = facts.kinds[label]
        waits = np.flatnonzero(kinds == KINDS[WAIT])
        if not len(waits):
            return
        bits = facts.ends.dtype.type
        ends, acted = bits(facts.all_ends), bits(facts.all_ends + 1)  # one is free beside the ends
        after = facts.ends[graph.target[begin:end]]
        after &= ends
        other = after[waits]
        after |= acted
        after *= kinds == KINDS[CHOOSE]
        starts = graph.first[low:high] - begin
        moving = np.flatnonzero(np.diff(graph.first[low : high + 1]))
        acting = np.zeros(high - low, dtype=after.dtype)
        acting[moving] = np.bitwise_or.reduceat(after, starts[moving])
        acting[graph.urgent[low:high]] = 0
        here = np.searchsorted(starts, waits, side="right") - 1
        one = acting[here]
        lost, won = one & ~other & ends, other & ~one
        won[~facts.acting[label[waits]]] = 0  # all that has happened is that nobody has acted yet
        differ = np.flatnonzero(((one & acted) != 0) & ((lost | won) != 0))
        waits, here = waits[differ], here[differ]
        keys = graph.leaf[low:high][here].astype(np.int64) * self._timers
        keys += self._timer[label[waits]]
        np.bitwise_or.at(self._lost, keys, lost[differ])
        np.bitwise_or.at(self._won, keys, won[differ])
        first = np.full(len(self._first), -1, dtype=np.int64)
        first[keys[::-1]] = begin + waits[::-1]  # the last write wins
        self._first = np.where(self._first < 0, first, self._first)

    def found(self) -> Iterator[tuple[int, int, _Race]]:
        """Each of them with the number of its leaf, and of its timer."""
        for key in np.flatnonzero(self._first >= 0).tolist():
            race = _Race(int(self._lost[key]), int(self._won[key]), int(self._first[key]))
            yield key // self._timers, key % self._timers, race


def _told(facts: Facts, timer: str, places: dict[str, _Race]) -> Finding:
    """One finding for a timer: where it matters, and the nearest example."""
    example = min(places, key=lambda name: places[name].move)
    race = places[example]

    def names(bits: int) -> list[str]:
        return [name for name in facts.outcomes if facts.bit(name) & bits]

    lost, won = names(race.acting), names(race.waiting)
    told = []
    if lost:
        told.append(f"who lets it run out may miss {listed(lost, 'or')}")
    if won:
        told.append(f"who acts before may miss {listed(won, 'or')}")
    others = sorted(set(places) - {example}, key=facts.flow.order.__getitem__)
    also = f"; the same timer matters in {listed(others)}" if others else ""
    leaves = facts.machine.leaves
    return finding(
        "race", timer, "HL027", Severity.NOTE,
        f"in {example!r} it matters whether somebody acts before the timer {timer!r} runs out: "
        + ", and ".join(told) + also,
        leaves[example].state.location,
        "nothing is wrong where that is meant; else let what follows the timer lead on as the "
        "choices do", facts.paths.through(race.move),
        [leaves[name].state.location for name in others],
    )  # fmt: skip
