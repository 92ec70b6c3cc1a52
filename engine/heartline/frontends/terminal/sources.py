"""Where typed lines come from: a terminal, a pipe, or a script. Each gives None at the end."""

from __future__ import annotations

import contextlib
import os
import select
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["PROMPT", "Lines", "Pipe", "Script", "Terminal"]

PROMPT = "> "
LONGEST_LINE = 65_536  # characters: what goes on without a line end is cut, and refused as it is
BETWEEN_LOOKS = 0.5  # seconds between two looks at a watched file while nobody types


class Lines(Protocol):
    """Somebody who types. `interactive` is true for a person whose terminal shows what is typed."""

    interactive: bool

    def read(self, edited: Callable[[], bool] | None = None, /) -> str | None:
        """The next line, None at the end; `edited` is asked while waiting: true breaks it off
        with an empty line."""
        ...


class Terminal:
    """A person at a terminal, with line editing and completion where the system has them."""

    interactive = True

    def __init__(self, words: Callable[[], Sequence[str]]) -> None:
        self._words = words
        self._ready = False

    def read(self, edited: Callable[[], bool] | None = None, /) -> str | None:
        if edited is not None:
            return self._read_watching(edited)
        self._prepare()
        try:
            return input(PROMPT)
        except EOFError:
            print()
            return None

    def _read_watching(self, edited: Callable[[], bool]) -> str | None:
        print(PROMPT, end="", flush=True)
        if os.name == "posix":
            while not select.select([sys.stdin], [], [], BETWEEN_LOOKS)[0]:
                if edited():
                    print()
                    return ""
        line = sys.stdin.readline()
        if not line:
            print()
        return line or None

    def _prepare(self) -> None:
        if self._ready:
            return
        self._ready = True
        with contextlib.suppress(ImportError):
            import readline

            readline.set_completer(self._complete)
            readline.set_completer_delims(" ")
            libedit = "libedit" in (readline.__doc__ or "")
            readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")

    def _complete(self, begun: str, state: int) -> str | None:
        near = [word for word in self._words() if word.startswith(begun)]
        return near[state] if state < len(near) else None


class Pipe:
    """Lines from another program. Each is shown after the prompt, as a terminal would show it."""

    interactive = False

    def __init__(self, lines: TextIO, echo: Callable[[str], None] | None = None) -> None:
        self._lines = lines
        self._echo = echo

    def read(self, _edited: Callable[[], bool] | None = None, /) -> str | None:
        line = self._lines.readline(LONGEST_LINE)
        if not line:
            return None
        if self._echo is not None:
            self._echo(line)
        return line


class Script:
    """Lines that were written before. Empty ones and comments are passed over.

    `line` is the number of the line that was read last, from 1.
    """

    interactive = False

    def __init__(self, lines: Iterable[str], echo: Callable[[str], None] | None = None) -> None:
        self._lines = enumerate(lines, 1)
        self._echo = echo
        self.line = 0

    def read(self, _edited: Callable[[], bool] | None = None, /) -> str | None:
        for number, line in self._lines:
            if line.strip() and not line.lstrip().startswith("#"):
                self.line = number
                if self._echo is not None:
                    self._echo(line)
                return line
        return None
