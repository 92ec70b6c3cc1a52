"""Bytes -> the text of a file: UTF-8, with every line ended by a line feed, nothing hidden in it.

Everything that this room refuses is one diagnostic and the end of the reading, because what
follows from a wrong encoding would only confuse. Columns and offsets that later rooms give are
those of the text that comes out of here.
"""

from __future__ import annotations

import re

from heartline.diagnostics import Diagnostic, Location, Severity

__all__ = ["CONTROL", "LONGEST_FILE", "decode", "too_long"]

LONGEST_FILE = 4_000_000  # characters; a scenario of 10,000 states has about 2 million

_MARKS = (
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\xfe\xff", "UTF-16"),
    (b"\xff\xfe", "UTF-16"),
)
# What may not stand in a file as it is: controls, line breaks that editors do not count as such,
# halves of characters. The parser would refuse some of them and count others differently.
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_HIDDEN = re.compile(f"[{_CONTROLS}\u2028\u2029\ufeff]")
CONTROL = re.compile(f"[{_CONTROLS}]")


def decode(content: bytes | str, name: str) -> tuple[str, Diagnostic | None]:
    """The text, or an empty one and what is wrong with it (HL101, HL102)."""
    if len(content) > (4 * LONGEST_FILE if isinstance(content, bytes) else LONGEST_FILE):
        return "", too_long(name, LONGEST_FILE)
    if isinstance(content, bytes):
        text, fault = _characters(content, name)
        if fault is not None:
            return "", fault
    else:
        text = content
    if len(text) > LONGEST_FILE:
        return "", too_long(name, LONGEST_FILE)
    text = _normal(text)
    if bad := _HIDDEN.search(text):
        message = f"the character U+{ord(bad.group()):04X} cannot stand in a file"
        hint = "delete it; the file may be damaged, or no text"
        return "", _error("HL101", message, _place(text[: bad.start()], name), hint)
    return text, None


def too_long(name: str, longest: int) -> Diagnostic:
    """The refusal of a file that has more characters than are read."""
    message = f"the file is too long: at most {longest:,} characters are read"
    hint = "split it: a state can include another file"
    return _error("HL102", message, Location(name), hint)


def _characters(content: bytes, name: str) -> tuple[str, Diagnostic | None]:
    found = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    head = content[:64]
    if found is None and head.count(b"\x00") > len(head) // 4:
        found = "UTF-16, or no text at all"
    if found is not None:
        return "", _error("HL101", f"the file is in {found}", Location(name), _SAVE)
    try:
        return content.decode(), None
    except UnicodeDecodeError as error:
        message = f"the byte {content[error.start]:#04x} here is not UTF-8"
        before = _normal(content[: error.start].decode())
        return "", _error("HL101", message, _place(before, name), _SAVE)


_SAVE = "save it as UTF-8"


def _normal(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _place(before: str, name: str) -> Location:
    """The place that follows a text."""
    return Location(name, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _error(code: str, message: str, where: Location, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, where, hint)
