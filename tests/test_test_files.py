"""Test files as they are read: what becomes of a good one, and what is said about a bad one.

Each faulty file is a good one with one mistake that an author could have made. What is said of it
is compared with its place: the line and the column at which the mistake stands.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent, indent

import jsonschema
import pytest

from heartline.cli.group import heartline
from heartline.cli.guard import guarded
from heartline.clock import STORY_START
from heartline.diagnostics import Diagnostic
from heartline.testing.case import LoadedTests
from heartline.testing.files import schema
from heartline.testing.files.finding import find_test_files, is_test_file
from heartline.testing.files.loading import Scenarios, load_tests
from heartline.yamltext import compose

TEA = """\
heartline: 1
id: tea
version: 1.0.0
title: A cup of tea
cast:
  you: {name: You}
  ann: {name: Ann, played_by: engine}
context:
  sugar: {type: int, min: 0, max: 3, initial: 0, input: true}
  mood: {type: enum, values: [warm, cool], initial: warm}
timers:
  brew: {length: 3m}
states:
  kitchen:
    entry: {say: [{ann: Tea?}, The kettle sings.], do: start(brew)}
    choices:
      sweeten: {say: One more., do: sugar += 1, once: true}
      drink: {say: Thank you., when: sugar >= 1, to: gone}
    events: {knock: {to: table}, ring: house}
    after: {brew: table}
  table:
    choices:
      leave: {say: Bye., to: gone}
      pour: {by: ann, say: Here., when: sugar >= 3, to: gone}
    after: {1h: gone}
  house:
    states:
      hall: {choices: {go_in: {say: In., to: back}, out: {say: Out., to: gone}}}
      back: {type: history, default: hall}
  gone: {type: final, outcome: warm}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scenario.yaml").write_text(TEA, "utf-8")
    return tmp_path


def load(folder: Path, text: str) -> LoadedTests:
    path = folder / "tests.yaml"
    path.write_text(dedent(text), "utf-8")
    return load_tests(path, "tests.yaml")


def of_tests(folder: Path, body: str) -> LoadedTests:
    """The file that has these tests and no more."""
    return load(folder, "heartline_tests: 1\ntests:\n" + indent(dedent(body), "  "))


def said(loaded: LoadedTests) -> list[tuple[str, str]]:
    """What was found: the code, and what stands at its place, up to the next sign."""
    return [(found.code, _at(loaded.text, found)) for found in loaded.diagnostics]


def _at(text: str, found: Diagnostic) -> str:
    line = text.split("\n")[found.location.line - 1][found.location.column - 1 :]
    for sign in ",:}]":
        line = line.partition(sign)[0] or line
    return line


def only(loaded: LoadedTests) -> Diagnostic:
    (found,) = loaded.diagnostics
    return found


