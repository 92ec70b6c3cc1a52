"""Tests as YAML: as an author would write them, and added without touching what is there."""

from __future__ import annotations

import stat
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline.decoding import decode
from heartline.testing.files import form
from heartline.testing.files.loading import load_tests
from heartline.testing.making.adding import NotAdded, add_test, with_test
from heartline.testing.making.writing import write_tests
from heartline.testing.making.yamlout import Unwritable, scalar
from heartline.yamltext import compose

STORY = """\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast: {you: {name: You}, like: {name: Kim, played_by: engine}}
context: {nick: {type: text, initial: Friend, max_length: 200, input: true, kept_for: A name.}}
states:
  talk: {choices: {go: {say: Let us go., to: over}, stay: {say: Let us stay.}}}
  over: {type: final, outcome: gone}
"""
HELLO: dict[str, Any] = {"steps": [{"choose": "go", "expect": {"state": "over"}}]}

# What a line may hold: every character that a file can, those that have a meaning in YAML often.
SIGNS = st.sampled_from([*" \n\t:#-?*&!|>'\"%@`,[]{}\\~=.0123456789eyn", "\u200f", "\u2028"])
LETTERS = st.characters(
    exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"
) | st.sampled_from("abcאבج👩\u200d🎉")
TEXTS = st.text(SIGNS | LETTERS, min_size=1, max_size=150)


def read(text: str) -> Any:
    decoded, fault = decode(text.encode(), "tests.yaml")
    assert fault is None, fault
    composed = compose(decoded, "tests.yaml")
    assert not composed.faults, composed.faults
    assert composed.root is not None
    return composed.root.data


def written(test: dict[str, Any]) -> str:
    return write_tests({"one": test})


class TestTexts:
    @pytest.mark.parametrize(
        "text",
        [
            "I don't know.", "Well, (yes)", "שלום", "👩‍👧 and me", "10 days", "the end?",
            "No.1#2", "ask_why", "14d", "a [b] {c}", "100 %",
        ],
    )  # fmt: skip
    def test_quotes_are_not_needed_for(self, text: str) -> None:
        assert scalar(text) == text
        assert read(f"key: {text}\n") == {"key": text}

    @pytest.mark.parametrize(
        ("text", "quoted"),
        [
            ("It ends: so", '"It ends: so"'),
            ("a # b", '"a # b"'),
            ("*sighs*", '"*sighs*"'),
            ("yes", '"yes"'),
            ("No", '"No"'),
            ("12", '"12"'),
            ("1e3", '"1e3"'),
            ("2026-01-05", '"2026-01-05"'),
            ("true", '"true"'),
            ("", '""'),
            ("- a", '"- a"'),
            (" a", '" a"'),
            ("a:", '"a:"'),
            ('"Hm"', "'\"Hm\"'"),
            ('"I\'m"', "'\"I''m\"'"),
            ("{name}", '"{name}"'),
            ("a\nb", '"a\\nb"'),
            ("...", '"..."'),
            ("שלום: כן", '"שלום: כן"'),
            ("\u202eback", '"\\u202eback"'),
            ("a\u00a0b", '"a\\u00a0b"'),
        ],
    )
    def test_quotes_are_needed_for(self, text: str, quoted: str) -> None:
        assert scalar(text) == quoted
        assert read(f"key: {quoted}\n") == {"key": text}

    def test_inside_of_brackets_more_needs_them(self) -> None:
        assert scalar("a, b", flow=True) == '"a, b"'
        assert scalar("a, b") == "a, b"

    @pytest.mark.parametrize("number", [0, -7, 10**17, 2**63, 2**64 - 1, -(2**53)])
    def test_a_number_is_read_back_as_it_was(self, number: int) -> None:
        assert read(f"key: {scalar(number)}\n") == {"key": number}

    def test_a_number_that_no_reader_takes_is_refused(self) -> None:
        with pytest.raises(Unwritable, match="more digits"):
            scalar(2**64)

    def test_a_control_character_can_stand_in_no_file(self) -> None:
        with pytest.raises(Unwritable, match=r"U\+0007"):
            scalar("a\x07b")

    @given(TEXTS)
    def test_each_text_is_read_back_as_it_was(self, text: str) -> None:
        test = {
            "about": text,
            "steps": [
                {
                    "choose": "go",
                    "expect": {
                        "lines": [{"speaker": "you", "exact": text}, {"contains": text}, text],
                        "closed": {"go": text},
                    },
                }
            ],
        }
        data = read(written(test))["tests"]["one"]
        assert data["about"] == text
        expect = data["steps"][0]["expect"]
        assert expect["lines"] == [{"you": text}, {"contains": text}, text]
        assert expect["closed"] == {"go": text}

    @given(st.lists(st.text("abcאבג#:*-", min_size=1, max_size=12), min_size=1, max_size=60))
    def test_words_are_broken_at_a_hundred_columns_and_come_together_again(
        self, words: list[str]
    ) -> None:
        text = " ".join(words)
        lines = written({"about": text, "expect": {"lines": [{"you": {"contains": text}}]}})
        assert max(map(len, lines.splitlines())) <= 100
        assert read(lines)["tests"]["one"]["about"] == text

    def test_a_long_text_is_folded(self) -> None:
        text = "It was late, and nobody had said a word since the soup. " * 3
        assert "about: >-\n" in written({"about": text.strip(), **HELLO})

    def test_a_text_of_several_lines_stands_below_its_key(self) -> None:
        lines = [{"you": "One.\nTwo: two.\n\nThree."}]
        assert written({"expect": {"lines": lines}, **HELLO}).splitlines()[5:10] == [
            "        - you: |-",
            "            One.",
            "            Two: two.",
            "",
            "            Three.",
        ]


