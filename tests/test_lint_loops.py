"""What the linter finds that goes on for ever: `always` in a circle, and roles of the engine."""

from __future__ import annotations

import pytest

from heartline.diagnostics import Severity
from lintable import codes, one


def test_always_in_a_circle_is_an_error() -> None:
    finding = one(
        """\
        kitchen: {choices: {boil: {to: a}, drink: {to: done}}}
        a: {always: b}
        b: {always: c}
        c: {always: a, choices: {out: {to: done}}}
        """
    )
    assert (finding.code, finding.severity) == ("HL504", Severity.ERROR)
    assert "'a', 'b' and 'c'" in finding.message


def test_always_that_stays_without_a_guard_is_an_error() -> None:
    finding = one("kitchen: {always: {do: sugar += 1}, choices: {drink: {to: done}}}\n")
    assert (finding.code, finding.severity) == ("HL504", Severity.ERROR)


def test_a_guard_that_holds_for_all_values_is_none() -> None:
    states = "kitchen: {always: {when: sugar >= 0, do: sugar += 1}, choices: {drink: {to: done}}}\n"
    finding = one(states)
    assert (finding.code, finding.severity) == ("HL504", Severity.ERROR)


@pytest.mark.parametrize(
    "always",
    [
        "{when: milk}",
        "{when: milk, do: sugar += 1}",
        "[{when: sugar > 2, to: done}, {when: milk}]",
        "[{when: sugar > 2, to: done}, {do: milk = true}]",
        "{when: milk, to: kitchen}",
    ],
)
def test_a_guarded_circle_that_changes_nothing_it_looks_at_is_a_warning(always: str) -> None:
    finding = one(f"kitchen: {{always: {always}, choices: {{drink: {{to: done}}}}}}\n")
    assert (finding.code, finding.severity) == ("HL504", Severity.WARNING)


@pytest.mark.parametrize(
    "always",
    [
        "{when: milk, do: milk = false}",
        "{when: sugar < 3, do: sugar += 1}",
        "[{when: sugar > 2, to: done}, {do: sugar += 1}]",
        "{when: count(kitchen) < 3, to: kitchen}",
    ],
)
def test_a_guarded_circle_that_changes_what_it_looks_at_is_left_alone(always: str) -> None:
    assert codes(f"kitchen: {{always: {always}, choices: {{drink: {{to: done}}}}}}\n") == []


def test_a_circle_whose_guards_exclude_each_other_is_left_alone() -> None:
    assert (
        codes(
            """\
            kitchen: {always: {when: milk, to: hall}, choices: {drink: {to: done}}}
            hall: {always: {when: not milk, to: kitchen}, choices: {drink: {to: done}}}
            """
        )
        == []
    )


def test_a_circle_under_one_guard_is_a_warning_unless_an_entry_changes_it() -> None:
    states = """\
        kitchen: {always: {when: milk, to: hall}, choices: {drink: {to: done}}}
        hall: {%s always: {when: milk, to: kitchen}, choices: {drink: {to: done}}}
        """
    assert codes(states % "") == ["HL504"]
    assert codes(states % "entry: {do: milk = false},") == []


def test_an_engine_role_that_always_has_a_choice_acts_for_ever() -> None:
    finding = one("kitchen: {choices: {drink: {to: done}, chat: {by: guest}}}\n")
    assert (finding.code, finding.severity) == ("HL509", Severity.ERROR)
    assert "'guest'" in finding.message


def test_an_engine_role_can_act_for_ever_in_a_circle_of_states() -> None:
    finding = one(
        """\
        kitchen: {choices: {drink: {to: done}, out: {by: guest, to: garden}}}
        garden: {choices: {drink: {to: done}, in: {by: guest, to: kitchen}}}
        """
    )
    assert finding.code == "HL509"
    assert "'kitchen' and 'garden'" in finding.message


@pytest.mark.parametrize(
    "chat",
    [
        "chat: {by: guest, once: true}",
        "chat: {by: guest, when: sugar < 3, do: sugar += 1}",
        "chat: {by: guest, when: milk}, hush: {by: guest, when: milk, do: milk = false}",
        "chat: {by: guest, weight: 3 - sugar, do: sugar += 1}",
        "chat: {by: guest}, leave: {by: guest, to: done}",
        "chat: {by: guest}, leave: {by: guest, when: milk, to: done}",
    ],
)
def test_an_engine_role_that_may_come_to_rest_is_left_alone(chat: str) -> None:
    assert codes(f"kitchen: {{choices: {{drink: {{to: done}}, {chat}}}}}\n") == []


@pytest.mark.parametrize(
    "chat",
    ["when: milk", "when: milk, do: sugar += 1", "weight: sugar", "branches: [{when: milk}]"],
)
def test_an_engine_role_whose_guard_nothing_closes_is_a_warning(chat: str) -> None:
    states = f"kitchen: {{choices: {{drink: {{to: done}}, chat: {{by: guest, {chat}}}}}}}\n"
    finding = one(states)
    assert (finding.code, finding.severity) == ("HL509", Severity.WARNING)


def test_always_ends_what_an_engine_role_could_go_on_with() -> None:
    states = """\
        kitchen:
          choices: {drink: {to: done}, chat: {by: guest, do: sugar += 1}}
          always: {when: sugar > 2, to: done}
        """
    assert codes(states) == []