class TestGoodFiles:
    def test_a_test_becomes_a_case_with_what_it_starts_with(self, folder: Path) -> None:
        loaded = load(
            folder,
            """\
            heartline_tests: 1
            defaults: {seed: 3, inputs: {sugar: 2}, start: 2026-03-01T08:00:00+01:00}
            tests:
              drinking:
                about: Sweet enough.
                expect: {state: kitchen}
                steps: [{choose: drink, expect: {outcome: warm}}]
              plain: {seed: 4, start: "2026-03-01T08:00Z", seats: ann, expect: {over: false}}
            """,
        )
        assert loaded.diagnostics == ()
        drinking, plain = loaded.cases
        assert (drinking.id, drinking.name) == ("tests.yaml::drinking", "drinking")
        assert (drinking.seed, drinking.inputs, drinking.seats) == (3, {"sugar": 2}, ())
        assert drinking.start == datetime(2026, 3, 1, 7, tzinfo=UTC)
        assert drinking.opening is not None
        assert drinking.steps[0].step.act == "choose"
        assert str(drinking.steps[0].location) == "tests.yaml:7:13"
        assert (plain.seed, plain.seats) == (4, ("ann",))
        assert plain.start == datetime(2026, 3, 1, 8, tzinfo=UTC)

    def test_without_a_word_a_test_starts_with_seed_0_where_manual_clocks_do(
        self, folder: Path
    ) -> None:
        (case,) = of_tests(folder, "a: {expect: {over: false}}").cases
        assert (case.seed, case.start, case.inputs) == (0, STORY_START, {})

    def test_each_row_of_a_table_becomes_a_case(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            first: {expect: {over: false}}
            waiting:
              inputs: $with
              steps:
                - {wait: $long, expect: {state: $state, lines: $lines}}
                - expect: $then
              cases:
                early: {long: 2m, state: kitchen, lines: [], with: {sugar: 1}, then: {over: false}}
                late: {long: 1d, state: gone, lines: hm, with: {}, then: {running: []}}
            last: {expect: {over: false}}
            """,
        )
        assert [case.name for case in loaded.cases] == [
            "first", "waiting[early]", "waiting[late]", "last",
        ]  # fmt: skip
        _, early, late, _ = loaded.cases
        assert (early.inputs, late.inputs) == ({"sugar": 1}, {})
        assert [step.step.wait for step in (early.steps[0], late.steps[0])] == ["2m", "1d"]
        assert late.steps[1].step.expect is not None
        assert late.steps[1].step.expect.running == ()
        assert early.location.line == 10
        assert early.steps[0].location == late.steps[0].location

    def test_a_value_of_a_row_has_its_own_place(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            a:
              steps: [{wait: 1m, expect: {state: $where}}]
              cases:
                one: {where: kitchen}
            """,
        )
        (step,) = loaded.cases[0].steps
        assert step.sources is not None
        assert str(step.sources.locate((*step.path, "expect", "state"))) == "tests.yaml:6:20"

    def test_a_test_starts_where_another_ended(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            third: {after: second, expect: {state: table}, steps: [{choose: leave}]}
            second:
              after: first
              steps:
                - {send: knock, expect: {state: table}}
                - {choose: drink, expect: {error: unknown_choice}}
            first:
              seed: 8
              inputs: {sugar: 1}
              steps: [{choose: sweeten}, {expect: {context: {sugar: 2}}}]
            """,
        )
        assert loaded.diagnostics == ()
        third = loaded.cases[0]
        assert (third.seed, third.inputs) == (8, {"sugar": 1})
        acts = [(step.step.choose, step.step.send) for step in third.beginning]
        assert acts == [("sweeten", None), (None, "knock")]  # what is refused changes nothing
        assert third.opening is None
        assert [step.step.act for step in third.steps] == [None, "choose"]

    def test_expressions_come_out_as_trees_that_see_hidden_things_and_timers(
        self, folder: Path
    ) -> None:
        loaded = of_tests(folder, "a: {expect: {holds: [sugar == 0, running(brew), at(kitchen)]}}")
        opening = loaded.cases[0].opening
        assert opening is not None
        assert len(opening.holds) == 3

    def test_what_a_step_expects_to_be_refused_need_not_exist(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            a:
              steps:
                - {choose: nonsense, as: you, expect: {error: unknown_choice}}
                - {choose: leave, as: ann, expect: {error: unknown_choice}}
                - {send: nonsense, expect: {error: {kind: unknown_event, says: {like: "*"}}}}
                - {choose: sweeten, draw: nonsense, expect: {error: draw}}
            b: {inputs: {sugar: 9, milk: 1}, seats: bob, expect: {error: input}}
            c: {draw: nonsense, expect: {error: draw}}
            """,
        )
        assert loaded.diagnostics == ()

    def test_delays_of_states_are_timers_too(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            "a: {steps: [{wait_until: table.1h, expect: {timers: {table.1h: off}}}]}",
        )
        assert loaded.diagnostics == ()

    def test_the_scenario_is_loaded_once_for_all_its_test_files(self, folder: Path) -> None:
        scenarios = Scenarios()
        for name in ("tests.yaml", "more.test.yaml"):
            text = "heartline_tests: 1\ntests: {a: {expect: {over: false}}}\n"
            (folder / name).write_text(text, "utf-8")
        one, other = (load_tests(path, scenarios=scenarios) for path in find_test_files([folder]))
        assert one.scenario is not None
        assert other.scenario is not None
        assert one.scenario.machine is other.scenario.machine


