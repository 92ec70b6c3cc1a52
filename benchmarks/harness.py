"""Measuring side by side: every contender plays a little in every round, in turn.

A bare time says more about the machine and the moment than about the program. So contenders take
turns within one process run, each round gives one ratio per pair, and the median of the rounds'
ratios is what is reported, with the middle half beside it as the spread.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.cycle import EVENTS, STATES

__all__ = ["Contender", "Missing", "Ratio", "Samples", "check", "interleave", "loop", "ratio"]

Play = Callable[[int], float]
Samples = dict[str, list[float]]
"""Seconds per input, by contender, one for each round."""


class Missing(Exception):
    """A contender cannot take part here; the message is a sentence that says why."""


@dataclass
class Contender:
    """Someone who plays the fixed round.

    `play(n)` plays n rounds of inputs and returns the seconds that they took, measured by itself;
    `visit()` plays one round and returns the state after each input.
    """

    name: str
    play: Play
    visit: Callable[[], Sequence[str]]
    close: Callable[[], None] = field(default=lambda: None)


def loop(
    name: str,
    send: Callable[[str], object],
    state: Callable[[], str],
    *,
    keep: object = None,
) -> Contender:
    """A contender that takes one event at a time; `keep` is kept alive with it."""

    def play(rounds: int) -> float:
        begun = time.perf_counter()
        for _ in range(rounds):
            for event in EVENTS:
                send(event)
        return time.perf_counter() - begun

    def visit(_keep: object = keep) -> list[str]:
        visited = []
        for event in EVENTS:
            send(event)
            visited.append(state())
        return visited

    return Contender(name, play, visit)


def check(contender: Contender) -> None:
    """Have a contender play two rounds and raise AssertionError where it strays from the way."""
    for _ in range(2):
        visited = list(contender.visit())
        for number, (went, should) in enumerate(zip(visited, STATES, strict=True)):
            assert went == should, (
                f"{contender.name} is in {went!r} after input {number} ({EVENTS[number]!r}), "
                f"where the round leads to {should!r}"
            )


@dataclass(frozen=True)
class Ratio:
    """How many times as long one took as another: the median, and the middle half of the rounds."""

    median: float
    low: float
    high: float


def interleave(
    contenders: Sequence[Contender], *, samples: int, seconds: float, progress: Any = None
) -> Samples:
    """Seconds per input of each contender, `samples` times, taken in turn.

    Each turn lasts about `seconds`: how many rounds that is, is found beforehand, and that also
    warms everybody up. The garbage collector works as usual, but what one contender leaves behind
    is collected before the next one plays.
    """
    rounds = {c.name: _rounds(c, seconds) for c in contenders}
    taken: Samples = {c.name: [] for c in contenders}
    gc.collect()
    gc.freeze()
    try:
        for number in range(samples):
            # Whoever starts is another one each time, so that nobody is always after the same.
            shift = number % len(contenders)
            for c in (*contenders[shift:], *contenders[:shift]):
                gc.collect()
                elapsed = c.play(rounds[c.name])
                taken[c.name].append(elapsed / (rounds[c.name] * len(EVENTS)))
            if progress is not None:
                progress(number + 1)
    finally:
        gc.unfreeze()
    return taken


def _rounds(contender: Contender, seconds: float) -> int:
    """How many rounds last that long, once it has warmed up: compilers at run time want some."""
    rounds, total = 1, 0.0
    while True:
        elapsed = contender.play(rounds)
        total += elapsed
        if total >= 5 * seconds and elapsed >= seconds / 4:
            return max(1, round(rounds * seconds / elapsed))
        if elapsed < seconds:
            rounds *= 2


def ratio(samples: Samples, one: str, other: str) -> Ratio:
    """How many times as long `one` takes as `other`."""
    quotients = [a / b for a, b in zip(samples[one], samples[other], strict=True)]
    if len(quotients) < 2:
        return Ratio(quotients[0], quotients[0], quotients[0])
    low, median, high = statistics.quantiles(quotients, n=4, method="inclusive")
    return Ratio(median, low, high)
