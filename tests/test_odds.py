"""`heartline odds`: chances by hand, by fractions, by brute force over policies, and by playing."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generated import made_of, scenarios
from harness import bundled, story
from heartline import InputError, Scenario
from heartline.checking.exploring.coding import Coding
from heartline.checking.exploring.explorer import Limits, explore
from heartline.checking.exploring.graph import Graph
from heartline.checking.odds import solving
from heartline.checking.odds.chances import ENDLESS, STUCK, UNSEEN, Played, outcomes, shares
from heartline.checking.odds.odds import Row, columns_of, odds_of
from heartline.checking.odds.oddsreport import percent
from heartline.checking.odds.policies import Policy, Rule, read_rules, weights
from heartline.checking.odds.sorting import sort
from heartline.cli import run
from heartline.testing.walks.simulating import interval, simulate
from heartline.testing.walks.walking import Plan, Walker
from slowgraph import slow_graph

FEW = settings(max_examples=max(5, settings.default.max_examples // 5))  # each explores a scenario

HALL = """
states:
  hall:
    choices:
      toss: {to: toss}
      go: {tags: exit, to: gone}
      look: {}
    after: {1d: toss}
  toss:
    choices:
      heads: {by: other, weight: 3, to: won}
      tails: {by: other, weight: 1, to: lost}
      again: {by: other, weight: 1, to: hall}
  won: {type: final, outcome: won}
  lost: {type: final, outcome: lost}
  gone: {type: final, outcome: gone}
"""


def explored(scenario: Scenario, inputs: Any = None, **options: Any) -> Graph:
    machine = scenario.machine
    columns = columns_of(machine, Coding(machine), inputs or [{}])
    return explore(machine, any_time=False, inputs=columns, **options)


def odds(scenario: Scenario, policy: Policy | None = None, wanted: Any = ()) -> Row:
    graph = explored(scenario)
    assert graph.begun is not None
    begins = [({}, int(graph.begun[0]))]
    return odds_of(graph, begins, policy or Policy(), wanted).rows[0]


# By hand ------------------------------------------------------------------------------------------


def test_chances_are_those_that_a_pencil_finds() -> None:
    # Whoever does not look tosses in two of three cases: w = 2/3 (3/5 + 1/5 w).
    row = odds(story(HALL))
    assert row.played.of["won"] == pytest.approx(6 / 13, abs=1e-15)
    assert row.played.of["lost"] == pytest.approx(2 / 13, abs=1e-15)
    assert row.played.of["gone"] == pytest.approx(5 / 13, abs=1e-15)
    assert row.played.bound < 1e-14
    # A turn each time that somebody is asked: t = 1 + t/4 + 1/2 * 1/5 t; a quarter of them waits.
    assert row.played.turns == pytest.approx(1 / (1 - 1 / 4 - 1 / 10), abs=1e-14)
    assert row.played.days == pytest.approx(row.played.turns / 4, abs=1e-14)


def test_the_best_and_the_worst_are_those_that_one_can_think_out() -> None:
    row = odds(story(HALL))
    assert row.best == pytest.approx({"won": 3 / 4, "lost": 1 / 4, "gone": 1.0}, abs=1e-14)
    assert row.worst == {"won": 0.0, "lost": 0.0, "gone": 0.0}


def test_means_of_an_outcome_are_of_the_plays_that_end_so() -> None:
    row = odds(
        story("""
states:
  a: {choices: {now: {to: quick}}, after: {2d: b}}
  b: {choices: {on: {to: c}}}
  c: {after: {3d: slow}}
  quick: {type: final, outcome: quick}
  slow: {type: final, outcome: slow}
  never: {type: final, outcome: never}
""")
    )
    played = row.played
    assert (played.turns_of["quick"], played.turns_of["slow"]) == (1.0, 3.0)
    assert (played.days_of["quick"], played.days_of["slow"]) == (0.0, 5.0)
    assert "never" not in played.turns_of
    assert (played.turns, played.days) == (2.0, 2.5)
    assert (row.worst["never"], row.best["never"], played.of["never"]) == (0.0, 0.0, 0.0)


def test_who_must_draw_can_still_be_lucky() -> None:
    # Two tosses; the second can be refused, so the worst for `twice` is no chance at all.
    row = odds(
        story("""
