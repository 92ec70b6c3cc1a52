"""Plain values -> YAML as people write it: the counterpart of `yamltext`, which reads it.

`block` lays out a mapping or a list over lines, `inline` puts a value on one. What is written
reads back as the same values: a text is quoted where it would be read as something else, here or
by a tool that knows an older YAML, and only there. Lines have at most WIDTH columns wherever a
blank lets a text be broken.

Plain values are dict, list, tuple, str, int, bool and datetime. A text that no file can hold (a
control character) raises Unwritable.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from heartline.decoding import CONTROL
from heartline.errors import HeartlineError
from heartline.scalars import LONGEST_NUMBER, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["WIDTH", "Unwritable", "block", "comment", "inline", "scalar"]

WIDTH = 100  # columns
STEP = 2  # blanks for each level

# Truth values and nothing of YAML 1.1, which editors and other tools may still go by.
_OLD_WORDS = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<")
)
_OLD_NUMBER = re.compile(r"[-+0-9.:_]+\Z")  # also dates, and 1:30
_FIRST = re.compile(r"[^\W_]|[_$./+(]|[^\x00-\x7f]")  # begins a plain text
_FLOW_SIGNS = frozenset(",[]{}")
# Marks that are not seen, or turn the direction of what follows: written by their numbers, so that
# whoever reads the file sees them.
_UNSEEN = re.compile(
    "[\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_JOINERS = "\u200c\u200d"  # belong to letters and to emoji


class Unwritable(HeartlineError):
    """A text holds a character that cannot stand in a file."""


def scalar(value: object, *, flow: bool = False) -> str:
    """A value that is no mapping or list, on one line. `flow`: it stands inside of brackets."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, datetime):
        return moment(value)
    text = str(value)
    if bad := CONTROL.search(text.replace("\n", "").replace("\t", "")):
        raise Unwritable(
            f"The text {text[:60]!r} holds the character U+{ord(bad.group()):04X}, which cannot "
            "stand in a file."
        )
    return text if _plain(text, flow) else _quoted(text)


def _number(value: int) -> str:
    """A number, in base 16 where it has more digits than are read."""
    for written in (str(value), hex(value)):
        if len(written) <= LONGEST_NUMBER:
            return written
    raise Unwritable(f"The number {hex(value)[:40]} has more digits than a file may hold.")


def moment(value: datetime) -> str:
    """A moment in ISO 8601, in UTC where it has a zone."""
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def inline(value: object, *, flow: bool = False) -> str:
    """A value on one line, in braces and brackets."""
    if isinstance(value, dict):
        fields = (
            f"{scalar(key, flow=True)}: {inline(each, flow=True)}" for key, each in value.items()
        )
        return "{" + ", ".join(fields) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(each, flow=True) for each in value) + "]"
    return scalar(value, flow=flow)


def block(
    value: Mapping[str, Any] | Sequence[Any],
    indent: int,
    *,
    open_out: Callable[[tuple[str | int, ...], object], bool] = lambda _path, _value: False,
) -> list[str]:
    """The lines of a mapping or a list that is not empty, each `indent` blanks in.

    What fits on a line goes on one, unless `open_out` says of its path that it is to be laid out.
    """
    return list(_Layout(open_out).lines(value, indent, ()))


