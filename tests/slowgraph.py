"""The graph of a scenario, built move by move with the runtime's own `Run`: the oracle.

Slow, and right by construction as far as `Space` is: time moves from deadline to deadline only, and
deadlines are told apart to the microsecond. What the explorer finds is held against it.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import product
from typing import Any

import numpy as np

from heartline.checking.exploring.coding import Coding, microseconds
from heartline.checking.exploring.graph import Graph, Label, Notes, Root
from heartline.checking.relevance import Relevance
from heartline.checking.space import Move, Node, Space
from heartline.expressions import BoolType, EnumType, IntType
from heartline.machine import Machine


class SlowColumns:
    """What nodes hold, looked up one by one."""

    def __init__(self, coding: Coding, nodes: list[Node], kept: list[frozenset[int]]) -> None:
        self.coding, self.nodes, self.kept = coding, nodes, kept

    def get(self, slot: int, nodes: Any) -> Any:
        chosen = range(len(self.nodes))[nodes] if isinstance(nodes, slice) else nodes
        numbers = [
            self.coding.number(slot, self.nodes[n].frame[slot])
            if slot == 0 or slot in self.kept[n]
            else 0
            for n in chosen
        ]
        is_bool = isinstance(self.coding.machine.slots[slot].type, BoolType)
        return np.array(numbers, dtype=np.bool_ if is_bool else np.int64)


def every_input(machine: Machine) -> list[dict[str, object]]:
    """All values of all inputs (not of texts), together."""
    asked = [(slot.symbol[1], values(slot.type)) for slot in machine.slots if slot.input]
    return [
        dict(zip([name for name, _ in asked], each, strict=True))
        for each in product(*[choices for _, choices in asked])
    ]


def values(type_: Any) -> list[Any]:
    if isinstance(type_, BoolType):
        return [False, True]
    if isinstance(type_, IntType):
        return list(range(type_.low, type_.high + 1))
    if isinstance(type_, EnumType):
        return list(type_.values)
    return list(getattr(type_, "values", None) or ["Sam"])


def slow_graph(
    machine: Machine,
    *,
    persons: Collection[str] = (),
    keep: frozenset[int] = frozenset(),
    inputs: list[dict[str, object]] | None = None,
    speakers: frozenset[str] = frozenset(),
    most: int = 20_000,
) -> Graph:
    """Explore with `Space`, breadth first; draws are nodes of their own, as in the explorer.

    Nodes are told apart by what decides how they go on, and by the slots of `keep`. What the roles
    in `speakers` say is noted, which may hang on more than that.
    """
    relevance = Relevance(machine)

    def key(frame: Any) -> object:
        return relevance.key(frame), tuple(frame[slot] for slot in sorted(keep))

    space = Space(machine, persons, key=None if keep else relevance.key, lines=True, most=most)
    if keep:
        space._key = key
    coding = Coding(machine)
    leaves = tuple(machine.leaves)
    labels: dict[Label, int] = {}
    found: dict[int, int] = {}
    nodes: list[Node] = []
    edges: list[list[tuple[int, int, int, int]]] = []
    levels = [0]
    roots = []

    def said(move: Move) -> frozenset[str]:
        return speakers & {
            line.speaker
            for spoken in move.said
            for line in spoken.lines.lines
            if line.guard is None or line.guard(spoken.frame)
        }

    def meet(node: Node) -> int:
        if id(node) not in found:
            found[id(node)] = len(nodes)
            nodes.append(node)
        return found[id(node)]

    for each in every_input(machine) if inputs is None else inputs:
        opening = space.opening(each)
        node = space.follow(opening)
        label = Label("begin", "", None, None, opening.ways, said(opening))
        roots.append(Root(each, meet(node), labels.setdefault(label, len(labels))))
    done = 0
    while done < len(nodes):
        levels.append(len(nodes))
        for n in range(done, levels[-1]):
            edges.append([])
            for move in space.moves(nodes[n]):
                target = meet(space.follow(move))
                spec = move.option.spec
                label = Label(move.kind, move.id, move.role, spec, move.ways, said(move))
                number = labels.setdefault(label, len(labels))
                edges[n].append((target, number, move.weight, microseconds(move.elapsed)))
        done = levels[-1]
    kept = [frozenset(relevance.alive(node.frame)) | keep for node in nodes]
    counts = [len(each) for each in edges]
    flat = [edge for each in edges for edge in each]
    return Graph(
        machine=machine,
        persons=space.persons,
        any_time=False,
        leaves=leaves,
        leaf=np.array([leaves.index(node.state) for node in nodes]),
        columns=SlowColumns(coding, nodes, kept),
        levels=np.array(levels),
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        target=np.array([edge[0] for edge in flat], dtype=np.int64),
        label=np.array([edge[1] for edge in flat], dtype=np.int64),
        weight=np.array([edge[2] for edge in flat], dtype=np.int64),
        labels=tuple(labels),
        roots=tuple(roots),
        drawing=np.array([node.offers is not None for node in nodes]),
        urgent=np.zeros(len(nodes), dtype=bool),
        kept={},
        notes=Notes(),
        expanded=len(nodes),
        transitions=len(flat),
        seconds=0.0,
        memory=0,
        elapsed=np.array([edge[3] for edge in flat], dtype=np.int64),
    )
