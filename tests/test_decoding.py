"""What a file's bytes must be: UTF-8, with nothing hidden in it, and not too long."""

from __future__ import annotations

import pytest

from heartline import decoding
from heartline.decoding import decode


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"a: \xc3\xa9\n", "a: é\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 1\n"),
        ("\ufeffa: 1\n", "a: 1\n"),
        (b"a: 1\r\nb: 2\rc: 3\n", "a: 1\nb: 2\nc: 3\n"),
        ("a: 😀\t\n", "a: 😀\t\n"),
    ],
)
def test_utf_8_is_read_with_every_line_end_a_line_feed(content: bytes | str, text: str) -> None:
    assert decode(content, "f.yaml") == (text, None)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("a: é\n".encode("utf-16"), "1:1 HL101 the file is in UTF-16"),
        ("a: é\n".encode("utf-16-be"), "1:1 HL101 the file is in UTF-16, or no text at all"),
        ("a: é\n".encode("utf-16-le"), "1:1 HL101 the file is in UTF-16, or no text at all"),
        (b"\xfe\xff\x00a", "1:1 HL101 the file is in UTF-16"),
        ("a: é\n".encode("utf-32"), "1:1 HL101 the file is in UTF-32"),
        (b"\x00\x00\xfe\xff\x00\x00\x00a", "1:1 HL101 the file is in UTF-32"),
        (b"a: 1\nb: \xe9\n", "2:4 HL101 the byte 0xe9 here is not UTF-8"),
        (b"\xef\xbb\xbfb\xff", "1:2 HL101 the byte 0xff here is not UTF-8"),
        (b"a\r\rb\r\n\x80", "4:1 HL101 the byte 0x80 here is not UTF-8"),
        (b"\xc3\xa9\xc3", "1:2 HL101 the byte 0xc3 here is not UTF-8"),
        (b"ab\x00cdefghijk", "1:3 HL101 the character U+0000 cannot stand in a file"),
        ("a: 1\nb: x\x1by", "2:5 HL101 the character U+001B cannot stand in a file"),
        ("a: x\u2028y", "1:5 HL101 the character U+2028 cannot stand in a file"),
        ("a: x\x85y", "1:5 HL101 the character U+0085 cannot stand in a file"),
        ("a: x\ufeffy", "1:5 HL101 the character U+FEFF cannot stand in a file"),
        ("a: \ud800", "1:4 HL101 the character U+D800 cannot stand in a file"),
    ],
)
def test_anything_else_is_one_sentence_at_its_place(content: bytes | str, fault: str) -> None:
    text, found = decode(content, "f.yaml")
    assert text == ""
    assert found is not None
    where = found.location
    assert f"{where.line}:{where.column} {found.code} {found.message}" == fault


@pytest.mark.parametrize("content", ["x" * 101, b"x" * 401, b"x" * 101])
def test_the_length_is_bounded_in_characters(
    content: bytes | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "LONGEST_FILE", 100)
    text, found = decode(content, "f.yaml")
    assert text == ""
    assert found is not None
    assert str(found) == (
        "f.yaml:1:1: error HL102: the file is too long: at most 100 characters are read "
        "(split it: a state can include another file)"
    )
