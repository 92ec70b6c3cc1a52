"""What the expressions of a promise say of each moment of a graph.

A moment is a move and where it leads. What an expression asks of the move itself (what was chosen,
who spoke, which tag a choice had) is the same for all moves with one label, and is put in label by
label; labels that leave the same are taken together. What is left asks only where the move leads,
and is worked out once for each configuration. So a moment's part in a promise is one look-up, by
the class of its label and the code of its configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.coding import Coding
from heartline.checking.exploring.vectors import Vectors
from heartline.checking.proving.folding import (
    FALSE,
    all_of,
    any_of,
    boolean,
    fold,
    is_known,
    opposite,
)
from heartline.checking.proving.marks import MAIN, Event, fields, rule_of
from heartline.checking.proving.steps import backwards
from heartline.expressions import (
    BOOL,
    TRUE,
    And,
    At,
    CanReach,
    Happens,
    Literal,
    Not,
    Or,
    evaluate,
    reads,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from heartline.checking.exploring.graph import Array, Graph, Label
    from heartline.expressions import Symbol, Tree
    from heartline.plan import Promise

__all__ = ["Moments", "Part"]

_MOST_ROWS = 1 << 20  # combinations of values, to look an expression up by
_CODES = 1 << 16  # codes of configurations, before they are counted anew
_CHUNK = 1 << 20  # configurations that are read at once


@dataclass(frozen=True, slots=True)
class _Doing:
    """What a move does, as far as expressions ask."""

    chosen: frozenset[str]
    tags: frozenset[str]
    said: frozenset[str]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, label: Label) -> _Doing:
        edges = [way.edge for way in label.ways if way.edge.kind == "choice"]
        return cls(
            frozenset(edge.trigger for edge in edges),
            frozenset(tag for edge in edges for tag in edge.tags),
            label.said,
            tuple(dict.fromkeys(way.source for way in label.ways)),
        )


_NOTHING = _Doing(frozenset(), frozenset(), frozenset(), ())


class Moments:
    """The moments of one graph, and what holds where."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.machine = graph.machine
        self.coding = Coding(graph.machine)
        self.doings = [_Doing.of(label) for label in graph.labels]
        self._layout: dict[Symbol, int] = dict(graph.machine.layout)
        self._columns: dict[str, Array] = {}
        self._known: dict[Tree, Array] = {}
        self.turning = self.column(~(graph.drawing | graph.urgent | graph.final))
        self._reached: dict[tuple[Tree, str | None], tuple[Tree, Tree]] = {}

    # Where the play stands ----------------------------------------------------------------------

    def truth(self, tree: Tree) -> Array:
        """Where an expression holds, of all configurations. It asks nothing of the move."""
        if isinstance(tree, Literal):
            return np.full(len(self.graph), bool(tree.value))
        if isinstance(tree, Not):
            return ~self.truth(tree.operand)
        if isinstance(tree, And | Or):
            found = self.truth(tree.operands[0])
            for each in tree.operands[1:]:
                if isinstance(tree, And):
                    found &= self.truth(each)
                else:
                    found |= self.truth(each)
            return found
        if isinstance(tree, Happens):  # a column of our own: see `column`
            return self._columns[tree.name].copy()
        if tree not in self._known:
            is_place = isinstance(tree, At)
            found = self.at(frozenset(tree.leaves)) if is_place else self._looked_up(tree)
            self._known[tree] = np.packbits(found)
        return np.unpackbits(self._known[tree], count=len(self.graph)).view(np.bool_)

    def at(self, leaves: frozenset[str]) -> Array:
        """Which configurations stand in one of these leaves."""
        found: Array = np.array([name in leaves for name in self.graph.leaves])[self.graph.leaf]
        return found

    def column(self, values: Array) -> Tree:
        """An expression that holds in the configurations in which `values` does."""
        name = f"#{len(self._columns)}"
        tree = Happens((0, 0), BOOL, "said", name)
        self._layout[tree.symbol] = len(self.machine.slots) + len(self._columns)
        self._columns[name] = values
        return tree

    def _looked_up(self, tree: Tree) -> Array:
        """An expression over a few slots, worked out for each row of values that there is."""
        layout = self._layout
        slots = sorted({layout[symbol] for symbol in reads(tree)})
        domains = [np.array(sorted({0, *self._domain(slot)})) for slot in slots]
        rows = int(np.prod([len(each) for each in domains], dtype=object))
        if rows > _MOST_ROWS:
            return self._computed(tree)
        found = np.zeros(len(self.graph), dtype=np.bool_)
        known = np.full(rows, -1, dtype=np.int8)
        for start in range(0, len(self.graph), _CHUNK):
            part = slice(start, min(start + _CHUNK, len(self.graph)))
            row = np.zeros(part.stop - start, dtype=np.int64)
            for slot, domain in zip(slots, domains, strict=True):
                numbers = self._numbers(slot, part)
                if domain[-1] != len(domain) - 1:  # it is not simply counted from 0
                    numbers = np.searchsorted(domain, numbers)
                row = row * len(domain) + numbers
            seen = np.bincount(row, minlength=rows) > 0
            for new in np.flatnonzero(seen & (known < 0)):
                known[new] = self._value(tree, slots, domains, int(new))
            found[part] = known[row] > 0
        return found

    def _computed(self, tree: Tree) -> Array:
        """An expression over so many values that it is computed for each configuration."""
        function = Vectors(self.coding, self._layout).expression(tree)
        found = np.zeros(len(self.graph), dtype=np.bool_)
        for start in range(0, len(self.graph), _CHUNK):
            part = slice(start, min(start + _CHUNK, len(self.graph)))
            read = partial(self._numbers, part=part)
            found[part] = function(read)
        return found

    def _domain(self, slot: int) -> Sequence[int]:
        return (0, 1) if slot >= len(self.machine.slots) else self.coding.domains[slot]

    def _numbers(self, slot: int, part: slice) -> Array:
        if slot >= len(self.machine.slots):
            column: Array = self._columns[f"#{slot - len(self.machine.slots)}"][part]
            return column
        if slot == 0:
            names = np.array([self.coding.leaves[name] for name in self.graph.leaves])
            leaves: Array = names[self.graph.leaf[part]]
            return leaves
        return self.graph.columns.get(slot, part)

    def value(self, slot: int, node: int) -> object:
        """What a slot holds in one configuration; its first value where it does not count."""
        domain = self.coding.domains[slot]
        number = int(self.graph.columns.get(slot, np.array([node]))[0])
        if number in domain:
            return self.coding.value(slot, number)
        return self.coding.value(slot, domain[0]) if domain else None

    def _value(self, tree: Tree, slots: list[int], domains: list[Array], row: int) -> bool:
        frame: dict[int, object] = {}
        for slot, domain in zip(reversed(slots), reversed(domains), strict=True):
            row, place = divmod(row, len(domain))
            number = int(domain[place])
            if slot >= len(self.machine.slots):
                frame[slot] = bool(number)
                continue
            domain_ = self.coding.domains[slot]
            # What no longer counts is 0, which it may not be able to hold.
            frame[slot] = self.coding.value(slot, number if number in domain_ else domain_[0])
        # A frame that holds only what is read.
        return bool(evaluate(tree, frame, self._layout))  # type: ignore[arg-type]

    # What the move is, put in -------------------------------------------------------------------

    def settled(self, tree: Tree, promise: Promise, doing: _Doing, ended: str | None) -> Tree:
        """An expression in the moment of a move: what is left to ask of where it leads. With
        `ended`, it is looked at as it stood in that leaf, where an included file ended."""
        leaves = self.machine.leaves

        def known(node: Tree) -> Tree | None:
            if isinstance(node, At) and ended is not None:
                return boolean(ended in node.leaves)
            if isinstance(node, CanReach):
                here = fold(node.operand, known)
                if ended is not None or here == TRUE:
                    return here
                return any_of((here, self.reached(node.operand, promise)[0]))
            if not isinstance(node, Happens) or node.name in self._columns:
                return None
            if node.kind == "chosen":
                return boolean(node.name in doing.chosen)
            if node.kind == "said":
                return boolean(node.name in doing.said)
            if node.kind == "tag":
                if node.name in doing.tags:
                    return TRUE
                where = {name for name in leaves if node.name in leaves[name].tags}
            else:
                where = set(promise.endings.get(node.name, ()))
            if ended is not None:
                return boolean(ended in where)
            return At((0, 0), BOOL, "at", node.name, tuple(sorted(where))) if where else FALSE

        return fold(tree, known)

    # Ways on ------------------------------------------------------------------------------------

    def reached(self, operand: Tree, promise: Promise) -> tuple[Tree, Tree]:
        """Where some move on leads to a moment in which it holds; and where that is not known,
        since the graph is not whole. For an included file only what it does itself counts."""
        key = (operand, promise.host)
        if key not in self._reached:
            asked = replace(promise, pattern="never", trees={"never": operand}, numbers={})
            part = Part(self, asked)
            here, on = part.table(_comes), part.table(_goes_on)
            surely = backwards(self.graph, part, here, on, None)
            unknown: Tree = FALSE
            if not self.graph.is_whole:
                open_ = np.zeros(len(self.graph), dtype=np.bool_)
                open_[self.graph.expanded :] = ~self.graph.final[self.graph.expanded :]
                unknown = self.column(backwards(self.graph, part, here, on, open_) & ~surely)
            self._reached[key] = self.column(surely), unknown
        return self._reached[key]

    def cautious(self, promise: Promise) -> Promise | None:
        """The promise as far as a graph can break it that is not whole; None where it cannot be
        said, since `can_reach` stands where it decides what counts."""
        if self.graph.is_whole:
            return promise
        asking = {
            name: [node for node in walk(tree) if isinstance(node, CanReach)]
            for name, tree in promise.trees.items()
        }
        if not any(asking.values()):
            return promise
        pattern = promise.pattern
        others = [nodes for name, nodes in asking.items() if name != pattern]
        if any(others) or pattern not in ("always", "never"):
            return None
        unknown = any_of(self.reached(node.operand, promise)[1] for node in asking[pattern])
        main = promise.trees[pattern]
        weaker = any_of((main, unknown))
        if pattern == "never":
            weaker = all_of((main, opposite(unknown)))
        return replace(promise, trees={**promise.trees, pattern: weaker})