UNKNOWN = [
    ("expect: {state: kitchn}", "HL301", "kitchn", "did you mean 'kitchen'?"),
    ("expect: {state: back}", "HL301", "back", None),
    ("expect: {context: {suger: 1}}", "HL302", "suger", "did you mean 'sugar'?"),
    ("expect: {holds: suger == 1}", "HL302", "suger == 1", "did you mean 'sugar'?"),
    ("expect: {timers: {bru: off}}", "HL304", "bru", "there is brew, table.1h"),
    ("expect: {running: [brew, brews]}", "HL304", "brews", "did you mean 'brew'?"),
    ("expect: {ends: {brews: 2026-01-05T09:03:00Z}}", "HL304", "brews", "did you mean 'brew'?"),
    ("steps: [{wait_until: brw, expect: {over: true}}]", "HL304", "brw", "did you mean 'brew'?"),
    ("steps: [{choose: drink, as: yu, expect: {over: true}}]", "HL305", "yu",
     "did you mean 'you'?"),
    ("{seats: [an], expect: {over: false}}", "HL305", "an", "did you mean 'ann'?"),
    ("expect: {lines: [{anne: Tea?}]}", "HL306", "anne", "did you mean 'ann'?"),
    ("expect: {lines: [{speaker: anne, like: T*}]}", "HL306", "anne", "did you mean 'ann'?"),
    ("expect: {said_by: [ann, narator]}", "HL306", "narator", "did you mean 'narrator'?"),
    ("steps: [{choose: drnk, expect: {over: true}}]", "HL309", "drnk", "did you mean 'drink'?"),
    ("steps: [{choose: leave, draw: por, expect: {over: true}}]", "HL309", "por",
     "did you mean 'pour'?"),
    ("expect: {offered: drnk}", "HL309", "drnk", "did you mean 'drink'?"),
    ("expect: {only_offered: [drink, sweten]}", "HL309", "sweten", "did you mean 'sweeten'?"),
    ("expect: {not_offered: [drnk]}", "HL309", "drnk", "did you mean 'drink'?"),
    ("expect: {closed: [drink, leav]}", "HL309", "leav", "did you mean 'leave'?"),
    ("expect: {closed: {leav: It is late.}}", "HL309", "leav", "did you mean 'leave'?"),
    ("expect: {outcome: wram}", "HL310", "wram", "did you mean 'warm'?"),
    ("steps: [{send: nock, expect: {over: true}}]", "HL312", "nock", "did you mean 'knock'?"),
    ("{inputs: {suger: 1}, expect: {over: true}}", "HL906", "suger", "did you mean 'sugar'?"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "place", "hint"), UNKNOWN)
def test_a_name_that_the_scenario_does_not_have(
    folder: Path, body: str, code: str, place: str, hint: str | None
) -> None:
    loaded = of_tests(folder, f"a: {body}" if body.startswith("{") else f"a: {{{body}}}")
    assert said(loaded) == [(code, place)]
    assert only(loaded).hint == hint
    assert loaded.cases == ()


VALUES = [
    ("expect: {context: {sugar: 4}}", "HL403", "4"),
    ("expect: {context: {mood: wram}}", "HL403", "wram"),
    ("expect: {holds: sugar + 1}", "HL403", "sugar + 1"),
    ("expect: {holds: sugar ==}", "HL401", "=="),
    ("{inputs: {sugar: 4}, expect: {over: false}}", "HL906", "4"),
    ("{inputs: {mood: cool}, expect: {over: false}}", "HL906", "mood"),
    ("steps: [{wait: -3d, expect: {over: false}}]", "HL905", "-3d"),
    ("steps: [{wait: 3 days, expect: {over: false}}]", "HL905", "3 days"),
    ("steps: [{wait: 14, expect: {over: false}}]", "HL905", "14"),
    ("steps: [{wait: 9999999w, expect: {over: false}}]", "HL905", "9999999w"),
    ("{start: 2026-01-05, expect: {over: false}}", "HL204", "2026-01-05"),
    ("{start: 2026-01-05T09:00, expect: {over: false}}", "HL204", "2026-01-05T09"),
    ("{start: 2026-02-30T09:00Z, expect: {over: false}}", "HL204", "2026-02-30T09"),
    ("{start: 0001-01-01T00:00+14:00, expect: {over: false}}", "HL204", "0001-01-01T00"),
    ("expect: {timers: {brew: soon}}", "HL204", "soon"),
    ("expect: {error: clsed}", "HL204", "clsed"),
    ("steps: [{undo: 0, expect: {over: false}}]", "HL204", "0"),
    ("steps: [{resume: false, expect: {over: false}}]", "HL204", "false"),
    ("expect: {sate: kitchen}", "HL201", "sate"),
    ("expect: {lines: [{ann: {contain: Tea}}]}", "HL201", "{ann"),
    ("expect: {lines: [{ann: Tea?, you: Yes.}]}", "HL205", "{ann"),
    ("expect: {lines: [{ann: 5}]}", "HL203", "{ann"),
    ("expect: {context: {sugar: 1.5}}", "HL203", "sugar"),
    ("steps: [{choose: drink, wait: 3d, expect: {over: true}}]", "HL205", "{choose"),
    ("steps: [{}, {expect: {over: false}}]", "HL202", "{}"),
    ("steps: [{undo: 1, as: you, expect: {over: false}}]", "HL205", "{undo"),
    ("steps: [{undo: 1, draw: pour, expect: {over: false}}]", "HL205", "{undo"),
    ("{skip: later, only: now, expect: {over: false}}", "HL205", "only"),
    ("{expect: {error: input}, inputs: {sugar: 9}, steps: [{wait: 1d}]}", "HL205", "steps"),
    ("steps: [{wait: 1d, expect: {error: over}}]", "HL205", "over"),
    ("steps: [{expect: {error: closed}}]", "HL205", "closed"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "place"), VALUES)
