"""Finding out which transitions of a scenario, or pairs of them, can be reached, and how.

The scenario's space is searched from all beginnings that its inputs allow. Where it is small, all
of it is seen, and what was not reached cannot be. Where it is large the search goes where little
is known: of all places it goes on from the leaf that it has gone on from least, leaves with
something still to be reached before others, and in a leaf from a configuration that is open in a
new way before one of a kind that it knows. It ends when everything is reached, or at its bounds,
and always finds the same within so many configurations.

What was seen is a graph of situations: a node of the space, and, where pairs are wanted, the
transition that was taken last.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import product
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from heartline.checking.odds.policies import input_values
from heartline.checking.relevance import Relevance
from heartline.checking.space import Space
from heartline.errors import InputError
from heartline.testing.coverage.points import Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from heartline.checking.space import Move, Node
    from heartline.machine import Machine

__all__ = ["PAIRS", "TRANSITIONS", "Bounds", "Edge", "Found", "Search", "Situation", "endings",
           "reach"]  # fmt: skip

TRANSITIONS, PAIRS = "transitions", "pairs"
MOST_BEGINNINGS = 64  # beyond it each input is varied by itself
DONE_COSTS = 4  # a leaf where nothing more is to be reached is gone on from so much less often


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far to search: seconds of time, and how many configurations."""

    seconds: float = 60.0
    configurations: int = 100_000


class Edge(NamedTuple):
    """One move from one situation to the next, and the goals that it reaches."""

    move: Move
    target: int
    goals: tuple[int, ...]


@dataclass(slots=True)
class Situation:
    """A node of the space, and the transition that was taken last, where that counts.

    `edges` is None until it is looked at what can be done here.
    """

    node: Node
    last: int | None
    edges: list[Edge] | None = None


@dataclass(slots=True)
class Found:
    """What the search saw.

    `begin` gives, for each beginning, its inputs, its opening and the goals that it reaches, and
    the situation that it leads to. `wanted` are all goals, by their numbers in `survey`, and
    `reached` those that were reached. `whole` says that all of the space was seen, `faults` holds
    what the runtime says of loops that were met.
    """

    survey: Survey
    kind: str
    situations: list[Situation] = field(default_factory=list)
    begin: list[tuple[Mapping[str, object], Edge]] = field(default_factory=list)
    wanted: frozenset[int] = frozenset()
    reached: set[int] = field(default_factory=set)
    whole: bool = False
    faults: set[str] = field(default_factory=set)
    seconds: float = 0.0

    @property
    def missing(self) -> list[int]:
        """The goals that were not reached, in the order of the file."""
        return sorted(self.wanted - self.reached)


def reach(
    machine: Machine,
    kind: str = TRANSITIONS,
    bounds: Bounds | None = None,
    persons: tuple[str, ...] = (),
    report: Callable[[Found], bool] | None = None,
) -> Found:
    """Search for all goals of a kind. `report` is asked now and then whether to go on."""
    return Search(machine, kind, bounds or Bounds(), persons).run(report).found


