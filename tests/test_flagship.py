"""The flagship: what it holds by construction, and that its own tests leave nothing out.

What is said and done in it is tested where it is written: in the test files beside it, which
pytest collects as well.
"""

from __future__ import annotations

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
from heartline.testing.case import PASSED
from heartline.testing.coverage.recorder import record
from heartline.testing.coverage.results import Coverage
from heartline.testing.mutation.operators import mutants_of
from heartline.testing.mutation.session import Wanted, mutate
from heartline.testing.mutation.workshop import Workshop
from heartline.testing.suite.session import FileOutcome, Options, run_files

FOLDER = Path(__file__).parent.parent / "scenarios" / "reconciliation"
BAD = {
    "attack", "beg", "blackmail", "breach", "deceive", "defend", "guilt", "miss", "press",
    "recruit", "slide", "spoil", "stalking", "stonewall", "surveillance", "tier_a", "tier_b",
    "ultimatum", "violence",
}  # fmt: skip
# The seven points of the advice that the scenario grew from, and where each of them takes place.
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


@cache
def played() -> tuple[FileOutcome, ...]:
    """Its test files, run once, with what they covered."""
    return run_files([FOLDER], Options(instrument=record, stored=False)).files


def covered(*files: FileOutcome) -> Coverage:
    loaded = files[0].run.tests.scenario_loaded
    assert loaded is not None
    coverage = Coverage(flagship(), loaded)
    for file in files:
        for data in file.data:
            coverage.add(data)
    return coverage


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


# Its tests --------------------------------------------------------------------------------------


def test_its_tests_pass() -> None:
    results = [result for file in played() for result in file.results]
    assert len(results) > 500
    assert [result.id for result in results if result.status != PASSED] == []


@pytest.mark.parametrize(
    "kind", ["states", "transitions", "choices", "guards", "timers", "outcomes"]
)
def test_its_tests_leave_nothing_out(kind: str) -> None:
    coverage = covered(*played())
    assert coverage.totals()[kind].total > 0
    missing = coverage.missing(kind)
    assert [f"{point.location} {point.subject} {point.missing}" for point in missing] == []


@pytest.mark.parametrize("point", POINTS)
def test_each_of_the_seven_points_takes_place_in_the_first_of_its_test_files(point: str) -> None:
    (first,) = [file for file in played() if Path(file.run.tests.path).name == "tests.yaml"]
    entered = {each.subject for each, count in covered(first).points()
               if each.kind == "states" and count}  # fmt: skip
    assert {f"the state {state!r}" for state in POINTS[point]} <= entered


def test_each_reason_for_a_mutant_names_one() -> None:
    (first,) = [file for file in played() if Path(file.run.tests.path).name == "tests.yaml"]
    assert first.run.tests.file is not None
    mutants = {mutant.name for mutant in mutants_of(Workshop(load_file(FOLDER)).parts)}
    assert {each.mutant for each in first.run.tests.file.accepted} <= mutants


@pytest.mark.slow
def test_a_mistake_in_it_would_be_noticed_or_has_a_reason_not_to_be() -> None:
    files = tuple(Path(file.run.tests.path) for file in played())
    outcome = mutate(str(FOLDER), Wanted(files, workers=2))
    assert outcome.score >= 0.9
    assert [mutant.name for mutant, _ in outcome.survivors] == []


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
