"""Deciding promises with only the variables that they need.

Most promises hold for a reason that few variables have a part in. So each is decided over a slice
(heartline.checking.exploring.slicing) that knows what the promise reads, and guesses the rest. What
is proved of a slice is proved, since a slice can do whatever the scenario can. A play that breaks a
promise in a slice is played by the runtime: if it can be played, the promise is broken. If not, the
slice has guessed wrong at one move; what opens that move is known in the next slice, and so on,
until it is decided or nothing is left to learn.

This is counterexample-guided refinement (Clarke, Grumberg, Jha, Lu and Veith, 2000), over the
variables of a scenario. Promises that ask what can be reached are not for slices: that a way seems
open in a slice does not mean that it is.
"""

from __future__ import annotations

import time
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.checking.exploring.explorer import Limits, explore
from heartline.checking.exploring.slicing import Slice
from heartline.checking.patterns import is_monitored
from heartline.checking.proving.paths import Path
from heartline.checking.proving.promises import INCONCLUSIVE, PROVED, decide, wanted, wanted_at
from heartline.checking.proving.witness import NotReplayed, Replayer
from heartline.expressions import reads

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from heartline.checking.exploring.explorer import Progress
    from heartline.checking.exploring.graph import Graph, Label
    from heartline.checking.proving.promises import Verdict
    from heartline.conversation import Scenario
    from heartline.expressions import Tree
    from heartline.machine import Machine
    from heartline.plan import Promise

__all__ = ["Sliced", "decide_by_slices"]

MOST_SLICE = 2_000_000  # configurations of a slice; a larger one is no help
MOST_NEAR = 2  # variables more than the smallest slice needs, for promises that share it


@dataclass(frozen=True, slots=True)
class Sliced:
    """A promise that a slice has decided, and the slice, where its path leads through."""

    verdict: Verdict
    graph: Graph


@dataclass(slots=True)
class _Asked:
    """A promise that is still open, and the slots that it is known to need."""

    promise: Promise
    slots: frozenset[int]


