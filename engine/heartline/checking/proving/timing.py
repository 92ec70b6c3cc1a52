"""When the turns of a way happen: times that all its timers allow.

A way through the graph says in which order things happen, and not when. What the timers on it ask
for are differences between turns: one that runs out does so just so long after it was started, one
that still runs or is stopped has not run out yet. `solve` finds the earliest times that keep all of
that, as Bellman and Ford find longest ways.

Times are whole microseconds, since the beginning. What has to be earlier is so by a `gap`, and the
largest of some round ones that fits is taken, so that people can read what comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GAPS", "Apart", "solve"]

SECOND = 1_000_000
GAPS = (86_400 * SECOND, 3_600 * SECOND, 60 * SECOND, SECOND, 1)


class Apart(NamedTuple):
    """Turn `later` is at least `least` after turn `earlier`; where it is `strict`, more than that.

    A negative `least` says how much before it may be at most.
    """

    earlier: int
    later: int
    least: int
    strict: bool = False


def solve(count: int, wanted: Sequence[Apart]) -> tuple[int, ...] | None:
    """The earliest times of so many turns, the first at 0; None where there are none."""
    for gap in GAPS:
        bounds = [(one, other, least + gap * strict) for one, other, least, strict in wanted]
        times = _earliest(count, bounds)
        if times is not None:
            return times
    return None


def _earliest(count: int, bounds: Sequence[tuple[int, int, int]]) -> tuple[int, ...] | None:
    times = [0] * count
    for _ in range(count + 1):
        changed = False
        for earlier, later, least in bounds:
            if times[earlier] + least > times[later]:
                if later == 0:  # the beginning cannot be moved
                    return None
                times[later] = times[earlier] + least
                changed = True
        if not changed:
            return tuple(times)
    return None