states:
  first: {choices: {toss: {to: one}}}
  one: {choices: {heads: {by: other, to: second}, tails: {by: other, to: none}}}
  second: {choices: {toss: {to: two}, stop: {to: once}}}
  two: {choices: {heads: {by: other, weight: 3, to: twice}, tails: {by: other, to: once}}}
  none: {type: final, outcome: none}
  once: {type: final, outcome: once}
  twice: {type: final, outcome: twice}
""")
    )
    assert row.played.of == {"none": 0.5, "once": 0.3125, "twice": 0.1875}
    assert row.worst == {"none": 0.5, "once": 0.125, "twice": 0.0}
    assert row.best == {"none": 0.5, "once": 0.5, "twice": 0.375}


def test_plays_that_never_end_have_no_mean_number_of_turns() -> None:
    body = """
states:
  fork: {choices: {on: {to: done}, down: {to: pit}}}
  pit: {choices: {dig: {to: deeper}}}
  deeper: {%s}
  done: {type: final, outcome: done}
"""
    row = odds(story(body % "choices: {rest: {to: pit}}"))
    assert row.played.of == {"done": 0.5, ENDLESS: 0.5}
    assert math.isinf(row.played.turns)
    assert row.played.days == 0.0  # no time passes there
    assert row.played.turns_of == {"done": 1.0}
    assert (row.worst["done"], row.best["done"]) == (0.0, 1.0)
    row = odds(story(body % "after: {1d: pit}"))
    assert math.isinf(row.played.days)


def test_plays_that_get_stuck_are_told_apart_from_those_that_never_end() -> None:
    row = odds(
        story("""
states:
  fork: {choices: {on: {to: done}, down: {to: pit}}}
  pit: {choices: {out: {when: visited(done), to: done}}}
  done: {type: final, outcome: done}
""")
    )
    assert row.played.of == {"done": 0.5, STUCK: 0.5}
    assert (row.played.turns, row.played.turns_of[STUCK]) == (1.0, 1.0)


def test_an_event_is_sent_only_on_request() -> None:
    body = """
states:
  here: {choices: {go: {to: gone}}, events: {bell: {to: rung}}}
  gone: {type: final, outcome: gone}
  rung: {type: final, outcome: rung}
"""
    assert odds(story(body)).best["rung"] == 0.0
    row = odds(story(body), Policy(events=True))
    assert (row.played.of["rung"], row.best["rung"]) == (0.5, 1.0)


# Policies -----------------------------------------------------------------------------------------


def test_weights_are_those_of_random_plays() -> None:
    machine = story(HALL).machine
    wanted = {"exit": 0.5, "wait": 2, "look": 0}
    row = odds(story(HALL), Policy(weights(machine, wanted)))
    # toss 1, go 0.5, wait 2: p = 6/7 (3/5 + 1/5 p)
    assert row.played.of["won"] == pytest.approx(18 / 29, abs=1e-14)
    plan = Plan(seed=4, weights=wanted)
    tally = simulate(Walker(machine, plan), 4000)
    low, high = interval(tally.ends["won"], tally.walks)
    assert low < row.played.of["won"] < high


def test_what_weighs_nothing_is_done_where_there_is_nothing_else() -> None:
    machine = story(HALL).machine
    row = odds(story(HALL), Policy(weights(machine, {"toss": 0, "go": 0, "look": 0, "wait": 0})))
    assert row.played.of == odds(story(HALL)).played.of


def test_rules_hold_from_the_inside_out_and_in_the_order_of_the_file() -> None:
    scenario = story("""
states:
  house:
    initial: hall
    choices: {leave: {to: gone}}
    states:
      hall: {choices: {up: {to: attic}, shout: {to: heard}}}
      attic: {choices: {jump: {to: hurt}, up: {when: visited(gone), to: hurt}}}
  heard: {type: final, outcome: heard}
  gone: {type: final, outcome: gone}
  hurt: {type: final, outcome: hurt}
