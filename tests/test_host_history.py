"""The log is the truth: turns are taken back, forked and proved from it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import heartline
from heartline import Choose, ManualClock, Send, Tick, loads
from heartline.errors import (
    CallerError,
    HeartlineError,
    NothingToUndo,
    ReferenceTaken,
    StoreDamaged,
)
from heartline.host import Entry, Host
from heartline.host.replaying import replay, verify
from heartline.host.turning import hold
from hosting import INN, STORES, host_on, inn, later, lines, url_of

Play = Callable[[Host, ManualClock], Awaitable[None]]


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url_of(request.param, tmp_path)


def played(url: str, play: Play, *scenarios: heartline.Scenario) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with host_on(url, *scenarios, clock=clock) as host:
            await play(host, clock)

    asyncio.run(main())


def test_undo_goes_back_to_the_turn_before_under_a_new_number(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn", seed=5)
        asked = await host.submit("chat", Choose("ask"), draws=["no_to_that"])
        room = await host.submit("chat", Choose("take"))
        back = await host.undo("chat", key="u")
        assert (back.turn.number, back.turn.state, back.sequence) == (4, "desk", 4)
        assert back.turn.lines == asked.turn.lines
        assert [choice.id for choice in back.turn.choices] == ["ask", "take", "leave"]
        assert not back.turn.deadlines
        assert not await host.store.timers(back.conversation)
        again = await host.undo("chat", key="u")
        assert again.repeated
        assert again.turn == back.turn
        first = await host.undo("chat")
        assert (first.turn.number, lines(first)[0]) == (5, "narrator: It rains.")
        with pytest.raises(NothingToUndo, match="first turn"):
            await host.undo("chat")
        assert (await host.submit("chat", Choose("take", 5))).turn.state == room.turn.state
        assert [each.kind for each in await host.transcript("chat")] == [
            "opened", "chose", "chose", "undone", "undone", "chose",
        ]  # fmt: skip
        assert await host.verify("chat") is None

    played(url, play)


def test_several_turns_are_taken_back_at_once_and_no_more_than_there_are(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        for _ in range(2):
            await host.submit("chat", Send("bell"))
        with pytest.raises(NothingToUndo, match="has 2 turns to take back"):
            await host.undo("chat", turns=3)
        for turns in (0, -1, True, "1"):
            with pytest.raises(CallerError, match="whole number"):
                await host.undo("chat", turns=turns)  # type: ignore[arg-type]
        assert (await host.undo("chat", turns=2)).turn.number == 4
        record = await host.store.find("chat")
        assert record is not None
        assert json.loads(record.snapshot)["context"]["secret"] == 0
        assert await host.verify("chat") is None

    played(url, play)


def test_an_end_can_be_taken_back_while_nobody_else_has_the_reference(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        first = await host.open("chat", "inn", {"nights": 3})
        assert (await host.submit("chat", Choose("leave"))).status == "over"
        assert (await host.undo("chat")).status == "live"
        await host.submit("chat", Choose("leave"))
        other = await host.open("chat", "inn")
        with pytest.raises(ReferenceTaken) as raised:
            await host.undo(first.conversation)
        assert raised.value.conversation == other.conversation
        assert (await host.read(first.conversation)).status == "over"

    played(url, play)


def test_a_timer_that_has_fired_and_is_taken_back_runs_on_and_fires_again(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.submit("chat", Choose("take"))
        later(clock, minutes=45)
        await host.submit("chat", Choose("rest"))
        later(clock, minutes=20)
        tea = await host.submit("chat", Tick())
        assert lines(tea) == ["mo: Your tea!"]
        later(clock, days=30)
        with pytest.raises(HeartlineError):  # the night is over meanwhile, and that stays
            await host.submit("chat", Choose("rest", 4))
        back = await host.undo("chat", turns=2)
        assert [due.left for due in back.turn.deadlines] == [
            timedelta(minutes=15),
            timedelta(hours=23, minutes=15),
        ]
        later(clock, minutes=15)
        again = await host.submit("chat", Tick())
        assert lines(again) == ["mo: Your tea!"]
        keys = [entry.key for entry in await host.store.log(tea.conversation) if entry.key]
        assert len(keys) == len(set(keys)) == 3
        assert await host.verify("chat") is None

    played(url, play)


def test_a_fork_goes_its_own_way_from_where_the_other_stood(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        first = await host.open("chat", "inn", seed=3, key="o")
        room = await host.submit("chat", Choose("take"), key="t")
        await host.submit("chat", Choose("go"))
        later(clock, days=100)
        fork = await host.fork("chat", "copy", at=2)
        assert fork.conversation != first.conversation
        assert (fork.status, fork.sequence, fork.turn.number) == ("live", 3, 3)
        assert fork.turn.lines == room.turn.lines
        assert [due.left for due in fork.turn.deadlines] == [
            due.left for due in room.turn.deadlines
        ]
        record = await host.store.get(fork.conversation)
        assert record is not None
        assert (record.parent, record.reference, record.created) == (
            first.conversation, "copy", clock.now(),
        )  # fmt: skip
        assert len(await host.store.timers(fork.conversation)) == 2
        later(clock, hours=1)
        assert lines(await host.submit("copy", Tick())) == ["mo: Your tea!"]
        assert (await host.undo("copy", turns=2)).turn.state == "desk"
        assert (await host.read("chat")).status == "over"
        whole = await host.fork("chat", "whole")
        assert whole.status == "over"
        for name in ("chat", "copy", whole.conversation):
            assert await host.verify(name) is None
        for at in (0, 4, True, "1"):
            with pytest.raises(CallerError, match="from 1 to 3"):
                await host.fork("chat", "other", at=at)  # type: ignore[arg-type]
        with pytest.raises(ReferenceTaken):
            await host.fork("chat", "copy", at=1)

    played(url, play)


def test_a_fork_of_a_closed_conversation_lives(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.close("chat")
        fork = await host.fork("chat", "chat")
        assert (fork.status, fork.turn.state, fork.sequence) == ("live", "desk", 3)
        assert (await host.submit("chat", Choose("ask"))).conversation == fork.conversation
        assert await host.verify("chat") is None

    played(url, play)


def test_random_plays_with_undo_and_forks_follow_from_their_logs(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        choose = random.Random(11)
        for seed in range(12):
            name = f"chat-{seed}"
            answer = await host.open(name, "inn", seed=seed)
            for _ in range(25):
                later(clock, minutes=choose.choice([0, 1, 70, 2000]))
                choices = [each.id for each in answer.turn.choices if each.enabled]
                roll = choose.random()
                try:
                    if roll < 0.15:
                        answer = await host.undo(name, turns=choose.randint(1, 3))
                    elif roll < 0.2:
                        answer = await host.fork(name, name + "f")
                        name += "f"
                    elif roll < 0.3:
                        answer = await host.submit(name, Send("bell"))
                    elif choices:
                        answer = await host.submit(name, Choose(choose.choice(choices)))
                except HeartlineError:
                    answer = await host.read(name)
            await compared_with_a_new_start(host, name)

    played(url, play)


async def compared_with_a_new_start(host: Host, name: str) -> None:
    """What is in hand, what is stored and what the log leads to are one."""
    record = await host.store.find(name)
    assert record is not None
    held = host.touching.holding.get(record.id)
    scenario = host.versions.current("inn")
    assert held is not None
    assert held.record == record
    assert held.snapshot == hold(record, scenario).snapshot
    log = await host.store.log(record.id)
    assert replay(record.id, log, {record.fingerprint: scenario})[-1].snapshot == held.snapshot
    assert await host.verify(name) is None


# What verify finds --------------------------------------------------------------------------------


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
            ("The due of", {"due": record.due + seconds}),
            ("The scenario of", {"scenario": "out"}),
            ("The fingerprint of", {"fingerprint": "x"}),
            ("is not JSON", {"snapshot": "[]"}),
            ("is not JSON", {"snapshot": "{"}),
            ("'context' differs", {"snapshot": json.dumps(snapshot | {"context": {}})}),
            ("'draws' differs", {"snapshot": json.dumps(snapshot | {"draws": 77})}),
            ("'more' differs", {"snapshot": json.dumps(snapshot | {"more": 1})}),
        ]:
            found = verify(replace(record, **changed), timers, log, scenarios)
            assert found is not None
            assert words in found
            assert record.id in found
            assert "Zoë" not in found
        assert "The timers of" in str(verify(record, (), log, scenarios))
        texts = json.dumps(snapshot | {"version": "0.9.0"})  # where only texts have changed
        older = replace(record, version="0.9.0", snapshot=texts)
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
    log[at] = replace(log[at], data={**log[at].data, **data})


def _without(log: list[Entry], at: int) -> None:
    log[at] = replace(log[at], data={})


def _is(log: list[Entry], at: int, kind: str, data: dict[str, object]) -> None:
    log[at] = replace(log[at], kind=kind, data={**log[at].data, **data})


def _early(log: list[Entry]) -> None:
    log[3] = replace(log[3], at=log[0].at)


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
            log[3] = replace(log[3], data=damage)

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
                return replace(record, snapshot=text)

            monkeypatch.setattr(host.store, "find", find)
            with pytest.raises(StoreDamaged, match=f"conversation {record.id} cannot be gone on"):
                await host.read("chat")

    played("memory:", play)


# New versions -------------------------------------------------------------------------------------

NEW = INN.replace("1.0.0", "1.1.0").replace("asked", "wondered")
CARRIED = NEW + "migrations: [{from: 1.0.0, states: {asked: wondered}}]\n"


def test_a_conversation_migrates_at_the_next_touch_and_goes_back_no_further(
    tmp_path: Path,
) -> None:
    url = url_of("sqlite", tmp_path)
    clock = ManualClock()

    async def old() -> None:
        async with host_on(url, clock=clock) as host:
            await host.open("chat", "inn", {"nights": 2}, seed=4)
            await host.open("still", "inn")
            await host.submit("chat", Choose("ask"), key="a")
            await host.submit("chat", Choose("take"), key="t")

    async def new() -> None:
        async with host_on(url, loads(CARRIED), clock=clock) as host:
            later(clock, minutes=10)
            repeated = await host.submit("chat", Choose("ask"), key="a")
            assert repeated.repeated
            rest = await host.submit("chat", Choose("rest"))
            assert (rest.turn.state, rest.turn.number) == ("room", 5)
            entries = await host.transcript("chat")
            assert [each.kind for each in entries] == [
                "opened", "chose", "chose", "migrated", "chose",
            ]  # fmt: skip
            record = await host.store.find("chat")
            assert record is not None
            assert (record.version, len(await host.store.timers(record.id))) == ("1.1.0", 2)
            assert await host.verify("chat") is None
            assert (await host.undo("chat")).turn.state == "room"
            with pytest.raises(NothingToUndo, match="first turn since it came to this version"):
                await host.undo("chat")
            fork = await host.fork("chat", "copy", at=2)
            assert fork.turn.state == "desk"
            await host.submit("copy", Choose("take"))
            assert [each.kind for each in await host.transcript("copy")] == [
                "opened", "chose", "forked", "migrated", "chose",
            ]  # fmt: skip
            for name in ("chat", "copy", "still"):
                assert await host.verify(name) is None
            assert (await host.read("still")).sequence == 1

    asyncio.run(old())
    asyncio.run(new())


def test_the_log_from_a_migration_on_does_without_the_version_before(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)

    async def old() -> None:
        async with host_on(url) as host:
            await host.open("chat", "inn", {"nights": 2}, seed=4)
            await host.submit("chat", Choose("take"), key="t")

    async def new() -> None:
        async with host_on(url, loads(CARRIED)) as host:
            await host.submit("chat", Choose("rest"))
            await host.store.forget_scenarios([])
        async with host_on(url, loads(CARRIED)) as host:
            assert await host.verify("chat") is None
            assert (await host.undo("chat")).turn.state == "room"
            assert await host.verify("chat") is None
            with pytest.raises(HeartlineError, match=r"1\.0\.0|not in the store"):
                await host.submit("chat", Choose("take", 1), key="t")

    asyncio.run(old())
    asyncio.run(new())


def test_without_a_migration_a_conversation_goes_on_in_its_own_version(tmp_path: Path) -> None:
    url = url_of("sqlite", tmp_path)

    async def old() -> None:
        async with host_on(url) as host:
            await host.open("chat", "inn", {"nights": 2}, seed=4)

    async def new() -> None:
        clock = ManualClock()
        async with host_on(url, loads(NEW), clock=clock) as host:
            await host.open("other", "inn")
            for name, version in (("chat", "1.0.0"), ("other", "1.1.0")):
                await host.submit(name, Choose("take"))
                record = await host.store.find(name)
                assert record is not None
                assert record.version == version
                assert await host.verify(name) is None
            later(clock, hours=2)
            assert lines(await host.submit("chat", Tick())) == ["mo: Your tea!"]

    asyncio.run(old())
    asyncio.run(new())


def test_undo_of_what_was_said_leaves_it_in_the_transcript() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.submit("chat", Choose("take"))
        await host.undo("chat")
        said = [line.text for each in await host.transcript("chat") for line in each.said]
        assert "I take it." in said

    played("memory:", play, inn())
