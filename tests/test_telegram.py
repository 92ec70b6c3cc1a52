"""Telegram: what people in its chats see, against a stand-in of the network over HTTP."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from botapi import BotApi
from chatting import PAIR, PAIR_OF_TWO, QUESTIONS, many
from harness import bundled
from heartline import ManualClock, loads
from heartline.frontends.protocol import Button, OutEvent
from telegrams import INN, ROOM, played, sequence, serving, telegram_of, where
from timing import until

# One person ---------------------------------------------------------------------------------------


def test_a_conversation_is_begun_by_writing_and_goes_on_by_buttons() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api):
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Mo: Good evening.")
            await ada.may_press(*INN)
            ada.press("I take it.")
            await ada.reads("Guest: I take it.")
            await ada.may_press(*ROOM)
            ada.write("go")
            await ada.reads("The conversation is over: gone.")
            await ada.may_press()
            assert ada.waiting == []

    played(play)


def test_the_flagship_is_played_to_its_end_by_pressing() -> None:
    async def play(api: BotApi) -> None:
        clock = ManualClock()
        async with serving(api, bundled("reconciliation"), clock=clock) as host:
            ada = api.person(17)
            ada.write("/start")
            for _ in range(12):  # what it asks
                await api.taken()
                if await sequence(host, ada):
                    break
                ada.press(ada.labels[0])
            await until(lambda: any("?" not in label for label in ada.labels))
            ada.write("let_go")
            await ada.reads("The conversation is over: ")
            await ada.may_press()

    played(play)


def test_questions_are_answered_by_buttons_which_go_with_the_answer() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api, QUESTIONS):
            ada = api.person(17)
            ada.write("hello")
            await ada.reads("How is Kim?")
            await ada.may_press("Calm today", "Rather cross")
            ada.press("Calm today")
            await ada.reads("For how many years?")
            await ada.may_press("Keep 3")
            ada.write("7")
            await ada.reads("Are you sure?")
            ada.press("Yes")
            await ada.reads("What are you called?")
            ada.press("Keep Guest")
            await ada.reads("Kim: So it is 7 years, Guest.")
            await ada.may_press("I stay.", "I go.")

    played(play)


def test_a_button_of_an_earlier_turn_shows_where_one_is_now() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api):
            ada = api.person(17)
            ada.write("/start")
            old = await ada.reads("Good evening.")
            data = dict(old.buttons)["How about 1 nights?"]
            ada.press("I take it.")
            await ada.reads("I take it.")
            ada.presses(old, data)  # pressed before it was taken away
            await ada.reads("That button belongs to an earlier turn: here is where you are now.")
            await ada.may_press(*ROOM)

    played(play)


def test_forty_choices_are_leafed_through_on_one_message() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api, many(40)) as host:
            ada = api.person(17)
            ada.write("/start")
            shown = await ada.reads("Hello.")
            for page in (1, 2, 3, 4):
                assert len(ada.labels) <= 12
                ada.press(f"More ({page} of 4)")
                await until(lambda: f"More ({page % 4 + 1} of 4)" in ada.labels)  # noqa: B023
            assert (len(ada.messages), shown.edited) == (2, 4)
            ada.press("More (1 of 4)")
            await until(lambda: "This is sentence number 15." in ada.labels)
            ada.press("This is sentence number 15.")
            await ada.reads("You: This is sentence number 15.")
            assert await sequence(host, ada) == 2

    played(play)


def test_a_label_that_is_too_long_for_a_button_stands_in_the_text() -> None:
    long = "Not that I want to hurry you, but I have been sitting here since about noon."
    text = PAIR.replace("It has been a long winter.", f'"{long}"')

    async def play(api: BotApi) -> None:
        async with serving(api, loads(text)):
            ada = api.person(17)
            ada.write("/start")
            await ada.reads(f"1. {long}\n2. Let us wait two weeks.")
            await ada.may_press(
                "1. Not that I want to hurry you, but I…", "2. Let us wait two weeks."
            )
            ada.press(ada.labels[0])
            await ada.reads(f"Ann: {long}")

    played(play)


def test_a_text_is_cut_as_the_network_counts() -> None:
    faces = "\N{GRINNING FACE}" * 4000  # which count twice there

    async def play(api: BotApi) -> None:
        telegram = telegram_of(api)
        async with serving(api, telegram=telegram):
            ada = api.person(17)
            await telegram.deliver(where(17), [OutEvent("a", faces, (Button("Well", "1:well"),))])
        assert "".join(shown.text for shown in ada.messages) == faces
        assert [bool(shown.buttons) for shown in ada.messages] == [False, True]

    played(play)


# Two people, and time -----------------------------------------------------------------------------


def test_a_link_takes_the_second_seat_and_each_sees_what_is_theirs() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api, PAIR_OF_TWO):
            ann, ben, cleo = api.person(1, "Ann"), api.person(2, "Ben"), api.person(3, "Cleo")
            ann.write("/start")
            await ann.reads("I want to talk.")
            ann.write("/invite")
            link = (await ann.reads("it works once")).text.splitlines()[-1]
            address, _, code = link.partition("?start=")
            assert address == "https://t.me/heartline_bot"
            ben.write(f"/start {code}")  # as the network brings who follows it
            await ben.reads(
                "You have the seat of ben.\n\nAnn: I want to talk.\nBen: (I am afraid.)"
            )
            await ben.may_press("I am listening.", "I have to go.")
            await ann.reads("Somebody has taken the seat of ben.")
            cleo.write(f"/start {code}")
            await cleo.reads("it has been used")
            ben.press("I am listening.")
            await ann.reads("Ben: I am listening.")
            await ann.may_press("It has been a long winter.", "Let us wait two weeks.")
            ann.press("It has been a long winter.")
            await ben.reads("Ann: It has been a long winter.")
            assert not any("afraid" in shown.text for shown in ann.messages)

    played(play)


def test_a_break_that_ends_while_one_is_away_is_told() -> None:
    async def play(api: BotApi) -> None:
        clock = ManualClock()
        async with serving(api, PAIR_OF_TWO, clock=clock):
            ann = api.person(1)
            ann.write("/start")
            await ann.reads("I want to talk.")
            ann.press("Let us wait two weeks.")
            await ann.reads("The break: two weeks left")
            await ann.may_press("I cannot wait.")
            clock.advance(timedelta(days=14))
            await ann.reads("Two weeks are over.")
            await ann.may_press("It has been a long winter.", "Let us wait two weeks.")

    played(play)


def test_a_break_that_ends_while_nothing_runs_is_told_by_the_next_program(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"

    async def play(api: BotApi) -> None:
        clock = ManualClock()
        ann = api.person(1)
        async with serving(api, PAIR_OF_TWO, clock=clock, store=store):
            ann.write("/start")
            await ann.reads("I want to talk.")
            ann.press("Let us wait two weeks.")
            await ann.reads("two weeks left")
            await ann.may_press("I cannot wait.")
            await api.taken()
        clock.advance(timedelta(days=20))
        async with serving(api, PAIR_OF_TWO, clock=clock, store=store):
            old = ann.messages[-1]
            await ann.reads("Two weeks are over.")
            # The new program has not seen the old message: its button goes when it is pressed.
            ann.press("I cannot wait.", old)
            await ann.reads("That button belongs to an earlier turn")
            await ann.may_press("It has been a long winter.", "Let us wait two weeks.")

    played(play)
