"""`heartline test --generate`: walks that take all that can be taken, as tests that pass."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated import INCLUDED, scenarios
from harness import HEAD, bundled, story
from heartline import load
from heartline.cli import run
from heartline.testing.case import PASSED
from heartline.testing.coverage.recorder import Recorder
from heartline.testing.coverage.results import gather
from heartline.testing.files.loading import load_tests
from heartline.testing.making.choosing import choose
from heartline.testing.making.generating import generate
from heartline.testing.making.reaching import PAIRS, TRANSITIONS, Bounds, Search
from heartline.testing.runs.running import run_case

if TYPE_CHECKING:
    from heartline.testing.case import LoadedTests

SMALL = Bounds(seconds=20, configurations=3000)
TEA = """\
context: {cups: {type: int, min: 0, max: 2, initial: 0}}
timers: {steeping: 4m}
states:
  kitchen:
    choices:
      pour: {when: cups < 2, say: There., do: [cups += 1, start(steeping)]}
      ask: {to: asking}
      sing: {when: cups > 2}
    after: {steeping: {say: It is ready., to: table}}
  asking:
    choices:
      refuse: {by: other, weight: 2, say: {other: No.}, to: gone}
      accept: {by: other, weight: 1, say: {other: Yes.}, to: kitchen}
  table: {choices: {drink: {to: done}, wait_on: {after: {}, to: kitchen}}}
  gone: {type: final, outcome: gone}
  done: {type: final, outcome: done}
""".replace("wait_on: {after: {}, to: kitchen}", "again: {to: kitchen}")


def loaded(folder: Path, text: str) -> LoadedTests:
    file = folder / "walks.test.yaml"
    file.write_text(text, "utf-8")
    return load_tests(file)


def covered(tests: LoadedTests, kind: str) -> int:
    """How many points of a kind the tests cover; all of them pass."""
    assert tests.scenario is not None, tests.diagnostics
    assert not tests.diagnostics
    recorder = Recorder(tests.scenario)
    for case in tests.cases:
        result = run_case(recorder.scenario, case, listener=recorder)
        assert result.status == PASSED, result.failure
    (coverage,) = gather([(tests, [recorder.data()])])
    return coverage.totals()[kind].covered


@pytest.mark.parametrize("kind", [TRANSITIONS, PAIRS])
def test_what_is_generated_passes_and_takes_what_it_says(tmp_path: Path, kind: str) -> None:
    (tmp_path / "scenario.yaml").write_text(HEAD + TEA, "utf-8")
    made = generate(load(tmp_path), kind, bounds=SMALL)
    assert made.found.whole  # so what is missing can never be taken
    assert made.complete
    tests = loaded(tmp_path, made.text)
    assert covered(tests, kind) == len(made.found.wanted) - len(made.missing)


def test_what_cannot_be_taken_is_named(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(HEAD + TEA.replace("cups > 2", "cups >= 2"), "utf-8")
    assert generate(load(tmp_path), TRANSITIONS, bounds=SMALL).missing == ()
    guarded = TEA.replace("when: cups > 2", "when: cups == 1 and cups + cups > 2")
    (tmp_path / "scenario.yaml").write_text(HEAD + guarded, "utf-8")
    made = generate(load(tmp_path), TRANSITIONS, bounds=SMALL)
    assert [each.split()[:2] for each in made.missing] == [["choice", "sing"]]
    assert "the other one cannot be taken" in made.text


def test_two_ends_need_two_walks_and_that_is_proved() -> None:
    scenario = story(TEA.replace("      sing: {when: cups > 2}\n", ""))
    search = Search(scenario.machine, TRANSITIONS, SMALL, ()).run()
    chosen = choose(scenario.machine, search)
    assert (len(chosen.paths), chosen.least, chosen.proved) == (2, 2, True)


def test_structure_is_pinned_and_no_words_are(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(HEAD + TEA, "utf-8")
    text = generate(load(tmp_path), TRANSITIONS, bounds=SMALL).text
    for word in ("There.", "It is ready.", "No.", "Yes.", "lines:"):
        assert word not in text
    for pinned in ("state: ", "said_by: ", "only_offered: ", "context: ", "timers: ", "outcome: "):
        assert pinned in text
    assert "draw: refuse" in text
    assert "wait_until: steeping" in text


@pytest.mark.slow
def test_the_same_scenario_gives_the_same_file() -> None:
    scenario = bundled("breaking_bad_news")
    bounds = Bounds(60, 2000)
    one, two = (generate(scenario, TRANSITIONS, bounds=bounds).text for _ in range(2))
    assert one == two


@pytest.mark.parametrize("kind", [TRANSITIONS, PAIRS])
def test_walks_that_end_in_a_loop_end_before_it(tmp_path: Path, kind: str) -> None:
    looping = """\
