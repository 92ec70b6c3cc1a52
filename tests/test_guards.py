"""Named guards: guards in guards, circles, long chains, and what else may use them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from harness import HEAD, play
from heartline.compiler import compile_scenario
from heartline.loader import load_text

STATES = """
    states:
      here: {choices: {go: {when: first, to: there}, leave: {to: there}}}
      there: {type: final, outcome: over}
    """


def faults(guards: str) -> list[tuple[str, int, str]]:
    """Code, line and message of each fault of a scenario with these guards."""
    head = HEAD + "context: {heard: {type: int, min: 0, max: 3, initial: 1}}\n"
    compiled = compile_scenario(load_text(head + dedent(guards) + dedent(STATES)))
    return [(each.code, each.location.line, each.message) for each in compiled.diagnostics]


def test_a_guard_may_use_guards_that_come_later_in_the_file() -> None:
    assert faults("guards: {first: second and third, second: not third, third: heard >= 2}") == []


@pytest.mark.parametrize(
    ("guards", "circle"),
    [
        ("guards: {first: not first}", "first uses first"),
        ("guards: {first: second, second: third, third: first}", "second uses third uses first"),
    ],
)
def test_a_guard_made_of_itself_is_told_once_with_the_circle(guards: str, circle: str) -> None:
    ((code, line, message),) = faults(guards)
    assert (code, line) == ("HL402", 9)
    assert circle in message


def test_a_long_circle_is_cut_in_the_message() -> None:
    chain = "".join(f"  g{number}: g{number + 1}\n" for number in range(50))
    ((_, _, message),) = faults(f"guards:\n  first: g0\n{chain}  g50: first\n")
    assert "uses ... uses first" in message


def test_a_chain_of_thousands_of_guards_is_refused_and_not_stumbled_over() -> None:
    chain = "".join(f"  g{number}: g{number + 1}\n" for number in range(3000))
    found = faults(f"guards:\n  first: g0\n{chain}  g3000: heard >= 1\n")
    assert found
    assert {code for code, _, _ in found} == {"HL406"}


def test_a_faulty_guard_is_told_where_it_stands_and_not_where_it_is_used() -> None:
    found = faults("guards: {first: second or heard >= 2, second: herd >= 1}")
    assert [(code, line) for code, line, _ in found] == [("HL302", 9)]


def test_the_length_of_a_timer_may_depend_on_a_guard() -> None:
    conversation = play("""
        context: {heard: {type: int, min: 0, max: 3, initial: 1}}
        timers: {break: 2d if listened else 5d}
        guards: {listened: heard >= 1}
        states:
          here:
            entry: {do: start(break)}
            after: {break: there}
            choices: {leave: {to: there}}
          there: {type: final, outcome: over}
        """)
    assert conversation.wait("2d").outcome == "over"


def test_a_placeholder_that_means_nothing_is_found_in_the_sentence_of_a_guard() -> None:
    found = faults('guards: {first: {when: heard >= 2, why: "Not before {hard} is more."}}')
    assert [code for code, _, _ in found] == ["HL307"]
