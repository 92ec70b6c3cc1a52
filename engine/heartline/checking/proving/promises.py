"""Deciding what a scenario promises, over every way to play.

    for verdict in decide(graph):
        print(verdict.promise.name, verdict.verdict, verdict.sentence)

What a promise means is said in `heartline.checking.patterns`, and a Monitor that stands beside a
play says the same. `proved` is said of graphs that are whole, and of no other. A graph that is not
can show that a promise is broken: `violated` it is then, and else `inconclusive`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heartline.checking.exploring.graph import DRAW
from heartline.checking.proving.atoms import Moments
from heartline.checking.proving.folding import at_leaf, boolean, fold
from heartline.checking.proving.marks import Standings, outcome, rule_of
from heartline.checking.proving.parts import Part
from heartline.checking.proving.screening import Screen
from heartline.checking.proving.spreading import at_length, at_once
from heartline.checking.sentences import values_read, what_went_wrong
from heartline.expressions import CanReach, Happens, reads, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from heartline.checking.exploring.graph import Graph
    from heartline.checking.proving.ordering import Order
    from heartline.checking.proving.paths import Path
    from heartline.checking.proving.spreading import Break, Found
    from heartline.expressions import Symbol, Tree
    from heartline.machine import Machine
    from heartline.plan import Promise

__all__ = ["INCONCLUSIVE", "PROVED", "VIOLATED", "Verdict", "decide", "wanted", "wanted_at"]

PROVED, VIOLATED, INCONCLUSIVE = "proved", "violated", "inconclusive"

_STOPPED = {
    "configurations": "the limit of configurations was reached",
    "seconds": "the limit of time was reached",
    "memory": "the limit of memory was reached",
    "interrupt": "it was interrupted",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a promise. `path` is a shortest play that breaks it, and does so in its last
    moment; `vacuous` says that no play puts it to the test."""

    promise: Promise
    verdict: str
    vacuous: bool
    path: Path | None
    sentence: str


def decide(
    graph: Graph, promises: Sequence[Promise] | None = None, order: Order | None = None
) -> tuple[Verdict, ...]:
    """Decide promises over a graph with moves: all of its machine, where none are given. `order`
    is that of the graph, where somebody else needs it too."""
    asked = graph.machine.promises if promises is None else promises
    moments = Moments(graph, asked, order)
    found: list[Verdict | None] = []
    screened: list[int] = []
    screen = Screen(moments.order)
    for n, promise in enumerate(asked):
        cautious = moments.cautious(promise)
        if cautious is None:  # the graph is not whole, so that it does not count what was tried
            found.append(_unbroken(graph, promise, tried=True))
            continue
        part = Part(moments, cautious)
        table = Standings(cautious, part.events)
        came = at_once(graph, part, table)
        if came is None and screen.add(part, table):
            screened.append(n)
        elif came is None:
            came = at_length(graph, part, table)
        found.append(None if came is None else _told(moments, promise, part, table, came))
    broken, tried = screen.look()
    for place, n in enumerate(screened):
        if place in broken:
            found[n] = _followed(moments, asked[n])
        else:
            found[n] = _unbroken(graph, asked[n], tried=place in tried)
    return tuple([verdict for verdict in found if verdict is not None])


def _followed(moments: Moments, promise: Promise) -> Verdict:
    """The verdict on one promise by itself."""
    cautious = moments.cautious(promise)
    assert cautious is not None
    part = Part(moments, cautious)
    table = Standings(cautious, part.events)
    return _told(moments, promise, part, table, at_length(moments.graph, part, table))


def _told(
    moments: Moments, promise: Promise, part: Part, table: Standings, found: Found
) -> Verdict:
    if found.broken is None:
        return _unbroken(moments.graph, promise, tried=found.tried)
    sentence = _broken(moments, promise, part, table, found.broken)
    return Verdict(promise, VIOLATED, vacuous=False, path=found.broken.path, sentence=sentence)


def _unbroken(graph: Graph, promise: Promise, *, tried: bool) -> Verdict:
    if graph.is_whole:
        kept = _kept(promise, tried=tried)
        return Verdict(promise, PROVED, vacuous=not tried, path=None, sentence=kept)
    return Verdict(
        promise, INCONCLUSIVE, vacuous=False, path=None, sentence=_undecided(graph, promise)
    )


# What a graph has to hold -----------------------------------------------------------------------


