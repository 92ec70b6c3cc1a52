"""Plays and expectations in Python, in the words of test files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import heartline
import heartline.testing
from harness import story
from heartline import CallerError
from heartline.testing import NotAsExpected, PlayFailed, Trial

POND = """\
context:
  bread: {type: int, min: 0, max: 5, initial: 3, input: true}
  secret: {type: bool, initial: false, hidden: true}
timers:
  nap: {length: 20m}
states:
  bench:
    entry: {say: [{other: Shall we feed them?}]}
    choices:
      throw: {do: bread -= 1, when: bread > 0, say: Here., to: pond}
      go: {when: bread == 0, to: home}
  pond:
    entry: {do: start(nap)}
    choices:
      quack: {by: other, weight: 1, say: Quack!, do: secret = true, to: calm}
      hiss: {by: other, weight: 3, say: Hiss!, to: calm}
  calm:
    choices: {back: {to: bench}}
    events: {rain: {to: home}}
    after: {nap: {to: home, say: It is late.}}
  home: {type: final, outcome: fed}
"""


def pond(**options: object) -> Trial:
    return Trial(story(POND), **options)  # type: ignore[arg-type]


def test_a_trial_reads_like_a_test_file() -> None:
    trial = pond(inputs={"bread": 1})
    trial.expect(
        state="bench", offered="throw", closed=["go"], lines=[{"other": "Shall we feed them?"}]
    )
    trial.choose("throw", draws="quack")
    trial.expect(
        state="calm",
        context={"bread": 0, "secret": True},
        timers={"nap": "20m"},
        lines=["Here.", {"other": {"contains": "uack"}}],
        nothing_more_said=True,
    )
    trial.wait("19m").expect(state="calm", timers={"nap": "1m"})
    trial.wait_until("nap").expect(outcome="fed", over=True, said_by="narrator")
    assert trial.value("bread") == 0


def test_acts_follow_each_other_and_the_draws_belong_to_the_last() -> None:
    trial = pond().choose("throw", "back", "throw", draws=["hiss"])
    trial.expect(state="calm", context={"bread": 1})
    assert [line.text for line in trial.turn.lines] == ["Here.", "Hiss!"]


def test_undo_resume_and_events() -> None:
    trial = pond().choose("throw").undo().expect(state="bench").choose("throw").resume()
    with trial.refused("nothing_to_undo"):
        trial.undo()
    trial.send("rain").expect(state="home")
    with trial.refused("over"):
        trial.choose("throw")


def test_what_does_not_hold_is_said_beside_what_came_with_the_play() -> None:
    trial = pond(inputs={"bread": 2}).choose("throw", draws="hiss")
    with pytest.raises(NotAsExpected) as failed:
        trial.expect(state="bench", context={"bread": 2})
    text = str(failed.value)
    assert text.startswith("state: expected ")
    assert re.search(r"but came .*calm", text)
    assert re.search(r"^context: expected .*2", text, re.MULTILINE)
    assert "The play:\n  choose: throw, draw: ['hiss']\n" in text
    assert "It stands at 'calm', turn 2. Said last:\n  you: Here.\n  other: Hiss!" in text


def test_a_failure_before_any_act_says_so() -> None:
    with pytest.raises(NotAsExpected, match="The play: nothing was done yet"):
        pond().expect(state="home")


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"sate": "bench"}, "That cannot be expected: sate"),
        ({"lines": [{"other": {"contain": "x"}}]}, "That cannot be expected: lines"),
        ({"error": "closed"}, "A refusal is expected around the act"),
        ({"holds": "bread > 1"}, "Expressions are for files"),
    ],
)
def test_what_cannot_be_expected_is_a_clear_error(expected: dict[str, object], words: str) -> None:
    with pytest.raises(CallerError, match=re.escape(words)):
        pond().expect(**expected)


def test_a_refusal_is_held_by_its_kind_and_words() -> None:
    trial = pond()
    with trial.refused("closed", "bread"):
        trial.choose("go")
    with pytest.raises(NotAsExpected, match="expected a refusal, over"), trial.refused("over"):
        trial.choose("go")
    with pytest.raises(NotAsExpected, match="but it was taken"), trial.refused("closed"):
        trial.choose("throw")
    with pytest.raises(NotAsExpected, match="words: cake"), trial.refused("unknown_choice", "cake"):
        trial.choose("swim")
    with pytest.raises(CallerError, match="A refusal is one of input, "), trial.refused("never"):
        trial.choose("swim")


def test_inside_a_refusal_nothing_else_may_have_happened() -> None:
    trial = pond()
    with pytest.raises(NotAsExpected, match="not all is as before"), trial.refused("closed"):
        trial.choose("throw").choose("back").choose("go")


def test_play_to_takes_the_fewest_moves() -> None:
    trial = pond(inputs={"bread": 2}).play_to("home")
    assert trial.play.steps == [{"choose": "throw", "as": "you"}, {"wait_until": "nap"}]
    trial.expect(outcome="fed").play_to("home")
    assert len(trial.play.steps) == 2


def test_play_to_needs_a_state_that_exists_and_can_be_reached() -> None:
    with pytest.raises(CallerError, match="There is no state 'sea'"):
        pond().play_to("sea")
    with pytest.raises(NotAsExpected, match=r"no way to 'attic' was found in \d+ positions"):
        Trial(
            story(
                """\
                states:
                  hall: {choices: {sit: {}, go: {when: false, to: attic}}}
                  attic: {type: final, outcome: up}
                """
            )
        ).play_to("attic")


def test_play_to_comes_into_the_flagships_inner_states() -> None:
    Trial("reconciliation", seed=3).play_to("space_terms").expect(state="space_terms").check()


def test_a_promise_that_is_broken_fails_the_act() -> None:
    promise = "properties:\n  thrifty: {always: bread > 1, about: Keep some.}\n"
    trial = Trial(story(POND + promise)).choose("throw", "back")
    with pytest.raises(PlayFailed, match=r"The promise 'thrifty' is broken .* Keep some"):
        trial.choose("throw")


def test_seats_start_and_draws_at_the_start() -> None:
    late = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)
    trial = pond(seats=["other"], start=late).choose("throw")
    trial.expect(only_offered=["quack", "hiss"]).choose("quack", role="other")
    trial.wait(timedelta(minutes=20)).expect(state="home")
    assert trial.turn.time == late + timedelta(minutes=20)
    greeting = """\
    states:
      door:
        choices:
          smile: {by: other, to: hall}
          frown: {by: other, to: out}
      hall: {choices: {go: {to: out}}}
      out: {type: final, outcome: out}
    """
    assert Trial(story(greeting), draws=["smile"]).turn.state == "hall"
    assert Trial(story(greeting), draws=["frown"]).turn.state == "out"


def test_an_unknown_variable_is_a_sentence() -> None:
    with pytest.raises(CallerError, match="There is no variable 'cake' in story"):
        pond().value("cake")


# Public names -----------------------------------------------------------------------------------

PAGE = Path(__file__).parents[1] / "docs" / "testing-in-code.md"


@pytest.mark.parametrize("name", heartline.testing.__all__)
def test_each_public_name_exists_says_what_it_is_for_and_is_on_the_page(name: str) -> None:
    assert getattr(heartline.testing, name).__doc__
    assert re.search(rf"\b{name}\b", PAGE.read_text("utf-8"))


def test_a_name_that_does_not_exist_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="trail"):
        heartline.testing.trail  # noqa: B018
