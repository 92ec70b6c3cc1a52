"""How coverage is told: tables, files, pages and diagrams, and what is too little of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from counted import ASKING, ROUND, Play, folder
from heartline.cli.group import heartline as command_line
from heartline.diagram import palette
from heartline.diagram.atlas import atlas
from heartline.diagram.chart import Marks, chart
from heartline.diagram.dot import to_dot
from heartline.diagram.layout import DrawingFailed
from heartline.testing.coverage import pages as pages_room
from heartline.testing.coverage.points import KINDS
from heartline.testing.coverage.table import as_text
from heartline.testing.coverage.wanted import NotWanted, read_floor, read_report

__all__ = ["folder"]


# Reports -------------------------------------------------------------------------------------


def run(*arguments: str):
    return CliRunner().invoke(command_line, ["test", *arguments], standalone_mode=False)


def test_the_table_names_each_kind_and_what_is_missing(folder: Path) -> None:
    result = run(".", "--cov")
    assert result.return_value == 0
    lines = result.output.splitlines()
    assert "Coverage of small (scenario.yaml)" in lines
    assert "  states             3      4   75.0" in lines
    assert "  clauses            0      0      -" in lines
    assert "    scenario.yaml:15: the choice 'leave' is not taken" in lines


def test_the_table_has_an_end_and_says_how_much_more_there_is() -> None:
    many = "".join(f"      c{number}: {{}}\n" for number in range(30))
    play = Play(f"cast: {{you: {{name: You}}}}\nstates:\n  here:\n    choices:\n{many}")
    text = as_text(play.coverage)
    assert "    and 18 more" in text
    assert "    and 888 more" in text  # pairs
    assert len(text.splitlines()) < 60


def test_a_share_is_never_rounded_to_all_or_nothing() -> None:
    many = "".join(f"      c{number}: {{}}\n" for number in range(40))
    play = Play(f"cast: {{you: {{name: You}}}}\nstates:\n  here:\n    choices:\n{many}")
    play.choose("c0", "c0")
    assert "  pairs              1   1600    0.1" in as_text(play.coverage)


def test_json_holds_the_totals_and_every_point(folder: Path) -> None:
    assert run(".", "--cov-report", "json:out.json").return_value == 0
    data = json.loads((folder / "out.json").read_text("utf-8"))
    assert tuple(data["totals"]) == KINDS
    assert data["totals"]["states"] == {"covered": 3, "total": 4}
    (scenario,) = data["scenarios"]
    assert scenario["id"] == "small"
    assert scenario["totals"] == data["totals"]
    assert scenario["points"]["outcomes"] == [
        {"file": "scenario.yaml", "line": 20, "column": 3, "subject": "the outcome 'apart'",
         "hits": 1},
        {"file": "scenario.yaml", "line": 21, "column": 3, "subject": "the outcome 'told'",
         "hits": 0, "missing": "is not come to"},
    ]  # fmt: skip
    for kind, points in scenario["points"].items():
        assert len(points) == data["totals"][kind]["total"]


def test_lcov_counts_lines_functions_and_branches(folder: Path) -> None:
    (folder / "more.test.yaml").unlink()
    text = (folder / "tests.yaml").read_text("utf-8")
    (folder / "tests.yaml").write_text(text[: text.index("  two_")], "utf-8")
    assert run(".", "--cov-report", "lcov:cov.info").return_value == 0
    record_of = (folder / "cov.info").read_text("utf-8").splitlines()
    assert record_of[0] == "TN:small"
    assert record_of[1] == "SF:scenario.yaml"
    assert record_of[-1] == "end_of_record"
    assert "FN:12,asking" in record_of
    assert "FNDA:2,asking" in record_of
    assert "FNDA:0,over" in record_of
    assert {"FNF:4", "FNH:2"} <= set(record_of)
    assert {"BRDA:15,0,0,0", "BRDA:15,0,1,1"} <= set(record_of)  # never true, seen false
    counted = {
        key: [each for each in record_of if each.startswith(f"{key}:")] for key in ("DA", "BRDA")
    }
    assert f"LF:{len(counted['DA'])}" in record_of
    assert f"LH:{sum(not each.endswith(',0') for each in counted['DA'])}" in record_of
    assert f"BRF:{len(counted['BRDA'])}" in record_of


def test_lcov_says_where_a_branch_was_never_asked() -> None:
    from heartline.testing.coverage.lcov import as_lcov

    play = Play("""
cast: {you: {name: You}}
context: {late: {type: bool, initial: false}}
states:
  here:
    events: {call: {when: late}}
    choices: {go: {}}
""")
    text = as_lcov([play.coverage])
    assert "BRDA:10,0,0,-\nBRDA:10,0,1,-\n" in text
    assert "DA:10,0\n" in text


@pytest.mark.skipif(shutil.which("genhtml") is None, reason="needs genhtml: install lcov")
def test_genhtml_reads_the_tracefile(folder: Path) -> None:
    run(".", "--cov-report", "lcov:cov.info")
    done = subprocess.run(
        ["genhtml", "--branch-coverage", "cov.info", "-o", "pages"],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower()


def test_the_pages_stand_alone_and_say_below_a_line_what_it_lacks(folder: Path) -> None:
    assert run(".", "--cov-report", "html:out").return_value == 0
    page = (folder / "out" / "small.html").read_text("utf-8")
    index = (folder / "out" / "index.html").read_text("utf-8")
    assert 'href="small.html"' in index
    for text in (page, index):
        assert "<script" not in text
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
        assert "prefers-color-scheme:dark" in text
    assert '<tr id=f0-15 class="partly"><td class=n>15</td>' in page
    row = page[page.index("<tr id=f0-15 ") :].split("<tr id=f0-16")[0]
    assert "the choice &#x27;leave&#x27; <b>is not taken</b>" in row
    assert '<tr id=f0-21 class="missed">' in page
    assert '<tr id=f0-14 class="met">' in page


def test_words_of_a_scenario_cannot_become_markup() -> None:
    play = Play("""
