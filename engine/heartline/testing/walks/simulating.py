"""What many random walks come to: which states and choices, which ends, and after how long.

    tally = simulate(walker, 10_000)

Walks are counted move by move, and only at the end is it asked which states a move enters and what
was offered there: a move that a thousand walks take is looked at once.
"""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import sqrt
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from heartline.checking.space import SEND, WAIT
from heartline.testing.walks.walking import states_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import timedelta

    from heartline.checking.space import Move, Option
    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec
    from heartline.testing.walks.walking import Walk, Walker

__all__ = ["Choice", "Tally", "interval", "simulate", "spread"]

MOST_MOVES = 200_000  # so many moves are counted singly; then they are summed up, and let go
BETWEEN_REPORTS = 1_000  # turns
Z = 1.959964  # standard deviations on either side of the middle 95 %

Value = TypeVar("Value", int, "timedelta")
Choice = tuple[str, str, str]  # the state that declares it, "" for the whole file; its id; its role


@dataclass(slots=True)
class Tally:
    """What walks came to.

    `ends` counts the walks that ended, by their final state. `plays` counts the walks that came to
    a state, of any kind but a history, and `entered` how often its leaves were entered. `offered`
    and `taken` are of choices, `sent` of events, `fired` of deadlines that were waited for.
    `turns_of` and `time_of` count the walks that ended by how long they were. `stuck` counts those
    that did not, by kind, and `first_stuck` is the first.
    """

    walks: int = 0
    turns: int = 0
    seconds: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)
    plays: Counter[str] = field(default_factory=Counter)
    entered: Counter[str] = field(default_factory=Counter)
    offered: Counter[Choice] = field(default_factory=Counter)
    taken: Counter[Choice] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    turns_of: Counter[int] = field(default_factory=Counter)
    time_of: Counter[timedelta] = field(default_factory=Counter)
    stuck: Counter[str] = field(default_factory=Counter)
    first_stuck: Walk | None = None


def simulate(walker: Walker, walks: int, report: Callable[[Tally], bool] | None = None) -> Tally:
    """Play the walks from 0 to `walks` - 1. Now and then `report` is asked whether to go on; where
    it says no, what was played until then counts."""
    counting = _Counting(walker.machine)
    tally = counting.tally
    began, next_report = perf_counter(), 0
    with _collecting_seldom():
        for number in range(walks):
            if report is not None and tally.turns >= next_report:
                tally.seconds = perf_counter() - began
                if not report(tally):
                    break
                next_report = tally.turns + BETWEEN_REPORTS
            counting.count(walker.walk(number))
        counting.sum_up()
        tally.seconds = perf_counter() - began  # what is collected afterwards is no play
    return tally


def interval(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927), from 0 to 1; of nothing, all is possible."""
    if of == 0:
        return 0.0, 1.0
    share, extra = count / of, Z * Z / of
    middle = (share + extra / 2) / (1 + extra)
    half = Z / (1 + extra) * sqrt(share * (1 - share) / of + extra / (4 * of))
    low = 0.0 if count == 0 else max(0.0, middle - half)
    return low, 1.0 if count == of else min(1.0, middle + half)


def spread(counts: Mapping[Value, int], shares: Iterable[float]) -> list[Value]:
    """The values at or below which these shares of all that was counted lie; [] for none."""
    total = sum(counts.values())
    found = []
    for share in shares if total else ():
        seen = 0
        for value in sorted(counts):
            seen += counts[value]
            if seen >= share * total:
                found.append(value)
                break
    return found


class _Counting:
    """Counts walks into a tally."""

    def __init__(self, machine: Machine) -> None:
        self.tally = Tally()
        self._machine = machine
        self._states = tuple(machine.states)
        # What the walks since the last summing up were, in long lists: to count them all at once
        # takes a tenth of the time.
        self._moves: list[Move] = []
        self._bits: list[int] = []
        self._turns: list[int] = []
        self._times: list[timedelta] = []
        self._ends: list[str] = []

    def count(self, walk: Walk) -> None:
        tally = self.tally
        tally.walks += 1
        tally.turns += walk.turns
        self._moves += walk.moves
        self._bits.append(walk.bits)
        if walk.stuck is None:
            self._turns.append(walk.turns)
            self._times.append(walk.lasted)
            self._ends.append(walk.end.state)
        else:
            tally.stuck[walk.stuck.kind] += 1
            tally.first_stuck = tally.first_stuck or walk
        if len(self._moves) > MOST_MOVES:
            self.sum_up()

    def sum_up(self) -> None:
        """Take what was counted by moves over into the tally."""
        tally = self.tally
        leaves: Counter[tuple[str, ...]] = Counter()
        options: Counter[Option] = Counter()
        offers: Counter[tuple[Option, ...]] = Counter()
        for move, times in Counter(self._moves).items():
            leaves[move.mark.leaves] += times
            options[move.option] += times
            offers[move.mark.options] += times
        for entered, times in leaves.items():
            for leaf in entered:
                tally.entered[leaf] += times
        for option, times in options.items():
            if option.spec is not None:
                tally.taken[choice_of(option.spec)] += times
            elif option.kind == SEND:
                tally.sent[option.id] += times
            elif option.kind == WAIT:
                tally.fired[option.id] += times
        for offered, times in offers.items():
            for option in offered:
                if option.spec is not None:
                    tally.offered[choice_of(option.spec)] += times
        for bits, times in Counter(self._bits).items():
            for state in states_of(self._states, bits):
                tally.plays[state] += times
        tally.turns_of.update(self._turns)
        tally.time_of.update(self._times)
        tally.ends.update(self._ends)
        self._moves, self._bits, self._turns, self._times, self._ends = [], [], [], [], []


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Let the cyclic collector look less often: what walks find is kept, not garbage, and looking
    through it again and again takes a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def choice_of(spec: ChoiceSpec) -> Choice:
    """How a tally names a choice."""
    return spec.declared_in or "", spec.id, spec.role
