"""What persons may take back, alone and among several: the same at every front end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from assisting import Assistant, assisted
from chatting import PAIR, Room, talked
from heartline import Choose, ManualClock, Send, Tick, loads
from heartline.errors import NothingToUndo
from heartline.frontends.seating import can_undo, check_undo
from heartline.host import Host
from heartline.host.values import Filter
from hosting import inn, later, played
from speaking import Program, spoken
from webbed import Place, asked

ANOTHERS = "Another person has done the last thing here: only they can take it back."
BY_TIME = (
    "What happened last came with time. Where several persons take part, nobody can take that "
    "back, nor what was chosen before it."
)
TWO = inn("played_by: engine", "pronouns: they")

Play = Callable[[Host, ManualClock], Awaitable[None]]


async def why(host: Host, role: str) -> str | None:
    """Why the person of a role may take nothing back, or None; and what can be seen agrees."""
    record = await host.touching.record("talk")
    try:
        await check_undo(host, record, role)
        told = None
    except NothingToUndo as refusal:
        told = str(refusal)
    assert await can_undo(host, record, role) == (told is None)
    return told


async def chosen(host: Host, role: str, choice: str) -> None:
    await host.submit("talk", Choose(choice, role=role))


def two(play: Play) -> None:
    """Play in a conversation of two persons."""

    async def main(host: Host, clock: ManualClock) -> None:
        await host.open("talk", "inn", seed=1)
        await play(host, clock)

    played("memory:", main, TWO)


# The rule -----------------------------------------------------------------------------------------


def test_a_choice_is_taken_back_by_who_made_it() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await chosen(host, "guest", "ask")
        assert await why(host, "guest") is None
        assert await why(host, "mo") == ANOTHERS
        await chosen(host, "mo", "yes_to_that")
        assert await why(host, "guest") == ANOTHERS
        assert await why(host, "mo") is None

    two(play)


def test_who_chose_twice_takes_both_back_one_after_the_other() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        for choice in ("take", "rest"):
            await chosen(host, "guest", choice)
        for _ in range(2):
            assert await why(host, "guest") is None
            assert await why(host, "mo") == ANOTHERS
            await host.undo("talk")
        assert (await host.read("talk")).turn.state == "desk"
        assert not await can_undo(host, await host.touching.record("talk"), "guest")
        with pytest.raises(NothingToUndo, match="this is the first turn"):
            await host.undo("talk")

    two(play)


def test_what_stands_after_something_was_taken_back_is_of_who_chose_that() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await chosen(host, "guest", "ask")
        await chosen(host, "mo", "yes_to_that")
        await host.undo("talk")
        assert await why(host, "mo") == ANOTHERS
        assert await why(host, "guest") is None

    two(play)


def test_what_time_or_something_outside_has_brought_stays_among_two() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.submit("talk", Send("bell"))
        from_outside = BY_TIME.replace("with time", "from outside")
        assert await why(host, "guest") == await why(host, "mo") == from_outside
        await chosen(host, "guest", "take")
        later(clock, hours=1)
        await host.submit("talk", Tick())
        assert await why(host, "guest") == await why(host, "mo") == BY_TIME
        await chosen(host, "guest", "rest")
        assert await why(host, "guest") is None

    two(play)


def test_a_seat_that_changes_hands_changes_nothing() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await chosen(host, "guest", "ask")
        await host.seat("talk", "mo", "chat:somebody")
        assert await why(host, "guest") is None
        assert await why(host, "mo") == ANOTHERS

    two(play)


def test_one_person_takes_back_what_time_has_brought() -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("talk", "inn", seed=1)
        await chosen(host, "guest", "take")
        later(clock, hours=1)
        await host.submit("talk", Tick())
        assert await why(host, "guest") is None
        await host.undo("talk")

    played("memory:", play)


# At each front end --------------------------------------------------------------------------------


def test_in_a_chat() -> None:
    async def play(there: Room) -> None:
        ann, ben = there.talker("ann"), there.talker("ben")
        await ann.writes("/start")
        code = (await ann.writes("/invite")).split()[-1]
        await ben.writes(f"/join {code}")
        await ann.presses("Let us wait two weeks.")
        await ben.reads()
        assert await ben.writes("/undo") == ANOTHERS
        there.clock.advance(timedelta(days=14))
        async with asyncio.timeout(20):
            while "Two weeks are over." not in await ann.reads():
                await asyncio.sleep(0.005)
        assert await ann.writes("/undo") == BY_TIME

    talked(play, loads(PAIR))


def test_in_a_chat_where_the_scenario_forbids_it_that_is_the_reason() -> None:
    async def play(there: Room) -> None:
        ann = there.talker("ann")
        await ann.writes("/start")
        await ann.presses("Let us wait two weeks.")
        assert (await ann.writes("/undo")).startswith("In this scenario nothing is taken back")

    talked(play, loads(PAIR.replace("id: pair", "id: pair\nundo: false")))


def test_over_http() -> None:
    async def play(place: Place) -> None:
        async def refusals(what: Any) -> list[tuple[int, str, str]]:
            told = [await each.ask("POST", "conversation/undo") for each in what]
            return [(each.status_code, each.json()["code"], each.json()["detail"]) for each in told]

        seats = await place.client.begin()
        guest, mo = seats["guest"], seats["mo"]
        await guest.choose("take")
        assert await refusals([mo]) == [(409, "nothing_to_undo", ANOTHERS)]
        later(place.clock, hours=1)
        await guest.ask("POST", "conversation/inputs", {"tick": True})
        assert await refusals([guest, mo]) == [(409, "nothing_to_undo", BY_TIME)] * 2
        assert not (await guest.view())["can_undo"]

    asked(play, scenario=TWO)


def test_with_an_assistant() -> None:
    async def play(assistant: Assistant, host: Host, clock: ManualClock) -> None:
        begun = await assistant.use("begin", scenario="inn")
        guest, mo = begun["conversation"], begun["other_seats"]["mo"]
        await assistant.use("choose", conversation=guest, choice="take", turn=1)
        assert await assistant.refused("take_back", conversation=mo, turn=2) == ANOTHERS
        later(clock, hours=1)
        (record,) = [each async for each in host.store.records(Filter())]
        await host.submit(record.id, Tick())
        for token in (guest, mo):
            assert await assistant.refused("take_back", conversation=token, turn=3) == BY_TIME

    assisted(play, TWO)


def test_with_a_program_that_speaks_lines() -> None:
    async def play(program: Program, host: Host, clock: ManualClock) -> None:
        tokens = (await program.ask("open", scenario="inn"))["conversations"]
        guest, mo = tokens["guest"], tokens["mo"]
        await program.ask("choose", conversation=guest, choice="take")
        told = (await program.ask("undo", conversation=mo))["refusal"]
        assert (told["code"], told["message"]) == ("nothing_to_undo", ANOTHERS)
        later(clock, hours=1)
        await program.ask("tick", conversation=mo)
        for token in (guest, mo):
            told = (await program.ask("undo", conversation=token))["refusal"]
            assert (told["code"], told["message"]) == ("nothing_to_undo", BY_TIME)

    spoken(play, TWO)
