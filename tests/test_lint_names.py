"""What the linter finds that is declared and never used, and what it makes of several files."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from heartline.checking.lint import check
from lintable import END, HEAD, VARIABLES, codes, findings, linted

SUPPORT = "support: 1\ntexts: {en: {unknown: Ask a friend.}}\ncountries: {}\n"
KITCHEN = "kitchen: {choices: {drink: {%s to: done}}}\n"


@pytest.mark.parametrize(
    "use",
    [
        "when: x > 0, say: Yes., do: x += 1}, b: {",
        "weight: x,",
        'say: "{x}",',
        'say: "{x:one|more}",',
        "say: [{narrator: So., when: x > 0}],",
        "do: sugar += x,",
        "do: sugar = 1 if x > 0 else 2,",
        "do: 'start(t, x * 1d)',",
        'label: "{x} cups",',
    ],
)
def test_a_variable_is_used_wherever_it_is_read(use: str) -> None:
    more = "timers: {t: 1d}\n" + "after: {t: done}\n" if "start" in use else ""
    text = HEAD + VARIABLES + "  x: {type: int, min: 0, max: 2, initial: 0}\n" + more
    text += "states:\n" + indent(KITCHEN % use, "  ") + END
    assert linted(text) == ()


@pytest.mark.parametrize(
    ("use", "count"),
    [("", 1), ("do: x += 1,", 1), ("do: x = 2,", 1), ('say: "x {{x}}",', 1), ("do: x = x + 1,", 0)],
)
def test_a_variable_that_is_only_written_is_unused(use: str, count: int) -> None:
    text = HEAD + VARIABLES + "  x: {type: int, min: 0, max: 2, initial: 0}\n"
    text += "states:\n" + indent(KITCHEN % use, "  ") + END
    found = linted(text)
    assert [finding.code for finding in found] == ["HL506"] * count
    assert all(finding.location.line == 12 for finding in found)


def test_a_titled_variable_is_shown_to_players_unless_it_is_hidden() -> None:
    for hidden, expected in (("false", []), ("true", ["HL506"])):
        text = HEAD + (
            f"context:\n  x: {{type: bool, initial: true, title: X, hidden: {hidden}}}\n"
            "states:\n" + indent(KITCHEN % "", "  ") + END
        )  # fmt: skip
        found = linted(text)
        assert [finding.code for finding in found] == expected


def test_a_property_and_the_pronouns_use_a_variable() -> None:
    text = (
        HEAD.replace("name: Robin,", "name: Robin, pronouns: forms,")
        + "context:\n  forms: {type: enum, values: [they, she], initial: they}\n"
        "  x: {type: bool, initial: true}\n"
        "states:\n" + indent(KITCHEN % "", "  ") + END + "properties: {kept: {always: x}}\n"
    )  # fmt: skip
    assert linted(text) == ()


def test_labels_and_migrations_and_the_country_of_support_use_a_variable(tmp_path: Path) -> None:
    (tmp_path / "support.yaml").write_text(SUPPORT)
    path = tmp_path / "scenario.yaml"
    path.write_text(
        HEAD + "context:\n"
        "  country: {type: enum, values: [any], labels: {any: Elsewhere}, initial: any}\n"
        "  x: {type: bool, initial: true}\n"
        "support: {file: support.yaml, country: country}\n"
        "states:\n" + indent(KITCHEN % "", "  ") + END
        + "migrations: [{from: 0.9.0, set: {x: not x}}]\n"
    )  # fmt: skip
    assert check(path) == ()


def test_an_unused_guard_is_reported_and_a_guard_of_a_guard_is_used() -> None:
    more = "guards: {sweet: sugar > 1, rich: sweet and milk}\n"
    assert codes(KITCHEN % "", more) == ["HL507"]
    states = "kitchen: {choices: {drink: {when: rich, to: done}, leave: {to: done}}}\n"
    assert codes(states, more) == []


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("choices: {drink: {to: done}}", "HL604"),
        ("choices: {drink: {when: not running(t), to: done}}, events: {bell: done}", "HL601"),
        ('choices: {drink: {say: "{t.left}", to: done}}', "HL601"),
        ("choices: {drink: {do: start(t), to: done}}", "HL602"),
        ("choices: {drink: {do: [start(t), stop(t)], to: done}}", "HL602"),
        ("choices: {drink: {to: done}}, after: {t: done}", "HL603"),
    ],
)
def test_a_timer_needs_a_start_and_somebody_who_waits_for_it(states: str, expected: str) -> None:
    assert codes(f"kitchen: {{{states}}}\n", "timers: {t: 5m}\n") == [expected]


@pytest.mark.parametrize(
    "states",
    [
        "entry: {do: start(t)}, choices: {drink: {to: done}}, after: {t: done}",
        "entry: {do: 'start(t, 7m)'}, choices: {a: {when: expired(t)}}, events: {bell: done}",
        'entry: {do: start(t)}, choices: {drink: {say: "{t.due}", to: done}}',
    ],
)
def test_a_timer_that_is_started_and_waited_for_is_fine(states: str) -> None:
    assert codes(f"kitchen: {{{states}}}\n", "timers: {t: 5m}\n") == []


# Files ----------------------------------------------------------------------------------------


def test_a_file_that_is_included_in_several_places_is_looked_at_once(tmp_path: Path) -> None:
    head = "heartline: 1\nid: {}\nversion: 1.0.0\ntitle: Tea\ncast: {{you: {{name: You}}}}\n"
    (tmp_path / "brew.yaml").write_text(
        head.format("brew") + "context:\n  strong: {type: bool, initial: false}\n"
        "states:\n  pot: {choices: {pour: {to: full}}}\n  full: {type: final, outcome: ready}\n"
    )
    (tmp_path / "pantry.yaml").write_text(
        head.format("pantry") + "states:\n  shelf: {include: brew.yaml, done: {ready: full}}\n"
        "  full: {type: final, outcome: ready}\n"
    )
    (tmp_path / "scenario.yaml").write_text(
        HEAD + "states:\n  kitchen: {include: brew.yaml, done: {ready: pantry}}\n"
        "  pantry: {include: pantry.yaml, done: {ready: done}}\n" + END
    )
    (finding,) = check(tmp_path)
    assert finding.code == "HL506"
    assert Path(finding.location.file).name == "brew.yaml"


def test_what_is_unused_in_an_included_file_is_reported_there(tmp_path: Path) -> None:
    inner = (
        "heartline: 1\nid: brew\nversion: 1.0.0\ntitle: Brewing\ncast: {you: {name: You}}\n"
        "context:\n  strong: {type: bool, initial: false}\n"
        "timers: {steep: 4m}\n"
        "states:\n  pot: {choices: {pour: {do: [strong = true, start(steep)], to: full}}}\n"
        "  full: {type: final, outcome: ready}\n"
    )
    outer = HEAD + (
        "states:\n  kitchen: {include: brew.yaml, done: {ready: sip}}\n"
        "  sip: {choices: {drink: {to: done}%s}%s}\n" + END
    )
    (tmp_path / "brew.yaml").write_text(inner)
    (tmp_path / "scenario.yaml").write_text(outer % ("", ""))
    found = check(tmp_path)
    assert [finding.code for finding in found] == ["HL506", "HL602"]
    assert {Path(finding.location.file).name for finding in found} == {"brew.yaml"}
    used = ", wait: {when: kitchen.strong}", ", after: {kitchen.steep: done}"
    (tmp_path / "scenario.yaml").write_text(outer % used)
    assert check(tmp_path) == ()


def test_the_first_cause_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(HEAD + "states:\n  kitchen: {choices: {drink: {to: don}}}\n" + END)
    assert [finding.code for finding in check(path)] == ["HL301"]  # and not that nothing ends
    path.write_text(HEAD + "states:\n  kitchen: {choices: {drink: {to: done}, x: {}, y: {}}\n")
    assert [finding.code for finding in check(path)] == ["HL103"]


def test_findings_come_in_the_order_of_the_file() -> None:
    found = findings(
        """\
        kitchen: {choices: {drink: {to: done}, fall: {to: cellar}}}
        cellar: {}
        garden: {choices: {in: {to: kitchen}}}
        """,
        "timers: {t: 5m}\n",
    )
    assert [finding.code for finding in found] == ["HL604", "HL502", "HL501"]