def wanted(machine: Machine) -> tuple[frozenset[int], frozenset[str]]:
    """The slots that have to be told apart for the promises of a machine, and the roles whose
    speaking has to be noted."""
    slots = frozenset[int]().union(*wanted_at(machine).values())
    speakers = {
        node.name
        for promise in machine.promises
        for tree in promise.trees.values()
        for node in walk(fold(tree))
        if isinstance(node, Happens) and node.kind == "said"
    }
    return slots, frozenset(speakers)


def wanted_at(machine: Machine) -> Mapping[str, frozenset[int]]:
    """The slots that the promises of a machine read, leaf by leaf: only where a play stands does
    it matter what they hold there. The leaf itself is none of them."""
    ended = {
        leaf for promise in machine.promises if promise.host is not None
        for leaves in promise.endings.values() for leaf in leaves
    }  # fmt: skip
    asked = [_read_at(promise, tree) for promise in machine.promises for tree in _judged(promise)]
    found: dict[str, frozenset[int]] = {}
    passed: set[int] = set()
    for name in (*machine.leaves, *(ended - set(machine.leaves))):
        symbols = {symbol for each in asked for symbol in each(name)}
        slots = {machine.layout[each] for each in symbols if each in machine.layout} - {0}
        found[name] = frozenset(slots)
        if name in ended:
            passed |= slots
    # Where an included file has ended, a play is never found: it stands where that leads.
    return {name: found[name] | passed for name in machine.leaves}


def _judged(promise: Promise) -> Iterator[Tree]:
    """Its expressions, and by themselves those that are asked of other places than where it stands:
    what `can_reach` asks for is looked at wherever a play comes to."""
    for tree in promise.trees.values():
        yield tree
        yield from (node.operand for node in walk(tree) if isinstance(node, CanReach))


def _read_at(promise: Promise, tree: Tree) -> Callable[[str], frozenset[Symbol]]:
    """What an expression reads in a leaf. It is folded once for all leaves of which it hears the
    same: a scenario has many, and most expressions ask of few."""
    somewhere = _known_at(promise, "")
    places = [node for node in walk(tree) if somewhere(node) is not None]
    read: dict[tuple[Tree | None, ...], frozenset[Symbol]] = {}

    def at(leaf: str) -> frozenset[Symbol]:
        known = _known_at(promise, leaf)
        heard = tuple(known(node) for node in places)
        if heard not in read:
            read[heard] = reads(fold(tree, known))
        return read[heard]

    return at


def _known_at(promise: Promise, leaf: str) -> Callable[[Tree], Tree | None]:
    """What is known in a leaf: that it is this one, and how the conversation has ended there."""
    place = at_leaf(leaf)

    def known(node: Tree) -> Tree | None:
        if isinstance(node, Happens) and node.kind == "outcome" and promise.host is None:
            return boolean(leaf in promise.endings.get(node.name, ()))
        return place(node)

    return known


# Sentences --------------------------------------------------------------------------------------


def _broken(moments: Moments, promise: Promise, part: Part, table: Standings, broken: Break) -> str:
    graph = moments.graph
    node = broken.path.nodes(graph)[-1]
    leaf = graph.leaves[int(graph.leaf[node])]
    after = outcome(table.rule, broken.mark, part.events[broken.event])
    words = what_went_wrong(rule_of(promise), after.before, late=after.late)
    frame = [
        None if slot.symbol[0] == "leaf" else moments.value(n, node)
        for n, slot in enumerate(graph.machine.slots)
    ]
    values = values_read(promise, graph.machine, frame)
    about = f" It says: {promise.about}" if promise.about else ""
    return (
        f"The promise {promise.name!r} is broken in turn {turns(graph, broken.path) + 1}, at "
        f"{leaf!r}: {words}{values}.{about}"
    )


def turns(graph: Graph, path: Path) -> int:
    """How many turns a path takes, the beginning not counted."""
    nodes = path.nodes(graph)
    labels = path.labels(graph)[1:]
    return sum(
        label.kind != DRAW and not bool(graph.urgent[node])
        for node, label in zip(nodes, labels, strict=False)
    )


def _kept(promise: Promise, *, tried: bool) -> str:
    kept = f"The promise {promise.name!r} is kept, whoever plays and however it goes"
    return f"{kept}." if tried else f"{kept}; but no play ever puts it to the test."


def _undecided(graph: Graph, promise: Promise) -> str:
    why = _STOPPED.get(graph.stopped or "", "not everything was explored")
    return (
        f"The promise {promise.name!r} is not decided: {why}. No play that was found breaks it, "
        f"among {len(graph):,} configurations."
    )
