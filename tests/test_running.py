"""Running tests of scenarios: what is done, what is held, and what is said where it fails."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook import STORY, by_hand, failed, read_cases, run, step_by_hand, told, yaml
from harness import bundled, story
from heartline import Conversation, ManualClock, NothingToUndo, stored
from heartline.clock import STORY_START
from heartline.diagnostics import Location
from heartline.runtime import Step as RuntimeStep
from heartline.testing.case import (
    ERROR,
    FAILED,
    PASSED,
    SKIPPED,
    Case,
    Entry,
    Failure,
    Mismatch,
    Result,
)
from heartline.testing.runs.failures import failure_text, replay_command
from heartline.testing.runs.planning import plan_case
from heartline.testing.runs.player import begin
from heartline.testing.runs.running import run_case, run_plan

# What passes ------------------------------------------------------------------------------------


def test_a_test_that_expects_all_that_comes_passes() -> None:
    result = run("""
      a_break_and_an_end:
        inputs: {length: 28d}
        expect:
          state: home
          lines: [{other: "You came, then."}]
          nothing_more_said: true
          offered: ask
          only_offered: [ask, space, leave]
          not_offered: [move_in, whistle]
          closed: {move_in: Trust has to grow first.}
          context: {trust: 2, mood: low, length: 28d}
          holds: trust == 2 and not running(break)
          timers: {break: off}
          running: []
          over: false
        steps:
          - choose: ask
            draw: [tell]
            expect:
              said_by: [you, other, other]
              not_said: ["The usual."]
              context: {trust: 3}
          - send: called
            expect: {context: {trust: 4}, nothing_more_said: true}
          - choose: space
            turn: 3
            expect:
              state: apart
              lines: [Let us take a break., {narrator: {like: "Two weeks*2026."}}]
              timers: {break: 28d}
              running: break
              ends: {break: 2026-02-02T09:00:00Z}
          - choose: write
          - wait: 3d
            expect: {timers: {break: 25d, reply: expired}, nothing_more_said: true}
          - expect: {timers: {break: 25d}}
          - wait_until: break
            expect: {state: review, timers: {break: expired}}
          - choose: stay
            as: you
            expect: {outcome: together, over: true}
          - choose: stay
            expect: {error: over}
    """)
    assert result.status == PASSED, result.failure
    assert result.turns == 8
    assert result.id == "tests.yaml::a_break_and_an_end"


def test_a_test_that_is_skipped_says_why() -> None:
    result = run("later: {skip: the scene is not written yet, expect: {state: over}}")
    assert (result.status, result.reason) == (SKIPPED, "the scene is not written yet")


def test_half_a_year_takes_no_time() -> None:
    result = run("long: {steps: [{choose: space}, {wait: 180d, expect: {state: review}}]}")
    assert result.status == PASSED
    assert result.seconds < 1


def test_a_seed_can_be_given_in_place_of_the_tests_own() -> None:
    tests = "talk: {steps: [{choose: ask, expect: {not_said: [The usual.]}}]}"
    passed = {seed: run(tests, seed=seed).status == PASSED for seed in range(20)}
    assert set(passed.values()) == {True, False}
    wrong = next(seed for seed, held in passed.items() if not held)
    assert failed(run(tests, seed=wrong)).seed == wrong


# What fails, and what is said -------------------------------------------------------------------


def test_each_expectation_is_told_with_its_own_place() -> None:
    failure = failed(
        run("""
      wrong:
        steps:
          - choose: space
            expect:
              context:
                trust: 2
                mood: high
              lines:
                - Let us take a break.
                - narrator: Two weeks.
    """)
    )
    assert str(failure.location) == "tests.yaml:6:9"
    assert [(each.field, str(each.location)) for each in failure.mismatches] == [
        ("lines", "tests.yaml:13:15"),
        ("context", "tests.yaml:10:19"),
    ]
    assert (failure.step, failure.mode) == (0, "live")


def test_a_refusal_that_nobody_expects_fails_the_test() -> None:
    failure = failed(run("wrong: {steps: [{choose: move_in, expect: {state: together}}]}"))
    assert failure.message == "'move_in' cannot be chosen now: Trust has to grow first."


def test_a_draw_that_cannot_come_names_those_that_can() -> None:
    failure = failed(run("wrong: {steps: [{choose: ask, draw: scream, expect: {state: over}}]}"))
    assert "'scream' cannot be drawn in 'listening'" in failure.message
    assert "tell, shrug" in failure.message
    failure = failed(run("wrong: {steps: [{wait: 1d, draw: tell, expect: {state: talk}}]}"))
    assert "'tell' was not drawn" in failure.message


def test_to_wait_for_a_timer_that_does_not_run_fails_and_names_those_that_do() -> None:
    tests = "wrong: {steps: [{choose: space}, {wait_until: reply, expect: {state: apart}}]}"
    assert failed(run(tests)).message == (
        "'reply' does not run here, so it is no use to wait for it: what runs is break (14d left)."
    )
    tests = "wrong: {steps: [{wait_until: reply, expect: {state: apart}}]}"
    assert failed(run(tests)).message.endswith("no timer runs.")


def test_a_scenario_that_loops_is_an_error_and_no_failure() -> None:
    loop = """
      context: {n: {type: int, min: 0, max: 3, initial: 0}}
      states:
        one: {choices: {go: {to: two}}}
        two: {always: {when: n < 1, to: three}}
        three: {always: {when: n < 2, to: two}}
        over: {type: final, outcome: over}
      choices: {stop: {to: over}}
    """
    result = run("round: {steps: [{choose: go, expect: {error: closed}}]}", loop)
    assert result.status == ERROR
    assert result.failure is not None
    assert "loops at" in result.failure.message
    assert result.failure.step == 0


# Refusals that are expected ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "kind", "says"),
    [
        ("choose: sing", "unknown_choice", "There is no choice 'sing' in 'talk'."),
        ("choose: tell", "unknown_choice", "*'tell'*"),
        ("choose: move_in", "closed", "*Trust has to grow*"),
        ("{choose: ask, turn: 4}", "stale_turn", "*at turn 1*"),
        ("send: rain", "unknown_event", "*it takes called*"),
        ("undo: 1", "nothing_to_undo", "*this is the first turn*"),
        ("{choose: ask, draw: [scream]}", "draw", "*tell, shrug*"),
    ],
)
def test_a_refusal_can_be_expected_and_changes_nothing(act: str, kind: str, says: str) -> None:
    def result(kind: str, says: object = None) -> Result:
        expect = {"error": {"kind": kind, "says": says}, "state": "talk"}
        return run_case(story(STORY), by_hand({**yaml(act), "expect": expect}))

    assert result(kind, {"like": says}).status == PASSED
    ((field, expected, came),) = told(result("over"))
    assert (field, expected) == ("error", "it is refused, as over")
    assert came.startswith(f"refused, as {kind}: ")
    ((_, expected, came),) = told(result(kind, "No."))
    assert expected == '"No."'
    assert says.strip("*") in came


def test_what_is_taken_although_a_refusal_is_expected_fails() -> None:
    tests = "wrong: {steps: [{choose: ask, expect: {error: closed, state: apart}}]}"
    assert told(run(tests)) == [("error", "it is refused, as closed", "it was taken")]


def test_a_start_that_is_refused_can_be_expected() -> None:
    scenario = story(STORY)
    case = replace(by_hand({"choose": "ask"}), inputs={"mood": "angry"})
    unexpected = failed(run_case(scenario, case))
    assert unexpected.message.startswith("It cannot be started: mood is one of low, high")
    assert unexpected.step == -1
    case = replace(case, opening=step_by_hand({"expect": {"error": "input"}}))
    assert "no conversation began" in failed(run_case(scenario, case)).message
    case = replace(case, steps=())
    assert run_case(scenario, case).status == PASSED
    good = replace(case, inputs={"mood": "low"})
    assert told(run_case(scenario, good)) == [("error", "it is refused, as input", "it was taken")]


# Time, undo, and what is stored -----------------------------------------------------------------


def test_undo_goes_back_in_time_and_shows_the_turn_again_also_through_json() -> None:
    result = run("""
      back:
        steps:
          - choose: space
          - wait: 3d
          - choose: write
          - wait_until: break
            expect: {state: review}
          - undo: 1
            expect: {state: apart, timers: {break: 11d, reply: 2d}}
          - undo: 2
            expect: {state: talk, lines: [{other: "You came, then."}], running: []}
          - undo: 1
            expect: {error: nothing_to_undo}
          - choose: space
            expect: {ends: {break: 2026-01-19T09:00:00Z}}
    """)
    assert result.status == PASSED, result.failure


def test_what_is_stored_and_gone_on_with_knows_no_earlier_turn() -> None:
    result = run("""
      stored:
        steps:
          - choose: space
          - resume: true
            expect: {state: apart, nothing_more_said: true, timers: {break: 14d}}
          - undo: 1
            expect: {error: {kind: nothing_to_undo, says: {contains: stored and gone on with}}}
          - choose: write
          - undo: 1
            expect: {state: apart, context: {trust: 2}}
    """)
    assert result.status == PASSED, result.failure


def test_what_is_lost_in_storing_fails_the_test_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = stored.dump

    def forgetful(*arguments: Any) -> dict[str, Any]:
        data = whole(*arguments)
        data["context"].pop("trust", None)
        return data

    monkeypatch.setattr(stored, "dump", forgetful)
    tests = "grows: {steps: [{send: called, expect: {state: talk}}, {send: called}]}"
    failure = failed(run(tests))
    assert (failure.mode, failure.step) == ("stored", 0)
    assert "comes by something else than live. Live, and stored: trust: 3, 2." in failure.message
    assert run(tests, stored=False).status == PASSED


def test_what_cannot_be_read_again_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = stored.dump
    monkeypatch.setattr(stored, "dump", lambda *given: {**whole(*given), "turn": -1})
    failure = failed(run("any: {expect: {state: talk}}"))
    assert failure.mode == "stored"
    assert "turn is out of range" in failure.message


def test_a_wait_that_cannot_be_leaves_the_clock_where_it_was() -> None:
    late = replace(
        by_hand({"wait": "36500d"}, {"wait": "36500d"}), start=datetime(9890, 1, 1, tzinfo=UTC)
    )
    failure = failed(run_case(story(STORY), late))
    assert failure.step == 1
    assert failure.message == "The clock cannot go past the year 9999: wait for less."
    assert failure.transcript[-2].time == late.start + timedelta(days=36_500)


def test_a_player_is_a_conversation_also_for_those_who_only_look() -> None:
    scenario, case = story(STORY), by_hand()
    conversation = scenario.start(clock=ManualClock())
    player = begin(scenario, case)
    for act in ("ask", "space"):
        assert player.choose(act) == conversation.choose(act)
        assert player.ways == conversation.ways
    assert player.wait("14d") == conversation.wait("14d")
    assert player.snapshot() == conversation.snapshot()
    assert player.undo() == conversation.undo()
    player.resume()
    assert player.turn.lines == ()
    assert player.ways == ()
    with pytest.raises(NothingToUndo, match="stored and gone on with there are none"):
        player.undo()


# Promises ---------------------------------------------------------------------------------------

PROMISES = (
    STORY
    + """
    properties:
      asked_once: {at_most: 1, of: chosen(ask)}
      trust_stays: {never: trust > 4}
    """
)


def test_a_promise_that_is_broken_fails_the_test_with_its_place() -> None:
    tests = """
      grows:
        steps:
          - send: called
          - send: called
          - send: called
          - send: called
            expect: {context: {trust: 6}}
    """
    failure = failed(run(tests, PROMISES))
    (mismatch,) = failure.mismatches
    assert (failure.step, mismatch.field) == (2, "promise")
    assert failure.message == "The scenario does not keep what it promises."
    assert mismatch.expected == "the scenario keeps its promise 'trust_stays'"
    assert "is broken in turn 4" in mismatch.came
    assert mismatch.location.file == "scenario.yaml"
    assert mismatch.location.line > 30


def test_a_broken_promise_stands_beside_what_was_not_as_expected() -> None:
    steps = "[{choose: ask}, {choose: ask, expect: {state: over}}]"
    failure = failed(run(f"twice: {{steps: {steps}}}", PROMISES))
    assert [each.field for each in failure.mismatches] == ["state", "promise"]
    assert failure.message == (
        "Not as expected: state. The scenario does not keep what it promises."
    )


def test_what_was_undone_breaks_no_promise() -> None:
    steps = "[{choose: ask}, {undo: 1}, {choose: ask}, {resume: true}, {choose: ask}]"
    failure = failed(run(f"twice: {{expect: {{state: talk}}, steps: {steps}}}", PROMISES))
    assert failure.step == 4
    assert failure.mismatches[0].expected.endswith("'asked_once'")


# Beginnings and tables --------------------------------------------------------------------------

CHAIN = """
  apart:
    steps:
      - choose: move_in
        expect: {error: closed}
      - choose: space
        expect: {state: %s}
  later:
    after: apart
    steps:
      - wait_until: break
        expect: {state: review}
