"""Text in lines of a width: for terminals and reports."""

from __future__ import annotations

import unicodedata

__all__ = ["cells", "plain", "wrapped"]

# Between letters and signs they make one of several, as Persian and families of emoji need it.
_JOINERS = "\u200c\u200d"
_WITHOUT_WIDTH = ("Mn", "Me", "Cf")  # categories of characters that stand on another


def wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """The text in lines of at most `width` columns.

    A longer word stands alone, so that a path can be copied, unless it is of a script that may be
    written without spaces: then it is broken. `first` and `rest` begin the first and each further
    line. Wide characters count as two columns.
    """
    lines: list[str] = []
    line, used = first, cells(first)
    empty = True
    for word in text.split():
        size = cells(word)
        if not empty and used + 1 + size > width:
            lines.append(line)
            line, used, empty = rest, cells(rest), True
        while empty and used + size > width and len(word) > 1 and not word.isascii():
            head = _head(word, max(width - used, 1))
            lines.append(line + head)
            word = word[len(head) :]
            size = cells(word)
            line, used = rest, cells(rest)
        line, used = (line + word, used + size) if empty else (f"{line} {word}", used + 1 + size)
        empty = False
    lines.append(line)
    return lines


def cells(text: str) -> int:
    """How many columns a terminal gives this text."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.category(character) in _WITHOUT_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _head(word: str, width: int) -> str:
    used = 0
    for index, character in enumerate(word):
        used += _cell(character)
        if used > width and index:
            return word[:index]
    return word


def plain(text: str) -> str:
    """The text without what would steer a terminal: such characters are replaced."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character.isspace() or character in _JOINERS
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )
