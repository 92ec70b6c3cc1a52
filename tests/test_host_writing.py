"""The text of a snapshot is what the plain way of writing it gives."""

from __future__ import annotations

import json
import random

import pytest

import heartline
from heartline import Choose, Scenario, Tick, loads, start, step, view
from heartline.clock import STORY_START
from heartline.durations import parse_duration
from heartline.host.writing import written
from heartline.stored import dump
from tea import TEA


def plain(scenario: Scenario, snapshot: heartline.Snapshot) -> str:
    data = dump(scenario.machine, snapshot, whole=True)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("name", ["breaking_bad_news", "reconciliation", "tea"])
def test_a_snapshot_is_written_as_the_plain_way_writes_it(name: str) -> None:
    scenario = loads(TEA) if name == "tea" else heartline.load(name)
    machine = scenario.machine
    choose = random.Random(name)
    for seed in range(30):
        now = STORY_START
        done = start(machine, seed=seed, now=now)
        for _ in range(40):
            assert written(machine, done.snapshot) == plain(scenario, done.snapshot)
            choices = [choice.id for choice in view(machine, done).choices if choice.enabled]
            if not choices:
                break
            if done.snapshot.deadlines and choose.random() < 0.2:
                now += choose.choice([parse_duration("90s"), parse_duration("20d")])
                done = step(machine, done.snapshot, Tick(), now)
            else:
                done = step(machine, done.snapshot, Choose(choose.choice(choices)), now)
            now = max(now, done.snapshot.time)


def test_texts_persons_and_expired_timers_are_written_too() -> None:
    scenario = loads(
        """\
heartline: 1
id: hall
version: 1.0.0
title: A hall
cast: {you: {name: You}, ann: {name: Ann, played_by: engine}}
context: {nick: {type: text, initial: Friend, input: true, kept_for: To call you.}}
timers: {bell: {length: 3m}}
states:
  hall:
    entry: {do: start(bell)}
    choices: {go: {say: I go., to: out}, ask: {by: ann, say: Who?}}
  out: {type: final, outcome: out}
"""
    )
    machine = scenario.machine
    done = start(machine, now=STORY_START, inputs={"nick": 'Zoë "Z" ☂'}, persons=["ann"])
    assert written(machine, done.snapshot) == plain(scenario, done.snapshot)
    later = step(machine, done.snapshot, Tick(), STORY_START + parse_duration("1h"))
    assert later.snapshot.pending == ("bell",)
    assert written(machine, later.snapshot) == plain(scenario, later.snapshot)


def test_what_has_more_values_than_are_kept_is_written_all_the_same() -> None:
    scenario = loads(
        """\
heartline: 1
id: many
version: 1.0.0
title: Many
cast: {you: {name: You}}
context: {n: {type: int, min: 0, max: 5000, initial: 0, input: true}}
states:
  hall: {choices: {go: {say: I go., when: n > 1, to: out}, stay: {say: I stay.}}}
  out: {type: final, outcome: out}
"""
    )
    for n in range(0, 5000, 3):
        snapshot = start(scenario.machine, now=STORY_START, inputs={"n": n}).snapshot
        assert written(scenario.machine, snapshot) == plain(scenario, snapshot)
