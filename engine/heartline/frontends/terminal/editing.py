"""A line while it is typed, as a value machine: keys go in, finished lines come out.

The system's own line editing shows what is typed by itself, and nobody else can write above it. A
conversation that goes on by itself needs that, so the keys are taken one by one. Pure: who reads
and writes is in `keyboard`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from heartline.wrapping import cells

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Editor", "Typed"]

LONGEST = 2_000  # characters; what a person types is far below
MOST_REMEMBERED = 100  # lines to go back to
# A key that a terminal sends as several characters, such as an arrow, or one that was broken off;
# or what may yet become one.
_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|O[@-~]?|(?=\x1b)|[^\[O])")
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?\Z")


class Typed(NamedTuple):
    """A finished line; `begun` says whether it was begun before the last `mark`. None is Ctrl-D on
    an empty line."""

    line: str | None
    begun: bool = False


class Editor:
    """The line that is being typed. `words` gives what could be typed, for Tab."""

    def __init__(self, words: Callable[[], Sequence[str]]) -> None:
        self.text = ""
        self.at = 0  # where the next character goes
        self._words = words
        self._rest = ""  # the beginning of a key
        self._marked = False
        self._lines: list[str] = []
        self._back = 0  # how many lines one has gone back

    def mark(self) -> None:
        """Something has changed: what is typed so far was begun before it."""
        self._marked = bool(self.text)

    def feed(self, keys: str) -> list[Typed]:
        """Take what was typed; gives the lines that were finished with it."""
        found: list[Typed] = []
        keys = self._rest + keys
        self._rest = ""
        place = 0
        while place < len(keys):
            if keys[place] == "\x1b":
                if _BEGUN.match(keys, place):
                    self._rest = keys[place:]
                    break
                key = _KEY.match(keys, place)
                assert key is not None
                place = key.end()
                self._steer(key[0])
                continue
            if keys[place] == "\n" and place and keys[place - 1] == "\r":
                place += 1
                continue
            self._key(keys[place], found)
            place += 1
        return found

    def _key(self, key: str, found: list[Typed]) -> None:
        if key in "\r\n":
            found.append(self._finished())
        elif key == "\x04" and not self.text:
            found.append(Typed(None))
        elif key in "\x7f\x08":
            self._cut(max(self.at - 1, 0), self.at)
        elif key == "\x04":
            self._cut(self.at, self.at + 1)
        elif key == "\x15":
            self._cut(0, self.at)
        elif key == "\x0b":
            self._cut(self.at, len(self.text))
        elif key == "\x17":
            kept = self.text[: self.at].rstrip()
            self._cut(kept.rfind(" ") + 1, self.at)
        elif key == "\x01":
            self.at = 0
        elif key == "\x05":
            self.at = len(self.text)
        elif key == "\t":
            self._complete()
        elif key.isprintable() and len(self.text) < LONGEST:
            self.text = self.text[: self.at] + key + self.text[self.at :]
            self.at += 1

    def _steer(self, key: str) -> None:
        last = key[-1] if key[:2] in ("\x1b[", "\x1bO") else ""
        if last == "D":
            self.at = max(self.at - 1, 0)
        elif last == "C":
            self.at = min(self.at + 1, len(self.text))
        elif last == "H" or key in ("\x1b[1~", "\x1b[7~"):
            self.at = 0
        elif last == "F" or key in ("\x1b[4~", "\x1b[8~"):
            self.at = len(self.text)
        elif key == "\x1b[3~":
            self._cut(self.at, self.at + 1)
        elif last in ("A", "B"):
            self._remember(1 if last == "A" else -1)

    def _finished(self) -> Typed:
        typed = Typed(self.text, self._marked)
        if self.text and self._lines[-1:] != [self.text]:
            self._lines = [*self._lines[1 - MOST_REMEMBERED :], self.text]
        self.text, self.at, self._back, self._marked = "", 0, 0, False
        return typed

    def _cut(self, start: int, end: int) -> None:
        self.text = self.text[:start] + self.text[end:]
        self.at = start
        self._marked = self._marked and bool(self.text)

    def _remember(self, step: int) -> None:
        self._back = min(max(self._back + step, 0), len(self._lines))
        self.text = self._lines[-self._back] if self._back else ""
        self.at = len(self.text)

    def _complete(self) -> None:
        begun = self.text[: self.at]
        near = [word for word in self._words() if begun and word.startswith(begun)]
        if near:
            whole = near[0]
            while not all(word.startswith(whole) for word in near):
                whole = whole[:-1]
            self.text = whole + self.text[self.at :]
            self.at = len(whole)

    def shown(self, columns: int) -> tuple[str, int]:
        """As much of the line as has a place in so many columns, and in which of them the next
        character goes."""
        start = 0
        while cells(self.text[start : self.at]) >= columns:
            start += 1
        end = len(self.text)
        while cells(self.text[start:end]) >= columns:
            end -= 1
        return self.text[start:end], cells(self.text[start : self.at])