def test_a_value_that_cannot_be(folder: Path, body: str, code: str, place: str) -> None:
    loaded = of_tests(folder, f"a: {body}" if body.startswith("{") else f"a: {{{body}}}")
    found = said(loaded)
    assert [each[0] for each in found] == [code], loaded.diagnostics
    assert found[0][1].startswith(place) or place.startswith(found[0][1])
    assert loaded.cases == ()


class TestWhoChooses:
    def test_nobody_chooses_for_the_engine(self, folder: Path) -> None:
        found = only(of_tests(folder, "a: {steps: [{choose: pour, expect: {over: true}}]}"))
        assert found.code == "HL309"
        assert "drawn by the engine" in found.message
        assert found.hint is not None
        assert "draw: pour" in found.hint

    def test_who_takes_the_engine_s_seat_chooses_and_is_not_drawn(self, folder: Path) -> None:
        body = "a: {seats: ann, steps: [{choose: pour, as: ann, expect: {over: true}}]}"
        assert of_tests(folder, body).diagnostics == ()
        body = "a: {seats: ann, steps: [{send: knock, draw: pour, expect: {over: true}}]}"
        assert "a person chooses it" in only(of_tests(folder, body)).message

    def test_the_seats_of_the_test_that_it_starts_after_count(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            a: {seats: ann, steps: [{send: knock, expect: {state: table}}]}
            b: {after: a, steps: [{choose: pour, expect: {over: true}}]}
            """,
        )
        assert loaded.diagnostics == ()

    def test_a_choice_of_another_role(self, folder: Path) -> None:
        body = "a: {seats: ann, steps: [{choose: pour, as: you, expect: {over: true}}]}"
        found = only(of_tests(folder, body))
        assert (found.code, found.hint) == ("HL309", "it belongs to ann")


class TestExpectations:
    @pytest.mark.parametrize(
        ("body", "place"),
        [
            ("a: {steps: [{choose: drink}]}", "a"),
            ("a: {}", "a"),
            ("a: {steps: [{choose: drink, expect: {}}]}", "expect"),
            ("a: {expect: {lines: [], context: {}}}", "expect"),
            ("a: {expect: {nothing_more_said: false}}", "expect"),
        ],
    )
    def test_a_test_that_nothing_can_fail_is_an_error(
        self, folder: Path, body: str, place: str
    ) -> None:
        assert said(of_tests(folder, body)) == [("HL901", place)]

    @pytest.mark.parametrize(
        "expect", ["over: false", "running: []", "only_offered: []", "said_by: []",
                   "nothing_more_said: true"],
    )  # fmt: skip
    def test_that_there_is_nothing_can_be_expected(self, folder: Path, expect: str) -> None:
        assert of_tests(folder, f"a: {{expect: {{{expect}}}}}").diagnostics == ()

    def test_a_test_whose_expectation_could_not_be_read_is_not_said_to_have_none(
        self, folder: Path
    ) -> None:
        assert said(of_tests(folder, "a: {expect: {sate: kitchen}}")) == [("HL201", "sate")]

    def test_a_count_that_the_scenario_does_not_keep_cannot_be_asked_for(
        self, folder: Path
    ) -> None:
        loaded = of_tests(folder, "a: {expect: {holds: [count(drink) >= 1, visited(table)]}}")
        assert [found.code for found in loaded.diagnostics] == ["HL402", "HL402"]
        assert "no guard of the scenario counts" in loaded.diagnostics[0].message


class TestTables:
    @pytest.mark.parametrize(
        ("table", "place", "hint"),
        [
            ("{a: {wait: 1m}, b: {}}", "b", None),
            ("{a: {wait: 1m}, b: {wiat: 2m}}", "b", "did you mean 'wiat'?"),
            ("{a: {wait: 1m, more: 2}}", "more", "write $more"),
            ("{a: {wat: 1m}}", "$wait", "did you mean '$wat'?"),
            ("{}", "cases", "write a row"),
        ],
    )
    def test_columns_and_rows_that_do_not_fit(
        self, folder: Path, table: str, place: str, hint: str | None
    ) -> None:
        body = f"t: {{steps: [{{wait: $wait, expect: {{over: false}}}}], cases: {table}}}"
        loaded = of_tests(folder, body)
        assert said(loaded) == [("HL904", place)]
        assert (only(loaded).hint or "").startswith(hint or "")

    def test_rows_that_are_all_the_same(self, folder: Path) -> None:
        loaded = of_tests(folder, "t: {expect: {over: false}, cases: {a: {}, b: {}}}")
        assert said(loaded) == [("HL904", "cases")]

    def test_a_column_without_a_table(self, folder: Path) -> None:
        loaded = of_tests(folder, "t: {steps: [{wait: $wait, expect: {over: false}}]}")
        assert said(loaded) == [("HL904", "$wait")]

    def test_what_is_wrong_with_a_cell_is_found_at_the_cell(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            t:
              steps:
                - {wait: $wait, expect: {state: $state, holds: $holds}}
              cases:
                a: {wait: 3x, state: kitchen, holds: sugar == 0}
                b: {wait: 1d, state: kitschen, holds: sugar == 0}
                c: {wait: 1d, state: gone, holds: suger == 0}
            """,
        )
        assert said(loaded) == [("HL905", "3x"), ("HL301", "kitschen"), ("HL302", "suger == 0")]

    def test_what_is_wrong_with_the_test_is_said_once_for_all_rows(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            t:
              steps: [{wait: $wait, expect: {state: kitschen, context: {suger: 1}}}]
              cases: {a: {wait: 1d}, b: {wait: 2d}, c: {wait: 3d}}
            """,
        )
        assert said(loaded) == [("HL301", "kitschen"), ("HL302", "suger")]


class TestChains:
    @pytest.mark.parametrize(
        ("body", "code", "place", "words"),
        [
            ("b: {after: aa, expect: {over: false}}", "HL903", "aa", "no test of this file"),
            ("b: {after: b, expect: {over: false}}", "HL903", "b", "starts after itself"),
            ("b: {after: t, expect: {over: false}}", "HL903", "t", "more than one place"),
            ("b: {after: r, expect: {over: false}}", "HL903", "r", "nothing comes after it"),
            ("b: {after: a, seed: 3, expect: {over: false}}", "HL205", "seed", "no 'seed'"),
            ("b: {after: a, draw: pour, expect: {over: false}}", "HL205", "draw", "no 'draw'"),
        ],
    )
    def test_a_beginning_that_cannot_be(
        self, folder: Path, body: str, code: str, place: str, words: str
    ) -> None:
        loaded = of_tests(
            folder,
            f"""\
            a: {{expect: {{over: false}}}}
            t: {{expect: {{over: $x}}, cases: {{one: {{x: false}}}}}}
            r: {{inputs: {{sugar: 7}}, expect: {{error: input}}}}
            {body}
            """,
        )
        found = said(loaded)
        assert [each[0] for each in found] == [code], loaded.diagnostics
        assert found[0][1].startswith(place)
        assert words in only(loaded).message

    def test_a_circle_is_reported_once(self, folder: Path) -> None:
        body = "\n".join(
            f"{one}: {{after: {other}, expect: {{over: false}}}}"
            for one, other in ("ab", "bc", "ca")
        )
        found = only(of_tests(folder, body))
        assert found.code == "HL903"
        assert "a after b after c after a" in found.message

    def test_a_chain_may_lead_through_a_hundred_tests_and_no_more(self, folder: Path) -> None:
        chain = ["t0: {expect: {over: false}}"]
        chain += [f"t{n}: {{after: t{n - 1}, expect: {{over: false}}}}" for n in range(1, 101)]
        assert of_tests(folder, "\n".join(chain)).diagnostics == ()
        chain.append("t101: {after: t100, expect: {over: false}}")
        assert only(of_tests(folder, "\n".join(chain))).code == "HL903"


class TestScenarios:
    def test_a_scenario_that_is_not_there(self, folder: Path) -> None:
        loaded = load(
            folder, "heartline_tests: 1\nscenario: scenari.yaml\ntests: {a: {expect: {over: no}}}\n"
        )
        assert ("HL902", "scenari.yaml") in said(loaded)
        assert loaded.diagnostics[0].hint == "did you mean 'scenario.yaml'?"

    def test_no_test_file_is_offered_for_a_scenario(self, folder: Path) -> None:
        (folder / "scenarios.test.yaml").write_text("heartline_tests: 1\n", "utf-8")
        (folder / "scenario.yaml").unlink()
        (found,) = load(
            folder,
            "heartline_tests: 1\nscenario: scenarios.yaml\ntests: {a: {expect: {over: no}}}\n",
        ).diagnostics[:1]
        assert found.message.endswith("there is no file 'scenarios.yaml'")
        assert found.hint == "name the scenario's file, beside this one"

    @pytest.mark.parametrize("field", ["only", "skip", "expect"])
    def test_a_field_without_a_value_is_said_to_be_one_that_can_be_left_out(
        self, folder: Path, field: str
    ) -> None:
        loaded = of_tests(folder, f"a:\n    {field}:\n    steps: [{{expect: {{over: false}}}}]")
        (fault,) = loaded.diagnostics
        assert fault.code == "HL203"
        assert fault.hint is not None
        assert fault.hint.endswith("or leave the line out")

    def test_a_column_in_capitals_is_said_to_be_written_small(self, folder: Path) -> None:
        loaded = of_tests(folder, "a: {expect: {state: $ST}}")
        hint = "a column is written in lower case; did you mean '$st'?"
        assert [fault.hint for fault in loaded.diagnostics] == [hint]

    def test_a_scenario_with_faults_brings_them_along(self, folder: Path) -> None:
        (folder / "scenario.yaml").write_text(TEA.replace("to: gone", "to: gonne", 1), "utf-8")
        loaded = of_tests(folder, "a: {expect: {over: false}}")
        here, there = loaded.diagnostics
        assert (here.code, here.location.file) == ("HL902", "tests.yaml")
        assert here.hint is None  # they stand below
        assert (there.code, there.location.file) == ("HL301", "scenario.yaml")
        assert loaded.scenario is None
        assert loaded.cases == ()

    @pytest.mark.parametrize("path", ["../scenario.yaml", "/etc/hosts", "."])
    def test_files_outside_of_the_folder_are_not_read(self, folder: Path, path: str) -> None:
        text = f"heartline_tests: 1\nscenario: {path}\ntests: {{a: {{expect: {{over: false}}}}}}\n"
        inner = folder / "inner"
        inner.mkdir()
        found = load(inner, text).diagnostics
        assert [each.code for each in found] == ["HL902"]

    def test_warnings_of_the_scenario_do_not_stand_in_the_way(self, folder: Path) -> None:
        path = folder / "scenario.yaml"
        unused = "context:\n  unused: {type: bool, initial: false}\n"
        path.write_text(TEA.replace("context:\n", unused), "utf-8")
        assert of_tests(folder, "a: {expect: {over: false}}").diagnostics == ()


class TestWholeFiles:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "HL202"),
            ("tests: {}\n", "HL202"),
            ("heartline_tests: 2\ntests: {}\n", "HL208"),
            ("heartline_tests: 1\ntests: [\n", "HL103"),
            ("heartline_tests: 1\ntests:\n  a: {expect: {over: false}}\n  a: {}\n", "HL104"),
            ("heartline_tests: 1\ntests:\n  A b: {expect: {over: false}}\n", "HL207"),
            ("heartline_tests: 1\ntests: 5\n", "HL203"),
            ("- 1\n", "HL203"),
            ("heartline_tests: 1\nsteps: []\n", "HL201"),
        ],
    )
    def test_a_malformed_file_never_passes_silently(
        self, folder: Path, text: str, code: str
    ) -> None:
        loaded = load(folder, text)
        assert [found.code for found in loaded.diagnostics] == [code], loaded.diagnostics
        assert loaded.cases == ()

    def test_a_file_that_is_not_there_or_no_text(self, folder: Path) -> None:
        assert only(load_tests(folder / "nothing.test.yaml")).code == "HL106"
        path = folder / "tests.yaml"
        path.write_bytes(b"heartline_tests: \xff\n")
        assert only(load_tests(path)).code == "HL101"

    def test_one_fault_hides_no_other(self, folder: Path) -> None:
        loaded = of_tests(
            folder,
            """\
            a:
              steps:
                - {chose: drink}
                - {choose: drnk}
                - {wait: soon}
                - {expect: {sate: x, context: {sugar: 1.5}}}
                - {expect: {state: kitschen}}
            b: 5
            C: {expect: {state: gonne}}
            c: {after: b, expect: {state: tabel}}
            d: {start: now, expect: {state: haus}}
            """,
        )
        assert said(loaded) == [
            ("HL201", "chose"), ("HL309", "drnk"), ("HL905", "soon"), ("HL201", "sate"),
            ("HL203", "sugar"), ("HL301", "kitschen"), ("HL203", "5"), ("HL207", "C"),
            ("HL301", "tabel"), ("HL204", "now"), ("HL301", "haus"),
        ]  # fmt: skip

    def test_nothing_raises_whatever_is_written(self, folder: Path) -> None:
        good = "heartline_tests: 1\ntests:\n" + indent(
            dedent(
                """\
                a: {seed: 3, inputs: {sugar: 1}, steps: [{choose: drink, expect: {outcome: warm}}]}
                b:
                  after: a
                  expect: {lines: [{ann: Tea?}, {contains: kettle}], timers: {brew: 3m}}
                  steps: [{wait: $wait, expect: {state: $state, closed: {drink: because}}}]
                  cases: {x: {wait: 1d, state: gone}, y: {wait: 2d, state: table}}
                """
            ),
            "  ",
        )
        chance = random.Random(20)
        pieces = ["$", "{", "}", "[", "]", ": ", "\n", "- ", "*a", "&a ", "null", "$x", '"', "5"]
        scenarios = Scenarios()
        path = folder / "tests.yaml"
        for _ in range(400):
            text = good
            for _ in range(chance.randint(1, 5)):
                start = chance.randrange(len(text))
                end = start + chance.choice((0, 0, 1, 3, 20))
                text = text[:start] + chance.choice([*pieces, ""]) + text[end:]
            path.write_text(text, "utf-8")
            loaded = load_tests(path, scenarios=scenarios)
            assert loaded.cases or loaded.diagnostics, text

    def test_large_files_are_read_in_bounded_time(self, folder: Path) -> None:
        rows = "\n".join(f"    r{n}: {{wait: {n}s}}" for n in range(2000))
        many = f"t:\n  steps: [{{wait: $wait, expect: {{over: false}}}}]\n  cases:\n{rows}"
        began = time.process_time()
        assert len(of_tests(folder, many).cases) == 2000
        assert time.process_time() - began < 10

    def test_tables_stand_for_no_more_than_a_file_may_hold(self, folder: Path) -> None:
        steps = "\n".join("    - {wait: 1s, expect: {over: false}}" for _ in range(500))
        rows = "\n".join(f"    r{n}: {{seed: {n}}}" for n in range(500))
        loaded = of_tests(folder, f"t:\n  seed: $seed\n  steps:\n{steps}\n  cases:\n{rows}")
        assert [found.code for found in loaded.diagnostics] == ["HL102"]


class TestFinding:
    def test_names_of_test_files(self) -> None:
        assert is_test_file("a/tests.yaml")
        assert is_test_file("evening.test.yaml")
        assert not is_test_file("scenario.yaml")
        assert not is_test_file("mytests.yaml")
        assert not is_test_file(".test.yaml")

    def test_a_folder_stands_for_the_test_files_below_it(self, tmp_path: Path) -> None:
        for name in ("b.test.yaml", "tests.yaml", "inner/tests.yaml", ".git/tests.yaml",
                     "node_modules/x/tests.yaml", "other.yaml"):  # fmt: skip
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", "utf-8")
        found = [path.relative_to(tmp_path).as_posix() for path in find_test_files([tmp_path])]
        assert found == ["b.test.yaml", "tests.yaml", "inner/tests.yaml"]

    def test_each_file_is_found_once(self, folder: Path) -> None:
        path = folder / "tests.yaml"
        path.write_text("", "utf-8")
        assert find_test_files([folder, path, folder / "scenario.yaml"]) == [path]

    def test_a_path_that_is_not_there_is_left_to_the_reading(self, tmp_path: Path) -> None:
        assert find_test_files([tmp_path / "no.yaml"]) == [tmp_path / "no.yaml"]


class TestCommands:
    def test_check_takes_a_test_file(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = folder / "tests.yaml"
        path.write_text("heartline_tests: 1\ntests: {a: {expect: {state: kitchn}}}\n", "utf-8")
        assert guarded(heartline, ["check", str(path)]) == 1
        assert f"{path}:2:29: error HL301" in capsys.readouterr().out
        path.write_text("heartline_tests: 1\ntests: {a: {expect: {state: kitchen}}}\n", "utf-8")
        assert guarded(heartline, ["check", str(path)]) == 0

    def test_schema_prints_that_of_test_files(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert guarded(heartline, ["schema", "--tests"]) == 0
        assert capsys.readouterr().out == schema.tests_schema_text()


SCHEMA = schema.tests_schema()
COMMITTED = Path(__file__).parents[1] / "docs" / "tests.schema.json"


def accepts(text: str) -> bool:
    root = compose(text, "tests.yaml").root
    assert root is not None
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(root.data)


def whole(body: str) -> str:
    return f"heartline_tests: 1\ntests: {{a: {body}}}\n"


class TestSchema:
    def test_the_committed_schema_is_the_present_one(self) -> None:
        assert COMMITTED.read_text(encoding="utf-8") == schema.tests_schema_text(), (
            "the format has changed: write `heartline schema --tests > docs/tests.schema.json`"
        )

    def test_it_is_a_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    @pytest.mark.parametrize(
        "body",
        [
            "{steps: [{wait: 1d, expect: {state: a}}]}",
            "{steps: [{choose: a, as: you, turn: 3, draw: b}, {resume: true}, {undo: 2}]}",
            "{expect: {lines: [a, {ann: b}, {ann: {like: b*}}, {contains: c, speaker: you}]}}",
            "{expect: {lines: {ann: b}, closed: a, error: {kind: closed, says: x}}}",
            "{expect: {closed: [a, b], timers: {a: off, b: 3d}, holds: [true, a == 1]}}",
            "{expect: {closed: {a: because, b: {like: b*}}, ends: {a: 2026-01-05T09:00:00Z}}}",
            "{expect: $all, steps: $steps, seed: $seed, inputs: {sugar: $sugar}, seats: $seats}",
            "{steps: [{undo: $n, expect: {over: $over, lines: $lines, context: {a: $a}}}]}",
            "{steps: [{wait: $w, expect: {error: $e, closed: $c, timers: {b: $t}, ends: $e}}, $s]}",
            "{expect: {only_offered: [], offered: [$one, two]}, cases: {r: {one: {b: [c]}}}}",
        ],
    )
    def test_what_is_well_formed_is_accepted(self, body: str) -> None:
        assert accepts(whole(body))

    @pytest.mark.parametrize(
        "body",
        [
            "{steps: [{wait: soon}]}",
            "{steps: [{}]}",
            "{steps: [{choose: a, wait: 1d}]}",
            "{steps: [{undo: 1, as: you}]}",
            "{steps: [{resume: false}]}",
            "{stepps: []}",
            "{expect: {sate: a}}",
            "{expect: {lines: [{ann: {contain: x}}]}}",
            "{expect: {lines: [{ann: a, you: b}]}}",
            "{expect: {error: nothing}}",
            "{expect: {timers: {a: soon}}}",
            "{start: 2026-01-05}",
            "{after: $before}",
            "{seed: $Seed}",
        ],
    )
    def test_what_is_malformed_is_refused_as_the_loader_refuses_it(
        self, folder: Path, body: str
    ) -> None:
        assert not accepts(whole(body))
        assert load(folder, whole(body)).diagnostics

    def test_a_column_stands_in_no_default_and_in_no_accepted_mutant(self) -> None:
        assert not accepts("heartline_tests: 1\ndefaults: {seed: $seed}\n")

    @pytest.mark.parametrize(
        "path",
        find_test_files([Path(__file__).parents[1] / "scenarios"]),
        ids=lambda path: f"{path.parent.name}/{path.name}",
    )
    def test_the_tests_of_the_bundled_scenarios_are_accepted(self, path: Path) -> None:
        assert accepts(path.read_text("utf-8"))
