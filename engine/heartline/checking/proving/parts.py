"""What each move of a graph is to one promise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.proving.folding import (
    FALSE,
    is_known,
)
from heartline.checking.proving.marks import Event, fields, rule_of
from heartline.expressions import (
    BOOL,
    TRUE,
    And,
    At,
    Happens,
    Literal,
    Not,
    Or,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from heartline.checking.exploring.graph import Array, Label
    from heartline.checking.proving.atoms import Moments
    from heartline.expressions import Tree
    from heartline.plan import Promise

__all__ = ["Doing", "Part", "judged"]

_CODES = 1 << 16  # codes of configurations, before they are counted anew


@dataclass(frozen=True, slots=True)
class Doing:
    """What a move does, as far as expressions ask."""

    chosen: frozenset[str]
    tags: frozenset[str]
    said: frozenset[str]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, label: Label) -> Doing:
        edges = [way.edge for way in label.ways if way.edge.kind == "choice"]
        return cls(
            frozenset(edge.trigger for edge in edges),
            frozenset(tag for edge in edges for tag in edge.tags),
            label.said,
            tuple(dict.fromkeys(way.source for way in label.ways)),
        )


_NOTHING = Doing(frozenset(), frozenset(), frozenset(), ())


class Part:
    """What each move of a graph is to one promise: its event (heartline.checking.proving.marks).

    `events` are those that there are; `at` gives their numbers for moves. `rows` has them by the
    class of the label and the `code` of where the move leads; where all labels are of one class,
    `by_node` has them by where it leads.
    """

    def __init__(self, moments: Moments, promise: Promise) -> None:
        self.graph = graph = moments.graph
        self.moments = moments
        self.promise = promise
        self._ends = frozenset[str]().union(*promise.endings.values())
        self._asked = _asked(promise)
        classes: dict[tuple[object, ...], int] = {}
        kinds: dict[object, int] = {}
        trees: list[tuple[list[Tree], list[Tree] | None]] = []
        of_label = []
        for doing in moments.doings:
            relevant = self._relevant(doing)
            if relevant not in kinds:
                letters = self._letters(*relevant)
                made = (tuple(letters[0]), None if letters[1] is None else tuple(letters[1]))
                if made not in classes:
                    classes[made] = len(trees)
                    trees.append(letters)
                kinds[relevant] = classes[made]
            of_label.append(kinds[relevant])
        self.classes = len(trees)
        self.classes_of_labels = np.array(of_label, dtype=np.int32)
        asked = [tree for now, last in trees for tree in (*now, *(last or ()))]
        bits = list(dict.fromkeys(tree for tree in asked if not is_known(tree)))
        self._over, self._inside = _over(promise, self._ends), _inside(promise, moments)
        self._turns = FALSE if rule_of(promise).bound is None else moments.turning
        columns = [
            tree
            for tree in dict.fromkeys((*bits, self._over, self._inside, self._turns))
            if not is_known(tree)
        ]
        raw, seen, rows = _coded(moments, columns)
        places = {tree: n for n, tree in enumerate(columns)}
        numbers: dict[Event, int] = {}
        table = np.zeros((self.classes, len(rows)), dtype=np.int64)
        for (n, (now, last)), (m, row) in product(enumerate(trees), enumerate(rows)):
            event = self._event(now, last, places, row)
            table[n, m] = numbers.setdefault(event, len(numbers))
        self.events: Sequence[Event] = tuple(numbers)
        # Configurations need not be told apart that are the same event for each label.
        table, places_of = np.unique(table, axis=1, return_inverse=True)
        self.rows = table.astype(np.uint8 if len(numbers) <= 256 else np.uint16)
        self.codes = self.rows.shape[1]
        self.code = _renumbered(moments, raw, seen, places_of.ravel())
        self._flat = self.rows.ravel()
        self._offset = self.classes_of_labels * np.int32(self.codes)
        # Where there is one class, the codes are the numbers of the events, rising as these do.
        self.by_node: Array | None = self.code if self.classes == 1 else None
        self._graph = graph

    def at(self, moves: Array | slice) -> Array:
        """The numbers of the events of moves."""
        graph = self._graph
        return self.of(graph.label[moves], graph.target[moves])

    def of(self, labels: Array, nodes: Array) -> Array:
        """The numbers of the events of labels that lead to configurations."""
        if self.by_node is not None:
            found: Array = self.by_node.take(nodes)
        else:
            found = self._flat.take(self._offset.take(labels) + self.code.take(nodes))
        return found

    def table(self, test: object) -> Array:
        """What a test says of each event, by its number."""
        assert callable(test)
        return np.array([bool(test(event)) for event in self.events], dtype=np.bool_)

    def labels_with(self, chosen: Array) -> Array:
        """Which labels some of these events (one truth value for each) can have."""
        found: Array = chosen[self.rows].any(axis=1)[self.classes_of_labels]
        return found

    # How it is made -----------------------------------------------------------------------------

    def _relevant(self, doing: Doing) -> tuple[Doing, str | None]:
        """What of a label's doings this promise asks, and where its file ended on the way."""
        ended = None
        if self.promise.host is not None:
            ended = next((name for name in doing.sources if name in self._ends), None)
        asked = self._asked
        return (
            Doing(
                doing.chosen & asked["chosen"], doing.tags & asked["tag"],
                doing.said & asked["said"], (),
            ),
            ended,
        )  # fmt: skip

    def _letters(self, doing: Doing, ended: str | None) -> tuple[list[Tree], list[Tree] | None]:
        """The expressions by their places, settled: now, and where the file ended on the way."""
        if ended is None:
            return self._settled(doing, None), None
        return self._settled(_NOTHING, None), self._settled(doing, ended)

    def _settled(self, doing: Doing, ended: str | None) -> list[Tree]:
        letters: list[Tree] = [FALSE] * 4
        for place, name in fields(self.promise).items():
            tree = self.promise.trees[name]
            letters[place] = self.moments.settled(tree, self.promise, doing, ended)
        return letters

    def _event(
        self, now: list[Tree], last: list[Tree] | None,
        places: Mapping[Tree, int], row: tuple[bool, ...],
    ) -> Event:  # fmt: skip
        def holds(tree: Tree) -> bool:
            return bool(tree.value) if isinstance(tree, Literal) else row[places[tree]]

        def letter(trees: list[Tree]) -> tuple[bool, bool, bool, bool]:
            main, other, after, before = map(holds, trees)
            return main, other, after, before

        return Event(
            letter(now) if holds(self._inside) else None,
            None if last is None else letter(last),
            holds(self._over),
            holds(self._turns),
        )


