"""Texts compared with what was expected of them: exactly, by a part, or with * for any words."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heartline.testing.files.form import Words

__all__ = ["Wording", "quoted"]

MOST_COMPARED = 400  # characters: finding the nearest text takes time in their square
SHOWN_BEFORE, SHOWN_AFTER = 24, 32  # characters around the first difference


@dataclass(frozen=True, slots=True)
class Wording:
    """What a text must be. `form` is "exact", "contains" or "like"."""

    form: str
    text: str

    @classmethod
    def of(cls, words: Words) -> Wording:
        """As the test file has it."""
        if words.exact is not None:
            return cls("exact", words.exact)
        if words.contains is not None:
            return cls("contains", words.contains)
        return cls("like", words.like or "")

    def matches(self, text: str) -> bool:
        """Whether the text is as expected."""
        if self.form == "exact":
            return text == self.text
        if self.form == "contains":
            return self.text in text
        return _like(text, self.text)

    def nearness(self, text: str) -> float:
        """How much of what is expected the text has, from 0 to 1."""
        wanted, given = self.text[:MOST_COMPARED], text[:MOST_COMPARED]
        if self.form == "exact":
            return SequenceMatcher(None, wanted, given, autojunk=False).ratio()
        parts = wanted.split("*") if self.form == "like" else [wanted]
        pieces = [piece for piece in parts if piece]
        found = sum(_longest_part(piece, given) for piece in pieces)
        return found / sum(map(len, pieces)) if pieces else 0.0

    def difference(self, text: str) -> str:
        """Where a text first parts from what is expected; empty where that says little."""
        if self.form != "exact" or text == self.text:
            return ""
        at = next(
            (
                index
                for index, (one, other) in enumerate(zip(self.text, text, strict=False))
                if one != other
            ),
            min(len(self.text), len(text)),
        )
        if at == 0:
            return ""
        alike = ("..." if at > SHOWN_BEFORE else "") + self.text[max(at - SHOWN_BEFORE, 0) : at]
        return (
            f"alike up to {quoted(alike)}, then {_rest(self.text, at)} was expected "
            f"and {_rest(text, at)} came"
        )

    def __str__(self) -> str:
        """For people: `"Four weeks."`, `a text with "weeks"`, `a text like "Four *"`."""
        kind = {"exact": "", "contains": "a text with ", "like": "a text like "}[self.form]
        return f"{kind}{quoted(self.text)}"


def quoted(text: str) -> str:
    """A text in quotation marks; what is not seen in it is written out."""
    shown = "".join(
        each if each.isprintable() else {"\n": "\\n", "\t": "\\t"}.get(each, "\ufffd")
        for each in text
    )
    return f'"{shown}"'


def _longest_part(wanted: str, given: str) -> int:
    """How many characters in a row of one text stand in the other."""
    matcher = SequenceMatcher(None, wanted.lower(), given.lower(), autojunk=False)
    return matcher.find_longest_match().size


def _rest(text: str, at: int) -> str:
    if at == len(text):
        return "the end"
    cut = "..." if len(text) - at > SHOWN_AFTER else ""
    return quoted(text[at : at + SHOWN_AFTER] + cut)


def _like(text: str, pattern: str) -> bool:
    """Whether a text has the pieces between the stars, in order: linear, unlike an expression."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    last = rest.pop()
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in rest:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
