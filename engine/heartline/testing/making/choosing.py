"""The fewest walks that reach all that can be reached, as far as they can be found.

A walk goes to a goal that no walk before it reaches, by the shortest way that is known, and from
there on to the nearest such goal, until there is none within reach; last of all to one with which
the conversation is over. On the way it looks further than the search did, towards the leaves where
something is left. What is chosen so is then cut back: walks of which every goal is reached by
others go, and what comes after the last goal that only this walk reaches. This is done in several
orders, and the best is kept.

Whether fewer would do is another question. Goals with which a conversation is over are reached
by one walk each: so many walks are needed at least, and where no more were chosen that is a proof.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from heapq import heappop, heappush
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from heartline.testing.making.reaching import endings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.machine import Machine
    from heartline.testing.making.reaching import Edge, Search

__all__ = ["Chosen", "Path", "choose"]

FAR = 3_000  # situations that are come by in looking for the next goal of a walk
NEVER = 1_000_000  # how far it is to what cannot be reached
MANY_GOALS = 1_000  # with more of them only one order is tried
ORDERS = 3


class Path(NamedTuple):
    """One walk: the inputs it begins with, the opening first among its edges."""

    inputs: Mapping[str, object]
    edges: tuple[Edge, ...]

    @property
    def goals(self) -> Counter[int]:
        """The goals that it reaches, and how often."""
        return Counter(goal for edge in self.edges for goal in edge.goals)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The walks, and how many are needed at least."""

    paths: tuple[Path, ...]
    least: int

    @property
    def proved(self) -> bool:
        """Whether it is sure that fewer would not do."""
        return len(self.paths) <= self.least


def choose(machine: Machine, search: Search) -> Chosen:
    """Choose walks for all that was reached."""
    found = search.found
    last = frozenset(endings(machine, found.survey, found.kind))
    until = monotonic() + search.bounds.seconds
    best: tuple[Path, ...] | None = None
    for order in range(1 if len(found.reached) > MANY_GOALS else ORDERS):
        # On the way to the walks of one order more may have been reached: the next knows it.
        paths = _Chooser(machine, search, last, until).walks(order)
        if best is None or _cost(paths) < _cost(best):
            best = paths
        if monotonic() > until:
            break
    return Chosen(best or (), max(len(last & found.reached), 1 if found.reached else 0))


def _cost(paths: Sequence[Path]) -> tuple[int, int, int]:
    reached = {goal for path in paths for goal in path.goals}
    return -len(reached), len(paths), sum(len(path.edges) for path in paths)


