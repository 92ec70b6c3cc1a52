"""What a graph shows of its machine: which parts of it ever did something, and where first.

`findings` and its neighbours ask here. A configuration is called by its number, a part of the
machine by its id(), as in the graph's notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.graph import CHOOSE, DRAW, SEND, WAIT
from heartline.checking.flow import Flow
from heartline.checking.proving.ordering import Order
from heartline.checking.proving.paths import Path, Paths
from heartline.checking.proving.reachability import chunks, gather
from heartline.diagnostics import Diagnostic
from heartline.expressions import Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.diagnostics import Location, Severity
    from heartline.machine import Way
    from heartline.plan import Block, ChoiceSpec, Edge, Wiring

__all__ = ["KINDS", "Facts", "Finding", "finding", "listed"]

KINDS = {CHOOSE: 0, SEND: 1, WAIT: 2, DRAW: 3}
_MOST_OUTCOMES = 61
_WORDS = (np.uint8, np.uint16, np.uint32, np.uint64)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a graph shows, which nobody asked about.

    `kind` says in a word what it is, `name` of which part of the scenario. `path` leads there, the
    shortest way that there is. `places` are all places of the file that it is about.
    """

    kind: str
    name: str
    diagnostic: Diagnostic
    path: Path | None = None
    places: frozenset[Location] = frozenset()


def finding(
    kind: str, name: str, code: str, severity: Severity, message: str, location: Location,
    hint: str | None = None, path: Path | None = None, places: Iterable[Location] = (),
) -> Finding:  # fmt: skip
    """A finding and its diagnostic."""
    diagnostic = Diagnostic(code, severity, message, location, hint)
    return Finding(kind, name, diagnostic, path, frozenset((location, *places)))


