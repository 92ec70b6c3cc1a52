"""Exploring with only some of the variables: the rest could hold anything.

A slice forgets variables. Where a condition asks for one of them, it may hold and it may fail, so
both are explored. What a slice can do is therefore all that the scenario can do, and more: what
never happens in it never happens. What does happen in it has to be played by the runtime before it
is believed.

What is kept is closed: whatever flows into a variable that is kept, or into the length of a timer,
is kept too. So the slice always knows what its variables hold; only which ways are open is guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.expressions import (
    BOOL,
    And,
    Assign,
    GuardUse,
    IntType,
    Literal,
    Not,
    Or,
    Start,
    reads,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.expressions import Action, Tree
    from heartline.machine import Machine

__all__ = ["Slice"]

_NOWHERE = (0, 0)


class Slice:
    """What is known of a machine where of its variables and counters only some `slots` are kept.

    `slots` are those, and what flows into them. The leaf, the timers and the histories are always
    known.
    """

    def __init__(self, machine: Machine, slots: frozenset[int]) -> None:
        self._machine = machine
        self._always = frozenset(
            n
            for n, slot in enumerate(machine.slots)
            if slot.symbol[0] in ("leaf", "timer", "history")
        )
        self.slots = self._closed(slots | self._always)

    def knows(self, tree: Tree) -> bool:
        """Whether it is known what an expression gives."""
        return all(self._machine.layout.get(symbol) in self.slots for symbol in reads(tree))

    def may(self, tree: Tree) -> Tree:
        """What holds wherever a condition can hold."""
        return self._guess(tree, hopes=True)

    def must(self, tree: Tree) -> Tree:
        """What holds only where a condition holds in any case."""
        return self._guess(tree, hopes=False)

    def weights(self, tree: Tree) -> tuple[Tree, Tree]:
        """Whether a choice of that weight may be drawn, and whether it is sure that it can be: an
        expression that is above 0 there."""
        if self.knows(tree) or not isinstance(tree.type, IntType):
            return tree, tree
        return _number(int(tree.type.high > 0)), _number(int(tree.type.low > 0))

    def _guess(self, tree: Tree, *, hopes: bool) -> Tree:
        if self.knows(tree):
            return tree
        if isinstance(tree, GuardUse):
            return self._guess(tree.tree, hopes=hopes)
        if isinstance(tree, Not):
            return Not(_NOWHERE, BOOL, self._guess(tree.operand, hopes=not hopes))
        if isinstance(tree, And | Or):
            parts = tuple(self._guess(each, hopes=hopes) for each in tree.operands)
            return type(tree)(_NOWHERE, BOOL, parts)
        return Literal(_NOWHERE, BOOL, value=hopes)

    def _closed(self, slots: frozenset[int]) -> frozenset[int]:
        layout = self._machine.layout
        flows: dict[int, set[int]] = {}
        closed = set(slots)
        for action in _actions(self._machine):
            if isinstance(action, Assign):
                read = {layout[symbol] for symbol in reads(action.value)}
                flows.setdefault(layout["var", action.target.name], set()).update(read)
            elif isinstance(action, Start) and action.length is not None:
                closed |= {layout[symbol] for symbol in reads(action.length)}
        for info in self._machine.timers.values():
            if info.tree is not None:
                closed |= {layout[symbol] for symbol in reads(info.tree)}
        waiting = list(closed)
        while waiting:
            for slot in flows.get(waiting.pop(), set()) - closed:
                closed.add(slot)
                waiting.append(slot)
        return frozenset(closed)


def _actions(machine: Machine) -> Iterator[Action]:
    for edge in machine.edges:
        yield from edge.actions
    blocks = [block for wiring in machine.wirings for block in (*wiring.exits, *wiring.entries)]
    for block in {id(block): block for block in (*machine.begin, *blocks)}.values():
        yield from block.actions


def _number(value: int) -> Literal:
    return Literal(_NOWHERE, IntType(value, value), value=value)