""")

    def ends(text: str) -> dict[str, float]:
        rules = read_rules(scenario.machine, text, "p")
        found = odds(scenario, Policy(rules=rules)).played.of
        return {name: chance for name, chance in found.items() if chance}

    assert ends("*: leave") == {"gone": 1.0}
    assert ends("*: leave\nhall: up") == {"gone": 1.0}
    assert ends("house: jump\nhall: up") == {"hurt": 1.0}
    assert ends("hall: shout 3, leave  # mostly") == {"heard": 0.75, "gone": 0.25}
    # In the attic `up` is closed, so the next rule that fits holds there.
    assert ends("*: jump, up\nattic: up\nattic: leave") == {"gone": 1.0}
    assert ends("\n# nothing\n") == ends("attic: up") != {}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("hall", "A rule says STATE: WHAT"),
        ("hal: toss", "did you mean 'hall'"),
        ("hall: tos", "did you mean 'toss'"),
        ("hall: toss one", "is a number from 0 to 1,000,000, not 'one'"),
        ("hall: toss -1", "is a number from 0 to"),
        ("hall: toss 1 2", "is a name, or a name and its weight"),
        ("hall: toss,", "is a name, or a name and its weight"),
        ("hall: toss 0", "nothing weighs anything"),
        ("hall: toss nan", "is a number from 0 to"),
    ],
)
def test_a_faulty_rule_is_refused_with_its_line(line: str, sentence: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_rules(story(HALL).machine, f"\n{line}\n", "polite.txt")
    assert str(refusal.value).startswith("polite.txt:2: ")
    assert sentence in str(refusal.value)


@given(st.text(max_size=40))
def test_no_text_of_a_policy_does_harm(text: str) -> None:
    try:
        rules = read_rules(story(HALL).machine, text, "p")
    except InputError:
        return
    assert all(isinstance(rule, Rule) for rule in rules)


# Against other ways to find them ------------------------------------------------------------------


def by_fractions(graph: Graph, share: Any, root: int) -> dict[str, Fraction]:
    """The chance of each outcome by exact elimination; what never ends is left out first."""
    moves = {
        node: [
            (int(graph.target[move]), share[move])
            for move in range(graph.first[node], graph.first[node + 1])
            if share[move]
        ]
        for node in range(len(graph))
    }
    found = {}
    for outcome, leaves in outcomes(graph).items():
        goal = {node for node in moves if int(graph.leaf[node]) in leaves}
        can = set(goal)
        while True:
            more = {n for n, out in moves.items() if n not in can and any(t in can for t, _ in out)}
            if not more:
                break
            can |= more
        value = eliminated({n: moves[n] for n in can - goal}, goal)
        value.update(dict.fromkeys(goal, Fraction(1)))
        found[outcome] = value.get(root, Fraction(0))
    return found


def eliminated(moves: Any, goal: set[int]) -> dict[int, Fraction]:
    """x of each node, where x is the mean of where it leads; 1 at a goal, 0 elsewhere."""
    rows = {}
    for node, out in moves.items():
        row: dict[Any, Fraction] = {}
        for target, chance in out:
            key = target if target in moves else "known" if target in goal else None
            if key is not None:
                row[key] = row.get(key, Fraction(0)) + chance
        rows[node] = row
    for node in list(rows):  # x = row, solved for x and put in everywhere
        row = rows[node]
        stays = row.pop(node, Fraction(0))
        rows[node] = row = {key: part / (1 - stays) for key, part in row.items()}
        for other, into in rows.items():
            if other != node and node in into:
                share = into.pop(node)
                for key, part in row.items():
                    into[key] = into.get(key, Fraction(0)) + share * part
    return {node: row.get("known", Fraction(0)) for node, row in rows.items()}


def exact_shares(graph: Graph, sends: bool = False) -> list[Fraction]:
    found = []
    for node in range(len(graph)):
        out = [
            weight if graph.drawing[node] else int(sends or label.kind != "send")
            for label, _, weight in graph.moves(node)
        ]
        found += [Fraction(each, sum(out) or 1) for each in out]
    return found


def small(text: str, most: int) -> Graph:
    graph = explored(made_of(text), limits=Limits(configurations=most))
    assume(graph.is_whole and len(graph) and not graph.notes.loops)
    return graph


@given(scenarios())
@FEW
def test_chances_are_those_of_exact_arithmetic(text: str) -> None:
    graph = small(text, 45)
    exact = exact_shares(graph)
    assert shares(graph, Policy()) == pytest.approx([float(each) for each in exact], abs=0)
    for root in {0, len(graph) // 2}:
        chances = Played(graph, shares(graph, Policy()), {root: 1.0}).chances()
        for outcome, chance in by_fractions(graph, exact, root).items():
            assert abs(Fraction(chances.of[outcome]) - chance) < Fraction(1, 10**12)
        assert sum(chances.of.values()) == pytest.approx(1.0, abs=1e-12)
        assert chances.bound < 1e-12


@given(scenarios())
@FEW
def test_the_best_is_the_best_of_all_policies(text: str) -> None:
    graph = small(text, 25)
    exact = exact_shares(graph)
    asked = [
        [
            move
            for move in range(graph.first[node], graph.first[node + 1])
            if exact[move]
        ]
        for node in range(len(graph))
        if not graph.drawing[node]
    ]  # fmt: skip
    asked = [moves for moves in asked if len(moves) > 1]
    assume(math.prod(map(len, asked)) <= 48)
    found: dict[str, list[Fraction]] = {}
    for choice in product(*asked):
        share = list(exact)
        for moves, chosen in zip(asked, choice, strict=True):
            for move in moves:
                share[move] = Fraction(int(move == chosen))
        for outcome, chance in by_fractions(graph, share, 0).items():
            found.setdefault(outcome, []).append(chance)
    row = odds_of(graph, [({}, 0)], Policy()).rows[0]
    for outcome, chances in found.items():
        assert abs(Fraction(row.best[outcome]) - max(chances)) < Fraction(1, 10**12)
        assert abs(Fraction(row.worst[outcome]) - min(chances)) < Fraction(1, 10**12)


@pytest.mark.slow
@given(scenarios(includes=True))
@FEW
def test_the_best_is_no_worse_than_any_play_and_is_reached_by_its_policy(text: str) -> None:
    graph = small(text, 3000)
    assert graph.begun is not None
    wanted = [(name, largest) for name in outcomes(graph) for largest in (True, False)]
    row = odds_of(graph, [({}, int(graph.begun[0]))], Policy(), wanted).rows[0]
    for outcome in outcomes(graph):
        chance = row.played.of[outcome]
        assert row.worst[outcome] - 1e-12 <= chance <= row.best[outcome] + 1e-12
    for plan in row.plans:
        extreme = (row.best if plan.largest else row.worst)[plan.outcome]
        assert plan.played.of[plan.outcome] == pytest.approx(extreme, abs=1e-11)


@given(scenarios(includes=True))
@FEW
def test_it_makes_no_difference_who_built_the_graph(text: str) -> None:
    scenario = made_of(text)
    graph = small(text, 400)
    slow = slow_graph(scenario.machine, inputs=[{}])
    assert graph.begun is not None
    ours, theirs = (
        odds_of(each, [({}, node)], Policy()).rows[0]
        for each, node in ((graph, int(graph.begun[0])), (slow, slow.roots[0].node))
    )
    assert ours.played.of == pytest.approx(theirs.played.of, abs=1e-12)
    assert ours.played.turns == pytest.approx(theirs.played.turns, rel=1e-9)
    assert ours.played.days == pytest.approx(theirs.played.days, rel=1e-9)
    assert ours.best == pytest.approx(theirs.best, abs=1e-12)


@given(scenarios(), st.integers(0, 1000))
@FEW
def test_random_plays_agree_with_them(text: str, seed: int) -> None:
    scenario = made_of(text)
    graph = small(text, 3000)
    assert graph.begun is not None
    played = odds_of(graph, [({}, int(graph.begun[0]))], Policy()).rows[0].played
    walks = 400
    tally = simulate(Walker(scenario.machine, Plan(seed=seed, most_turns=3000)), walks)
    for outcome, leaves in outcomes(graph).items():
        count = sum(tally.ends[graph.leaves[leaf]] for leaf in leaves)
        chance = played.of[outcome]
        # Five standard deviations, and a play more: so far off it is once in a million times.
        far = 5 * math.sqrt(walks * chance * (1 - chance)) + 5
        assert abs(count - walks * chance) < far


@pytest.mark.parametrize("name", ["breaking_bad_news", "reconciliation"])
def test_random_plays_of_a_bundled_scenario_agree_with_what_was_looked_at(name: str) -> None:
    # The whole is too large for a test. What was not looked at can only add to a chance.
    scenario = bundled(name)
    graph = explored(scenario, limits=Limits(configurations=60_000))
    assert graph.begun is not None
    row = odds_of(graph, [({}, int(graph.begun[0]))], Policy()).rows[0]
    assert row.best == row.worst == {}
    rest = row.played.of[UNSEEN]
    assert rest < 0.1
    tally = simulate(Walker(scenario.machine, Plan(seed=1)), 2000)
    for outcome, leaves in outcomes(graph).items():
        low, high = interval(sum(tally.ends[graph.leaves[n]] for n in leaves), tally.walks)
        assert row.played.of[outcome] < high + 0.01
        assert row.played.of[outcome] + rest > low - 0.01


# Large circles ------------------------------------------------------------------------------------


def test_large_systems_are_solved_as_well_as_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    count, chance = 3000, np.random.default_rng(1)
    sources = np.repeat(np.arange(count), 4)
    targets = chance.integers(0, count, len(sources))
    parts = chance.random(len(sources)) / 4 * 0.99
    known = chance.random(count)
    direct = solving.System(count, sources, targets, parts)
    monkeypatch.setattr(solving, "MANY", 100)
    iterated = solving.System(count, sources, targets, parts)
    assert iterated.solve(known) == pytest.approx(direct.solve(known), rel=1e-12)
    assert iterated.solve_back(known) == pytest.approx(direct.solve_back(known), rel=1e-12)
    monkeypatch.setattr(solving, "bicgstab", lambda *_, **__: (np.zeros(count), 1))
    assert iterated.solve(known) == pytest.approx(direct.solve(known), rel=1e-12)


def test_sorting_leads_down_and_leaves_nothing_out() -> None:
    graph = explored(bundled("breaking_bad_news"), limits=Limits(configurations=3000))
    part = sort(graph, np.array([0]), shares(graph, Policy()) > 0)
    height, sources = part.height, part.sources()
    assert (height[part.target] <= height[sources]).all()
    assert (part.place[part.node] == np.arange(len(part))).all()
    assert sorted(part.node) == sorted(np.flatnonzero(part.place >= 0))
    assert (graph.target[part.move] == part.node[part.target]).all()
    for layer in part.rising():
        assert not part.is_draw[layer.single : layer.single_draw].any()
        assert part.is_draw[layer.single_draw : layer.circle].all()


# What is done -------------------------------------------------------------------------------------

BET = """
context:
  n: {type: int, min: 0, max: 3, initial: 0}
  bold: {type: bool, initial: false, input: true}
