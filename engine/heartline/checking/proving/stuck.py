"""Where a play comes to nothing: dead ends, circles without a way out, loops that nobody stops."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.proving.facts import Facts, finding, listed
from heartline.checking.proving.paths import Path
from heartline.checking.proving.reachability import Circles, circles
from heartline.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from heartline.checking.exploring.graph import Array
    from heartline.checking.proving.facts import Finding
    from heartline.plan import Edge

__all__ = ["stuck"]


def stuck(facts: Facts) -> Iterator[Finding]:
    """Dead ends (HL010), no way to an end (HL011), roles that draw for ever (HL012), and
    transitions that do (HL013)."""
    told: set[frozenset[str]] = set()
    if not facts.graph.is_slice:  # there one may go round in what only seems to be open
        yield from _loops(facts)
        told = yield from _busy(facts)
    yield from _dead_ends(facts)
    yield from _livelocks(facts, told)


def _loops(facts: Facts) -> Iterator[Finding]:
    first: dict[int, tuple[Edge, int]] = {}
    for edge, node in facts.graph.notes.loops:
        if id(edge) not in first or node < first[id(edge)][1]:
            first[id(edge)] = (edge, node)
    for edge, node in first.values():
        where = edge.source or "the file"
        yield finding(
            "loop", where, "HL013", Severity.ERROR,
            f"'always' goes round in {where!r} for ever: a play comes here and never rests again",
            edge.location, "let something on the way round change what its guards ask",
            facts.path(node),
        )  # fmt: skip


def _dead_ends(facts: Facts) -> Iterator[Finding]:
    """One for each state, however many configurations of it are dead ends."""
    for name, nodes in _by_leaf(facts, facts.stuck):
        leaf = facts.machine.leaves[name]
        if leaf.choices:
            closed = listed(dict.fromkeys(spec.id for spec in leaf.choices))
            hint = f"closed there: {closed}; add a choice that is open then, or a way on"
        else:
            hint = "nothing that it waits for can come; add a choice, or a timer that runs"
        yield finding(
            "dead end", name, "HL010", Severity.ERROR,
            f"a play can come to {name!r} where nothing can happen any more, and it is no end",
            leaf.state.location, hint, facts.path(int(nodes[0])),
        )  # fmt: skip


def _by_leaf(facts: Facts, nodes: Array) -> Iterator[tuple[str, Array]]:
    """Configurations, by the leaf that they are in."""
    leaf = facts.graph.leaf[nodes]
    for number in np.unique(leaf):
        yield facts.graph.leaves[int(number)], nodes[leaf == number]


def _busy(facts: Facts) -> Generator[Finding, None, set[frozenset[str]]]:
    """Circles in which only the engine moves; gives back the leaves of those without a way out."""
    graph = facts.graph
    found = circles(graph, graph.drawing | graph.urgent)
    told: set[frozenset[str]] = set()
    for leaves, node, closed in _regions(facts, found):
        names = sorted(leaves, key=facts.flow.order.__getitem__)
        specs = [
            spec
            for name in names
            for spec in facts.machine.leaves[name].engine
            if spec.role not in graph.persons
        ]
        roles = listed(dict.fromkeys(spec.role for spec in specs)) if specs else None
        place = specs[0].location if specs else facts.machine.leaves[names[0]].state.location
        if closed:
            told.add(leaves)
        if roles is None:
            message = f"timers run out in {listed(names)} again and again, and at once"
            hint = "give one of them a length, or start it less often"
        elif closed:
            message = f"in {listed(names)} {roles} can act for ever, and nobody else comes to move"
            hint = "make a choice there 'once', guard it, or lead it to where a person is asked"
        else:
            message = f"{roles} may act again and again in {listed(names)}: only chance ends it"
            hint = "make the choice once if that is not meant"
        path, begun = _rested(facts, node)
        yield finding(
            "engine loop", names[0], "HL012", Severity.ERROR if closed else Severity.NOTE,
            message + begun, place, hint, path, [spec.location for spec in specs],
        )  # fmt: skip
    return told


def _rested(facts: Facts, node: int) -> tuple[Path | None, str]:
    """A shortest way to a configuration, up to where somebody else could move last, and what came
    next, in words: after that the play does not rest again."""
    graph, path = facts.graph, facts.paths.to(node)
    busy = graph.drawing | graph.urgent
    nodes, labels = path.nodes(graph), path.labels(graph)
    for length in range(len(path), -1, -1):
        if not busy[nodes[length]]:
            where = graph.leaves[int(graph.leaf[nodes[length]])]
            begun = f", after {labels[length + 1].id!r} in {where!r}"
            return Path(path.root, path.moves[:length]), begun
    return None, ", from the beginning"


def _livelocks(facts: Facts, told: set[frozenset[str]]) -> Iterator[Finding]:
    """Circles that no play gets out of, and that hold no end and no dead end."""
    doomed = facts.ends == 0
    if not doomed.any():
        return
    found = circles(facts.graph, doomed)
    for leaves, node, closed in _regions(facts, found):
        if not closed or leaves in told:
            continue
        names = sorted(leaves, key=facts.flow.order.__getitem__)
        inside = (
            f"it stays in {names[0]!r}" if len(names) == 1 else f"it goes on in {listed(names)}"
        )
        places = [facts.machine.leaves[name].state.location for name in names]
        yield finding(
            "livelock", names[0], "HL011", Severity.ERROR,
            f"a play can come to {names[0]!r} from where it never ends: whatever happens, {inside}",
            places[0], "let something there lead to an end, whatever the variables hold",
            facts.path(node), places,
        )  # fmt: skip


def _regions(facts: Facts, found: Circles) -> Iterator[tuple[frozenset[str], int, bool]]:
    """The circles that have different states: the states, the first configuration, and whether
    no way leads out."""
    if not len(found.nodes):
        return
    leaf = facts.graph.leaf[found.nodes].astype(np.int64)
    pairs, at = np.unique(found.part * len(facts.graph.leaves) + leaf, return_index=True)
    part = pairs // len(facts.graph.leaves)
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    # A random number for each leaf: two sums are the same where the sets of leaves are.
    numbers = np.random.default_rng(0).integers(0, 1 << 62, len(facts.graph.leaves), np.uint64)
    sums = np.add.reduceat(numbers[pairs % len(facts.graph.leaves)], starts)
    firsts = np.minimum.reduceat(found.nodes[at], starts)
    kept: dict[tuple[int, bool], int] = {}
    order = np.lexsort((firsts, sums, ~found.closed))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(sums[order]) != 0) | (np.diff(found.closed[order].astype(np.int8)) != 0)
    for place in order[fresh]:
        kept[int(sums[place]), bool(found.closed[place])] = int(place)
    stops = np.append(starts[1:], len(pairs))
    regions: dict[frozenset[str], tuple[int, bool]] = defaultdict(lambda: (-1, False))
    for (_, closed), place in kept.items():
        numbers_here = pairs[starts[place] : stops[place]] % len(facts.graph.leaves)
        names = frozenset(facts.graph.leaves[int(n)] for n in numbers_here)
        if names not in regions or closed:  # the worse of the two is told
            regions[names] = (int(firsts[place]), closed)
    for names, (node, closed) in sorted(regions.items(), key=lambda each: each[1]):
        yield names, node, closed
