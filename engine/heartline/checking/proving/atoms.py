"""What the expressions of a promise say of each moment of a graph.

A moment is a move and where it leads. What an expression asks of the move itself (what was chosen,
who spoke, which tag a choice had) is the same for all moves with one label, and is put in label by
label; labels that leave the same are taken together. What is left asks only where the move leads,
and is worked out once for each configuration. So a moment's part in a promise is one look-up, by
the class of its label and the code of its configuration.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from heartline.checking.exploring.coding import Coding
from heartline.checking.exploring.vectors import Vectors
from heartline.checking.proving.ahead import Asked, ahead
from heartline.checking.proving.folding import (
    FALSE,
    all_of,
    any_of,
    boolean,
    fold,
    opposite,
)
from heartline.checking.proving.marks import MAIN, Event
from heartline.checking.proving.ordering import Order
from heartline.checking.proving.parts import Doing, Part, judged
from heartline.expressions import (
    BOOL,
    TRUE,
    At,
    CanReach,
    Happens,
    Literal,
    evaluate,
    reads,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.expressions import Symbol, Tree
    from heartline.plan import Promise

__all__ = ["Moments"]

_MOST_ROWS = 1 << 20  # combinations of values, to look an expression up by
_CHUNK = 1 << 16  # configurations that are looked at together; a multiple of 8


class Moments:
    """The moments of one graph, and what holds where."""

    def __init__(
        self, graph: Graph, promises: Sequence[Promise] = (), order: Order | None = None
    ) -> None:
        """`promises` are those that will be asked about, `order` that of the graph, if known."""
        self.graph = graph
        self.order = Order(graph) if order is None else order
        self.machine = graph.machine
        self.coding = Coding(graph.machine)
        self.doings = [Doing.of(label) for label in graph.labels]
        self._layout: dict[Symbol, int] = dict(graph.machine.layout)
        self._columns: dict[str, Array] = {}
        self._known: dict[Tree, Array] = {}
        self.turning = self.column(~(graph.drawing | graph.urgent | graph.final))
        self._reached: dict[tuple[Tree, str | None], tuple[Tree, Tree]] = {}
        self._asking = {
            (node.operand, promise.host): promise
            for promise in promises
            for tree in promise.trees.values()
            for node in walk(tree)
            if isinstance(node, CanReach)
            and not any(isinstance(inner, CanReach) for inner in walk(node.operand))
        }

    # Where the play stands ----------------------------------------------------------------------

    def pieces(self) -> Iterator[slice]:
        """All configurations, so many at a time that what is made of them is soon at hand."""
        for start in range(0, len(self.graph), _CHUNK):
            yield slice(start, min(start + _CHUNK, len(self.graph)))

    def truth(self, tree: Tree, part: slice) -> Array:
        """Where an expression holds, of one of the `pieces`. It asks nothing of the move."""
        return judged(tree, partial(self._look, part=part))

    def _look(self, tree: Tree, part: slice) -> Array:
        """The same of one that is not made of others."""
        found: Array
        if isinstance(tree, Literal):
            found = np.full(part.stop - part.start, bool(tree.value))
        elif isinstance(tree, Happens):  # a column of our own: see `column`
            found = self._columns[tree.name][part]
        elif isinstance(tree, At):
            leaves = frozenset(tree.leaves)
            of_leaf = np.array([name in leaves for name in self.graph.leaves])
            found = of_leaf.take(self.graph.leaf[part])
        else:
            if tree not in self._known:
                self._known[tree] = self._looked_up(tree)
            bits = self._known[tree][part.start // 8 : -(-part.stop // 8)]
            found = np.unpackbits(bits, count=part.stop - part.start).view(np.bool_)
        return found

    def column(self, values: Array) -> Tree:
        """An expression that holds in the configurations in which `values` does."""
        name = f"#{len(self._columns)}"
        tree = Happens((0, 0), BOOL, "said", name)
        self._layout[tree.symbol] = len(self.machine.slots) + len(self._columns)
        self._columns[name] = values
        return tree

    def _looked_up(self, tree: Tree) -> Array:
        """An expression over a few slots, worked out for each row of values that there is, as bits:
        eight configurations in a byte."""
        layout = self._layout
        slots = sorted({layout[symbol] for symbol in reads(tree)})
        domains = [np.array(sorted({0, *self._domain(slot)})) for slot in slots]
        rows = int(np.prod([len(each) for each in domains], dtype=object))
        if rows > _MOST_ROWS:
            return self._computed(tree)
        places = [_places(domain) for domain in domains]
        found = np.zeros(-(-len(self.graph) // 8), dtype=np.uint8)
        known = np.full(rows, -1, dtype=np.int8)
        for part in self.pieces():
            row = np.zeros(part.stop - part.start, dtype=np.int32)
            for slot, domain, place in zip(slots, domains, places, strict=True):
                row *= np.int32(len(domain))
                row += place(self._numbers(slot, part))
            holds = known.take(row)
            new = row[holds < 0]
            if len(new):
                for each in np.unique(new).tolist():
                    known[each] = self._value(tree, slots, domains, each)
                holds = known.take(row)
            found[part.start // 8 : -(-part.stop // 8)] = np.packbits(holds)
        return found

    def _computed(self, tree: Tree) -> Array:
        """An expression over so many values that it is computed for each configuration."""
        function = Vectors(self.coding, self._layout).expression(tree)
        found = np.zeros(-(-len(self.graph) // 8), dtype=np.uint8)
        for part in self.pieces():
            read = partial(self._numbers, part=part)
            holds = np.broadcast_to(function(read), part.stop - part.start)
            found[part.start // 8 : -(-part.stop // 8)] = np.packbits(holds)
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
        # A frame that holds only what is read: it is asked for by slot, as a sequence is.
        return bool(evaluate(tree, cast("Sequence[object]", frame), self._layout))

    # What the move is, put in -------------------------------------------------------------------

    def settled(self, tree: Tree, promise: Promise, doing: Doing, ended: str | None) -> Tree:
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
            self._reach({key: promise} | self._asking)
        return self._reached[key]

    def _reach(self, asking: Mapping[tuple[Tree, str | None], Promise]) -> None:
        """Answer what is asked for, all together, since each time goes through the whole graph."""
        parts = {}
        for key, promise in asking.items():
            if key in self._reached:
                continue
            asked = replace(promise, pattern="never", trees={"never": key[0]}, numbers={})
            # What stands in `can_reach` inside it is answered by that.
            parts[key] = Part(self, asked)
        questions = {
            key: Asked(part, part.table(_comes), part.table(_goes_on))
            for key, part in parts.items()
            if key not in self._reached
        }
        surely = list(ahead(self.order, [*questions.values()]))
        unknown: list[Tree] = [FALSE] * len(surely)
        if not self.graph.is_whole:
            open_ = np.zeros(len(self.graph), dtype=np.bool_)
            open_[self.graph.expanded :] = ~self.graph.final[self.graph.expanded :]
            at_all = ahead(self.order, [*questions.values()], open_)
            unknown = [self.column(a & ~b) for a, b in zip(at_all, surely, strict=True)]
        for key, sure, maybe in zip(questions, surely, unknown, strict=True):
            self._reached[key] = self.column(sure), maybe

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


def _places(domain: Array) -> Callable[[Array], Array]:
    """The places of numbers in a domain, as 32-bit integers."""
    low, high = int(domain[0]), int(domain[-1])
    if low == 0 and high == len(domain) - 1:
        return partial(np.asarray, dtype=np.int32)
    if high - low >= _MOST_ROWS:
        return lambda numbers: np.searchsorted(domain, numbers).astype(np.int32)
    places = np.zeros(high - low + 1, dtype=np.int32)
    places[domain - low] = np.arange(len(domain))
    return lambda numbers: places.take(numbers - low)
