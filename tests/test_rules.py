"""The ten rules of the engine (engine/heartline/runtime.py); each test names the rule it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import heartline
from harness import enabled, play, said, story, value
from heartline import (
    ChoiceClosed,
    Choose,
    ConversationOver,
    DrawImpossible,
    ManualClock,
    RunawayError,
    Send,
    StaleTurn,
    Tick,
    UnknownChoice,
    UnknownEvent,
)

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


# Rule 1: one leaf; transitions are inherited, innermost first

NESTED = """
    states:
      house:
        initial: kitchen
        choices:
          leave: {to: street}
          look: {say: The whole house.}
        states:
          kitchen:
            choices:
              look: {say: Only the kitchen.}
              walk: {to: parlour}
          parlour:
            choices:
              walk: {to: kitchen}
      street: {type: final, outcome: out}
    """


def test_rule_1_a_conversation_is_in_one_leaf_state() -> None:
    conversation = play(NESTED)
    assert conversation.turn.state == "kitchen"
    assert conversation.turn.path == ("house", "kitchen")


def test_rule_1_a_leaf_inherits_the_choices_of_the_states_around_it() -> None:
    conversation = play(NESTED)
    assert enabled(conversation) == ["look", "walk", "leave"]
    assert conversation.choose("leave").outcome == "out"


def test_rule_1_an_inner_choice_replaces_an_outer_one_of_the_same_id() -> None:
    conversation = play(NESTED)
    conversation.choose("look")
    assert said(conversation) == ["you: Only the kitchen."]
    conversation.choose("walk")
    conversation.choose("look")
    assert said(conversation) == ["you: The whole house."]


def test_rule_1_an_inner_event_is_asked_first_and_the_outer_one_if_its_guard_is_closed() -> None:
    conversation = play("""
        context:
          loud: {type: bool, initial: false}
          heard: {type: enum, values: [nobody, inner, outer], initial: nobody}
        states:
          outer:
            events:
              ring: {do: 'heard = "outer"'}
            states:
              inner:
                events:
                  ring: {when: loud, do: 'heard = "inner"'}
                choices:
                  turn_up: {do: loud = true}
                  end: {to: over}
          over: {type: final, outcome: over}
        """)
    conversation.send("ring")
    assert value(conversation, "heard") == "outer"
    conversation.choose("turn_up")
    conversation.send("ring")
    assert value(conversation, "heard") == "inner"


# Rule 2: exit up, act, enter down; all or nothing

TRACE = """
    states:
      a:
        entry: {say: in a}
        exit: {say: out a}
        states:
          a1:
            entry: {say: in a1}
            exit: {say: out a1}
            choices:
              inside: {say: inside, to: a2}
              across: {say: across, branches: [{say: and on, to: b}]}
              again: {to: a1}
              stay: {say: staying}
          a2:
            entry: {say: in a2}
            choices:
              restart: {to: a}
              end: {to: over}
        choices:
          home: {to: a1}
      b:
        entry: {say: in b}
        states:
          b1:
            entry: {say: in b1}
            choices: {end: {to: over}}
      over: {type: final, outcome: over}
    """


def lines(conversation: heartline.Conversation) -> list[str]:
    return [line.text for line in conversation.turn.lines]


def test_rule_2_a_start_enters_from_the_outside_in() -> None:
    assert lines(play(TRACE)) == ["in a", "in a1"]


def test_rule_2_a_choice_is_said_then_exits_then_acts_then_enters_down() -> None:
    conversation = play(TRACE)
    conversation.choose("across")
    assert lines(conversation) == ["across", "out a1", "out a", "and on", "in b", "in b1"]


def test_rule_2_a_way_between_inner_states_does_not_leave_the_outer_one() -> None:
    conversation = play(TRACE)
    conversation.choose("inside")
    assert lines(conversation) == ["inside", "out a1", "in a2"]


def test_rule_2_a_way_from_an_outer_state_inwards_does_not_leave_it() -> None:
    conversation = play(TRACE)
    conversation.choose("inside")
    conversation.choose("home")
    assert lines(conversation) == ["Home", "in a1"][1:]


def test_rule_2_a_way_to_the_same_state_leaves_it_and_enters_again() -> None:
    conversation = play(TRACE)
    conversation.choose("again")
    assert lines(conversation) == ["out a1", "in a1"]


def test_rule_2_a_way_to_an_outer_state_leaves_and_enters_it() -> None:
    conversation = play(TRACE)
    conversation.choose("inside")
    conversation.choose("restart")
    assert lines(conversation) == ["out a", "in a", "in a1"]


def test_rule_2_a_way_without_a_target_leaves_nothing() -> None:
    conversation = play(TRACE)
    conversation.choose("stay")
    assert lines(conversation) == ["staying"]


HISTORY = """
    states:
      story:
        states:
          one:
            choices: {next: {to: two}}
          two:
            states:
              two_a: {choices: {deeper: {to: two_b}}}
              two_b: {choices: {finish: {to: over}}}
          back: {type: history}
          exactly: {type: history, deep: true, default: two}
        choices:
          pause: {to: paused}
      paused:
        choices:
          resume: {to: back}
          resume_exactly: {to: exactly}
      over: {type: final, outcome: over}
    """


def test_rule_2_a_deep_history_comes_back_to_the_leaf() -> None:
    conversation = play(HISTORY)
    for choice in ("next", "deeper", "pause"):
        conversation.choose(choice)
    assert conversation.choose("resume_exactly").state == "two_b"


def test_rule_2_a_shallow_history_comes_back_to_the_inner_state_and_descends() -> None:
    conversation = play(HISTORY)
    for choice in ("next", "deeper", "pause"):
        conversation.choose(choice)
    assert conversation.choose("resume").state == "two_a"


def test_rule_2_a_history_with_nothing_to_remember_leads_to_its_default() -> None:
    body = HISTORY.replace("states:\n      story:", "initial: paused\n    states:\n      story:")
    assert play(body).choose("resume_exactly").state == "two_a"
    assert play(body).choose("resume").state == "one"


LOOP = """
    context:
      n: {type: int, min: 0, max: 5, initial: 0}
    states:
      a:
        choices:
          go: {do: n += 3, to: spin}
          end: {to: over}
      spin:
        always: {when: n >= 0, to: spin}
        choices: {end: {to: over}}
      over: {type: final, outcome: over}
    """


def test_rules_2_and_10_a_transition_that_fails_changes_nothing() -> None:
    conversation = play(LOOP)
    before = conversation.position
    with pytest.raises(RunawayError, match="loops at 'spin'"):
        conversation.choose("go")
    assert conversation.position is before
    assert conversation.choose("end").outcome == "over"


# Rule 3: run to completion


def test_rule_3_always_transitions_run_until_none_is_enabled() -> None:
    conversation = play("""
        context:
          n: {type: int, min: 0, max: 9, initial: 0}
        states:
          wait: {choices: {go: {to: count}}}
          count:
            always:
              - {when: n < 4, do: n += 1}
              - {to: done}
          done: {choices: {end: {to: over}}}
          over: {type: final, outcome: over}
        """)
    assert conversation.choose("go").state == "done"
    assert value(conversation, "n") == 4


# Rule 4: the engine's roles move first

PARTNER = """
    context:
      asked: {type: int, min: 0, max: 3, initial: 0}
    states:
      talk:
        choices:
          ask: {say: Why?, do: asked += 1}
          answer_kindly: {by: other, weight: 3, when: asked == 1, say: Because., do: asked += 1}
          answer_coldly: {by: other, weight: 1, when: asked == 1, say: You know., to: cold}
      cold: {choices: {end: {to: over}}}
      over: {type: final, outcome: over}
    choices:
      leave: {to: over}
    """


def test_rule_4_the_engine_answers_although_persons_have_choices() -> None:
    conversation = play(PARTNER)
    conversation.choose("ask")
    assert said(conversation)[1] in ("other: Because.", "other: You know.")
    assert all(choice.role == "you" for choice in conversation.turn.choices)


def test_rule_4_draws_go_by_weight() -> None:
    scenario = story(PARTNER)
    cold = sum(play(scenario, seed).choose("ask").state == "cold" for seed in range(2000))
    assert 400 < cold < 600  # one in four


def test_rule_4_a_weight_of_zero_is_never_drawn() -> None:
    scenario = story(PARTNER.replace("weight: 1", "weight: asked - 1"))
    assert all(play(scenario, seed).choose("ask").state == "talk" for seed in range(200))


def test_rule_4_a_person_in_the_engines_seat_is_asked() -> None:
    conversation = play(PARTNER, seats=["other"])
    turn = conversation.choose("ask")
    assert {choice.role for choice in turn.choices} == {"you", "other"}
    assert conversation.choose("answer_coldly", role="other").state == "cold"


def test_rule_4_a_rehearsal_says_what_is_drawn() -> None:
    for choice, state in (("answer_kindly", "talk"), ("answer_coldly", "cold")):
        assert play(PARTNER).choose("ask", draws=[choice]).state == state


def test_rule_4_what_cannot_be_drawn_is_refused_and_changes_nothing() -> None:
    conversation = play(PARTNER)
    before = conversation.position
    for draws in (["sing"], ["answer_kindly", "answer_kindly"]):
        with pytest.raises(DrawImpossible):
            conversation.choose("ask", draws=draws)
        assert conversation.position is before


def test_rule_4_nobody_else_can_take_the_engines_choice() -> None:
    with pytest.raises(UnknownChoice, match="the engine plays that role"):
        play(PARTNER).choose("answer_kindly")


# Rule 5: time is an argument

TIMED = """
    timers:
      break: 14d
    states:
      talk:
        choices:
          pause: {do: start(break), to: apart}
          listen: {to: listening}
      apart:
        after:
          break: {to: review}
          3d: {say: Three days of quiet.}
        choices:
          call: {to: listening}
      listening:
        choices:
          back: {to: apart}
          end: {to: over}
      review:
        entry: {say: Two weeks are over.}
        after:
          7d: {to: over}
        choices: {end: {to: over}}
      over: {type: final, outcome: over}
    """


def test_rule_5_a_deadline_fires_when_its_time_has_come_and_not_before() -> None:
    conversation = play(TIMED)
    conversation.choose("pause")
    assert conversation.wait("13d23h59m59s").state == "apart"
    assert conversation.wait("1s").state == "review"


def test_rule_5_deadlines_fire_in_order_of_due_time() -> None:
    conversation = play(TIMED)
    conversation.choose("pause")
    turn = conversation.wait("20d")
    assert [line.text for line in turn.lines] == ["Three days of quiet.", "Two weeks are over."]


def test_rule_5_late_deadlines_fire_as_if_in_time() -> None:
    conversation = play(TIMED)
    conversation.choose("pause")
    assert conversation.wait("21d").outcome == "over"  # 14 days, then 7, however late it is asked
    other = play(TIMED)
    other.choose("pause")
    assert other.wait("20d23h").state == "review"


def test_rule_5_a_due_deadline_fires_before_an_input_is_considered() -> None:
    scenario = story(TIMED)
    machine = scenario.machine
    step = heartline.start(machine, now=NOW)
    step = heartline.step(machine, step.snapshot, Choose("pause"), NOW)
    late = NOW + timedelta(days=15)
    step = heartline.step(machine, step.snapshot, Choose("end"), late)
    assert step.snapshot.state == "over"
    assert [taken.time for taken in step.taken] == [
        NOW + timedelta(days=3), NOW + timedelta(days=14), late,
    ]  # fmt: skip


def test_rule_5_an_expired_timer_that_nothing_handles_fires_on_entering_a_state_that_does() -> None:
    conversation = play(TIMED)
    conversation.choose("pause")
    conversation.choose("call")
    assert conversation.wait("30d").state == "listening"
    assert conversation.choose("back").state == "review"


def test_rule_5_a_delay_of_a_state_ends_with_the_visit() -> None:
    conversation = play(TIMED)
    conversation.choose("pause")
    conversation.wait("2d")
    conversation.choose("call")
    conversation.choose("back")
    assert [deadline.timer for deadline in conversation.turn.deadlines] == ["apart.3d", "break"]
    assert conversation.wait("2d").lines == ()
    assert said(conversation) == []
    assert [line.text for line in conversation.wait("1d").lines] == ["Three days of quiet."]


def test_rule_5_time_does_not_go_back() -> None:
    clock = ManualClock()
    conversation = story(TIMED).start(clock=clock)
    clock.advance(timedelta(days=10))
    conversation.choose("pause")
    clock.set(NOW)
    conversation.choose("call")
    assert conversation.turn.time == NOW + timedelta(days=10)


def test_rule_5_a_timer_started_again_runs_from_then_on() -> None:
    conversation = play("""
        timers: {soon: 5d}
        states:
          a:
            entry: {do: start(soon)}
            after: {soon: over}
            choices: {again: {do: start(soon)}, stop: {do: stop(soon)}, end: {to: over}}
          over: {type: final, outcome: over}
        """)
    conversation.wait("4d")
    first = conversation.turn.deadlines[0].generation
    conversation.choose("again")
    assert conversation.turn.deadlines[0].generation > first
    assert conversation.wait("4d").state == "a"
    conversation.choose("stop")
    assert conversation.turn.deadlines == ()
    assert conversation.wait("100d").state == "a"


def test_rule_5_too_many_deadlines_at_once_are_refused_and_nothing_is_lost() -> None:
    conversation = play("""
        states:
          tick: {after: {1s: tock}, choices: {end: {to: over}}}
          tock: {after: {1s: tick}}
          over: {type: final, outcome: over}
        """)
    assert conversation.wait("3s").state == "tock"
    with pytest.raises(RunawayError, match="wait for a shorter time"):
        conversation.wait("365d")
    assert conversation.wait("1s").state == "tick"


# Rule 6: an input names its turn


def test_rule_6_an_answer_to_an_older_turn_is_refused_and_changes_nothing() -> None:
    conversation = play(TIMED)
    conversation.choose("listen", turn=1)
    before = conversation.position
    with pytest.raises(StaleTurn, match="answers turn 1, but the conversation is at turn 2"):
        conversation.choose("back", turn=1)
    assert conversation.position is before


def test_rule_6_an_answer_that_a_deadline_overtook_is_refused() -> None:
    clock = ManualClock()
    conversation = story(TIMED).start(clock=clock)
    conversation.choose("pause")
    clock.advance(timedelta(days=14))
    with pytest.raises(StaleTurn, match="look at the present turn"):
        conversation.choose("call")
    assert conversation.turn.state == "review"


# Rule 7: the same again


def test_rule_7_the_same_snapshot_input_and_time_give_the_same_result() -> None:
    scenario = story(PARTNER)
    machine = scenario.machine
    begun = heartline.start(machine, seed=3, now=NOW).snapshot
    results = {heartline.step(machine, begun, Choose("ask"), NOW).snapshot for _ in range(5)}
    assert len(results) == 1


def test_rule_7_the_seed_decides_which_of_several_texts_is_said() -> None:
    scenario = story("""
        states:
          a:
            entry: {say: [{other: [one, two, three]}]}
            choices: {end: {to: over}}
          over: {type: final, outcome: over}
        """)
    heard = {said(play(scenario, seed))[0] for seed in range(60)}
    assert heard == {"other: one", "other: two", "other: three"}
    assert said(play(scenario, 5)) == said(play(scenario, 5))


# Rule 8: final means over


def test_rule_8_a_conversation_that_is_over_takes_no_input_and_no_deadline() -> None:
    conversation = play(TIMED)
    conversation.choose("pause")
    conversation.wait("14d")
    turn = conversation.choose("end")
    assert (turn.outcome, turn.choices, turn.deadlines) == ("over", (), ())
    with pytest.raises(ConversationOver, match=r"is over \(over\)"):
        conversation.choose("end")
    with pytest.raises(ConversationOver):
        conversation.send("ring")
    assert conversation.wait("100d").number == turn.number


# Rule 9: guards are pure, and explained

GUARDED = """
    context:
      heard: {type: int, min: 0, max: 3, initial: 1}
      secret: {type: bool, initial: false, hidden: true}
    guards:
      ready: {when: heard >= 2, why: You have not listened enough.}
    states:
      talk:
        choices:
          listen: {do: heard += 1}
          ask: {when: heard >= 2, to: over}
          ask_named: {when: ready, to: over}
          ask_why: {when: heard >= 2, why: "Not before {other} feels heard.", to: over}
          ask_secret: {when: secret, to: over}
          ask_unseen: {when: heard >= 2, if_closed: hide, to: over}
          once: {once: true}
      over: {type: final, outcome: over}
    """


def test_rule_9_asking_changes_nothing() -> None:
    conversation = play(GUARDED)
    before = conversation.position
    for choice in ("ask", "listen", "ask_secret"):
        conversation.explain(choice)
    assert conversation.turn == conversation.turn
    assert conversation.position is before


def reason(conversation: heartline.Conversation, choice: str) -> str:
    found = conversation.turn.find(choice)
    assert not found.enabled
    assert found.reason is not None
    return found.reason


def test_rule_9_a_closed_choice_is_shown_with_what_it_needs() -> None:
    conversation = play(GUARDED)
    assert "heard" in reason(conversation, "ask")
    assert "2" in reason(conversation, "ask")
    assert reason(conversation, "ask_named") == "You have not listened enough."
    assert reason(conversation, "ask_why") == "Not before Kim feels heard."


def test_rule_9_a_hidden_variable_is_never_shown() -> None:
    conversation = play(GUARDED)
    assert "secret" not in reason(conversation, "ask_secret")
    assert "secret" in conversation.explain("ask_secret", reveal_hidden=True).text


def test_rule_9_a_closed_choice_can_be_kept_out_of_sight() -> None:
    conversation = play(GUARDED)
    shown = [choice.id for choice in conversation.turn.choices]
    assert "ask_unseen" not in shown
    assert "ask_unseen" in [choice.id for choice in conversation.choose("listen").choices]


def test_rule_9_a_choice_that_is_taken_once_is_closed_then() -> None:
    conversation = play(GUARDED)
    conversation.choose("once")
    assert not conversation.turn.find("once").enabled
    with pytest.raises(ChoiceClosed):
        conversation.choose("once")


# Rule 10: nothing is lost


def test_rule_10_each_refusal_is_a_typed_error_and_the_snapshot_is_as_before() -> None:
    conversation = play(GUARDED)
    before = conversation.position
    with pytest.raises(UnknownChoice, match="did you mean 'listen'"):
        conversation.choose("listn")
    with pytest.raises(ChoiceClosed, match="'ask_why' cannot be chosen now: Not before Kim"):
        conversation.choose("ask_why")
    with pytest.raises(UnknownEvent, match="takes an event 'ring'"):
        conversation.send("ring")
    assert conversation.position is before


def test_rule_10_an_event_whose_guard_is_closed_says_so() -> None:
    conversation = play("""
        context: {open: {type: bool, initial: false}}
        states:
          a:
            events: {ring: {when: open, to: over}}
            choices: {unlock: {do: open = true}}
          over: {type: final, outcome: over}
        """)
    with pytest.raises(UnknownEvent, match="does not take 'ring' now"):
        conversation.send("ring")
    conversation.choose("unlock")
    assert conversation.send("ring").outcome == "over"


def test_a_step_refuses_what_is_no_input_and_a_moment_without_a_zone() -> None:
    machine = story(GUARDED).machine
    begun = heartline.start(machine, now=NOW).snapshot
    with pytest.raises(TypeError, match="Choose, Send or Tick"):
        heartline.step(machine, begun, "ask", NOW)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time zone"):
        heartline.step(machine, begun, Tick(), datetime(2026, 1, 5))  # noqa: DTZ001
    assert heartline.step(machine, begun, Tick(), NOW).snapshot is begun
    with pytest.raises(UnknownEvent):
        heartline.step(machine, begun, Send("ring"), NOW)
