"""What waiting does: ends that only it leads to, and timers that decide how a play can end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.graph import CHOOSE, WAIT
from heartline.checking.proving.facts import KINDS, finding, listed
from heartline.checking.proving.reachability import chunks, forward, sources
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
    found: dict[tuple[int, int], _Race] = {}
    timers = sorted({label.id for label in graph.labels if label.kind == WAIT})
    number = {name: n for n, name in enumerate(timers)}
    timer = np.array([number.get(each.id, -1) for each in graph.labels], dtype=np.int64)
    for low, high in chunks(graph):
        for key, race in _races(facts, timer, len(timers), low, high):
            if key in found:
                found[key].add(race)
            else:
                found[key] = race
    by_timer: dict[int, dict[int, _Race]] = {}
    for (leaf, which), race in found.items():
        by_timer.setdefault(which, {})[leaf] = race
    for which, places in by_timer.items():
        yield _told(facts, timers[which], {graph.leaves[leaf]: places[leaf] for leaf in places})


class _Race:
    """What can come after acting only, and after waiting only, and the first move that waits."""

    def __init__(self, acting: int, waiting: int, move: int) -> None:
        self.acting, self.waiting, self.move = acting, waiting, move

    def add(self, other: _Race) -> None:
        self.acting |= other.acting
        self.waiting |= other.waiting


def _races(
    facts: Facts, timer: Array, timers: int, low: int, high: int
) -> Iterator[tuple[tuple[int, int], _Race]]:
    """The races of some configurations, gathered."""
    graph = facts.graph
    begin, end = int(graph.first[low]), int(graph.first[high])
    if begin == end:
        return
    label = graph.label[begin:end]
    kinds = facts.kinds[label]
    waits = np.flatnonzero(kinds == KINDS[WAIT])
    if not len(waits):
        return
    row = sources(graph, low, high) - low
    acts = np.flatnonzero(kinds == KINDS[CHOOSE])
    after = facts.ends[graph.target[begin:end]]
    acting = np.zeros(high - low, dtype=after.dtype)
    np.bitwise_or.at(acting, row[acts], after[acts])
    acted = np.zeros(high - low, dtype=bool)
    acted[row[acts]] = True
    acted &= ~graph.urgent[low:high]
    here = row[waits]
    ends = after.dtype.type(facts.all_ends)
    one, other = acting[here] & ends, after[waits] & ends
    lost, won = one & ~other, other & ~one
    won[~facts.acting[label[waits]]] = 0  # all that has happened is that nobody has acted yet
    differ = acted[here] & ((lost | won) != 0)
    if not differ.any():
        return
    waits, here, lost, won = waits[differ], here[differ], lost[differ], won[differ]
    keys = graph.leaf[low:high][here].astype(np.int64) * timers + timer[label[waits]]
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    lost = np.bitwise_or.reduceat(lost[order], starts)
    won = np.bitwise_or.reduceat(won[order], starts)
    for at, acted_for, waited_for in zip(order[starts], lost, won, strict=True):
        leaf, which = divmod(int(keys[at]), timers)
        yield (leaf, which), _Race(int(acted_for), int(waited_for), begin + int(waits[at]))


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
