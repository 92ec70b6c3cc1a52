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


@pytest.mark.parametrize(
    "always",
    [
        "{when: not running(t), do: start(t)}",
        "{when: running(t), do: stop(t)}",
        "{when: milk, to: again}",
        "[{when: sugar > 1, to: again}, {when: milk}]",
        "[{when: sugar > 1, to: done}, {when: milk, to: again}]",
    ],
)
def test_a_circle_through_timers_or_a_history_is_left_alone(always: str) -> None:
    states = f"""\
        house:
          states:
            kitchen: {{always: {always}, choices: {{drink: {{to: done}}, do: {{do: stop(t)}}}}}}
            hall: {{choices: {{in: {{to: kitchen}}}}, after: {{t: done}}}}
            again: {{type: history}}
          choices: {{out: {{to: hall}}, back: {{to: again}}, pour: {{do: start(t)}}}}
        """
    assert codes(states, "timers: {t: 5m}\n") == []


def test_a_branch_behind_one_that_always_wins_makes_no_circle() -> None:
    states = "kitchen: {always: [{to: done}, {when: milk}]}\n"
    assert codes(states) == ["HL505"]


def test_a_timer_that_may_have_run_out_ends_what_an_engine_role_does() -> None:
    states = (
        "kitchen: {entry: {%s}, choices: {drink: {to: done}, chat: {by: guest}}, after: {%s}}\n"
    )
    assert codes(states % ("do: start(t)", "t: done"), "timers: {t: 5m}\n") == []
    assert codes(states % ("", "5m: done")) == ["HL509"]  # it never comes to run


def test_a_state_entered_anew_starts_its_delays_and_counts_its_visits() -> None:
    states = """\
        kitchen:
          entry: {do: sugar += 1}
          choices: {drink: {to: done}, chat: {by: guest, when: %s, to: kitchen}}
          after: {5m: done}
        """
    assert codes(states % "count(kitchen) < 3") == []
    assert codes(states % "count(chat) < 3") == []
    assert codes(states % "sugar < 3") == []
    assert codes(states % "milk") == ["HL509"]


def test_a_choice_that_several_states_inherit_is_reported_once() -> None:
    finding = one(
        """\
        house:
          choices: {chat: {by: guest, when: milk}}
          states:
            kitchen: {choices: {on: {to: hall}}}
            hall: {choices: {drink: {to: done}}}
        """
    )
    assert (finding.code, finding.severity) == ("HL509", Severity.WARNING)