class TestStyle:
    def test_a_test_looks_as_if_somebody_had_written_it(self) -> None:
        test = {
            "steps": (
                {
                    "expect": {
                        "timers": {"break": "28d"},
                        "only_offered": ("go",),
                        "lines": [{"speaker": "you", "exact": "Fine. Four weeks, then."}],
                        "state": "apart",
                    },
                    "draw": ("agree",),
                    "choose": "offer_space",
                },
                {"wait": "28d", "expect": {"over": True, "outcome": "gone", "lines": None}},
            ),
            "inputs": {"nick": "Jo", "calm": False},
            "seed": 7,
            "about": "Four weeks are four weeks.",
        }
        text = write_tests({"the_break": test, "again": HELLO}, head="Played by hand.")
        assert text == dedent(
            """\
            # Played by hand.
            heartline_tests: 1
            tests:
              the_break:
                about: Four weeks are four weeks.
                seed: 7
                inputs: {nick: Jo, calm: false}
                steps:
                  - choose: offer_space
                    draw: agree
                    expect:
                      state: apart
                      lines:
                        - you: Fine. Four weeks, then.
                      only_offered: go
                      timers: {break: 28d}
                  - wait: 28d
                    expect: {outcome: gone, over: true}

              again:
                steps:
                  - choose: go
                    expect: {state: over}
            """
        )

    def test_many_choices_go_over_several_lines(self) -> None:
        names = [f"choice_number_{number}" for number in range(20)]
        text = written({"expect": {"only_offered": names}, **HELLO})
        assert max(map(len, text.splitlines())) <= 100
        assert read(text)["tests"]["one"]["expect"]["only_offered"] == names

    def test_a_comment_stands_over_its_test(self) -> None:
        text = write_tests({"one": HELLO}, comments={"one": "Why.\n\n" + "Because " * 20})
        assert "  # Why.\n  #\n  # Because" in text
        assert max(map(len, text.splitlines())) <= 100
        read(text)

    def test_a_table_keeps_its_columns_and_has_a_row_in_each_line(self) -> None:
        test = {
            "steps": [{"wait": "$wait", "expect": {"state": "$state", "lines": "$said"}}],
            "cases": {"early": {"wait": "13d", "state": "apart", "said": ["a", "b"]}},
        }
        text = written(test)
        assert "      early: {wait: 13d, state: apart, said: [a, b]}\n" in text
        assert read(text)["tests"]["one"] == test

    def test_what_was_read_is_written_in_short_forms_again(self) -> None:
        plain = {
            "seats": "like",
            "start": "2026-01-05T09:00:00Z",
            "expect": {"closed": ["go", "stay"], "said_by": "you",
                       "ends": {"a": "2026-01-05T10:00:00Z"}},
            "steps": [
                {"choose": "go", "as": "you", "expect": {"error": "closed"}},
                {"undo": 1, "expect": {"error": {"kind": "over", "says": {"contains": "over"}}}},
                {"resume": True, "expect": {"lines": [{"you": {"like": "a*"}}, "b"]}},
                {"expect": {"support": {"like": "*1*"},
                            "lines": [{"speaker": "like", "exact": "x"}]}},
            ],
        }  # fmt: skip
        test = form.Test.model_validate(plain)
        again = form.TestFile.model_validate(read(write_tests({"one": test}))).tests["one"]
        assert again == test
        data = read(write_tests({"one": test}))["tests"]["one"]
        assert data["expect"]["closed"] == ["go", "stay"]
        assert data["seats"] == "like"
        assert data["start"] == "2026-01-05T09:00:00Z"
        assert data["steps"][0]["expect"] == {"error": "closed"}

    @given(about=TEXTS, nick=TEXTS, said=st.lists(TEXTS, max_size=3), seed=st.integers(0, 9**9))
    def test_what_is_written_is_loaded_as_the_same_test(
        self, tmp_path_factory: pytest.TempPathFactory, about: str, nick: str, said: list[str],
        seed: int,
    ) -> None:  # fmt: skip
        folder = tmp_path_factory.mktemp("talk")
        (folder / "scenario.yaml").write_text(STORY)
        plain = {
            "about": about,
            "seed": seed,
            "inputs": {"nick": "Jo"},
            "expect": {
                "state": "talk",
                "not_said": [{"speaker": "like", "contains": text} for text in said],
            },
            "steps": [{"choose": "go", "expect": {"lines": [{"you": about}, {"exact": nick}]}}],
        }
        (folder / "tests.yaml").write_text(write_tests({"one": plain}), "utf-8")
        loaded = load_tests(folder / "tests.yaml")
        assert loaded.file is not None
        assert not [found for found in loaded.diagnostics if found.code != "HL904"]
        assert loaded.file.tests["one"] == form.Test.model_validate(plain)


