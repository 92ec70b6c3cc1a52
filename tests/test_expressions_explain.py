"""Why a guard does not hold, as players read it and as authors do."""

from __future__ import annotations

from typing import Any

import pytest

from expression_world import LAYOUT, frame, tree, world
from harness import play
from heartline.expressions import BOOL, Explanation, Guard, Symbol, explain, parse_property


def why(source: str, reveal_hidden: bool = False, **changes: Any) -> Explanation:
    return explain(tree(source), frame(**changes), LAYOUT, reveal_hidden=reveal_hidden)


@pytest.mark.parametrize(
    ("source", "text", "exact"),
    [
        ("heard >= 2", "needs heard to be at least 2; it is 1", "heard >= 2, it is 1"),
        ("2 < heard", "needs heard to be more than 2; it is 1", "heard > 2, it is 1"),
        ("heard == 3", "needs heard to be 3; it is 1", "heard == 3, it is 1"),
        ("heard != 1", "needs heard to be other than 1; it is 1", "heard != 1, it is 1"),
        ("not heard <= 2", "needs heard to be more than 2; it is 1", "heard > 2, it is 1"),
        ("trust >= 4", "needs “their trust” to be at least 4; it is 0", "trust >= 4, it is 0"),
        (
            "heard + trust > 3",
            "needs heard + trust to be more than 3; it is 1",
            "heard + trust > 3, it is 1",
        ),
        (
            "trust >= heard",
            "needs “their trust” to be at least heard; they are 0 and 1",
            "trust >= heard, 0 and 1",
        ),
        (
            "heard != heard",
            "needs heard to differ from heard; both are 1",
            "heard != heard, 1 and 1",
        ),
        ("repair", "needs “making it good” to be true; it is false", "repair, it is false"),
        ("not regret", "needs regret to be false; it is true", "not regret, it is true"),
        ("regret == false", "needs regret to be false; it is true", "not regret, it is true"),
        (
            "true == repair",
            "needs “making it good” to be true; it is false",
            "repair, it is false",
        ),
        (
            "repair == regret",
            "needs “making it good” to be the same as regret; they are false and true",
            "repair == regret, false and true",
        ),
        (
            "been_heard == regret",
            "needs “been heard” to be the same as regret; they are false and true",
            "been_heard == regret, false and true",
        ),
        (
            'mood == "calm"',
            "needs mood to be calm; it is “very sad”",
            'mood == "calm", it is "sad"',
        ),
        (
            'mood not in ("sad", "angry")',
            "needs mood to be other than “very sad” or angry; it is “very sad”",
            'mood not in ("sad", "angry"), it is "sad"',
        ),
        (
            "not heard not in (2, 3)",
            "needs heard to be 2 or 3; it is 1",
            "heard in (2, 3), it is 1",
        ),
        (
            "break_length < 2w",
            "needs break length to be less than two weeks; it is four weeks",
            "break_length < 14d, it is 28d",
        ),
        (
            "how_many(regret, repair, at(talk)) > 2",
            "needs at least 3 of regret, “making it good” and at(talk); so far 2",
            "how_many(regret, repair, at(talk)) > 2, it is 2",
        ),
        (
            "how_many(regret, repair) == 0",
            "needs how_many(regret, repair) to be 0; it is 1",
            "how_many(regret, repair) == 0, it is 1",
        ),
        ("false", "this is never open", "false"),
    ],
)
def test_a_condition_says_what_it_needs_and_how_it_stands(
    source: str, text: str, exact: str
) -> None:
    found = why(source)
    assert (found.holds, found.text, found.exact) == (False, text, exact)


@pytest.mark.parametrize(
    ("source", "stands", "text"),
    [
        ("expired(break)", 0, "needs the break to be over; it is not running"),
        ("expired(break)", 1, "the break is still running"),
        ("not expired(break)", 2, "the break is over"),
        ("running(break)", 0, "the break is not running"),
        ("running(break)", 3, "the break is over"),
        ("not running(break)", 1, "the break is still running"),
    ],
)
def test_a_timer_says_how_it_stands(source: str, stands: int, text: str) -> None:
    assert why(source, timer__break=stands).text == text


def test_the_exact_form_says_what_a_timer_is() -> None:
    assert why("expired(break)", timer__break=0).exact == "expired(break), it is off"
    assert why("not expired(break)", timer__break=3).exact == "not expired(break), it has run out"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("visited(space)", "needs “space” to be entered first"),
        ("not visited(talk)", "“talk” has been entered already"),
        ("chosen(threaten)", "needs “threaten” to be chosen first"),
        ("not chosen(ask_why)", "“ask why” has been chosen already"),
        ("count(ask_why) >= 2", "needs “ask why” to be chosen at least twice; so far once"),
        ("count(space) > 3", "needs “space” to be entered more than 3 times; so far never"),
        ("count(ask_why) < 1", "“ask why” has been chosen too often already"),
        ("count(ask_why) == 0", "“ask why” has been chosen too often already"),
        ("count(ask_why) != 1", "needs how often “ask why” was chosen to be other than 1; it is 1"),
        (
            "count(talk) > count(ask_why)",
            (
                "needs how often “talk” was entered to be more than how often “ask why” was "
                "chosen; both are 1"
            ),
        ),
        ("at(space)", "needs to be in “space”"),
        ("not at(talk)", "this is not open in “talk”"),
        ("tag(quiet)", "needs to be in a state marked quiet"),
    ],
)
def test_the_way_so_far_is_told_in_words(source: str, text: str) -> None:
    assert why(source).text == text