class Facts:
    """One graph, and what was found out about it so far."""

    def __init__(self, graph: Graph, order: Order | None = None) -> None:
        self.graph = graph
        self.order = Order(graph) if order is None else order
        self.machine = graph.machine
        self.flow = Flow(self.machine)

    # What happened ------------------------------------------------------------------------------

    @cached_property
    def used(self) -> Array:
        """Which labels some move has, or some beginning."""
        used = np.zeros(len(self.graph.labels), dtype=bool)
        used[[root.label for root in self.graph.roots]] = True
        for low, high in chunks(self.graph):
            begin, end = int(self.graph.first[low]), int(self.graph.first[high])
            used[self.graph.label[begin:end]] = True
        return used

    @cached_property
    def ways(self) -> Mapping[int, Way]:
        """The ways that were taken."""
        labels = [self.graph.labels[n] for n in np.flatnonzero(self.used).tolist()]
        return {id(way): way for label in labels for way in label.ways}

    @cached_property
    def edges(self) -> Mapping[int, Edge]:
        """The edges that were taken, those too that never came to rest after it."""
        held = self.graph.notes.held
        taken = [*self.ways.values(), *(
            way for key, way in self.all_ways.items() if held.get(key, (False, False))[0]
        )]  # fmt: skip
        return {id(way.edge): way.edge for way in taken}

    @cached_property
    def places(self) -> frozenset[Location]:
        """Where the edges that were taken stand: a file that is included twice is one place."""
        return frozenset(edge.location for edge in self.edges.values())

    @cached_property
    def held(self) -> Mapping[Location, tuple[bool, bool]]:
        """Of the conditions at a place, whether they were seen to hold, and not to hold."""
        found: dict[Location, tuple[bool, bool]] = {}
        whens = [*self.machine.whens, *(when for edge in self.machine.edges for when in edge.whens)]
        for when in {id(when): when for when in whens}.values():
            if id(when) in self.graph.notes.held:
                holds, fails = self.graph.notes.held[id(when)]
                once, never = found.get(when.location, (False, False))
                found[when.location] = (once or holds, never or fails)
        return found

    @cached_property
    def wirings(self) -> Mapping[int, Wiring]:
        """How each way of the machine is wired."""
        groups: dict[tuple[str, str], list[Wiring]] = {}
        for wiring in self.machine.wirings:
            groups.setdefault((wiring.source, wiring.event), []).append(wiring)
        return {
            id(way): wiring
            for (source, event), wirings in groups.items()
            for way, wiring in zip(self.machine.ways(source, event), wirings, strict=True)
        }

    @cached_property
    def all_ways(self) -> Mapping[int, Way]:
        """All ways of the machine."""
        return {
            id(way): way
            for event in self.machine.events
            for leaf in self.machine.leaves
            for way in self.machine.ways(leaf, event)
        }

    @cached_property
    def performed(self) -> Mapping[int, tuple[Block, str]]:
        """The blocks of states that were entered or left, each with a state that it is about."""
        found: dict[int, tuple[Block, tuple[str, ...]]] = {}

        def meet(block: Block, path: tuple[str, ...]) -> None:
            known = found.get(id(block))
            if known is not None:
                path = tuple(
                    one for one, other in zip(known[1], path, strict=False) if one == other
                )
            found[id(block)] = (block, path)

        leaves = self.machine.leaves
        for block in self.machine.begin:
            meet(block, leaves[self.machine.initial].path)
        for each in self.ways:
            wiring = self.wirings[each]
            for block in wiring.exits:
                meet(block, leaves[wiring.source].path)
            for block in wiring.entries:
                meet(block, leaves[wiring.dest or wiring.source].path)
        return {
            key: (block, path[-1] if path else self.machine.initial)
            for key, (block, path) in found.items()
        }

    @cached_property
    def first(self) -> Mapping[str, int]:
        """The leaves in which a conversation rests, and the first configuration in each."""
        leaf = self.graph.leaf
        found = np.full(len(self.graph.leaves), -1, dtype=np.int64)
        step = 1 << 20
        for low in reversed(range(0, len(leaf), step)):
            part = leaf[low : low + step]
            found[part[::-1]] = np.arange(low + len(part) - 1, low - 1, -1)
        return {self.graph.leaves[n]: int(node) for n, node in enumerate(found) if node >= 0}

    @cached_property
    def reached(self) -> frozenset[str]:
        """The leaves that some play comes to, those that it only passes through too."""
        passed = {name for way in self.ways.values() for name in (way.source, way.dest) if name}
        return frozenset((self.machine.initial, *self.first, *passed))

    # What may be because of who sits where ------------------------------------------------------

    @cached_property
    def for_persons(self) -> Mapping[int, ChoiceSpec]:
        """The choices that only a person in the seat can take: roles of the engine have them with
        weight 0, and the engine plays these here."""
        return {
            id(spec): spec
            for leaf in self.machine.leaves.values()
            for spec in leaf.engine
            if spec.role not in self.graph.persons
            and isinstance(spec.weight_tree, Literal)
            and spec.weight_tree.value == 0
        }

    @cached_property
    def behind_persons(self) -> frozenset[str]:
        """The leaves that such a choice could lead to, sooner or later."""
        edges = {id(edge) for spec in self.for_persons.values() for edge in spec.edges}
        waiting = [
            wiring.dest or wiring.source
            for wiring in self.machine.wirings
            if id(wiring.edge) in edges and wiring.source in self.flow.reached
        ]
        found: set[str] = set()
        while waiting:
            leaf = waiting.pop()
            if leaf not in found:
                found.add(leaf)
                waiting += self.flow.onward[leaf]
        return frozenset(found)

    # Ways there ---------------------------------------------------------------------------------

    @cached_property
    def paths(self) -> Paths:
        """Shortest ways."""
        return Paths(self.graph)

    def path(self, node: int) -> Path | None:
        """A shortest way to a configuration, None for what is before the beginning."""
        return self.paths.to(node) if node >= 0 else None

    # What can still come ------------------------------------------------------------------------

    @cached_property
    def outcomes(self) -> tuple[str, ...]:
        """The names of the ends: outcomes, or the states themselves where they have none."""
        finals = [leaf for leaf in self.machine.leaves.values() if leaf.final]
        return tuple(dict.fromkeys(leaf.outcome or leaf.name for leaf in finals))

    def bit(self, outcome: str) -> int:
        """The bit of an outcome in `ends`; of very many, some share one."""
        return 1 << (self.outcomes.index(outcome) % _MOST_OUTCOMES)

    @cached_property
    def all_ends(self) -> int:
        """The bits of all outcomes. The next two are for what is STUCK and what is UNKNOWN."""
        return (1 << min(len(self.outcomes), _MOST_OUTCOMES)) - 1

    @cached_property
    def stuck(self) -> Array:
        """The configurations, by number, that are no end and have no move."""
        graph = self.graph
        stuck = graph.first[1 : graph.expanded + 1] == graph.first[: graph.expanded]
        stuck &= ~graph.final[: graph.expanded]
        for _, node in graph.notes.loops:  # what would happen there never comes to rest
            if node >= 0:
                stuck[node] = False
        return np.flatnonzero(stuck)

    @cached_property
    def ends(self) -> Array:
        """For each configuration which outcomes can still come, as bits; and whether one can that
        is stuck, or that was not explored any further."""
        graph = self.graph
        stuck, unknown = self.all_ends + 1, 2 * (self.all_ends + 1)
        dtype = next(each for each in _WORDS if np.iinfo(each).max >= unknown)
        own = [
            self.bit(self.machine.leaves[name].outcome or name)
            if self.machine.leaves[name].final
            else 0
            for name in graph.leaves
        ]
        values = np.array(own, dtype=dtype)[graph.leaf]
        values[graph.expanded :][values[graph.expanded :] == 0] = unknown
        for _, node in graph.notes.loops:
            if node >= 0:
                values[node] |= dtype(unknown)
        values[self.stuck] = stuck
        return gather(self.order, values, np.bitwise_or)

    @cached_property
    def kinds(self) -> Array:
        """The kind of each label, as in KINDS; -1 for a beginning."""
        return np.array([KINDS.get(label.kind, -1) for label in self.graph.labels], dtype=np.int8)

    @cached_property
    def acting(self) -> Array:
        """Which labels take a way: a timer that runs out where nothing waits for it takes none."""
        return np.array([bool(label.ways) for label in self.graph.labels], dtype=bool)


def listed(names: Iterable[str], word: str = "and", most: int = 5) -> str:
    """Names in a row, in quotes; of very many the first."""
    shown = [repr(name) for name in names]
    if len(shown) > most:
        return f"{', '.join(shown[:most])} {word} {len(shown) - most} more"
    return f" {word} ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
