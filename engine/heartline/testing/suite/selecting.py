"""Which tests are meant: `-k` as pytest understands it, and FILE::NAME as ids are printed.

An expression joins parts of names by `and`, `or`, `not` and brackets. A part fits where the test's
id holds it, in capitals or not; of the path only the file and its folder count. It is read here,
by a parser of its own: nothing of it is ever run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from heartline.diagnostics import did_you_mean
from heartline.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Keyword", "NotSelectable", "Target", "read_keyword", "read_target"]

LONGEST = 2000  # characters of an expression
_TOKEN = re.compile(r"\s*(?:(?P<bracket>[()])|(?P<word>[\w:+\-.\[\]\\/]+))")
_Fits = "Callable[[str], bool]"


class NotSelectable(CallerError):
    """An expression of names cannot be read, or names a test that there is not."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """An expression that was read; `fits` says whether it means a test of this id."""

    text: str
    _fits: Callable[[str], bool]

    def fits(self, id: str) -> bool:
        """Whether it means the test of this id."""
        path, _, name = id.partition("::")
        return self._fits("/".join(PurePath(path).parts[-2:]).lower() + "::" + name.lower())


def read_keyword(text: str) -> Keyword:
    """Read an expression; raises NotSelectable with what is wrong and where."""
    return Keyword(text, _Reader(text).read())


class _Reader:
    """or_ > and_ > not_ > a word or brackets, each by one method."""

    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > LONGEST:
            raise NotSelectable(f"-k takes at most {LONGEST} characters.")
        self.tokens = list(self._split())
        self.at = 0

    def _split(self) -> Iterator[tuple[str, int]]:
        start = 0
        while self.text[start:].strip():
            token = _TOKEN.match(self.text, start)
            if token is None:
                place = start + len(self.text[start:]) - len(self.text[start:].lstrip())
                raise self.wrong(f"{self.text[place]!r} cannot stand in it", place)
            group = token.lastgroup or ""
            yield token[group], token.start(group)
            start = token.end()

    def read(self) -> Callable[[str], bool]:
        if not self.tokens:
            raise NotSelectable(
                "-k takes a part of a test's name, as in -k break, and here it is empty."
            )
        fits = self.any_of(0)
        if self.at < len(self.tokens):
            word, place = self.tokens[self.at]
            after = (
                "a word that joins them is missing before it"
                if word != ")"
                else "it closes nothing"
            )
            raise self.wrong(f"{word!r} is one too many: {after}", place)
        return fits

    def any_of(self, depth: int) -> Callable[[str], bool]:
        parts = [self.all_of(depth)]
        while self.take("or"):
            parts.append(self.all_of(depth))
        return lambda name: any(part(name) for part in parts)

    def all_of(self, depth: int) -> Callable[[str], bool]:
        parts = [self.one(depth)]
        while self.take("and"):
            parts.append(self.one(depth))
        return lambda name: all(part(name) for part in parts)

    def one(self, depth: int) -> Callable[[str], bool]:
        if depth > 50:
            raise NotSelectable("-k is nested too deeply: name the tests more simply.")
        if self.take("not"):
            inner = self.one(depth + 1)
            return lambda name: not inner(name)
        if self.take("("):
            inner = self.any_of(depth + 1)
            if not self.take(")"):
                raise self.wrong("a bracket is not closed", len(self.text))
            return inner
        if self.at == len(self.tokens):
            raise self.wrong("a part of a name is missing at its end", len(self.text))
        word, place = self.tokens[self.at]
        if word in ("and", "or", ")"):
            raise self.wrong(f"a part of a name is missing before {word!r}", place)
        self.at += 1
        part = word.lower()
        return lambda name: part in name

    def take(self, word: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == word:
            self.at += 1
            return True
        return False

    def wrong(self, what: str, place: int) -> NotSelectable:
        shown = self.text[:100]
        return NotSelectable(
            f"-k {shown!r} cannot be read: {what} (at its character {place + 1}). Parts of names "
            "are joined by and, or, not and brackets, as in: -k 'break and not late'"
        )


@dataclass(frozen=True, slots=True)
class Target:
    """One argument of the command: a path or a name, and the test of it that is meant."""

    path: str
    name: str | None = None

    def fits(self, name: str) -> bool:
        """Whether the test of this name is meant: itself, or as a row of a table."""
        return self.name is None or self.name in (name, name.partition("[")[0])

    def missing(self, names: Sequence[str]) -> str | None:
        """A sentence, where none of the tests of these names is meant."""
        if self.name is None or any(map(self.fits, names)):
            return None
        known = [*names, *dict.fromkeys(name.partition("[")[0] for name in names)]
        hint = did_you_mean(self.name, known) or "heartline test --list shows them all"
        return f"{self.path} has no test {self.name[:80]!r}; {hint}"


def read_target(argument: str) -> Target:
    """FILE, or FILE::NAME as the id of a test."""
    path, colons, name = argument.partition("::")
    return Target(path or ".", name if colons else None)
