"""What authors of communication training look for in a scenario once it works.

From Overbeek, Lala and Jeuring (2020), "Scenario smells": a choice that gives itself away, since
the best one always stands first, or last, or is the longest; a score that no play reaches; and
choices that make no difference.

The score is the whole number that the scenario calls `score`, as it stands at the end of a play.
A graph knows it there only if it was asked to keep it: `wanted` says what to keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from heartline.checking.exploring.graph import CHOOSE
from heartline.checking.proving.facts import KINDS, finding, listed
from heartline.checking.proving.reachability import chunks, gather, sources
from heartline.diagnostics import Severity
from heartline.expressions import IntType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from heartline.checking.exploring.graph import Array, Graph
    from heartline.checking.proving.facts import Facts, Finding
    from heartline.diagnostics import Location
    from heartline.machine import Machine
    from heartline.plan import ChoiceSpec

__all__ = ["smells", "wanted", "wanted_at"]

FEWEST = 3  # states in which a choice matters: where the best one stands in fewer is chance


def wanted(machine: Machine, score: str = "score") -> frozenset[int]:
    """The slots that a graph has to keep for this."""
    slot = machine.layout.get(("var", score))
    if slot is None or not isinstance(machine.slots[slot].type, IntType):
        return frozenset()
    return frozenset((slot,))


def wanted_at(machine: Machine, score: str = "score") -> Mapping[str, frozenset[int]]:
    """The same, leaf by leaf: a play is judged where it ends."""
    slots = wanted(machine, score)
    return {name: slots if leaf.final else frozenset() for name, leaf in machine.leaves.items()}


def smells(facts: Facts, score: str) -> Iterator[Finding]:
    """The best choice that is easy to tell (HL040, HL041), scores that no play reaches (HL042),
    choices that make no difference (HL043); nothing where the graph is not whole."""
    graph = facts.graph
    if not graph.is_whole:
        return
    if not graph.is_slice:
        yield from _no_difference(facts)
    slots = wanted(facts.machine, score)
    finals = [name for name in facts.first if facts.machine.leaves[name].final]
    if not slots or not finals:
        return
    (slot,) = slots
    if all(slot in graph.kept.get(name, ()) for name in finals):
        scores = _scores(facts, slot)
        yield from _unreached(facts, slot, scores)
        if not graph.is_slice:
            yield from _telling(facts, scores)


def _scores(facts: Facts, slot: int) -> Array:
    """The score at each end, and a number below all elsewhere."""
    graph = facts.graph
    ends = np.flatnonzero(graph.final)
    scores = np.full(len(graph), np.iinfo(np.int32).min, dtype=np.int32)
    scores[ends] = graph.columns.get(slot, ends)
    return scores


def _unreached(facts: Facts, slot: int, scores: Array) -> Iterator[Finding]:
    place = facts.machine.slots[slot]
    assert isinstance(place.type, IntType)
    seen = set(np.unique(scores[scores != np.iinfo(np.int32).min]).tolist())
    missing = [n for n in range(place.type.low, place.type.high + 1) if n not in seen]
    if missing:
        name = place.symbol[1]
        where = facts.machine.leaves[next(n for n in facts.first if facts.machine.leaves[n].final)]
        yield finding(
            "score", name, "HL042", Severity.NOTE,
            f"no play ends with {name!r} at {_numbers(missing)}",
            where.state.location, f"let {name!r} have no more values than it can come to",
        )  # fmt: skip


def _numbers(numbers: list[int]) -> str:
    if len(numbers) > 6:
        return f"{numbers[0]}, {numbers[1]} ... {numbers[-1]} ({len(numbers)} values)"
    shown = [str(n) for n in numbers]
    return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


# The best choice ----------------------------------------------------------------------------------


def _telling(facts: Facts, scores: Array) -> Iterator[Finding]:
    """Whether the place or the length of a choice tells that it is the best one."""
    best = gather(facts.order, scores.copy(), np.maximum)
    names = ("first", "last", "longest")
    orders = [_ranks(facts), -_ranks(facts), -_lengths(facts)]
    fits = {name: np.ones(len(facts.graph.leaves), dtype=bool) for name in names}
    matters = np.zeros(len(facts.graph.leaves), dtype=bool)
    for low, high in chunks(facts.graph):
        for name, leaves, fit in _judged(facts, best, dict(zip(names, orders, strict=True)),
                                         low, high):  # fmt: skip
            matters[leaves] = True
            fits[name][leaves[~fit]] = False
    count = int(matters.sum())
    if count < FEWEST:
        return
    first = min(
        (name for name, n in _numbered(facts) if matters[n]), key=facts.flow.order.__getitem__
    )
    for name in names:
        if fits[name][matters].all():
            code = "HL041" if name == "longest" else "HL040"
            what = "longest one" if name == "longest" else f"one that stands {name}"
            yield finding(
                "telling", name, code, Severity.NOTE,
                f"wherever a choice matters for the score, the {what} is the best ({count} states)",
                facts.machine.leaves[first].state.location,
                "players find that out: mix them" if code == "HL040"
                else "players find that out: make others as long",
            )  # fmt: skip


def _numbered(facts: Facts) -> list[tuple[str, int]]:
    return [(name, n) for n, name in enumerate(facts.graph.leaves)]


def _ranks(facts: Facts) -> Array:
    """Where the choice of each label stands among all: inner states come before outer ones."""
    states = facts.machine.states
    order: dict[int, tuple[int, int]] = {}
    for leaf in facts.machine.leaves.values():
        for spec in leaf.choices:
            depth = len(states[spec.declared_in].path) if spec.declared_in else 0
            order.setdefault(id(spec), (-depth, len(order)))
    places = {key: n for n, key in enumerate(sorted(order, key=order.__getitem__))}
    return np.array([places.get(id(each.spec), -1) for each in facts.graph.labels], dtype=np.int64)


def _lengths(facts: Facts) -> Array:
    """How long the text of each label's choice is."""
    return np.array(
        [len(each.spec.label.source) if each.spec else 0 for each in facts.graph.labels],
        dtype=np.int64,
    )