class _Chooser:
    """Walks through what was seen."""

    def __init__(
        self, machine: Machine, search: Search, last: frozenset[int], until: float
    ) -> None:
        self.search = search
        self.until = until
        self.found = search.found
        self.last = last
        self.wanted = frozenset(search.found.reached)
        self.before: dict[str, set[str]] = {name: set() for name in machine.leaves}
        for wiring in machine.wirings:
            self.before[wiring.dest or wiring.source].add(wiring.source)
        self.parents: dict[int, tuple[int, Edge] | None] = {}
        self.roots: dict[int, tuple[Mapping[str, object], Edge]] = {}
        self.depths: dict[int, int] = {}
        self.places: dict[int, tuple[int, Edge]] = {}  # for each goal, where it is reached first
        self.rare: Counter[int] = Counter()
        self._spread()

    def _spread(self) -> None:
        """The shortest way to each situation, and to each goal."""
        waiting: deque[int] = deque()
        for inputs, edge in self.found.begin:
            if edge.target not in self.parents:
                self.roots[edge.target] = (inputs, edge)
                self.parents[edge.target] = None
                self.depths[edge.target] = 0
                waiting.append(edge.target)
        while waiting:
            number = waiting.popleft()
            for edge in self.found.situations[number].edges or ():
                for goal in edge.goals:
                    self.places.setdefault(goal, (number, edge))
                    self.rare[goal] += 1
                if edge.target not in self.parents:
                    self.parents[edge.target] = (number, edge)
                    self.depths[edge.target] = self.depths[number] + 1
                    waiting.append(edge.target)

    def order(self, number: int) -> list[int]:
        """An order to go for goals in: the farthest first, the rarest, the nearest. Those that end
        it all come after the others."""
        depth = {goal: self.depths[place] for goal, (place, _) in self.places.items()}
        ranks = [{goal: -far for goal, far in depth.items()}, self.rare, depth]
        rank = ranks[number]
        return sorted(self.places, key=lambda goal: (goal in self.last, rank[goal], goal))

    def walks(self, number: int) -> tuple[Path, ...]:
        """Walks that reach all goals, gone for in this order."""
        left = set(self.wanted)
        paths: list[Path] = []
        for inputs, opening in self.found.begin:  # what only the beginning reaches
            alone = [goal for goal in opening.goals if goal in left and goal not in self.places]
            if alone:
                paths.append(self._onward(inputs, [opening], left))
        for goal in self.order(number):
            if goal in left:
                place, edge = self.places[goal]
                inputs, edges = self._way_to(place)
                paths.append(self._onward(inputs, [*edges, edge], left))
        return tuple(_cut_back(paths, self.wanted))

    def _way_to(self, number: int) -> tuple[Mapping[str, object], list[Edge]]:
        edges: list[Edge] = []
        parent = self.parents[number]
        while parent is not None:
            number, edge = parent
            edges.append(edge)
            parent = self.parents[number]
        inputs, opening = self.roots[number]
        return inputs, [opening, *reversed(edges)]

    def _onward(self, inputs: Mapping[str, object], edges: list[Edge], left: set[int]) -> Path:
        """The walk, gone on with from goal to goal."""
        for edge in edges:
            left.difference_update(edge.goals)
        for wanted in (left - self.last, left & self.last):
            while wanted:
                more = self._nearest(edges[-1].target, wanted)
                if more is None:
                    break
                edges += more
                for edge in more:
                    left.difference_update(edge.goals)
                    wanted.difference_update(edge.goals)
        return Path(inputs, tuple(edges))

    def _nearest(self, start: int, wanted: set[int]) -> list[Edge] | None:
        """A short way on from a situation to one of these goals, looked for towards the leaves in
        which they can be reached; None where there is none not too far away."""
        situations, far = self.found.situations, self._distances(wanted)
        came: dict[int, tuple[int, Edge] | None] = {start: None}
        steps = {start: 0}
        waiting = [(far.get(situations[start].node.state, NEVER), 0, start)]
        while waiting and len(came) < FAR:
            rank, _, number = heappop(waiting)
            if rank >= NEVER:
                break
            for edge in self._edges(number):
                if not wanted.isdisjoint(edge.goals):
                    way = [edge]
                    parent = came[number]
                    while parent is not None:
                        way.append(parent[1])
                        parent = came[parent[0]]
                    return way[::-1]
                if edge.target not in came:
                    came[edge.target] = (number, edge)
                    steps[edge.target] = steps[number] + 1
                    rank = far.get(situations[edge.target].node.state, NEVER)
                    heappush(waiting, (rank + steps[number] + 1, len(came), edge.target))
        return None

    def _edges(self, number: int) -> list[Edge]:
        if monotonic() < self.until:
            return self.search.look(number)
        return self.found.situations[number].edges or []

    def _distances(self, wanted: set[int]) -> dict[str, int]:
        """For each leaf how many ways it is, guards aside, from where a wanted goal is reached."""
        far = {leaf: 0 for leaf, goals in self.search.open.items() if not goals.isdisjoint(wanted)}
        waiting = deque(far)
        while waiting:
            leaf = waiting.popleft()
            for source in self.before[leaf]:
                if source not in far:
                    far[source] = far[leaf] + 1
                    waiting.append(source)
        return far


def _cut_back(paths: list[Path], reached: frozenset[int]) -> list[Path]:
    """Without walks that add nothing, and without ends that add nothing."""
    times: Counter[int] = Counter()
    for path in paths:
        times.update(path.goals)
    kept: list[Path] = []
    for path in sorted(paths, key=lambda path: len(path.goals)):
        goals = path.goals
        if all(times[goal] > count for goal, count in goals.items()):
            times -= goals
            continue
        kept.append(path)
    shorter = []
    for path in kept:
        edges = list(path.edges)
        while len(edges) > 1 and all(
            times[goal] > count for goal, count in Counter(edges[-1].goals).items()
        ):
            times -= Counter(edges.pop().goals)
        shorter.append(Path(path.inputs, tuple(edges)))
    assert reached <= {goal for path in shorter for goal in path.goals}
    return sorted(shorter, key=lambda path: len(path.edges))
