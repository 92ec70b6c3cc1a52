"""`heartline check --prove` from outside: verdicts, plays that show them, limits, what is written.

And that a proof and the monitor beside random plays mean the same.
"""

from __future__ import annotations

import importlib.util
import json
import random
import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import bundled
from heartline import Choose, ManualClock, Scenario, Send, Tick
from heartline.checking.exploring import explorer
from heartline.checking.exploring.explorer import explore
from heartline.checking.monitor import Watch
from heartline.checking.proving import outcome as outcomes
from heartline.checking.proving.outcome import judge
from heartline.checking.proving.promises import wanted
from heartline.checking.proving.witness import NotReplayed
from heartline.cli import proving, run
from heartline.errors import HeartlineError
from heartline.runtime import start, step
from provable import loaded, promises
from provable import scenarios as promising

VISIT = """\
heartline: 1
id: visit
version: 1.0.0
title: A visit
cast:
  you: {name: You}
  kim: {name: Kim, pronouns: she, played_by: engine}
context:
  rings: {type: int, min: 0, max: 3, initial: 0}
  late: {type: bool, initial: false}
timers:
  patience: {length: 2h}
states:
  doorstep:
    entry: {do: start(patience), say: You stand at Kim's door.}
    choices:
      ring: {when: rings < 3, do: rings += 1, say: (You ring.)}
      come_in: {to: hall}
      leave: {to: gone}
    after:
      patience: {do: late = true}
  hall:
    choices:
      smile: {by: kim, once: true, when: not late, say: {kim: (She smiles.)}}
      frown: {by: kim, once: true, say: {kim: (She frowns.)}}
      say_goodbye: {to: home}
  gone: {type: final, outcome: gone}
  home: {type: final, outcome: visited}
"""
KEPT = "properties:\n  few: {always: rings <= 3}\n"
PROMISES = """\
properties:
  few: {always: rings <= 3}
  never_three: {never: rings == 3}
  never_late: {never: late}
  smiled_at: {must: chosen(smile), before: at(home)}
  untried: {never: chosen(leave), after: chosen(ring) and rings == 0}
  can_go_home: {always: at(gone) or can_reach(at(home))}
"""


@pytest.fixture
def visit(tmp_path: Path) -> str:
    """A folder with the visit and its promises."""
    return written(tmp_path / "visit", VISIT + PROMISES)


def written(folder: Path, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "scenario.yaml").write_text(text, "utf-8")
    return str(folder)


