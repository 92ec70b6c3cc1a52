"""The compiled machine as a graph of leaf states, without its guards.

A way counts whether or not its guard can hold, so what cannot be reached here cannot be reached
in any play. The one thing that is not taken on trust is a history: it leads back only to a state
that some play has been in.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from heartline.machine import Machine
    from heartline.plan import Leaf, Wiring

__all__ = ["Flow", "components"]


class Flow:
    """The ways between leaves, in order of priority, and what can be reached by them."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.order = {name: place for place, name in enumerate(machine.leaves)}
        self.ways: dict[str, dict[str, list[Wiring]]] = {name: {} for name in machine.leaves}
        for wiring in machine.wirings:
            self.ways[wiring.source].setdefault(wiring.event, []).append(wiring)

    def wirings(self, leaf: str) -> Iterable[Wiring]:
        """All ways out of a leaf, those that stay among them."""
        for ways in self.ways[leaf].values():
            yield from ways

    def always(self, leaf: str) -> Sequence[Wiring]:
        """The `always` ways of a leaf, in order of priority."""
        return self.ways[leaf].get("always", ())

    @cached_property
    def onward(self) -> Mapping[str, tuple[str, ...]]:
        """The other leaves that a leaf leads to, each once."""
        return {
            name: tuple(
                dict.fromkeys(
                    wiring.dest
                    for wiring in self.wirings(name)
                    if wiring.dest is not None and wiring.dest != name
                )
            )
            for name in self.machine.leaves
        }

    @cached_property
    def reached(self) -> frozenset[str]:
        """The leaves that some way leads to from the beginning."""
        leaves = self.machine.leaves
        been: set[str] = set()  # states of all kinds
        remembered: dict[str, list[str]] = defaultdict(list)  # what waits for a state to be been in
        found: set[str] = set()
        waiting = [self.machine.initial]
        while waiting:
            leaf = waiting.pop()
            if leaf in found:
                continue
            found.add(leaf)
            for state in (*leaves[leaf].path, leaf):
                been.add(state)
                waiting.extend(remembered.pop(state, ()))
            for wiring in self.wirings(leaf):
                if wiring.dest is None:
                    continue
                value = wiring.history[1] if wiring.history is not None else None
                if value is None or value in been:
                    waiting.append(wiring.dest)
                else:
                    remembered[value].append(wiring.dest)
        return frozenset(found)

    @cached_property
    def ending(self) -> frozenset[str]:
        """The leaves from which some way leads to an end that can be reached."""
        back: dict[str, list[str]] = defaultdict(list)
        for source in self.reached:
            for dest in self.onward[source]:
                back[dest].append(source)
        waiting = [name for name in self.reached if self.machine.leaves[name].final]
        found: set[str] = set()
        while waiting:
            leaf = waiting.pop()
            if leaf not in found:
                found.add(leaf)
                waiting.extend(back[leaf])
        return frozenset(found)

    def first(self, leaves: Iterable[str]) -> Leaf:
        """The one that stands first in the file."""
        return self.machine.leaves[min(leaves, key=self.order.__getitem__)]


def components(nodes: Iterable[str], onward: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected components, each before those that lead to it (Tarjan, 1972).

    `onward` may lead to names that are not among the nodes; these are left out. Linear, and
    without recursion, so that a chain of ten thousand states is no trouble.
    """
    members = dict.fromkeys(nodes)
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    result: list[list[str]] = []
    for root in members:
        if root in number:
            continue
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        path = [(root, iter(onward.get(root, ())))]
        while path:
            node, rest = path[-1]
            for following in rest:
                if following not in members:
                    continue
                if following not in number:
                    number[following] = low[following] = len(number)
                    stack.append(following)
                    on_stack.add(following)
                    path.append((following, iter(onward.get(following, ()))))
                    break
                if following in on_stack:
                    low[node] = min(low[node], number[following])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[node])
                if low[node] == number[node]:
                    component = stack[_place(stack, node) :]
                    del stack[-len(component) :]
                    on_stack.difference_update(component)
                    result.append(component)
    return result


def _place(stack: Sequence[str], node: str) -> int:
    """Where a node stands on the stack, looked for from the top: its component is all above."""
    place = len(stack) - 1
    while stack[place] != node:
        place -= 1
    return place