def comment(text: str, indent: int = 0) -> list[str]:
    """A comment, each paragraph folded to the width."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        rows = _folded(_shown(paragraph), WIDTH - indent - 2)
        lines += [" " * indent + f"# {row}".rstrip() for row in rows or [""]]
    return lines


class _Layout:
    """Lays out nested values, from the outside in."""

    def __init__(self, open_out: Callable[[tuple[str | int, ...], object], bool]) -> None:
        self.open_out = open_out

    def lines(self, value: Any, indent: int, path: tuple[str | int, ...]) -> Iterator[str]:
        if isinstance(value, dict):
            for key, each in value.items():
                head = " " * indent + scalar(key, flow=True) + ":"
                yield from self.field(head, each, indent, (*path, key))
        else:
            for number, each in enumerate(value):
                yield from self.item(each, indent, (*path, number))

    def field(
        self, head: str, value: Any, indent: int, path: tuple[str | int, ...]
    ) -> Iterator[str]:
        """A key, and its value beside it or below it."""
        if not isinstance(value, dict | list | tuple):
            yield from _text(head, value, indent + STEP)
            return
        line = f"{head} {inline(value)}"
        if not value or (len(line) <= WIDTH and not self.open_out(path, value)):
            yield line
        elif isinstance(value, list | tuple) and all(_word(each) for each in value):
            yield from _list_of_words(head, value, indent + STEP)
        else:
            yield head
            yield from self.lines(value, indent + STEP, path)

    def item(self, value: Any, indent: int, path: tuple[str | int, ...]) -> Iterator[str]:
        """One item of a list, after its dash."""
        dash = " " * indent + "-"
        if not isinstance(value, dict | list | tuple):
            yield from _text(dash, value, indent + STEP)
        elif not value or isinstance(value, list | tuple):
            yield f"{dash} {inline(value)}"
        else:
            first, *rest = self.lines(value, indent + STEP, path)
            yield dash + first[indent + 1 :]
            yield from rest


def _text(head: str, value: object, indent: int) -> Iterator[str]:
    """A value after its key or dash: on the line, as a literal block, or folded below."""
    line = f"{head} {scalar(value)}"
    if isinstance(value, str) and "\n" in value and _literal(value):
        yield f"{head} {'|' if value.endswith(chr(10)) else '|-'}"
        for row in value.removesuffix("\n").split("\n"):
            yield " " * indent + row if row else ""
    elif len(line) <= WIDTH or not isinstance(value, str) or not _foldable(value):
        yield line
    else:
        yield f"{head} >-"
        for row in _folded(value, WIDTH - indent):
            yield " " * indent + row


def _list_of_words(head: str, words: Sequence[object], indent: int) -> Iterator[str]:
    """A long list of words in brackets, over several lines."""
    line = head + " ["
    for number, word in enumerate(words):
        piece = scalar(word, flow=True) + (", " if number < len(words) - 1 else "]")
        if len(line) + len(piece.rstrip()) > WIDTH and line.strip():
            yield line.rstrip()
            line = " " * indent
        line += piece
    yield line


def _word(value: object) -> bool:
    return not isinstance(value, dict | list | tuple) and " " not in str(value)


def _plain(text: str, flow: bool) -> bool:
    """Whether a text can stand without quotes, for every reader."""
    if not text or text.lower() in _OLD_WORDS or resolve(text) != text:
        return False
    if _OLD_NUMBER.match(text):
        return False
    if text != text.strip() or not _FIRST.match(text) or text.startswith("..."):
        return False
    if ": " in text or text.endswith(":") or " #" in text or _unseen(text):
        return False
    if any(not character.isprintable() for character in text.translate(_WITHOUT_JOINERS)):
        return False
    return not (flow and (_FLOW_SIGNS & set(text) or ":" in text))


_WITHOUT_JOINERS = {ord(joiner): None for joiner in _JOINERS}


def _unseen(text: str) -> bool:
    return bool(_UNSEEN.search(text.translate(_WITHOUT_JOINERS)))


def _quoted(text: str) -> str:
    """A text in quotes: double ones, unless those would need more signs than single ones."""
    unseen = _unseen(text) or "\n" in text or "\t" in text
    if ('"' in text or "\\" in text) and not unseen:
        return "'" + text.replace("'", "''") + "'"
    return '"' + _shown(text.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def _shown(text: str) -> str:
    """The text, with what is not seen written by its number."""
    pieces = {"\n": "\\n", "\t": "\\t"}
    return "".join(
        pieces.get(character)
        or (character if character in _JOINERS or character.isprintable() else None)
        or _code(character)
        for character in text
    )


def _code(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _literal(text: str) -> bool:
    """Whether a text of several lines can be a literal block as it is."""
    rows = text.removesuffix("\n").split("\n")
    return (
        bool(rows[0])
        and not rows[0][0].isspace()
        and bool(rows[-1].strip())
        and all(row == row.rstrip() and "\t" not in row for row in rows)
        and not any(_unseen(row) or not row.replace(" ", "x").isprintable() for row in rows)
    )


def _foldable(text: str) -> bool:
    """Whether a text of one line can be folded over several and read back the same."""
    return (
        text == text.strip()
        and "  " not in text
        and "\n" not in text
        and "\t" not in text
        and not _unseen(text)
        and text.translate(_WITHOUT_JOINERS).isprintable()
    )


def _folded(text: str, width: int) -> list[str]:
    """The words of a text, over lines of at most this width where they let it."""
    rows: list[str] = []
    for word in text.split(" "):
        if rows and len(rows[-1]) + 1 + len(word) <= max(width, 20):
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows
