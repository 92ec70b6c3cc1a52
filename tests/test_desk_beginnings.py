"""The desk of chats: what is asked before a conversation begins."""

from __future__ import annotations

import asyncio

import pytest

from chatting import QUESTIONS, Chat, Room, Talker, talked
from heartline import ManualClock
from heartline.frontends.beginning import Beginning
from heartline.frontends.desk import Desk
from heartline.host import Host
from hosting import inn


def test_questions_come_first_with_buttons_or_words() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        assert (await ada.writes("/start")).endswith("How is Kim?")
        await ada.presses("Rather cross")
        assert ada.sent[-1].text == "For how many years?\nType a number from 1 to 60."
        assert await ada.writes("ninety") == (
            "That cannot be the answer.\n\nFor how many years?\nType a number from 1 to 60."
        )
        assert await ada.presses("Calm today") == (
            "That button belongs to something earlier.\n\n"
            "For how many years?\nType a number from 1 to 60."
        )
        await ada.presses("Keep 3")
        assert await ada.presses("Yes") == (
            "What are you called?\nYour name stands in the conversation, and is kept with it."
        )
        assert "20 is the most that fits" in await ada.writes("A" * 21)
        assert await ada.writes("Ada\u202e\x07 Lovelace") == (
            "Kim: So it is 3 years, Ada Lovelace."
        )

    talked(play, QUESTIONS)


def test_questions_without_buttons_have_numbers() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        said = await ada.writes("/start")
        assert said.endswith("1. Calm today\n2. Rather cross\nType a number from 1 to 2.")
        assert (await ada.writes("2")).endswith("Type a number from 1 to 60.\n- keeps 3.")
        assert await ada.writes("-") == "Are you sure?\nType yes or no."
        assert (await ada.writes("no")).endswith("- keeps Guest.")
        assert (await ada.writes("-")).startswith("Kim: So it is 3 years, Guest.")

    talked(play, QUESTIONS, chat=Chat(buttons=False))


def test_who_is_being_asked_can_look_again_or_leave() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start", id="a")
        assert await ada.writes("/start", id="a") == ""
        await ada.writes("1", id="b")
        assert await ada.writes("1", id="b") == ""
        assert (await ada.writes("/again")).startswith("For how many years?")
        assert await ada.writes("/stop") == "Nothing has begun. /start begins a conversation."
        assert (await ada.writes("5")).endswith("How is Kim?")

    talked(play, QUESTIONS)


def test_of_several_conversations_one_is_named_with_the_seats_that_people_take() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        assert await ada.writes("hello") == (
            "Which one? Write one of these:\n/start asking – Questions first\n"
            "/start inn – An inn"
        )  # fmt: skip
        assert (await ada.writes("/start 'in\u202en'")).startswith(
            "There is no conversation \"'in\\u202en'\" here, but these:"
        )
        assert "no role 'moe'" in await ada.writes("/start inn moe")
        await ada.writes("/start inn")
        assert await ada.writes("/invite") == (
            "There is no free seat in this conversation. One with a seat for somebody else begins "
            "by: /start inn mo"
        )
        await ada.writes("/stop")
        await ada.writes("/start inn mo")
        said = await ada.writes("/invite")
        assert said.startswith("Send this to the one person who is to be mo; it works once:")
        assert (await ada.writes("/invite guest")) == "There is no free seat 'guest': mo."

    talked(play, QUESTIONS, inn())


def test_a_worker_without_scenarios_has_nothing_to_begin() -> None:
    async def main() -> None:
        chat = Chat()
        async with Host("memory:", deliver=None) as host:
            ada = Talker(host, Desk(host, chat), chat, "ada")
            assert await ada.writes("hello") == "There is nothing to begin here now."

    asyncio.run(main())


def test_people_who_never_answer_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartline.frontends.reception._MOST_BEGINNINGS", 2)

    async def play(there: Room) -> None:
        ada, *others = [there.talker(name) for name in ("ada", "ben", "cleo")]
        await ada.writes("/start")
        await ada.writes("1")
        for other in others:
            await other.writes("/start")
        assert (await ada.writes("5")).endswith("How is Kim?")

    talked(play, QUESTIONS)


def test_a_question_with_more_answers_than_buttons_is_a_list() -> None:
    beginning = Beginning(QUESTIONS, (), ManualClock())
    text, buttons = beginning.asked(Chat(most_choices=1).capabilities)
    assert not buttons
    assert text.endswith("Type a number from 1 to 2.")
    assert beginning.take("", "q4=7") == "That button belongs to something earlier."
    assert beginning.take("", "q4=1") is None
    assert beginning.answers == {"mood": "cross"}
