"""Many configurations of an old version, carried over into a new one at once.

What `heartline.migrating` does with one stored conversation is done here with columns: its own
pieces are asked once for each value that occurs, so that the two cannot differ in what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from heartline.checking.exploring.coding import Coding, microseconds
from heartline.checking.relevance import Relevance
from heartline.durations import LONGEST, parse_duration
from heartline.expressions import Assign, DurationType, EnumType, Start, reads
from heartline.migrating import Carrier, stored_value
from heartline.plan import OFF, PENDING, RUNNING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.expressions import Action, Symbol, Tree
    from heartline.machine import Machine
    from heartline.plan import MigrationPlan

__all__ = ["Carried", "Carrying"]


@dataclass(frozen=True, slots=True)
class Carried:
    """Configurations of the new version: a column of numbers for each slot that counts there, and
    for each which of the `reasons` keeps it from being carried over, -1 where nothing does. A
    reason is a sentence without its end, and what it is about."""

    columns: dict[int, Array]
    wrong: Array
    reasons: tuple[tuple[str, str], ...]


class _Held(NamedTuple):
    """A column: the values that occur, and which of them each row has."""

    values: list[Any]
    which: Array


class Carrying:
    """How the configurations of one machine become those of another.

    `keep` has for each leaf of the old one the slots that must be told apart, and `left` for the
    timers of the new one the most that can be left of them, in microseconds, by slot.
    """

    def __init__(self, old: Machine, new: Machine, plan: MigrationPlan) -> None:
        self.old, self.new, self.plan = old, new, plan
        self.carrier = Carrier(new, plan)
        self.mine, self.theirs = Coding(old), Coding(new)
        self.sources = self.carrier.names.sources(old.layout)
        self._counts = Relevance(new, weights=False)
        self.keep = dict(self._kept())
        self.left = dict(self._left())

    # What must be known -------------------------------------------------------------------------

    def _kept(self) -> Iterator[tuple[str, frozenset[int]]]:
        everywhere = frozenset((*self._doubtful(), *self._handled()))
        for leaf in self.old.leaves:
            place, wrong = self.carrier.leaf(leaf)
            if wrong is None and not self.old.leaves[leaf].final:
                yield leaf, everywhere | self._needed(place)

    def _handled(self) -> Iterator[int]:
        """The timers of which it must be known that they were handled: else that is not told from
        being off."""
        read = {symbol for tree in _trees(self.new) for symbol in reads(tree)}
        for symbol, olds in self.sources.items():
            if symbol[0] != "timer" or symbol not in self.new.layout:
                continue
            if symbol in read or self.new.timers[symbol[1]].local:
                yield from (self.old.layout[each] for each in olds)

    def _needed(self, place: str) -> set[int]:
        """The old slots that decide something in this leaf of the new machine."""
        counts = self._counts.reach(place)
        wanted = {self.new.slots[slot].symbol for slot in counts}
        for name in self._set(counts):
            wanted |= reads(self.plan.sets[name])
        return {
            self.old.layout[each]
            for symbol in wanted
            if symbol[0] not in ("leaf", "timer")
            for each in self.sources.get(symbol, ())
        }

    def _set(self, counts: frozenset[int]) -> list[str]:
        """The variables whose `set` has to be asked where these slots count."""
        return [
            name
            for name, tree in self.plan.sets.items()
            if self.new.layout["var", name] in counts or self._may_fail(tree)
        ]

    def _may_fail(self, tree: Tree) -> bool:
        """Whether the value that is set can be none: the old value of an enum that it has no
        more. All others are brought to one that can be."""
        read = [self.new.layout[symbol] for symbol in reads(tree) if symbol[0] == "var"]
        return isinstance(tree.type, EnumType) and any(
            isinstance(self.new.slots[slot].type, EnumType) for slot in read
        )

    def _doubtful(self) -> Iterator[int]:
        """The old slots that can hold what the new machine cannot take."""
        for symbol, olds in self.sources.items():
            index = self.new.layout.get(symbol)
            if index is None or symbol[0] not in ("var", "history"):
                continue
            for each in olds:
                slot = self.old.layout[each]
                values = [self.mine.value(slot, number) for number in self.mine.domains[slot]]
                if symbol[0] == "var":
                    found = [self.carrier.variable(self.new.slots[index], stored_value(value))
                             for value in values]  # fmt: skip
                else:
                    found = [self.carrier.remembered(symbol[1], value)
                             for value in values if isinstance(value, str)]  # fmt: skip
                if any(wrong is not None for _, wrong in found):
                    yield slot

    def _left(self) -> Iterator[tuple[int, int]]:
        for symbol, olds in self.sources.items():
            if symbol[0] == "timer" and symbol in self.new.layout:
                most = max(_longest(self.old, each[1]) for each in olds)
                yield self.new.layout[symbol], most

    # Carrying over ------------------------------------------------------------------------------

    def carry(self, graph: Graph, nodes: Array) -> Carried:
        """What these configurations of the old machine become."""
        reasons: dict[tuple[str, str], int] = {}
        parts: list[tuple[Array, dict[int, Array]]] = []
        wrong = np.full(len(nodes), -1, dtype=np.int64)
        leaf = graph.leaf[nodes]
        for number in np.unique(leaf):
            which = np.flatnonzero(leaf == number)
            name = graph.leaves[int(number)]
            batch = _Batch(self, graph, name, nodes[which], reasons)
            columns = batch.columns()
            wrong[which] = batch.wrong
            if columns is not None:
                parts.append((which, columns))
        slots = sorted({slot for _, columns in parts for slot in columns})
        whole: dict[int, Array] = {}
        for slot in slots:
            whole[slot] = np.full(len(nodes), self.first(slot), dtype=np.int64)
            for which, columns in parts:
                if slot in columns:
                    whole[slot][which] = columns[slot]
        return Carried(whole, wrong, tuple(reasons))

    def first(self, slot: int) -> int:
        """The number of what a slot of the new machine holds at first."""
        if slot == 0:
            return 0
        return self.theirs.number(slot, self.new.slots[slot].initial)

    def waiting(self, columns: Mapping[int, Array]) -> Array:
        """Where several expired timers wait, of which it is not known which was first."""
        count = len(next(iter(columns.values())))
        slots = [timer.slot for timer in self.new.timers.values() if timer.slot in columns]
        found = np.zeros(count, dtype=np.int64)
        for slot in slots:
            found += columns[slot] == PENDING
        several: Array = found > 1
        return several

    def told(self, leaf: str) -> frozenset[int]:
        """The slots of the old machine that can be read in a leaf."""
        return self.keep.get(leaf, frozenset())

    def counts(self, place: str) -> frozenset[int]:
        """The slots of the new machine that count in a leaf."""
        return self._counts.reach(place)

    def to_set(self, place: str) -> list[str]:
        """The variables whose `set` has to be asked in a leaf of the new machine."""
        return self._set(self._counts.reach(place))


class _Batch:
    """The configurations of one old leaf."""

    def __init__(
        self,
        carrying: Carrying,
        graph: Graph,
        leaf: str,
        nodes: Array,
        reasons: dict[tuple[str, str], int],
    ) -> None:
        self.carrying, self.graph, self.nodes, self.reasons = carrying, graph, nodes, reasons
        self.told = carrying.told(leaf)
        self.wrong = np.full(len(nodes), -1, dtype=np.int64)
        self.place, why = carrying.carrier.leaf(leaf)
        self.held: dict[int, _Held] = {}
        if why is not None:
            self.wrong[:] = self._reason(why, why)

    def columns(self) -> dict[int, Array] | None:
        """The columns of the new machine, where they can be carried over at all."""
        carrying, new = self.carrying, self.carrying.new
        if len(self.wrong) and (self.wrong >= 0).all():
            return None
        self.held[0] = _Held([self.place], np.zeros(len(self.nodes), dtype=np.int64))
        for symbol, olds in carrying.sources.items():
            index = new.layout.get(symbol)
            known = [carrying.old.layout[each] for each in olds]
            known = [slot for slot in known if slot in self.told and carrying.mine.domains[slot]]
            if index is None or not known:
                continue
            if symbol[0] == "var":
                self.held[index] = self._asked(known[0], self._variable(index))
            elif symbol[0] == "history":
                self._history(index, symbol[1], known)
            elif symbol[0] in ("visits", "taken"):
                self._counted(index, known)
        self._timers()
        self._sets()
        counts = carrying.counts(self.place)
        return {
            slot: np.array([carrying.theirs.number(slot, value) for value in held.values])[
                held.which
            ]
            for slot, held in self.held.items()
            if slot in counts and carrying.theirs.domains[slot]
        }

    def _variable(self, index: int) -> Callable[[Any], tuple[Any, str | None]]:
        slot = self.carrying.new.slots[index]
        return lambda value: self.carrying.carrier.variable(slot, stored_value(value))

    def _reason(self, why: str, subject: str) -> int:
        return self.reasons.setdefault((why, subject), len(self.reasons))

    def _blame(self, rows: Array, why: str, subject: Symbol) -> None:
        rows = rows[self.wrong[rows] < 0]
        self.wrong[rows] = self._reason(why, " ".join(subject))

    def _old(self, slot: int) -> _Held:
        """What an old slot holds."""
        numbers, which = np.unique(self.graph.columns.get(slot, self.nodes), return_inverse=True)
        return _Held([self.carrying.mine.value(slot, int(each)) for each in numbers], which)

    def _asked(self, slot: int, ask: Callable[[Any], tuple[Any, str | None]]) -> _Held:
        """What each value of an old slot becomes."""
        old, symbol = self._old(slot), self.carrying.old.slots[slot].symbol
        values = []
        for n, value in enumerate(old.values):
            new, why = ask(value)
            if why is not None:
                self._blame(np.flatnonzero(old.which == n), why, symbol)
            values.append(new)
        return _Held(values, old.which)

    def _history(self, index: int, name: str, slots: list[int]) -> None:
        carrier = self.carrying.carrier
        for slot in reversed(slots):
            held = self._asked(
                slot,
                lambda value: (None, None) if value is None else carrier.remembered(name, value),
            )
            before = self.held.get(index)
            if before is not None:  # of several that become one the first that remembers
                held = _first_of(held, before)
            self.held[index] = held

    def _counted(self, index: int, slots: list[int]) -> None:
        total = np.zeros(len(self.nodes), dtype=np.int64)
        for slot in slots:
            total += self.graph.columns.get(slot, self.nodes)
        total = np.minimum(total, self.carrying.new.slots[index].cap)
        numbers, which = np.unique(total, return_inverse=True)
        self.held[index] = _Held(numbers.tolist(), which)

    def _timers(self) -> None:
        new, carrier = self.carrying.new, self.carrying.carrier
        found = {timer.slot: np.zeros(len(self.nodes), dtype=np.int64)
                 for timer in new.timers.values()}  # fmt: skip
        for timer in self.carrying.old.timers.values():
            statuses = np.asarray(self.graph.columns.get(timer.slot, self.nodes))
            for status in np.unique(statuses).tolist():
                if status == OFF:
                    continue
                name, why = carrier.timer(timer.name, status, self.place)
                rows = np.flatnonzero(statuses == status)
                if why is not None:
                    self._blame(rows, why, ("timer", timer.name))
                elif name is not None:
                    found[new.timers[name].slot][rows] = status
        for name in carrier.begins(self.place):
            column = found[new.timers[name].slot]
            column[column == OFF] = RUNNING
        for slot, column in found.items():
            self.held[slot] = _Held(list(range(4)), column)

    def _sets(self) -> None:
        """What `set` makes of them, asked once for each combination of what it reads."""
        new, carrier = self.carrying.new, self.carrying.carrier
        settled: dict[int, _Held] = {}
        for name in self.carrying.to_set(self.place):
            index = new.layout["var", name]
            symbols = reads(self.carrying.plan.sets[name])
            read = [new.layout[symbol] for symbol in symbols if new.layout[symbol] in self.held]
            code = np.zeros(len(self.nodes), dtype=np.int64)
            for slot in read:
                code = code * len(self.held[slot].values) + self.held[slot].which
                _, code = np.unique(code, return_inverse=True)
            _, first, which = np.unique(code, return_index=True, return_inverse=True)
            values = []
            for n, row in enumerate(first):
                frame = list(new.initial_frame())
                for slot in read:
                    held = self.held[slot]
                    frame[slot] = held.values[int(held.which[row])]
                value, why = carrier.setting(new.slots[index], frame)
                if why is not None:
                    self._blame(np.flatnonzero(which == n), why, ("set", name))
                values.append(value)
            settled[index] = _Held(values, which)
        self.held |= settled


def _first_of(one: _Held, other: _Held) -> _Held:
    """What the one remembers, and where it remembers nothing what the other does."""
    nothing = np.array([value is None for value in one.values])[one.which]
    return _Held(
        [*one.values, *other.values], np.where(nothing, len(one.values) + other.which, one.which)
    )


def _longest(machine: Machine, timer: str) -> int:
    """The most that can be left of a timer, in microseconds."""
    info = machine.timers[timer]
    if info.local:
        return microseconds(parse_duration(timer.rpartition(".")[2]))
    lengths = [info.tree] if info.tree is not None else []
    lengths += [
        action.length
        for action in _actions(machine)
        if isinstance(action, Start) and action.timer == timer and action.length is not None
    ]
    found = [LONGEST]
    if all(isinstance(tree.type, DurationType) and tree.type.values for tree in lengths):
        found = [length for tree in lengths for length in getattr(tree.type, "values", ())]
    return microseconds(max(found, default=LONGEST))


def _actions(machine: Machine) -> Iterator[Action]:
    for edge in machine.edges:
        yield from edge.actions
    blocks = [block for wiring in machine.wirings for block in (*wiring.exits, *wiring.entries)]
    for block in {id(block): block for block in (*blocks, *machine.begin)}.values():
        yield from block.actions


def _trees(machine: Machine) -> Iterator[Tree]:
    """All that decides something in a machine, and in what its migrations set."""
    yield from (edge.condition for edge in machine.edges if edge.condition is not None)
    for leaf in machine.leaves.values():
        yield from (spec.weight_tree for spec in leaf.choices if spec.weight_tree is not None)
    for action in _actions(machine):
        if isinstance(action, Assign):
            yield action.value
    for plan in machine.migrations:
        yield from plan.sets.values()