states:
  hall:
    choices:
      toss: {to: toss, do: n += 1}
      wager: {when: bold or n >= 2, to: wager}
      go: {to: gone}
      look: {}
  toss:
    choices:
      heads: {by: other, weight: 1, to: won}
      tails: {by: other, weight: 3, to: lost}
      again: {by: other, weight: 1 + n, to: hall}
  wager:
    choices:
      heads: {by: other, to: won}
      tails: {by: other, to: lost}
  won: {type: final, outcome: won}
  lost: {type: final, outcome: lost}
  gone: {type: final, outcome: gone}
"""


def test_a_policy_says_what_is_done_and_on_what_it_depends() -> None:
    row = odds(story(BET), wanted=[("won", True)])
    (plan,) = row.plans
    # Toss twice, then wager: 1/6 + 1/3 (1/7 + 3/7 * 1/2).
    assert plan.chance == pytest.approx(2 / 7, abs=1e-14)
    told = [(each.state, each.where, each.action, each.exact) for each in plan.decisions]
    assert told == [("hall", ("n < 2",), "toss", 2), ("hall", ("n >= 2",), "wager", 1)]
    assert plan.decisions[0].visits == pytest.approx(4 / 3)
    assert plan.played.of["lost"] == pytest.approx(5 / 7)


def test_a_circle_in_which_nothing_is_lost_is_left_all_the_same() -> None:
    row = odds(
        story("""
