"""What a test expects, held against what came, and what is said where the two differ."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebook import read_cases, run, told
from harness import story
from heartline.testing.case import PASSED
from heartline.testing.files.form import Words
from heartline.testing.runs.running import run_case
from heartline.testing.runs.wording import MOST_COMPARED, Wording, quoted

WRONG = [
    ("state: apart", "state", "apart", "talk (in home)"),
    ("outcome: over", "outcome", "over", "it goes on, in talk (in home)"),
    ("over: true", "over", "it is over", "it goes on, in talk (in home)"),
    ("context: {trust: 5}", "context", "trust = 5", "trust = 2"),
    ("context: {length: 28d}", "context", "length = 28d", "length = 14d"),
    ("context: {mood: high}", "context", "mood = high", "mood = low"),
    (
        "holds: trust > 2 or trusted", "holds", "trust > 2 or trusted",
        "it does not hold: (trust > 2, it is 2) or (trusted: trust >= 3, it is 2)",
    ),
    ("holds: trust > 1 and mood == 'high'", "holds", None, 'mood == "high", it is "low"'),
    ("timers: {break: 14d}", "timers", "break: 14d left", "break: it is off\nwhat runs: none"),
    ("timers: {break: expired}", "timers", "break: it has run out", "break: it is off"),
    ("running: [break]", "running", "break", "none"),
    (
        "ends: {break: 2026-01-19T09:00:00Z}", "ends",
        "break ends at 2026-01-19T09:00:00Z", "break: it is off\nwhat runs: none",
    ),
    ("offered: move_in", "offered", "move_in can be chosen", 'closed: "Trust has to grow first."'),
    (
        "offered: whistle", "offered", None,
        'not shown, since it is closed: mood == "high", it is "low"',
    ),
    ("offered: stay", "offered", None, "no choice of talk"),
    ("not_offered: ask", "not_offered", "ask cannot be chosen", "it can be chosen"),
    (
        "only_offered: [ask, leave, move_in]", "only_offered", "ask, leave, move_in",
        ('ask, space, leave\nmissing: move_in (closed: "Trust has to grow first.")\n'
         "too much: space"),
    ),
    ("closed: ask", "closed", "ask is shown, but closed", "it can be chosen"),
    ("closed: whistle", "closed", None, "not shown, since it is closed: mood == "),
    (
        "closed: {move_in: Trust has to come first.}", "closed", None,
        ('closed: "Trust has to grow first."\n'
         'alike up to "Trust has to ", then "come first." was expected and "grow first." came'),
    ),
    ("support: Call them.", "support", '"Call them."', "no such text here"),
    ("said_by: [you]", "said_by", "you", 'other: "You came, then."'),
    ("nothing_more_said: true", "nothing_more_said", "nothing is said", "You came, then."),
    ("not_said: [{contains: came}]", "not_said", 'not said: anybody: a text with "came"', "You"),
    (
        "lines: [{other: You came then.}]", "lines", 'other: "You came then."',
        ('other: "You came, then."\nalike up to "You came", then " then." was expected and '
         '", then." came'),
    ),
    (
        "lines: [{you: \"You came, then.\"}]", "lines", None,
        "the words are as expected, but other says them",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "field", "expected", "came"), WRONG)
def test_what_is_expected_stands_beside_what_came(
    expect: str, field: str, expected: str | None, came: str
) -> None:
    ((first, wanted, given),) = told(run(f"wrong: {{expect: {{{expect}}}}}"))
    assert first == field
    assert expected in (None, wanted)
    assert came in given


# Texts ------------------------------------------------------------------------------------------

TEXTS = st.text("ab *.\n", max_size=8)


@given(TEXTS, TEXTS)
def test_a_star_stands_for_any_words_or_none(pattern: str, text: str) -> None:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    wanted = re.fullmatch(expression, text, re.DOTALL) is not None
    assert Wording("like", pattern).matches(text) == wanted


def test_many_stars_take_no_longer_than_a_few() -> None:
    assert not Wording("like", "*a" * 5_000 + "*b").matches("a" * 20_000)


def test_words_are_compared_in_one_of_three_ways() -> None:
    exact, part, like = (
        Wording.of(Words.model_validate({form: "four weeks"}))
        for form in ("exact", "contains", "like")
    )
    assert exact.matches("four weeks")
    assert not exact.matches("four weeks.")
    assert part.matches("It is four weeks, then.")
    assert not part.matches("It is four days.")
    assert like.matches("four weeks")
    assert not like.matches("four weeks.")
    assert [str(each) for each in (exact, part, like)] == [
        '"four weeks"', 'a text with "four weeks"', 'a text like "four weeks"',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "came", "difference"),
    [
        ("the end", "the end", ""),
        ("yes", "no", ""),
        ("we part", "we parted", 'alike up to "we part", then the end was expected and "ed" came'),
        ("we parted", "we part", 'alike up to "we part", then "ed" was expected and the end came'),
        ("a\nb", "a\nc", 'alike up to "a\\n", then "b" was expected and "c" came'),
        (
            "x" * 40 + "y", "x" * 40 + "z" * 40,
            f'alike up to "...{"x" * 24}", then "y" was expected and "{"z" * 32}..." came',
        ),
    ],
)  # fmt: skip
def test_the_first_difference_of_two_texts_is_told(wanted: str, came: str, difference: str) -> None:
    assert Wording("exact", wanted).difference(came) == difference


def test_of_texts_that_are_not_exact_no_difference_is_told() -> None:
    assert Wording("contains", "four").difference("five") == ""
    assert Wording("like", "four*").difference("five") == ""


def test_a_text_of_any_length_is_compared_soon_enough() -> None:
    long = "we part " * 100_000
    assert Wording("exact", long + "!").nearness(long + "?") > 0.9
    assert len(long) > MOST_COMPARED


def test_what_is_not_seen_in_a_text_is_written_out() -> None:
    assert quoted("a\tb\x1b") == '"a\\tb\ufffd"'


# Lines ------------------------------------------------------------------------------------------

SAID = """
    states:
      porch:
        entry:
          say:
            - {narrator: "It rains."}
            - {other: "Come in."}
            - {other: "You are wet."}
            - {narrator: "It rains."}
        choices: {go: {to: over}}
      over: {type: final, outcome: over}
    """


def lines(expect: str) -> list[tuple[str, str, str]]:
    """What does not hold of an expectation about what is said on the porch."""
    result = run(f"rain: {{expect: {{{expect}}}}}", SAID)
    return [] if result.failure is None else told(result)


@pytest.mark.parametrize(
    "expect",
    [
        "lines: [It rains., It rains.]",
        "lines: [Come in., {contains: wet}]",
        "lines: [It rains., Come in., You are wet., It rains.], nothing_more_said: true",
        "lines: [{other: {like: 'You*'}}], not_said: [Go away.]",
        "said_by: [narrator, other, other, narrator]",
    ],
)
def test_lines_come_in_order_and_others_may_stand_between(expect: str) -> None:
    assert not lines(expect)


def test_of_lines_that_are_missing_the_nearest_is_told() -> None:
    ((_, expected, came),) = lines("lines: [Come in., You are wet!, It rains.]")
    assert expected == 'anybody: "You are wet!"'
    assert came.startswith('other: "You are wet."\nalike up to "You are wet"')
    ((_, expected, came),) = lines("lines: [{other: {contains: very wet}}]")
    assert came == 'other: "You are wet."'


def test_a_line_that_comes_too_early_is_told_so() -> None:
    ((_, expected, came),) = lines("lines: [You are wet., Come in.]")
    assert expected == 'anybody: "Come in."'
    assert came.startswith('it is said, but not after anybody: "You are wet."\nnarrator: ')


def test_every_line_that_is_nowhere_is_told_and_what_comes_beside_too() -> None:
    found = lines("lines: [Go away., Come in., Never.], nothing_more_said: true")
    assert [(field, expected) for field, expected, _ in found] == [
        ("lines", 'anybody: "Go away."'),
        ("lines", 'anybody: "Never."'),
        ("nothing_more_said", "no other lines"),
    ]


def test_where_nothing_is_said_every_line_is_missing() -> None:
    tests = "go: {steps: [{choose: go, expect: {lines: [Bye.]}}]}"
    assert told(run(tests, SAID)) == [("lines", 'anybody: "Bye."', "nothing was said")]


def test_what_a_changed_scenario_does_not_count_is_not_asked() -> None:
    counting = """
        states:
          porch: {choices: {go: {to: porch}, rest: {when: visited(porch), to: over}}}
          over: {type: final, outcome: over}
        """
    _, (case,) = read_cases("rain: {expect: {holds: visited(porch)}}", counting)
    changed = story(counting.replace("when: visited(porch), ", ""))
    assert run_case(story(counting), case).status == PASSED
    ((field, expected, came),) = told(run_case(changed, case))
    assert (field, expected) == ("holds", "visited(porch)")
    assert "the scenario never asks how often 'porch' came" in came


def test_names_that_a_changed_scenario_does_not_have_hold_nothing() -> None:
    _, (case,) = read_cases(
        "gone: {expect: {context: {trust: 2}, timers: {break: off}, running: [], "
        "ends: {break: 2026-01-19T09:00:00Z}}}"
    )
    changed = story("""
        context: {trusted: {type: bool, initial: true}}
        timers: {breaks: {length: 1d}}
        states:
          talk: {choices: {go: {do: start(breaks), to: over}}}
          over: {type: final, outcome: over}
        """)
    assert told(run_case(changed, case)) == [
        ("context", "trust = 2", "there is no such variable; did you mean 'trusted'?"),
        ("timers", "break: it is off", "there is no such timer; did you mean 'breaks'?"),
        (
            "ends", "break ends at 2026-01-19T09:00:00Z",
            "there is no such timer; did you mean 'breaks'?",
        ),
    ]  # fmt: skip
