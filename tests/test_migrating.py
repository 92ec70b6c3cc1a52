"""A stored conversation of an earlier version goes on in a later one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from casebook import STORY
from harness import play, story
from heartline import Conversation, Scenario, SnapshotDamaged, SnapshotMismatch, loads
from heartline.errors import RunawayError, ScenarioError
from heartline.migrating import carry, go_on
from heartline.stored import dump, load
from versions import NEWER, newer, versions


def stored(conversation: Conversation) -> dict[str, Any]:
    """As a host stores it, and reads it again."""
    data = dump(conversation.scenario.machine, conversation.position, whole=True)
    return json.loads(json.dumps(data))  # type: ignore[no-any-return]


def carried(conversation: Conversation, to: Scenario) -> dict[str, Any]:
    return carry(to.machine, stored(conversation), conversation.clock.now())


def refused(conversation: Conversation, to: Scenario) -> tuple[str, ...]:
    with pytest.raises(SnapshotMismatch) as caught:
        carried(conversation, to)
    return tuple(caught.value.differences)


def apart() -> Conversation:
    """Trust is 3, and the break runs."""
    conversation = play(STORY)
    conversation.send("called")
    conversation.choose("space")
    return conversation


# What applies -----------------------------------------------------------------------------------


def test_a_version_of_the_same_structure_takes_a_conversation_as_it_is() -> None:
    conversation = apart()
    same = story(STORY.replace("How was your day?", "And your day?"), NEWER)
    data = carried(conversation, same)
    assert data == {**stored(conversation), "version": "1.1.0"}
    assert load(same.machine, data).frame == conversation.position.frame


def test_without_a_migration_it_stays_with_its_version() -> None:
    changed = story(STORY.replace("trust >= 3", "trust >= 4"), NEWER)
    with pytest.raises(
        SnapshotMismatch, match=r"does not say how conversations of version 1\.0\.0"
    ):
        carried(apart(), changed)


def test_the_migration_from_its_own_version_applies_and_no_other() -> None:
    changed = STORY.replace("listening", "hearing")
    to = newer(changed, "{from: 0.9.0}, {from: 1.0.0, set: {trust: 5}}")
    assert carried(apart(), to)["context"]["trust"] == 5


def test_what_was_not_stored_whole_is_refused() -> None:
    conversation = apart()
    part = conversation.snapshot()
    changed = newer(STORY.replace("trust >= 3", "trust >= 4"))
    with pytest.raises(SnapshotMismatch, match="store it whole"):
        carry(changed.machine, part, conversation.clock.now())
    with pytest.raises(SnapshotDamaged):
        carry(changed.machine, {"heartline_snapshot": 1}, conversation.clock.now())
    other = loads(NEWER.replace("story", "tale", 1) + dedent(STORY))
    with pytest.raises(SnapshotMismatch, match="belongs to the scenario 'story'"):
        carry(other.machine, stored(conversation), conversation.clock.now())


# States and histories ---------------------------------------------------------------------------


def test_names_that_the_migration_does_not_name_stay() -> None:
    conversation = apart()
    to = newer(STORY.replace("trust >= 3", "trust >= 4"))
    snapshot = load(to.machine, carried(conversation, to))
    assert snapshot.frame == conversation.position.frame
    assert snapshot.deadlines == conversation.position.deadlines
    assert (snapshot.version, snapshot.fingerprint) == ("1.1.0", to.machine.fingerprint)


def test_a_state_goes_where_the_migration_says() -> None:
    to = newer(STORY.replace("apart", "alone"), "{from: 1.0.0, states: {apart: alone}}")
    assert carried(apart(), to)["state"] == "alone"
    gone = newer(STORY.replace("apart", "alone"))
    assert refused(apart(), gone) == ("there is no state 'apart' any more",)


def test_a_state_that_holds_others_now_is_no_place_to_be() -> None:
    inside = STORY.replace(
        "review:\n        choices:", "review:\n        states: {in_it: {}}\n        choices:"
    )
    conversation = apart()
    conversation.clock.advance(timedelta(days=14))
    assert conversation.tick().state == "review"
    assert refused(conversation, newer(inside)) == (
        "the state 'review' is no place to be any more, it has states inside",
    )


ROOMS = """
    states:
      house:
        choices: {out: {to: garden}}
        states:
          hall: {choices: {up: {to: attic}}}
          attic: {choices: {down: {to: hall}}}
          back: {type: history}
      garden: {choices: {in: {to: back}, leave: {to: gone}}}
      gone: {type: final, outcome: gone}
    """


def test_a_history_remembers_what_the_state_has_become() -> None:
    conversation = play(ROOMS)
    conversation.choose("up")
    conversation.choose("out")
    renamed = ROOMS.replace("attic", "loft").replace("back", "before")
    to = newer(renamed, "{from: 1.0.0, states: {attic: loft, back: before}}")
    data = carried(conversation, to)
    assert data["history"] == {"before": "loft"}
    resumed = to.resume(data)
    assert resumed.choose("in").state == "loft"
    lost = newer(renamed, "{from: 1.0.0, states: {back: before}}")
    assert refused(conversation, lost) == (
        "'attic' is to be come back to, and 'before' leads there no more",
    )


# Variables --------------------------------------------------------------------------------------


def test_a_variable_has_its_new_name_and_a_new_one_its_first_value() -> None:
    body = STORY.replace("trust", "faith").replace(
        "length: {type", "hope: {type: int, min: 0, max: 9, initial: 7}\n      length: {type"
    )
    to = newer(body, "{from: 1.0.0, variables: {trust: faith}}")
    context = carried(apart(), to)["context"]
    assert (context["faith"], context["hope"]) == (3, 7)


def test_the_first_value_of_the_old_version_is_kept_where_the_new_one_has_another() -> None:
    to = newer(STORY.replace("max: 6, initial: 2", "max: 6, initial: 4"))
    conversation = play(STORY)
    assert carried(conversation, to)["context"]["trust"] == 2


def test_a_value_that_cannot_be_any_more_is_refused_unless_something_is_set() -> None:
    less = STORY.replace("max: 6, initial: 2", "max: 2, initial: 2").replace(
        "trust >= 3", "trust >= 2"
    )
    assert refused(apart(), newer(less)) == ("trust cannot be '3' any more",)
    context = carried(apart(), newer(less, "{from: 1.0.0, set: {trust: trust}}"))["context"]
    assert context["trust"] == 2  # as an assignment: it saturates
    context = carried(apart(), newer(less, "{from: 1.0.0, set: {trust: trust - 2}}"))["context"]
    assert context["trust"] == 1  # what is read is the old value


def test_all_that_is_set_reads_what_was_carried_over() -> None:
    body = STORY.replace(
        "length: {type", "hope: {type: int, min: 0, max: 9, initial: 0}\n      length: {type"
    )
    to = newer(body, '{from: 1.0.0, set: {hope: trust, trust: "hope + count(talk)"}}')
    context = carried(apart(), to)["context"]
    assert (context["hope"], context["trust"]) == (3, 0)


def test_an_enum_and_a_duration_are_brought_to_what_they_can_be() -> None:
    conversation = play(STORY, mood="high", length="28d")
    body = STORY.replace("[low, high]", "[low, bright]").replace('"high"', '"bright"')
    body = body.replace("[14d, 28d]", "[14d, 21d]")
    to = newer(body)
    assert refused(conversation, to) == (
        "mood cannot be 'high' any more", "length cannot be '28d' any more",
    )  # fmt: skip
    to = newer(
        body,
        '{from: 1.0.0, set: {length: length, mood: \'mood if mood == "low" else "bright"\'}}',
    )
    context = carried(conversation, to)["context"]
    assert (context["mood"], context["length"]) == ("bright", "21d")
    to = newer(body, "{from: 1.0.0, set: {length: length, mood: mood}}")
    assert refused(conversation, to) == ("mood is set to 'high', which it cannot be",)


def test_a_variable_of_another_kind_is_refused_unless_it_is_set() -> None:
    body = STORY.replace("trust: {type: int, min: 0, max: 6, initial: 2, title: Trust}",
                         "trust: {type: bool, initial: false}")  # fmt: skip
    body = re.sub(r"trust >= 3", "trust", body).replace("trust += 1", "trust = True").replace(
        "trust -= 1", "trust = False")  # fmt: skip
    assert refused(apart(), newer(body)) == ("trust cannot be '3' any more",)
    assert carried(apart(), newer(body, "{from: 1.0.0, set: {trust: true}}"))["context"]["trust"]


def test_texts_never_keep_a_conversation() -> None:
    named = STORY.replace(
        "mood: {type",
        "nick: {type: text, initial: Friend, input: true, kept_for: To call you.}\n"
        "      mood: {type",
    )
    conversation = play(named, nick="Wilhelmina")
    short = named.replace("initial: Friend", "initial: Friend, max_length: 6")
    short = short.replace("trust >= 3", "trust >= 4")
    assert carried(conversation, newer(short))["context"]["nick"] == "Wilhel"


# Timers and counts ------------------------------------------------------------------------------


def test_a_timer_runs_on_until_it_is_due() -> None:
    body = STORY.replace("break", "pause")
    to = newer(body, "{from: 1.0.0, timers: {break: pause}}")
    conversation = apart()
    (before,) = conversation.position.deadlines
    (after,) = load(to.machine, carried(conversation, to)).deadlines
    assert (after.timer, after.due) == ("pause", before.due)
    assert refused(apart(), newer(body)) == ("the timer 'break' runs, and there is none any more",)


DELAY = """
    states:
      waiting:
        choices: {go: {to: gone}}
        after: {14d: late}
      late: {choices: {go: {to: gone}}}
      gone: {type: final, outcome: gone}
    """


def test_a_delay_that_is_new_where_the_conversation_is_begins_when_it_is_carried_over() -> None:
    conversation = play(DELAY)
    conversation.clock.advance(timedelta(days=3))
    now = conversation.clock.now()
    to = newer(DELAY.replace("14d", "10d"))
    (due,) = load(to.machine, carried(conversation, to)).deadlines
    assert (due.timer, due.due) == ("waiting.10d", now + timedelta(days=10))
    none = newer(DELAY.replace("\n        after: {14d: late}", ""))
    assert load(none.machine, carried(conversation, none)).deadlines == ()


def test_a_delay_goes_with_its_state() -> None:
    to = newer(DELAY.replace("waiting", "resting"), "{from: 1.0.0, states: {waiting: resting}}")
    conversation = play(DELAY)
    (before,) = conversation.position.deadlines
    (after,) = load(to.machine, carried(conversation, to)).deadlines
    assert (after.timer, after.due) == ("resting.14d", before.due)


def test_counts_go_on_up_to_the_new_bound_and_add_up() -> None:
    body = """
    states:
      here:
        choices:
          a: {}
          b: {}
          end: {when: "count(a) >= 3 and count(b) >= 3", to: gone}
      gone: {type: final, outcome: gone}
    """
    conversation = play(body)
    for choice in ("a", "a", "b", "b"):
        conversation.choose(choice)
    one = (
        body.replace("b: {}", "").replace("count(b) >= 3", "count(a) >= 0").replace(">= 3", ">= 9")
    )
    to = newer(one, "{from: 1.0.0, choices: {b: a}}")
    assert carried(conversation, to)["counts"] == {"taken a": 4}
    fewer = body.replace(">= 3", ">= 1")
    assert carried(conversation, newer(fewer))["counts"] == {"taken a": 1, "taken b": 1}


# Going on ---------------------------------------------------------------------------------------


def test_what_is_enabled_by_itself_then_happens() -> None:
    body = STORY.replace(
        "apart:\n        entry:",
        "apart:\n        always: {when: trust >= 3, to: review}\n        entry:",
    )
    to = newer(body)
    conversation = apart()
    step = go_on(to.machine, stored(conversation), conversation.clock.now())
    assert step.snapshot.state == "review"
    assert step.snapshot.turn == conversation.position.turn + 1


def test_a_role_that_a_person_took_must_exist() -> None:
    conversation = story(STORY).start(seats=["other"], clock=apart().clock)
    body = STORY.replace("by: other", "by: them").replace("{other:", "{them:")
    to = loads(NEWER.replace("other:", "them:") + dedent(body) + "\nmigrations: [{from: 1.0.0}]\n")
    assert refused(conversation, to) == ("there is no role 'other' any more",)


def test_two_variables_cannot_become_one() -> None:
    with pytest.raises(ScenarioError, match="both trust and faith become trust"):
        newer(STORY, "{from: 1.0.0, variables: {trust: trust, faith: trust}}")


def test_names_can_be_exchanged() -> None:
    body = """
    context:
      a: {type: int, min: 0, max: 9, initial: 1}
      b: {type: int, min: 0, max: 9, initial: 2}
    states:
      here: {choices: {end: {when: a + b > 0, to: gone}}}
      gone: {type: final, outcome: gone}
    """
    to = newer(body.replace("a + b > 0", "a + b > 1"), "{from: 1.0.0, variables: {a: b, b: a}}")
    assert carried(play(body), to)["context"] == {"a": 2, "b": 1}
    # What has lost its name to another is not carried over.
    to = newer(body.replace("a + b > 0", "a + b > 1"), "{from: 1.0.0, variables: {a: b}}")
    assert carried(play(body), to)["context"] == {"a": 1, "b": 1}


# Generated versions -----------------------------------------------------------------------------


@pytest.mark.slow
@given(versions(), st.data())
def test_a_generated_conversation_is_carried_over_or_refused_with_sentences(
    both: tuple[Scenario, Scenario], data: st.DataObject
) -> None:
    old, new = both
    try:
        conversation = play(old, seed=data.draw(st.integers(0, 9)))
        for _ in range(data.draw(st.integers(0, 8))):
            open_ones = [choice.id for choice in conversation.turn.choices if choice.enabled]
            if not open_ones:
                break
            conversation.choose(data.draw(st.sampled_from(open_ones)))
    except RunawayError:  # the scenario loops, whatever its version
        return
    before = stored(conversation)
    try:
        found = carried(conversation, new)
    except RunawayError:  # the new one loops where the conversation settles
        assert stored(conversation) == before
        return
    except SnapshotMismatch as refusal:
        event(f"refused: {bool(refusal.differences)}")
        return
    assert stored(conversation) == before
    snapshot = load(new.machine, json.loads(json.dumps(found)))
    assert dump(new.machine, snapshot, whole=True)["context"] == found["context"]
    if new.machine.fingerprint != old.machine.fingerprint:
        # Carried over once it belongs to the new version, and stays as it is.
        assert carry(new.machine, found, conversation.clock.now()) == found
