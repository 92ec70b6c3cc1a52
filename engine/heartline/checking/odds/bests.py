"""The best and the worst that persons can do for an outcome, against the draws.

Persons decide at each configuration, and know it whole; draws fall by weight. The chance of the
outcome that the best decisions give is worked out from the lowest configurations upwards: persons
have the best of what their moves lead to, draws the mean of it. Where moves lead round, decisions
are bettered until none can be: each time the chances are those of a policy that leaves every
circle, so going round for ever gains nothing. For the worst it counts: whoever can go round for
ever without coming to the outcome has a chance of none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.odds.solving import System

if TYPE_CHECKING:
    from heartline.checking.exploring.graph import Array
    from heartline.checking.odds.sorting import Layer, Sorted

__all__ = ["Extremes", "ranks"]

SWEEPS = 30  # of playing on in circles, before decisions are bettered
NEAR = 1e-6  # a change by which the sweeps are not worth it any more
ROUNDS = 1_000
BETTER = 1e-13  # a decision is changed for no less: rounding is no reason
UNRANKED = np.iinfo(np.int64).max


class Extremes:
    """The largest and the smallest chances of a sorted part. `chance` is that of each move where
    something is drawn."""

    def __init__(self, part: Sorted, chance: Array) -> None:
        self.part = part
        self.chance = chance
        stays = (part.target == part.sources()) & part.is_draw[part.sources()]
        again = np.bincount(part.target[stays], chance[stays], minlength=len(part))
        self._onward = 1.0 - again

    def of(self, goal: Array, *, largest: bool) -> Array:
        """The largest or smallest chance, for each configuration, of coming to a goal."""
        part = self.part
        value = np.zeros(len(part))
        value[goal] = 1.0
        pick = np.maximum if largest else np.minimum
        for layer in part.rising():
            # What is not known yet is 0, so who stays where they are gains nothing by it.
            _persons(part, value, layer.single, layer.single_draw, pick)
            _draws(part, self.chance, value, layer.single_draw, layer.circle)
            drawn = slice(layer.single_draw, layer.circle)
            value[drawn] = np.minimum(value[drawn] / self._onward[drawn], 1.0)
            if layer.circle < layer.end:
                _Circles(part, self.chance, value, layer, largest=largest).decide()
        return value


def _persons(part: Sorted, value: Array, begin: int, end: int, pick: np.ufunc) -> None:
    if begin < end:
        first = part.first[begin : end + 1]
        reached = value[part.target[first[0] : first[-1]]]
        value[begin:end] = pick.reduceat(reached, first[:-1] - first[0])


def _draws(part: Sorted, chance: Array, value: Array, begin: int, end: int) -> None:
    if begin < end:
        first = part.first[begin : end + 1]
        moves = slice(int(first[0]), int(first[-1]))
        reached = chance[moves] * value[part.target[moves]]
        value[begin:end] = np.add.reduceat(reached, first[:-1] - first[0])


class _Circles:
    """The circles of one height: their values are found together."""

    def __init__(
        self, part: Sorted, chance: Array, value: Array, layer: Layer, *, largest: bool
    ) -> None:
        self.part, self.chance, self.value, self.layer = part, chance, value, layer
        self.largest = largest
        self.pick = np.maximum if largest else np.minimum
        self.first = part.first[layer.circle : layer.end + 1] - part.first[layer.circle]
        moves = slice(int(part.first[layer.circle]), int(part.first[layer.end]))
        self.target = part.target[moves]
        self.chances = chance[moves]
        self.source = part.sources(layer.circle, layer.end) - layer.circle
        self.persons = layer.circle_draw - layer.circle

    def decide(self) -> None:
        layer = self.layer
        if not self.largest and not self._forced().any():
            return  # whoever wants to can keep away for ever
        for _ in range(SWEEPS):
            before = self.value[layer.circle : layer.end].copy()
            self._play_on()
            if np.abs(before - self.value[layer.circle : layer.end]).max() < NEAR:
                break
        chosen = self._proper() if self.largest else self._chosen()
        for _ in range(ROUNDS):
            self._weigh(chosen)
            if not self._better(chosen):
                break

    def _play_on(self) -> None:
        layer = self.layer
        _draws(self.part, self.chance, self.value, layer.circle_draw, layer.end)
        _persons(self.part, self.value, layer.circle, layer.circle_draw, self.pick)
        if not self.largest:
            self.value[layer.circle : layer.end][~self.forced] = 0.0

    def _forced(self) -> Array:
        """Where it cannot be kept away from the goal for ever."""
        layer, count = self.layer, self.layer.end - self.layer.circle
        away = np.ones(count, dtype=bool)
        outside = self.target < layer.circle
        quiet = np.zeros(len(self.target), dtype=bool)
        quiet[outside] = self.value[self.target[outside]] == 0.0
        inner = self.target[~outside] - layer.circle
        while True:
            quiet[~outside] = away[inner]
            kept = np.add.reduceat(quiet, self.first[:-1], dtype=np.int64)
            still = kept == np.diff(self.first)
            still[: self.persons] = kept[: self.persons] > 0
            if np.array_equal(still, away):
                break
            away = still & away
        self.forced = ~away
        return self.forced

    def _reached(self) -> Array:
        reached: Array = self.value[self.target]
        return reached

    def _chosen(self) -> Array:
        """The best move of each person's configuration, by the values as they are."""
        reached = self._reached()
        best = self.pick.reduceat(reached, self.first[:-1])
        fits = np.flatnonzero(reached == best[self.source])
        chosen = np.empty(len(best), dtype=np.int64)
        chosen[self.source[fits[::-1]]] = fits[::-1]
        return chosen

    def _proper(self) -> Array:
        """Nearly the best moves, by which every circle is left in the end."""
        reached = self._reached()
        best = np.maximum.reduceat(reached, self.first[:-1])
        good = reached >= best[self.source]
        good |= self.source >= self.persons
        rank = ranks(self.first, self.source, self.target - self.layer.circle, good)
        rank = ranks(
            self.first, self.source, self.target - self.layer.circle, np.ones_like(good), rank
        )
        inside = self.target >= self.layer.circle
        after = np.full(len(self.target), -1, dtype=np.int64)
        after[inside] = rank[self.target[inside] - self.layer.circle]
        # Of the moves that lead on, one that is good where there is one.
        onward = after < rank[self.source]
        order = np.lexsort((after, ~good, ~onward, self.source))
        chosen: Array = order[self.first[:-1]]
        return chosen

    def _weigh(self, chosen: Array) -> None:
        """Give the values that these decisions have."""
        layer, count = self.layer, self.layer.end - self.layer.circle
        moves = np.concatenate([
            chosen[: self.persons], np.arange(self.first[self.persons], len(self.target))
        ])  # fmt: skip
        chance = self.chances[moves].copy()
        chance[: self.persons] = 1.0
        source, target = self.source[moves], self.target[moves]
        if not self.largest:
            wanted = self.forced[source]
            chance, source, target = chance[wanted], source[wanted], target[wanted]
        outside = target < layer.circle
        known = np.bincount(
            source[outside], chance[outside] * self.value[target[outside]], minlength=count
        )
        inside = ~outside
        system = System(count, source[inside], target[inside] - layer.circle, chance[inside])
        self.value[layer.circle : layer.end] = np.minimum(system.solve(known), 1.0)

    def _better(self, chosen: Array) -> bool:
        """Change the decisions that can be bettered; whether there were any."""
        value = self.value[self.layer.circle : self.layer.end]
        reached = self._reached()
        best = self.pick.reduceat(reached, self.first[:-1])
        gain = best - value if self.largest else value - best
        wrong = gain > BETTER
        wrong[self.persons :] = False
        if not self.largest:
            wrong &= self.forced
        if not wrong.any():
            return False
        better = self._chosen()
        chosen[wrong] = better[wrong]
        return True


def ranks(
    first: Array, source: Array, target: Array, good: Array, known: Array | None = None
) -> Array:
    """How many moves it takes at least to leave these configurations by moves that are `good`, or
    to come to where it is `known`; UNRANKED where there is no way. Targets below 0 lie outside."""
    count = len(first) - 1
    rank = np.full(count, UNRANKED) if known is None else known.copy()
    level = 0 if known is None else int(rank[rank < UNRANKED].max(initial=-1)) + 1
    inner = target >= 0
    while True:
        arrives = good & ~inner
        arrives[inner] = good[inner] & (rank[target[inner]] < UNRANKED)
        new = np.zeros(count, dtype=bool)
        new[source[arrives]] = True
        new &= rank == UNRANKED
        if not new.any():
            return rank
        rank[new] = level
        level += 1
