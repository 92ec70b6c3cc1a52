"""A snapshot is read from its text as `heartline.stored.load` reads it, whatever stands in it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from harness import HEAD
from heartline import ManualClock, Scenario, loads
from heartline.errors import SnapshotDamaged, SnapshotError
from heartline.host import reading
from heartline.host.reading import read
from heartline.host.writing import written
from heartline.snapshot import Snapshot
from heartline.stored import load
from hosting import inn
from timing import kettle

TRICKY = ',"timers":{"kettle":{"is":"running","due":"x","generation":1}},"seed":1'


def snapshots(scenario: Scenario, *choices: str, **inputs: object) -> list[Snapshot]:
    """Where a conversation stands, turn by turn."""
    clock = ManualClock()
    conversation = scenario.start(inputs, seed=5, clock=clock)
    found = [conversation.position]
    for choice in choices:
        clock.advance(timedelta(minutes=7, microseconds=1))
        conversation.choose(choice)
        found.append(conversation.position)
    return found


@pytest.mark.parametrize("nick", ["Zoë", 'a "b" \\', TRICKY, "}\\u0022"])
def test_what_was_written_is_read_the_first_time_and_the_next(nick: str) -> None:
    scenario = inn()
    reading._places.clear()
    for _ in range(2):
        for snapshot in snapshots(scenario, "take", "rest", nick=nick):
            for each in (snapshot, snapshot._replace(turn=9, draws=4), snapshot):
                text = written(scenario.machine, each)
                assert (
                    read(scenario.machine, text) == each == load(scenario.machine, json.loads(text))
                )
    assert len(reading._places) == 2  # two turns stood in one place


def test_only_so_many_places_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_MOST", 2)
    reading._places.clear()
    scenario = kettle()
    for snapshot in snapshots(scenario, "both", "stir") + snapshots(scenario, "wait", "write"):
        assert read(scenario.machine, written(scenario.machine, snapshot)) == snapshot
    assert len(reading._places) == 2


def test_a_place_is_of_one_structure() -> None:
    old, new = kettle(), loads(kettle().files["scenario.yaml"].replace("cups < 9", "cups < 8"))
    text = written(old.machine, snapshots(old)[0])
    for _ in range(2):
        assert read(old.machine, text)
        with pytest.raises(SnapshotError, match="whose structure is not that"):
            read(new.machine, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"generation":1', '"generation":0'),
        ('"generation":1', '"generation":7'),
        ('"generation":1', '"generation":0x1'),
        ('"generation":1', '"generation":+1'),
        ('"generation":1}', '"generation":1'),
        ('"due":"', '"due":""due":"'),
        ('"due":"2026', '"due":"x026'),
        ('"due":"2026-01-05T10:07:00.000001Z"', '"due":"2026-01-05T10:07:00"'),
        ('"time":"2026', '"time":"2026-02-3'),
        ('"seed":5', '"seed":-5'),
        ('"seed":5', '"seed":99999999999999999999'),
        ('"timers":{', '"timers":{{'),
        (',"whole":true}', ',"whole":true'),
        ('"cups":0', '"cups":99'),
        ('{"heartline', '["heartline'),
    ],
)
def test_what_is_damaged_is_refused_as_it_always_is(old: str, new: str) -> None:
    scenario = kettle()
    snapshot = snapshots(scenario, "brew")[1]
    text = written(scenario.machine, snapshot)
    assert read(scenario.machine, text) == snapshot
    assert old in text
    for _ in range(2):
        with pytest.raises(SnapshotDamaged):
            read(scenario.machine, text.replace(old, new))


def test_other_ways_of_writing_are_read_too() -> None:
    scenario = kettle()
    snapshot = snapshots(scenario, "both")[1]
    text = written(scenario.machine, snapshot)
    for other in (
        json.dumps(json.loads(text), indent=1),
        text.replace("2026-01-05T10:07:00.000001Z", "2026-01-05T11:07:00.000001+01:00"),
        json.dumps(dict(reversed(json.loads(text).items()))),
    ):
        assert other != text
        for _ in range(2):
            assert read(scenario.machine, other) == snapshot


def test_a_timer_that_stands_there_twice_is_not_taken_for_two() -> None:
    scenario = kettle()
    snapshot = snapshots(scenario, "brew")[1]
    text = written(scenario.machine, snapshot)
    timer = text[text.index('"kettle":{') : text.index('},"pending"')]
    twice = text.replace(timer, f"{timer},{timer}")
    for _ in range(2):
        assert read(scenario.machine, twice) == snapshot


def test_persons_and_expired_timers_are_read() -> None:
    scenario = loads(
        HEAD + "timers: {t: 1h}\ninitial: a\nstates:\n"
        "  a: {entry: {do: start(t)}, events: {go: {to: b}}}\n"
        "  b: {events: {go: {to: c}}}\n"
        "  c: {after: {t: {to: a}}, events: {go: {to: b}}}\n"
    )
    clock = ManualClock()
    conversation = scenario.start(seed=1, clock=clock, seats=["other"])
    conversation.send("go")
    clock.advance(timedelta(hours=2))
    conversation.tick()
    assert conversation.position.pending == ("t",)
    assert conversation.position.persons == ("other",)
    text = written(scenario.machine, conversation.position)
    for _ in range(2):
        assert read(scenario.machine, text) == conversation.position