"""


def test_the_expectations_of_a_beginning_are_not_held_again() -> None:
    assert run(CHAIN % "over").status == PASSED


def test_a_beginning_that_cannot_be_played_fails_the_test_at_its_own_step() -> None:
    scenario, (_, later) = read_cases(CHAIN % "apart", STORY)
    broken, _ = read_cases(
        CHAIN % "apart", STORY.replace("to: apart", "when: trust > 5, to: apart")
    )
    assert run_case(scenario, later).status == PASSED
    failure = failed(run_case(broken, later))
    assert failure.message.startswith("In the beginning, which comes from 'apart': 'space' cannot")
    assert (str(failure.location), failure.step) == ("tests.yaml:8:9", 0)


def test_each_row_of_a_table_is_a_case() -> None:
    scenario, found = read_cases("""
      waits:
        cases: {before: {wait: 13d, state: apart}, at: {wait: 14d, state: apart}}
        steps: [{choose: space}, {wait: $wait, expect: {state: $state}}]
    """)
    results = {case.name: run_case(scenario, case).status for case in found}
    assert results == {"waits[before]": PASSED, "waits[at]": FAILED}


# Who else looks ---------------------------------------------------------------------------------


class Noted:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def began(self, case: Case, conversation: Conversation) -> None:
        self.heard.append(f"began {case.name} in {conversation.turn.state}")

    def stepped(self, step: RuntimeStep) -> None:
        self.heard.append(step.snapshot.state)

    def ended(self, case: Case, result: Result) -> None:
        self.heard.append(f"{case.name} {result.status}")


def test_a_listener_sees_the_live_run_once() -> None:
    noted = Noted()
    steps = "[{choose: space}, {wait: 1d}, {wait: 14d}, {undo: 1}, {expect: {state: %s}}]"
    run(f"look: {{steps: {steps % 'apart'}}}", listener=noted)
    assert noted.heard == ["began look in talk", "talk", "apart", "review", "look passed"]
    noted = Noted()
    run(f"look: {{steps: {steps % 'over'}}}", listener=noted)
    assert noted.heard == ["began look in talk", "talk", "apart", "review", "look failed"]


def test_who_only_asks_whether_it_fails_gets_no_transcript() -> None:
    scenario, (case,) = read_cases("wrong: {steps: [{choose: space, expect: {state: talk}}]}")
    plan = plan_case(scenario, case)
    assert failed(run_plan(plan, told=False)).transcript == ()
    assert failed(run_plan(plan)).transcript != ()


@given(st.integers(0, 2**32))
def test_a_case_comes_by_what_a_conversation_comes_by(number: int) -> None:
    chance = random.Random(number)
    scenario = FLAGSHIP
    profile = chance.choice(["ambivalent", "decided", "unsafe"])
    conversation = scenario.start(seed=number, clock=ManualClock(), profile=profile)
    steps: list[dict[str, object]] = []
    while len(steps) < 30 and not conversation.over:
        act = _some_move(conversation, chance)
        turn = conversation.turn
        seen = {
            "state": turn.state,
            "lines": [{"speaker": line.speaker, "exact": line.text} for line in turn.lines],
            "only_offered": [choice.id for choice in turn.choices if choice.enabled],
            "closed": {c.id: c.reason for c in turn.choices if not c.enabled},
            "ends": {each.timer: each.due for each in turn.deadlines},
            "over": turn.outcome is not None,
        }
        steps.append({**act, "expect": seen})
    case = replace(by_hand(*steps, seed=number), inputs={"profile": profile})
    result = run_case(scenario, case)
    assert result.status == PASSED, failure_text(case, failed(result))


FLAGSHIP = bundled("reconciliation")


def _some_move(conversation: Conversation, chance: random.Random) -> dict[str, object]:
    turn = conversation.turn
    choices = [choice for choice in turn.choices if choice.enabled]
    if turn.deadlines and chance.random() < 0.3:
        timer = chance.choice(turn.deadlines)
        conversation.wait(max(timer.due - conversation.clock.now(), timedelta(0)))
        return {"wait_until": timer.timer}
    if turn.number > 3 and chance.random() < 0.1:
        conversation.undo()
        return {"undo": 1}
    choice = chance.choice(choices)
    conversation.choose(choice.id, role=choice.role, turn=turn.number)
    return {"choose": choice.id, "as": choice.role, "turn": turn.number}


# The text of a failure --------------------------------------------------------------------------

BREAK = """
  a_break:
    steps:
      - choose: ask
        draw: tell
      - choose: space
      - wait: 13d
      - wait: 1d
        expect: {state: apart}
