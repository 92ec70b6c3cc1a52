"""What lies before and behind in a graph, found with arrays, beside plain walks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline.checking.flow import components
from heartline.checking.proving import ordering
from heartline.checking.proving.ahead import Asked, ahead
from heartline.checking.proving.ordering import Order
from heartline.checking.proving.reachability import circles, forward, gather

if TYPE_CHECKING:
    from collections.abc import Iterable


class Plain:
    """As much of a graph as these algorithms look at."""

    def __init__(self, onward: list[list[int]]) -> None:
        counts = [len(each) for each in onward]
        self.onward = onward
        self.first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.target = np.array([to for each in onward for to in each], dtype=np.int32)
        self.label = np.array([to % 2 for each in onward for to in each], dtype=np.int32)
        self.expanded = len(onward)
        self.levels = np.array([0, (len(onward) + 1) // 2, len(onward)])
        self.urgent = np.zeros(len(onward), dtype=bool)
        self.roots = [type("Root", (), {"node": 0})()]

    def __len__(self) -> int:
        return self.expanded


@st.composite
def graphs(draw: st.DrawFn) -> Any:
    count = draw(st.integers(1, 30))
    node = st.integers(0, count - 1)
    return Plain(draw(st.lists(st.lists(node, max_size=3), min_size=count, max_size=count)))


@given(graphs(), st.integers(1, 8))
def test_values_are_brought_back_along_all_moves(graph: Any, rows: int) -> None:
    def naive(values: list[int]) -> list[int]:
        while True:
            new = [value | _all(values[to] for to in graph.onward[n]) for n, value in
                   enumerate(values)]  # fmt: skip
            if new == values:
                return values
            values = new

    own = [1 << (n % 3) if n % 5 == 0 else 0 for n in range(len(graph))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_ROWS", rows)
        values = gather(Order(graph), np.array(own, dtype=np.uint8), np.bitwise_or)
        assert values.tolist() == naive(own)


def _all(values: Iterable[int]) -> int:
    found = 0
    for value in values:
        found |= value
    return found


class Events:
    """As much of a promise's part as `ahead` looks at: the events 0 to 5, by label and target, or
    by target alone."""

    def __init__(self, graph: Any, *, by_node: bool) -> None:
        self.by_node = np.arange(len(graph)) % 6 if by_node else None

    def of(self, labels: Any, nodes: Any) -> Any:
        return nodes % 6 if self.by_node is not None else (nodes + labels) % 6


@given(graphs(), st.lists(st.tuples(st.booleans(), *[st.integers(0, 63)] * 2), max_size=12),
       st.booleans())  # fmt: skip
def test_all_questions_about_what_lies_ahead_are_answered_together(
    graph: Any, asked: list[tuple[bool, int, int]], opened: bool
) -> None:
    def naive(by_node: bool, here: int, on: int) -> list[bool]:
        found = [opened and n % 7 == 0 for n in range(len(graph))]
        for _ in found:
            for n, targets in enumerate(graph.onward):
                for to in targets:
                    event = (to if by_node else to + to % 2) % 6
                    found[n] |= bool(here >> event & 1) or (bool(on >> event & 1) and found[to])
        return found

    def table(bits: int) -> Any:
        return np.array([bool(bits >> n & 1) for n in range(6)])

    questions: list[Any] = [
        Asked(Events(graph, by_node=by_node), table(here), table(on))  # type: ignore[arg-type]
        for by_node, here, on in asked
    ]
    open_ = np.arange(len(graph)) % 7 == 0 if opened else None
    found = [each.tolist() for each in ahead(Order(graph), questions, open_)]
    assert found == [naive(*each) for each in asked]


@given(graphs())
def test_forward_goes_along_some_labels_only(graph: Any) -> None:
    found, waiting = set[int](), [0]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [to for to in graph.onward[node] if to % 2 == 0]
    assert set(np.flatnonzero(forward(graph, np.array([True, False]))).tolist()) == found


@given(graphs(), st.integers(0, 2))
def test_circles_are_the_components_in_which_one_can_go_round(graph: Any, out: int) -> None:
    inside = np.array([n % 3 != out for n in range(len(graph))])
    found = circles(graph, inside)
    names = {str(n): [str(to) for to in graph.onward[n]] for n in np.flatnonzero(inside).tolist()}
    expected = {
        frozenset(map(int, part)): all(to in part for n in part for to in names[n])
        for part in components(names, names)
        if len(part) > 1 or part[0] in names[part[0]]
    }
    parts = {
        frozenset(found.nodes[found.part == n].tolist()): bool(found.closed[n])
        for n in range(len(found.closed))
    }
    assert parts == expected
