"""Finding every configuration of a scenario, many at a time.

How it works. The configurations are taken in the order in which they were found, some ten thousand
at once. Those that stand in one leaf are a batch; each thing that can happen there is done to the
whole batch, which splits where guards do. What arrives is looked up in one table, which says which
of it is new. So the order is breadth first, and nothing is expanded twice.

What may happen, and in which order, is `heartline.run`, said once more for columns; differential
tests hold the two together. Time is `clocks`.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.arriving import Arrivals
from heartline.checking.exploring.batch import Batch, Reading
from heartline.checking.exploring.beginning import begin, first_frames
from heartline.checking.exploring.clocks import Clocks, alike
from heartline.checking.exploring.coding import Coding
from heartline.checking.exploring.graph import CHOOSE, DRAW, SEND, Graph, Label, Notes, Root
from heartline.checking.exploring.kept import Moves, joined
from heartline.checking.exploring.layout import CLOCK, LEAF, MOST_DENSE, Dense, Numbers, Packed
from heartline.checking.exploring.moving import Mover
from heartline.checking.exploring.parts import Parts, spoken_conditions
from heartline.checking.exploring.slicing import Slice
from heartline.checking.exploring.table import AT_ONCE, DenseTable, HashTable
from heartline.checking.exploring.vectors import Vectors
from heartline.checking.relevance import Relevance
from heartline.expressions import Assign, BoolType, EnumType, Literal, reads
from heartline.inputs import check_seats

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from concurrent.futures import Future

    from heartline.checking.exploring.graph import Array
    from heartline.expressions import Tree
    from heartline.machine import Machine

__all__ = ["Limits", "Progress", "explore"]

# Configurations that are expanded at once: many, since each kind of move in each leaf costs some
# hundred microseconds however few make it; more than these gain nothing and want memory.
_PIECE = 1 << 18
_MODES = 64  # combinations of what a conversation began with
_CLOCKS = 1 << 20  # what all timers can hold together; more do not fit


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to stop: so many configurations, seconds, bytes of memory. None: no limit."""

    configurations: int | None = None
    seconds: float | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an exploration has come."""

    configurations: int
    transitions: int
    depth: int
    seconds: float


def explore(
    machine: Machine,
    *,
    persons: Collection[str] = (),
    any_time: bool = True,
    keep: frozenset[int] | Mapping[str, frozenset[int]] = frozenset(),
    only: frozenset[int] | None = None,
    speakers: frozenset[str] = frozenset(),
    moves: bool = True,
    limits: Limits | None = None,
    progress: Callable[[Progress], None] | None = None,
    roots: Mapping[int, Array] | None = None,
    left: Mapping[int, int] | None = None,
    inputs: Mapping[int, Array] | None = None,
) -> Graph:
    """All configurations that a conversation can come to, and with `moves` all ways between them.

    `persons` are roles of the engine whose seats persons take. With `any_time` persons answer at
    any moment, and a choice of the engine's weighs 1 if it can be drawn at all; else time moves
    from deadline to deadline, and weights are what they are. The slots of `keep` are told apart
    everywhere, or in each leaf those that it names. With `only` the graph is a slice
    (heartline.checking.exploring.slicing) that knows these slots, and those of `keep`. Of the roles
    in `speakers` it is noted when they speak. `roots` are other
    configurations to begin from: a column of numbers for each slot, of a timer its status. How much
    is left of one that runs there is not known: up to its whole length, or up to what `left` has
    for its slot, in microseconds, where that is more. What follows from them by itself happens
    first. `inputs` are columns of the inputs to begin with, in place of all their values; how each
    row begins is then in `begun`. An interrupt (Ctrl-C) gives what was found so far. Raises
    InputError for a role that has no seat to take.
    """
    exploration = Exploration(machine, persons, any_time, keep, only, speakers, moves)
    exploration.left = dict(left or {})
    return exploration.run(limits or Limits(), progress, roots, inputs)


class Exploration:
    def __init__(
        self,
        machine: Machine,
        persons: Collection[str],
        any_time: bool,
        keep: frozenset[int] | Mapping[str, frozenset[int]],
        only: frozenset[int] | None,
        speakers: frozenset[str],
        moves: bool,
    ) -> None:
        self.machine = machine
        self.persons = check_seats(machine, persons)
        self.any_time = any_time
        self.with_moves = moves
        coding = Coding(machine)
        conditions = list(spoken_conditions(machine, speakers))
        heard = {machine.layout[symbol] for tree in conditions for symbol in reads(tree)}
        nothing = frozenset[int]()
        self.keep = {
            leaf: frozenset(
                slot
                for slot in heard
                | (keep if isinstance(keep, frozenset) else keep.get(leaf, nothing))
                if slot != LEAF and coding.domains[slot]
            )
            for leaf in machine.leaves
        }
        kept_somewhere = nothing.union(*self.keep.values())
        self.slice = None if only is None else Slice(machine, only | kept_somewhere)
        known = None if self.slice is None else self.slice.slots
        timer_slots = {info.slot: n for n, info in enumerate(machine.timers.values())}
        self.coding, self.numbers = coding, Numbers(coding)
        self.relevance = Relevance(machine, self.keep, weights=not any_time, only=known)
        sizes = self._sizes()
        histories = any(machine.slots[slot].symbol[0] == "history" for slot in sizes)
        # What timers hold has room for far more numbers than are ever met, and is never dense.
        if math.prod(sizes.values()) <= MOST_DENSE and not histories and not machine.timers:
            self.layout: Dense | Packed = Dense(sizes)
        else:
            self.relevance = Relevance(
                machine,
                self.keep,
                weights=not any_time,
                only=known,
                modes=_modes(machine, sizes.keys()),
            )
            sizes = self._sizes()
            self.layout = Packed(sizes)
        self.kept = {name: self.relevance.reach(name) for name in machine.leaves}
        tracked = frozenset(sizes.keys() - {LEAF, CLOCK})
        self.clocks = Clocks(tuple(machine.timers), any_time)
        leaves = {name: coding.leaves[name] for name in machine.leaves}
        reading = Reading(self.layout, self.numbers, self.clocks, timer_slots, leaves)
        self.reading, self.tracked = reading, tracked
        vectors = Vectors(coding, machine.layout)
        self.parts = Parts(machine, coding, vectors, tracked, speakers, self.slice)
        self.notes = Notes()
        asked = {slot for tree in _asked(machine) for slot in _read(machine, tree)}
        read = {n for slot, n in timer_slots.items() if slot in asked or slot in kept_somewhere}
        self.table: DenseTable | HashTable
        if isinstance(self.layout, Dense):
            self.table = DenseTable(self.layout.size, numbered=moves)
        else:
            self.table = HashTable(self.layout.words)
        # One thread, which begins with the first that it is given, and does all in its order.
        self.background = ThreadPoolExecutor(1)
        self.arrivals = Arrivals(self)
        self.mover = Mover(self, read)
        self.left: dict[int, int] = {}
        self.begun: Array | None = None
        self.labels: dict[Label, int] = {}
        self.moves = Moves(any_time=any_time)
        self.adding: Future[None] | None = None
        self.transitions = 0
        self.piece = _PIECE
        self.drawing: list[Array] = []
        self.urgent: list[Array] = []

    def _sizes(self) -> dict[int, int]:
        """How many numbers each slot can hold that counts anywhere; the leaf comes last."""
        counts = frozenset[int]().union(*map(self.relevance.reach, self.machine.leaves))
        timers = {info.slot for info in self.machine.timers.values()}
        sizes = {
            slot: self.numbers.size(slot)
            for slot in sorted(counts - timers - {LEAF})
            if self.coding.domains[slot]
        }
        sizes[CLOCK] = _CLOCKS if self.machine.timers else 1
        sizes[LEAF] = len(self.machine.leaves) + 1
        return sizes

    def run(
        self,
        limits: Limits,
        progress: Callable[[Progress], None] | None,
        roots: Mapping[int, Array] | None,
        inputs: Mapping[int, Array] | None = None,
    ) -> Graph:
        """Explore until nothing is new, or a limit is reached."""
        started = time.monotonic()
        levels = [0]
        done = 0
        stopped: str | None = None
        found: list[Root] = []
        try:
            frames = roots or inputs or first_frames(self)
            found = begin(self, frames, opening=roots is None)
            levels.append(len(self.table))
            while done < len(self.table):
                stopped = self._reached(limits, started)
                if stopped is not None:
                    break
                end = min(done + self.piece, levels[-1])
                self._expand(done, end)
                done = end
                if done == levels[-1] and len(self.table) > done:
                    levels.append(len(self.table))
                if progress is not None:
                    progress(Progress(
                        len(self.table), self.transitions, len(levels) - 1,
                        time.monotonic() - started,
                    ))  # fmt: skip
            self._added()
        except KeyboardInterrupt:
            stopped = "interrupt"
        except MemoryError:
            stopped = "memory"
        finally:
            self.background.shutdown()
        if levels[-1] != len(self.table):
            levels.append(len(self.table))
        return self._graph(levels, found, done, stopped, time.monotonic() - started)

    def label(self, label: Label) -> int:
        """The number of a label."""
        return self.labels.setdefault(label, len(self.labels))

    # One piece ----------------------------------------------------------------------------------

    def _expand(self, start: int, end: int) -> None:
        codes = self.table.codes(slice(start, end))
        leaf = self.layout.read(codes, LEAF).astype(np.uint16)
        order = np.argsort(leaf, kind="stable")
        bounds = np.flatnonzero(np.diff(leaf[order])) + 1
        self.arrivals.clear()
        drawing = np.zeros(end - start, dtype=np.bool_)
        urgent = np.zeros(end - start, dtype=np.bool_)
        for which in np.split(order, bounds):
            name = self.coding.names[int(leaf[which[0]])]
            if name is not None and not self.machine.leaves[name].final:
                batch = self._batch(name, tuple(code[which] for code in codes), which + start)
                draws, rushes = self._moves_of(batch)
                if draws is not None:
                    drawing[which[draws]] = True
                if rushes is not None:
                    urgent[which[rushes]] = True
        self._look_up(start, end)
        if self.with_moves:
            self.drawing.append(drawing)
            self.urgent.append(urgent)

    def _batch(self, leaf: str, codes: tuple[Array, ...], rows: Array) -> Batch:
        clock = alike(self.layout.read(codes, CLOCK)) if self.machine.timers else None
        wanted = rows.astype(np.int32) if self.with_moves else None
        return Batch(self.reading, leaf, codes, clock, wanted)

    def _moves_of(self, batch: Batch) -> tuple[Array | None, Array | None]:
        """Let everything happen that can happen to these; which draw, and which are rushed."""
        mover, leaf = self.mover, self.machine.leaves[batch.leaf]
        rest: Batch | None = batch
        draws = rushes = None
        offers = mover.offers(batch)
        if offers is not None:
            _, surely, weights = offers
            draws = np.flatnonzero(surely)
            for offer, weight in weights:
                which = np.flatnonzero(weight)
                if len(which):
                    drawn = batch.take(which if len(which) < batch.size else None)
                    if not self.any_time:
                        drawn.weight = weight[which]
                    spec = offer.spec
                    mover.happen(drawn, offer.event, Label(DRAW, spec.id, spec.role, spec, ()))
            rest = _others(batch, draws)
        if rest is not None and rest.clock is not None:
            rushed = np.flatnonzero(self.clocks.urgent(rest.clock))
            if len(rushed):
                still = np.arange(batch.size) if draws is None else _missing(draws, batch.size)
                rushes = still[rushed]
                mover.run_out(rest.take(rushed))
                rest = _others(rest, rushed)
        if rest is None:
            return draws, rushes
        if rest.clock is not None:
            mover.run_out(rest)
            rest.clock = self.clocks.answer(rest.clock)
        for spec in leaf.choices:
            if spec.role in self.persons or not self.machine.roles[spec.role].engine:
                mover.happen(rest, spec.event, Label(CHOOSE, spec.id, spec.role, spec, ()))
        for event in self.parts.events[batch.leaf]:
            mover.happen(rest, event, Label(SEND, event.removeprefix("event "), None, None, ()))
        return draws, rushes

    def _look_up(self, start: int, end: int) -> None:
        """Number what has arrived, and keep the moves in the order of where they begin."""
        arrived = self.arrivals
        self.transitions += arrived.count
        numbers = arrived.numbers()
        if not self.with_moves:
            return
        self._added()
        if arrived.count < AT_ONCE:
            self.moves.add(start, end, numbers, arrived.found())
        else:  # the next piece need not wait for it
            self.adding = self.background.submit(
                self.moves.add, start, end, numbers, arrived.found()
            )

    def _added(self) -> None:
        """Wait for the moves that are being kept."""
        if self.adding is not None:
            self.adding.result()
            self.adding = None

    def _reached(self, limits: Limits, started: float) -> str | None:
        if limits.configurations is not None and len(self.table) > limits.configurations:
            return "configurations"
        if limits.seconds is not None and time.monotonic() - started > limits.seconds:
            return "seconds"
        if limits.memory is not None and self._memory() > limits.memory:
            return "memory"
        if len(self.clocks) >= _CLOCKS:
            return "memory"
        return None

    def _memory(self) -> int:
        each = 0 if not self.with_moves else 10 if self.any_time else 18
        return self.table.nbytes + each * self.transitions

    # What comes out -----------------------------------------------------------------------------

    def _graph(
        self,
        levels: list[int],
        roots: list[Root],
        done: int,
        stopped: str | None,
        seconds: float,
    ) -> Graph:
        count, memory = len(self.table), self._memory()
        small = np.uint8 if len(self.machine.leaves) < 256 else np.uint16
        leaf = np.empty(count, dtype=small)
        for at in range(0, count, 1 << 20):
            piece = slice(at, min(count, at + (1 << 20)))
            leaf[piece] = self.layout.read(self.table.codes(piece), LEAF) - 1
        return Graph(
            machine=self.machine,
            persons=self.persons,
            any_time=self.any_time,
            leaves=tuple(self.machine.leaves),
            leaf=leaf,
            columns=_Columns(self),
            levels=np.array(levels),
            **self.moves.whole(count if self.with_moves else None),
            labels=tuple(self.labels),
            roots=tuple(roots),
            drawing=_flags(self.drawing, count if self.with_moves else 0),
            urgent=_flags(self.urgent, count if self.with_moves else 0),
            kept=self.kept,
            notes=self.notes,
            expanded=done,
            transitions=self.transitions,
            seconds=seconds,
            memory=memory,
            stopped=stopped,
            is_slice=self.slice is not None,
            begun=self.begun,
        )


class _Columns:
    """What configurations hold, read out of their codes."""

    def __init__(self, exploration: Exploration) -> None:
        self._reading = exploration.reading
        self._table = exploration.table
        self._tracked = exploration.tracked

    def get(self, slot: int, nodes: Array | slice) -> Array:
        codes = self._table.codes(nodes)
        reading = self._reading
        if slot == LEAF:
            return reading.layout.read(codes, LEAF)
        if slot in reading.timers:
            clock = reading.layout.read(codes, CLOCK)
            status: Array = reading.clocks.status(reading.timers[slot])[clock]
            return status
        if slot not in self._tracked:
            return np.zeros(len(codes[0]), dtype=np.int32)
        return reading.numbers.of(slot, reading.layout.read(codes, slot))


def _modes(machine: Machine, counting: Collection[int]) -> list[int]:
    """Inputs with few values, which are set to one of them or not at all: by which what counts
    later is told apart. Only as many as a table of their combinations stays small for."""
    blocks = [block for wiring in machine.wirings for block in (*wiring.exits, *wiring.entries)]
    actions = [action for edge in machine.edges for action in edge.actions]
    actions += [action for block in (*machine.begin, *blocks) for action in block.actions]
    changing = {
        machine.layout["var", action.target.name]
        for action in actions
        if isinstance(action, Assign) and not isinstance(action.value, Literal)
    }
    found, combinations = [], 1
    for slot in sorted(counting):
        if slot in (LEAF, CLOCK):
            continue
        kind = machine.slots[slot].type
        if not machine.slots[slot].input or slot in changing:
            continue
        size = len(kind.values) if isinstance(kind, EnumType) else 2
        if isinstance(kind, BoolType | EnumType) and combinations * size <= _MODES:
            combinations *= size
            found.append(slot)
    return found


def _read(machine: Machine, tree: Tree) -> set[int]:
    return {machine.layout[symbol] for symbol in reads(tree)}


def _asked(machine: Machine) -> Iterator[Tree]:
    """All that decides something while a conversation goes on."""
    for edge in machine.edges:
        if edge.condition is not None:
            yield edge.condition
        yield from (action.value for action in edge.actions if isinstance(action, Assign))
    for leaf in machine.leaves.values():
        yield from (spec.weight_tree for spec in leaf.choices if spec.weight_tree is not None)
    blocks = [block for wiring in machine.wirings for block in (*wiring.exits, *wiring.entries)]
    for block in {id(block): block for block in (*blocks, *machine.begin)}.values():
        yield from (action.value for action in block.actions if isinstance(action, Assign))


def _missing(which: Array, size: int) -> Array:
    left = np.ones(size, dtype=np.bool_)
    left[which] = False
    return np.flatnonzero(left)


def _others(batch: Batch, which: Array) -> Batch | None:
    """The rows that are not these."""
    if not len(which):
        return batch
    if len(which) == batch.size:
        return None
    return batch.take(_missing(which, batch.size))


def _flags(parts: list[Array], count: int) -> Array:
    flags = np.zeros(count, dtype=np.bool_)
    if parts:
        found = joined(parts)
        flags[: len(found)] = found
    return flags