def _comes(event: Event) -> bool:
    """For `reached`: whether it holds in this moment."""
    letter = event.now if event.last is None else event.last
    return letter is not None and letter[MAIN]


def _goes_on(event: Event) -> bool:
    """For `reached`: whether what follows this moment counts too."""
    return event.last is None and event.now is not None


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
        self.code, rows = _coded(moments, columns)
        self.codes = len(rows)
        places = {tree: n for n, tree in enumerate(columns)}
        numbers: dict[Event, int] = {}
        table = np.zeros((self.classes, self.codes), dtype=np.int64)
        for (n, (now, last)), (m, row) in product(enumerate(trees), enumerate(rows)):
            event = self._event(now, last, places, row)
            table[n, m] = numbers.setdefault(event, len(numbers))
        self.events: Sequence[Event] = tuple(numbers)
        small = np.uint8 if len(numbers) <= 256 else np.uint16
        self.rows = table.astype(small)
        self._flat = self.rows.ravel()
        self._offset = self.classes_of_labels * np.int32(self.codes)
        self.by_node: Array | None = self._flat[self.code] if self.classes == 1 else None
        self._graph = graph

    def at(self, moves: Array | slice) -> Array:
        """The numbers of the events of moves."""
        graph = self._graph
        return self.of(graph.label[moves], graph.target[moves])

    def of(self, labels: Array, nodes: Array) -> Array:
        """The numbers of the events of labels that lead to configurations."""
        if self.by_node is not None:
            found: Array = self.by_node[nodes]
        else:
            found = self._flat[self._offset[labels] + self.code[nodes]]
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

    def _relevant(self, doing: _Doing) -> tuple[_Doing, str | None]:
        """What of a label's doings this promise asks, and where its file ended on the way."""
        ended = None
        if self.promise.host is not None:
            ended = next((name for name in doing.sources if name in self._ends), None)
        asked = self._asked
        return (
            _Doing(
                doing.chosen & asked["chosen"], doing.tags & asked["tag"],
                doing.said & asked["said"], (),
            ),
            ended,
        )  # fmt: skip

    def _letters(self, doing: _Doing, ended: str | None) -> tuple[list[Tree], list[Tree] | None]:
        """The expressions by their places, settled: now, and where the file ended on the way."""
        if ended is None:
            return self._settled(doing, None), None
        return self._settled(_NOTHING, None), self._settled(doing, ended)

    def _settled(self, doing: _Doing, ended: str | None) -> list[Tree]:
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


def _coded(moments: Moments, columns: list[Tree]) -> tuple[Array, list[tuple[bool, ...]]]:
    """A number for each configuration by which of the expressions hold there, and for each number
    what holds."""
    code = np.zeros(len(moments.graph), dtype=np.uint32)
    rows: list[tuple[bool, ...]] = [()]
    for n, tree in enumerate(columns):
        code = code * 2 + moments.truth(tree)
        rows = [(*row, holds) for row in rows for holds in (False, True)]
        if len(rows) * 2 > _CODES or n == len(columns) - 1:
            seen = np.flatnonzero(np.bincount(code, minlength=len(rows)))
            again = np.zeros(len(rows), dtype=np.uint32)
            again[seen] = np.arange(len(seen))
            code, rows = again[code], [rows[each] for each in seen]
    return code.astype(np.uint8 if len(rows) <= 256 else np.uint32), rows
