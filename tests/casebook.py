"""What the tests of tests share: a small scenario, and cases made of a few lines about it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from textwrap import dedent
from typing import Any

from harness import HEAD, nested
from heartline import Scenario
from heartline.clock import STORY_START
from heartline.diagnostics import Location
from heartline.testing.case import FAILED, Case, CaseStep, Failure, Result
from heartline.testing.files.form import Step
from heartline.testing.files.loading import load_tests
from heartline.testing.runs.running import run_case
from heartline.yamltext import compose

STORY = """
    context:
      trust: {type: int, min: 0, max: 6, initial: 2, title: Trust}
      mood: {type: enum, values: [low, high], initial: low, input: true}
      length: {type: duration, values: [14d, 28d], initial: 14d, input: true}
    timers:
      break: {length: length, title: the break}
      reply: {length: 2d}
    guards:
      trusted: {when: trust >= 3, why: Trust has to grow first.}
    initial: home
    states:
      home:
        initial: talk
        choices: {leave: {say: I am going., to: over}}
        states:
          talk:
            entry: {say: [{other: "You came, then."}]}
            choices:
              ask: {say: How was your day?, to: listening}
              move_in: {when: trusted, to: together}
              whistle: {when: mood == "high", if_closed: hide, to: together}
              space: {say: Let us take a break., do: start(break), to: apart}
            events: {called: {do: trust += 1}}
          listening:
            choices:
              tell: {by: other, weight: 3, say: {other: Long but good.}, do: trust += 1, to: talk}
              shrug: {by: other, weight: 1, say: {other: The usual.}, to: talk}
              scream: {by: other, weight: 0, to: over}
      apart:
        entry: {say: {narrator: "Two weeks without a word, until {break.due}."}}
        after: {break: review}
        choices:
          write: {once: true, do: [trust -= 1, start(reply)]}
      review:
        choices: {stay: {to: together}, go: {to: over}}
      together: {type: final, outcome: together}
      over: {type: final, outcome: over}
    """


def read_cases(tests: str, scenario: str = STORY) -> tuple[Scenario, tuple[Case, ...]]:
    """The cases of a test file with these tests, about this scenario."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tests.yaml")
        path.with_name("scenario.yaml").write_text(HEAD + dedent(scenario), "utf-8")
        path.write_text("heartline_tests: 1\ntests:\n" + nested(tests), "utf-8")
        loaded = load_tests(path, "tests.yaml")
    assert not loaded.diagnostics, loaded.diagnostics
    assert loaded.scenario is not None
    return loaded.scenario, loaded.cases


def run(tests: str, scenario: str = STORY, **options: Any) -> Result:
    """What comes of the last of these tests."""
    loaded, cases = read_cases(tests, scenario)
    return run_case(loaded, cases[-1], **options)


def step_by_hand(authored: dict[str, object]) -> CaseStep:
    return CaseStep(Step.model_validate(authored), (), Location("tests.yaml"))


def by_hand(*steps: dict[str, object], name: str = "tests.yaml::by_hand", seed: int = 0) -> Case:
    """A case that no test file was read for: also one that a file could not hold."""
    place = Location("tests.yaml")
    return Case(
        name, name.partition("::")[2], place, None, seed, STORY_START, {}, (), (), None, (),
        tuple(map(step_by_hand, steps)),
    )  # fmt: skip


def yaml(text: str) -> dict[str, object]:
    """A small mapping, as an author writes it."""
    data: dict[str, object] = compose(text, "here").root.data  # type: ignore[union-attr]
    return data


def failed(result: Result) -> Failure:
    assert result.status == FAILED
    assert result.failure is not None
    return result.failure


def told(result: Result) -> list[tuple[str, str, str]]:
    """Field, expected and came of each expectation that did not hold."""
    return [(each.field, each.expected, each.came) for each in failed(result).mismatches]