FILE = """\
# The tests of a talk.
heartline_tests: 1

tests:
    first:   # indented by four
        steps:
            - {choose: go, expect: {state: over}}

# What is left out on purpose.
accepted:
  - {mutant: "x", because: nobody minds}
"""


class TestAdding:
    def test_a_test_is_added_after_the_last_and_each_character_stays(self) -> None:
        content, name = with_test(FILE.encode(), "second", HELLO, "tests.yaml")
        added = (
            "\n    second:\n      steps:\n        - choose: go\n          expect: {state: over}\n"
        )
        before, after = FILE.split("\n\n# What")
        assert content.decode() == f"{before}\n{added}\n# What{after}"
        assert name == "second"

    @pytest.mark.parametrize(
        "file",
        [
            FILE,
            FILE.replace("\n", "\r\n"),
            "\ufeff" + FILE,
            FILE.rstrip("\n"),
            FILE.partition("\n# What")[0].rstrip(),
            "heartline_tests: 1\ntests:\n  a:\n    about: |+\n      kept\n\n\n    steps: []\n",
            "heartline_tests: 1\ntests:\n  a:\n    steps: []\n    about: |+\n      kept\n\n\n",
            "heartline_tests: 1\ntests:\n  a:\n    about: 'over\n\n      lines'\n...\n",
            "heartline_tests: 1\nabout: nothing yet\n",
            "heartline_tests: 1\ntests:\n  a: {steps: [\n{choose: go}\n]}\n# the end",
            "tests:\n  a: &b\n    steps: []\n  c: *b\nheartline_tests: 1\n",
        ],
    )
    def test_whatever_the_file_looks_like(self, file: str) -> None:
        before = read(file.removeprefix("\ufeff"))
        content, name = with_test(file.encode(), "new", HELLO, "tests.yaml")
        after = content.decode()
        rest = iter(after)
        assert all(character in rest for character in file)  # as it was, and something between
        data = read(after)
        assert data["tests"].pop(name) == HELLO
        assert data == {"tests": {}, **before}
        assert after.count("\r\n") == (after.count("\n") if "\r" in file else 0)

    def test_the_first_test_takes_the_place_of_none(self) -> None:
        file = b"heartline_tests: 1\ntests: {}  # none yet\n"
        content, _ = with_test(file, "new", HELLO, "tests.yaml")
        assert content.startswith(b"heartline_tests: 1\ntests:  # none yet\n  new:\n")

    def test_a_name_that_is_taken_gets_a_number(self) -> None:
        content = FILE.encode()
        names = []
        for _ in range(3):
            content, name = with_test(content, "first", HELLO, "tests.yaml")
            names.append(name)
        assert names == ["first_2", "first_3", "first_4"]
        assert list(read(content.decode())["tests"]) == ["first", *names]

    @pytest.mark.parametrize(
        ("file", "why"),
        [
            ("heartline: 1\nid: x\n", "not a test file"),
            ("Dear diary\n", "not a test file"),
            ("", "not a test file"),
            ("heartline_tests: 1\ntests: {a: 1, a: 2}\n", "HL104"),
            ("heartline_tests: 1\ntests: [\n", "has a fault"),
            ("heartline_tests: 1\ntests: []\n", "no mapping of tests"),
            ("{heartline_tests: 1, tests: {a: {steps: []}}}\n", "written in a way"),
            ("heartline_tests: 1\ntests: {a: {steps: []}}\n", "written in a way"),
        ],
    )
    def test_what_is_no_whole_test_file_is_refused(self, file: str, why: str) -> None:
        with pytest.raises(NotAdded, match=why):
            with_test(file.encode(), "new", HELLO, "tests.yaml")


