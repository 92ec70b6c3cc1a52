"""The flagship: what it holds by construction, and the plays that reach each of its ends.

A play is a file of lines as they are typed (`heartline play --script` takes the same); its first
comments say what it shows, its seed and inputs, how it ends and what then holds.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import heartline
from heartline import ManualClock
from heartline.checking.lint import lint
from heartline.compiler import compile_scenario
from heartline.loader import load_file
from heartline.scenario import Choice, ScenarioFile, State

FOLDER = Path(__file__).parent.parent / "scenarios" / "reconciliation"
PLAYS = sorted((Path(__file__).parent / "plays" / "reconciliation").glob("*.txt"))
ENDS = {"reconciled", "let_go", "friends", "stopped"}
BAD = {
    "attack", "beg", "blackmail", "breach", "deceive", "defend", "guilt", "miss", "press",
    "recruit", "slide", "spoil", "stalking", "stonewall", "surveillance", "tier_a", "tier_b",
    "ultimatum", "violence",
}  # fmt: skip
# The seven points of the advice that the scenario grew from, and where each of them is played.
POINTS = {
    "a heart-to-heart": {"partner_speaks", "hard_part"},
    "an apology, meant, without begging": {"apologising.saying", "name_the_slip"},
    "space, with a length and an end": {"space_terms", "apart", "review"},
    "counselling, and attending it": {"discernment", "therapy"},
    "no threats, and why": {"threatened", "boundary_line"},
    "old times and old friends": {"photographs", "friday_table"},
    "patience, and knowing when to stop": {"promise_done", "quarter", "final_word", "farewell"},
}


@cache
def flagship() -> heartline.Scenario:
    return heartline.load(FOLDER)


@cache
def files() -> dict[str, ScenarioFile]:
    loaded = {path.name: load_file(path).file for path in FOLDER.glob("*.yaml")
              if path.name != "support.yaml"}  # fmt: skip
    return {name: file for name, file in loaded.items() if file is not None}


def head(play: Path) -> dict[str, str]:
    comments = [line[2:] for line in play.read_text("utf-8").splitlines() if line[:2] == "# "]
    return dict(each.split(": ", 1) for each in comments[1:])


class Played:
    """One play, and what was met on the way."""

    def __init__(self, play: Path, through_json: bool = False) -> None:
        self.head = head(play)
        inputs: dict[str, Any] = {}
        if "set" in self.head:
            inputs = dict([self.head["set"].split("=")])
        clock = ManualClock()
        conversation = flagship().start(seed=int(self.head["seed"]), clock=clock, **inputs)
        self.states: set[str] = set()
        self.choices: set[str] = set()
        self.lines: list[str] = []
        self.look(conversation)
        for line in play.read_text("utf-8").splitlines():
            if line.startswith("#"):
                continue
            if line.startswith(":wait"):
                conversation.wait(line[6:] or None)
            else:
                conversation.choose(conversation.turn.find(line).id)
            self.look(conversation)
            if through_json:
                stored = json.loads(json.dumps(conversation.snapshot()))
                conversation = flagship().resume(stored, clock=clock)
        self.turn = conversation.turn
        frame, layout = conversation.position.frame, flagship().machine.layout
        self.value = {symbol[1]: frame[slot] for symbol, slot in layout.items()
                      if symbol[0] == "var"}  # fmt: skip

    def look(self, conversation: heartline.Conversation) -> None:
        turn = conversation.turn
        self.states |= set(turn.path)
        self.lines += [line.text for line in turn.lines]
        for way in conversation.ways:
            leaf = flagship().machine.leaves[way.source]
            self.states |= set(leaf.path)
            if way.edge.kind == "choice":
                self.choices.add(way.edge.trigger)


@cache
def played(play: Path) -> Played:
    return Played(play)


def name(play: Path) -> str:
    return play.stem


# Its size ---------------------------------------------------------------------------------------


def test_it_has_at_least_forty_leaf_states_and_a_hundred_and_twenty_choices() -> None:
    machine = flagship().machine
    open_leaves = [leaf for leaf in machine.leaves.values() if not leaf.final]
    declared = {(choice.declared_in, choice.id) for leaf in open_leaves for choice in leaf.choices}
    assert len(open_leaves) >= 40
    assert len(declared) >= 120
    assert len({choice for _, choice in declared}) >= 120


def test_it_has_no_findings() -> None:
    compiled = compile_scenario(load_file(FOLDER))
    assert compiled.diagnostics == ()
    assert lint(compiled) == ()


def test_its_files_stay_within_a_hundred_columns() -> None:
    long = [
        f"{path.name}:{number}"
        for path in FOLDER.glob("*.yaml")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) >= 100 and "http" not in line
    ]
    assert long == []


# Its plays --------------------------------------------------------------------------------------


@pytest.mark.parametrize("play", PLAYS, ids=name)
def test_a_play_ends_as_it_says(play: Path) -> None:
    then = played(play)
    assert then.turn.outcome == then.head["ends"]
    for variable, value in then.head.items():
        if variable in then.value and variable not in ("seed", "set"):
            assert str(then.value[variable]).lower() == value, variable


@pytest.mark.parametrize("play", PLAYS, ids=name)
def test_a_play_is_the_same_through_its_snapshots(play: Path) -> None:
    assert Played(play, through_json=True).lines == played(play).lines


def test_each_end_is_reached_by_a_play() -> None:
    assert {played(play).turn.outcome for play in PLAYS} == ENDS
    finals = {leaf.outcome for leaf in flagship().machine.leaves.values() if leaf.outcome} & ENDS
    assert finals == ENDS


@pytest.mark.parametrize("point", POINTS)
def test_each_of_the_seven_points_is_played(point: str) -> None:
    states = set().union(*(played(play).states for play in PLAYS))
    assert POINTS[point] <= states


def test_a_good_goodbye_scores_as_high_as_coming_back_together() -> None:
    scores = {played(play).turn.outcome: played(play).value["score"] for play in PLAYS
              if play.stem in ("good_reconciliation", "good_letting_go")}  # fmt: skip
    assert scores == {"reconciled": 5, "let_go": 5}


def test_a_threat_that_works_does_not_count() -> None:
    then = next(played(play) for play in PLAYS if play.stem == "boundary_after_a_threat")
    assert then.value["complied"] is True
    assert then.turn.outcome != "reconciled"
    assert any("nothing in this story will count it" in line for line in then.lines)


def test_danger_is_never_scored() -> None:
    for play in PLAYS:
        if played(play).value["suspended"]:
            assert played(play).value["score"] == 0
            assert not any("Looking back" in line for line in played(play).lines)


# What it holds by construction -------------------------------------------------------------------


def test_letting_go_and_stopping_are_one_unguarded_step_from_every_state() -> None:
    machine = flagship().machine
    for leaf in machine.leaves.values():
        if leaf.final:
            continue
        for choice, outcome in (("let_go", "let_go"), ("stop", "stopped")):
            specs = [spec for spec in leaf.choices if spec.id == choice]
            assert len(specs) == 1, (leaf.name, choice)
            assert specs[0].guards == (None,), (leaf.name, choice)
            ways = machine.ways(leaf.name, specs[0].event)
            ends = {machine.leaves[way.dest or leaf.name].outcome for way in ways}
            assert ends == {outcome}, (leaf.name, choice)


def test_the_care_page_is_one_unguarded_step_from_every_state_of_the_story() -> None:
    machine = flagship().machine
    for leaf in machine.leaves.values():
        if "story" in leaf.path:
            (care,) = (spec for spec in leaf.choices if spec.id == "care")
            assert None in care.guards
            pages = {way.dest for way in machine.ways(leaf.name, care.event)}
            assert pages == {"care_page", "care_again"}
            for event in ("danger", "self_harm"):
                assert machine.ways(leaf.name, f"event {event}"), leaf.name


def test_while_flooded_there_is_only_pausing_listening_care_and_an_end() -> None:
    for choice in flagship().machine.leaves["flooded_out"].choices:
        assert set(choice.tags) & {"pause", "listen", "care", "exit"}, choice.id


def test_the_boundary_leaves_only_accepting_help_letting_go_and_stopping() -> None:
    for leaf in flagship().machine.leaves.values():
        if "boundary" in leaf.path:
            for choice in leaf.choices:
                assert set(choice.tags) & {"accept", "help", "care", "exit"}, choice.id


def authored(states: dict[str, State]) -> list[tuple[str, Choice]]:
    found: list[tuple[str, Choice]] = []
    for state in states.values():
        found += list(state.choices.items()) + authored(state.states)
    return found


def test_no_bad_act_lowers_leave_or_raises_what_is_good() -> None:
    for file in files().values():
        for choice, what in [*authored(file.states), *file.choices.items()]:
            if not BAD & set(what.tags):
                continue
            actions = [*what.do, *(a for branch in what.branches or () for a in branch.do)]
            for action in actions:
                assert not re.match(r"leave (-=|=)", action), (choice, action)
                assert not re.match(r"(stay|trust|kept|heard|score) \+=", action), (choice, action)
                assert not re.match(r"(trust|kept|score) =", action), (choice, action)


def test_only_deeds_raise_trust_and_never_past_its_lid() -> None:
    raising = {
        (edge.kind, edge.trigger)
        for edge in flagship().machine.edges
        for action in edge.do
        if re.match(r"trust (\+=|=)", action) and edge.source != "dealt"  # where it begins
    }
    assert raising == {
        ("after", "promise_due"), ("after", "break"), ("choice", "keep_month"),
        ("choice", "keep_quarter"), ("choice", "plan_bad_sundays"),
        ("choice", "t_offer_chance"), ("choice", "t_thank_and_wait"),
    }  # fmt: skip
    for edge in flagship().machine.edges:
        for action in edge.do:
            if re.match(r"trust (\+=|=)", action) and edge.source != "dealt":
                assert action == "trust = min(trust + 1, trust_cap)"
            assert not re.match(r"trust_cap (\+=|=(?! 4$))", action)


def test_one_play_is_never_endless_and_good_conduct_guarantees_nothing() -> None:
    for game in range(60):
        random_ = random.Random(game)
        profile = ("ambivalent", "decided", "unsafe")[game % 3]
        conversation = flagship().start(
            seed=game, clock=ManualClock(), undo_depth=0, profile=profile, at_fault=game % 2 == 0
        )
        for _ in range(200):
            turn = conversation.turn
            if conversation.over:
                break
            ways_on = [choice.id for choice in turn.choices
                       if choice.enabled and not {"exit", "care"} & set(choice.tags)]  # fmt: skip
            if turn.deadlines and (not ways_on or random_.random() < 0.3):
                conversation.wait()
            else:
                assert ways_on, turn.state
                conversation.choose(random_.choice(ways_on))
        assert conversation.over
        assert profile == "ambivalent" or conversation.turn.outcome != "reconciled"


# Its words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pronouns", "wrong"),
    [
        ("they", r"\b[Tt]hey (is|has|was|says|finds|misses)\b"),
        ("she", r"\b([Ss]he) (are|have|were|say|find|miss)\b|\btheir\b shoes"),
        ("he", r"\b([Hh]e) (are|have|were|say|find|miss)\b|\btheir\b shoes"),
    ],
)
def test_verbs_agree_with_the_partners_pronouns(pronouns: str, wrong: str) -> None:
    for game in range(12):
        random_ = random.Random(game)
        conversation = flagship().start(
            seed=game, clock=ManualClock(), partner_name="Kim", pronouns=pronouns
        )
        said: list[str] = []
        while not conversation.over:
            turn = conversation.turn
            said += [line.text for line in turn.lines if line.speaker == "narrator"]
            choices = [choice for choice in turn.choices if choice.enabled]
            if turn.deadlines and random_.random() < 0.5:
                conversation.wait()
            else:
                conversation.choose(random_.choice(choices).id)
        said += [line.text for line in conversation.turn.lines if line.speaker == "narrator"]
        for text in said:
            assert not re.search(wrong, text), text
            assert "{" not in text


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts(each)]
    return []


def test_no_scenario_text_holds_a_telephone_number() -> None:
    for filename, file in files().items():
        for text in texts(file.model_dump()):
            assert not re.search(r"\d[\d ()/-]{3,}\d|\b(911|999|112|988|000|111)\b", text), (
                filename, text,
            )  # fmt: skip


def test_every_support_entry_says_where_it_is_from_and_when_it_was_checked() -> None:
    from heartline.support import read_support

    data, faults = read_support((FOLDER / "support.yaml").read_bytes(), "support.yaml")
    assert faults == ()
    assert data is not None
    for country, languages in data.countries.items():
        for entries in languages.values():
            for entry in entries:
                assert entry.source.startswith("http"), (country, entry.name)
                assert entry.checked.year >= 2026, (country, entry.name)
    country_variable = files()["scenario.yaml"].context["country"]
    assert set(getattr(country_variable, "values", ())) == {"any", *data.countries}


def test_an_unknown_country_gets_the_general_text_and_nobodys_number() -> None:
    turn = flagship().start(clock=ManualClock()).turn
    assert turn.support
    assert not re.search(r"\d{3}", turn.support)
    british = flagship().start(clock=ManualClock(), country="gb").turn
    assert british.support
    assert "999" in british.support