def decide_by_slices(
    scenario: Scenario,
    promises: Sequence[Promise],
    *,
    persons: Collection[str] = (),
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Mapping[str, Sliced]:
    """Decide promises, as far as slices do; those that are left out are not decided.

    A `violated` verdict has been played. Each slice is within the `limits`, and all of them
    together within its seconds. Raises KeyboardInterrupt.
    """
    bounds = limits or Limits()
    started = time.monotonic()
    machine = scenario.machine
    waiting = [_Asked(each, _needed(machine, each)) for each in promises if is_monitored(each)]
    decided: dict[str, Sliced] = {}
    while waiting:
        left = None
        if bounds.seconds is not None:
            left = bounds.seconds - (time.monotonic() - started)
            if left <= 0:
                break
        together = _together(waiting)
        most = min(bounds.configurations or MOST_SLICE, MOST_SLICE)
        graph = _explore(machine, together, persons, Limits(most, left, bounds.memory), progress)
        if graph.stopped == "interrupt":
            raise KeyboardInterrupt
        waiting = [each for each in waiting if each not in together]
        if not graph.is_whole:
            if len(together) > 1:  # perhaps it is large only for one of them
                waiting += _apart(scenario, together, persons, bounds, left, decided, progress)
            continue
        waiting += _decided(scenario, graph, together, decided)
    return decided


def _apart(
    scenario: Scenario,
    together: Sequence[_Asked],
    persons: Collection[str],
    bounds: Limits,
    left: float | None,
    decided: dict[str, Sliced],
    progress: Callable[[Progress], None] | None,
) -> Iterator[_Asked]:
    """Decide each by itself; gives those that need to know more."""
    most = min(bounds.configurations or MOST_SLICE, MOST_SLICE)
    for each in together:
        limits = Limits(most, left, bounds.memory)
        graph = _explore(scenario.machine, [each], persons, limits, progress)
        if graph.stopped == "interrupt":
            raise KeyboardInterrupt
        if graph.is_whole:
            yield from _decided(scenario, graph, [each], decided)


def _decided(
    scenario: Scenario, graph: Graph, together: Sequence[_Asked], decided: dict[str, Sliced]
) -> Iterator[_Asked]:
    """Take down what a slice decides; gives those that need to know more."""
    replayer = Replayer(scenario, graph)
    verdicts = decide(graph, [each.promise for each in together])
    for asked, verdict in zip(together, verdicts, strict=True):
        if verdict.verdict == PROVED:
            decided[asked.promise.name] = Sliced(verdict, graph)
        elif verdict.path is not None and verdict.verdict != INCONCLUSIVE:
            wrong = _wrong_at(replayer, verdict.path)
            if wrong is None:
                decided[asked.promise.name] = Sliced(verdict, graph)
                continue
            more = asked.slots | _learned(scenario.machine, graph, verdict.path, wrong)
            if more != asked.slots:
                yield _Asked(asked.promise, more)


def _explore(
    machine: Machine,
    together: Sequence[_Asked],
    persons: Collection[str],
    limits: Limits,
    progress: Callable[[Progress], None] | None,
) -> Graph:
    holding = copy(machine)
    holding.promises = tuple(each.promise for each in together)
    _, speakers = wanted(holding)
    return explore(
        machine,
        persons=persons,
        keep=wanted_at(holding),
        only=frozenset().union(*(each.slots for each in together)),
        speakers=speakers,
        limits=limits,
        progress=progress,
    )


def _needed(machine: Machine, promise: Promise) -> frozenset[int]:
    """What a promise reads, and what flows into that."""
    holding = copy(machine)
    holding.promises = (promise,)
    slots, _ = wanted(holding)
    return Slice(machine, slots).slots


def _together(waiting: Sequence[_Asked]) -> list[_Asked]:
    """The promises to decide next: one that needs least, and those that need hardly more."""
    least = min(waiting, key=lambda each: len(each.slots))
    together, slots = [least], least.slots
    for each in waiting:
        if each is not least and len((slots | each.slots) - least.slots) <= MOST_NEAR:
            together.append(each)
            slots |= each.slots
    return together


def _wrong_at(replayer: Replayer, path: Path) -> int | None:
    """The first move of a path that the runtime cannot play; None where it plays all of them."""

    def plays(moves: int) -> bool:
        try:
            replayer.replay(Path(path.root, path.moves[:moves]))
        except NotReplayed:
            return False
        return True

    if plays(len(path)):
        return None
    good, bad = -1, len(path)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if plays(middle) else (good, middle)
    return bad


def _learned(machine: Machine, graph: Graph, path: Path, wrong: int) -> frozenset[int]:
    """What has to be known to see that a move is not possible: what opens it; and where that is
    known already, what decides between it and the others."""
    label = path.labels(graph)[wrong]
    known = graph_slots(graph)
    found = _closed(machine, _conditions(label))
    if found <= known:
        found |= _closed(machine, _others(machine, graph, path, wrong))
    return found


def graph_slots(graph: Graph) -> frozenset[int]:
    """The slots that a slice knows."""
    return frozenset().union(*graph.kept.values())


def _conditions(label: Label) -> Iterator[Tree]:
    for way in label.ways:
        if way.edge.condition is not None:
            yield way.edge.condition
    if label.spec is not None and label.spec.weight_tree is not None:
        yield label.spec.weight_tree


def _others(machine: Machine, graph: Graph, path: Path, wrong: int) -> Iterator[Tree]:
    """What else is asked where a move begins, and where its transitions pass."""
    label = path.labels(graph)[wrong]
    leaves = {way.source for way in label.ways} | {way.dest for way in label.ways}
    for node in path.nodes(graph)[max(wrong - 1, 0) : wrong + 1]:
        leaves.add(graph.leaves[int(graph.leaf[node])])
    for name in sorted(filter(None, leaves)):
        for spec in machine.leaves[name].engine:
            yield from (edge.condition for edge in spec.edges if edge.condition is not None)
            if spec.weight_tree is not None:
                yield spec.weight_tree
        for event in machine.events:
            if event == "always" or event.startswith("after "):
                for way in machine.ways(name, event):
                    if way.edge.condition is not None:
                        yield way.edge.condition


def _closed(machine: Machine, trees: Iterator[Tree]) -> frozenset[int]:
    slots = {machine.layout[symbol] for tree in trees for symbol in reads(tree)}
    return Slice(machine, frozenset(slots)).slots