def test_titles_stand_in_for_names() -> None:
    titles: dict[Symbol, str] = {
        ("timer", "break"): "your time apart",
        ("taken", "ask_why"): "Why?",
    }
    guard = tree("expired(break) and count(ask_why) >= 2")
    assert explain(guard, frame(), LAYOUT, titles=titles).text == (
        "needs “Why?” to be chosen at least twice (so far once); your time apart is still running"
    )


def test_of_several_needs_only_those_are_told_that_are_not_met() -> None:
    found = why("heard >= 1 and trust >= 2 and regret")
    assert found.text == "needs “their trust” to be at least 2; it is 0"


def test_several_unmet_needs_are_told_together() -> None:
    found = why("heard >= 2 and trust >= 2 and expired(break)")
    assert found.text == (
        "needs heard to be at least 2 (it is 1) and “their trust” to be at least 2 (it is 0); "
        "the break is still running"
    )
    assert found.exact == (
        "(heard >= 2, it is 1) and (trust >= 2, it is 0) and (expired(break), it is running)"
    )
    assert [clause.text for clause in found.clauses] == [
        "needs heard to be at least 2; it is 1",
        "needs “their trust” to be at least 2; it is 0",
        "the break is still running",
    ]


def test_of_a_chain_only_the_link_is_told_that_fails() -> None:
    assert why("1 < heard <= 3").text == "needs heard to be more than 1; it is 1"


def test_where_one_of_several_would_do_all_are_told() -> None:
    assert why("heard >= 2 or expired(break)").text == (
        "needs either heard to be at least 2 (it is 1) or the break to be over"
    )
    assert why("repair or repair").text == "needs “making it good” to be true; it is false"


def test_alternatives_within_alternatives_are_told_as_one_list() -> None:
    assert why("(heard == 2 or heard == 3) or not (regret and at(talk))").text == (
        "needs either heard to be 2 (it is 1), heard to be 3 (it is 1), "
        "regret to be false (it is true) or to be out of “talk”"
    )


def test_truths_are_told_together() -> None:
    changes = {"regret": False, "at_fault": False}
    assert why("regret or repair or heard >= 2 or at_fault", **changes).text == (
        "needs either regret, “making it good” or at fault to be true "
        "or heard to be at least 2 (it is 1)"
    )
    assert (
        why("regret and repair", **changes).text == "needs regret and “making it good” to be true"
    )


def test_needs_within_needs_are_told_as_one_list() -> None:
    found = why("(heard >= 2 and regret) and not (at_fault or running(break))")
    assert found.text == (
        "needs heard to be at least 2 (it is 1) and at fault to be false (it is true); "
        "the break is still running"
    )
    assert len(found.clauses) == 3


def test_alternatives_of_several_parts_are_set_apart() -> None:
    assert why("heard >= 2 and trust >= 2 or repair").text == (
        "needs either heard to be at least 2 (it is 1) and “their trust” to be at least 2 "
        "(it is 0), or “making it good” to be true (it is false)"
    )


def test_not_turns_what_is_inside_around() -> None:
    assert why("not (regret or heard == 1)").text == (
        "needs regret to be false (it is true) and heard to be other than 1 (it is 1)"
    )
    assert why("not (regret and heard == 1)").text == (
        "needs either regret to be false (it is true) or heard to be other than 1 (it is 1)"
    )


def test_of_a_conditional_the_branch_is_told_that_counts_now() -> None:
    assert why("repair if regret else heard >= 2").text == (
        "needs “making it good” to be true; it is false"
    )
    assert why("heard >= 1 if repair else heard >= 2").text == (
        "needs heard to be at least 2; it is 1"
    )
    assert why("false if regret else true").text == "needs regret to be false; it is true"
    assert (
        why("regret if forced else repair").text == "something that does not show stands in the way"
    )


def test_a_guard_with_a_sentence_is_told_by_it() -> None:
    found = why("been_heard")
    assert found.text == "They need to feel heard first."
    assert found.exact == "been_heard: heard >= 2, it is 1"
    assert [clause.text for clause in found.clauses] == ["needs heard to be at least 2; it is 1"]


def test_a_guard_without_one_is_told_by_what_it_holds() -> None:
    assert why("break_over").text == "the break is still running"
    assert why("not been_heard", heard=2).text == "needs heard to be less than 2; it is 2"


