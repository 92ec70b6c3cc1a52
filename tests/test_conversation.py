"""The shell for embedders: clocks, undo, snapshots that are stored and gone on with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from harness import HEAD, enabled, play, said, story, value
from heartline import (
    CallerError,
    Conversation,
    InputError,
    ManualClock,
    NothingToUndo,
    Scenario,
    ScenarioError,
    SnapshotDamaged,
    SnapshotMismatch,
    SystemClock,
    UnknownChoice,
    loads,
)
from heartline.text import clean_text

BODY = """
    context:
      name: {type: text, initial: Robin, max_length: 10, input: true, kept_for: To call you.}
      trust: {type: int, min: 0, max: 6, initial: 2, input: true, title: Trust}
      mood: {type: enum, values: [low, high], initial: low, input: true}
      open: {type: bool, initial: false, input: true}
      length: {type: duration, values: [1d, 14d], initial: 14d, input: true}
      secret: {type: int, min: 0, max: 9, initial: 0, hidden: true}
    timers:
      break: {length: length, title: the break}
    states:
      story:
        states:
          talk:
            entry: {say: [{other: "Hello, {name}.", visit: first}, {other: "Again.", visit: later}]}
            choices:
              trust_more: {do: [trust += 1, secret += 1]}
              pause: {do: start(break), to: apart}
          apart:
            after: {break: talk}
            choices: {back: {once: true, to: talk}}
          resume: {type: history, deep: true}
        choices: {care: {to: care}}
      care: {choices: {return: {to: resume}}}
      over: {type: final, outcome: over}
    choices: {leave: {to: over}}
    """


@pytest.fixture
def scenario() -> Scenario:
    return story(BODY)


@pytest.fixture
def conversation(scenario: Scenario) -> Conversation:
    return scenario.start(clock=ManualClock())


# Starting ---------------------------------------------------------------------------------------


def test_inputs_are_set_at_the_start_also_as_people_type_them(scenario: Scenario) -> None:
    begun = scenario.start(name=" Kim\n Lee ", trust="5", mood="high", open="yes", length="1d")
    assert [value(begun, name) for name in ("name", "trust", "mood", "open", "length")] == [
        "Kim Lee", 5, "high", True, timedelta(days=1),
    ]  # fmt: skip
    assert said(begun) == ["other: Hello, Kim Lee."]
    assert value(scenario.start(open=True), "open") is True


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"trusst": 1}, "did you mean 'trust'"),
        ({"secret": 1}, "'secret' is not an input"),
        ({"trust": 7}, "trust is a whole number from 0 to 6, not '7'"),
        ({"trust": "two"}, "trust is a whole number from 0 to 6"),
        ({"trust": True}, "trust is a whole number from 0 to 6"),
        ({"mood": "hgh"}, "mood is one of low, high, not 'hgh'; did you mean 'high'"),
        ({"open": "perhaps"}, "open is true or false"),
        ({"length": "2d"}, "length is one of 1d, 14d, not '2d'"),
        ({"length": "soon"}, "length is one of 1d, 14d"),
        ({"name": 3}, "name is a text, not '3': write it in quotes"),
        ({"name": " "}, "name cannot be empty; leave it out, and it is 'Robin'"),
        ({"seed": "x"}, "The seed is a whole number, not 'x'"),
        ({"mood": 3}, "mood is one of low, high, not '3'"),
        ({"trust": 10**5000}, "not a number of thousands of digits"),
        ({"name": "x" * 11}, "10 is the most"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(
    scenario: Scenario, inputs: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        scenario.start(**inputs)
    assert sentence in str(caught.value)


def test_an_input_may_be_called_like_an_argument() -> None:
    scenario = story("""
        context: {seed: {type: int, min: 0, max: 9, initial: 1, input: true}}
        states:
          a: {choices: {end: {when: seed > 1, to: over}}}
          over: {type: final, outcome: over}
        choices: {leave: {to: over}}
        """)
    assert enabled(scenario.start({"seed": 2}, seed=5)) == ["end", "leave"]


def test_a_seat_that_does_not_exist_is_refused(scenario: Scenario) -> None:
    with pytest.raises(InputError, match="did you mean 'other'"):
        scenario.start(seats=["othr"])


def test_a_scenario_tells_what_it_is(scenario: Scenario) -> None:
    assert (scenario.id, scenario.version, scenario.title) == ("story", "1.0.0", "A story")
    assert list(scenario.inputs) == ["name", "trust", "mood", "open", "length"]


def test_a_file_with_faults_cannot_be_loaded_and_all_of_them_are_told() -> None:
    with pytest.raises(
        ScenarioError, match=r"^The scenario cannot be used: story.yaml:.*\(and 1 more\)"
    ) as caught:
        loads(
            HEAD + "states:\n  a: {choices: {x: {to: b}, y: {when: c}}}\n"
            "  d: {type: final, outcome: e}\n",
            "story.yaml",
        )
    assert [found.code for found in caught.value.diagnostics] == ["HL301", "HL302"]


# Turns ------------------------------------------------------------------------------------------


def test_a_turn_shows_what_changed_but_nothing_hidden(conversation: Conversation) -> None:
    turn = conversation.choose("trust_more")
    assert [(c.name, c.title, c.before, c.after) for c in turn.changes] == [
        ("trust", "Trust", 2, 3)
    ]


def test_a_turn_tells_what_runs_out_and_when(conversation: Conversation) -> None:
    conversation.choose("pause")
    conversation.wait("4d")
    conversation.choose("care")
    (deadline,) = conversation.turn.deadlines
    assert deadline.title == "the break"
    assert deadline.due == datetime(2026, 1, 19, 9, 0, tzinfo=UTC)
    assert deadline.left == timedelta(days=10)


def test_lines_differ_between_the_first_visit_and_later_ones(conversation: Conversation) -> None:
    assert said(conversation) == ["other: Hello, Robin."]
    conversation.choose("pause")
    conversation.choose("back")
    assert said(conversation) == ["other: Again."]


def test_a_choice_is_found_by_number_id_or_prefix(conversation: Conversation) -> None:
    turn = conversation.turn
    assert turn.find("1").id == "trust_more"
    assert turn.find("pause").id == "pause"
    assert turn.find(" tru ").id == "trust_more"
    for words, sentence in (
        ("9", "they go from 1 to 4"),
        ("0", "they go from 1 to 4"),
        ("trustmore", "did you mean 'trust_more'"),
        ("zzz", "by its number or its name"),
        ("", "There is no choice"),
    ):
        with pytest.raises(UnknownChoice) as caught:
            turn.find(words)
        assert sentence in str(caught.value)
    with pytest.raises(UnknownChoice, match="could be any of"):
        play("""
            states: {a: {choices: {ask_one: {}, ask_two: {}, end: {to: z}}},
                     z: {type: final, outcome: z}}
            """).turn.find("ask")


def test_a_role_sees_its_own_choices_and_no_line_meant_for_another() -> None:
    conversation = play(
        """
        states:
          a:
            entry: {say: [{other: To you., only_to: you}, {you: To them., only_to: other}, All.]}
            choices: {mine: {to: z}, theirs: {by: other, to: z}}
          z: {type: final, outcome: z}
        """,
        seats=["other"],
    )
    mine, theirs = conversation.turn.seen_by("you"), conversation.turn.seen_by("other")
    assert ([x.text for x in mine.lines], [x.id for x in mine.choices]) == (
        ["To you.", "All."],
        ["mine"],
    )
    assert [x.text for x in theirs.lines] == ["To them.", "All."]
    assert [x.id for x in theirs.choices] == ["theirs"]


def test_what_is_no_choice_and_no_turn_is_refused_in_a_sentence(
    conversation: Conversation,
) -> None:
    with pytest.raises(CallerError, match="A turn is named by its number, such as 1, not by '1'"):
        conversation.choose("pause", turn="1")  # type: ignore[arg-type]
    with pytest.raises(UnknownChoice, match="A choice is named by its id, not by 1"):
        conversation.choose(1)  # type: ignore[arg-type]


def test_a_choice_that_is_used_up_says_so_whatever_else_it_needs() -> None:
    begun = play("""
        context: {n: {type: int, min: 0, max: 3, initial: 0}}
        states:
          a:
            choices:
              ask: {once: true, when: n < 1, why: Not now., do: n += 1}
              end: {to: over}
          over: {type: final, outcome: over}
        """)
    begun.choose("ask")
    assert begun.turn.find("ask").reason == "this has been done already"


# Time -------------------------------------------------------------------------------------------


def test_waiting_without_a_duration_goes_to_the_next_deadline(conversation: Conversation) -> None:
    conversation.choose("pause")
    assert conversation.wait().state == "talk"
    with pytest.raises(CallerError, match="Nothing is running out"):
        conversation.wait()


@pytest.mark.parametrize("duration", ["-3d", "soon", "3", "99999999999d", timedelta(days=-1), 14])
def test_a_wait_that_is_no_duration_is_refused(conversation: Conversation, duration: Any) -> None:
    before = conversation.clock.now()
    with pytest.raises(CallerError):
        conversation.wait(duration)
    assert conversation.clock.now() == before


def test_the_clock_stops_at_the_end_of_the_calendar(conversation: Conversation) -> None:
    for _ in range(79):
        conversation.wait(timedelta(days=36_500))
    with pytest.raises(CallerError, match="year 9999"):
        conversation.wait(timedelta(days=80_000_0))
    conversation.choose("pause")
    assert conversation.turn.deadlines[0].due.year <= 9999


def test_a_clock_is_set_to_a_moment_with_a_zone() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        ManualClock(datetime(2026, 1, 5))  # noqa: DTZ001


def test_the_machines_clock_cannot_be_moved(scenario: Scenario) -> None:
    begun = scenario.start()
    assert isinstance(begun.clock, SystemClock)
    with pytest.raises(CallerError, match="cannot be moved"):
        begun.wait("1d")
    assert begun.tick().number == 1


# Undo -------------------------------------------------------------------------------------------


def test_undo_goes_back_a_turn_with_all_that_was_shown(conversation: Conversation) -> None:
    first = conversation.turn
    conversation.choose("pause")
    conversation.wait("14d")
    assert conversation.undo().state == "apart"
    assert conversation.clock.now() == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert conversation.undo() == first
    with pytest.raises(NothingToUndo, match="first turn"):
        conversation.undo()


def test_undo_on_another_clock_gives_back_the_time_that_was_left(scenario: Scenario) -> None:
    class Wall:
        moment = datetime(2026, 1, 5, tzinfo=UTC)

        def now(self) -> datetime:
            return self.moment

    wall = Wall()
    begun = scenario.start(clock=wall)
    begun.choose("pause")
    wall.moment += timedelta(days=13)
    begun.choose("back")
    wall.moment += timedelta(days=5)
    assert begun.undo().deadlines[0].left == timedelta(days=14)


def test_undo_has_a_depth(scenario: Scenario) -> None:
    begun = scenario.start(undo_depth=2)
    for _ in range(4):
        begun.choose("trust_more")
    begun.undo()
    assert begun.undo().number == 3
    with pytest.raises(NothingToUndo):
        begun.undo()
    without = scenario.start(undo_depth=0)
    without.choose("trust_more")
    with pytest.raises(NothingToUndo, match="undo_depth=50"):
        without.undo()


# Snapshots --------------------------------------------------------------------------------------


def through_json(scenario: Scenario, conversation: Conversation) -> Conversation:
    data = json.loads(json.dumps(conversation.snapshot()))
    return scenario.resume(data, clock=ManualClock(conversation.clock.now()))


def test_a_conversation_goes_on_from_its_snapshot_as_if_nothing_had_been(
    scenario: Scenario,
) -> None:
    live = scenario.start(clock=ManualClock(), name="Kim", seed=9)
    stored = through_json(scenario, live)
    for choice in ("trust_more", "pause", "care", "return", "back", "pause"):
        live.choose(choice)
        stored.choose(choice)
        assert stored.turn == live.turn
        stored = through_json(scenario, stored)
        assert stored.position == live.position
    assert enabled(stored) == enabled(live)
    assert "back" not in enabled(stored)
    live.choose("care")
    live.wait("20d")
    stored = through_json(scenario, live)
    assert stored.position == live.position
    assert stored.choose("return").state == "talk"


def snapshot(scenario: Scenario) -> dict[str, Any]:
    begun = scenario.start(clock=ManualClock())
    begun.choose("trust_more")
    begun.choose("pause")
    begun.choose("care")
    return begun.snapshot()


def test_a_snapshot_names_what_it_holds_and_nothing_that_is_as_at_first(scenario: Scenario) -> None:
    data = snapshot(scenario)
    assert data["state"] == "care"
    assert data["context"] == {"trust": 3, "secret": 1}
    assert data["timers"]["break"]["due"] == "2026-01-19T09:00:00Z"
    assert data["history"] == {"resume": "apart"}


@pytest.mark.parametrize(
    "change",
    [
        {"heartline_snapshot": 2}, {"heartline_snapshot": None}, {"state": "nowhere"}, {"state": 3},
        {"context": {"trust": 99}}, {"context": {"trust": "3"}}, {"context": {"truth": 1}},
        {"context": {"open": 1}}, {"context": {"mood": "odd"}}, {"context": {"length": "2d"}},
        {"context": {"length": "x"}}, {"context": {"name": "x" * 90}}, {"context": []},
        {"timers": {"break": {"is": "running"}}}, {"timers": {"break": {"is": "odd"}}},
        {"timers": {"break": "running"}}, {"timers": {"other": {"is": "handled"}}},
        {"timers": {"break": {"is": "pending"}}}, {"pending": ["break"]},
        {"timers": {"break": {"is": "running", "generation": 1, "due": "soon"}}},
        {"timers": {"break": {"is": "running", "generation": 1, "due": "2026-01-19T09:00:00"}}},
        {"timers": {"break": {"is": "running", "generation": 7, "due": "2026-01-19T09:00:00Z"}}},
        {"counts": {"visits talk": 99}}, {"counts": {"visits": 1}}, {"counts": {"other talk": 1}},
        {"history": {"resume": "nowhere"}}, {"history": {"other": "talk"}}, {"persons": ["nobody"]},
        {"history": {"resume": []}}, {"history": {"resume": "care"}}, {"persons": [[]]},
        {"time": "0001-01-01T00:00:00+14:00"}, {"context": {"trust": 10**5000}},
        {"context": {"name": "\x1b[2J"}}, {"context": {"name": "two\nlines"}},
        {"context": {"name": 3}}, {"context": {"length": 3}}, {"heartline_snapshot": True},
        {"seed": -1}, {"seed": True}, {"turn": 1 << 70}, {"time": "yesterday"}, {"time": 5},
    ],
)  # fmt: skip
def test_a_damaged_snapshot_is_refused(scenario: Scenario, change: dict[str, Any]) -> None:
    with pytest.raises(SnapshotDamaged):
        scenario.resume(snapshot(scenario) | change)


def test_a_snapshot_that_is_not_whole_is_refused(scenario: Scenario) -> None:
    for name in snapshot(scenario):
        data = snapshot(scenario)
        del data[name]
        with pytest.raises(SnapshotDamaged):
            scenario.resume(data)
    for data in (None, [], "x", 3):
        with pytest.raises(SnapshotDamaged):
            scenario.resume(data)


def test_a_snapshot_of_another_scenario_is_refused(scenario: Scenario) -> None:
    other = loads(HEAD.replace("id: story", "id: other") + dedent(BODY))
    with pytest.raises(SnapshotMismatch, match="belongs to the scenario 'story'"):
        other.resume(snapshot(scenario))


def edited(old: str, new: str) -> Scenario:
    assert old in BODY
    return story(BODY.replace(old, new))


def test_a_snapshot_of_another_structure_is_refused_with_what_differs(scenario: Scenario) -> None:
    renamed = story(
        BODY.replace("care: {choices:", "help: {choices:").replace("to: care", "to: help")
    )
    with pytest.raises(SnapshotMismatch, match="there is no state 'care' any more") as caught:
        renamed.resume(snapshot(scenario))
    assert len(caught.value.differences) == 1


def test_words_may_change_under_a_conversation(scenario: Scenario) -> None:
    reworded = edited("Hello, {name}.", "Good morning, {name}.")
    assert reworded.resume(snapshot(scenario)).turn.state == "care"


def test_a_change_of_structure_is_never_silent(scenario: Scenario) -> None:
    stricter = edited("once: true, to: talk", "to: talk")
    with pytest.raises(SnapshotMismatch, match="whose structure is not that"):
        stricter.resume(snapshot(scenario))


def test_an_edited_scenario_adopts_a_conversation_where_it_can(scenario: Scenario) -> None:
    wider = edited("trust_more: {do:", "more: {}\n              trust_more: {do:")
    adopted = wider.adopt(snapshot(scenario), clock=ManualClock())
    assert adopted.turn.state == "care"
    assert adopted.choose("return").state == "apart"
    assert value(adopted, "trust") == 3


def test_an_edited_scenario_cannot_adopt_what_it_has_no_variable_for(scenario: Scenario) -> None:
    without = story(
        BODY.replace("      secret: {type: int, min: 0, max: 9, initial: 0, hidden: true}\n", "")
        .replace("[trust += 1, secret += 1]", "trust += 1")
    )  # fmt: skip
    with pytest.raises(SnapshotMismatch, match="no variable 'secret' any more"):
        without.adopt(snapshot(scenario))


def test_an_edited_scenario_says_why_it_cannot_adopt(scenario: Scenario) -> None:
    narrower = edited("min: 0, max: 6, initial: 2", "min: 0, max: 2, initial: 2")
    with pytest.raises(SnapshotMismatch) as caught:
        narrower.adopt(snapshot(scenario))
    assert caught.value.differences == ("trust cannot be '3' any more",)


def test_an_adopted_conversation_forgets_what_nothing_asks_for_any_more(
    scenario: Scenario,
) -> None:
    begun = scenario.start(clock=ManualClock())
    for choice in ("pause", "back", "care", "return", "pause"):
        begun.choose(choice)
    begun.wait("14d")  # the timer is handled, and the history no longer of use
    data = begun.snapshot()
    assert data["counts"] == {"taken back": 1, "visits talk": 2}
    plain = BODY.replace("          resume: {type: history, deep: true}\n", "")
    plain = plain.replace("{to: resume}", "{to: talk}").replace("once: true, ", "")
    plain = plain.replace("    timers:\n      break: {length: length, title: the break}\n", "")
    plain = plain.replace("do: start(break), ", "").replace("after: {break: talk}", "tags: [still]")
    adopted = story(plain).adopt(data, clock=ManualClock())
    assert adopted.snapshot()["counts"] == {"visits talk": 2}
    assert adopted.choose("pause").state == "apart"


def test_a_count_that_now_stops_earlier_is_adopted(scenario: Scenario) -> None:
    counted = edited("{do: [trust += 1,", "{when: count(talk) < 9, do: [trust += 1,")
    begun = counted.start(clock=ManualClock())
    for _ in range(4):
        begun.choose("pause")
        begun.wait("14d")
    assert begun.snapshot()["counts"]["visits talk"] == 5
    assert scenario.adopt(begun.snapshot()).snapshot()["counts"]["visits talk"] == 2


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"history": {"resume": "distant"}}, "there is no state 'distant' any more to come back"),
        ({"persons": ["third"]}, "there is no role 'third' any more"),
        ({"timers": {"apart.9d": {"is": "pending"}}, "pending": ["apart.9d"]}, "timer 'apart.9d'"),
        ({"scenario": "earlier"}, "the scenario is now called 'story'"),
    ],
)
def test_an_edited_scenario_names_what_the_conversation_still_needs(
    scenario: Scenario, changes: dict[str, Any], difference: str
) -> None:
    with pytest.raises(SnapshotMismatch, match=difference):
        scenario.adopt(snapshot(scenario) | changes)


def test_a_story_that_is_ahead_of_its_new_clock_goes_on_from_its_own_time(
    scenario: Scenario,
) -> None:
    begun = scenario.start(clock=ManualClock(datetime(2027, 2, 28, tzinfo=UTC)))
    begun.choose("pause")
    resumed = scenario.resume(begun.snapshot(), clock=ManualClock())
    assert resumed.wait("13d").state == "apart"
    assert resumed.wait("1d").state == "talk"
    assert resumed.turn.time == datetime(2027, 3, 14, tzinfo=UTC)


@given(st.text(max_size=30))
@example("e\u200b\u0301")  # what is left out stood between a letter and its accent
@example("{partner} \u202eolleh\u202c \U0001f469\u200d\U0001f467")
def test_whatever_was_typed_can_be_stored_and_gone_on_with(typed: str) -> None:
    scenario = story(BODY.replace("max_length: 10", "max_length: 200"))
    assume(clean_text(typed, 200))  # nothing at all is refused
    begun = scenario.start(name=typed)
    data = json.loads(json.dumps(begun.snapshot()))
    assert scenario.resume(data).position == begun.position


def test_a_stored_snapshot_is_small(scenario: Scenario) -> None:
    assert len(json.dumps(snapshot(scenario))) < 4096


def test_nobody_is_told_what_others_could_choose() -> None:
    conversation = play(
        """\
        states:
          talk:
            choices:
              mine: {say: Mine.}
              theirs: {by: other, say: Theirs.}
        """,
        seats=["other"],
    )
    with pytest.raises(UnknownChoice, match="did you mean 'theirs'"):
        conversation.choose("theirz")
    with pytest.raises(UnknownChoice, match=r"There is no choice 'theirz' in 'talk'\.$"):
        conversation.choose("theirz", role="you")


SECRETS = """
    context: {ready: {type: bool, initial: false}}
    states:
      talk:
        choices:
          mine: {say: Mine.}
          open: {by: other, say: It is open., unless}
          closed: {by: other, say: It is closed., when: ready}
          hidden: {by: other, say: It is hidden., when: ready, if_closed: hide}
    """


@pytest.mark.parametrize("choice", ["open", "closed", "hidden", "nothing"])
def test_what_others_could_choose_is_answered_like_what_there_is_not(choice: str) -> None:
    """Or who tries its name again and again would learn when it opens."""
    conversation = play(SECRETS.replace(", unless", ""), seats=["other"])
    with pytest.raises(UnknownChoice) as refused:
        conversation.choose(choice, role="you")
    assert str(refused.value) == f"There is no choice {choice!r} in 'talk'."


def test_so_is_what_the_engine_could_choose() -> None:
    conversation = play(SECRETS.replace("unless", "when: ready"))
    with pytest.raises(UnknownChoice, match=r"^There is no choice 'closed' in 'talk'\.$"):
        conversation.choose("closed", role="you")
    with pytest.raises(UnknownChoice, match="is for 'other' to choose, and the engine plays that"):
        conversation.choose("closed")  # whoever asks for nobody may see everything
