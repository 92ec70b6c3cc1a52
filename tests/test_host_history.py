"""The log is the truth: turns are taken back, forked and proved from it."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest

from heartline import Choose, ManualClock, Send, Tick
from heartline.errors import (
    CallerError,
    HeartlineError,
    NothingToUndo,
    ReferenceTaken,
    RunawayError,
)
from heartline.host import Host
from heartline.host.replaying import replay
from heartline.host.turning import hold
from hosting import inn, later, lines, played, url
from timing import kettle

__all__ = ["url"]


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


def test_undo_of_what_was_said_leaves_it_in_the_transcript() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.submit("chat", Choose("take"))
        await host.undo("chat")
        said = [line.text for each in await host.transcript("chat") for line in each.said]
        assert "I take it." in said

    played("memory:", play, inn())


def test_undo_is_the_way_out_of_what_loops() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        opened = await host.open("chat", "story")
        await host.submit("chat", Choose("dance"))
        clock.advance(timedelta(days=1))
        with pytest.raises(RunawayError):
            await host.submit("chat", Choose("dance"))
        back = await host.undo("chat")
        assert back.turn.state == opened.turn.state
        assert await host.verify("chat") is None
        again = await host.submit("chat", Choose("dance"))
        assert again.turn.number == back.turn.number + 1

    played("memory:", play, kettle())
