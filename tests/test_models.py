"""The models that proofs are measured with: the same graph in each language.

SPIN and XState count what they find by themselves; where they are not installed, these are skipped.
"""

from __future__ import annotations

import shutil
from functools import partial

import pytest
from benchmarks import proofs
from benchmarks.models import Model, model
from benchmarks.peers import node
from benchmarks.peers.paths import shortest_paths
from benchmarks.peers.spin import Spin, promela
from benchmarks.peers.spinwalk import walk

import heartline
from heartline.checking.exploring.explorer import explore
from heartline.checking.exploring.graph import Graph
from heartline.checking.relevance import Relevance
from slowgraph import slow_graph

SIZE = 1_000
QUICK = ("-O0", "-DSAFETY", "-DNOREDUCE")  # quick to compile
TWO_BEGINNINGS = """\
heartline: 1
id: two
version: 1.0.0
title: Two ways to begin
cast: {you: {name: You}}
context:
  late: {type: bool, initial: false, input: true}
  calm: {type: int, min: 0, max: 9, initial: 5}
initial: hall
states:
  hall:
    choices:
      knock: {say: Anyone in?, when: not late or calm >= 3, do: calm -= 1}
      wait: {say: I can wait., when: calm <= 8, do: calm += 2}
      leave: {say: Bye., when: late, to: gone}
      enter: {say: Hello., when: calm == 0, to: inside}
  gone: {type: final, outcome: gone}
  inside: {type: final, outcome: inside}
"""


@pytest.fixture(scope="module")
def small() -> Model:
    return model(SIZE)


@pytest.fixture(scope="module")
def graph(small: Model) -> Graph:
    return slow_graph(heartline.loads(small.yaml()).machine)


@pytest.mark.parametrize("size", [1_000, 100_000, 10_000_000])
def test_a_model_is_a_scenario_without_findings_and_always_the_same(size: int) -> None:
    assert not heartline.loads(model(size).yaml()).diagnostics
    assert model(size) == model(size)
    assert model(size) != model(size, seed=1)


@pytest.mark.parametrize("size", [1_000, 1_000_000])
def test_every_variable_of_a_model_counts_wherever_it_does_not_end(size: int) -> None:
    machine = heartline.loads(model(size).yaml()).machine
    relevance, frame = Relevance(machine), machine.initial_frame()
    variables = {n for n, slot in enumerate(machine.slots) if slot.symbol[0] == "var"}
    assert len(variables) in range(4, 9)
    for name, leaf in machine.leaves.items():
        if not leaf.final:
            assert variables <= relevance.alive((name, *frame[1:]))


def test_a_model_has_about_the_size_that_was_asked_for(graph: Graph) -> None:
    assert 0.8 * SIZE <= len(graph) <= 1.2 * SIZE
    assert graph.final.sum() == 2
    assert graph.drawing.sum() > SIZE / 50


@pytest.mark.skipif(shutil.which("spin") is None, reason="SPIN is not installed")
@pytest.mark.parametrize("seed", [0, 1])
def test_spin_stores_as_many_states_as_there_are_configurations(seed: int) -> None:
    given = model(SIZE, seed=seed)
    graph = slow_graph(heartline.loads(given.yaml()).machine)
    with Spin(promela(given), SIZE, flags=QUICK) as spin:
        found = spin.search()
    assert found.states == len(graph)
    assert found.transitions == graph.transitions + 1  # the one to the beginning


@pytest.mark.skipif(shutil.which("spin") is None, reason="SPIN is not installed")
def test_spin_stores_as_many_states_of_a_larger_model_as_are_explored() -> None:
    given = model(20_000)
    graph = explore(heartline.loads(given.yaml()).machine, moves=False)
    assert graph.is_whole
    with Spin(promela(given), len(graph), flags=QUICK) as spin:
        found = spin.search()
    assert found.states == len(graph) > 10_000
    assert found.transitions == graph.transitions + 1


@pytest.mark.skipif(shutil.which("spin") is None, reason="SPIN is not installed")
def test_nothing_is_compared_where_spin_counts_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    other = promela(model(SIZE, seed=1))
    monkeypatch.setattr(proofs, "promela", lambda _model: other)
    monkeypatch.setattr(proofs, "Spin", partial(Spin, flags=QUICK))
    with pytest.raises(AssertionError, match=r"SPIN stores [\d,]+ states where [\d,]+ config"):
        proofs._beside_spin(model(SIZE), 1, print)


def test_where_spin_is_missing_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _command: None)
    said: list[str] = []
    found, explored = proofs._beside_spin(model(SIZE), 1, said.append)
    assert said == ["SPIN is left out: spin is not installed."]
    assert [finding.what for finding in found] == [
        f"explore {explored.configurations:,} configurations"
    ]


@pytest.mark.skipif("xstate" not in node.versions(), reason="XState is not installed")
def test_xstate_finds_as_many_states_as_there_are_configurations(
    small: Model, graph: Graph
) -> None:
    found = shortest_paths(small, most_seconds=60)
    assert found.states == len(graph)
    assert found.deepest == len(graph.levels) - 2


@pytest.mark.skipif(shutil.which("spin") is None, reason="SPIN is not installed")
def test_spin_walks_along_a_graph_and_stores_every_node() -> None:
    machine = heartline.loads(TWO_BEGINNINGS).machine
    graph = slow_graph(machine)
    assert len(graph.roots) > 1
    found = walk(graph, QUICK)
    assert found.states == len(graph)
    # One more to the beginning, and one to each root.
    assert found.transitions == graph.transitions + 1 + len(graph.roots)
