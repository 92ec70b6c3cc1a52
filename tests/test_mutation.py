"""Would the tests notice? Small scenarios of which one can say by hand what tests cannot see."""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from heartline import ManualClock
from heartline.cli.group import heartline
from heartline.errors import HeartlineError
from heartline.expressions import write
from heartline.loader import load_file, load_text
from heartline.testing.case import PASSED
from heartline.testing.files.loading import load_tests
from heartline.testing.mutation.cache import Known
from heartline.testing.mutation.judging import Court, TestsFail
from heartline.testing.mutation.mutant import (
    EQUIVALENT,
    INVALID,
    KILLED,
    OPERATORS,
    SURVIVED,
    Mutant,
    Verdict,
)
from heartline.testing.mutation.operators import mutants_of
from heartline.testing.mutation.reach import lines_of
from heartline.testing.mutation.session import NotUsable, Outcome, Wanted, mutate
from heartline.testing.mutation.telling import hint
from heartline.testing.mutation.trees import write_action
from heartline.testing.mutation.workshop import Workshop
from heartline.testing.runs.planning import plan_case
from heartline.testing.runs.running import run_plan

if TYPE_CHECKING:
    from heartline.loader import Loaded
    from heartline.machine import Machine
    from heartline.plan import Lines

ROOT = Path(__file__).parents[1]

TEA = dedent(
    """\
    heartline: 1
    id: tea
    version: 1.0.0
    title: A cup of tea
    cast:
      you: {name: You}
      ann: {name: Ann, played_by: engine}
    context:
      sugar: {type: int, min: 0, max: 3, initial: 0}
      rude: {type: bool, initial: false}
    timers:
      brew: 3m
    initial: kitchen
    states:
      kitchen:
        entry: {do: start(brew), say: [{ann: "Tea?"}]}
        choices:
          sweeten: {say: One more., when: sugar < 2, do: sugar += 1}
          grumble: {say: Hm., when: not rude, if_closed: hide, do: rude = true}
          drink:
            say:
              - Thank you.
              - {ann: "Sweet enough?", when: sugar >= 2}
            when: sugar >= 1
            to: table
        after: {brew: table}
      table:
        always: {when: rude and sugar > 3, to: kitchen}
        choices:
          leave: {say: Bye., branches: [{when: sugar >= 2, to: merry}, {to: plain}]}
      merry: {type: final, outcome: merry}
      plain: {type: final, outcome: plain}
    """
)

TESTS = dedent(
    """\
    heartline_tests: 1
    tests:
      sweet_tea_ends_merrily:
        expect: {lines: [{ann: "Tea?"}], only_offered: [sweeten, grumble], timers: {brew: 3m}}
        steps:
          - {choose: sweeten, expect: {context: {sugar: 1}, offered: drink}}
          - choose: sweeten
            expect: {context: {sugar: 2}, closed: {sweeten: {contains: less than 2}}}
          - choose: drink
            expect: {state: table, lines: [{you: Thank you.}, {ann: "Sweet enough?"}]}
          - {choose: leave, expect: {outcome: merry}}
      nobody_waits_for_ever:
        steps:
          - {wait: 3m, expect: {state: table}}
          - {choose: leave, expect: {outcome: plain}}
    """
)

# A scenario with something of everything that a mistake can be made in.
INN = dedent(
    """\
    heartline: 1
    id: inn
    version: 1.0.0
    title: An evening at the inn
    cast:
      you: {name: You}
      host: {name: Berta, played_by: engine}
    context:
      coins: {type: int, min: 0, max: 9, initial: 5}
      mood: {type: enum, values: [calm, cross, glad], initial: calm, input: true}
      stay: {type: duration, values: [1d, 2d, 7d], initial: 1d}
    timers:
      night: {length: stay}
      fire: 2h30m
    guards:
      can_pay: {when: coins >= 3 and mood != "cross", why: Berta wants three coins.}
    initial: evening
    choices:
      go: {say: Good night., to: away}
    events:
      bell: {when: running(fire), do: [mood = "cross", coins -= 1], to: hall}
    states:
      evening:
        initial: hall
        entry: {do: [start(fire), start(night)]}
        exit: {do: stop(fire), say: {host: "Mind the step."}}
        after: {fire: {when: not expired(night), do: mood = "cross"}}
        states:
          hall:
            tags: warm
            entry:
              say:
                - {host: "Come in.", visit: first}
                - {host: "You again.", visit: later}
                - {narrator: "It is warm.", when: mood == "glad" or tag(warm)}
            choices:
              ask_room:
                {say: A room?, when: can_pay, do: [coins -= 3, "coins = min(coins, 4)"], to: room}
              sing: {say: La la., once: true, do: mood = "glad"}
              smile:
                by: host
                weight: 2 if mood == "glad" else 0
                say: Ha!
                do: coins += 1
                to: room
              frown: {by: host, when: mood == "cross" and not visited(room), say: Hm., to: room}
          room:
            always: {when: count(hall) >= 3, to: away}
            after: {8h: hall, night: [{when: coins == 0, to: away}, {to: hall}]}
            choices:
              back: {to: before}
          before: {type: history}
      away: {type: final, outcome: gone}
    """
)


@cache
def loaded(text: str) -> Loaded:
    return load_text(text)


@cache
def bundled(name: str) -> Loaded:
    return load_file(ROOT / "scenarios" / name)


def written(folder: Path, scenario: str = TEA, tests: str = TESTS) -> Path:
    (folder / "scenario.yaml").write_text(scenario, encoding="utf-8")
    (folder / "tests.yaml").write_text(tests, encoding="utf-8")
    return folder


def judged(folder: Path, **wanted: Any) -> Outcome:
    return mutate(str(folder), Wanted(**{"tests": (), **wanted}))


def names(found: list[tuple[Mutant, Verdict]]) -> set[str]:
    return {mutant.name for mutant, _ in found}


def court(folder: Path) -> Court:
    tests = load_tests(folder / "tests.yaml")
    assert tests.scenario_loaded is not None
    return Court(tests.scenario_loaded, tests.cases)


# What is made -------------------------------------------------------------------------------------


def test_each_kind_of_mistake_is_made_somewhere() -> None:
    made = {each.operator for each in mutants_of(Workshop(loaded(INN)).parts)}
    made |= {each.operator for each in mutants_of(Workshop(bundled("reconciliation")).parts)}
    assert made == set(OPERATORS)


def test_the_page_names_each_kind_of_mistake_as_the_program_does() -> None:
    page = (ROOT / "docs" / "mutation.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page, re.MULTILINE))
    assert rows == OPERATORS


def test_a_condition_is_turned_weakened_and_shifted() -> None:
    changes = {
        (each.operator, each.before, each.after)
        for each in mutants_of(Workshop(loaded(INN)).parts)
        if each.edits[0].path == ("guards", "can_pay", "when")
    }
    whole = 'coins >= 3 and mood != "cross"'
    assert changes == {
        ("negate", whole, f"not ({whole})"),
        ("and-or", whole, 'coins >= 3 or mood != "cross"'),
        ("drop-clause", "coins >= 3", "(left out)"),
        ("drop-clause", 'mood != "cross"', "(left out)"),
        ("boundary", "coins >= 3", "coins > 3"),
        ("constant", "coins >= 3", "coins >= 2"),
        ("negate", 'mood != "cross"', 'mood == "cross"'),
        ("constant", 'mood != "cross"', 'mood != "glad"'),
    }


def test_actions_are_dropped_swapped_and_shifted() -> None:
    changes = {
        (each.operator, each.before, each.after)
        for each in mutants_of(Workshop(loaded(INN)).parts)
        if each.name.startswith("hall.choices.ask_room.do")
    }
    assert changes == {
        ("drop-action", "coins -= 3", "(left out)"),
        ("constant", "coins -= 3", "coins -= 4"),
        ("plus-minus", "coins -= 3", "coins += 3"),
        ("swap-actions", "coins -= 3; coins = min(coins, 4)", "coins = min(coins, 4); coins -= 3"),
        ("drop-action", "coins = min(coins, 4)", "(left out)"),
        ("constant", "coins = min(coins, 4)", "coins = min(coins, 5)"),
        ("min-max", "coins = min(coins, 4)", "coins = max(coins, 4)"),
    }


def test_times_are_made_longer_by_the_unit_that_they_are_written_in() -> None:
    changes = {
        (each.before, each.after)
        for each in mutants_of(Workshop(loaded(INN)).parts)
        if each.operator == "delay"
    }
    assert changes == {("stay", "stay + 1d"), ("2h30m", "2h31m"), ("8h", "9h")}


def test_a_name_says_place_and_change_and_is_the_same_after_lines_were_added() -> None:
    before = [each.name for each in mutants_of(Workshop(loaded(TEA)).parts)]
    assert "kitchen.choices.drink.when: sugar >= 1 -> sugar > 1" in before
    assert "kitchen.choices.drink.say 'Sweet enough?': ann -> you" in before
    moved = TEA.replace("states:\n", "\n\n# a note\nstates:\n")
    assert [each.name for each in mutants_of(Workshop(loaded(moved)).parts)] == before


@pytest.mark.parametrize("text", [TEA, INN])
def test_names_are_unique_and_places_lie_in_the_file(text: str) -> None:
    mutants = mutants_of(Workshop(loaded(text)).parts)
    assert len({each.name for each in mutants}) == len(mutants)
    lines = text.split("\n")
    for each in mutants:
        line = lines[each.location.line - 1]
        assert 1 <= each.location.column <= len(line)
        assert line[each.location.column - 1] != " "


def test_files_that_are_included_have_mutants_of_their_own_once() -> None:
    mutants = mutants_of(Workshop(bundled("reconciliation")).parts)
    files = {Path(each.file).name for each in mutants}
    assert files == {"scenario.yaml", "apology.yaml", "session.yaml"}
    (name,) = {each.name for each in mutants if "enough.when: " in each.name and ">= 4 ->" in
               each.name and each.operator == "boundary"} or {""}  # fmt: skip
    assert name == "" or name.startswith("apology.yaml: ")


# How they are brought to life ---------------------------------------------------------------------


def told(lines: Lines | None) -> object:
    return [
        (line.number, line.speaker, line.only_to, [text.source for text in line.texts],
         line.condition and write(line.condition), line.guard is None)
        for line in lines_of(lines)
    ]  # fmt: skip


def structure(machine: Machine) -> dict[object, object]:
    """All that a machine is made of, as plain values."""
    number = {id(edge): place for place, edge in enumerate(machine.edges)}
    found: dict[object, object] = {"slots": machine.slots}
    for edge in machine.edges:
        found["edge", number[id(edge)]] = (
            edge.kind, edge.trigger, edge.target, edge.condition and write(edge.condition),
            [write_action(each) for each in edge.actions], edge.counts, edge.handles,
            told(edge.opening), told(edge.closing), edge.when, edge.do,
        )  # fmt: skip
    for leaf in machine.leaves.values():
        found["leaf", leaf.name] = leaf.handles, leaf.eventless, [
            (spec.id, spec.label.source, told(spec.say), spec.hide, spec.once, write(spec.needs),
             [each and write(each) for each in spec.branches], spec.reads, spec.timely,
             spec.weight_tree and write(spec.weight_tree), [guard is None for guard in spec.guards])
            for spec in leaf.choices
        ]  # fmt: skip
        for event in machine.events:
            found["ways", leaf.name, event] = [
                (number[id(way.edge)], way.dest, way.history, way.guard is None,
                 [(act is None, told(lines)) for act, lines in (*way.leaving, *way.entering)])
                for way in machine.ways(leaf.name, event)
            ]  # fmt: skip
    for wiring in machine.wirings:
        found["blocks", number[id(wiring.edge)], wiring.source] = [
            ([write_action(each) for each in block.actions], told(block.lines))
            for block in (*wiring.exits, *wiring.entries)
        ]
    return found


def walk(machine: Machine, workshop: Workshop, seed: int) -> list[object]:
    """What a random play meets."""
    from heartline import Scenario

    chance, met = random.Random(seed), list[object]()
    assert workshop.loaded.file is not None
    try:
        play = Scenario(workshop.loaded.file, machine).start(seed=seed, clock=ManualClock())
        for _ in range(25):
            turn = play.turn
            met.append((turn, play.position.frame))
            ids = [each.id for each in turn.choices if each.enabled]
            if play.over:
                break
            if ids and chance.random() < 0.7:
                play.choose(chance.choice(ids))
            else:
                play.wait(None if turn.deadlines else "1h")
    except HeartlineError as error:
        met.append(str(error))
    return met


def same_either_way(workshop: Workshop, mutants: list[Mutant], walks: int) -> int:
    """Hold what is changed in place against what is compiled; gives how many were changed so."""
    whole = structure(workshop.machine)
    changed = 0
    for mutant in mutants:
        with workshop.alive(mutant) as living:
            if living.parts is None or living.scenario is None:
                continue
            machine = living.scenario.machine
            in_place = structure(machine)
            plays = [walk(machine, workshop, seed) for seed in range(walks)]
        assert structure(workshop.machine) == whole, f"{mutant.name} was not put right again"
        with workshop.alive(mutant, anew=True) as living:
            assert living.scenario is not None, mutant.name
            machine = living.scenario.machine
            compiled = structure(machine)
            # Wirings are read when a machine is built; what is in place has its ways anew.
            for key in compiled:
                if isinstance(key, tuple) and key[0] == "blocks" and mutant.operator == "retarget":
                    in_place[key] = compiled[key]
            assert in_place == compiled, mutant.name
            assert compiled != whole, f"{mutant.name} changes nothing"
            assert plays == [walk(machine, workshop, seed) for seed in range(walks)], mutant.name
        changed += 1
    return changed


@pytest.mark.parametrize("text", [TEA, INN])
def test_changed_in_place_and_compiled_anew_are_the_same(text: str) -> None:
    workshop = Workshop(loaded(text))
    mutants = list(mutants_of(workshop.parts))
    assert same_either_way(workshop, mutants, 6) > len(mutants) * 0.6


def test_they_are_the_same_in_a_sample_of_each_bundled_scenario() -> None:
    for name, size in (("breaking_bad_news", 20), ("reconciliation", 3)):
        workshop = Workshop(bundled(name))
        sample = random.Random(4).sample(mutants_of(workshop.parts), size)
        assert same_either_way(workshop, sample, 1) > size * 0.6


@pytest.mark.slow
def test_they_are_the_same_in_a_wide_sample_of_each_bundled_scenario() -> None:
    for name, size in (("breaking_bad_news", 150), ("reconciliation", 40)):
        workshop = Workshop(bundled(name))
        sample = random.Random(5).sample(mutants_of(workshop.parts), size)
        assert same_either_way(workshop, sample, 1) > size * 0.6


# What the tests notice ----------------------------------------------------------------------------


def test_what_survives_is_what_one_can_tell_by_hand(tmp_path: Path) -> None:
    outcome = judged(written(tmp_path))
    assert names(outcome.those(SURVIVED)) == {
        # Nobody looks at what is said on sweetening and on leaving, and nobody grumbles.
        "kitchen.choices.sweeten.say 'One more.': you -> ann",
        "table.choices.leave.say 'Bye.': you -> ann",
        "kitchen.choices.grumble.say 'Hm.': you -> ann",
        "kitchen.choices.grumble.do: rude = true -> (left out)",
        "kitchen.choices.grumble.do: rude = true -> rude = false",
        # Both tests drink with two spoons or none, and nobody is rude.
        "kitchen.choices.drink.say 'Sweet enough?': sugar >= 2 -> (left out)",
        "table.choices.leave.branches[0].when: sugar >= 2 -> sugar >= 1",
        "table.always[0].when: rude and sugar > 3 -> rude or sugar > 3",
        "table.always[0].when: sugar > 3 -> (left out)",
    }
    assert names(outcome.those(EQUIVALENT)) == {
        "table.always[0]: kitchen -> (never taken)",  # sugar is 3 at most, so nobody goes there
        "table.always[0].when: rude -> (left out)",
        "table.always[0].when: sugar > 3 -> sugar > 4",
        "table.always[0].when: sugar > 3 -> sugar >= 3",  # it is 2 at most, in all plays
        "table.always[0].to: kitchen -> table",
    }
    assert outcome.those(INVALID) == []
    killed = len(outcome.those(KILLED))
    assert killed + 9 + 5 == outcome.made == len(outcome.judged)
    assert outcome.score == killed / (killed + 9)


def test_a_survivor_says_which_tests_reach_it_and_where_it_makes_a_difference(
    tmp_path: Path,
) -> None:
    found = {mutant.name: verdict for mutant, verdict in judged(written(tmp_path)).judged}

    def tests(ids: tuple[str, ...]) -> list[str]:
        return [each.partition("::")[2] for each in ids]

    unheard = found["kitchen.choices.sweeten.say 'One more.': you -> ann"]
    assert tests(unheard.reached) == tests(unheard.differs) == ["sweet_tea_ends_merrily"]
    undecided = found["table.choices.leave.branches[0].when: sugar >= 2 -> sugar >= 1"]
    assert tests(undecided.reached) == ["sweet_tea_ends_merrily", "nobody_waits_for_ever"]
    assert undecided.differs == ()
    unplayed = found["kitchen.choices.grumble.do: rude = true -> rude = false"]
    assert unplayed.reached == ()


def test_one_more_test_notices_what_it_is_about(tmp_path: Path) -> None:
    more = TESTS + (
        "  one_spoon_is_plain:\n"
        "    steps:\n"
        "      - choose: sweeten\n"
        "      - {choose: drink, expect: {not_said: [{ann: 'Sweet enough?'}]}}\n"
        "      - {choose: leave, expect: {outcome: plain}}\n"
    )
    killed = {mutant.name: verdict.how for mutant, verdict in
              judged(written(tmp_path, TEA, more)).those(KILLED)}  # fmt: skip
    for name in (
        "kitchen.choices.drink.say 'Sweet enough?': sugar >= 2 -> (left out)",
        "table.choices.leave.branches[0].when: sugar >= 2 -> sugar >= 1",
    ):
        assert killed[name].endswith("::one_spoon_is_plain")


@pytest.mark.parametrize("text", [TEA, INN])
def test_no_test_is_left_out_that_would_have_noticed(text: str, tmp_path: Path) -> None:
    tests = TESTS if text is TEA else INN_TESTS
    here = court(written(tmp_path, text, tests))
    everyone = (1 << len(here.cases)) - 1
    for mutant in here.mutants:
        with here.workshop.alive(mutant) as living:
            if living.scenario is None:
                continue
            found = here.original.difference(living)
            reached, differs = here.original.concerned(living, found, here.watch, everyone)
            assert differs & ~reached == 0, mutant.name
            for number, case in enumerate(here.cases):
                if not differs >> number & 1:
                    plan = plan_case(living.scenario, case)
                    result = run_plan(plan, stored=False, told=False)
                    assert result.status == PASSED, (mutant.name, case.id)


INN_TESTS = dedent(
    """\
    heartline_tests: 1
    tests:
      a_guest_gets_a_room:
        seed: 3
        expect: {state: hall, said_by: [host, narrator], running: [fire, night]}
        steps:
          - {choose: ask_room, expect: {state: room, context: {coins: 2}, timers: {night: 1d}}}
          - {wait: 2h30m, expect: {context: {mood: cross}, timers: {fire: expired}}}
          - {choose: back, expect: {state: hall, lines: [{host: You again.}]}}
          - {choose: go, expect: {outcome: gone, said_by: [you, host]}}
      a_song_pleases_the_host:
        steps:
          - {choose: sing, draw: smile, expect: {state: room, context: {coins: 6, mood: glad}}}
          - {wait: 8h, expect: {state: hall, context: {mood: cross}}}
          - {choose: go, expect: {over: true}}
      the_bell_makes_her_cross:
        steps:
          - {send: bell, draw: frown, expect: {state: room, context: {mood: cross, coins: 4}}}
          - {choose: back, expect: {state: hall, closed: {ask_room: Berta wants three coins.}}}
          - {choose: ask_room, expect: {error: closed}}
          - {undo: 2, expect: {context: {mood: calm}}}
      a_cross_host_frowns:
        inputs: {mood: cross}
        draw: frown
        expect: {state: room}
        steps:
          - {wait: 1d, expect: {state: hall}}
    """
)


def test_a_mutant_that_loops_is_noticed(tmp_path: Path) -> None:
    text = TEA.replace("{when: rude and sugar > 3, to: kitchen}", "{when: sugar > 3, to: table}")
    outcome = judged(written(tmp_path, text))
    verdict = {mutant.name: verdict for mutant, verdict in outcome.judged}
    assert verdict["table.always[0].when: sugar > 3 -> not sugar > 3"].status == KILLED


def test_promises_are_held_beside_the_tests(tmp_path: Path) -> None:
    promised = TEA + "properties:\n  rude_is_remembered: {after: chosen(grumble), always: rude}\n"
    more = TESTS + (
        "  grumbling:\n    steps:\n      - {choose: grumble, expect: {state: kitchen}}\n"
    )
    name = "kitchen.choices.grumble.do: rude = true -> rude = false"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert name in names(judged(written(tmp_path / "a", TEA, more), only=("constant",))
                         .those(SURVIVED))  # fmt: skip
    assert name in names(judged(written(tmp_path / "b", promised, more), only=("constant",))
                         .those(KILLED))  # fmt: skip


def test_a_guard_that_only_a_promise_uses_is_judged_by_the_promise(tmp_path: Path) -> None:
    text = TEA.replace("initial: kitchen", "guards:\n  sweet: sugar <= 3\ninitial: kitchen")
    text += "properties:\n  never_too_sweet: {always: sweet}\n"
    outcome = judged(written(tmp_path, text))
    found = {m.name: v.status for m, v in outcome.judged if m.name.startswith("guards.sweet")}
    assert found == {
        "guards.sweet.when: sugar <= 3 -> not sugar <= 3": KILLED,
        "guards.sweet.when: sugar <= 3 -> sugar < 3": SURVIVED,
        "guards.sweet.when: sugar <= 3 -> sugar <= 4": SURVIVED,
    }


# Equivalence --------------------------------------------------------------------------------------

SHOP = dedent(
    """\
    heartline: 1
    id: shop
    version: 1.0.0
    title: A shop
    cast: {you: {name: You}}
    context:
      coins: {type: int, min: 0, max: 3, initial: 3}
      bread: {type: bool, initial: false}
    initial: counter
    states:
      counter:
        choices:
          buy:
            label: Buy bread.
            when: coins > 0 and not bread
            say: {you: "Bread, please.", when: coins >= 1}
            do: [bread = true, "coins = max(coins - 1, 0)"]
          pay:
            when: coins > 0
            branches: [{when: coins <= 1, to: street}, {to: street}]
          leave: {to: street}
      street: {type: final, outcome: out}
    """
)
SHOP_TESTS = (
    "heartline_tests: 1\ntests:\n  it_ends: {steps: [{choose: leave, expect: {outcome: out}}]}\n"
)


def test_what_gives_the_same_for_all_values_counts_for_nothing(tmp_path: Path) -> None:
    outcome = judged(written(tmp_path, SHOP, SHOP_TESTS))
    found = {mutant.name: verdict.how for mutant, verdict in outcome.those(EQUIVALENT)}
    # Who buys has a coin, so the condition of the line holds in any case.
    assert found["counter.choices.buy.say 'Bread, please.': coins >= 1 -> (left out)"] == (
        "all values of what it reads"
    )
    assert "counter.choices.buy.do: bread = true -> (left out)" not in found
    # Both branches lead to the same end.
    assert found["counter.choices.pay.branches[0].when: coins <= 1 -> coins < 1"].startswith(
        "all plays: "
    )


def test_a_reason_that_reads_otherwise_is_no_equivalence(tmp_path: Path) -> None:
    """`coins > 0` and `coins >= 1` are the same, but players read why a choice is closed."""
    text = SHOP.replace("pay:\n            when: coins > 0", "pay:\n            when: coins >= 1")
    outcome = judged(written(tmp_path, text, SHOP_TESTS))
    assert "counter.choices.pay.when: coins >= 1 -> coins > 1" not in names(
        outcome.those(EQUIVALENT)
    )


def test_no_mutant_that_a_test_notices_is_ever_shown_to_be_equivalent(tmp_path: Path) -> None:
    for text, tests in ((TEA, TESTS), (INN, INN_TESTS)):
        here = court(written(tmp_path, text, tests))
        for mutant in here.mutants:
            if here.judge(mutant, prove=False).status == KILLED:
                with here.workshop.alive(mutant) as living:
                    found = here.original.difference(living)
                    assert here.proofs.shown(living, found) is None, mutant.name


# The whole run ------------------------------------------------------------------------------------


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert judged(folder, workers=2).judged == judged(folder, workers=1).judged


def test_a_sample_is_the_same_for_a_seed_and_holds_each_kind_in_proportion(tmp_path: Path) -> None:
    folder = written(tmp_path, INN, INN_TESTS)
    one, again = (judged(folder, limit=40, seed=2) for _ in range(2))
    assert [each for each, _ in one.judged] == [each for each, _ in again.judged]
    other = judged(folder, limit=40, seed=3)
    assert [each for each, _ in one.judged] != [each for each, _ in other.judged]
    assert len(one.judged) == 40
    whole = judged(folder)
    for operator in ("constant", "retarget", "negate"):
        share = sum(each.operator == operator for each, _ in whole.judged) / len(whole.judged)
        drawn = sum(each.operator == operator for each, _ in one.judged) / 40
        assert abs(share - drawn) < 0.08, operator


def test_what_is_known_from_an_earlier_run_holds_and_only_new_tests_are_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, kept = written(tmp_path), tmp_path / "known.json"
    first = judged(folder, cache=kept)
    calls: list[str] = []
    judge = Court.judge

    def counted(self: Court, mutant: Mutant, **known: Any) -> Verdict:
        calls.append(mutant.name)
        return judge(self, mutant, **known)

    monkeypatch.setattr(Court, "judge", counted)
    again = judged(folder, cache=kept)
    assert set(calls) == names(first.those(SURVIVED))
    assert [(m.name, v.status, v.how) for m, v in again.judged] == [
        (m.name, v.status, v.how) for m, v in first.judged
    ]
    # A test that expects less: what only it noticed is judged anew, and is not noticed any more.
    calls.clear()
    less = TESTS.replace(", closed: {sweeten: {contains: less than 2}}", "")
    changed = judged(written(tmp_path, TEA, less), cache=kept)
    fresh = judged(folder)
    assert names(changed.those(KILLED)) == names(fresh.those(KILLED))
    assert len(fresh.those(KILLED)) < len(first.those(KILLED))


def test_another_scenario_or_a_damaged_file_makes_nothing_known(tmp_path: Path) -> None:
    folder, kept = written(tmp_path), tmp_path / "known.json"
    first = judged(folder, cache=kept)
    here = court(folder)
    mutant = first.those(KILLED)[0][0]
    assert Known(kept, here.workshop.parts, here.cases).verdict(mutant) is not None
    (folder / "scenario.yaml").write_text(TEA.replace("initial: 0", "initial: 1"), "utf-8")
    moved = court(written(folder, TEA.replace("max: 3", "max: 4")))
    assert Known(kept, moved.workshop.parts, moved.cases).verdict(mutant) is None
    data = json.loads(kept.read_text("utf-8"))
    for damage in ("", "[]", "{", '{"format": 1}', json.dumps({**data, "tests": 3}),
                   json.dumps({**data, "mutants": {mutant.name: 7}})):  # fmt: skip
        kept.write_text(damage, "utf-8")
        assert Known(kept, here.workshop.parts, here.cases).verdict(mutant) is None


ACCEPTED = """\
accepted:
  - {mutant: "table.choices.leave.say 'Bye.': you -> ann", because: Anybody may say it.}
  - {mutant: "kitchen.choices.drink.to: table -> merry", because: We thought so.}
  - {mutant: "a mutant of long ago", because: It was there once.}
"""


def test_accepted_survivors_stand_apart_and_do_not_raise_the_score(tmp_path: Path) -> None:
    bare, outcome = judged(written(tmp_path)), judged(written(tmp_path, TEA, TESTS + ACCEPTED))
    assert outcome.score == bare.score < outcome.score_with_accepted
    assert len(outcome.survivors) == len(bare.survivors) - 1
    assert [(each.code, each.message.partition(":")[0]) for each in outcome.warnings] == [
        ("HL907", "the tests notice this mutant"),
        ("HL907", "the scenario has no such mutant"),
    ]
    lines = (tmp_path / "tests.yaml").read_text("utf-8").split("\n")
    assert "drink.to" in lines[outcome.warnings[0].location.line - 1]


def test_tests_that_fail_cannot_judge(tmp_path: Path) -> None:
    wrong = TESTS.replace("outcome: plain", "outcome: merry")
    with pytest.raises(TestsFail, match="nobody_waits_for_ever"):
        judged(written(tmp_path, TEA, wrong))


def test_a_scenario_without_tests_or_with_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(TEA, "utf-8")
    with pytest.raises(NotUsable, match="no tests to judge its mutants by"):
        judged(tmp_path)
    with pytest.raises(NotUsable, match="There is no scenario"):
        judged(tmp_path / "nowhere")
    other = tmp_path / "other"
    other.mkdir()
    written(other)
    with pytest.raises(NotUsable, match="tests another scenario"):
        judged(tmp_path, tests=(other / "tests.yaml",))


# The command --------------------------------------------------------------------------------------


def command(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(
        heartline, ["mutate", *map(str, arguments), "--no-cache", "-n", "1"],
        standalone_mode=False,
    )  # fmt: skip
    assert result.exception is None, result.exception
    return result


def test_the_command_prints_survivors_with_place_change_and_what_would_notice_them(
    tmp_path: Path,
) -> None:
    result = command(written(tmp_path))
    place = f"{tmp_path / 'scenario.yaml'}:30:44"
    assert f"{place}  constant  sugar >= 2 -> sugar >= 1" in result.stdout
    assert "expect the line with its speaker, or said_by" in result.stdout
    assert "Score: 78 %" in result.stdout
    assert result.return_value == 0


def test_the_command_says_it_to_programs(tmp_path: Path) -> None:
    result = command(written(tmp_path, TEA, TESTS + ACCEPTED), "--format", "json")
    data = json.loads(result.stdout)
    assert 0 < data["score"] < data["score_with_accepted"] < 1
    assert data["counts"]["survived"] == len(data["survivors"]) == 8
    assert data["accepted"][0]["because"] == "Anybody may say it."
    first = data["survivors"][0]
    assert {"mutant", "operator", "file", "line", "column", "before", "after", "hint"} <= set(first)
    assert "HL907" in result.stderr


def test_a_test_that_stands_before_a_choice_and_looks_elsewhere_is_not_said_to_be_missing(
    tmp_path: Path,
) -> None:
    tests = """\
heartline_tests: 1
tests:
  one_knocks: {steps: [{choose: knock, expect: {state: room}}]}
"""
    scenario = """\
heartline: 1
id: knocking
version: 1.0.0
title: Knocking
cast: {you: {name: You}}
context: {late: {type: bool, initial: false, input: true}}
states:
  hall: {choices: {knock: {to: room}}}
  room: {choices: {sit: {to: end}, leave: {when: late, to: end}}}
  end: {type: final, outcome: end}
"""
    survivors = judged(written(tmp_path, scenario, tests)).survivors
    hints = {mutant.name: hint(mutant, verdict) for mutant, verdict in survivors}
    assert hints["room.choices.leave.when: late -> not late"] == (
        "no test takes it or looks whether it is offered: expect only_offered or closed, or draw it"
    )
    assert hints["room.choices.leave.to: end -> hall"] == "no test comes there: write one that does"


def test_the_command_fails_under_a_score_and_for_survivors_without_a_reason(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert command(folder, "--fail-under", "90").return_value == 1
    assert command(folder, "--fail-under", "70").return_value == 0
    assert command(folder, "--strict").return_value == 1
    assert command(folder, "--strict", "--only", "retarget").return_value == 0


def test_the_command_says_that_a_sample_is_one(tmp_path: Path) -> None:
    shown = command(written(tmp_path), "--limit", "10").stdout
    assert "a sample of the 46 mutants that were asked for" in shown


def test_what_cannot_be_used_is_a_sentence_and_exit_2(tmp_path: Path) -> None:
    folder = written(tmp_path, TEA, TESTS.replace("choose: leave", "choose: leaf"))
    result = command(folder)
    assert result.return_value == 2
    assert "HL309" in result.stderr
    assert "cannot be used" in result.stderr
    assert result.stdout == ""


# What is at the edge of a machine -----------------------------------------------------------------

GUEST = dedent(
    """\
    heartline: 1
    id: guest
    version: 1.0.0
    title: A guest
    cast: {you: {name: You}}
    states:
      door: {choices: {in: {to: seated}}}
      seated: {type: final, outcome: seated}
    """
)
VISIT = dedent(
    """\
    heartline: 1
    id: visit
    version: 1.0.0
    title: A visit
    cast: {you: {name: You}}
    context: {n: {type: int, min: 0, max: 3, initial: 2}}
    guards: {ready: {when: n > 1}}
    states:
      hall: {include: guest.yaml, done: {seated: {to: tea}}}
      porch: {include: guest.yaml, done: {seated: [{when: n > 2, to: cake}, {to: tea}]}}
      tea: {entry: {say: [Tea., Hot tea.]}, choices: {out: {to: porch}}}
      cake: {entry: {say: Cake.}, choices: {stop: {to: end}}}
      end: {type: final, outcome: end}
    """
)
VISIT_TESTS = (
    "heartline_tests: 1\ntests:\n"
    "  tea_first: {steps: [{choose: in, expect: {state: tea, lines: [Tea., Hot tea.]}}]}\n"
    "  it_goes_on: {steps: [{choose: in}, {choose: out, expect: {state: porch}}]}\n"
)


def test_a_way_that_leads_elsewhere_may_meet_blocks_in_another_order(tmp_path: Path) -> None:
    (tmp_path / "guest.yaml").write_text(GUEST, encoding="utf-8")
    outcome = judged(written(tmp_path, VISIT, VISIT_TESTS), only=("retarget",))
    assert "hall.done.seated[0].to: tea -> cake" in names(outcome.those(KILLED))


def test_a_choice_that_another_stands_in_front_of_everywhere_concerns_no_test(
    tmp_path: Path,
) -> None:
    hidden = VISIT.replace(
        "  end: {type", "  room:\n    choices: {rest: {when: ready, to: end}}\n    states:\n"
        "      bed: {choices: {rest: {to: end}}}\n  end: {type",
    )  # fmt: skip
    (tmp_path / "guest.yaml").write_text(GUEST, encoding="utf-8")
    outcome = judged(written(tmp_path, hidden, VISIT_TESTS))
    of_guard = {m.name: v for m, v in outcome.judged if m.name.startswith("guards.ready")}
    assert of_guard
    assert all(v.status != KILLED and not v.reached for v in of_guard.values())


def test_ctrl_c_says_how_many_were_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_name: str, _wanted: Wanted, progress: Any) -> Outcome:
        progress(3, 9)
        raise KeyboardInterrupt

    monkeypatch.setattr("heartline.cli.commands.mutate.mutate", interrupted)
    result = CliRunner().invoke(heartline, ["mutate", str(written(tmp_path))])
    assert "Stopped: 3 of 9 mutants were judged until then.\n" in result.stderr
