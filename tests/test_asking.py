"""What a scenario tells of itself before it begins: who takes part, and what it asks."""

from __future__ import annotations

from textwrap import dedent

import pytest

from heartline import ManualClock, Scenario, loads
from heartline.frontends.asking import questions_of
from heartline.frontends.beginning import Beginning
from heartline.frontends.protocol import Capabilities
from heartline.frontends.wire import as_scenario


def market(cast: str = "") -> Scenario:
    """A stall, with other sellers."""
    return loads(
        dedent(
            """\
            heartline: 1
            id: market
            version: 1.0.0
            title: A stall at the market
            cast:
              you: {name: You}
              {cast}
            context:
              often: {type: int, min: -1, max: 12, initial: 2, input: true, prompt: How many?}
              friend: {type: text, initial: Mira, input: true, prompt: Who?, kept_for: To call her.}
              sign: {type: text, initial: ""}
              weather: {type: enum, values: [sun, rain], initial: rain, labels: {rain: the rain}}
            states:
              stall: {choices: {buy: {say: "Two, please, {friend}.", to: gone}}}
              gone: {type: final, outcome: bought}
            """
        ).replace("{cast}", cast or "mira: {name: Mira, played_by: engine}")
    )


@pytest.mark.parametrize(
    ("cast", "name"),
    [
        ("mo: {name: Mo Haddad, played_by: engine}", "Mo Haddad"),
        ('seller: {name: "{friend}", played_by: engine}', "Mira"),
        ('sky: {name: "{weather}", played_by: engine}', "the rain"),
        ('next_stall: {name: "{sign}", played_by: engine}', "next stall"),
    ],
    ids=["a name", "a name that is asked", "a label", "a name that is empty so far"],
)
def test_a_role_has_the_name_that_it_has_where_nothing_is_answered(cast: str, name: str) -> None:
    roles = as_scenario(market(cast))["roles"]
    assert [(each["name"], each["engine"]) for each in roles] == [("You", False), (name, True)]


def test_a_question_for_a_number_says_from_where_to_where() -> None:
    often, friend = as_scenario(market())["questions"]
    assert (often["kind"], often["min"], often["max"], often["initial"]) == ("int", -1, 12, "2")
    assert (friend["kind"], friend["min"], friend["max"]) == ("text", None, None)


def test_chats_and_the_terminal_say_it_with_the_question() -> None:
    often, _ = questions_of(market())
    assert often.how == "A number from -1 to 12. Enter keeps 2."  # the terminal
    for buttons in (True, False):
        beginning = Beginning(market(), (), ManualClock())
        asked, _ = beginning.asked(Capabilities(buttons=buttons))
        assert asked.startswith("How many?\nType a number from -1 to 12.")
