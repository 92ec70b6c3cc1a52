"""What the linter finds about flow: states, ends, closed choices, branches."""

from __future__ import annotations

import time

import pytest

from heartline.checking.flow import components
from heartline.checking.lint import lint
from heartline.compiler import compile_scenario
from heartline.diagnostics import Severity
from heartline.loader import load_text
from lintable import END, HEAD, VARIABLES, codes, linted, one

# Reaching states ------------------------------------------------------------------------------


def test_a_small_scenario_is_clean() -> None:
    assert codes("kitchen: {choices: {drink: {to: done}}}\n") == []


def test_only_the_first_of_several_unreachable_states_is_reported() -> None:
    finding = one(
        """\
        kitchen: {choices: {drink: {to: done}}}
        shed: {choices: {out: {to: pond}}}
        garden: {choices: {on: {to: shed}}}
        pond: {choices: {home: {to: kitchen}}}
        """
    )
    assert (finding.code, finding.location.line) == ("HL501", 15)
    assert "'garden'" in finding.message
    assert finding.hint is not None
    assert "2 more states" in finding.hint


def test_of_unreachable_states_in_a_circle_the_first_is_reported() -> None:
    finding = one(
        """\
        kitchen: {choices: {drink: {to: done}}}
        garden: {choices: {on: {to: shed}}}
        shed: {choices: {back: {to: garden}, home: {to: kitchen}}}
        """
    )
    assert "'garden'" in finding.message


def test_a_state_of_which_no_part_is_reached_is_reported_as_a_whole() -> None:
    finding = one(
        """\
        kitchen: {choices: {drink: {to: done}}}
        garden:
          states:
            bench: {choices: {rise: {to: lawn}}}
            lawn: {choices: {in: {to: kitchen}}}
        """
    )
    assert "'garden'" in finding.message


def test_an_unreachable_part_of_a_reached_state_is_reported_itself() -> None:
    finding = one(
        """\
        kitchen: {choices: {out: {to: garden}}}
        garden:
          states:
            bench: {choices: {rise: {to: done}}}
            lawn: {choices: {in: {to: kitchen}}}
        """
    )
    assert "'lawn'" in finding.message


def test_a_history_leads_only_to_where_somebody_has_been() -> None:
    states = """\
        kitchen: {choices: {out: {to: garden}, back: {to: again}, drink: {to: done}}}
        garden:
          choices: {in: {to: kitchen}}
          states:
            bench: {choices: {%s}}
            lawn: {choices: {sit: {to: bench}}}
            again: {type: history}
        """
    assert codes(states % "rise: {to: lawn}") == []
    assert "'lawn'" in one(states % "nod: {}").message


def test_a_history_that_nothing_leads_to_is_reported() -> None:
    finding = one(
        """\
        kitchen: {choices: {out: {to: garden}, drink: {to: done}}}
        garden:
          choices: {in: {to: kitchen}}
          states:
            bench: {}
            again: {type: history}
        """
    )
    assert (finding.code, "'again'" in finding.message) == ("HL501", True)


def test_a_state_reached_by_an_event_a_timer_or_always_is_reached() -> None:
    assert (
        codes(
            """\
            kitchen: {events: {bell: door}, after: {5m: hall}}
            door: {always: hall}
            hall: {choices: {drink: {to: done}}}
            """
        )
        == []
    )


# Ends -----------------------------------------------------------------------------------------


def test_a_state_that_nothing_leads_out_of_is_a_dead_end() -> None:
    finding = one("kitchen: {choices: {drink: {to: done}, fall: {to: cellar}}}\ncellar: {}\n")
    assert (finding.code, finding.severity) == ("HL502", Severity.ERROR)
    assert "'cellar'" in finding.message


def test_choices_that_stay_do_not_lead_out_of_a_dead_end() -> None:
    states = """\
        kitchen: {choices: {drink: {to: done}, fall: {to: cellar}}}
        cellar: {choices: {cry: {}}}
        """
    assert codes(states) == ["HL502"]


def test_a_circle_of_states_without_an_end_is_one_dead_end() -> None:
    finding = one(
        """\
        kitchen: {choices: {drink: {to: done}, fall: {to: cellar}}}
        cellar: {choices: {feel: {to: tunnel}}}
        tunnel: {choices: {crawl: {to: cellar}}}
        """
    )
    assert finding.code == "HL502"
    assert "'cellar'" in finding.message
    assert "'tunnel'" in finding.message


def test_a_way_out_that_every_state_has_leaves_no_dead_end() -> None:
    assert codes("kitchen: {}\n", "choices: {stop: {to: done}}\n") == []


def test_a_scenario_without_a_final_state_never_ends() -> None:
    finding = one("kitchen: {choices: {on: {to: hall}}}\nhall: {}\n", end="")
    assert finding.code == "HL508"
    assert finding.hint is not None
    assert "'hall'" in finding.hint


def test_a_final_state_that_cannot_be_reached_is_no_end() -> None:
    assert codes("kitchen: {choices: {wait: {}}}\n") == ["HL508", "HL501"]


