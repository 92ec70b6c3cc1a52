"""Where typed lines come from while other things happen: a keyboard, or another program.

What happens meanwhile is written in `with source.aside():`, for which the line that is being typed
steps aside; it comes back below, as it was.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import shutil
import signal
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from heartline.frontends.terminal.editing import Editor, Typed
from heartline.frontends.terminal.sources import LONGEST_LINE, PROMPT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

__all__ = ["Keyboard", "Lines", "Stream", "source_of"]


class Lines(Protocol):
    """Somebody who types, while an event loop runs. `interactive` is true for a person whose
    terminal shows what is typed."""

    interactive: bool

    async def read(self) -> Typed:
        """The next line; None in it is the end."""
        ...

    def aside(self) -> AbstractContextManager[None]:
        """Let something be written meanwhile, after which a line that has been begun is marked."""
        ...


def source_of(
    words: Callable[[], Sequence[str]], echo: Callable[[str], None], *, person: bool = True
) -> Lines:
    """Standard input: `words` are for completion, `echo` shows a line that no terminal has shown,
    and `person` says whether somebody may sit there.

    A terminal that cannot be steered, or a system whose terminal gives whole lines alone, is read
    line by line.
    """
    person = person and sys.stdin.isatty()
    steered = os.name == "posix" and os.environ.get("TERM", "dumb") != "dumb"
    if person and sys.stdout.isatty() and steered:
        return Keyboard(words)
    return Stream(echo, interactive=person)


class Keyboard:
    """A person at a terminal, whose keys are taken one by one while a line is asked for."""

    interactive = True

    def __init__(self, words: Callable[[], Sequence[str]]) -> None:
        self._editor = Editor(words)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._ready: deque[Typed] = deque()
        self._asked: asyncio.Future[None] | None = None
        self._modes: list[Any] | None = None

    async def read(self) -> Typed:
        """As `Lines.read`."""
        loop = asyncio.get_running_loop()
        keys = sys.stdin.fileno()
        if self._ready:
            return self._given()
        self._asked = loop.create_future()
        try:
            self._take_keys()  # before the prompt, or the terminal shows what is typed by itself
            self._show()
            loop.add_reader(keys, self._typed, keys)
            loop.add_signal_handler(signal.SIGCONT, self._back_again)
            await self._asked
        finally:
            self._asked = None
            loop.remove_reader(keys)
            loop.remove_signal_handler(signal.SIGCONT)
            self._leave_keys()
        return self._given()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """As `Lines.aside`."""
        if self._asked is None:
            yield
            return
        sys.stdout.write("\r\x1b[K")
        yield
        self._editor.mark()
        self._show()

    def _given(self) -> Typed:
        typed = self._ready.popleft()
        sys.stdout.write(f"\r\x1b[K{PROMPT}{typed.line or ''}\n")
        sys.stdout.flush()
        return typed

    def _typed(self, keys: int) -> None:
        try:
            read = os.read(keys, 4096)
        except OSError:  # the terminal has gone away
            read = b""
        before, at = self._editor.text, self._editor.at
        self._ready.extend(self._editor.feed(self._decode(read)) if read else [Typed(None)])
        if self._ready:
            if self._asked is not None and not self._asked.done():
                self._asked.set_result(None)
            return
        added = self._editor.text[len(before) :]
        at_end = at == len(before) and self._editor.at == len(self._editor.text)
        if at_end and self._editor.text == before + added and self._fits():
            sys.stdout.write(added)  # which a screen reader says, and nothing else
            sys.stdout.flush()
        else:
            self._show()

    def _fits(self) -> bool:
        return self._editor.shown(self._room())[0] == self._editor.text

    def _room(self) -> int:
        return max(shutil.get_terminal_size().columns - len(PROMPT), 4)

    def _show(self) -> None:
        text, column = self._editor.shown(self._room())
        sys.stdout.write(f"\r\x1b[K{PROMPT}{text}\r\x1b[{len(PROMPT) + column}C")
        sys.stdout.flush()

    def _take_keys(self) -> None:
        import termios

        keys = sys.stdin.fileno()
        if self._modes is None:
            self._modes = termios.tcgetattr(keys)
        modes = self._modes
        mine = [*modes[:3], modes[3] & ~(termios.ICANON | termios.ECHO), *modes[4:]]
        mine[6] = [*modes[6]]
        mine[6][termios.VMIN], mine[6][termios.VTIME] = 1, 0
        with contextlib.suppress(termios.error):
            termios.tcsetattr(keys, termios.TCSADRAIN, mine)

    def _leave_keys(self) -> None:
        import termios

        modes, self._modes = self._modes, None
        if modes is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, modes)

    def _back_again(self) -> None:
        """It had been stopped, and a shell has used the terminal meanwhile."""
        self._take_keys()
        self._show()


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
        line = await self._lines.get()
        self._asked = False
        self._ended = line is None
        if line is not None and not self.interactive:
            self._echo(line)
        return Typed(line)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
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