def _over(promise: Promise, ends: frozenset[str]) -> Tree:
    """Where the play is over, of a promise of the outermost file."""
    if promise.host is not None or not ends:
        return FALSE
    return At((0, 0), BOOL, "at", "over", tuple(sorted(ends)))


def _inside(promise: Promise, moments: Moments) -> Tree:
    """Where an included file is played; everywhere, of the outermost."""
    if promise.host is None:
        return TRUE
    leaves = moments.machine.leaves
    inside = tuple(sorted(name for name in leaves if promise.host in leaves[name].path))
    return At((0, 0), BOOL, "at", promise.host, inside)


def _asked(promise: Promise) -> Mapping[str, frozenset[str]]:
    """The names of the happenings that a promise asks for, by their kinds."""
    nodes = [node for tree in promise.trees.values() for node in walk(tree)]
    return {
        kind: frozenset(
            node.name for node in nodes if isinstance(node, Happens) and node.kind == kind
        )
        for kind in ("chosen", "tag", "said", "outcome")
    }


def judged(tree: Tree, look: Callable[[Tree], Array]) -> Array:
    """Where an expression holds, from where the expressions hold that it is made of."""
    if isinstance(tree, Not):
        return ~judged(tree.operand, look)
    if not isinstance(tree, And | Or):
        return look(tree)
    join = np.logical_and if isinstance(tree, And) else np.logical_or
    found: Array = join(judged(tree.operands[0], look), judged(tree.operands[1], look))
    for each in tree.operands[2:]:
        join(found, judged(each, look), out=found)
    return found