# Closed choices -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "choices",
    [
        "a: {when: sugar >= 2, to: done}",
        "a: {once: true}, b: {when: milk, to: done}",
        "a: {when: sugar < 1, to: done}, b: {when: sugar > 1, to: done}",
        "a: {branches: [{when: milk, to: done}, {when: sugar > 1, to: done}]}",
        'a: {when: kind == "green", to: done}, b: {when: kind == "black", to: done}',
    ],
)
def test_choices_that_can_all_be_closed_are_reported(choices: str) -> None:
    assert codes(f"kitchen: {{choices: {{{choices}}}}}\n") == ["HL503"]


@pytest.mark.parametrize(
    "choices",
    [
        "a: {when: milk, to: done}, b: {when: not milk, to: done}",
        "a: {when: sugar < 2, to: done}, b: {when: sugar >= 2, to: done}",
        "a: {when: sugar < 2 or milk, to: done}, b: {when: sugar >= 2 and not milk, to: done}",
        "a: {branches: [{when: milk, to: done}, {to: done}]}",
        """a: {when: kind == "green", to: done}, b: {when: kind != "green", to: done}""",
        "a: {when: visited(kitchen), to: done}",
        "a: {when: at(kitchen), to: done}",
        "a: {once: true}, b: {when: chosen(a), to: done}",
    ],
)
def test_choices_of_which_one_is_always_open_are_not_reported(choices: str) -> None:
    assert codes(f"kitchen: {{choices: {{{choices}}}}}\n") == []


@pytest.mark.parametrize(
    "more",
    ["always: [{when: not milk, to: done}]", "after: {5m: done}", "events: {bell: done}"],
)
def test_another_way_on_makes_up_for_closed_choices(more: str) -> None:
    assert codes(f"kitchen: {{choices: {{a: {{when: milk}}}}, {more}}}\n") == []


def test_an_inherited_way_out_makes_up_for_closed_choices() -> None:
    states = "kitchen: {choices: {a: {when: milk}}}\n"
    assert codes(states, "choices: {stop: {to: done}}\n") == []
    assert codes(states, "choices: {stop: {when: sugar > 1, to: done}}\n") == ["HL503"]


@pytest.mark.parametrize(
    "parts",
    [
        "choices: {a: {when: milk, to: done}}, always: {when: milk, to: done}",
        "always: {when: milk, to: done}",
        "always: [{when: sugar > 1, to: done}, {when: sugar < 1, to: done}]",
    ],
)
def test_an_always_that_need_not_hold_makes_up_for_nothing(parts: str) -> None:
    assert codes(f"kitchen: {{{parts}}}\n") == ["HL503"]


@pytest.mark.parametrize(
    "parts",
    [
        "always: [{when: milk, to: done}, {to: done}]",
        "always: [{when: sugar > 1, to: done}, {when: sugar <= 1, to: done}]",
    ],
)
def test_an_always_of_which_one_branch_holds_leads_on(parts: str) -> None:
    assert codes(f"kitchen: {{{parts}}}\n") == []


def test_a_guest_who_always_moves_on_makes_up_for_closed_choices() -> None:
    states = "kitchen: {choices: {a: {when: milk}, b: {by: guest, to: done}}}\n"
    assert codes(states) == []


# Branches -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "branches",
    [
        "[{to: done}, {when: milk, to: done}]",
        "[{when: milk, to: done}, {when: milk}, {}]",
        "[{when: sugar >= 1, to: done}, {when: sugar > 1}, {}]",
        "[{when: sugar >= 1, to: done}, {when: sugar < 1, to: done}, {}]",
        '[{when: kind != "green", to: done}, {when: kind == "black"}, {}]',
        "[{when: milk or sugar > 0, to: done}, {when: milk and sugar > 1}, {}]",
        "[{when: milk, to: done}, {when: milk == true}, {}]",
    ],
)
@pytest.mark.parametrize(
    "where",
    ["choices: {{a: {{branches: {}}}, b: {{to: done}}}}", "events: {{bell: {}}}",
     "after: {{5m: {}}}"],
)  # fmt: skip
def test_a_branch_behind_one_that_always_wins_is_shadowed(where: str, branches: str) -> None:
    finding = one(f"kitchen: {{{where.format(branches)}}}\n")
    assert finding.code == "HL505"


@pytest.mark.parametrize(
    "branches",
    [
        "[{when: milk, to: done}, {}]",
        "[{when: sugar > 1, to: done}, {when: sugar >= 1}, {}]",
        "[{when: milk, to: done}, {when: sugar > 1}, {}]",
        "[{when: visited(done), to: done}, {when: milk}, {}]",
    ],
)
def test_a_branch_that_can_be_taken_is_not_shadowed(branches: str) -> None:
    states = f"kitchen: {{choices: {{a: {{branches: {branches}}}, b: {{to: done}}}}}}\n"
    assert codes(states) == []


def test_the_branch_that_wins_is_named_by_its_line() -> None:
    finding = one(
        """\
        kitchen:
          choices:
            drink:
              branches:
                - {when: milk, to: done}
                - {when: sugar >= 1, to: done}
                - {when: sugar >= 2, to: kitchen}
                - {to: done}
        """
    )
    assert finding.location.line == 19
    assert "line 18" in finding.message


