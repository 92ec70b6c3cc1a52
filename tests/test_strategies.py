"""Random plays: what they do, what they find, and how a failure reads."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, find, given, settings
from hypothesis.stateful import run_state_machine_as_test

import heartline
from harness import bundled, story
from heartline import Scenario
from heartline.checking.monitor import Watch
from heartline.testing.files.loading import load_tests
from heartline.testing.rehearsal import PlayFailed, Rehearsal
from heartline.testing.runs.running import run_case
from heartline.testing.strategies import plays, scenario_machine
from heartline.typed import clean_text

QUICK = settings(
    max_examples=60,
    stateful_step_count=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
)

GATE = """\
context:
  coins: {type: int, min: 0, max: 5, initial: 0}
  night: {type: bool, initial: false, input: true}
  toll: {type: enum, values: [low, high], initial: low, input: true}
timers:
  dusk: {length: 3d}
states:
  gate:
    entry: {do: start(dusk), say: {other: Who is there?}}
    choices:
      pay: {do: coins += 1, when: coins < 5}
      enter: {when: coins >= 2, to: inside}
      turn_back: {to: away}
    events:
      alarm: {when: coins >= 1, to: away}
    after:
      dusk: {to: away}
  inside:
    choices:
      welcome: {by: other, to: home}
      push_off: {by: other, to: away}
  home: {type: final, outcome: arrived}
  away: {type: final, outcome: left}
"""


def failure_of(scenario: Scenario, **options: Any) -> str:
    """What a search finds, shrunk; it is an error of the test where it finds nothing."""
    with pytest.raises(PlayFailed) as found:
        run_state_machine_as_test(scenario_machine(scenario, **options), settings=QUICK)
    return str(found.value)


def as_played(text: str) -> dict[str, Any]:
    """The test in a failure's text."""
    return yaml.safe_load(text.split("The play, as a test:\n\n")[1])["tests"]["it_goes_wrong"]


def test_a_good_scenario_passes() -> None:
    run_state_machine_as_test(scenario_machine(story(GATE)), settings=QUICK)


@pytest.mark.slow
def test_a_broken_promise_shrinks_to_the_shortest_play() -> None:
    promise = "properties:\n  dear: {never: at(inside) and coins < 3, about: It costs three.}\n"
    text = failure_of(story(GATE + promise))
    assert text.startswith("The promise 'dear' is broken in turn 4, at 'inside': at(inside) and ")
    assert "It says: It costs three. (scenario.yaml:" in text
    steps = [{"choose": "pay"}] * 2 + [{"choose": "enter"}]
    played = as_played(text)
    assert [{"choose": step.get("choose")} for step in played["steps"][:3]] == steps
    assert played.keys() <= {"seed", "draw", "steps", "seats"}


def test_steps_that_a_failure_does_not_need_are_left_out() -> None:
    promise = "properties:\n  dear: {never: at(inside) and coins < 3}\n"
    play = Rehearsal(Watch(story(GATE + promise)))
    play.choose("pay")
    play.resume()
    play.wait("1h")
    play.choose("pay")
    play.choose("pay")
    play.undo()
    play.choose("enter")
    with pytest.raises(PlayFailed) as found:
        play.check(shortest=True)
    steps = as_played(str(found.value))["steps"]
    assert [step.get("choose") for step in steps] == ["pay", "pay", "enter", None]
    assert len(play.steps) == 7


def test_what_fails_by_an_input_names_it() -> None:
    promise = "properties:\n  by_day: {never: night and chosen(turn_back)}\n"
    text = failure_of(story(GATE + promise))
    assert as_played(text) == {
        "inputs": {"night": True},
        "steps": [{"choose": "turn_back"}, {"expect": {"state": "away"}}],
    }


def test_what_is_fixed_is_not_searched() -> None:
    promise = "properties:\n  by_day: {never: night}\n  empty: {never: tag(x)}\n"
    scenario = story(GATE.replace("turn_back: {", "turn_back: {tags: x, ") + promise)
    machine = scenario_machine(scenario, inputs={"night": False}, seats=["other"])
    text = failure_of(scenario, inputs={"night": False}, seats=["other"])
    assert "'empty'" in text
    assert as_played(text)["seats"] in ("other", ["other"])
    assert machine.__name__ == "StoryMachine"