"""


def test_a_failure_tells_place_difference_story_and_how_to_stand_there() -> None:
    scenario, (case,) = read_cases(BREAK)
    assert failure_text(case, failed(run_case(scenario, case))) == dedent("""\
        tests.yaml:10:9: Not as expected: state.
          in step 4, wait 1d

          state, at tests.yaml:11:25
            expected: apart
            came:     review

          What happened until then:
            > start (Monday 5 January 2026, 09:00)
              Kim: You came, then.
              now in talk
            > choose ask
              You: How was your day?
              drawn for other: tell
              Kim: Long but good.
              Kim: You came, then.
            > choose space
              You: Let us take a break.
              Two weeks without a word, until Monday 19 January 2026.
              now in apart
            > wait 13d (Sunday 18 January 2026, 09:00)
            > wait 1d (Monday 19 January 2026, 09:00)
              now in review

          To stand there: heartline play . --test tests.yaml::a_break --to 4
    """)


def test_a_failure_fits_its_width_and_shows_nothing_that_steers_a_terminal() -> None:
    case, place = by_hand({"choose": "ask"}), Location("te\x1bsts.yaml")
    odd = 'other: "Red \x1b[31m? \u202e And how was your day, since I have not seen you?\r\nSo?"'
    failure = Failure(
        "Not as expected: lines.", place, 0, "stored", (Mismatch("lines", place, odd, odd),),
        (Entry("act", "choose ask", time=STORY_START), Entry("line", odd, "Kim"),
         Entry("draw", "te\x07ll", "other"), Entry("state", "ta\x9blk"), Entry("refused", odd)),
    )  # fmt: skip
    text = failure_text(case, failure, width=46)
    assert all(len(line) <= 46 for line in text.splitlines() if "To stand" not in line)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "in step 1, choose ask, where the" in text
    coloured = failure_text(case, failure, width=46, colour=True)
    assert coloured != text
    for code in ("0", "1", "2", "31", "32", "36"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == text


def test_of_a_long_story_the_end_is_told_whole_and_the_rest_by_its_acts() -> None:
    acts: list[dict[str, object]] = [{"choose": "ask", "draw": ["shrug"]} for _ in range(20)]
    case = by_hand(*acts, {"expect": {"state": "over"}})
    text = failure_text(case, failed(run_case(story(STORY), case)))
    assert text.count("> choose ask") == 20
    assert text.count("Kim: The usual.") == 12


def test_the_command_that_replays_it_is_quoted_for_a_shell() -> None:
    failure = Failure("No.", Location("x"), 2, "live", seed=9)
    case = by_hand(name="my tests/tests.yaml::talk[a_b]")
    case = replace(case, scenario="my tests/other.yaml")
    assert replay_command(case, failure) == (
        "heartline play 'my tests/other.yaml' --test 'my tests/tests.yaml::talk[a_b]' --to 3 "
        "--seed 9"
    )
