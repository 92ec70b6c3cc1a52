"""The desk of chats: two people in one conversation."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from chatting import PAIR_OF_TWO, Room, talked, two


def test_two_people_in_two_seats_see_what_is_theirs() -> None:
    async def play(there: Room) -> None:
        ann, ben = there.talker("ann"), there.talker("ben")
        assert "I am afraid" not in await ann.writes("/start")
        code = (await ann.writes("/invite")).split()[-1]
        assert await ben.writes(f"/join {code}") == (
            "You have the seat of ben.\n\nAnn: I want to talk.\nBen: (I am afraid.)"
        )
        assert ben.labels == ["I am listening.", "I have to go."]
        assert await ann.reads() == "Somebody has taken the seat of ben."
        await ben.presses("I am listening.")
        assert await ann.reads() == "Ben: I am listening."
        assert ann.labels == ["It has been a long winter.", "Let us wait two weeks."]
        assert await ann.writes("/undo") == (
            "Another person has done the last thing here: only they can take it back."
        )

    talked(play, PAIR_OF_TWO)


def test_a_code_works_once_and_a_new_one_ends_the_old() -> None:
    async def play(there: Room) -> None:
        ann, ben, cleo = (there.talker(name) for name in ("ann", "ben", "cleo"))
        await ann.writes("/start")
        old = (await ann.writes("/invite")).split()[-1]
        code = (await ann.writes("/invite")).split()[-1]
        nothing = "That code opens nothing, or it has been used: ask for a new one."
        assert await ben.writes(f"/join {old}") == nothing
        assert "You have the seat" in await ben.writes(f"/start {code}", id="join")
        assert await ben.writes(f"/start {code}", id="join") == ""
        assert await cleo.writes(f"/join {code}") == nothing
        assert await cleo.writes("/join") == "Write the code behind it, as in: /join CODE"
        await ann.reads()
        assert await ann.writes("/invite") == "There is no free seat in this conversation."
        assert "already" in await ann.writes(f"/join {old}")

    talked(play, PAIR_OF_TWO)


def test_of_several_who_have_a_code_one_is_seated() -> None:
    async def play(there: Room) -> None:
        ann = there.talker("ann")
        await ann.writes("/start")
        code = (await ann.writes("/invite")).split()[-1]
        others = [there.talker(f"other {number}") for number in range(5)]
        said = await asyncio.gather(*(each.writes(f"/join {code}") for each in others))
        await ann.reads()
        seated = [await there.host.seated(each.place.text()) for each in others]
        assert sum(each is not None for each in seated) == 1
        assert sum("You have the seat" in each for each in said) == 1

    talked(play, PAIR_OF_TWO)


def test_who_leaves_another_can_be_replaced_and_can_begin_anew() -> None:
    async def play(there: Room) -> None:
        ann, ben = await two(there)
        assert await ann.writes("/stop") == "You have left. /start begins a new conversation."
        assert await ben.reads() == (
            "Whoever was ann has left. /invite makes a code for somebody else."
        )
        assert "Ann: I want to talk." in await ann.writes("/start")  # one of their own
        code = (await ben.writes("/invite")).split()[-1]
        cleo = there.talker("cleo")
        assert (await cleo.writes(f"/join {code}")).startswith("You have the seat of ann.")
        await cleo.writes("talk")
        assert "It has been a long winter." in await ben.reads()
        assert await ann.reads() == ""
        assert "deleted" in await ben.writes("/delete yes")
        assert await cleo.reads() == "Somebody in it has deleted the conversation."

    talked(play, PAIR_OF_TWO)


def test_who_leaves_with_only_an_invitation_behind_closes_the_conversation() -> None:
    async def play(there: Room) -> None:
        ann, ben = there.talker("ann"), there.talker("ben")
        await ann.writes("/start")
        code = (await ann.writes("/invite")).split()[-1]
        await ann.writes("/stop")
        assert "opens nothing" in await ben.writes(f"/join {code}")

    talked(play, PAIR_OF_TWO)


def test_a_break_that_ends_while_one_is_away_is_told_to_both() -> None:
    async def play(there: Room) -> None:
        ann, ben = await two(there)
        assert "The break: two weeks left" in await ann.writes("rest")
        await ben.reads()
        assert await ben.writes("talk") == (
            "There is nothing for you to choose just now.\n\n"
            "The break: two weeks left, until Monday 19 January 2026."
        )
        there.clock.advance(timedelta(days=14, minutes=1))
        while "over" not in ann.sent[-1].text:
            await asyncio.sleep(0.01)
        assert (await ben.reads()).startswith("Two weeks are over.\nAnn: I want to talk.")
        assert "afraid" not in await ann.reads()

    talked(play, PAIR_OF_TWO)
