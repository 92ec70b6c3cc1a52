"""`heartline simulate`: each play is a conversation, counts are what was counted, and results never
depend on what is kept in memory."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import bundled, story
from heartline import Choose, InputError, RunawayError, Send, Tick, start, step
from heartline.checking.space import BEGIN, CHOOSE, DRAW, NOW, SEND
from heartline.cli import run
from heartline.testing.walks.simreport import as_json, as_text, script
from heartline.testing.walks.simulating import choice_of, interval, simulate, spread
from heartline.testing.walks.walking import DEAD_END, LOOP, TOO_LONG, Plan, Walk, Walker
from talking import command

if TYPE_CHECKING:
    from pathlib import Path

    from heartline import Scenario
    from heartline.snapshot import Snapshot

COIN = """
states:
  hall:
    choices:
      toss: {to: toss}
      go: {tags: exit, to: gone}
  toss:
    choices:
      heads: {by: other, weight: 3, to: won}
      tails: {by: other, weight: 1, to: lost}
  won: {type: final, outcome: won}
  lost: {type: final, outcome: lost}
  gone: {type: final, outcome: gone}
  never: {type: final, outcome: never}
"""


def end_of(scenario: Scenario, walk: Walk) -> Snapshot:
    """Where a conversation with the walk's seed comes by the walk's inputs; nothing is forced."""
    machine = scenario.machine
    here = start(machine, seed=walk.seed, now=NOW, inputs=walk.inputs).snapshot
    for move in walk.moves:
        if move.kind in (BEGIN, DRAW):
            continue
        if move.kind == CHOOSE:
            here = step(machine, here, Choose(move.id, role=move.role), here.time).snapshot
        elif move.kind == SEND:
            here = step(machine, here, Send(move.id), here.time).snapshot
        else:
            here = step(machine, here, Tick(), here.deadlines[0].due).snapshot
    return here


@pytest.mark.parametrize("name", ["reconciliation", "breaking_bad_news"])
def test_a_walk_is_the_conversation_with_its_seed(name: str) -> None:
    scenario = bundled(name)
    walker = Walker(scenario.machine, Plan(seed=5, events=True, weights={"wait": 3}))
    for number in range(150):
        walk = walker.walk(number)
        end = end_of(scenario, walk)
        assert (end.state, end.time - NOW) == (walk.end.state, walk.lasted)


@given(scenarios(includes=True), st.integers(0, 1 << 64), st.booleans())
def test_a_walk_through_any_scenario_is_the_conversation_with_its_seed(
    text: str, seed: int, events: bool
) -> None:
    scenario = made_of(text)
    walker = Walker(scenario.machine, Plan(seed=seed, events=events, vary=("open",), most_turns=30))
    for number in range(3):
        walk = walker.walk(number)
        if walk.stuck is not None and walk.stuck.kind == LOOP:
            with pytest.raises(RunawayError):
                end_of(scenario, walk)
        else:
            assert end_of(scenario, walk).state == walk.end.state


@pytest.mark.parametrize("name", ["reconciliation", "breaking_bad_news"])
def test_what_is_kept_changes_no_walk_and_no_count(name: str) -> None:
    machine, plan = bundled(name).machine, Plan(seed=3, weights={"wait": 0.2})
    tallies = [simulate(Walker(machine, plan, most_nodes=most), 300) for most in (1, 40, 1_000_000)]
    for tally in tallies:
        tally.seconds = 1.0
    told = [as_json(machine, plan, tally) for tally in tallies]
    assert told[0] == told[1] == told[2]


def test_a_walk_can_be_made_alone() -> None:
    machine = bundled("reconciliation").machine
    one, all_ = Walker(machine, Plan(seed=9)), Walker(machine, Plan(seed=9))
    earlier = [all_.walk(number) for number in range(50)]
    assert script(machine, one.plan, one.walk(49), "x") == script(
        machine, one.plan, earlier[49], "x"
    )


def test_counts_are_those_of_the_walks() -> None:
    machine = bundled("breaking_bad_news").machine
    walker = Walker(machine, Plan(seed=2))
    tally = simulate(walker, 400)
    taken, offered, plays, ends = Counter(), Counter(), Counter(), Counter()  # type: ignore[var-annotated]
    turns = 0
    for number in range(400):
        walk = walker.walk(number)
        turns += walk.turns
        been: set[str] = set()
        for move in walk.moves:
            if move.option.spec is not None:
                taken[choice_of(move.option.spec)] += 1
            leaves = [way.dest for way in move.ways if way.dest]
            leaves += [machine.initial] if move.kind == BEGIN else []
            been.update(state for leaf in leaves for state in machine.states[leaf].path)
            target = move.target
            assert target is not None
            for option in walker.space.options(target):
                if option.spec is not None:
                    offered[choice_of(option.spec)] += 1
        plays.update(been)
        ends[walk.end.state] += 1
    assert (tally.taken, tally.offered, tally.plays) == (taken, offered, plays)
    assert (tally.ends, tally.turns, tally.walks) == (ends, turns, 400)


def test_shares_come_close_to_the_weights() -> None:
    tally = simulate(Walker(story(COIN).machine, Plan(seed=1)), 8000)
    tossed = tally.ends["won"] + tally.ends["lost"]
    low, high = interval(tally.ends["won"], tossed)
    assert low < 0.75 < high
    low, high = interval(tally.ends["gone"], tally.walks)
    assert low < 0.5 < high


def test_a_weight_makes_a_choice_rarer_and_a_tag_names_several() -> None:
    machine = story(COIN).machine
    rare = simulate(Walker(machine, Plan(seed=1, weights={"go": 0.25})), 5000)
    low, high = interval(rare.ends["gone"], 5000)
    assert low < 0.2 < high
    assert simulate(Walker(machine, Plan(weights={"exit": 0})), 500).ends["gone"] == 0


def test_what_weighs_nothing_is_taken_where_there_is_nothing_else() -> None:
    machine = story(COIN).machine
    tally = simulate(Walker(machine, Plan(weights={"go": 0, "toss": 0})), 200)
    assert tally.ends["gone"] > 0
    assert tally.first_stuck is None


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 1.0)],
)
def test_intervals_are_wilsons(count: int, of: int, low: float, high: float) -> None:
    assert interval(count, of) == pytest.approx((low, high), abs=1e-4)


def test_a_median_is_a_length_that_was_met() -> None:
    assert spread({1: 5, 2: 4, 9: 1}, (0.5, 0.05, 0.95)) == [1, 1, 9]
    assert spread({timedelta(1): 1}, (0.5,)) == [timedelta(1)]
    assert spread(Counter[int](), (0.5,)) == []


class TestStuck:
    def test_where_nothing_is_open_it_says_so(self) -> None:
        machine = story("""
        states:
          one: {choices: {on: {to: two}}}
          two: {events: {bell: end}}
          end: {type: final, outcome: end}
        """).machine
        walk = Walker(machine, Plan()).walk(0)
        assert walk.stuck is not None
        assert walk.stuck.kind == DEAD_END
        assert walk.stuck.sentence == (
            "Nothing can be chosen in 'two', and nothing runs out; only the event 'bell' would "
            "lead on."
        )
        assert simulate(Walker(machine, Plan(events=True)), 50).first_stuck is None

    def test_a_loop_of_ways_is_the_runtimes_sentence(self) -> None:
        machine = story("""
        context: {on: {type: bool, initial: false}}
        states:
          one: {choices: {go: {do: on = true, to: two}}}
          two: {always: {when: on, to: three}, choices: {stop: {to: end}}}
          three: {always: {when: on, to: two}, choices: {stop: {to: end}}}
          end: {type: final, outcome: end}
        """).machine
        walk = Walker(machine, Plan()).walk(0)
        assert walk.stuck is not None
        assert (walk.stuck.kind, "loops at" in walk.stuck.sentence) == (LOOP, True)

    def test_a_loop_of_draws_ends_where_the_runtime_ends_it(self) -> None:
        scenario = story("""
        context: {on: {type: bool, initial: false}}
        states:
          one:
            choices:
              go: {do: on = true}
              hum: {by: other, when: on}
              sing: {by: other, when: on}
              stop: {to: end}
          end: {type: final, outcome: end}
        """)
        walker = Walker(scenario.machine, Plan(weights={"stop": 0}))
        walk = walker.walk(0)
        assert walk.stuck is not None
        assert walk.stuck.kind == LOOP
        assert len(walk.moves) == 1 + 1000 + 1  # the opening, what is allowed, and one more
        with pytest.raises(RunawayError):
            end_of(scenario, walk)

    def test_a_play_without_an_end_is_stuck_after_so_many_turns(self) -> None:
        machine = story("states: {one: {choices: {go: {}}}, end: {type: final, outcome: end}}")
        walk = Walker(machine.machine, Plan(most_turns=12)).walk(0)
        assert walk.stuck is not None
        assert (walk.stuck.kind, walk.turns) == (TOO_LONG, 12)

    def test_a_story_ends_before_the_calendar_does(self) -> None:
        machine = story("""
        states:
          one: {after: {5000w: {to: two}}}
          two: {after: {5000w: {to: one}}}
          end: {type: final, outcome: end}
        """).machine
        walk = Walker(machine, Plan(most_turns=900)).walk(0)
        assert walk.stuck is not None
        assert "year 9999" in walk.stuck.sentence


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (Plan(inputs={"profile": "sure"}), "profile is one of"),
        (Plan(vary=("profil",)), "does not exist"),
        (Plan(vary=("partner_name",)), "too many values"),
        (Plan(weights={"let_goo": 2}), "did you mean 'let_go'"),
        (Plan(persons=("patner",)), "There is no role"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(plan: Plan, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Walker(bundled("reconciliation").machine, plan)


def test_inputs_that_vary_take_each_of_their_values() -> None:
    machine = bundled("reconciliation").machine
    walker = Walker(machine, Plan(vary=("profile",)))
    found = Counter(walker.walk(number).inputs["profile"] for number in range(400))
    assert set(found) == {"unknown", "ambivalent", "decided", "unsafe"}
    assert min(found.values()) > 60


class TestCommand:
    @pytest.fixture(autouse=True)
    def read_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """To read the flagship takes longer than what most of these tests ask for."""
        monkeypatch.setattr("heartline.cli.commands.simulate.load", bundled)

    def test_it_prints_tables_and_what_was_never_met(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["simulate", "breaking_bad_news", "-n", "200", "--seed", "1"]) == 0
        out = capsys.readouterr().out
        assert "How it ended" in out
        assert "95 % interval" in out
        assert "Never reached" in out
        assert "200 plays of breaking_bad_news from seed 1" in out

    def test_json_holds_every_state_and_choice(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["simulate", "reconciliation", "-n", "50", "--format", "json"]) == 0
        data = json.loads(capsys.readouterr().out)
        machine = bundled("reconciliation").machine
        kinds = {"leaf", "compound", "final"}
        assert {each["state"] for each in data["states"]} == {
            name for name, state in machine.states.items() if state.kind in kinds
        }
        assert sum(each["plays"] for each in data["ends"]) == data["plays"] == 50
        assert data["finished"] is True
        assert data["stuck"] == {"plays": 0, "first": None}

    def test_the_first_play_that_gets_stuck_can_be_played_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = """\
