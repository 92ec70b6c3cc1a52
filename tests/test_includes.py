"""Included files: a scenario inside a state of another."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from harness import enabled, value
from heartline import Conversation, ManualClock, ScenarioError, load

INNER = """
    heartline: 1
    id: session
    version: 1.0.0
    title: A session
    cast:
      client: {name: Client}
      helper: {name: Helper, played_by: engine}
    context:
      topic: {type: enum, values: [trust, money], initial: money, input: true}
      calm: {type: int, min: 0, max: 3, initial: 1}
    timers: {hour: 1h}
    guards: {settled: calm >= 2}
    initial: begin
    states:
      begin:
        entry: {do: start(hour), say: [{helper: "Let us speak of {topic}."}]}
        choices:
          breathe: {do: calm += 1}
          finish: {when: settled, to: good}
        after: {hour: {to: late}}
      good: {type: final, outcome: settled}
      late: {type: final, outcome: ran_out}
    """

OUTER = """
    heartline: 1
    id: outer
    version: 1.0.0
    title: Outside
    cast:
      you: {name: You}
      guide: {name: Ash, played_by: engine}
    context:
      trust: {type: int, min: 0, max: 3, initial: 0}
    states:
      home:
        choices:
          go: {to: session}
          end: {to: over}
      session:
        include: session.yaml
        with: {topic: '"trust" if trust < 3 else "money"'}
        as: {client: you, helper: guide}
        choices: {walk_out: {to: home}}
        done:
          settled: {do: trust += session.calm, to: home}
          ran_out: home
      over: {type: final, outcome: over}
    """


def write(folder: Path, outer: str = OUTER, inner: str = INNER) -> Path:
    (folder / "scenario.yaml").write_text(dedent(outer))
    (folder / "session.yaml").write_text(dedent(inner))
    return folder


@pytest.fixture
def conversation(tmp_path: Path) -> Conversation:
    started = load(write(tmp_path)).start(clock=ManualClock())
    started.choose("go")
    return started


def faults(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(ScenarioError) as caught:
        load(folder)
    return [(found.code, found.message) for found in caught.value.diagnostics]


def test_an_included_file_is_played_inside_the_state(conversation: Conversation) -> None:
    assert conversation.turn.state == "session.begin"
    assert conversation.turn.path == ("session", "session.begin")
    assert enabled(conversation) == ["breathe", "walk_out"]


def test_its_roles_are_played_by_those_outside(conversation: Conversation) -> None:
    (line,) = conversation.turn.lines
    assert (line.speaker, line.name, line.text) == ("guide", "Ash", "Let us speak of trust.")


def test_its_outcomes_lead_on_and_its_variables_can_be_read(conversation: Conversation) -> None:
    conversation.choose("breathe")
    assert conversation.choose("finish").state == "home"
    assert value(conversation, "trust") == 2


def test_its_variables_begin_anew_each_time(conversation: Conversation) -> None:
    conversation.choose("breathe")
    conversation.choose("walk_out")
    conversation.choose("go")
    assert value(conversation, "session.calm") == 1


def test_its_timers_end_with_it(conversation: Conversation) -> None:
    assert [deadline.timer for deadline in conversation.turn.deadlines] == ["session.hour"]
    assert conversation.choose("walk_out").deadlines == ()


def test_its_time_runs_out_inside_it(conversation: Conversation) -> None:
    assert conversation.wait("1h").state == "home"


def test_it_is_a_scenario_of_its_own(tmp_path: Path) -> None:
    write(tmp_path)
    alone = load(tmp_path / "session.yaml").start(topic="trust")
    assert alone.turn.state == "begin"


def test_an_outcome_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    found = faults(write(tmp_path, OUTER.replace("          ran_out: home\n", "")))
    assert [code for code, _ in found] == ["HL704"]


def test_a_misspelt_outcome_is_one_error(tmp_path: Path) -> None:
    found = faults(
        write(tmp_path, OUTER.replace("          ran_out: home\n", "          run_out: home\n"))
    )
    assert [code for code, _ in found] == ["HL310"]


def test_an_outcome_that_may_lead_nowhere_is_an_error(tmp_path: Path) -> None:
    outer = OUTER.replace("ran_out: home", "ran_out: {when: trust > 1, to: home}")
    assert [code for code, _ in faults(write(tmp_path, outer))] == ["HL704"]


def test_a_parameter_or_role_that_it_does_not_have_is_an_error(tmp_path: Path) -> None:
    outer = OUTER.replace("with: {topic:", "with: {topc:").replace(
        "as: {client: you,", "as: {clint: you,"
    )
    codes = [code for code, _ in faults(write(tmp_path, outer))]
    assert codes == ["HL703", "HL703", "HL703"]


def test_a_parameter_of_the_wrong_type_points_into_the_expression(tmp_path: Path) -> None:
    outer = OUTER.replace("""'"trust" if trust < 3 else "money"'""", "trust + 1")
    assert [code for code, _ in faults(write(tmp_path, outer))] == ["HL403"]


def test_a_file_cannot_hold_itself(tmp_path: Path) -> None:
    inner = INNER.replace(
        "good: {type: final", "deeper: {include: scenario.yaml}\n      good: {type: final"
    )
    codes = {code for code, _ in faults(write(tmp_path, OUTER, inner))}
    assert "HL702" in codes


def test_a_file_outside_the_folder_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    write(inside, OUTER.replace("include: session.yaml", "include: ../session.yaml"))
    (tmp_path / "session.yaml").write_text(dedent(INNER))
    assert faults(inside)[0][0] == "HL701"


def test_a_fault_of_an_included_file_is_reported_at_its_place_there(tmp_path: Path) -> None:
    write(tmp_path, OUTER, INNER.replace("calm >= 2", "calmer >= 2"))
    with pytest.raises(ScenarioError) as caught:
        load(tmp_path)
    (found,) = caught.value.diagnostics
    assert found.code == "HL302"
    assert found.location.file.endswith("session.yaml")
    assert found.hint == "did you mean 'calm'?"


def test_a_role_that_nobody_outside_is_called_cannot_play_one_inside(tmp_path: Path) -> None:
    outer = OUTER.replace("as: {client: you,", "as: {client: yu,")
    assert ("HL305", "no role is called 'yu'") in faults(write(tmp_path, outer))


def test_a_text_of_an_included_file_is_its_own_and_not_handed_on(tmp_path: Path) -> None:
    inner = INNER.replace("topic: {type", "name: {type: text, initial: Kim}\n      topic: {type")
    inner = inner.replace("Let us speak of {topic}.", "{name}, {topic}.")
    started = load(write(tmp_path, OUTER, inner)).start(clock=ManualClock())
    assert started.choose("go").lines[0].text == "Kim, trust."
    taking = inner.replace("initial: Kim}", "initial: Kim, input: true, kept_for: the story}")
    given = OUTER.replace("with: {topic:", "with: {name: trust, topic:")
    assert faults(write(tmp_path, given, taking)) == [
        ("HL703", "'name' is a text, and a text cannot be handed on")
    ]


def test_files_that_include_each_other_many_times_over_are_refused(tmp_path: Path) -> None:
    head = "heartline: 1\nid: a\nversion: 1.0.0\ntitle: A\ncast: {you: {name: You}}\n"
    twice = (
        "states:\n  x: {include: %d.yaml, done: {z: z}}\n  y: {include: %d.yaml, done: {z: z}}\n"
    )
    end = "  z: {type: final, outcome: z}\n"
    for number in range(8):
        body = twice % (number + 1, number + 1) if number < 7 else "states:\n"
        (tmp_path / f"{number}.yaml").write_text(head + body + end)
    (tmp_path / "0.yaml").rename(tmp_path / "scenario.yaml")
    assert ("HL702", "more than 64 files are included") in faults(tmp_path)
