"""Free text that a person types is kept where the scenario says what for, and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from heartline import ScenarioError, loads
from heartline.cli import run
from heartline.frontends.asking import questions_of
from heartline.frontends.wire import as_scenario

SENTENCE = "Mira is called by it here."
BODY = dedent(
    """\
    heartline: 1
    id: favour
    version: 1.0.0
    title: A favour
    cast: {you: {name: You}, mira: {name: "{friend}", played_by: engine}}
    context:
      friend: {type: text, initial: Mira, %s}
      often: {type: int, min: 0, max: 3, initial: 1, input: true, prompt: How often?}
    states:
      talk:
        entry: {say: "Ask {friend} {often} times."}
        choices:
          ask: {say: Please., to: end}
      end: {type: final, outcome: asked}
    """
)
ASKED = BODY % f"input: true, prompt: Who is it?, kept_for: {SENTENCE}"


def codes(text: str) -> list[tuple[str, int]]:
    with pytest.raises(ScenarioError) as raised:
        loads(text)
    return [(found.code, found.location.line) for found in raised.value.diagnostics]


def test_a_text_to_be_typed_says_what_it_is_kept_for_or_the_scenario_cannot_be_used() -> None:
    assert codes(BODY % "input: true, prompt: Who is it?") == [("HL209", 7)]
    assert codes(BODY % "input: true") == [("HL209", 7)]
    assert loads(ASKED).inputs.keys() == {"friend", "often"}


def test_what_is_not_typed_needs_no_reason_and_can_have_none() -> None:
    assert loads(BODY % "max_length: 40").inputs.keys() == {"often"}
    assert codes(BODY % f"kept_for: {SENTENCE}") == [("HL205", 7)]


def test_other_inputs_are_picked_and_not_written_and_have_no_such_field() -> None:
    wrong = ASKED.replace("How often?", "How often?, kept_for: Counting.")
    assert codes(wrong) == [("HL201", 8)]


def test_the_sentence_is_part_of_the_question_for_every_front_end() -> None:
    scenario = loads(ASKED)
    friend, often = questions_of(scenario)
    assert (friend.kept_for, often.kept_for) == (SENTENCE, None)
    assert friend.how == f"{SENTENCE} Enter keeps Mira."
    assert [each["kept_for"] for each in as_scenario(scenario)["questions"]] == [SENTENCE, None]


def test_it_changes_nothing_of_what_can_happen() -> None:
    other = loads(ASKED.replace(SENTENCE, "Something else."))
    assert other.machine.fingerprint == loads(ASKED).machine.fingerprint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "scenario.yaml").write_text(ASKED, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


@pytest.mark.parametrize("options", [[], ["--store", "sqlite:///kept.db", "--reference", "me"]])
def test_what_is_typed_and_is_no_choice_is_kept_nowhere(
    folder: Path, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = "my sister lives in Tarn"
    typed = folder.parent / f"{folder.name}.txt"
    lines = [aside, f"ask {aside}", f":{aside}", f":event {aside}", "ask", ":save kept.json"]
    typed.write_text("\n".join([*lines, ":record kept.test.yaml", aside]), "utf-8")
    with typed.open(encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        run(["play", ".", *options])
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) > 1
    assert [path for path in kept if b"Tarn" in path.read_bytes()] == []


def test_the_schema_wants_the_reason_too(capsys: pytest.CaptureFixture[str]) -> None:
    run(["schema"])
    schema = json.loads(capsys.readouterr().out)
    assert schema["$defs"]["TextVariable"]["then"] == {"required": ["kept_for"]}
