"""What the tests of `heartline test` share: a scenario with tests, and the command on them."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from heartline.cli import run

ROOT = Path(__file__).parents[1]
TEA = """\
heartline: 1
id: tea
version: 1.0.0
title: Tea for two
cast:
  you: {name: You}
  ana: {name: Ana, pronouns: she, played_by: engine}
context:
  cups: {type: int, min: 0, max: 3, initial: 0}
timers:
  steep: {length: 4m}
states:
  kitchen:
    entry: {say: ["The kettle sings.", {ana: "You remembered."}]}
    choices:
      pour: {say: Here you are., do: cups += 1, to: waiting}
      leave: {say: I have to run., to: gone}
  waiting:
    entry: {do: start(steep), say: [{ana: "Four minutes, no less."}]}
    choices:
      hurry: {say: It must be done by now.}
    after: {steep: answer}
  answer:
    choices:
      smile: {by: ana, say: Just right., to: warm}
      frown: {by: ana, say: Too strong., to: gone}
  warm: {type: final, outcome: warm}
  gone: {type: final, outcome: gone}
"""
PASSING = """\
heartline_tests: 1
tests:
  it_steeps:
    steps:
      - choose: pour
        expect: {state: waiting, lines: [{ana: "Four minutes, no less."}], timers: {steep: 4m}}
  how_it_ends:
    cases:
      well: {drawn: smile, end: warm}
      badly: {drawn: frown, end: gone}
    steps:
      - choose: pour
      - wait_until: steep
        draw: $drawn
        expect: {outcome: $end}
"""
FAILING = """\
heartline_tests: 1
tests:
  it_is_quick:
    steps:
      - choose: pour
      - wait: 1m
        expect: {state: answer}
  it_ends:
    steps:
      - choose: leave
        expect: {outcome: gone}
"""


class Ran(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


class Terminal(io.TextIOWrapper):
    """A stream that somebody sits at."""

    def isatty(self) -> bool:
        return True


def heartline(*arguments: str, typed: str | None = None) -> Ran:
    """Run a command line; `typed` is what somebody at a terminal answers."""
    stdin = io.TextIOWrapper(io.BytesIO(b""))
    if typed is not None:
        stdin = Terminal(io.BytesIO(typed.encode()))
    streams = [stdin, *(io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))]
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        code = run(arguments)
    for stream in streams[1:]:
        stream.flush()
    out, err = (stream.buffer.getvalue().decode() for stream in streams[1:])  # type: ignore[attr-defined]
    assert "Traceback" not in out + err
    assert "Heartline itself" not in err
    return Ran(code, out, err)


def timeless(text: str) -> str:
    """Without how long it took."""
    return re.sub(r"in [0-9.]+ s$", "in no time", text, flags=re.MULTILINE)


@pytest.fixture
def tea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the scenario `tea`, below the present one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    folder = tmp_path / "tea"
    folder.mkdir()
    (folder / "scenario.yaml").write_text(TEA)
    (folder / "tests.yaml").write_text(PASSING)
    return folder
