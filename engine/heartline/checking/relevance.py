"""What decides how a conversation goes on, and what only colours how it sounds.

A slot of the frame is relevant where a guard, a weight or the length of a timer reads it, or an
action that changes a relevant slot does. Two configurations that differ in nothing relevant offer
the same choices with the same weights, and stay alike in that whatever happens: what counts states
and choices may take them for one. Their lines may differ.

Timers, histories and the leaf are always relevant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.expressions import Assign, Start, reads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartline.expressions import Action, Symbol, Tree
    from heartline.machine import Machine

__all__ = ["relevant_slots"]

ALWAYS = ("leaf", "timer", "history")  # kinds of symbols


def relevant_slots(machine: Machine) -> tuple[int, ...]:
    """The slots that what can happen depends on, in order."""
    relevant = set(_decisive(machine))
    feeds: dict[Symbol, set[Symbol]] = {}
    for action in _actions(machine):
        if isinstance(action, Assign):
            target: Symbol = ("var", action.target.name)
            feeds.setdefault(target, set()).update(reads(action.value))
    waiting = list(relevant)
    while waiting:
        for symbol in feeds.get(waiting.pop(), ()):
            if symbol not in relevant:
                relevant.add(symbol)
                waiting.append(symbol)
    return tuple(
        index
        for index, slot in enumerate(machine.slots)
        if slot.symbol in relevant or slot.symbol[0] in ALWAYS
    )


def _decisive(machine: Machine) -> Iterator[Symbol]:
    """What guards, weights and lengths of timers read."""
    trees: dict[int, Tree | None] = {}
    for edge in machine.edges:
        trees[id(edge.condition)] = edge.condition
    for leaf in machine.leaves.values():
        for spec in leaf.choices:
            trees[id(spec.weight_tree)] = spec.weight_tree
    for timer in machine.timers.values():
        trees[id(timer.tree)] = timer.tree
    for action in _actions(machine):
        if isinstance(action, Start):
            trees[id(action.length)] = action.length
    for tree in trees.values():
        if tree is not None:
            yield from reads(tree)


def _actions(machine: Machine) -> Iterator[Action]:
    """All actions of a scenario, each place once."""
    blocks = {id(block): block for block in machine.begin}
    for wiring in machine.wirings:
        blocks.update((id(block), block) for block in (*wiring.exits, *wiring.entries))
    for edge in machine.edges:
        yield from edge.actions
    for block in blocks.values():
        yield from block.actions