def _bases(tree: Tree) -> Iterator[Tree]:
    """What `judged` looks up."""
    if isinstance(tree, Not):
        yield from _bases(tree.operand)
    elif isinstance(tree, And | Or):
        for each in tree.operands:
            yield from _bases(each)
    else:
        yield tree


def _coded(moments: Moments, columns: list[Tree]) -> tuple[Array, Array, list[tuple[bool, ...]]]:
    """A number for each configuration by which of the expressions hold there; the numbers that
    there are, rising; and for each of them what holds.

    The numbers tell apart what the expressions are made of, since that is less to look up, and
    all that asks where a play stands is one look-up together. Where that would make too many
    numbers, they tell apart the expressions themselves.
    """
    graph = moments.graph
    bases = list(dict.fromkeys(each for tree in columns for each in _bases(tree)))
    places = [tree for tree in bases if isinstance(tree, At)]
    others: list[Tree] = [tree for tree in bases if not isinstance(tree, At)]
    patterns: dict[tuple[bool, ...], int] = {}
    asked = [tuple(name in tree.leaves for tree in places) for name in graph.leaves]
    of_leaf = np.array([patterns.setdefault(each, len(patterns)) for each in asked])
    if len(patterns) << len(others) > _CODES:
        places, others, patterns, of_leaf = [], columns, {(): 0}, np.zeros_like(of_leaf)
    rows = np.array(list(patterns), dtype=np.bool_).reshape(len(patterns), len(places))
    of_leaf = of_leaf.astype(np.min_scalar_type(len(patterns)))
    waiting = others

    def read(part: slice) -> Array:
        numbers: Array = of_leaf.take(graph.leaf[part]) if code is None else code[part]
        return numbers

    code: Array | None = None
    while True:
        width = max((_CODES // len(rows)).bit_length() - 1, 1)
        now, waiting = waiting[:width], waiting[width:]
        code, seen = _told(moments, read, len(rows), now)
        bits = (seen[:, None] >> np.arange(len(now))[::-1]) & 1
        rows = np.hstack([rows[seen >> len(now)], bits.astype(np.bool_)])
        if not waiting:
            break
        code = _renumbered(moments, code, seen, np.arange(len(seen)))
    values = dict(zip([*places, *others], rows.T, strict=True))
    found = [judged(tree, values.__getitem__).tolist() for tree in columns]
    return code, seen, list(zip(*found, strict=True)) if found else [()] * len(seen)


def _told(
    moments: Moments, read: Callable[[slice], Array], count: int, trees: Sequence[Tree]
) -> tuple[Array, Array]:
    """Numbers (up to `count`) with a bit put to them for each expression that holds; and which of
    them there are, rising."""
    size = count << len(trees)
    code = np.empty(len(moments.graph), dtype=np.min_scalar_type(size - 1))
    there = np.zeros(size, dtype=np.bool_)
    for part in moments.pieces():
        here = read(part).astype(code.dtype)
        for tree in trees:
            here <<= 1
            here |= moments.truth(tree, part)
        code[part] = here
        there[here.astype(np.intp)] = True  # quicker than with numbers of other sizes
    return code, np.flatnonzero(there)


def _renumbered(moments: Moments, code: Array, seen: Array, numbers: Array) -> Array:
    """Other numbers in the place of those that there are."""
    again = np.zeros(int(seen[-1]) + 1, dtype=np.min_scalar_type(int(numbers.max())))
    again[seen] = numbers
    found = np.empty(len(code), dtype=again.dtype)
    for part in moments.pieces():
        found[part] = again.take(code[part])
    return found
