"""A line while it is typed: keys go in, finished lines come out, and it can always be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heartline.frontends.terminal.editing import Editor, Typed
from heartline.wrapping import cells


def editor(*words: str) -> Editor:
    return Editor(lambda: words)


def typed(keys: str, *words: str) -> list[str | None]:
    return [each.line for each in editor(*words).feed(keys)]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("sit\r", "sit"),
        ("sit\n", "sit"),
        ("sti\x7f\x7fit\r", "sit"),
        ("it\x1b[D\x1b[Ds\r", "sit"),
        ("it\x01s\x05!\r", "sit!"),
        ("it\x1b[Hs\x1b[F!\r", "sit!"),
        ("sxit\x1b[D\x1b[D\x1b[D\x1b[3~\r", "sit"),
        ("sxit\x1bOD\x1bOD\x1bOD\x04\r", "sit"),
        ("nothing\x15sit\r", "sit"),
        ("sitting\x1b[D\x1b[D\x1b[D\x1b[D\x0b\r", "sit"),
        (":wait 14d\x1714h\r", ":wait 14h"),
        ("s\x00\x07it\x1b[24~\x1bx\r", "sit"),
        ("Zoë 世界\r", "Zoë 世界"),
        ("s\x1b[\x1b[D\x1b\x1b[C\x1bO\x1b[24it\r", "st"),
        ("\x7f\x1b[D\x1b[C\x1b[A\x1b[B\r", ""),
    ],
)
def test_a_line_is_edited_as_everywhere(keys: str, line: str) -> None:
    assert typed(keys) == [line]
    one_by_one = editor()
    assert [each.line for key in keys for each in one_by_one.feed(key)] == [line]


def test_several_lines_may_come_at_once() -> None:
    assert typed("one\r\ntwo\rthree\n") == ["one", "two", "three"]


def test_ctrl_d_ends_on_an_empty_line_alone() -> None:
    assert typed("\x04") == [None]
    assert typed("a\x04\r") == ["a"]


def test_earlier_lines_come_back() -> None:
    found = editor()
    found.feed("one\rtwo\rtwo\r")
    assert found.feed("\x1b[A\x1b[A\r") == [Typed("one")]
    assert found.feed("\x1b[A\x1b[A\x1b[B\x1b[B\r") == [Typed("")]


def test_tab_completes_as_far_as_it_is_clear() -> None:
    words = ("look", "look_out", ":quit")
    assert typed("lo\t\r", *words) == ["look"]
    assert typed("look_\t\r", *words) == ["look_out"]
    assert typed(":\t\r", *words) == [":quit"]
    assert typed("x\t\t\r", *words) == ["x"]
    assert typed("\t\r", *words) == [""]


def test_a_line_that_was_begun_before_something_changed_is_known() -> None:
    found = editor()
    found.feed("si")
    found.mark()
    assert found.feed("t\rtwo\r") == [Typed("sit", begun=True), Typed("two")]
    found.feed("si")
    found.mark()
    assert found.feed("\x15sit\r") == [Typed("sit")], "all of it was typed afterwards"
    found.mark()
    assert found.feed("sit\r") == [Typed("sit")]


def test_a_line_is_bounded() -> None:
    [line] = typed("x" * 5_000 + "\r")
    assert line is not None
    assert len(line) == 2_000


@given(st.text(st.sampled_from("ab世 \x1b[DCAHF\x01\x05\x7f\x15\x04\x17\t3~"), max_size=60))
def test_whatever_is_typed_it_has_a_place_on_the_screen(keys: str) -> None:
    found = editor("abab")
    found.feed(keys)
    text, column = found.shown(7)
    assert cells(text) < 7
    assert 0 <= column < 7
    assert text in found.text
    assert 0 <= found.at <= len(found.text)
