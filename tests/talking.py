"""What the tests of the command line share: a talk to play, and terminals to play it at."""

from __future__ import annotations

import io
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

from heartline.cli import run

ROOT = Path(__file__).parents[1]
STORY = """\
heartline: 1
id: talk
version: 1.0.0
title: A talk
cast:
  you: {name: You}
  partner: {name: "{partner_name}", pronouns: they, played_by: engine}
context:
  partner_name:
    {type: text, initial: Sam, input: true, prompt: What are they called?, kept_for: Names them.}
  heard: {type: int, min: 0, max: 3, initial: 0, title: how much they feel heard}
timers:
  break: {length: 14d, title: the break}
initial: talk
states:
  talk:
    title: The talk
    entry: {say: ["It is evening.", {partner: "I can't keep doing this."}]}
    choices:
      ask_why: {label: Ask why, say: What has it been like for you?, do: heard += 1, to: listening}
      offer_space:
        {label: Offer space, when: heard >= 2, why: Not yet., say: Take your time., to: space}
  listening:
    entry: {say: [{partner: Lonely.}]}
    choices:
      reflect: {label: Say it back, say: You have been lonely., do: heard += 1, to: talk}
  space:
    entry: {do: start(break)}
    choices:
      idle: {label: Wait, say: "..."}
    after: {break: over}
  over: {type: final, outcome: let_go}
choices:
  let_go: {label: Let go, say: I think we should stop., to: over}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the scenario `talk`, where the state folder is a part of it."""
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "scenario.yaml").write_text(STORY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "HEARTLINE_DEBUG", "_HEARTLINE_COMPLETE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def command(*arguments: str, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line here, with these lines in the pipe that it reads from."""
    streams = [
        io.TextIOWrapper(io.BytesIO(content), "utf-8") for content in (typed.encode(), b"", b"")
    ]
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        for name, value in variables.items():
            patch.setenv(name, value)
        code = run(arguments)
    for stream in streams:
        stream.flush()
    shown, told = (stream.buffer.getvalue().decode() for stream in streams[1:])  # type: ignore[attr-defined]
    assert "Traceback" not in shown + told
    return subprocess.CompletedProcess(arguments, code, shown, told)


def process(
    *arguments: str, typed: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "heartline", *arguments],
        input=typed,
        capture_output=True,
        check=False,
        timeout=60,
        env=environment(**variables),
    )


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "engine"), **variables}


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def read_until(words: str, stream: IO[str]) -> None:
    """Read lines up to one that holds these words."""
    for line in stream:
        if words in line:
            return
    raise AssertionError(f"{words!r} did not come")


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "state").rglob("*.json"))


class Tty:
    """The command line at a terminal of 60 columns."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        import pty  # not on every system

        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "heartline", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            close_fds=True,
            start_new_session=True,
            preexec_fn=_own_terminal,
            env=environment(**{"TERM": "xterm", "COLUMNS": "60", "LINES": "24", **variables}),
        )
        os.close(slave)
        self.seen = ""

    def wait_for(self, words: str, seconds: float = 30) -> str:
        """Read until these words have appeared; gives what came since they were last asked for."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            left = end - time.monotonic()
            assert left > 0, f"{words!r} did not come:\n{self.seen}"
            if select.select([self.master], [], [], left)[0]:
                try:
                    read = os.read(self.master, 65_536)
                except OSError:
                    read = b""
                assert read or words in self.seen, f"{words!r} did not come:\n{self.seen}"
                self.seen += read.decode()
        before, _, self.seen = self.seen.partition(words)
        return before + words

    def interrupt(self) -> None:
        time.sleep(0.3)  # as a person would: Python misses a signal just before it waits for keys
        self.type("\x03")

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def close(self) -> int:
        self.process.wait(30)
        os.close(self.master)
        return self.process.returncode


def _own_terminal() -> None:
    """Make the terminal that stdin is the one that Ctrl-C comes from."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
