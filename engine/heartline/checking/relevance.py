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

from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from heartline.checking.proving.folding import fold
from heartline.expressions import (
    Assign,
    EnumType,
    IntType,
    Literal,
    Start,
    Value,
    Variable,
    reads,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from heartline.expressions import Action, Tree
    from heartline.machine import Machine
    from heartline.plan import Wiring
    from heartline.snapshot import Frame

    _Step = tuple[int | None, Tree | None, frozenset[int]]

__all__ = ["Relevance"]

Slots = frozenset[int]
Mode = tuple[Value, ...]
_NONE: Slots = frozenset()
_LEAF: Slots = frozenset((0,))


class Relevance:
    """Tells the configurations of a machine apart by what decides how they go on.

    The slots of `keep` are alive everywhere, at the ends too, or in each leaf those that it names:
    for whoever reads them from outside. Where `only` some slots are known, others count nowhere.
    Without `weights` it is of no interest how often a choice is drawn, only whether it can be.
    `modes` are variables with few values: what counts is found for each of their values by itself,
    with their value put into the guards, so that a guard which asks for two minds reads nothing
    else where there is one.
    """

    def __init__(
        self,
        machine: Machine,
        keep: Slots | Mapping[str, Slots] = _NONE,
        *,
        weights: bool = True,
        modes: Sequence[int] = (),
        only: Slots | None = None,
    ) -> None:
        self._machine = machine
        self._weights = weights
        self._only = only
        if isinstance(keep, frozenset):
            self._keep = dict.fromkeys(machine.leaves, keep)
        else:
            self._keep = {leaf: keep.get(leaf, _NONE) for leaf in machine.leaves}
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
        self._folded: dict[tuple[int, Mode], Tree] = {}
        self._steps: dict[int, list[_Step]] = {}
        self._modes: tuple[int, ...] = ()
        self._alive = self._find([()])
        if modes:
            # Whether a mode itself still counts is told by what reads it where nothing is put in.
            plainly = {leaf: alive for (leaf, _), alive in self._alive.items()}
            self._modes = tuple(modes)
            values = [self._values(slot) for slot in self._modes]
            found = self._find(list(product(*values)))
            self._alive = {
                (leaf, mode): alive | (plainly[leaf] & frozenset(self._modes))
                for (leaf, mode), alive in found.items()
            }

    @property
    def deciders(self) -> tuple[int, ...]:
        """The slots on whose values it depends which others count."""
        return (*self._modes, *self._histories)

    def key(self, frame: Frame) -> object:
        """What tells a frame apart from others: equal keys go on alike."""
        key = self._keys.get(frame[0])  # of a leaf where no history counts
        if key is None:
            places = (frame[0], *[frame[slot] for slot in self.deciders])
            key = self._keys.get(places)
            if key is None:
                alive = self.alive(frame)
                here: object = frame[0] if alive.isdisjoint(self.deciders) else places
                key = self._keys[here] = itemgetter(*sorted(alive))
        return key(frame)

    def alive(self, frame: Sequence[Any]) -> Slots:
        """The slots that count where this frame stands."""
        if self._machine.leaves[frame[0]].final:
            return _LEAF | self._keep[frame[0]]
        mode = tuple([frame[slot] for slot in self._modes])
        alive: set[int] = set(self._always)
        waiting, been = [frame[0]], set()
        while waiting:
            leaf = waiting.pop()
            if leaf in been:
                continue
            been.add(leaf)
            alive |= self._alive[leaf, mode]
            waiting += [
                self._arrivals[slot, frame[slot]]
                for slot in self._histories
                if slot in alive and (slot, frame[slot]) in self._arrivals
            ]
        return frozenset(alive)

    def least(self, leaf: str) -> Slots:
        """The slots that count in a leaf in any case, whatever the deciders hold."""
        if self._machine.leaves[leaf].final:
            return _LEAF | self._keep[leaf]
        each = [alive for (name, _), alive in self._alive.items() if name == leaf]
        return self._always | frozenset.intersection(*each)

    def reach(self, leaf: str) -> Slots:
        """The slots that count in a leaf for some values of the deciders."""
        if self._machine.leaves[leaf].final:
            return _LEAF | self._keep[leaf]
        alive: set[int] = set(self._always)
        waiting, been = [leaf], set()
        while waiting:
            place = waiting.pop()
            if place not in been:
                been.add(place)
                for (name, _), found in self._alive.items():
                    if name == place:
                        alive |= found
                waiting += [dest for (slot, _), dest in self._arrivals.items() if slot in alive]
        return frozenset(alive)

    # How it is found ----------------------------------------------------------------------------

    def _find(self, modes: Sequence[Mode]) -> Mapping[tuple[str, Mode], Slots]:
        machine = self._machine
        ways: dict[str, list[Wiring]] = {name: [] for name in machine.leaves}
        for wiring in machine.wirings:
            ways[wiring.source].append(wiring)
        onward: dict[tuple[str, Mode], list[tuple[Wiring, list[Mode]]]] = {}
        before: dict[tuple[str, Mode], set[tuple[str, Mode]]] = {}
        for leaf in machine.leaves:
            for mode in modes:
                place = (leaf, mode)
                onward[place] = [
                    (wiring, self._next(wiring, mode)) for wiring in self._open(ways[leaf], mode)
                ]
                for wiring, after in onward[place]:
                    for each in after:
                        before.setdefault((wiring.dest or leaf, each), set()).add(place)
                        for memory in wiring.remembers:
                            if memory in self._arrivals:
                                there = (self._arrivals[memory], each)
                                before.setdefault(there, set()).add(place)
        alive = {
            place: self._asked(place, [wiring for wiring, _ in found])
            for place, found in onward.items()
        }
        waiting = dict.fromkeys(reversed(list(onward)))
        while waiting:
            place = next(iter(waiting))
            del waiting[place]
            found = alive[place].union(
                *(
                    self._through(wiring, place[1], after, alive)
                    for wiring, modes_after in onward[place]
                    for after in modes_after
                )
            )
            if found != alive[place]:
                alive[place] = found
                waiting.update(dict.fromkeys(before.get(place, ())))
        return alive

    def _open(self, ways: Iterable[Wiring], mode: Mode) -> Iterator[Wiring]:
        """The ways that can be taken in a mode."""
        for wiring in ways:
            condition = self._put(wiring.edge.condition, mode)
            if not (isinstance(condition, Literal) and not condition.value):
                yield wiring

    def _next(self, wiring: Wiring, mode: Mode) -> list[Mode]:
        """The modes that a way can lead to."""
        if not self._modes:
            return [mode]
        found: list[Mode] = [(each,) for each in mode]
        for target, tree, _ in self._steps_of(wiring):
            if target in self._modes:
                place = self._modes.index(target)
                found[place] = (tree.value,) if isinstance(tree, Literal) else self._values(target)
        return list(product(*found))

    def _values(self, slot: int) -> Mode:
        kind = self._machine.slots[slot].type
        return kind.values if isinstance(kind, EnumType) else (False, True)

    def _put(self, tree: Tree | None, mode: Mode) -> Tree | None:
        """An expression, with the values of a mode put into it."""
        if tree is None or not self._modes or self._read(tree).isdisjoint(self._modes):
            return tree
        folded = self._folded.get((id(tree), mode))
        if folded is None:
            values = dict(zip(self._modes, mode, strict=True))

            def known(node: Tree) -> Tree | None:
                if isinstance(node, Variable):
                    slot = self._layout[node.symbol]
                    if slot in values:
                        return Literal(node.span, node.type, values[slot])
                return None

            folded = self._folded[id(tree), mode] = fold(tree, known)
            self._folded[id(folded), mode] = folded  # it stays, so that its id stays its own
        return folded

    def _asked(self, place: tuple[str, Mode], ways: Iterable[Wiring]) -> Slots:
        """What the guards and the weights of a leaf read."""
        leaf, mode = place
        found: set[int] = set()
        for wiring in ways:
            found |= self._read(self._put(wiring.edge.condition, mode))
            if wiring.history is not None:
                found.add(wiring.history[0])
        for spec in self._machine.leaves[leaf].choices:
            if self._weights or not _is_positive(spec.weight_tree):
                found |= self._read(self._put(spec.weight_tree, mode))
        return frozenset(found) | self._keep[leaf]

    def _through(
        self, wiring: Wiring, mode: Mode, after: Mode, alive: Mapping[tuple[str, Mode], Slots]
    ) -> Slots:
        """What must be alive before a way is taken, for what is alive after it."""
        if mode != after:  # what is put in must not be what the way itself has changed
            mode = ()
        found = set(alive[wiring.dest or wiring.source, after])
        asked: set[int] = set()
        for target, tree, fed in reversed(self._steps_of(wiring)):
            if target is not None:
                if target not in found:
                    continue
                found.discard(target)
            if mode and not fed.isdisjoint(self._modes):
                fed = self._read(self._put(tree, mode))
            found |= fed
            asked |= fed
        if wiring.history is not None:  # the history itself stands for what is alive there
            return frozenset(asked)
        for slot, place in wiring.remembers:
            if slot in found:
                found.discard(slot)
                if (slot, place) in self._arrivals:
                    found |= alive[self._arrivals[slot, place], after]
        return frozenset(found)

    def _steps_of(self, wiring: Wiring) -> list[_Step]:
        """What is done on a way: which slot each action sets, if any, and what it reads."""
        found = self._steps.get(id(wiring))
        if found is None:
            found = self._steps[id(wiring)] = []
            for action in _actions(wiring):
                target: int | None = None
                tree: Tree | None = None
                if isinstance(action, Assign):
                    target = self._layout["var", action.target.name]
                    tree = action.value
                elif isinstance(action, Start):
                    tree = action.length or self._machine.timers[action.timer].tree
                found.append((target, tree, self._read(tree)))
        return found

    def _read(self, tree: Tree | None) -> Slots:
        if tree is None:
            return _NONE
        if id(tree) not in self._known:
            read = frozenset(self._layout[symbol] for symbol in reads(tree))
            self._known[id(tree)] = read if self._only is None else read & self._only
        return self._known[id(tree)]


def _actions(wiring: Wiring) -> list[Action]:
    """What is done on a way, in order."""
    left = [action for block in wiring.exits for action in block.actions]
    entered = [action for block in wiring.entries for action in block.actions]
    return [*left, *wiring.edge.actions, *entered]


def _is_positive(weight: Tree | None) -> bool:
    """Whether a weight is above 0 whatever it reads."""
    return weight is None or (isinstance(weight.type, IntType) and weight.type.low > 0)
