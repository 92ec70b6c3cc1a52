"""What decides how a conversation goes on, and what only colours how it sounds.

A slot of the frame is alive in a leaf where something further on still looks at it: a guard, a
weight or the length of a timer reads it before an action has set it anew, or an action reads it
whose result is alive. Two configurations of one leaf that differ in nothing alive offer the same
choices with the same weights, and stay alike in that whatever happens: who counts states and
choices may take them for one. Their lines may differ.

It is found as compilers find which variables are alive: backwards along the ways, until nothing is
added. A history stands for what is alive in the place that it remembers. Timers are always alive,
and the leaf; in a final state nothing else is, not even they.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from heartline.expressions import Assign, IntType, Start, reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from heartline.expressions import Action, Tree
    from heartline.machine import Machine
    from heartline.plan import Wiring
    from heartline.snapshot import Frame

__all__ = ["Relevance"]

Slots = frozenset[int]
_NONE: Slots = frozenset()
_LEAF: Slots = frozenset((0,))


class Relevance:
    """Tells the configurations of a machine apart by what decides how they go on.

    The slots of `keep` are alive everywhere, at the ends too: for whoever reads them from outside.
    Without `weights` it is of no interest how often a choice is drawn, only whether it can be.
    """

    def __init__(self, machine: Machine, keep: Slots = _NONE, *, weights: bool = True) -> None:
        self._machine = machine
        self._weights = weights
        self._keep = keep
        self._layout = machine.layout
        self._always = frozenset(
            index for index, slot in enumerate(machine.slots) if slot.symbol[0] in ("leaf", "timer")
        )
        self._histories = sorted({
            wiring.history[0] for wiring in machine.wirings if wiring.history is not None
        })  # fmt: skip
        self._arrivals = {
            wiring.history: wiring.dest
            for wiring in machine.wirings
            if wiring.history is not None and wiring.dest is not None
        }
        self._known: dict[int, Slots] = {}
        self._keys: dict[object, Callable[[Frame], object]] = {}
        self._alive = self._find()

    def key(self, frame: Frame) -> object:
        """What tells a frame apart from others: equal keys go on alike."""
        key = self._keys.get(frame[0])  # of a leaf where no history counts
        if key is None:
            places = (frame[0], *[frame[slot] for slot in self._histories])
            key = self._keys.get(places)
            if key is None:
                alive = self.alive(frame)
                here: object = frame[0] if alive.isdisjoint(self._histories) else places
                key = self._keys[here] = itemgetter(*sorted(alive))
        return key(frame)

    def alive(self, frame: Frame) -> Slots:
        """The slots that count where this frame stands."""
        if self._machine.leaves[frame[0]].final:
            return _LEAF | self._keep
        alive: set[int] = set(self._always)
        waiting, been = [frame[0]], set()
        while waiting:
            leaf = waiting.pop()
            if leaf in been:
                continue
            been.add(leaf)
            alive |= self._alive[leaf]
            waiting += [
                self._arrivals[slot, frame[slot]]
                for slot in self._histories
                if slot in alive and (slot, frame[slot]) in self._arrivals
            ]
        return frozenset(alive)

    def least(self, leaf: str) -> Slots:
        """The slots that count in a leaf in any case, whatever the histories remember."""
        if self._machine.leaves[leaf].final:
            return _LEAF | self._keep
        return self._always | self._alive[leaf]

    def reach(self, leaf: str) -> Slots:
        """The slots that count in a leaf, whatever the histories remember."""
        if self._machine.leaves[leaf].final:
            return _LEAF | self._keep
        alive: set[int] = set(self._always)
        waiting, been = [leaf], set()
        while waiting:
            place = waiting.pop()
            if place not in been:
                been.add(place)
                alive |= self._alive[place]
                waiting += [dest for (slot, _), dest in self._arrivals.items() if slot in alive]
        return frozenset(alive)

    # How it is found ----------------------------------------------------------------------------

    def _find(self) -> Mapping[str, Slots]:
        machine = self._machine
        ways: dict[str, list[Wiring]] = {name: [] for name in machine.leaves}
        before: dict[str, set[str]] = {name: set() for name in machine.leaves}
        for wiring in machine.wirings:
            ways[wiring.source].append(wiring)
            before[wiring.dest or wiring.source].add(wiring.source)
            for memory in wiring.remembers:
                if memory in self._arrivals:
                    before[self._arrivals[memory]].add(wiring.source)
        alive = {name: self._asked(name, ways[name]) for name in machine.leaves}
        waiting = dict.fromkeys(reversed(list(machine.leaves)))
        while waiting:
            name = next(iter(waiting))
            del waiting[name]
            found = alive[name].union(*(self._through(wiring, alive) for wiring in ways[name]))
            if found != alive[name]:
                alive[name] = found
                waiting.update(dict.fromkeys(before[name]))
        return alive

    def _asked(self, leaf: str, ways: Iterable[Wiring]) -> Slots:
        """What the guards and the weights of a leaf read."""
        found: set[int] = set()
        for wiring in ways:
            found |= self._read(wiring.edge.condition)
            if wiring.history is not None:
                found.add(wiring.history[0])
        for spec in self._machine.leaves[leaf].choices:
            if self._weights or not _is_positive(spec.weight_tree):
                found |= self._read(spec.weight_tree)
        return frozenset(found) | self._keep

    def _through(self, wiring: Wiring, alive: Mapping[str, Slots]) -> Slots:
        """What must be alive before a way is taken, for what is alive after it."""
        entered = [action for block in wiring.entries for action in block.actions]
        left = [action for block in wiring.exits for action in block.actions]
        actions = [*left, *wiring.edge.actions, *entered]
        found = set(alive[wiring.dest or wiring.source])
        asked: set[int] = set()
        for action in reversed(actions):
            if isinstance(action, Assign):
                slot = self._layout["var", action.target.name]
                if slot not in found:
                    continue
                found.discard(slot)
            fed = self._fed(action)
            found |= fed
            asked |= fed
        if wiring.history is not None:  # the history itself stands for what is alive there
            return frozenset(asked) | self._keep
        for slot, place in wiring.remembers:
            if slot in found:
                found.discard(slot)
                if (slot, place) in self._arrivals:
                    found |= alive[self._arrivals[slot, place]]
        return frozenset(found)

    def _fed(self, action: Action) -> Slots:
        """What an action reads."""
        if isinstance(action, Assign):
            return self._read(action.value)
        if isinstance(action, Start):
            length = action.length or self._machine.timers[action.timer].tree
            return self._read(length)
        return _NONE

    def _read(self, tree: Tree | None) -> Slots:
        if tree is None:
            return _NONE
        if id(tree) not in self._known:
            self._known[id(tree)] = frozenset(self._layout[symbol] for symbol in reads(tree))
        return self._known[id(tree)]


def _is_positive(weight: Tree | None) -> bool:
    """Whether a weight is above 0 whatever it reads."""
    return weight is None or (isinstance(weight.type, IntType) and weight.type.low > 0)
