"""What is explored for a proof, and in which order.

A scenario is explored whole, with all that its promises read, and that decides everything; in one
with many configurations, which scores it ends with is left out. What is too large for that, slices
decide, as far as they can. Where only some promises are asked for, slices try first, for a while:
what decides them all is enough then. They do so too where the time is limited, since the whole may
take all of it.
"""

from __future__ import annotations

import time
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from heartline.checking.exploring.explorer import explore
from heartline.checking.proving import smells
from heartline.checking.proving.promises import wanted, wanted_at
from heartline.checking.proving.slices import decide_by_slices

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from heartline.checking.exploring.explorer import Limits, Progress
    from heartline.checking.exploring.graph import Graph
    from heartline.checking.proving.slices import Sliced
    from heartline.conversation import Scenario
    from heartline.plan import Promise

__all__ = ["FEW", "explored"]

SHORTLY = 10.0  # seconds for slices before the whole is explored; what they decide is quick
PART = 0.2  # of the time that is left, at most
FEW = 200_000  # configurations that are explored whole before anything cleverer is tried


def explored(
    scenario: Scenario,
    only: Sequence[Promise] | None,
    persons: Collection[str],
    limits: Limits,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Graph, Mapping[str, Sliced]]:
    """The graph that decides a scenario, or those of its promises that are named; and what slices
    have decided of them already, by name."""
    asked = scenario.machine.promises if only is None else tuple(only)
    most = FEW if limits.configurations is None else min(limits.configurations, FEW)

    def graph_of(promises: Sequence[Promise], bounds: Limits, *, scored: bool) -> Graph:
        holding = copy(scenario.machine)
        holding.promises = tuple(promises)
        _, speakers = wanted(holding)
        keep = dict(wanted_at(holding))
        if scored:
            for leaf, slots in smells.wanted_at(scenario.machine).items():
                keep[leaf] |= slots
        return explore(
            scenario.machine,
            persons=persons,
            keep=keep,
            speakers=speakers,
            limits=bounds,
            progress=progress,
        )

    graph = graph_of(asked, replace(limits, configurations=most), scored=only is None)
    if graph.is_whole or graph.stopped != "configurations" or most == limits.configurations:
        return graph, {}
    sliced: Mapping[str, Sliced] = {}
    left = _less(limits, graph.seconds)
    rest = list(asked)
    if only is not None or limits.seconds is not None:
        begun = time.monotonic()
        try:
            sliced = decide_by_slices(
                scenario, asked, persons=persons, limits=_shortly(left), progress=progress
            )
        except KeyboardInterrupt:
            graph.stopped = "interrupt"
            return graph, sliced
        rest = [promise for promise in asked if promise.name not in sliced]
        if only is not None and not rest:
            return next(iter(sliced.values())).graph, sliced
        left = _less(left, time.monotonic() - begun)
    graph = graph_of(rest, left, scored=False)
    if graph.is_whole or graph.stopped == "interrupt":
        return graph, sliced
    try:  # it is too large, so slices may take their time
        left = _less(left, graph.seconds)
        more = decide_by_slices(scenario, rest, persons=persons, limits=left, progress=progress)
    except KeyboardInterrupt:
        graph.stopped = "interrupt"
        return graph, sliced
    return graph, {**sliced, **more}


def _less(limits: Limits, seconds: float) -> Limits:
    """What is left of the limits after so many seconds."""
    if limits.seconds is None:
        return limits
    return replace(limits, seconds=max(limits.seconds - seconds, 0.0))


def _shortly(limits: Limits) -> Limits:
    """The limits of all slices together, which leave most of the time to the whole."""
    most = SHORTLY if limits.seconds is None else min(limits.seconds * PART, SHORTLY)
    return replace(limits, seconds=most)
