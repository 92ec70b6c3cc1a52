"""Where two rules meet: histories, timers and endings in the places where they are seldom met."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

import heartline
from harness import enabled, play, said, story, value
from heartline import (
    Conversation,
    ManualClock,
    RunawayError,
    Scenario,
    Tick,
    UnknownChoice,
    load,
)

if TYPE_CHECKING:
    from pathlib import Path

# Histories --------------------------------------------------------------------------------------

ROOMS = """
    context: {rung: {type: int, min: 0, max: 9, initial: 0}}
    states:
      house:
        initial: kitchen
        entry: {do: rung += 1}
        states:
          kitchen: {choices: {walk: {to: attic}}}
          attic: {states: {desk: {choices: {turn: {to: window}}}, window: {}}}
          back: {type: history}
          exactly: {type: history, deep: true, default: kitchen}
        choices: {stay: {to: exactly}}
      street: {choices: {home: {to: back}, home_exactly: {to: exactly}}}
      over: {type: final, outcome: over}
    choices:
      ring: {to: exactly}
      ring_once: {to: back}
      go_out: {to: street}
      end: {to: over}
    """


@pytest.mark.parametrize(("choice", "leaf"), [("ring", "window"), ("ring_once", "desk")])
def test_rule_2_a_way_that_leaves_and_comes_back_by_history_comes_back_to_where_it_was(
    choice: str, leaf: str
) -> None:
    conversation = play(ROOMS)
    conversation.choose("walk")
    conversation.choose("turn")
    assert conversation.choose(choice).state == leaf
    assert value(conversation, "rung") == 2  # it was left and entered again


def test_rule_2_a_history_leads_to_its_default_from_inside_its_own_parent() -> None:
    conversation = play(ROOMS)
    conversation.choose("walk")
    assert conversation.choose("stay").state == "kitchen"
    assert value(conversation, "rung") == 1  # and the parent was not left


# Included files ---------------------------------------------------------------------------------

INNER = """
    heartline: 1
    id: visit
    version: 1.0.0
    title: A visit
    cast: {you: {name: You}}
    context: {tea: {type: int, min: 0, max: 3, initial: 0}}
    timers: {patience: 5d}
    states:
      hall:
        entry: {do: start(patience)}
        choices: {pour: {do: tea += 1}, sit: {to: parlour}}
        after: {patience: gone}
      parlour: {states: {chair: {choices: {rise: {to: sofa}}}, sofa: {}}}
      gone: {type: final, outcome: gone}
    choices:
      bow: {say: Within., once: true}
      finish: {to: gone}
    after: {3d: {say: Three days within.}}
    """

OUTER = """
    heartline: 1
    id: outer
    version: 1.0.0
    title: Outside
    cast: {you: {name: You}}
    context: {visits_made: {type: int, min: 0, max: 3, initial: 0}}
    states:
      town:
        states:
          square: {choices: {call: {to: visit}}}
          visit:
            include: visit.yaml
            done: {gone: {do: visits_made += 1, to: far}}
            after: {3d: {say: Three days without.}}
            choices: {bow: {say: Without.}}
          back: {type: history}
          exactly: {type: history, deep: true}
      far: {choices: {return: {to: back}, return_exactly: {to: exactly}, end: {to: over}}}
      over: {type: final, outcome: over}
    choices: {bow: {once: true, say: Outside.}, leave: {to: far}}
    """


@pytest.fixture
def town(tmp_path: Path) -> Scenario:
    (tmp_path / "scenario.yaml").write_text(dedent(OUTER))
    (tmp_path / "visit.yaml").write_text(dedent(INNER))
    return load(tmp_path)


@pytest.fixture
def visit(town: Scenario) -> Conversation:
    conversation = town.start(clock=ManualClock())
    conversation.choose("call")
    return conversation


def test_rule_2_a_deep_history_comes_back_into_an_included_file(visit: Conversation) -> None:
    for choice in ("sit", "rise", "leave"):
        visit.choose(choice)
    assert visit.choose("return_exactly").state == "visit.sofa"


def test_rule_2_a_shallow_history_begins_an_included_file_anew(visit: Conversation) -> None:
    for choice in ("pour", "sit", "leave"):
        visit.choose(choice)
    assert visit.choose("return").state == "visit.hall"
    assert value(visit, "visit.tea") == 0


@pytest.mark.parametrize("way", ["return", "return_exactly"])
def test_rule_2_an_included_file_that_has_ended_begins_again_and_does_not_end_twice(
    visit: Conversation, way: str
) -> None:
    assert visit.choose("finish").state == "far"
    assert visit.choose(way).state == "visit.hall"
    assert value(visit, "visits_made") == 1


def test_rule_1_what_an_included_file_declares_as_a_whole_comes_before_its_state(
    visit: Conversation,
) -> None:
    visit.choose("bow")
    assert said(visit) == ["you: Within."]
    # The same id is the same choice: what is taken once within is taken without.
    visit.choose("leave")
    assert "bow" not in enabled(visit)


def test_rule_5_one_delay_written_within_and_without_is_one_timer(visit: Conversation) -> None:
    assert [due.timer for due in visit.turn.deadlines] == ["visit.3d", "visit.patience"]
    assert visit.position.starts == 2
    assert [line.text for line in visit.wait("3d").lines] == ["Three days within."]


def test_rule_5_a_timer_of_an_included_file_that_has_run_out_ends_with_it(
    visit: Conversation,
) -> None:
    visit.choose("sit")
    visit.wait("6d")
    assert visit.position.pending == ("visit.patience",)
    visit.choose("leave")
    assert visit.position.pending == ()
    assert visit.choose("return").state == "visit.hall"


# Timers -----------------------------------------------------------------------------------------


def test_rule_5_a_delay_of_the_whole_file_runs_from_the_start_and_once() -> None:
    conversation = play("""
        states:
          a: {choices: {go: {to: b}}}
          b: {choices: {back: {to: a}, end: {to: over}}}
          over: {type: final, outcome: over}
        after: {7d: {say: A week.}}
        """)
    conversation.wait("4d")
    conversation.choose("go")
    assert [line.text for line in conversation.wait("3d").lines] == ["A week."]
    assert conversation.wait("30d").deadlines == ()


def test_rule_5_a_timer_that_runs_for_no_time_runs_out_in_the_step_that_starts_it() -> None:
    body = """
        states:
          a: {choices: {go: {to: b}}}
          b: {after: {0s: c}}
          c: {choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        """
    assert play(body).choose("go").state == "c"
    assert play("initial: b" + dedent(body)).turn.state == "c"


def test_rule_5_timers_that_run_for_no_time_cannot_go_on_for_ever() -> None:
    conversation = play("""
        states:
          a: {choices: {go: {to: b}, end: {to: over}}}
          b: {after: {0s: c}}
          c: {after: {0s: b}}
          over: {type: final, outcome: over}
        """)
    with pytest.raises(RunawayError):
        conversation.choose("go")
    assert conversation.choose("end").outcome == "over"


def test_rule_5_of_two_timers_due_at_once_the_first_that_was_started_fires_first() -> None:
    conversation = play("""
        timers: {one: 5d, two: 5d}
        states:
          a:
            entry: {do: [start(two), start(one)]}
            after: {one: {say: One., do: start(one)}, two: {say: Two., do: stop(one), to: b}}
          b: {choices: {end: {to: over}}, after: {one: over}}
          over: {type: final, outcome: over}
        """)
    assert [line.text for line in conversation.wait("5d").lines] == ["Two."]
    assert conversation.turn.deadlines == ()  # the handler of the first stopped the second
    assert conversation.wait("100d").state == "b"


def test_rule_5_a_timer_started_again_by_its_handler_fires_again_at_its_own_time() -> None:
    conversation = play("""
        timers: {week: 7d}
        states:
          a:
            entry: {do: start(week)}
            after: {week: {say: "{week.left}, {today}.", do: start(week)}}
            choices: {end: {to: over}}
          over: {type: final, outcome: over}
        """)
    heard = [line.text for line in conversation.wait("22d").lines]
    assert [text.rpartition(", ")[2] for text in heard] == [
        "Monday 12 January 2026.", "Monday 19 January 2026.", "Monday 26 January 2026.",
    ]  # fmt: skip
    assert conversation.turn.deadlines[0].left == timedelta(days=6)


def test_rule_5_a_timer_whose_guard_opens_later_is_handled_then() -> None:
    conversation = play("""
        context: {ready: {type: bool, initial: false}}
        timers: {break: 5d}
        states:
          a:
            entry: {do: start(break)}
            after: {break: {when: ready, to: b}}
            choices: {wake: {do: ready = true}}
          b: {choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        """)
    assert conversation.wait("6d").state == "a"
    assert conversation.choose("wake").state == "b"


def test_rule_5_a_timer_past_the_end_of_the_calendar_is_due_at_its_end() -> None:
    scenario = story("""
        states:
          a: {after: {36500d: over}}
          over: {type: final, outcome: over}
        """)
    conversation = scenario.start(clock=ManualClock(datetime(9999, 12, 1, tzinfo=UTC)))
    (deadline,) = conversation.turn.deadlines
    assert deadline.due == datetime.max.replace(tzinfo=UTC)
    stored = json.loads(json.dumps(conversation.snapshot()))
    assert scenario.resume(stored).position == conversation.position


def test_rule_5_a_moment_in_another_zone_is_the_same_moment() -> None:
    scenario = story("""
        states:
          a: {after: {1d: b}}
          b: {choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        """)
    east = timezone(timedelta(hours=14))
    begun = heartline.start(scenario.machine, now=datetime(2028, 2, 29, 8, tzinfo=east)).snapshot
    assert begun.time == datetime(2028, 2, 28, 18, tzinfo=UTC)
    early = datetime(2028, 2, 29, 17, 59, tzinfo=UTC)
    assert heartline.step(scenario.machine, begun, Tick(), early).snapshot is begun
    leap_day = datetime(2028, 2, 29, 10, tzinfo=timezone(timedelta(hours=-8)))
    assert heartline.step(scenario.machine, begun, Tick(), leap_day).snapshot.state == "b"


# Endings ----------------------------------------------------------------------------------------


def test_rule_8_an_end_with_a_timer_that_nothing_handled_can_be_stored() -> None:
    scenario = story("""
        timers: {break: 1d}
        states:
          a: {entry: {do: start(break)}, choices: {leave: {to: over}, stay: {to: b}}}
          b: {after: {break: over}}
          over: {type: final, outcome: over}
        """)
    conversation = play(scenario)
    conversation.wait("2d")
    conversation.choose("leave")
    stored = json.loads(json.dumps(conversation.snapshot()))
    assert scenario.resume(stored).position == conversation.position


# Refusals ---------------------------------------------------------------------------------------


def test_rule_9_a_choice_that_is_kept_out_of_sight_is_not_suggested() -> None:
    conversation = play("""
        context: {ready: {type: bool, initial: false}}
        states:
          a: {choices: {confess: {when: ready, if_closed: hide, to: over}, end: {to: over}}}
          over: {type: final, outcome: over}
        """)
    with pytest.raises(UnknownChoice) as caught:
        conversation.choose("confes")
    assert "confess'" not in str(caught.value)


def test_rule_10_a_choice_is_refused_to_a_role_that_it_does_not_belong_to() -> None:
    conversation = play(
        """
        states:
          a: {choices: {mine: {to: over}, theirs: {by: other, to: over}}}
          over: {type: final, outcome: over}
        """,
        seats=["other"],
    )
    with pytest.raises(UnknownChoice, match=r"There is no choice 'theirs' in 'a'\.$"):
        conversation.choose("theirs", role="you")
    with pytest.raises(UnknownChoice, match="no choice 'nothing'"):
        conversation.explain("nothing")
    assert not conversation.over
    assert conversation.choose("theirs", role="other").outcome == "over"
    assert conversation.over
    assert [way.edge.trigger for way in conversation.ways] == ["theirs"]


def test_rule_9_a_reason_calls_timers_and_states_what_players_call_them() -> None:
    conversation = play("""
        timers: {break: {length: 5d, title: the long break}}
        states:
          a:
            title: The kitchen
            entry: {do: start(break), say: "{break.length} of break."}
            choices:
              go: {when: expired(break), to: over}
              see: {when: visited(b), to: over}
              stand: {when: at(b), to: over}
              end: {to: over}
          b: {title: The garden, choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        choices: {out: {to: b}}
        """)
    assert said(conversation) == ["narrator: five days of break."]
    assert "the long break" in (conversation.turn.find("go").reason or "")
    for choice in ("see", "stand"):
        assert "The garden" in (conversation.turn.find(choice).reason or "")


def test_rule_9_a_reason_that_speaks_of_the_day_is_of_that_day() -> None:
    conversation = play("""
        context: {ready: {type: bool, initial: false}}
        guards: {calm: {when: ready, why: "{Today} is too early."}}
        states:
          a: {choices: {go: {when: calm, to: over}, wait: {}, end: {to: over}}}
          over: {type: final, outcome: over}
        """)
    assert conversation.turn.find("go").reason == "Monday 5 January 2026 is too early."
    conversation.wait("1d")
    conversation.choose("wait")
    assert conversation.turn.find("go").reason == "Tuesday 6 January 2026 is too early."


# What can happen is in the fingerprint ----------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("initial: kitchen", "initial: attic"),
        ("deep: true, default: kitchen", "default: kitchen"),
        ("default: kitchen", "default: attic"),
        ("entry: {do: rung += 1}", "exit: {do: rung += 1}"),
        ("street: {", "street: {entry: {do: rung += 1}, "),
    ],
)
def test_a_change_of_what_is_entered_is_a_change_of_structure(old: str, new: str) -> None:
    assert old in ROOMS
    edited = ROOMS.replace(old, new)
    if new.startswith("street"):  # the same action, in another state
        edited = edited.replace("        entry: {do: rung += 1}\n", "")
    assert story(edited).machine.fingerprint != story(ROOMS).machine.fingerprint
