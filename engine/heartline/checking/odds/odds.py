"""The chances of a scenario, all together: how plays end, and the best and worst for each outcome.

    begins = beginnings(machine, {"profile": "decided"}, by=("at_fault",))
    odds = odds_of(graph, begins, policy)

The graph is one in which time moves from deadline to deadline, as in random plays
(heartline.checking.space): so these are the chances of the plays that `heartline simulate` makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.odds.bests import Extremes
from heartline.checking.odds.chances import Played, outcomes, possible_moves, shares
from heartline.checking.odds.deciding import decide
from heartline.checking.odds.policies import Policy, input_values
from heartline.checking.odds.sorting import sort
from heartline.inputs import first_frame

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from heartline.checking.exploring.coding import Coding
    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.odds.chances import Chances
    from heartline.checking.odds.deciding import Plan
    from heartline.checking.odds.sorting import Sorted
    from heartline.machine import Machine

__all__ = ["Begin", "Game", "Odds", "Row", "beginnings", "columns_of", "odds_of"]

Begin = tuple["Mapping[str, object]", int]  # what is told of a beginning, and its configuration


@dataclass(frozen=True, slots=True)
class Row:
    """Plays that begin alike: how they come out if persons play by the policy, and the chance of
    each outcome at the worst and at the best."""

    inputs: Mapping[str, object]
    played: Chances
    worst: Mapping[str, float]
    best: Mapping[str, float]
    plans: tuple[Plan, ...] = ()


@dataclass(frozen=True, slots=True)
class Odds:
    """What was worked out. `worst` and `best` are empty where the graph is not whole."""

    graph: Graph
    policy: Policy
    rows: tuple[Row, ...]


def beginnings(
    machine: Machine, settings: Mapping[str, object], by: Sequence[str] = ()
) -> list[tuple[Mapping[str, object], Mapping[str, object]]]:
    """The beginnings that are asked for: the values of the inputs in `by`, and all that are given.

    Raises InputError for what is no input, or has too many values.
    """
    first_frame(machine, settings)
    values = [(name, input_values(machine, name)) for name in by]
    found: list[tuple[Mapping[str, object], Mapping[str, object]]] = []
    for each in product(*(choices for _, choices in values)):
        told: dict[str, object] = dict(zip(by, each, strict=True))
        found.append((told, {**settings, **told}))
    return found


def columns_of(
    machine: Machine, coding: Coding, inputs: Sequence[Mapping[str, object]]
) -> dict[int, Array]:
    """Inputs as the explorer takes them: a column for each, and one for where it begins."""
    frames = [first_frame(machine, each) for each in inputs]
    start = coding.leaves[machine.initial]
    columns: dict[int, Array] = {0: np.full(len(frames), start, dtype=np.int64)}
    for slot, place in enumerate(machine.slots):
        if place.input and coding.domains[slot]:
            numbers = [coding.number(slot, frame[slot]) for frame in frames]
            columns[slot] = np.array(numbers, dtype=np.int64)
    return columns


class Game:
    """What persons can do against the draws, from these configurations on."""

    def __init__(self, graph: Graph, policy: Policy, share: Array, roots: Array) -> None:
        self.graph = graph
        # Draws have their chances, and persons can do whatever is open.
        open_ = possible_moves(graph, policy)
        drawn = np.repeat(graph.drawing, np.diff(graph.first))
        self.chance = np.where(drawn, share, 1.0)
        self.part: Sorted = sort(graph, roots, open_ & (self.chance > 0))
        self.kinds = outcomes(graph)
        self._extremes = Extremes(self.part, self.chance[self.part.move])

    def values(self, outcome: str, *, largest: bool) -> Array:
        """For each configuration of the part, the largest or smallest chance of the outcome."""
        goal = np.isin(self.graph.leaf[self.part.node], self.kinds[outcome])
        return self._extremes.of(goal, largest=largest)


def odds_of(
    graph: Graph,
    begins: Sequence[Begin],
    policy: Policy,
    wanted: Collection[tuple[str, bool]] = (),
) -> Odds:
    """Work everything out for plays that begin so.

    `wanted` are outcomes of which it is asked how the best of it is reached (True), or the worst.
    """
    share = shares(graph, policy)
    played = [Played(graph, share, {node: 1.0}).chances() for _, node in begins]
    roots = [node for _, node in begins]
    extremes: list[dict[bool, dict[str, float]]] = [{False: {}, True: {}} for _ in begins]
    plans: list[list[Plan]] = [[] for _ in begins]
    if graph.is_whole:
        game = Game(graph, policy, share, np.unique(roots))
        for outcome, largest in product(game.kinds, (False, True)):
            value = game.values(outcome, largest=largest)
            for number, root in enumerate(roots):
                extremes[number][largest][outcome] = float(value[game.part.place[root]])
                if (outcome, largest) in wanted:
                    plan = decide(game.part, share, value, root, outcome, largest=largest)
                    plans[number].append(plan)
    rows = [
        Row(inputs, played[number], extremes[number][False], extremes[number][True],
            tuple(plans[number]))
        for number, (inputs, _) in enumerate(begins)
    ]  # fmt: skip
    return Odds(graph, policy, tuple(rows))