cast: {you: {name: You}}
states:
  here: {choices: {go: {say: "<img src=x onerror=alert(1)> & so on"}}}
""")
    page = pages_room.pages([play.coverage])["small.html"]
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_where_no_diagram_can_be_drawn_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_chart: object) -> str:
        raise DrawingFailed("There is no Graphviz here.")

    monkeypatch.setattr(pages_room, "to_svg", refuse)
    files = pages_room.pages([Play(ASKING).coverage])
    assert set(files) == {"index.html", "small.html"}
    assert "There is no Graphviz here." in files["small.html"]
    assert "<img" not in files["small.html"]


def test_nothing_is_written_where_a_page_cannot_be_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pages_room, "_source", fail)
    result = run(".", "--cov-report", "html:out")
    assert isinstance(result.exception, OSError)
    assert not (folder / "out").exists()


# The diagram ---------------------------------------------------------------------------------


def test_the_diagram_says_in_words_and_colours_what_is_covered() -> None:
    play = Play(ASKING).choose("ask", draws=("nod",))
    drawn = pages_room.pages([play.coverage]).get("small.svg")
    if drawn is None:
        pytest.skip("nothing here can lay out an SVG: pip install 'heartline[graph]'")
    words = re.sub(r"<[^>]+>", "", drawn)
    assert "\u2717 leave" in words
    assert "\u2717 partner: go" in words
    assert words.count("\u2717 not entered") == 2  # over and apart
    assert "they have not come to Apart, Over" in words
    for mark in ("met", "missed"):
        assert palette.COVERED[mark][0] in drawn


def test_ways_that_share_an_arrow_can_be_covered_in_part() -> None:
    machine = Play(ROUND.replace("{in: {to: room}}", "{in: {to: room}, dash: {to: room}}")).machine
    edges = {id(edge): "met" if edge.trigger == "in" else "missed" for edge in machine.edges}
    drawn = chart(machine, None, Marks({"hall": "met", "room": "missed"}, edges))
    assert {(arrow.source, arrow.mark) for arrow in drawn.arrows} == {
        ("hall", "partly"),
        ("room", "missed"),
    }
    dot = to_dot(drawn)
    assert palette.COVERED["partly"][0] in dot
    assert "\u2717 dash" in dot
    assert "\u2717 sit" in dot


def test_a_box_with_a_picture_of_its_own_is_marked_for_all_states_in_it() -> None:
    inner = "".join(f"      s{number}: {{choices: {{go: {{to: over}}}}}}\n" for number in range(30))
    machine = Play(
        "cast: {you: {name: You}}\nstates:\n  story:\n    states:\n" + inner
        + "  over: {type: final, outcome: over}\n"
    ).machine  # fmt: skip
    states = {name: "met" if name in ("s1", "over") else "missed" for name in machine.leaves}
    overview = atlas(chart(machine, None, Marks(states, {})))[0]
    marks = {box.id: (box.kind, box.mark) for box in overview.boxes}
    assert marks == {"story": ("closed", "partly"), "over": ("final", "met")}


def test_without_marks_a_diagram_is_as_it_was() -> None:
    dot = to_dot(chart(Play(ASKING).machine))
    assert not any(colour in dot for colour, _ in palette.COVERED.values())


# Enough --------------------------------------------------------------------------------------


def test_too_little_of_a_kind_fails_and_says_which(folder: Path) -> None:
    result = run(".", "--cov-fail-under", "states=75,outcomes=90")
    assert result.return_value == 1
    assert "Of the outcomes of small 50.0 % (1 of 2) are covered" in result.stderr
    assert "states" not in result.stderr
    assert run(".", "--cov-fail-under", "states=75,outcomes=50").return_value == 0


def test_a_failed_test_is_no_better_for_its_coverage(folder: Path) -> None:
    text = (folder / "tests.yaml").read_text("utf-8").replace("state: asking", "state: over")
    (folder / "tests.yaml").write_text(text, "utf-8")
    assert run("tests.yaml", "--cov-fail-under", "0").return_value == 1


def test_a_number_alone_is_for_every_kind_and_a_name_goes_before_it() -> None:
    assert dict(read_floor("90")) == dict.fromkeys(KINDS, 90.0)
    assert dict(read_floor("90, pairs=12.5")) == {**dict.fromkeys(KINDS, 90.0), "pairs": 12.5}
    assert read_floor("states=100") == (("states", 100.0),)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--cov-fail-under", "high", "write a number from 0 to 100"),
        ("--cov-fail-under", "101", "write a number from 0 to 100"),
        ("--cov-fail-under", "nan", "write a number from 0 to 100"),
        ("--cov-fail-under", "state=90", "did you mean 'states'?"),
        ("--cov-report", "htm:out", "did you mean 'html'?"),
        ("--cov-report", "json", "json:FILE"),
        ("--cov-report", "json:nowhere/out.json", "there is no folder nowhere"),
        ("--cov-report", "html:scenario.yaml", "is a file"),
        ("--cov-report", "lcov:.", "is a folder"),
    ],
)
def test_a_wish_that_cannot_be_read_is_a_sentence(
    folder: Path, option: str, value: str, words: str
) -> None:
    result = run(".", option, value)
    assert words in str(result.exception)
    reader = read_floor if option == "--cov-fail-under" else read_report
    with pytest.raises(NotWanted):
        reader(value)