states:
  hall: {choices: {sit: {to: bench}, wait: {to: ring}, go: {to: street}}}
  bench:
    choices:
      nod: {by: other, to: mirror}
      leave: {by: other, to: street}
  ring: {choices: {turn: {by: other}}}
  mirror: {always: [{to: window}]}
  window: {always: [{to: mirror}]}
  street: {type: final, outcome: out}
"""
    (tmp_path / "scenario.yaml").write_text(HEAD + looping, "utf-8")
    made = generate(load(tmp_path), kind, bounds=SMALL)
    assert made.found.faults
    tests = loaded(tmp_path, made.text)
    assert covered(tests, kind) == len(made.found.wanted) - len(made.missing)
    taken = {line.split()[-1] for line in made.text.splitlines() if "choose: " in line}
    assert taken == ({"sit", "go"} if kind == TRANSITIONS else {"sit"})
    assert "draw: leave" in made.text


@pytest.mark.slow
@pytest.mark.usefixtures("short_loops")
@given(scenarios(most=3, includes=True), st.sampled_from([TRANSITIONS, PAIRS]))
def test_tests_of_any_scenario_pass_and_take_what_they_say(text: str, kind: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scenario.yaml").write_text(text, "utf-8")
        (folder / "included.yaml").write_text(INCLUDED, "utf-8")
        made = generate(load(folder), kind, bounds=Bounds(0.2, 150))
        if not made.tests:
            return
        tests = loaded(folder, made.text)
        assert covered(tests, kind) == len(made.found.wanted) - len(made.missing)


@pytest.mark.slow
def test_of_the_flagship_nearly_all_is_taken(tmp_path: Path) -> None:
    made = generate(bundled("reconciliation"), TRANSITIONS, bounds=Bounds(120, 60_000))
    assert len(made.missing) <= 15
    source = Path(__file__).parents[1] / "scenarios" / "reconciliation"
    shutil.copytree(source, tmp_path / "r")
    tests = loaded(tmp_path / "r", made.text)
    assert covered(tests, TRANSITIONS) == len(made.found.wanted) - len(made.missing)


class TestCommand:
    def test_it_writes_a_file_that_passes(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "scenario.yaml").write_text(HEAD + TEA, "utf-8")
        file = tmp_path / "walks.test.yaml"
        assert run(["test", str(tmp_path), "--generate", "transitions", "-o", str(file)]) == 0
        said = capsys.readouterr()
        assert said.out == ""
        assert "they pass" in said.err
        assert run(["test", str(file)]) == 0

    def test_without_a_file_it_prints(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "scenario.yaml").write_text(HEAD + TEA, "utf-8")
        assert run(["test", str(tmp_path), "--generate", "pairs"]) == 0
        assert "heartline_tests: 1" in capsys.readouterr().out

    def test_what_cannot_be_written_is_refused_before_anything_is_done(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "scenario.yaml").write_text(HEAD + TEA, "utf-8")
        there = tmp_path / "tests.yaml"
        there.write_text("mine", "utf-8")
        start = ["test", str(tmp_path), "--generate", "transitions", "-o"]
        assert run([*start, str(there)]) == 2
        assert "is there already" in capsys.readouterr().err
        assert there.read_text("utf-8") == "mine"
        assert run([*start, str(tmp_path / "walks.yaml")]) == 1
        assert "is not called as test files are" in capsys.readouterr().err
        assert run(["test", str(tmp_path), "-o", str(there)]) == 2
        assert run(["test", "--generate", "transitions"]) == 2