class Search:
    """The search, under way. What it has not looked at yet can be looked at later, by `look`."""

    def __init__(
        self, machine: Machine, kind: str, bounds: Bounds, persons: tuple[str, ...]
    ) -> None:
        self.machine = machine
        self.bounds = bounds
        self.relevance = Relevance(machine)
        self.space = Space(machine, persons, key=self.relevance.key, most=2 * bounds.configurations)
        survey = Survey(machine)
        self.pairs = survey.pairs if kind == PAIRS else None
        self.transitions = survey.transitions
        goals = survey.transitions if self.pairs is None else survey.pairs
        self.found = Found(survey, kind, wanted=frozenset(goals.values()))
        self._numbers: dict[tuple[int, int | None], int] = {}
        self._fresh: dict[str, deque[int]] = {}  # by leaf: situations that are open in a new way
        self._others: dict[str, deque[int]] = {}
        self._effort: dict[str, int] = {}
        self._seen: set[object] = set()
        self.open = self._goals_of_leaves()

    def run(self, report: Callable[[Found], bool] | None = None) -> Search:
        """Search until all is reached or seen, or up to the bounds."""
        found, began = self.found, monotonic()
        for inputs in self._beginnings():
            move = self.space.opening(inputs)
            node = self.space.follow(move)
            if node.fault is not None:
                found.faults.add(node.fault)
                continue
            goals, last = self._passed(move, None)
            found.reached.update(goals)
            found.begin.append((inputs, Edge(move, self._situation(node, last), goals)))
        looked = 0
        while found.reached != found.wanted:
            number = self._next()
            if number is None:
                found.whole = True
                break
            self.look(number)
            looked += 1
            if len(self.space) >= self.bounds.configurations:
                break
            if looked % 64 == 0:
                found.seconds = monotonic() - began
                if found.seconds > self.bounds.seconds or (report and not report(found)):
                    break
        found.seconds = monotonic() - began
        return self

    def _beginnings(self) -> Iterator[Mapping[str, object]]:
        """The inputs to begin with: all that make a difference, in all their combinations, or one
        by one where those are too many."""
        frame = list(self.machine.initial_frame())
        frame[0] = self.machine.initial
        alive = self.relevance.alive(tuple(frame))
        values: dict[str, tuple[object, ...]] = {}
        for index, slot in enumerate(self.machine.slots):
            if slot.input and index in alive:
                try:
                    values[slot.symbol[1]] = input_values(self.machine, slot.symbol[1])
                except InputError:
                    continue  # a text, which decides nothing
        yield {}
        count = 1
        for each in values.values():
            count *= len(each)
        if count <= MOST_BEGINNINGS:
            for row in product(*values.values()):
                yield dict(zip(values, row, strict=True))
            return
        for name, each in values.items():
            for value in each[:MOST_BEGINNINGS]:
                yield {name: value}

    def _goals_of_leaves(self) -> dict[str, set[int]]:
        """The goals that can be reached by what is done in a leaf."""
        found: dict[str, set[int]] = {name: set() for name in self.machine.leaves}
        after: dict[int, set[int]] = {}
        for (_, second), goal in (self.pairs or {}).items():
            after.setdefault(second, set()).add(goal)
        for wiring in self.machine.wirings:
            number = self.transitions.get(id(wiring.edge))
            if number is not None:
                goals = {number} if self.pairs is None else after.get(number, set())
                found[wiring.source] |= goals
        return found

    def _situation(self, node: Node, last: int | None) -> int:
        if self.pairs is None:
            last = None
        key = (id(node), last)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.found.situations)
            self.found.situations.append(Situation(node, last))
            kind = (node.state, last, tuple(map(id, self.space.options(node))))
            queues = self._others if kind in self._seen else self._fresh
            self._seen.add(kind)
            queues.setdefault(node.state, deque()).append(number)
            self._effort.setdefault(node.state, 0)
        return number

    def _next(self) -> int | None:
        """The situation to look at next."""
        best: tuple[int, int, str] | None = None
        for order, leaf in enumerate(self._effort):
            if self._fresh.get(leaf) or self._others.get(leaf):
                rank = (self._effort[leaf], order, leaf)
                if best is None or rank < best:
                    best = rank
        if best is None:
            return None
        leaf = best[2]
        self._effort[leaf] += 1 if self.open[leaf] - self.found.reached else DONE_COSTS
        queue = self._fresh.get(leaf) or self._others[leaf]
        return queue.popleft()

    def look(self, number: int) -> list[Edge]:
        """Take each move from a situation, unless that has been done."""
        situation = self.found.situations[number]
        if situation.edges is not None:
            return situation.edges
        edges = situation.edges = []
        for move in self.space.moves(situation.node):
            node = self.space.follow(move)
            if node.fault is not None:
                self.found.faults.add(node.fault)
                continue
            goals, last = self._passed(move, situation.last)
            self.found.reached.update(goals)
            edges.append(Edge(move, self._situation(node, last), goals))
        return edges

    def _passed(self, move: Move, last: int | None) -> tuple[tuple[int, ...], int | None]:
        """The goals that a move reaches, and the transition that it takes last."""
        goals = []
        for way in move.ways:
            number = self.transitions.get(id(way.edge))
            if self.pairs is None:
                if number is not None:
                    goals.append(number)
            elif last is not None and number is not None and (last, number) in self.pairs:
                goals.append(self.pairs[last, number])
            last = number
        return tuple(goals), last


def endings(machine: Machine, survey: Survey, kind: str) -> set[int]:
    """The goals with which a conversation is over, whichever way they are reached: a walk can
    reach only one of them."""
    over: dict[int, bool] = {}
    for wiring in machine.wirings:
        number = survey.transitions.get(id(wiring.edge))
        if number is not None:
            ends = wiring.dest is not None and machine.leaves[wiring.dest].final
            over[number] = over.get(number, True) and ends
    if kind == TRANSITIONS:
        return {number for number, ends in over.items() if ends}
    return {goal for (_, second), goal in survey.pairs.items() if over.get(second)}
