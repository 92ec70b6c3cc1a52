"""What two versions of a scenario let happen: conversations that only one of them has.

A conversation is a row of things that happen, by their names: inputs, choices, events, draws,
timers that run out. Both graphs are walked together, from their roots on, by pairs of
configurations that the same row leads to. Where something can happen in one of a pair only, or
leads to another state, that is a difference, and what follows it is not compared: it would be told
again and again. Each is told once for the state and what happens there, on a shortest way.

In each graph a row of names leads to one configuration, so that a row which the other graph cannot
follow is impossible there. Words do not count, nor how likely a draw is, nor how long a timer runs
as long as the order stays possible in which they run out. Where the new version declares how
conversations of the old one go on, what it renames there has its new name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.graph import BEGIN, CHOOSE, DRAW, WAIT
from heartline.checking.proving.paths import Path
from heartline.expressions import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from heartline.checking.exploring.graph import Array, Graph, Label
    from heartline.migrating import Names

__all__ = ["AFTER", "BEFORE", "ELSEWHERE", "Comparison", "Difference", "compare", "same_structure"]

BEFORE, AFTER, ELSEWHERE = "only before", "only after", "leads elsewhere"

_PIECE = 1 << 17  # pairs that are looked at together: what they need must not fill the memory
_What = tuple[str, str, str | None]  # kind, id and role of what happens


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that can happen in one version only, or leads elsewhere.

    `state` is where it happens, as the new version calls it, None at the beginning. `old` and
    `new` are shortest ways that end in it, each in its own graph where it exists, and `led` the
    states that it leads to in the two. Of a difference in how conversations begin, the ways have no
    moves and `inputs` say with which.
    """

    sort: str
    state: str | None
    kind: str
    id: str
    role: str | None
    old: Path | None
    new: Path | None
    led: tuple[str | None, str | None]
    inputs: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it. `verdict` is "same", "different" or "inconclusive": no difference as far as
    the graphs go, which are not whole. `pairs` counts what was compared, `only_old` and `only_new`
    are inputs that one of them has and the other not, and `lengths` the timers of both whose length
    is written otherwise: name, before and after."""

    verdict: str
    differences: tuple[Difference, ...]
    pairs: int
    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
    lengths: tuple[tuple[str, str, str], ...] = ()


def same_structure() -> Comparison:
    """What is known of two versions with one fingerprint, without looking."""
    return Comparison("same", (), 0)


def compare(old: Graph, new: Graph, names: Names | None = None) -> Comparison:
    """Compare what can happen in two graphs; `names` says what the new one calls what the old one
    has."""
    return _Walk(old, new, names).comparison()


@dataclass(slots=True)
class _Level:
    """The pairs that were first met after so many moves, and for each how it was come to: the
    place of the pair before it, and the moves (of a first level, the roots) in both graphs."""

    old: Array
    new: Array
    parent: Array
    by_old: Array
    by_new: Array

    def __len__(self) -> int:
        return len(self.old)


class _Walk:
    """One comparison, level by level."""

    def __init__(self, old: Graph, new: Graph, names: Names | None) -> None:
        self.old, self.new, self.names = old, new, names
        self.whats: dict[_What, int] = {}
        self.places: dict[str, int] = {}
        self.ends: dict[tuple[str, str | None], int] = {}
        self.old_key = self._keys(old, names)
        self.new_key = self._keys(new, None)
        self.old_place, self.old_end = self._leaves(old, names)
        self.new_place, self.new_end = self._leaves(new, None)
        self.levels: list[_Level] = []
        self.seen = _Seen()
        self.told: set[tuple[int, int, str]] = set()
        self.found: list[Difference] = []

    def comparison(self) -> Comparison:
        """Walk until nothing is added."""
        level = self._fresh(self._begin())
        while len(level):
            self.levels.append(level)
            parts = [
                self._onwards(level, np.arange(at, min(at + _PIECE, len(level))))
                for at in range(0, len(level), _PIECE)
            ]
            level = self._fresh(_joined(parts))
        whole = self.old.is_whole and self.new.is_whole
        mine, theirs = (
            {slot.symbol[1] for slot in graph.machine.slots if slot.input}
            for graph in (self.old, self.new)
        )
        mine = {self._variable(name) for name in mine}
        return Comparison(
            "different" if self.found else "same" if whole else "inconclusive",
            tuple(self.found),
            sum(map(len, self.levels)),
            tuple(sorted(mine - theirs)),
            tuple(sorted(theirs - mine)),
            tuple(self._lengths()),
        )

    def _lengths(self) -> Iterator[tuple[str, str, str]]:
        timers = self.new.machine.timers
        for name, timer in self.old.machine.timers.items():
            other = timers.get(self.names.timer(name) if self.names else name)
            if other is not None and timer.tree is not None and other.tree is not None:
                before, after = write(timer.tree), write(other.tree)
                if before != after:
                    yield other.name, before, after

    # Names --------------------------------------------------------------------------------------

    def _variable(self, name: str) -> str:
        return self.names.variable(name) if self.names else name

    def _keys(self, graph: Graph, names: Names | None) -> Array:
        """For each label of a graph the number of what happens, which both graphs share."""
        return np.array(
            [self.whats.setdefault(_what(each, names), len(self.whats)) for each in graph.labels],
            dtype=np.int64,
        )

    def _leaves(self, graph: Graph, names: Names | None) -> tuple[Array, Array]:
        """For each leaf the number of its name, and that of its name and how it ends."""
        places, ends = [], []
        for name in graph.leaves:
            called = names.state(name) if names else name
            outcome = graph.machine.leaves[name].outcome
            places.append(self.places.setdefault(called, len(self.places)))
            ends.append(self.ends.setdefault((called, outcome), len(self.ends)))
        return np.array(places, dtype=np.int64), np.array(ends, dtype=np.int64)

    # Walking ------------------------------------------------------------------------------------

    def _begin(self) -> _Level:
        """The roots, in pairs: the same inputs, as far as both ask for them."""
        old: list[Mapping[str, object]] = [
            {self._variable(name): value for name, value in root.inputs.items()}
            for root in self.old.roots
        ]
        new = [root.inputs for root in self.new.roots]
        common = {name for each in old for name in each} & {name for each in new for name in each}
        groups: dict[object, tuple[list[int], list[int]]] = {}
        for side, roots in enumerate((old, new)):
            for number, inputs in enumerate(roots):
                key = frozenset((name, inputs[name]) for name in common)
                groups.setdefault(key, ([], []))[side].append(number)
        pairs = [
            (one, other) for ones, others in groups.values() for one in ones for other in others
        ]
        self._beginnings_of_one(old, new, sorted(common))
        by_old, by_new = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        level = _Level(
            np.array([root.node for root in self.old.roots], dtype=np.int64)[by_old],
            np.array([root.node for root in self.new.roots], dtype=np.int64)[by_new],
            np.full(len(by_old), -1), by_old, by_new,
        )  # fmt: skip
        return self._same_places(level, None, None)

    def _beginnings_of_one(
        self,
        old: Sequence[Mapping[str, object]],
        new: Sequence[Mapping[str, object]],
        common: Sequence[str],
    ) -> None:
        """Values that an input of both can have in one of them only."""
        for name in common:
            for sort, mine, theirs, graph in (
                (BEFORE, old, new, self.old),
                (AFTER, new, old, self.new),
            ):
                known = {inputs[name] for inputs in theirs}
                strange = {
                    inputs[name]: root
                    for root, inputs in reversed(list(enumerate(mine)))
                    if inputs[name] not in known
                }
                for value, root in reversed(strange.items()):
                    way = Path(root, ())
                    place = self._place(graph, graph.roots[root].node)
                    before = sort == BEFORE
                    self.found.append(
                        Difference(
                            sort, None, BEGIN, "", None,
                            way if before else None, None if before else way,
                            (place, None) if before else (None, place), {name: value},
                        )
                    )  # fmt: skip

    def _onwards(self, level: _Level, places: Array) -> _Level:
        """What can happen at some pairs of a level; what both have leads to the next."""
        old, new = level.old[places], level.new[places]
        usable = places[(old < self.old.expanded) & (new < self.new.expanded)]
        here, moves = _moves(self.old, usable, level.old[usable])
        there, others = _moves(self.new, usable, level.new[usable])
        many = max(len(self.whats), 1)
        mine = here * many + self.old_key[self.old.label[moves]]
        theirs = there * many + self.new_key[self.new.label[others]]
        mine, moves = _sorted(mine, moves)
        theirs, others = _sorted(theirs, others)
        at = np.searchsorted(theirs, mine)
        both = at < len(theirs)
        both[both] = theirs[at[both]] == mine[both]
        partner = at[both]
        alone = np.ones(len(theirs), dtype=bool)
        alone[partner] = False
        self._tell(BEFORE, mine[~both], moves[~both], None)
        self._tell(AFTER, theirs[alone], None, others[alone])
        by_old, by_new = moves[both], others[partner]
        next_level = _Level(
            self.old.target[by_old], self.new.target[by_new],
            (mine[both] // many).astype(np.int32), by_old, by_new,
        )  # fmt: skip
        return self._same_places(next_level, mine[both], level)

    def _same_places(self, level: _Level, code: Array | None, before: _Level | None) -> _Level:
        """The pairs that stand in one state and have ended alike; of the others it is told."""
        same = self.old_end[self.old.leaf[level.old]] == self.new_end[self.new.leaf[level.new]]
        if not same.all():
            other = ~same
            if code is None or before is None:
                self._tell_beginnings(level, np.flatnonzero(other))
            else:
                self._tell(ELSEWHERE, code[other], level.by_old[other], level.by_new[other])
        return _taken(level, np.flatnonzero(same))

    def _fresh(self, level: _Level) -> _Level:
        """The pairs that were not met before, each once."""
        pairs = level.old.astype(np.int64) * len(self.new) + level.new
        _, first = np.unique(pairs, return_index=True)
        first.sort()
        first = first[~self.seen.holds(pairs[first])]
        self.seen.add(np.sort(pairs[first]))
        return _taken(level, first)

    # Telling ------------------------------------------------------------------------------------

    def _tell_beginnings(self, level: _Level, where: Array) -> None:
        for place in where[:1]:
            old, new = int(level.by_old[place]), int(level.by_new[place])
            led = self._led(int(level.old[place]), int(level.new[place]))
            inputs = {**self.old.roots[old].inputs, **self.new.roots[new].inputs}
            self.found.append(
                Difference(
                    ELSEWHERE, None, BEGIN, "", None, Path(old, ()), Path(new, ()), led, inputs
                )
            )

    def _tell(self, sort: str, codes: Array, old: Array | None, new: Array | None) -> None:
        """Tell of what was found in the last level, once for each state and what happens there."""
        if not len(codes):
            return
        many = max(len(self.whats), 1)
        level = self.levels[-1]
        place = self.new_place[self.new.leaf[level.new[codes // many]]]
        _, first = np.unique(place * many + codes % many, return_index=True)
        first.sort()
        whats = list(self.whats)
        for n in first:
            key = (int(place[n]), int(codes[n] % many), sort)
            if key in self.told:
                continue
            self.told.add(key)
            what = whats[key[1]]
            ways = self._ways(int(codes[n] // many))
            by_old = None if old is None else int(old[n])
            by_new = None if new is None else int(new[n])
            self.found.append(
                Difference(
                    sort, list(self.places)[key[0]], *what,
                    None if by_old is None else _and_then(ways[0], by_old),
                    None if by_new is None else _and_then(ways[1], by_new),
                    self._led(
                        None if by_old is None else int(self.old.target[by_old]),
                        None if by_new is None else int(self.new.target[by_new]),
                    ),
                )
            )  # fmt: skip

    def _led(self, old: int | None, new: int | None) -> tuple[str | None, str | None]:
        return self._place(self.old, old), self._place(self.new, new)

    def _place(self, graph: Graph, node: int | None) -> str | None:
        return None if node is None else graph.leaves[int(graph.leaf[node])]

    def _ways(self, place: int) -> tuple[Path, Path]:
        """How the pair at this place of the last level was come to, in both graphs."""
        old: list[int] = []
        new: list[int] = []
        for level in reversed(self.levels):
            old.append(int(level.by_old[place]))
            new.append(int(level.by_new[place]))
            place = int(level.parent[place])
        return Path(old[-1], tuple(old[-2::-1])), Path(new[-1], tuple(new[-2::-1]))


class _Seen:
    """The pairs that were met, as sorted rows of which each is more than twice as long as the next:
    so none is sorted anew more often than there are rows."""

    def __init__(self) -> None:
        self.rows: list[Array] = []

    def holds(self, pairs: Array) -> Array:
        """Which of these were met before."""
        met = np.zeros(len(pairs), dtype=bool)
        for row in self.rows:
            at = np.minimum(np.searchsorted(row, pairs), len(row) - 1)
            met |= row[at] == pairs
        return met

    def add(self, pairs: Array) -> None:
        """Remember these, which are sorted and new."""
        if not len(pairs):
            return
        while self.rows and len(self.rows[-1]) <= 2 * len(pairs):
            pairs = np.sort(np.concatenate([self.rows.pop(), pairs]), kind="stable")
        self.rows.append(pairs)


def _what(label: Label, names: Names | None) -> _What:
    """What happens, by its name."""
    called = label.id
    if names is not None and label.kind in (CHOOSE, DRAW):
        called = names.choice(called)
    elif names is not None and label.kind == WAIT:
        called = names.timer(called)
    return label.kind, called, label.role


def _moves(graph: Graph, places: Array, nodes: Array) -> tuple[Array, Array]:
    """All moves of some configurations, each with the place in the level that it belongs to."""
    first = graph.first[nodes]
    counts = graph.first[nodes + 1] - first
    ends = np.cumsum(counts)
    within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    return np.repeat(places, counts), np.repeat(first, counts) + within


def _sorted(codes: Array, moves: Array) -> tuple[Array, Array]:
    order = np.argsort(codes, kind="stable")
    return codes[order], moves[order]


def _joined(parts: Sequence[_Level]) -> _Level:
    return _Level(
        np.concatenate([part.old for part in parts]),
        np.concatenate([part.new for part in parts]),
        np.concatenate([part.parent for part in parts]),
        np.concatenate([part.by_old for part in parts]),
        np.concatenate([part.by_new for part in parts]),
    )


def _taken(level: _Level, places: Array) -> _Level:
    return _Level(
        level.old[places], level.new[places], level.parent[places],
        level.by_old[places], level.by_new[places],
    )  # fmt: skip


def _and_then(way: Path, move: int) -> Path:
    return Path(way.root, (*way.moves, move))
