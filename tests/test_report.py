"""Findings as text, JSON and SARIF."""

from __future__ import annotations

import json
from pathlib import Path

from heartline.checking.report import as_json, as_sarif, as_text, read_sources, tally
from heartline.diagnostics import Diagnostic, Location, Severity

LINE = "      drink: {say: Thank you., to: don}"


def finding(
    line: int = 1,
    column: int = 36,
    message: str = "There is no state 'don'.",
    severity: Severity = Severity.ERROR,
    file: str = "tea.yaml",
) -> Diagnostic:
    return Diagnostic(
        "HL301", severity, message, Location(file, line, column), "did you mean 'done'?"
    )


def shown(source: str, column: int, **how: object) -> list[str]:
    text = as_text([finding(column=column)], {"tea.yaml": [source]}, **how)  # type: ignore[arg-type]
    return text.splitlines()


def test_a_finding_is_shown_with_its_line_and_a_caret_under_the_word() -> None:
    assert shown(LINE, 36) == [
        "tea.yaml:1:36: error HL301: There is no state 'don'.",
        "    1 |       drink: {say: Thank you., to: don}",
        "      |                                    ^^^",
        "  did you mean 'done'?",
        "",
        "1 error",
    ]


def test_the_carets_stand_under_a_whole_placeholder() -> None:
    assert shown('say: "Hm, {suger.left}."', 11)[2] == "      |           ^^^^^^^^^^^^"


def test_the_caret_stands_right_after_tabs_and_wide_letters() -> None:
    lines = shown("\t茶: don", 5)
    assert lines[1] == "    1 |     茶: don"
    assert lines[2] == "      |         ^^^"  # four columns for the tab, two for the letter


def test_combining_marks_take_no_column() -> None:
    assert shown("e\N{COMBINING ACUTE ACCENT}: don", 5)[2] == "      |    ^^^"


def test_a_long_line_is_cut_around_the_caret() -> None:
    lines = shown("x" * 500 + " don " + "y" * 500, 502, width=60)
    assert max(map(len, lines[:3])) <= 60
    assert "don" in lines[1]
    assert lines[1].index("don") == lines[2].index("^")
    assert lines[1].endswith("…")


def test_a_long_word_does_not_push_the_carets_out_of_the_terminal() -> None:
    assert max(map(len, shown("don" * 200, 1, width=60)[:3])) <= 60


def test_a_place_past_the_end_of_the_line_is_shown_at_its_end() -> None:
    assert shown("abc", 99)[2] == "      |    ^"


def test_a_place_past_the_end_of_the_file_has_no_excerpt() -> None:
    text = as_text([finding(line=7)], {"tea.yaml": ["one line"]})
    assert "|" not in text


def test_without_the_source_there_is_no_excerpt() -> None:
    assert as_text([finding()]).splitlines()[1] == "  did you mean 'done'?"


def test_nothing_that_steers_a_terminal_comes_through() -> None:
    nasty = "\x1b[31m\x07 \N{RIGHT-TO-LEFT OVERRIDE} don"
    text = as_text(
        [finding(message=f"There is no {nasty}.", file=f"te{nasty}.yaml", column=10)],
        {f"te{nasty}.yaml": [nasty]},
    )
    assert not {"\x1b", "\x07", "\N{RIGHT-TO-LEFT OVERRIDE}"} & set(text)


def test_colour_is_given_only_on_request() -> None:
    assert "\x1b" not in as_text([finding()], {"tea.yaml": [LINE]})
    assert "\x1b[1;31merror HL301\x1b[0m" in as_text([finding()], {"tea.yaml": [LINE]}, colour=True)


def test_findings_are_counted_by_severity() -> None:
    assert tally([]) == "no findings"
    assert tally([finding(), finding(severity=Severity.WARNING)]) == "1 error, 1 warning"
    assert tally([finding(severity=Severity.NOTE)] * 2) == "2 notes"


def test_sources_are_read_by_the_names_in_the_locations(tmp_path: Path) -> None:
    path = tmp_path / "tea.yaml"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree \xff")
    found = read_sources(
        [
            finding(file=str(path)),
            finding(file="gone.yaml"),
            finding(file="a\0b"),
            finding(file=str(tmp_path / ("x" * 999))),
        ]
    )
    assert found == {str(path): ["one", "two", "three \N{REPLACEMENT CHARACTER}"]}


def test_json_says_the_same_for_programs() -> None:
    data = json.loads(as_json([finding(), finding(severity=Severity.WARNING)]))
    assert data["format"] == 1
    assert data["counts"] == {"error": 1, "warning": 1, "note": 0}
    assert data["findings"][0] == {
        "code": "HL301",
        "title": "unknown state",
        "severity": "error",
        "message": "There is no state 'don'.",
        "hint": "did you mean 'done'?",
        "file": "tea.yaml",
        "line": 1,
        "column": 36,
    }


def test_sarif_names_each_rule_once_and_points_its_results_at_them() -> None:
    data = json.loads(as_sarif([finding(), finding(line=2)], "0.1.0"))
    assert data["version"] == "2.1.0"
    (run,) = data["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "HL301"
    assert rule["name"] == "UnknownState"
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert [result["ruleIndex"] for result in run["results"]] == [0, 0]
    assert run["columnKind"] == "unicodeCodePoints"
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "tea.yaml"},
        "region": {"startLine": 2, "startColumn": 36},
    }
    assert run["results"][0]["message"] == {
        "text": "There is no state 'don'. (did you mean 'done'?)"
    }


def test_sarif_writes_the_names_of_files_as_uris(tmp_path: Path) -> None:
    def uri(name: str) -> str:
        (run,) = json.loads(as_sarif([finding(file=name)], "0.1.0"))["runs"]
        place = run["results"][0]["locations"][0]["physicalLocation"]
        return str(place["artifactLocation"]["uri"])

    assert uri("my teas/green tea.yaml") == "my%20teas/green%20tea.yaml"
    assert uri(str(tmp_path / "tea.yaml")).startswith("file:///")


def test_a_code_that_is_not_registered_is_passed_on_as_it_is() -> None:
    (run,) = json.loads(as_sarif([Diagnostic("XX1", Severity.NOTE, "So.", Location("a"))], "1"))[
        "runs"
    ]
    assert run["tool"]["driver"]["rules"] == [{"id": "XX1"}]
    data = json.loads(as_json([Diagnostic("XX1", Severity.NOTE, "So.", Location("a"))]))
    assert data["findings"][0]["title"] is None


def test_a_finding_without_a_hint_ends_with_its_excerpt() -> None:
    text = as_text([Diagnostic("HL301", Severity.ERROR, "So.", Location("a"))], {"a": ["x"]})
    assert text == "a:1:1: error HL301: So.\n    1 | x\n      | ^\n\n1 error\n"


def test_a_cut_line_counts_wide_letters_twice() -> None:
    lines = shown("茶" * 200 + " don " + "茶" * 200, 202, width=60)
    assert sum(2 if sign == "茶" else 1 for sign in lines[1]) <= 60
    before = lines[1][: lines[1].index("don")]
    assert len(before) + before.count("茶") == lines[2].index("^")


def test_sarif_of_a_clean_scenario_has_no_results() -> None:
    (run,) = json.loads(as_sarif([], "0.1.0"))["runs"]
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
