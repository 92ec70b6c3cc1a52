"""`heartline test --update`: what was said is written into test files, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartline.testing.suite.rewriting import Keep, NotRewritten, Rewriting
from heartline.yamltext import Node, compose
from suites import FAILING, heartline, tea, timeless

__all__ = ["tea"]


WORDY = """\
# Tests of the tea.
heartline_tests: 1
tests:
  it_steeps:
    expect: {lines: ["The kettle rings.", {ana: 'You forgot.'}]}   # at the start
    steps:
      - choose: pour
        expect:
          said_by: [you]
          lines:
            # what is said
            - ana: >-
                Five minutes,
                no less.
          nothing_more_said: true
      - wait_until: steep
        draw: smile
        expect: {lines: {ana: {contains: right}}}
"""
UPDATED = """\
# Tests of the tea.
heartline_tests: 1
tests:
  it_steeps:
    expect: {lines: ["The kettle sings.", {ana: 'You remembered.'}]}   # at the start
    steps:
      - choose: pour
        expect:
          said_by: [you, ana]
          lines:
            # what is said
            - you: Here you are.
            - ana: Four minutes, no less.
          nothing_more_said: true
      - wait_until: steep
        draw: smile
        expect: {lines: {ana: {contains: right}}}
"""


class TestUpdating:
    def test_lines_are_rewritten_in_place_and_the_tests_pass_then(self, tea: Path) -> None:
        tests = tea / "tests.yaml"
        tests.write_text(WORDY)
        ran = heartline("test", "tea", "--update", typed="y\n")
        assert tests.read_text() == UPDATED
        assert '-    expect: {lines: ["The kettle rings."' in ran.out
        assert "+            - you: Here you are.\n" in ran.out
        assert "Write this into 1 file? [y/N]: " in ran.out
        assert timeless(ran.out).endswith("1 passed in no time\n")
        assert ran.code == 0
        assert [path.name for path in sorted(tea.iterdir())] == ["scenario.yaml", "tests.yaml"]

    @pytest.mark.parametrize("answer", ["n\n", "\n"])
    def test_nothing_is_written_without_a_yes(self, tea: Path, answer: str) -> None:
        (tea / "tests.yaml").write_text(WORDY)
        ran = heartline("test", "tea", "--update", typed=answer)
        assert (tea / "tests.yaml").read_text() == WORDY
        assert "Nothing was written." in ran.out
        assert ran.code == 1

    def test_nobody_is_asked_without_a_terminal(self, tea: Path) -> None:
        ran = heartline("test", "tea", "--update")
        assert (ran.code, ran.out) == (2, "")
        assert "give --yes" in ran.err

    @pytest.mark.parametrize("options", [("--watch",), ("--seed", "3")])
    def test_what_update_does_not_go_with_is_refused(
        self, tea: Path, options: tuple[str, ...]
    ) -> None:
        ran = heartline("test", "tea", "--update", "--yes", *options)
        assert ran.code == 2
        assert options[0] in ran.err

    def test_other_expectations_and_what_must_not_be_said_stay(self, tea: Path) -> None:
        tests = (
            FAILING
            + """\
  she_is_not_told:
    steps:
      - choose: leave
        expect: {not_said: {you: I have to run.}}
"""
        )
        (tea / "tests.yaml").write_text(tests)
        ran = heartline("test", "tea", "--update", "--yes")
        assert "There are no words to rewrite." in ran.out
        assert (tea / "tests.yaml").read_text() == tests
        assert ran.code == 1

    def test_an_expectation_for_which_nothing_is_left_is_left_to_its_author(
        self, tea: Path
    ) -> None:
        tests = FAILING.replace("wait: 1m", "wait: 1m").replace(
            "{state: answer}", "{lines: [{ana: Any time now.}]}"
        )
        (tea / "tests.yaml").write_text(tests)
        ran = heartline("test", "tea", "--update", "--yes")
        assert "nothing is said there any more" in ran.out
        assert (tea / "tests.yaml").read_text() == tests

    def test_a_cell_of_a_table_is_rewritten_where_it_stands(self, tea: Path) -> None:
        tests = """\
heartline_tests: 1
tests:
  what_is_said:
    cases:
      pouring: {act: pour, words: Here it is.}   # poured
      leaving: {act: leave, words: "I must run."}
    steps:
      - choose: $act
        expect: {lines: {you: $words}}
"""
        (tea / "tests.yaml").write_text(tests)
        ran = heartline("test", "tea", "--update", "--yes")
        expected = tests.replace("Here it is.", "Here you are.").replace("I must", "I have to")
        assert (tea / "tests.yaml").read_text() == expected
        assert ran.code == 0

    def test_two_rows_that_want_other_words_at_one_place_leave_it(self, tea: Path) -> None:
        tests = """\
