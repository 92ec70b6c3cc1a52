"""What the tests of coverage share: plays that are noted, and a folder with tests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from heartline import Choose, ManualClock, Send, Tick, runtime
from heartline.compiler import compile_scenario
from heartline.conversation import Scenario
from heartline.loader import load_text
from heartline.runtime import Step
from heartline.snapshot import Input
from heartline.testing.coverage.recorder import Recorder
from heartline.testing.coverage.results import Coverage

HEAD = "heartline: 1\nid: small\nversion: 1.0.0\ntitle: A small one\n"


class Play:
    """One play after the other of a scenario, noted by one recorder."""

    def __init__(self, text: str, base: Path | None = None) -> None:
        self.loaded = load_text(HEAD + text, base=base)
        compiled = compile_scenario(self.loaded)
        assert compiled.machine is not None, [str(each) for each in compiled.diagnostics]
        assert self.loaded.file is not None
        self.scenario = Scenario(self.loaded.file, compiled.machine)
        self.recorder = Recorder(self.scenario)
        self.machine = self.recorder.scenario.machine
        self.start()

    def start(self, *draws: str, **inputs: object) -> Play:
        self.now = ManualClock().now()
        step = runtime.start(self.machine, now=self.now, draws=draws, inputs=inputs)
        return self._note(step)

    def choose(self, *choices: str, draws: tuple[str, ...] = ()) -> Play:
        for choice in choices:
            self._step(Choose(choice), draws)
        return self

    def send(self, event: str) -> Play:
        return self._step(Send(event))

    def wait(self, **length: int) -> Play:
        self.now += timedelta(**length)
        return self._step(Tick())

    def back_to(self, step: Step) -> Play:
        """Take back what came after a step."""
        self.step = step
        self.now = step.snapshot.time
        return self

    def _step(self, input: Input, draws: tuple[str, ...] = ()) -> Play:
        step = runtime.step(self.machine, self.step.snapshot, input, self.now, draws)
        return self if step.snapshot is self.step.snapshot else self._note(step)

    def _note(self, step: Step) -> Play:
        self.step = step
        self.recorder.stepped(step)
        assert not self.recorder.unforeseen
        return self

    @property
    def coverage(self) -> Coverage:
        coverage = Coverage(self.scenario, self.loaded)
        coverage.add(self.recorder.data())
        return coverage

    def total(self, kind: str) -> tuple[int, int]:
        total = self.coverage.totals()[kind]
        return total.covered, total.total

    def missing(self, kind: str) -> list[str]:
        return [f"{each.subject} {each.missing}" for each in self.coverage.missing(kind)]


ASKING = """
cast:
  you: {name: You}
  partner: {name: Sam, played_by: engine}
context:
  asked: {type: int, min: 0, max: 3, initial: 0}
states:
  asking:
    choices:
      ask: {say: "And now?", do: asked += 1, to: answer}
      leave: {when: asked >= 2, to: over}
  answer:
    choices:
      nod: {by: partner, to: asking}
      go: {by: partner, say: "I'm off.", to: apart}
  apart: {type: final, outcome: apart}
  over: {type: final, outcome: told, entry: {say: All right.}}
"""


ROUND = """
cast: {you: {name: You}}
states:
  hall: {choices: {in: {to: room}}}
  room: {choices: {back: {to: hall}, sit: {}}}
"""

TESTS = """
heartline_tests: 1
tests:
  one_question:
    steps:
      - choose: ask
        draw: [nod]
        expect: {state: asking}
  two_questions:
    after: one_question
    steps:
      - choose: ask
        draw: [nod]
        expect: {only_offered: [ask, leave]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenario.yaml").write_text(HEAD + ASKING, "utf-8")
    (tmp_path / "tests.yaml").write_text(TESTS, "utf-8")
    more = "  left_alone:\n    steps:\n      - choose: ask\n        draw: [go]\n"
    more = TESTS[: TESTS.index("  one_")] + more + "        expect: {outcome: apart}\n"
    (tmp_path / "more.test.yaml").write_text(more, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path
