"""Tests of a scenario, as somebody writes them in Python."""

from typing import assert_type

from hypothesis import given

from heartline import Turn, load
from heartline.testing import NotAsExpected, PlayFailed, Rehearsal, Trial, plays, scenario_machine

Machine = scenario_machine("reconciliation", inputs={"profile": "decided"})
TestMachine = Machine.TestCase


@given(plays(load("reconciliation"), most=10))
def test_plays(play: Rehearsal) -> None:
    try:
        play.check()
    except PlayFailed as failed:
        print(failed)


def test_trial() -> None:
    trial = Trial("reconciliation", seed=7, inputs={"partner_name": "Kim"})
    try:
        trial.choose("ask_why").wait("14d").expect(state="listening")
    except NotAsExpected as failed:
        print(failed)
    assert_type(trial.turn, Turn)