heartline_tests: 1
tests:
  what_is_said:
    cases: {pouring: {act: pour}, leaving: {act: leave}}
    steps: [{choose: $act, expect: {lines: {you: Well.}}}]
"""
        (tea / "tests.yaml").write_text(tests)
        ran = heartline("test", "tea", "--update", "--yes")
        assert "two tests want different words at the same place" in ran.out
        assert ran.code == 1

    @pytest.mark.parametrize("ends", ["\n", "\r\n"])
    def test_line_ends_and_a_mark_at_the_beginning_stay(self, tea: Path, ends: str) -> None:
        content = ("\ufeff" + WORDY).replace("\n", ends).encode()
        (tea / "tests.yaml").write_bytes(content)
        assert heartline("test", "tea", "--update", "--yes").code == 0
        after = (tea / "tests.yaml").read_bytes().decode()
        assert after == ("\ufeff" + UPDATED).replace("\n", ends)


def at(root: Node, *path: str | int) -> Node:
    for part in path:
        root = root.children[part]  # type: ignore[index]
    return root


class TestRewriting:
    STYLES = (
        "said: plain words  # kept",
        "said: 'single'",
        'said: "double"',
        "said: >-\n  folded\n  words\n# kept",
        "said: |\n  literal\n",
        "said: {contains: a part}",
        "said: [one, {ana: 'two'}]  # kept",
        "said:\n  # kept\n  - one\n  - ana: two  # kept\n",
        "said:\n- one\n- ana: >\n    two\n    lines\n\n- three",
        "said: [\n  one, # kept\n  two\n]",
    )
    TEXTS = (
        "Plain.", "yes", "12", "a: b", "# no", "- x", "{x}", "", "It's", 'Say "no".', "a, b]",
        "é 🙂", "two\nlines", " blanks ", "*", "long " * 40 + "end", "tab\there", "\\",
    )  # fmt: skip

    @pytest.mark.parametrize("style", STYLES)
    @pytest.mark.parametrize("text", TEXTS)
    def test_a_text_of_any_style_becomes_any_other(self, style: str, text: str) -> None:
        source = f"first: 1\n{style}\n"
        if not style.endswith(("\n", "three", "# kept")):
            source += "last: 2\n"
        root = compose(source, "file").root
        assert root is not None
        node = at(root, "said")
        while node.children is not None:
            node = list(
                node.children.values() if isinstance(node.children, dict) else node.children
            )[-1]
        rewriting = Rewriting("file", source, root)
        rewriting.put(node, text)
        changed = rewriting.text()
        assert changed.count("# kept") == source.count("# kept")
        assert changed.startswith("first: 1\nsaid:")

    @pytest.mark.parametrize(
        ("change", "flow", "block"),
        [
            ([Keep(0), "new", Keep(1)], "[a, new, b] # c", "- a # 1\n  - new\n  - b # 2"),
            (["new", Keep(0), Keep(1)], "[new, a, b] # c", "- new\n  - a # 1\n  - b # 2"),
            ([Keep(0), Keep(1), "new"], "[a, b, new] # c", "- a # 1\n  - b # 2\n  - new"),
            ([Keep(1)], "[b] # c", "- b # 2"),
            ([Keep(0)], "[a] # c", "- a # 1"),
            (["x", Keep(1), "z"], "[x, b, z] # c", "- x\n  - b # 2\n  - z"),
        ],
    )
    def test_items_come_and_go_and_the_others_stay_as_they_are(
        self, change: list[Keep | str], flow: str, block: str
    ) -> None:
        for source, expected in (
            ("l: [a, b] # c\nz: 1\n", f"l: {flow}\nz: 1\n"),
            ("l:\n  - a # 1\n  - b # 2\nz: 1\n", f"l:\n  {block}\nz: 1\n"),
            ("l:\n  - a # 1\n  - b # 2", f"l:\n  {block}"),
        ):
            root = compose(source, "file").root
            assert root is not None
            rewriting = Rewriting("file", source, root)
            rewriting.relist(at(root, "l"), change)
            assert rewriting.text().rstrip("\n") == expected.rstrip("\n")

    def test_what_an_anchor_holds_is_not_rewritten(self) -> None:
        source = "a: &words [one, two]\nb: *words\n"
        root = compose(source, "file").root
        assert root is not None
        rewriting = Rewriting("file", source, root)
        rewriting.relist(at(root, "a"), ["new"])
        with pytest.raises(NotRewritten):
            rewriting.text()