heartline: 1
id: trap
version: 1.0.0
title: A trap
cast: {you: {name: You}, other: {name: Kim, played_by: engine}}
states:
  one: {choices: {ask: {to: two}, leave: {to: end}}}
  two:
    choices:
      yes_: {by: other, weight: 1, to: end}
      no_: {by: other, weight: 2, to: three}
  three: {after: {1d: {to: four}}, choices: {hope: {}}}
  four: {events: {bell: end}}
  end: {type: final, outcome: end}
"""
        (tmp_path / "scenario.yaml").write_text(text, "utf-8")
        file = tmp_path / "stuck.txt"
        options = ["simulate", str(tmp_path), "-n", "100", "--script", str(file)]
        assert run(options) == 1
        assert "got stuck" in capsys.readouterr().out
        written = file.read_text("utf-8")
        assert ":draw no_\n" in written
        assert ":wait\n" in written
        seed = written.split("--seed ")[2].split()[0]
        arguments = ["play", str(tmp_path), "--seed", seed, "--script", str(file), "--json"]
        done = command(*arguments)
        assert done.returncode == 0, done.stdout
        turns = [json.loads(line) for line in done.stdout.splitlines()]
        assert [turn["state"] for turn in turns if turn["type"] == "turn"][-1] == "four"

    def test_one_play_alone_is_printed_as_a_script(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["simulate", "reconciliation", "--seed", "1", "--play", "3"]) == 0
        first = capsys.readouterr().out
        assert first.startswith("# Play 3 of a simulation of reconciliation")
        assert run(["simulate", "reconciliation", "--seed", "1", "--play", "3"]) == 0
        assert capsys.readouterr().out == first

    @pytest.mark.parametrize(
        "options",
        [
            ["--weight", "let_go"], ["--weight", "let_go=-1"], ["--weight", "let_go=nan"],
            ["--set", "profile"], ["--set", "profile=sure"], ["--vary", "no_such"], ["-n", "0"],
        ],
    )  # fmt: skip
    def test_usage_is_code_2(self, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["simulate", "reconciliation", *options]) == 2
        assert "Traceback" not in capsys.readouterr().err

    @pytest.mark.skipif(os.name == "nt", reason="there Ctrl-C is no signal to one process")
    def test_ctrl_c_shows_what_was_played_until_then(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        walk = Walker.walk

        def interrupted(walker: Walker, number: int) -> Walk:
            # From within a play: what comes by the clock may come in the middle of a collection,
            # where a library's callback swallows it.
            if number == 2_000:
                os.kill(os.getpid(), signal.SIGINT)
            return walk(walker, number)

        monkeypatch.setattr(Walker, "walk", interrupted)
        assert run(["simulate", "reconciliation", "-n", "20000", "--format", "json"]) == 130
        out, err = capsys.readouterr()
        data = json.loads(out)
        assert data["finished"] is False
        assert 2_000 < data["plays"] < 20_000
        assert err == ""


def test_text_and_json_tell_of_a_simulation_of_nothing() -> None:
    machine = story(COIN).machine
    walker = Walker(machine, Plan())
    tally = simulate(walker, 10, report=lambda _tally: False)
    assert "Stopped early. 0 plays" in as_text(machine, walker.plan, tally, unfinished=True)
    assert json.loads(as_json(machine, walker.plan, tally))["turns_of_plays"] == {}