def test_an_inherited_handler_is_shadowed_only_if_it_is_everywhere() -> None:
    states = """\
        kitchen: {events: {bell: done}, choices: {on: {to: hall}}}
        hall: {%schoices: {drink: {to: done}}}
        """
    assert codes(states % "", "events: {bell: kitchen}\n") == []
    assert codes(states % "events: {bell: done}, ", "events: {bell: kitchen}\n") == ["HL505"]


def test_a_guard_that_no_values_fulfil_is_reported_once_for_a_choice() -> None:
    finding = one(
        "kitchen: {choices: {a: {when: sugar > 3, branches: [{when: milk, to: done}, {}]},"
        " b: {to: done}}}\n"
    )
    assert finding.code == "HL511"
    assert "'a'" in finding.message


def test_conditions_that_exclude_each_other_are_reported_for_a_branch() -> None:
    states = """\
        kitchen:
          choices:
            a: {when: sugar > 1, branches: [{when: sugar < 1, to: done}, {to: done}]}
            b: {to: done}
        """
    assert codes(states) == ["HL511"]


def test_a_guard_over_more_values_than_can_be_tried_is_left_alone() -> None:
    wide = "context:\n" + "".join(
        f"  v{n}: {{type: int, min: 0, max: 1000, initial: 0, title: V}}\n" for n in range(4)
    )
    text = HEAD + wide + (
        "states:\n  kitchen:\n    choices:\n      a: {when: v0 + v1 + v2 + v3 > 4000, to: done}\n"
        "      b: {to: done}\n" + END
    )  # fmt: skip
    assert linted(text) == ()


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ("x > 500000", []),
        ("x > 5 and x < 9", []),
        ("wait > 2d", []),
        ("wait > 9d", ["HL511"]),
        ("x > 5 and x < 3", []),  # true, but a million values are not tried
    ],
)
def test_wide_variables_are_tried_at_their_ends_and_lengths_of_time_one_by_one(
    guard: str, expected: list[str]
) -> None:
    text = HEAD + (
        "context:\n"
        "  x: {type: int, min: 0, max: 1000000, initial: 0, title: X}\n"
        "  wait: {type: duration, values: [1d, 7d], initial: 1d, title: Wait}\n"
        f"states:\n  kitchen: {{choices: {{a: {{when: '{guard}'}}, b: {{to: done}}}}}}\n" + END
    )
    assert [finding.code for finding in linted(text)] == expected


def test_many_names_are_cut_short() -> None:
    ring = "".join(f"c{n}: {{choices: {{on: {{to: c{(n + 1) % 9}}}}}}}\n" for n in range(9))
    finding = one("kitchen: {choices: {drink: {to: done}, fall: {to: c0}}}\n" + ring)
    assert "'c1', 'c2', 'c3' and 5 more" in finding.message


def test_many_unreachable_states_are_each_reported() -> None:
    lost = "".join(f"c{n}: {{choices: {{on: {{to: kitchen}}}}}}\n" for n in range(30))
    assert codes("kitchen: {choices: {drink: {to: done}}}\n" + lost) == ["HL501"] * 30


# Size -----------------------------------------------------------------------------------------


def large(states: int) -> str:
    rows = [
        f"  s{n}:\n"
        f"    choices:\n"
        f"      on: {{when: sugar > {n % 3}, to: s{(n + 1) % states}}}\n"
        f"      off: {{when: sugar <= {n % 3}, do: sugar += 1, to: s{(n * 7 + 1) % states}}}\n"
        f"      ask: {{once: true, branches: [{{when: milk, to: s{n // 2}}}, {{to: done}}]}}\n"
        for n in range(states)
    ]
    return (
        HEAD + VARIABLES + "choices: {stop: {to: done}}\n" + "states:\n" + "".join(rows) + END
    )  # fmt: skip


def test_linting_takes_less_time_than_compiling() -> None:
    loaded = load_text(large(1_000))
    begin = time.process_time()
    compiled = compile_scenario(loaded)
    middle = time.process_time()
    assert lint(compiled) == ()
    assert time.process_time() - middle < middle - begin


@pytest.mark.slow
@pytest.mark.timed
def test_ten_thousand_states_are_linted_in_two_seconds() -> None:
    compiled = compile_scenario(load_text(large(10_000)))
    assert compiled.machine is not None, compiled.diagnostics[:3]
    begin = time.process_time()
    found = lint(compiled)
    assert time.process_time() - begin < 2
    assert found == ()


def test_components_come_out_before_those_that_lead_to_them() -> None:
    onward = {"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": [], "e": ["a", "x"]}
    found = components(onward, onward)
    assert [set(component) for component in found] == [{"d"}, {"b", "c"}, {"a"}, {"e"}]


def test_a_long_chain_needs_no_recursion() -> None:
    onward = {str(n): [str(n + 1)] for n in range(50_000)}
    assert len(components(onward, onward)) == 50_000