states:
  a: {choices: {round: {to: b}, here: {}}}
  b: {choices: {back: {to: a}, on: {to: toss}}}
  toss: {choices: {heads: {by: other, to: won}, tails: {by: other, to: a}}}
  won: {type: final, outcome: won}
"""),
        wanted=[("won", True), ("won", False)],
    )
    best, worst = sorted(row.plans, key=lambda plan: -plan.chance)
    assert (best.chance, best.played.of["won"]) == (1.0, 1.0)
    assert best.played.turns == pytest.approx(4.0)
    assert [each.action for each in best.decisions] == ["round", "on"]
    assert (worst.chance, worst.played.of["won"], worst.played.of[ENDLESS]) == (0.0, 0.0, 1.0)


# The command --------------------------------------------------------------------------------------

HEAD = """heartline: 1
id: bet
version: 1.0.0
title: A bet
cast: {you: {name: You}, other: {name: Other, played_by: engine}}
"""


@pytest.fixture
def bet(tmp_path: Path) -> str:
    path = tmp_path / "bet.yaml"
    path.write_text(HEAD + BET)
    return str(path)


def test_the_command_tells_it_in_words(bet: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["odds", bet, "--best", "won"]) == 0
    told = capsys.readouterr().out
    assert "How it ends   chance  turns  days  worst     best\n" in told
    assert "The best for won: 28.57 %, with lost 71.43 %;" in told
    assert "       n >= 2  wager" in told
    assert told.endswith("No chance is off by more than 1e-15.\n")


def test_the_command_tells_it_as_data(bet: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["odds", bet, "--by", "bold", "--best", "won", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["whole"] is True
    timid, bold = data["beginnings"]
    assert (timid["inputs"], bold["inputs"]) == ({"bold": False}, {"bold": True})
    by_name = {each["outcome"]: each for each in bold["outcomes"]}
    assert by_name["won"]["best"] == 0.5
    assert timid["policies"][0]["chance"] == pytest.approx(2 / 7)
    assert timid["policies"][0]["decisions"][0]["do"] == "toss"


def test_inputs_begin_as_simulate_begins_them(bet: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for options in ([], ["--set", "bold=false"], ["--set", "bold=yes"], ["--by", "bold"]):
        assert run(["odds", bet, "--format", "json", *options]) == 0
        told.append(json.loads(capsys.readouterr().out)["beginnings"])
    default, given_, other, both = [[each["outcomes"] for each in rows] for rows in told]
    assert default == given_ == both[:1]
    assert other == both[1:] != default


def test_a_policy_file_is_played(
    bet: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.txt"
    policy.write_text("# only ever this\nhall: go\n")
    assert run(["odds", bet, "--policy", str(policy)]) == 0
    assert "gone          100 %" in capsys.readouterr().out
    policy.write_text("hall: fly\n")
    assert run(["odds", bet, "--policy", str(policy)]) == 2
    assert "policy.txt:1: Nothing that could be weighed is called 'fly'" in capsys.readouterr().err


def test_a_limit_leaves_a_part_that_is_told(bet: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["odds", "breaking_bad_news", "--max-configurations", "2000"]) == 1
    told = capsys.readouterr().out
    assert UNSEEN in told
    assert "best" not in told.splitlines()[0]
    assert "Stopped by the limit of configurations." in told


def test_plays_that_do_not_end_are_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pit.yaml"
    pit = "pit: {choices: {dig: {to: pit}, up: {when: visited(out), to: out}}}"
    path.write_text(f"{HEAD}states:\n  {pit}\n  out: {{type: final, outcome: out}}\n")
    assert run(["odds", str(path)]) == 1
    told = capsys.readouterr().out
    assert "(never ends)   100 %" in told
    assert "Some plays never end" in told
    assert "endless" in told


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--best", "x"], "bet has no outcome 'x'; it has won, lost, gone."),
        (["--best", "wonn"], "did you mean 'won'"),
        (["--set", "bold"], "--set takes NAME=VALUE"),
        (["--set", "bold=7"], "bold is true or false"),
        (["--by", "bald"], "did you mean 'bold'"),
        (["--weight", "look=x"], "--weight look takes a number from 0 to 1000000"),
        (["--weight", "lok=1"], "did you mean 'look'"),
        (["--as", "nobody"], "There is no role 'nobody'"),
        (["--max-memory", "much"], "is not a size"),
    ],
)
def test_what_does_not_fit_is_refused(
    bet: str, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["odds", bet, *options]) == 2
    assert sentence in capsys.readouterr().err


def test_without_numpy_it_says_how_to_get_it(
    bet: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("heartline.cli.proving.find_spec", lambda _: None)
    assert run(["odds", bet]) == 2
    assert "pip install 'heartline[prove]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("chance", "told"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.5, "50.00 %"), (2.4088e-05, "0.00241 %"),
     (1 - 1e-7, "100 - 1e-05 %"), (0.99994, "99.99 %")],
)  # fmt: skip
def test_a_chance_is_never_rounded_to_none_or_to_certain(chance: float, told: str) -> None:
    assert percent(chance) == told