def test_sentences_of_the_author_come_first() -> None:
    assert why("repair and been_heard").text == (
        "They need to feel heard first. Also: needs “making it good” to be true (it is false)"
    )
    assert why("decided_now and been_heard", leave=0).text == (
        "They have made up their mind. They need to feel heard first."
    )


def test_among_alternatives_a_guard_with_a_sentence_is_told_by_its_name() -> None:
    assert why("been_heard or expired(break)").text == (
        "needs either “been heard” to hold, or the break to be over"
    )


def test_a_guard_that_holds_is_not_in_the_way() -> None:
    assert why("heard >= 1") == Explanation(True, "nothing stands in the way", "heard >= 1")


# Hidden variables -----------------------------------------------------------------------------


def test_a_hidden_variable_is_not_told() -> None:
    found = why("leave < 4")
    assert found.text == "something that does not show stands in the way"
    assert found.exact == "(hidden)"
    assert why("unsure") == found


def test_what_is_hidden_is_not_told_where_something_else_is_in_the_way() -> None:
    assert why("heard >= 2 and leave < 4").text == "needs heard to be at least 2; it is 1"
    assert why("heard >= 2 and (leave < 4 or repair)") == why("heard >= 2")


def test_one_hidden_condition_that_must_be_to_blame_is_looked_into() -> None:
    assert why("regret and (leave < 4 or repair)").text == (
        "needs either “making it good” to be true (it is false) or something that does not show"
    )
    assert why("not (leave >= 4 and regret)").text == (
        "needs either regret to be false (it is true) or something that does not show"
    )


def test_of_several_hidden_conditions_none_is_picked_out() -> None:
    assert why("(leave < 4 or repair) and (not forced or repair)").exact == "(hidden)"


def test_authors_see_hidden_variables_when_they_ask() -> None:
    assert why("leave < 4", reveal_hidden=True).exact == "leave < 4, it is 5"


def test_a_sentence_of_the_author_may_speak_of_what_is_hidden() -> None:
    assert why("decided_now", leave=0).text == "They have made up their mind."
    assert why("decided_now", leave=0).exact == "decided_now: (hidden)"


def test_conditions_of_properties_are_told_as_they_are_written() -> None:
    promise = parse_property("tag(tier_a)", world()).tree
    assert promise is not None
    assert explain(promise, frame(), LAYOUT).exact == "tag(tier_a), it is false"


def test_names_of_included_files_are_told_without_their_prefix() -> None:
    assert why('session.mood == "closed"').text == "needs mood to be closed; it is open"
    assert why("running(session.hour)").text == "the hour is not running"


def test_a_guard_in_a_guard_is_told_by_the_outer_sentence() -> None:
    scope = world()
    scope.guards = {**scope.guards, "outer": Guard(tree("been_heard", scope, BOOL), "Not yet.")}
    found = explain(tree("outer", scope), frame(), LAYOUT)
    assert found.text == "Not yet."
    assert found.clauses[0].text == "They need to feel heard first."


# In a conversation -------------------------------------------------------------------------------

STORY = """
    context:
      heard: {type: int, min: 0, max: 3, initial: 0}
      called: {type: text, initial: Sam}
    timers:
      break: 14d
      wait: {length: 7d, title: your time apart}
    guards:
      listened: {when: heard >= 2, why: "{other} waits for {called}."}
      rested: {when: expired(wait), why: "Not before {wait.due}, and today is {today}."}
    states:
      talk:
        entry: {do: [start(break), start(wait)]}
        choices:
          ask: {when: listened, to: end}
          rest: {when: rested, to: end}
          part: {when: expired(break) and expired(wait), to: end}
          again: {when: at(end), to: end}
          over: {when: count(quiet) > 1 or visited(end), to: end}
          listen: {do: heard += 1}
          leave: {to: end}
      quiet: {title: A quiet place, choices: {leave: {to: end}}}
      end: {type: final, outcome: over, title: The end}
    """


def test_the_sentence_of_a_guard_may_hold_names_and_dates() -> None:
    conversation = play(STORY)
    reasons = {choice.id: choice.reason for choice in conversation.turn.choices}
    assert reasons["ask"] == "Kim waits for Sam."
    assert reasons["rest"] == (
        "Not before Monday 12 January 2026, and today is Monday 5 January 2026."
    )
    conversation.wait("2d")
    assert conversation.choose("listen").find("rest").reason == (
        "Not before Monday 12 January 2026, and today is Wednesday 7 January 2026."
    )


def test_timers_and_states_are_called_by_their_titles() -> None:
    conversation = play(STORY)
    reasons = {choice.id: choice.reason for choice in conversation.turn.choices}
    assert reasons["part"] == "the break is still running; your time apart is still running"
    assert reasons["again"] == "needs to be in “The end”"
    assert reasons["over"] == (
        "needs either “A quiet place” to be entered more than once (so far never) "
        "or “The end” to be entered first"
    )
