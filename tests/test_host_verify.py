"""A log leads to what is stored, or it is told where it does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from heartline import Choose, ManualClock, Tick, loads
from heartline.errors import (
    StoreDamaged,
)
from heartline.host import Entry, Host
from heartline.host.replaying import replay, verify
from hosting import later, lines, played, url

__all__ = ["url"]


async def _kept(host: Host, clock: ManualClock) -> tuple[Any, Any, list[Entry], Any]:
    await host.open("chat", "inn", {"nick": "Zoë"}, seed=1)
    await host.submit("chat", Choose("ask"))
    room = await host.submit("chat", Choose("take"))
    later(clock, hours=1)
    await host.submit("chat", Tick())
    record = await host.store.get(room.conversation)
    assert record is not None
    timers = await host.store.timers(room.conversation)
    log = list(await host.store.log(room.conversation))
    return record, timers, log, {record.fingerprint: host.versions.current("inn")}


def test_verify_finds_what_does_not_follow_from_the_log() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        record, timers, log, scenarios = await _kept(host, clock)
        assert verify(record, timers, log, scenarios) is None
        snapshot = json.loads(record.snapshot)
        seconds = timedelta(seconds=1)
        for words, changed in [
            ("The state of", {"state": "desk"}),
            ("The turn of", {"turn": 9}),
            ("The status of", {"status": "over"}),
            ("The outcome of", {"outcome": "gone"}),
            ("The sequence of", {"sequence": 5}),
            ("The next due time of", {"due": record.due + seconds}),
            ("The scenario of", {"scenario": "out"}),
            ("The fingerprint of", {"fingerprint": "x"}),
            ("is not JSON", {"snapshot": "[]"}),
            ("is not JSON", {"snapshot": "{"}),
            ("'context' differs", {"snapshot": json.dumps(snapshot | {"context": {}})}),
            ("'draws' differs", {"snapshot": json.dumps(snapshot | {"draws": 77})}),
            ("'more' differs", {"snapshot": json.dumps(snapshot | {"more": 1})}),
        ]:
            found = verify(record._replace(**changed), timers, log, scenarios)
            assert found is not None
            assert words in found
            assert record.id in found
            assert "Zoë" not in found
        assert "The timers of" in str(verify(record, (), log, scenarios))
        texts = json.dumps(snapshot | {"version": "0.9.0"})  # where only texts have changed
        older = record._replace(version="0.9.0", snapshot=texts)
        assert verify(older, timers, log, scenarios) is None

    played("memory:", play)


@pytest.mark.parametrize(
    ("words", "damage"),
    [
        ("has a hole: entry 2 is missing, and after it comes entry 3", lambda log: log.pop(1)),
        ("has a hole: entry 1 is missing", lambda log: log.pop(0)),
        ("it is empty", list.clear),
        ("Entry 2 (chose) .* cannot be played again: There is no choice 'aks'",
         lambda log: _with(log, 1, choice="aks")),
        ("Entry 2 (chose) .* cannot be played again: it is not whole",
         lambda log: _without(log, 1)),
        ("Entry 1 (opened) .* it is not whole", lambda log: _without(log, 0)),
        ("Entry 3 (chose) .* leads to turn 3 in 'room' .* says turn 3 in 'desk'",
         lambda log: _with(log, 2, state="desk")),
        ("Entry 4 (fired) .* leads to turn 3", lambda log: _early(log)),
        ("Entry 3 (undone) .* it is not whole",
         lambda log: _is(log, 2, "undone", {"to": 7})),
        ("Entry 3 (dreamt) .* it is not whole", lambda log: _is(log, 2, "dreamt", {})),
    ],
)  # fmt: skip
def test_a_damaged_log_is_one_sentence(words: str, damage: Callable[[list[Entry]], object]) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        record, timers, log, scenarios = await _kept(host, clock)
        damage(log)
        found = verify(record, timers, log, scenarios)
        pattern = words.replace("(", r"\(").replace(")", r"\)")
        with pytest.raises(StoreDamaged, match=pattern):
            replay(record.id, log, scenarios)
        assert found is not None
        assert "\n" not in found
        assert record.id in found

    played("memory:", play)


def _with(log: list[Entry], at: int, **data: object) -> None:
    log[at] = log[at]._replace(data={**log[at].data, **data})


def _without(log: list[Entry], at: int) -> None:
    log[at] = log[at]._replace(data={})


def _is(log: list[Entry], at: int, kind: str, data: dict[str, object]) -> None:
    log[at] = log[at]._replace(kind=kind, data={**log[at].data, **data})


def _early(log: list[Entry]) -> None:
    log[3] = log[3]._replace(at=log[0].at)


def test_readers_are_told_of_a_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        _, _, log, _ = await _kept(host, clock)
        del log[2]

        async def holed(conversation: str, after: int = 0, most: int = 1000) -> Sequence[Entry]:
            return [entry for entry in log if entry.sequence > after][:most]

        monkeypatch.setattr(host.store, "log", holed)
        for call in (host.transcript, lambda name: anext(host.events(name))):
            with pytest.raises(StoreDamaged, match="hole: entry 3 is missing"):
                await call("chat")
        assert "hole" in str(await host.verify("chat"))
        with pytest.raises(StoreDamaged, match="hole"):
            await host.undo("chat")

    played("memory:", play)


def test_an_entry_that_is_not_whole_is_told_to_its_readers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        _, _, log, _ = await _kept(host, clock)
        for damage in ({}, {"at_turn": 1, "state": "desk", "said": [["mo"]]}):
            log[3] = log[3]._replace(data=damage)

            async def damaged(
                conversation: str, after: int = 0, most: int = 1000
            ) -> Sequence[Entry]:
                return [entry for entry in log if entry.sequence > after][:most]

            monkeypatch.setattr(host.store, "log", damaged)
            with pytest.raises(StoreDamaged, match=r"Entry 4 \(fired\) .* is not whole"):
                await host.transcript("chat")

    played("memory:", play)


def test_what_is_stored_and_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        record, _, _, _ = await _kept(host, clock)
        host.touching.holding.drop(record.id)
        for text in ("{", "[]", json.dumps({**json.loads(record.snapshot), "state": "attic"})):

            async def find(name: str, text: str = text) -> object:
                return record._replace(snapshot=text)

            monkeypatch.setattr(host.store, "find", find)
            with pytest.raises(StoreDamaged, match=f"conversation {record.id} cannot be gone on"):
                await host.read("chat")

    played("memory:", play)


MOODS = """\
heartline: 1
id: moods
version: 1.0.0
title: Moods
cast: {you: {name: You}, kim: {name: Kim, played_by: engine}}
timers: {nap: {length: 1h}}
states:
  waking:
    choices:
      smile: {by: kim, weight: 1, say: Morning., to: awake}
      growl: {by: kim, weight: 1, say: Hm., to: awake}
  awake:
    entry: {do: start(nap)}
    choices: {hug: {say: Come here., to: over}}
    after: {nap: waking}
  over: {type: final, outcome: over}
"""


def test_what_is_to_be_drawn_at_the_beginning_and_by_time_is_in_the_log(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        for seed in range(4):
            name = f"chat-{seed}"
            opened = await host.open(name, "moods", seed=seed, draws=["growl"])
            assert lines(opened) == ["kim: Hm."]
            later(clock, hours=1)
            fired = await host.submit(name, Tick(), draws=["smile"])
            assert lines(fired) == ["kim: Morning."]
            log = await host.store.log(fired.conversation)
            assert [entry.data["draws"] for entry in log] == [["growl"], ["smile"]]
            assert await host.verify(name) is None

    played(url, play, loads(MOODS))
