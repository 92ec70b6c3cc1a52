"""Where typed lines come from while other things happen: a keyboard, or another program.

What happens meanwhile is written in `async with source.aside():`, for which the line that is being
typed steps aside; it comes back below, as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple, Protocol

from heartline.frontends.terminal.sources import LONGEST_LINE, PROMPT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.output import Output

__all__ = ["Keyboard", "Lines", "Stream", "Typed", "source_of"]

_WITHOUT = (
    "What happens while you type is written into your line here; with pip install "
    "'heartline[terminal]' your line stays whole below it."
)
_PLAIN = ("", "dumb", "unknown")  # kinds of terminals that cannot be steered


class Typed(NamedTuple):
    """A finished line; `begun` says whether it was begun before something was written meanwhile.
    None is the end."""

    line: str | None
    begun: bool = False


class Lines(Protocol):
    """Somebody who types, while an event loop runs. `interactive` is true for a person whose
    terminal shows what is typed."""

    interactive: bool

    async def read(self) -> Typed:
        """The next line. Raises asyncio.CancelledError where it is broken off with Ctrl-C."""
        ...

    def aside(self) -> AbstractAsyncContextManager[None]:
        """Let something be written meanwhile, after which a line that has been begun is marked."""
        ...


def source_of(
    words: Callable[[], Sequence[str]],
    echo: Callable[[str], None],
    tell: Callable[[str], None],
    *,
    person: bool = True,
) -> Lines:
    """Standard input: `words` are for completion, `echo` shows a line that no terminal has shown,
    `tell` says what is missing, and `person` says whether somebody may sit there.

    A terminal that cannot be steered is read line by line, and so is any without prompt_toolkit or
    on a system that it does not know.
    """
    person = person and sys.stdin.isatty()
    steered = os.name == "nt" or os.environ.get("TERM", "").lower() not in _PLAIN
    if person and sys.stdout.isatty() and steered:
        try:
            return Keyboard(words)
        except ImportError as missing:  # also of what a system that it does not know has not got
            if missing.name == "prompt_toolkit":
                tell(_WITHOUT)
    return Stream(echo, interactive=person)


class Keyboard:
    """A person at a terminal, whose line prompt_toolkit keeps. Raises ImportError where that is
    not installed, or does not know the system. `keys` and `screen` are the terminal's own where
    they are not given."""

    interactive = True

    def __init__(
        self,
        words: Callable[[], Sequence[str]],
        keys: Input | None = None,
        screen: Output | None = None,
    ) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.output import ColorDepth, create_output
        from prompt_toolkit.output.vt100 import Vt100_Output

        screen = screen or create_output()
        if isinstance(screen, Vt100_Output):
            screen.enable_cpr = False  # some terminals never say where the cursor is
        self._session: PromptSession[str] = PromptSession(
            PROMPT,
            input=keys,
            output=screen,
            color_depth=ColorDepth.DEPTH_1_BIT,  # the player's own colours are the only ones
            complete_while_typing=False,
            enable_suspend=True,
            key_bindings=_completing(words),
            reserve_space_for_menu=0,
        )
        self._session.default_buffer.on_text_changed += self._changed
        self._pasted: list[str] = []  # lines that were pasted with one that has been given
        self._begun = False

    async def read(self) -> Typed:
        """As `Lines.read`."""
        if self._pasted:
            line = self._pasted.pop(0)
            sys.stdout.write(f"{PROMPT}{line}\n")
            sys.stdout.flush()
            return Typed(line, self._begun)
        self._begun = False
        try:
            typed = await self._session.prompt_async(
                handle_sigint=False,  # whoever runs the loop does
                set_exception_handler=False,
            )
        except EOFError:
            return Typed(None)
        except KeyboardInterrupt:  # which is a key here, and no signal
            raise asyncio.CancelledError from None
        line, *self._pasted = typed.split("\n")
        return Typed(line, self._begun)

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """As `Lines.aside`."""
        from prompt_toolkit.application import in_terminal

        async with in_terminal():
            yield
            asked = self._session.app.is_running and self._session.default_buffer.text
            self._begun = bool(asked or self._pasted)

    def _changed(self, line: Buffer) -> None:
        if len(line.text) > LONGEST_LINE:
            line.text = line.text[:LONGEST_LINE]
        if not line.text:  # what comes now was not begun before
            self._begun = False


def _completing(words: Callable[[], Sequence[str]]) -> KeyBindings:
    """Tab, as in a plain play: what is clear is added, and where nothing is, the words are
    shown. The library's own way of it may ask questions, which nobody could break off."""
    from prompt_toolkit.application import run_in_terminal
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("tab")
    def complete(event: KeyPressEvent) -> None:
        line = event.current_buffer
        begun = line.document.text_before_cursor
        near = [word for word in words() if begun and word.startswith(begun)]
        clear = min(near, default=begun)
        while not all(word.startswith(clear) for word in near):
            clear = clear[:-1]
        line.insert_text(clear[len(begun) :])
        if len(near) > 1 and clear == begun:
            shown = fill("  ".join(near), event.app.output.get_size().columns - 1)
            _done = run_in_terminal(lambda: print(shown))

    return keys


class Stream:
    """Lines from another program, or from a terminal that gives whole lines. A thread reads them,
    since not all that can be read from can be waited for."""

    def __init__(self, echo: Callable[[str], None], *, interactive: bool = False) -> None:
        self.interactive = interactive
        self._echo = echo
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._wanted = threading.Semaphore(0)
        self._begun = False
        self._ended = False
        self._asked = False

    async def read(self) -> Typed:
        """As `Lines.read`."""
        if not self._begun:
            self._begun = True
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._read_all, args=(loop,), daemon=True).start()
        if self._ended:
            return Typed(None)
        self._asked = self.interactive
        self._prompt()
        self._wanted.release()
        try:
            line = await self._lines.get()
        except asyncio.CancelledError:
            if self.interactive:
                sys.stdout.write("\n")  # what is said now begins a line
            raise
        finally:
            self._asked = False
        self._ended = line is None
        if line is not None and not self.interactive:
            self._echo(line)
        return Typed(line)

    @contextlib.asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """As `Lines.aside`: what was begun stays in the terminal's hands."""
        yield
        self._prompt()

    def _prompt(self) -> None:
        if self._asked:
            sys.stdout.write(PROMPT)
            sys.stdout.flush()

    def _read_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """Read line by line, each when it is wanted. Without sys.stdin's own buffer, which a thread
        that is still in it would keep from being closed at the end."""
        kept = b""
        more = True
        while True:
            self._wanted.acquire()
            while more and b"\n" not in kept and len(kept) < LONGEST_LINE:
                try:
                    read = os.read(sys.stdin.fileno(), 65_536)
                except OSError:
                    read = b""
                kept, more = kept + read, bool(read)
            end = kept.find(b"\n") + 1 or min(len(kept), LONGEST_LINE)
            line, kept = kept[:end], kept[end:]
            given = line.decode("utf-8", "replace") if line else None
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._lines.put_nowait, given)
            if given is None:
                return
