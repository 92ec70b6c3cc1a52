"""A keyboard that is read while other things happen: what a person types, and what stays of it."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from heartline.frontends.terminal.keyboard import Keyboard, Stream, Typed, source_of
from heartline.frontends.terminal.sources import LONGEST_LINE
from talking import environment

WORDS = ("look", "look_out", "loom", ":quit")
LEFT, UP, DOWN, DELETE = "\x1b[D", "\x1b[A", "\x1b[B", "\x1b[3~"


def at(play: Callable[[Keyboard, PipeInput], Awaitable[Any]]) -> Any:
    """Let somebody do something at a keyboard."""

    async def main() -> Any:
        with create_pipe_input() as pipe:
            keyboard = Keyboard(lambda: WORDS, pipe, DummyOutput())
            return await asyncio.wait_for(play(keyboard, pipe), 20)

    return asyncio.run(main())


def typed(keys: str, lines: int = 1) -> list[str | None]:
    """What comes of these keys."""

    async def play(keyboard: Keyboard, pipe: PipeInput) -> list[str | None]:
        pipe.send_text(keys)
        return [(await keyboard.read()).line for _ in range(lines)]

    return at(play)


async def until(keyboard: Keyboard, line: str) -> None:
    """Wait until this much has been typed."""
    while keyboard._session.default_buffer.text != line:
        await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("sit\r", "sit"),
        ("sit\n", "sit"),
        ("sti\x7f\x7fit\r", "sit"),
        (f"it{LEFT}{LEFT}s\x05!\r", "sit!"),
        (f"sxit{LEFT}{LEFT}{LEFT}{DELETE}\r", "sit"),
        ("nothing\x15sit\r", "sit"),
        ("s\x1b[24~it\r", "sit"),
        ("Zoë 世界\r", "Zoë 世界"),
        ("\r", ""),
        ("a\x04\r", "a"),
        ("\x04", None),
    ],
)
def test_a_line_is_edited_as_everywhere(keys: str, line: str | None) -> None:
    assert typed(keys) == [line]


def test_lines_that_come_at_once_are_lines() -> None:
    assert typed("one\rtwo\nthree\r", 3) == ["one", "two", "three"]


def test_what_is_pasted_waits_for_enter_and_no_line_of_it_is_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert typed("a \x1b[200~one\r\ntwo\nthree\x1b[201~!\rfour\r", 4) == [
        "a one", "two", "three!", "four"
    ]  # fmt: skip
    assert capsys.readouterr().out == "> two\n> three!\n", "the first has been shown while typed"


def test_earlier_lines_come_back() -> None:
    async def play(keyboard: Keyboard, pipe: PipeInput) -> None:
        pipe.send_text("one\rtwo\r")
        await keyboard.read()
        await keyboard.read()
        reading = asyncio.create_task(keyboard.read())
        while keyboard._session.default_buffer.text != "one":  # they come after the prompt
            pipe.send_text(UP)
            await asyncio.sleep(0.01)
        pipe.send_text(f"{DOWN}!\r")
        assert (await reading).line == "two!"

    at(play)


def test_tab_completes_as_far_as_it_is_clear() -> None:
    assert typed("look_\t\r") == ["look_out"]
    assert typed(":\t\r") == [":quit"]
    assert typed("l\tm\r") == ["loom"]
    assert typed("x\t\t\r") == ["x"]
    assert typed("\t\r") == [""]


def test_tab_shows_what_could_follow_where_nothing_is_clear(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def play(keyboard: Keyboard, pipe: PipeInput) -> None:
        reading = asyncio.create_task(keyboard.read())
        pipe.send_text("loo\t")
        out = ""
        while not (out := out + capsys.readouterr().out):
            await asyncio.sleep(0.001)
        assert out == "look  look_out  loom\n"
        pipe.send_text("m\r")
        assert (await reading).line == "loom"

    at(play)


def test_a_line_that_was_begun_before_something_happened_is_known() -> None:
    async def play(keyboard: Keyboard, pipe: PipeInput) -> None:
        async def line(before: str, after: str) -> Typed:
            reading = asyncio.create_task(keyboard.read())
            pipe.send_text(before)
            await until(keyboard, before)
            async with keyboard.aside():
                pass
            pipe.send_text(after)
            return await reading

        assert await line("si", "t\r") == Typed("sit", begun=True)
        assert await line("", "sit\r") == Typed("sit")
        assert await line("si", "\x15sit\r") == Typed("sit"), "all of it was typed afterwards"
        async with keyboard.aside():
            pass
        pipe.send_text("sit\r")
        assert await keyboard.read() == Typed("sit")

        pipe.send_text("\x1b[200~one\ntwo\x1b[201~\r")
        assert await keyboard.read() == Typed("one")
        async with keyboard.aside():
            pass
        assert await keyboard.read() == Typed("two", begun=True)

    at(play)


def test_ctrl_c_breaks_off_and_the_next_line_can_be_read() -> None:
    async def play(keyboard: Keyboard, pipe: PipeInput) -> None:
        pipe.send_text("si\x03sit\r")
        with pytest.raises(asyncio.CancelledError):
            await keyboard.read()
        assert await keyboard.read() == Typed("sit")

    at(play)


def test_a_line_is_bounded() -> None:
    async def play(keyboard: Keyboard, pipe: PipeInput) -> None:
        reading = asyncio.create_task(keyboard.read())
        pipe.send_text("\x1b[200~")
        for _ in range(LONGEST_LINE // 1_000 + 1):
            pipe.send_text("x" * 1_000)
            await asyncio.sleep(0)  # a pipe holds only so much
        pipe.send_text("\x1b[201~\r")
        line = (await reading).line
        assert line is not None
        assert len(line) == LONGEST_LINE

    at(play)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("kind", "missing", "person", "source", "told"),
    [
        ("xterm", None, True, Keyboard, False),
        ("xterm", "prompt_toolkit", True, Stream, True),
        ("xterm", "prompt_toolkit.output.vt100", True, Stream, False),
        ("xterm", "prompt_toolkit", False, Stream, False),
        ("dumb", "prompt_toolkit", True, Stream, False),
        ("dumb", None, True, Stream, False),
        (None, None, True, Stream, False),
    ],
)
def test_a_terminal_is_read_as_it_can_be(
    monkeypatch: pytest.MonkeyPatch, kind: str | None, missing: str | None, person: bool,
    source: type, told: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("TERM", raising=False)
    if kind is not None:
        monkeypatch.setenv("TERM", kind)
    if missing is not None:
        monkeypatch.setitem(sys.modules, missing, None)
    said: list[str] = []
    found = source_of(list, said.append, said.append, person=person)
    assert type(found) is source
    assert found.interactive is person
    assert said == [
        sentence for sentence in said if "pip install 'heartline[terminal]'" in sentence
    ]
    assert len(said) == told


def test_nobody_pays_for_the_library_who_does_not_need_it() -> None:
    program = "import sys, heartline.cli.hosting; sys.exit('prompt_toolkit' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, env=environment())