class TestFiles:
    @pytest.fixture
    def scenario(self, tmp_path: Path) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(STORY)
        return path

    def test_a_new_file_can_be_run_at_once(self, scenario: Path, tmp_path: Path) -> None:
        added = add_test(tmp_path / "tests.yaml", "one", HELLO, scenario=scenario, head="Head.")
        assert (added.name, added.fresh) == ("one", True)
        loaded = load_tests(added.path)
        assert not loaded.diagnostics
        assert [case.name for case in loaded.cases] == ["one"]

    def test_a_scenario_of_another_name_is_named(self, scenario: Path, tmp_path: Path) -> None:
        other = scenario.rename(tmp_path / "talk.yaml")
        add_test(tmp_path / "talk.test.yaml", "one", HELLO, scenario=other)
        assert "\nscenario: talk.yaml\n" in (tmp_path / "talk.test.yaml").read_text()
        assert load_tests(tmp_path / "talk.test.yaml").cases

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("story.yaml", "story.test.yaml"),
            ("scenario.yaml", "not called as test files are"),
            ("none/tests.yaml", "no folder"),
            ("other/tests.yaml", "lies beside its scenario"),
            ("diary.test.yaml", "not a test file"),
            ("elsewhere.test.yaml", "tests talk.yaml"),
        ],
    )
    def test_a_place_where_no_run_would_find_it_is_refused(
        self, scenario: Path, tmp_path: Path, name: str, why: str
    ) -> None:
        (tmp_path / "other").mkdir()
        (tmp_path / "diary.test.yaml").write_text("Dear diary\n")
        elsewhere = "heartline_tests: 1\nscenario: talk.yaml\n"
        (tmp_path / "elsewhere.test.yaml").write_text(elsewhere)
        before = {path: path.read_text() for path in tmp_path.rglob("*.yaml")}
        with pytest.raises(NotAdded, match=why):
            add_test(tmp_path / name, "one", HELLO, scenario=scenario)
        assert {path: path.read_text() for path in tmp_path.rglob("*.yaml")} == before

    def test_a_write_that_fails_leaves_the_file_as_it_was(
        self, scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "tests.yaml"
        path.write_text(FILE)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(NotAdded, match="no space left on device"):
            add_test(path, "one", HELLO, scenario=scenario)
        assert path.read_text() == FILE
        assert sorted(each.name for each in tmp_path.iterdir()) == ["scenario.yaml", "tests.yaml"]

    def test_what_others_may_read_they_still_may(self, scenario: Path, tmp_path: Path) -> None:
        path = tmp_path / "tests.yaml"
        path.write_text(FILE)
        path.chmod(0o640)
        add_test(path, "one", HELLO, scenario=scenario)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_a_text_that_no_file_can_hold_is_refused(self, scenario: Path, tmp_path: Path) -> None:
        with pytest.raises(NotAdded, match=r"U\+0007"):
            add_test(tmp_path / "tests.yaml", "one", {"about": "\x07", **HELLO}, scenario=scenario)
        assert not (tmp_path / "tests.yaml").exists()