def _judged(
    facts: Facts, best: Array, orders: dict[str, Array], low: int, high: int
) -> Iterator[tuple[str, Array, Array]]:
    """By each order: the leaves of the configurations where it matters what a person chooses, and
    whether the choice that comes first in this order is among the best ones."""
    graph = facts.graph
    begin, end = int(graph.first[low]), int(graph.first[high])
    label = graph.label[begin:end]
    acts = np.flatnonzero(facts.kinds[label] == KINDS[CHOOSE])
    if not len(acts):
        return
    row = sources(graph, low, high)[acts]
    value = best[graph.target[begin:end][acts]]
    starts = np.flatnonzero(np.diff(row, prepend=-1))
    counts = np.diff(np.append(starts, len(row)))
    top = np.maximum.reduceat(value, starts)
    matters = top > np.minimum.reduceat(value, starts)
    if not matters.any():
        return
    leaves = graph.leaf[row[starts]][matters]
    for name, order in orders.items():
        place = order[label[acts]]
        least = np.repeat(np.minimum.reduceat(place, starts), counts)
        fit = np.maximum.reduceat(np.where(place == least, value, np.iinfo(np.int32).min), starts)
        alone = np.add.reduceat((place == least).astype(np.int64), starts) == 1
        yield name, leaves, ((fit == top) & alone)[matters]


# No difference ------------------------------------------------------------------------------------


def _no_difference(facts: Facts) -> Iterator[Finding]:
    """Choices of a person that lead to the same wherever both are open."""
    specs: dict[tuple[Location, str], int] = {}  # a file may be included more than once
    number = np.full(len(facts.graph.labels), -1, dtype=np.int32)
    chosen: list[ChoiceSpec] = []
    for n, label in enumerate(facts.graph.labels):
        if label.kind == CHOOSE and label.spec is not None:
            key = (label.spec.location, label.spec.id)
            if key not in specs:
                specs[key] = len(chosen)
                chosen.append(label.spec)
            number[n] = specs[key]
    groups: dict[int, list[int]] = {}
    for one, other in _alike(facts.graph, number, len(chosen)):
        if chosen[one].role == chosen[other].role:
            groups.setdefault(one, []).append(other)
    told: set[int] = set()
    for one, others in groups.items():
        if one in told:
            continue
        told.update(others)
        spec = chosen[one]
        ids = [spec.id, *(chosen[each].id for each in others)]
        where = f" in {spec.declared_in!r}" if spec.declared_in else ""
        yield finding(
            "no difference", spec.id, "HL043", Severity.NOTE,
            f"the choices {listed(ids)}{where} make no difference but in words",
            spec.location, "let one of them change something, or leave it as it is if the words "
            "are what matters", places=[chosen[each].location for each in others],
        )  # fmt: skip


def _alike(graph: Graph, number: Array, count: int) -> list[tuple[int, int]]:
    """Each two choices that are open together somewhere, and lead to the same wherever they are.

    Hardly any two ever lead to the same: these are found first, and only they are looked at again.
    """
    alike = np.zeros((count, count), dtype=bool)  # the lower number first
    for low, high in chunks(graph):
        which, target, row = _chosen(graph, number, low, high)
        for step in _steps(row):
            same = np.flatnonzero(target[step:] == target[:-step])
            same = same[row[same] == row[same + step]]
            one, other = which[same], which[same + step]
            alike[np.minimum(one, other), np.maximum(one, other)] = True
    for low, high in chunks(graph):
        left = np.append(alike.any(axis=0) | alike.any(axis=1), False)  # and for -1
        if not left.any():
            break
        which, target, row = _chosen(graph, np.where(left[number], number, -1), low, high)
        for step in _steps(row):
            differ = (target[step:] != target[:-step]) & (row[step:] == row[:-step])
            one, other = which[:-step][differ], which[step:][differ]
            alike[np.minimum(one, other), np.maximum(one, other)] = False
    return [(int(one), int(other)) for one, other in np.argwhere(alike)]


def _chosen(graph: Graph, number: Array, low: int, high: int) -> tuple[Array, Array, Array]:
    """The moves of some configurations whose labels have a number: this number, where each leads,
    and where it begins, counted from `low`."""
    begin, end = int(graph.first[low]), int(graph.first[high])
    which = number[graph.label[begin:end]]
    moves = np.flatnonzero(which >= 0)
    counts = np.diff(graph.first[low : high + 1])
    row = np.repeat(np.arange(high - low, dtype=np.int32), counts)
    return which[moves], graph.target[begin:end][moves], row[moves]


def _steps(row: Array) -> range:
    """How many places on another move of the same configuration may stand."""
    return range(1, int(np.bincount(row).max()) if len(row) else 1)