def test_time_is_searched() -> None:
    late = "properties:\n  in_time: {never: expired(dusk)}\n"
    steps = as_played(failure_of(story(GATE + late)))["steps"]
    assert len(steps) == 2
    assert "wait" in steps[0] or "wait_until" in steps[0]


def test_events_are_searched() -> None:
    quiet = "properties:\n  quiet: {must: chosen(turn_back) or expired(dusk) or chosen(enter), "
    text = failure_of(story(GATE + quiet + "before: at(away)}\n"))
    assert {"send": "alarm"} in as_played(text)["steps"]


DEAD = """\
states:
  hall: {choices: {go: {to: cellar}}}
  cellar: {choices: {leave: {when: false, to: hall}}}
"""


def test_a_dead_end_is_found_unless_it_is_allowed() -> None:
    text = failure_of(story(DEAD))
    assert text.startswith("At 'cellar' the play has come to a dead end: it is not over, and there")
    assert as_played(text)["steps"][0] == {"choose": "go"}
    run_state_machine_as_test(scenario_machine(story(DEAD), dead_ends=False), settings=QUICK)


def test_a_scenario_that_loops_is_found() -> None:
    loop = """\
    context: {on: {type: bool, initial: false}}
    states:
      hall: {choices: {go: {to: left, do: on = true}}}
      left: {always: {when: on, to: right}}
      right: {always: {when: on, to: left}}
    """
    text = failure_of(story(loop), dead_ends=False)
    assert text.startswith("To choose go is refused, though it was offered: The scenario story")


@pytest.mark.slow
def test_the_test_in_a_failure_shows_the_same_when_it_is_run(tmp_path: Path) -> None:
    promise = "properties:\n  dear: {never: at(inside) and coins < 3}\n"
    scenario = story(GATE + promise)
    text = failure_of(scenario)
    head = (Path(__file__).parent / "harness.py").read_text("utf-8").split('HEAD = """\\\n')[1]
    (tmp_path / "scenario.yaml").write_text(head.split('"""')[0] + GATE + promise, "utf-8")
    (tmp_path / "tests.yaml").write_text(text.split("as a test:\n\n")[1], "utf-8")
    loaded = load_tests(tmp_path / "tests.yaml")
    assert loaded.diagnostics == ()
    assert loaded.scenario is not None
    (case,) = loaded.cases
    result = run_case(loaded.scenario, case)
    assert result.failure is not None
    assert [mismatch.field for mismatch in result.failure.mismatches] == ["promise"]


@pytest.mark.parametrize("name", ["reconciliation", "breaking_bad_news"])
def test_the_bundled_scenarios_keep_their_word_in_random_plays(name: str) -> None:
    run_state_machine_as_test(scenario_machine(name), settings=settings(QUICK, max_examples=15))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reconciliation", "breaking_bad_news"])
def test_the_bundled_scenarios_keep_their_word_in_long_random_plays(name: str) -> None:
    long = settings(QUICK, max_examples=300, stateful_step_count=40)
    run_state_machine_as_test(scenario_machine(name), settings=long)


# Plays ------------------------------------------------------------------------------------------


@given(plays(bundled("reconciliation")))
def test_plays_of_the_flagship_are_all_well(play: Rehearsal) -> None:
    play.check()
    assert play.player.position == play.twin.position


def test_plays_reach_what_can_be_reached_and_shrink() -> None:
    found = find(
        plays(story(GATE)),
        lambda play: play.player.position.state == "home",
        settings=settings(QUICK, max_examples=5_000),  # it ends with the first
    )
    chosen = [step["choose"] for step in found.steps if "choose" in step]
    assert chosen in (["pay"] * 2 + ["enter"], ["pay"] * 2 + ["enter", "welcome"])


@given(plays(story(GATE), seats=(), inputs={"toll": "high"}, most=3))
def test_plays_can_be_held_short_and_their_start_fixed(play: Rehearsal) -> None:
    assert len(play.steps) <= 3
    assert "seats" not in {name for name, value in play.head.items() if value}
    assert play.head["inputs"]["toll"] == "high"


