"""Ways of a graph, played: at times that the timers allow, and to where the graph says.

Every configuration of made-up scenarios is played, and what is written of a play, its moves, a test
and a script, leads to the same place again.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casebook import STORY
from generated import made_of, scenarios
from harness import bundled, story
from heartline import ManualClock, Scenario, load, loads
from heartline.checking.exploring.explorer import Limits, explore
from heartline.checking.exploring.graph import BEGIN, Graph
from heartline.checking.proving.paths import Path as Way
from heartline.checking.proving.paths import Paths
from heartline.checking.proving.telling import NoScript, as_data, command, script
from heartline.checking.proving.telling import story as told
from heartline.checking.proving.timing import GAPS, Apart, solve
from heartline.checking.proving.witness import NotReplayed, Replayer, Witness, replay
from heartline.cli import run
from heartline.cli.counterexamples import as_test
from heartline.clock import STORY_START
from heartline.frontends.terminal.saving import read_save
from heartline.moves import play_move
from heartline.snapshot import Snapshot
from heartline.testing.case import PASSED
from heartline.testing.files.loading import load_tests
from heartline.testing.making.recording import NotRecorded
from heartline.testing.making.writing import write_tests
from heartline.testing.runs.running import run_case
from slowgraph import slow_graph
from tea import TEA

pytestmark = pytest.mark.usefixtures("short_loops")
DAY = 86_400_000_000

BREAK = """
    timers: {break: 14d, reply: 2d, moment: 0s}
    context:
      trust: {type: int, min: 0, max: 3, initial: 1}
      mood: {type: enum, values: [low, high], initial: low, input: true}
    initial: home
    states:
      home:
        choices:
          go: {do: [start(break), start(reply)], to: apart}
          blink: {do: start(moment)}
        after: {moment: {do: trust += 1}}
      apart:
        choices: {write: {when: expired(reply), do: start(reply)}}
        after: {break: back, reply: {do: trust -= 1}}
      back:
        choices:
          yes: {by: other, when: trust > 0, say: {other: Come in.}, to: together}
          no: {by: other, weight: 3, say: {other: Go away.}, to: over}
      together: {type: final, outcome: together}
      over: {type: final, outcome: over}
    """


def stands(snapshot: Snapshot) -> tuple[object, ...]:
    """All that a play comes to, the seed aside."""
    return (snapshot.frame, snapshot.deadlines, snapshot.pending, snapshot.time, snapshot.draws,
            snapshot.turn)  # fmt: skip


def way_to(graph: Graph, *leaves: str) -> Way:
    """A shortest way to one of these leaves."""
    nodes = np.flatnonzero([graph.leaves[n] in leaves for n in graph.leaf])
    path = Paths(graph).to_any(nodes)
    assert path is not None
    return path


def witness_to(scenario: Scenario, *leaves: str, any_time: bool = True) -> Witness:
    graph = explore(scenario.machine, any_time=any_time)
    return replay(scenario, graph, way_to(graph, *leaves))


# Times ------------------------------------------------------------------------------------------


def test_times_are_the_earliest_and_gaps_are_round() -> None:
    assert solve(1, []) == (0,)
    assert solve(3, [Apart(0, 1, 5), Apart(1, 2, 7), Apart(0, 2, 3)]) == (0, 5, 12)
    assert solve(2, [Apart(0, 1, 0, strict=True)]) == (0, DAY)
    within_an_hour = Apart(1, 0, -3_600_000_000)
    assert solve(2, [Apart(0, 1, 0, strict=True), within_an_hour]) == (0, 3_600_000_000)
    before_an_hour = within_an_hour._replace(strict=True)
    assert solve(2, [Apart(0, 1, 0, strict=True), before_an_hour]) == (0, 60_000_000)


def test_what_cannot_be_has_no_times() -> None:
    assert solve(2, [Apart(0, 1, 5), Apart(1, 0, -4)]) is None
    assert solve(2, [Apart(0, 1, 5), Apart(1, 0, -5, strict=True)]) is None
    assert solve(1, [Apart(0, 0, 1)]) is None
    assert solve(2, [Apart(1, 1, 1)]) is None


@given(st.data())
def test_times_that_there_are_are_found(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 6))
    times = [0, *sorted(data.draw(st.integers(0, 50)) * GAPS[-2] for _ in range(count - 1))]
    wanted = [Apart(n, n + 1, 0) for n in range(count - 1)]
    turns = st.integers(0, count - 1)
    for one, other in data.draw(st.lists(st.tuples(turns, turns), max_size=8)):
        apart = times[other] - times[one]
        slack = data.draw(st.integers(0, 5)) * GAPS[-2]
        wanted.append(Apart(one, other, apart - slack, strict=slack > 0))
    found = solve(count, wanted)
    assert found is not None
    assert found[0] == 0
    for one, other, least, strict in wanted:
        assert found[other] - found[one] >= least + strict
    assert all(mine <= theirs for mine, theirs in zip(found, times, strict=True)) or any(
        each.strict for each in wanted
    )


# Ways -------------------------------------------------------------------------------------------


def test_a_way_is_played_at_times_that_fit() -> None:
    witness = witness_to(story(BREAK), "over")
    assert [turn.label.id for turn in witness.turns] == ["", "go", "reply", "break"]
    assert [turn.waited.days for turn in witness.turns] == [0, 0, 2, 12]
    assert witness.turns[-1].draws == ("no",)
    assert witness.step.snapshot.state == "over"
    assert witness.moves[-1] == {"wait": 12 * 86_400.0, "draws": ["no"]}
    assert witness.length == 4


def test_persons_wait_where_their_answer_comes_late() -> None:
    scenario = story(BREAK)
    graph = explore(scenario.machine)
    paths = Paths(graph)
    ways = [paths.through(n) for n in range(len(graph.target))]
    late = [way for way in ways if [label.id for label in way.labels(graph)].count("write")]
    witness = replay(scenario, graph, late[0])
    assert witness.step.taken[0].way.edge.trigger == "write"
    assert witness.turns[-1].time == STORY_START + timedelta(days=2)


def test_what_runs_for_no_time_belongs_to_the_turn() -> None:
    scenario = story(BREAK)
    graph = explore(scenario.machine)
    node = int(np.flatnonzero(graph.urgent)[0])
    witness = replay(scenario, graph, Paths(graph).to(node))
    assert [each.label.kind for each in witness.happenings] == [BEGIN, "choose", "wait"]
    assert len(witness.turns) == 2
    assert witness.length == 1  # and it was led on to the end of the turn
    assert graph.urgent[witness.happenings[1].node]


def test_a_seed_draws_what_is_drawn_at_the_beginning() -> None:
    scenario = story("""
        states:
          here:
            choices:
              often: {by: other, weight: 50, to: there}
              seldom: {by: other, weight: 1, to: end}
          there: {choices: {go: {to: end}}}
          end: {type: final, outcome: over}
        """)
    graph = explore(scenario.machine)
    witness = replay(scenario, graph, way_to(graph, "end"))
    assert witness.draws == ("seldom",)
    assert witness.seed
    again = scenario.start(seed=witness.seed, clock=ManualClock())
    assert again.position.state == "end"


def test_a_draw_that_no_seed_was_found_for() -> None:
    scenario = story("""
        states:
          here:
            choices:
              often: {by: other, weight: 1000000, to: there}
              seldom: {by: other, weight: 1, to: end}
          there: {choices: {go: {do: [], to: other_end}}}
          other_end: {type: final, outcome: other}
          end: {type: final, outcome: over}
        """)
    graph = explore(scenario.machine)
    witness = replay(scenario, graph, way_to(graph, "end"))
    assert witness.seed is None
    assert as_test(witness)["draw"] == ["seldom"]
    with pytest.raises(NoScript, match="no seed was found"):
        script(witness, "x", "x.txt")


def test_moments_within_a_second_fit_into_no_file() -> None:
    scenario = story("""
        timers: {one: 1s, two: 1s}
        states:
          here:
            choices: {first: {once: true, do: start(one)}, second: {once: true, do: start(two)}}
            after: {one: there}
          there:
            choices: {go: {when: running(two), to: end}}
          end: {type: final, outcome: over}
        """)
    witness = witness_to(scenario, "end")
    assert not witness.is_whole
    with pytest.raises(NoScript, match="less than a second"):
        script(witness, "x", "x.txt")
    with pytest.raises(NotRecorded, match="less than a second"):
        as_test(witness)
    assert any("A moment later" in line for line in told(witness))


# What does not replay ---------------------------------------------------------------------------


def test_a_graph_that_is_wrong_about_a_state_is_found_out() -> None:
    scenario = story(BREAK)
    graph = explore(scenario.machine)
    way = way_to(graph, "over")
    leaf = graph.leaf.copy()
    leaf[way.nodes(graph)[-1]] = graph.leaves.index("together")
    with pytest.raises(NotReplayed, match="comes to 'over', and the graph says 'together'"):
        replay(scenario, dataclasses.replace(graph, leaf=leaf), way)


class _Wrong:
    """Columns that are wrong about one slot."""

    def __init__(self, columns: Any, slot: int) -> None:
        self.columns, self.slot = columns, slot

    def get(self, slot: int, nodes: Any) -> Any:
        return self.columns.get(slot, nodes) + (slot == self.slot)


def test_a_graph_that_is_wrong_about_a_value_is_found_out() -> None:
    scenario = story(BREAK)
    graph = explore(scenario.machine)
    columns = _Wrong(graph.columns, scenario.machine.layout["var", "trust"])
    with pytest.raises(NotReplayed, match="the runtime has var trust at"):
        replay(scenario, dataclasses.replace(graph, columns=columns), way_to(graph, "apart"))


def test_a_graph_of_another_scenario_is_found_out() -> None:
    graph = explore(story(BREAK).machine)
    slower = story(BREAK.replace("reply: 2d", "reply: 20d"))
    with pytest.raises(NotReplayed, match="No times fit"):
        replay(slower, dataclasses.replace(graph, machine=slower.machine), way_to(graph, "over"))
    same = story(BREAK)
    with pytest.raises(NotReplayed, match="takes another way"):
        replay(same, dataclasses.replace(graph, machine=same.machine), way_to(graph, "over"))


def test_a_timer_that_does_not_run_has_no_times() -> None:
    graph = explore(story(BREAK).machine)
    other = story(BREAK.replace("start(break), start(reply)", "start(break)"))
    with pytest.raises(NotReplayed, match="No times fit"):
        replay(other, dataclasses.replace(graph, machine=other.machine), way_to(graph, "over"))


# Everything is played ---------------------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(text=scenarios(most=3, includes=True), any_time=st.booleans(), data=st.data())
def test_every_configuration_is_played(text: str, any_time: bool, data: st.DataObject) -> None:
    scenario = made_of(text)
    persons = data.draw(st.sampled_from([(), ("other",)]))
    graph = explore(
        scenario.machine, persons=persons, any_time=any_time, limits=Limits(configurations=500)
    )
    if not len(graph.target):
        return
    paths, replayer = Paths(graph), Replayer(scenario, graph)
    moves = st.integers(0, len(graph.target) - 1)
    for move in data.draw(st.lists(moves, min_size=1, max_size=20)):
        witness = replayer.replay(paths.through(move))
        clock = ManualClock()
        conversation = scenario.start(
            dict(witness.inputs), clock=clock, seats=witness.persons, draws=witness.draws
        )
        for each in witness.moves:
            play_move(conversation, each)
        assert stands(conversation.position) == stands(witness.step.snapshot)


@pytest.mark.parametrize("scenario", [loads(TEA), story(STORY), story(BREAK)])
def test_the_slow_graph_is_played_too(scenario: Scenario) -> None:
    graph = slow_graph(scenario.machine)
    paths, replayer = Paths(graph), Replayer(scenario, graph)
    for node in range(len(graph)):
        replayer.replay(paths.to(node))


# Written ----------------------------------------------------------------------------------------


def kept(scenario: str, tmp_path: Path) -> str:
    folder = tmp_path / "kept"
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(scenario, "utf-8")
    return str(folder)


def played_script(witness: Witness, scenario: Scenario, name: str, tmp_path: Path) -> Snapshot:
    """Where the player comes to with a script of it; `name` is where it finds the scenario."""
    file, save = tmp_path / "way.txt", tmp_path / "save.json"
    text = script(witness, name, str(file), ["What it shows."])
    file.write_text(f"{text}:save {save}\n", "utf-8")
    typed = command(witness, name, str(file))
    assert f"# {typed}\n" in text
    import shlex

    assert run(shlex.split(typed)[1:]) == 0
    saved = read_save(save)
    snapshot: Snapshot = scenario.resume(saved.snapshot).position
    return snapshot


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=scenarios(most=3), data=st.data())
def test_a_script_and_a_test_lead_to_the_same_place(
    text: str, data: st.DataObject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kept(text, tmp_path)
    scenario = load(folder)
    graph = explore(scenario.machine, limits=Limits(configurations=500))
    if not len(graph.target):
        return
    move = data.draw(st.integers(0, len(graph.target) - 1))
    witness = replay(scenario, graph, Paths(graph).through(move))
    if not witness.is_whole:
        return
    if witness.seed is not None:
        came = played_script(witness, scenario, folder, tmp_path)
        assert stands(came) == stands(witness.step.snapshot)
    path = Path(folder, "way.test.yaml")
    path.write_text(write_tests({"way": as_test(witness)}), "utf-8")
    loaded = load_tests(path)
    assert not loaded.diagnostics
    assert run_case(scenario, loaded.cases[0]).status == PASSED


def test_the_bundled_scenarios_are_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("breaking_bad_news", "reconciliation"):
        scenario = bundled(name)
        graph = explore(scenario.machine, limits=Limits(configurations=5_000))
        replayer, paths = Replayer(scenario, graph), Paths(graph)
        for node in np.linspace(0, len(graph) - 1, 3).astype(int):
            witness = replayer.replay(paths.to(int(node)))
            came = played_script(witness, scenario, name, tmp_path)
            assert stands(came) == stands(witness.step.snapshot)


# Told -------------------------------------------------------------------------------------------


def test_a_play_is_told_with_what_changes_and_why() -> None:
    scenario = story(BREAK)
    graph = explore(scenario.machine, persons=["other"])
    way = way_to(graph, "together")
    lines = told(replay(scenario, graph, way), width=90)
    text = "\n".join(lines)
    assert "  1. start\n" in text or "  1. start, with mood = low\n" in text
    assert "choose go as you\n" in text
    assert "since trust > 0 (trust is" in text
    assert "       Kim: Come in.\n" in text
    assert lines[-1] == "       now at together, which is the end: together"
    assert all(len(line) <= 90 for line in lines)


def test_a_play_is_told_to_programs() -> None:
    witness = witness_to(story(BREAK), "over")
    data = as_data(witness)
    assert data["moves"] == 4
    assert [step["kind"] for step in data["steps"]] == ["begin", "choose", "wait", "wait", "draw"]
    assert data["steps"][-1]["outcome"] == "over"
    assert data["steps"][2]["changes"] == [{"name": "trust", "before": 1, "after": 0}]
    assert data["steps"][-1]["lines"] == [{"speaker": "other", "name": "Kim", "text": "Go away."}]
