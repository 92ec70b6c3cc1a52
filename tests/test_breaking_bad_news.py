"""Breaking bad news: each end of the scenario is reached by the conduct that it is for."""

from __future__ import annotations

from functools import cache

import pytest

from heartline import Conversation, ManualClock, Said, Scenario, load

PREPARED = ("read_file", "hand_over_pager", "ask_for_time", "ask_in", "ask_company", "sit_close")
GOOD = {  # in each state, what the six steps advise
    "opening": "ask_view", "other_story": "set_right", "wish": "ask_wish",
    "over_their_head": "back_to_patient", "not_all": "keep_to_it", "warning": "warn",
    "the_word": "say_it", "the_least": "next_step", "emotions.wave": "stay_silent",
    "emotions.spoken": "ask_on", "plan": "offer_ways", "chances": "honest_range",
    "aside": "say_it_together", "summary": "write_it_down", "on_the_phone": "go_through_it",
}  # fmt: skip


@cache
def scenario() -> Scenario:
    return load("breaking_bad_news")


def begin(seed: int = 1, wants: str = "steps") -> Conversation:
    return scenario().start(seed=seed, clock=ManualClock(), wants=wants)


def play(conversation: Conversation, *choices: str) -> str:
    for choice in choices:
        conversation.choose(choice)
    return conversation.turn.state


def by_the_steps(conversation: Conversation) -> str | None:
    """Go through the six steps as they are meant, to the end."""
    play(conversation, *PREPARED)
    while not conversation.over:
        state = conversation.turn.state
        if state == "pieces":
            said = conversation.explain("to_the_plan").holds and grasped(conversation) >= 2
            conversation.choose("to_the_plan" if said else "next_piece")
        elif state in GOOD:
            conversation.choose(GOOD[state])
        else:
            conversation.wait(conversation.turn.deadlines[0].left)
    return conversation.turn.outcome


def grasped(conversation: Conversation) -> int:
    return int(conversation.snapshot()["context"].get("grasped", 0))


@pytest.mark.parametrize("wants", ["everything", "steps", "little"])
@pytest.mark.parametrize("seed", range(8))
def test_the_six_steps_carry_the_patient(seed: int, wants: str) -> None:
    assert by_the_steps(begin(seed, wants)) == "carried"


def test_without_the_file_nobody_is_asked_in() -> None:
    (ask_in,) = [choice for choice in begin().turn.choices if choice.id == "ask_in"]
    assert not ask_in.enabled
    assert "Read the file" in (ask_in.reason or "")


def test_told_in_the_corridor_with_a_leaflet_the_patient_is_adrift() -> None:
    assert play(begin(), "tell_here", "leaflet") == "adrift"


def test_a_patient_who_is_not_looked_at_walks_out() -> None:
    conversation = begin()
    play(conversation, "read_file", "ask_in", "both_in", "stay_behind_desk", "take_as_known")
    assert play(conversation, "just_tell", "in_latin", "more_latin") == "walked_out"


def test_a_pager_that_was_handed_over_is_only_heard() -> None:
    handed, kept = begin(), begin()
    play(handed, *PREPARED)
    play(kept, "read_file", "ask_in", "both_in", "sit_close")
    assert handed.send("pager").state == "opening"
    assert kept.send("pager").state == "pager_goes"
    assert play(kept, "read_it") == "opening"


def test_the_next_patient_knocks_and_waits_once() -> None:
    conversation = begin()
    play(conversation, "read_file", "ask_in", "both_in", "sit_close")
    assert conversation.wait("15m").state == "knock"
    assert play(conversation, "ask_for_more") == "opening"
    assert conversation.wait("15m").state == "knock"
    assert play(conversation, "break_off") == "cut_short"


def test_what_the_sister_whispers_is_for_the_doctor_alone() -> None:
    whispers = [line for seed in range(20) for line in whispered(begin(seed))]
    assert whispers
    assert {line.only_to for line in whispers} == {"you"}


def whispered(conversation: Conversation) -> list[Said]:
    play(conversation, "read_file", "ask_in", "both_in", "sit_close", "take_as_known", "just_tell")
    play(conversation, "warn", "say_it", "name_it", "ask_on", "to_the_plan", "offer_ways")
    found = [line for line in conversation.turn.lines if line.speaker == "sister"]
    return found[1:] if conversation.turn.state == "aside" else []