INPUTS = """\
context:
  ready: {type: bool, initial: true, input: true}
  age: {type: int, min: 1, max: 9, initial: 4, input: true}
  mood: {type: enum, values: [up, down], initial: up, input: true}
  stay: {type: duration, values: [1d, 2d], initial: 2d, input: true}
  nick: {type: text, initial: Jo, input: true, max_length: 12, kept_for: To call you.}
states:
  hall: {choices: {go: {to: out}}}
  out: {type: final, outcome: out}
"""


@given(plays(story(INPUTS)))
def test_each_kind_of_input_is_searched_and_can_be_written(play: Rehearsal) -> None:
    given_ = play.head["inputs"] or {}
    frame, layout = play.player.position.frame, play.machine.layout
    assert json.dumps(given_)
    for name, value in given_.items():
        held = frame[layout["var", name]]
        if isinstance(held, timedelta):
            assert value == f"{held.days}d"
        elif name == "nick":
            assert held == clean_text(value, play.watch.scenario.inputs[name].cap)
        else:
            assert held == value


def test_inputs_of_each_kind_take_another_value_than_the_first() -> None:
    names = ["ready", "age", "mood", "stay", "nick"]
    quick = settings(max_examples=500, derandomize=True, database=None, phases=[Phase.generate])
    for name in names:
        slot = story(INPUTS).inputs[name]
        find(
            plays(story(INPUTS)),
            lambda play, name=name, slot=slot: (
                play.player.position.frame[play.machine.layout["var", name]] != slot.initial
            ),
            settings=quick,
        )


# Rehearsals -------------------------------------------------------------------------------------


def test_undo_takes_back_a_promise_that_was_broken_and_it_can_be_broken_again() -> None:
    watch = Watch(story(GATE + "properties:\n  one: {of: chosen(pay), at_most: 1}\n"))
    play = Rehearsal(watch)
    play.choose("pay")
    play.choose("pay")
    assert [each.name for each in play.broken] == ["one"]
    play.undo()
    play.resume()
    play.broken.clear()
    assert play.problem() is None
    play.choose("pay")
    assert [each.name for each in play.broken] == ["one"]
    assert [list(step) for step in play.steps] == [
        ["choose"], ["choose"], ["undo"], ["resume"], ["choose"]
    ]  # fmt: skip


def test_an_act_that_is_refused_is_no_step() -> None:
    play = Rehearsal(Watch(story(GATE)))
    with pytest.raises(heartline.ChoiceClosed):
        play.choose("enter")
    with pytest.raises(heartline.CallerError, match="'dawn' does not run now; running: dusk"):
        play.wait_until("dawn")
    with pytest.raises(heartline.CallerError, match="'soon' is not a duration"):
        play.wait("soon")
    assert play.steps == []


def test_a_play_that_differs_from_its_stored_self_is_a_failure() -> None:
    play = Rehearsal(Watch(story(GATE)))
    play.choose("pay")
    play.twin.position = play.twin.position._replace(draws=7)
    with pytest.raises(PlayFailed, match="Stored as JSON after every turn"):
        play.check()


def test_a_line_without_words_is_a_failure() -> None:
    text = "context: {nick: {type: text, initial: '', input: true, kept_for: To call you.}}\n"
    play = Rehearsal(Watch(story(text + "states:\n  hall: {entry: {say: '{nick}'}}\n")))
    assert play.problem() == "At 'hall' 'narrator' says a line without words."


def test_what_is_run_as_a_test_explains_by_its_play_alone() -> None:
    machine = scenario_machine(story(GATE), dead_ends=False)
    assert Phase.explain not in machine.TestCase.settings.phases
    assert Phase.shrink in machine.TestCase.settings.phases
    assert machine.__doc__ == "Random plays of story."


def test_without_hypothesis_it_is_said_how_to_get_it() -> None:
    code = (
        "import sys\n"
        "sys.modules['hypothesis'] = None\n"
        "import heartline.testing\n"
        "try:\n"
        "    heartline.testing.plays\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == (
        "Random plays need hypothesis, which is not installed: pip install 'heartline[test]'.\n"
    )
