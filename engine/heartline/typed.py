"""What a person typed, made fit to store and to show: names come from people, not from files."""

from __future__ import annotations

import unicodedata

from heartline.errors import InputError

__all__ = ["clean_text", "shown"]


def clean_text(value: str, max_length: int) -> str:
    """What a person typed, made fit to store and to show on one line; raises InputError.

    Control characters, and marks that turn the direction of writing, are left out; runs of
    white space become one space; composed letters are used (Unicode NFC).
    """
    if len(value) > 16 * max_length + 1000:  # composing letters is not linear
        raise _too_long(len(value), max_length)
    kept = []
    for character in unicodedata.normalize("NFC", value):
        category = unicodedata.category(character)
        if category in ("Zs", "Zl", "Zp") or character in "\t\n\v\f\r\x85":
            kept.append(" ")
        elif category not in ("Cc", "Cf", "Cs") or character in "\u200c\u200d":
            kept.append(character)  # the two joiners belong to letters and to emoji
    # Again, since what was left out may have stood between a letter and its accent.
    cleaned = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    if len(cleaned) > max_length:
        raise _too_long(len(cleaned), max_length)
    return cleaned


def _too_long(length: int, most: int) -> InputError:
    return InputError(
        f"This is {length} characters long, and {most} is the most that fits: write it shorter."
    )


def shown(value: object, most: int = 60) -> str:
    """A value that was given, in quotes and cut short, for the sentence that refuses it."""
    try:
        return repr(str(value)[:most])
    except ValueError:  # Python writes no number of more than 4300 digits
        return "a number of thousands of digits"
