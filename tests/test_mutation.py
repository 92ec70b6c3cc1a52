"""Would the tests notice? Small scenarios of which one can say by hand what tests cannot see."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner

from heartline.cli.group import heartline
from heartline.testing.case import PASSED
from heartline.testing.mutation.cache import Known
from heartline.testing.mutation.judging import Court, TestsFail
from heartline.testing.mutation.mutant import (
    EQUIVALENT,
    INVALID,
    KILLED,
    SURVIVED,
    Mutant,
    Verdict,
)
from heartline.testing.mutation.session import NotUsable, Outcome, Wanted
from heartline.testing.mutation.telling import hint
from heartline.testing.runs.planning import plan_case
from heartline.testing.runs.running import run_plan
from mutable import INN, TEA, TESTS, court, judged, names, written

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