def proved(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """The exit code, and the outcome as data."""
    code = run(["check", *arguments, "--prove", "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


# What comes out ---------------------------------------------------------------------------------


def test_all_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = proved(capsys, written(tmp_path / "calm", VISIT + KEPT))
    assert code == 0
    assert data["complete"]
    assert data["stopped"] is None
    assert data["properties"][0]["verdict"] == "proved"
    assert data["configurations"] == data["expanded"] > 10
    assert data["transitions"] > data["configurations"]
    assert data["depth"] > 3
    assert data["memory"] > 0
    assert {each["severity"] for each in data["findings"]} <= {"note"}


def test_each_promise_gets_its_verdict(visit: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = proved(capsys, visit)
    assert code == 1
    found = {each["name"]: each for each in data["properties"]}
    assert {name: each["verdict"] for name, each in found.items()} == {
        "few": "proved",
        "never_three": "violated",
        "never_late": "violated",
        "smiled_at": "violated",
        "untried": "proved",
        "can_go_home": "proved",
    }
    assert found["untried"]["vacuous"]
    assert found["untried"]["code"] == "HL003"
    assert found["never_three"]["code"] == "HL001"
    assert found["never_three"]["line"] == VISIT.count("\n") + 3
    assert found["never_three"]["file"].endswith("scenario.yaml")
    assert "is broken in turn 4" in found["never_three"]["sentence"]
    steps = found["never_three"]["witness"]["steps"]
    assert [each["id"] for each in steps] == ["", "ring", "ring", "ring"]
    assert steps[1]["because"] == ["rings < 3 (rings is 0)"]
    assert [each["id"] for each in found["never_late"]["witness"]["steps"]] == ["", "patience"]


def test_people_are_told_in_sentences(
    visit: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    assert run(["check", visit, "--prove"]) == 1
    shown = capsys.readouterr()
    assert not shown.err  # no progress where nobody looks
    text = shown.out
    assert re.search(r"error HL001: The promise 'never_three' is broken in turn 4", text)
    assert "How a play comes to HL001 (never_three, " in " ".join(text.split())
    assert "  2. choose ring\n       since rings < 3 (rings is 0)\n" in text
    assert "       [rings: 0 to 1]\n" in text
    assert "wait two hours, to Monday 5 January 2026, 11:00: patience runs out" in text
    assert "     drawn for kim: frown\n       Kim: (She frowns.)\n" in text
    assert "now at home, which is the end: visited" in text
    assert re.search(r"^violated +never_three +\S+:\d+$", text, re.MULTILINE)
    assert re.search(r"^proved +untried +\S+  \(no play puts it to the test\)$", text, re.MULTILINE)
    assert re.search(r"visit 1\.0\.0: [\d,]+ configurations and [\d,]+ transitions", text)
    assert "Promises: 3 proved, 3 violated." in " ".join(text.split())
    assert "--write FOLDER" in text


def test_only_one_promise_is_asked_for(visit: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, data = proved(capsys, visit, "--only", "few")
    assert code == 0
    assert [each["name"] for each in data["properties"]] == ["few"]
    assert data["findings"] == []
    assert run(["check", visit, "--prove", "--only", "fwe"]) == 2
    assert "did you mean 'few'?" in capsys.readouterr().err


def test_persons_in_all_seats(visit: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, cast = proved(capsys, visit)
    _, seated = proved(capsys, visit, "--persons", "all")
    assert cast["persons"] == []
    assert seated["persons"] == ["kim"]
    assert run(["check", visit, "--prove", "--persons", "kimm"]) == 1
    assert "did you mean 'kim'?" in capsys.readouterr().err


def test_sarif_points_at_the_promise(visit: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", visit, "--prove", "--format", "sarif"]) == 1
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    broken = [each for each in results if each["ruleId"] == "HL001"]
    assert len(broken) == 3
    place = broken[0]["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == VISIT.count("\n") + 3


def test_what_lint_finds_is_found_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unused = VISIT.replace("timers:", "guards: {never_used: late}\ntimers:")
    code, data = proved(capsys, written(tmp_path / "lint", unused + KEPT))
    assert code == 1
    assert "HL507" in [each["code"] for each in data["findings"]]


def test_a_faulty_scenario_is_not_explored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "bad", VISIT.replace("to: hall", "to: halle"))
    assert run(["check", folder, "--prove"]) == 1
    shown = capsys.readouterr()
    assert "HL301" in shown.out + shown.err
    assert "Traceback" not in shown.err


# Limits -----------------------------------------------------------------------------------------


LARGE = """\
heartline: 1
id: large
version: 1.0.0
title: Large
cast: {you: {name: You}}
context:
  a: {type: int, min: 0, max: 99, initial: 0}
  b: {type: int, min: 0, max: 99, initial: 0}
  c: {type: int, min: 0, max: 99, initial: 0}
states:
  here:
    choices:
      more_a: {do: a += 1}
      more_b: {do: b += 1}
      more_c: {do: c += 1}
      go: {to: end}
  end: {type: final, outcome: over}
properties:
  never_all: {never: a == 99 and b == 99 and c == 99}
  not_two: {never: a == 2}
"""


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--max-configurations", "5000", "limit of configurations (--max-configurations)"),
        ("--max-seconds", "0", "limit of time (--max-seconds)"),
        ("--max-memory", "1kB", "limit of memory (--max-memory)"),
    ],
)
def test_a_limit_that_is_reached_is_said(
    option: str, value: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "large", LARGE)
    code, data = proved(capsys, folder, option, value)
    assert code == 1
    assert not data["complete"]
    assert data["stopped"] == option.removeprefix("--max-")
    assert data["expanded"] < data["configurations"]
    assert {each["name"]: each["verdict"] for each in data["properties"]}["never_all"] == (
        "inconclusive"
    )
    assert run(["check", folder, "--prove", option, value]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert said in text
    assert f"{data['expanded']:,} were gone on from" in text


def test_what_was_broken_before_a_limit_is_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "large", LARGE)
    _, data = proved(capsys, folder, "--max-configurations", "5000")
    verdicts = {each["name"]: each["verdict"] for each in data["properties"]}
    assert verdicts == {"never_all": "inconclusive", "not_two": "violated"}


def test_ctrl_c_gives_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expand = explorer.Exploration._expand

    def interrupted(self: Any, start: int, end: int) -> None:
        if start > 1000:
            raise KeyboardInterrupt
        expand(self, start, end)

    monkeypatch.setattr(explorer.Exploration, "_expand", interrupted)
    code, data = proved(capsys, written(tmp_path / "large", LARGE))
    assert code == 130
    assert data["stopped"] == "interrupt"
    assert {each["verdict"] for each in data["properties"]} == {"inconclusive", "violated"}


@pytest.mark.parametrize("step", ["decide", "find"])
def test_ctrl_c_while_it_is_decided_leaves_the_rest_open(
    step: str, visit: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(outcomes, step, interrupted)
    code, data = proved(capsys, visit)
    assert code == 130
    assert data["stopped"] == "interrupt"
    assert not data["complete"]
    found = {each["verdict"] for each in data["properties"]}
    assert found == ({"inconclusive"} if step == "decide" else {"proved", "violated"})


def test_progress_is_shown_on_a_terminal_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert proving.reporting() is None
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    report = proving.reporting()
    assert report is not None
    report(explorer.Progress(120_000, 500_000, 7, 0.5))
    report(explorer.Progress(120_001, 500_000, 7, 0.55))  # too soon to be shown
    shown = capsys.readouterr().err
    assert shown.endswith("120,000 configurations, 240,000 a second, 7 moves deep")
    proving.clear()
    assert capsys.readouterr().err == "\r\x1b[K"


def test_half_of_what_is_free_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "_free_memory", lambda: 8 << 30)
    assert proving.limits(proving.Asked("x")).memory == 4 << 30
    monkeypatch.setattr(proving, "_free_memory", lambda: 1)
    assert proving.limits(proving.Asked("x")).memory == proving.LEAST_MEMORY
    monkeypatch.setattr(proving, "_free_memory", lambda: None)
    assert proving.limits(proving.Asked("x")).memory is None
    assert proving.limits(proving.Asked("x", memory=5)).memory == 5


def test_free_memory_is_known_here() -> None:
    found = proving._free_memory()
    assert found is None or found > 1 << 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2GB", 2 * 10**9), ("512 mb", 512 * 10**6), ("1.5k", 1500), ("7", 7), ("1GiB", 10**9)],
)
def test_sizes(text: str, expected: int) -> None:
    assert proving.size(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "2 X", "1e9", "two"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size: write a number and a unit, as in 2GB"):
        proving.size(text)


# Usage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["a", "b", "--prove"], "--prove takes one scenario"),
        (["tests.yaml", "--prove"], "--prove takes one scenario"),
        (["a", "--only", "x"], "--only is about a proof: add --prove."),
        (["a", "--persons", "all"], "--persons is about a proof"),
        (["a", "--write", "x"], "--write is about a proof"),
        (["a", "--max-seconds", "3"], "limit a proof: add --prove"),
        (["a", "--prove", "--max-memory", "lots"], "'lots' is not a size"),
        (["--prove", "--diff", "a", "b"], "--prove and --diff are asked for one at a time"),
        (["c", "--diff", "a", "b"], "--diff takes two versions, OLD and NEW, and no other PATH"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_without_numpy_a_sentence_says_what_to_install(
    visit: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr(proving, "find_spec", lambda name: None if name == "numpy" else known(name))
    assert run(["check", visit, "--prove"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "A proof needs numpy" in said
    assert "pip install 'heartline[prove]'" in said


def test_check_alone_imports_no_arrays(visit: str) -> None:
    import subprocess
    import sys

    script = (
        "import sys; from heartline.cli import run; run(['check', sys.argv[1]]);"
        "sys.exit(bool({'numpy', 'scipy'} & set(sys.modules)))"
    )
    engine = Path(__file__).parents[1] / "engine"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(engine)!r}); {script}", visit],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


# What does not replay ---------------------------------------------------------------------------


def test_what_the_runtime_does_not_play_is_inconclusive(
    visit: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: object, _path: object) -> None:
        raise NotReplayed("The runtime does not go this way.")

    monkeypatch.setattr(outcomes.Replayer, "replay", refuse)
    code, data = proved(capsys, visit)
    assert code == 1
    found = {each["name"]: each for each in data["properties"]}
    assert found["never_three"]["verdict"] == "inconclusive"
    assert found["never_three"]["code"] == "HL002"
    assert found["never_three"]["witness"] is None
    assert (
        "could not be played. The runtime does not go this way."
        in (found["never_three"]["sentence"])
    )
    assert "error" not in {each["severity"] for each in data["findings"]}


def test_a_play_in_which_the_monitor_sees_nothing_broken_is_inconclusive(
    visit: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heartline.checking.monitor.Monitor.stepped", lambda _self, _step: ())
    _, data = proved(capsys, visit, "--only", "never_three")
    assert data["properties"][0]["verdict"] == "inconclusive"
    assert "the promise is kept in that play" in data["properties"][0]["sentence"]


# Written ----------------------------------------------------------------------------------------


def test_plays_are_written_as_tests_and_scripts(
    visit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", visit, "--prove", "--write", visit]) == 1
    said = capsys.readouterr().err
    assert f"heartline test {visit}/proof.test.yaml" in said
    assert run(["test", f"{visit}/proof.test.yaml"]) == 1
    failed = capsys.readouterr().out
    for name in ("never_three", "never_late", "smiled_at"):
        assert re.search(rf"FAILED \S+::{name}\n", failed)
        assert "keeps its promise" in failed
        typed = next(line for line in said.splitlines() if line.startswith(f"To play {name}: "))
        words = shlex.split(typed.partition(": ")[2])
        assert words[:3] == ["heartline", "play", visit]
        assert run([*words[1:], "--strict"]) == 1
        assert f"promise {name!r} is broken" in " ".join(capsys.readouterr().out.split())
        assert run(words[1:]) == 0
        capsys.readouterr()
    assert run(["check", f"{visit}/proof.test.yaml"]) == 0


def test_plays_are_written_anew(visit: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", visit, "--prove", "--write", visit]) == 1
    first = Path(visit, "proof.test.yaml").read_bytes()
    assert run(["check", visit, "--prove", "--write", visit]) == 1
    assert Path(visit, "proof.test.yaml").read_bytes() == first
    Path(visit, "proof.test.yaml").write_text("heartline_tests: 1\ntests: {}\n", "utf-8")
    assert run(["check", visit, "--prove", "--write", visit]) == 1
    assert "was not written by a proof, so it stays as it is" in capsys.readouterr().err


def test_elsewhere_only_scripts_are_written(
    visit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "elsewhere"
    assert run(["check", visit, "--prove", "--write", str(place)]) == 1
    assert "No tests are written. A test file lies beside its scenario" in capsys.readouterr().err
    assert not (place / "proof.test.yaml").exists()
    assert (place / "proof" / "never_three.txt").read_text("utf-8").endswith("ring\nring\nring\n")


def test_nothing_is_written_where_nothing_is_shown(
    visit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "elsewhere"
    assert run(["check", visit, "--prove", "--only", "few", "--write", str(place)]) == 0
    assert "nothing is written" in capsys.readouterr().err
    assert not place.exists()


# play --strict ----------------------------------------------------------------------------------


def strictly(
    visit: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, *typed: str
) -> tuple[int, str]:
    script = tmp_path / "way.txt"
    script.write_text("".join(f"{line}\n" for line in typed), "utf-8")
    code = run(["play", visit, "--strict", "--script", str(script), "--start", "2026-01-05"])
    return code, " ".join(capsys.readouterr().out.split())


def test_a_strict_play_says_what_it_breaks_at_once(
    visit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = strictly(visit, capsys, tmp_path, "ring", "ring", "ring", "leave")
    assert code == 1
    assert text.count("The promise 'never_three' is broken in turn 4") == 1
    assert text.index("'never_three' is broken") < text.index("> leave")
    code, text = strictly(visit, capsys, tmp_path, "ring", "leave")
    assert code == 0
    assert "promise" not in text


def test_what_is_taken_back_breaks_nothing(
    visit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = strictly(visit, capsys, tmp_path, "ring", "ring", "ring", ":undo", "leave")
    assert code == 0
    assert text.count("'never_three' is broken") == 1
    code, text = strictly(visit, capsys, tmp_path, *["ring"] * 3, ":undo", "ring", ":restart")
    assert code == 0
    assert text.count("'never_three' is broken") == 2


def test_a_strict_play_waits_and_draws_as_the_play_does(
    visit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = strictly(visit, capsys, tmp_path, ":wait 1h", ":wait 1h", "leave")
    assert code == 1
    assert "'never_late' is broken" in text
    code, text = strictly(visit, capsys, tmp_path, ":draw frown", "come_in", "say_goodbye")
    assert "'smiled_at' is broken" in text or code == 0


def test_a_scenario_that_promises_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path / "plain", VISIT)
    script = tmp_path / "way.txt"
    script.write_text("leave\n", "utf-8")
    assert run(["play", folder, "--strict", "--script", str(script)]) == 0
    assert "promises nothing" in capsys.readouterr().err


# A proof and a monitor mean the same --------------------------------------------------------------


def random_play(watch: Watch, rng: random.Random, inputs: dict[str, object]) -> set[str]:
    """The promises that one random play breaks, in which persons answer at any moment."""
    machine, monitor = watch.scenario.machine, watch.monitor()
    now = ManualClock().now()
    try:
        taken = start(machine, seed=rng.randrange(1 << 30), now=now, inputs=inputs)
    except HeartlineError:  # it loops
        return set()
    broken = {each.name for each in monitor.began(taken)}
    for _ in range(25):
        snapshot = taken.snapshot
        leaf = machine.leaves[snapshot.state]
        if leaf.final:
            break
        inputs_now: list[Any] = [
            Choose(spec.id, role=spec.role)
            for spec in leaf.choices
            if not machine.roles[spec.role].engine and spec.enabled(snapshot.frame)
        ]
        inputs_now += [
            Send(name.removeprefix("event "))
            for name in machine.events
            if name.startswith("event ") and machine.ways(leaf.name, name)
        ]
        due = snapshot.deadlines[0].due if snapshot.deadlines else None
        if due is not None:
            inputs_now.append(Tick())
        if not inputs_now:
            break
        chosen = rng.choice(inputs_now)
        if isinstance(chosen, Tick):
            assert due is not None
            now = due
        elif due is not None:
            now += (due - now) * rng.choice([0, 0, 0.25, 0.5, 0.99])
            now = min(now, due - timedelta(microseconds=1))
        try:
            taken = step(machine, snapshot, chosen, now)
        except HeartlineError:  # an event whose guard is closed, or a loop
            continue
        broken |= {each.name for each in monitor.stepped(taken)}
    return broken


def verdicts(scenario: Scenario) -> dict[str, str]:
    keep, speakers = wanted(scenario.machine)
    graph = explore(scenario.machine, keep=keep, speakers=speakers)
    outcome = judge(scenario, graph, only=scenario.machine.promises)
    return {
        each.verdict.promise.name: each.verdict.verdict
        for each in outcome.promises
        if each.verdict is not None
    }


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(text=promising(), made=st.lists(promises(), min_size=2, max_size=4), seed=st.integers(0, 99))
def test_no_random_play_breaks_what_is_proved(text: str, made: list[str], seed: int) -> None:
    own = "".join(f"  p{number}: {each}\n" for number, each in enumerate(made))
    scenario = loaded(text, own)
    found = verdicts(scenario)
    assert set(found.values()) <= {"proved", "violated"}  # each counterexample was replayed
    watch, rng = Watch(scenario), random.Random(seed)
    for _ in range(30):
        inputs = {name: rng.random() < 0.5 for name in scenario.inputs}
        for name in random_play(watch, rng, inputs):
            assert found[name] == "violated"


def test_no_random_play_breaks_a_bundled_scenario() -> None:
    scenario = bundled("breaking_bad_news")
    watch, rng = Watch(scenario), random.Random(1)
    broken = set[str]().union(*(random_play(watch, rng, {}) for _ in range(40)))
    assert not broken
