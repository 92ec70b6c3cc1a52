"""The desk of chats: what people there write and press, and what they read."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from chatting import ASKING, CARING, HELP, PAIR, Chat, Room, Talker, many, room, talked
from heartline import ManualClock, loads
from heartline.errors import StoreUnavailable
from heartline.frontends.beginning import Beginning
from heartline.frontends.commands import COMMANDS
from heartline.frontends.desk import Desk
from heartline.frontends.references import ConversationReference
from heartline.host import Host
from heartline.host.stores.memory import MemoryStore
from hosting import inn

PAIR_OF_TWO = loads(PAIR)
QUESTIONS = loads(ASKING)
CARES = loads({"scenario.yaml": CARING, "help.yaml": HELP})


async def two(there: Room) -> tuple[Talker, Talker]:
    """Two people in both seats of one conversation."""
    ann, ben = there.talker("ann"), there.talker("ben")
    await ann.writes("/start")
    code = (await ann.writes("/invite")).split()[-1]
    await ben.writes(f"/join {code}")
    await ann.reads()
    return ann, ben


# Choosing -----------------------------------------------------------------------------------------


def test_the_first_words_begin_the_only_conversation_there_is() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        assert await ada.writes("Hello?") == (
            "An inn\n/help shows what can be written.\n\n"
            "It rains.\nMo: Good evening.\n\n"
            "3. Never mind. (not now: needs nights to be at least 3; it is 1)"
        )
        assert ada.labels == ["How about 1 nights?", "I take it."]

    talked(play)


@pytest.mark.parametrize("words", ["2", "take", "I take it.", "i  TAKE it", "I ta"])
def test_a_choice_is_taken_by_its_number_its_name_or_its_first_words(words: str) -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        assert (await ada.writes(words)).startswith("Guest: I take it.\n\n")

    talked(play)


def test_what_means_nothing_is_refused_with_what_can_be_chosen() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        assert (await ada.writes("dance")).startswith(
            "There is no choice 'dance' here: take one by its number or its name.\n\n3. Never"
        )
        assert ada.labels == ["How about 1 nights?", "I take it."]
        assert (await ada.writes("3")).startswith(
            "That cannot be chosen now: needs nights to be at least 3; it is 1.\n\n3. Never mind."
        )

    talked(play)


def test_a_button_of_an_earlier_turn_shows_where_one_is_now() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        await ada.presses("I take it.")
        assert (await ada.presses("How about 1 nights?")).startswith(
            "That button belongs to an earlier turn: here is where you are now.\nGuest: I take it."
        )
        assert ada.labels == ["What a bed.", "I am off."]

    talked(play)


def test_without_buttons_there_is_a_list_with_numbers() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        said = await ada.writes("/start")
        assert "1. How about 1 nights?\n2. I take it.\n3. Never mind. (not now: " in said
        assert not any(event.buttons for event in ada.sent)

    talked(play, chat=Chat(buttons=False))


def test_forty_choices_come_in_pages() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        assert ada.labels[-1] == "More (1 of 4)"
        seen = set(ada.labels)
        for page in (1, 2, 3):
            await ada.presses(f"More ({page} of 4)")
            assert ada.sent[-1].paged
            seen.update(ada.labels)
        assert len([label for label in seen if "sentence" in label]) == 39  # one is closed
        assert (await ada.presses("This is sentence number 40.")).startswith("You: This is ")
        assert "earlier" in await ada.presses("More (2 of 4)")

    talked(play, many(40))


def test_nobody_can_press_what_no_button_has_sent() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        for press in ("", "1:", "1:dance", "1:+9", "1:+99999999999999999999", ":", "q1=0", "9:take",
                      "x" * 5000, "1:+" + "9" * 5000, "9" * 5000 + ":take", "1:leave"):  # fmt: skip
            await ada.desk.hear(ada.place, id=f"p{press[:20]}", press=press)
        found = await there.host.seated(ada.place.text())
        assert found is not None
        assert found[0].sequence == 1
        assert ada.labels == ["How about 1 nights?", "I take it."]

    talked(play)


# Brought twice ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["2", "/undo", "/start", "/stop"])
def test_the_same_message_brought_twice_happens_once(words: str) -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start", id="first")
        await ada.writes("1", id="second")
        assert await ada.writes(words, id="third")
        assert await ada.writes(words, id="third") == "" or words == "/start"
        record, _ = await there.host.seated(ada.place.text()) or (None, "")
        assert record is not None
        assert record.sequence == (2 if words == "/start" else 3)

    talked(play)


def test_what_ended_a_conversation_does_not_begin_another_when_it_comes_again() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        await ada.writes("2")
        assert "The conversation is over: gone." in await ada.writes("2", id="last")
        assert await ada.writes("2", id="last") == ""
        assert await ada.writes("Thank you.") == (
            "That conversation is over. /start begins a new one, /log shows what was said."
        )
        assert "Guest: I am off.\nThe door falls shut." in await ada.writes("/log")

    talked(play)


def test_a_program_that_starts_again_knows_what_it_has_heard(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'chat.db'}"

    async def main() -> None:
        async with room(url=url) as there:
            ada = there.talker()
            await ada.writes("/start", id="a")
            await ada.writes("1", id="b")
        async with room(url=url) as there:
            ada = there.talker()
            assert await ada.writes("1", id="b") == ""
            assert await ada.writes("2", id="c") != ""
            record, _ = await there.host.seated(ada.place.text()) or (None, "")
            assert record is not None
            assert record.sequence == 3

    asyncio.run(main())


# Commands -----------------------------------------------------------------------------------------


def test_help_names_all_commands_and_so_does_a_command_that_is_none() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        first, *lines = (await ada.writes("/help")).splitlines()
        assert first == "A choice is taken by its button, its number or its first words. Besides:"
        assert lines == [f"/{name} – {about}" for name, about in COMMANDS.items()]
        assert (await ada.writes("/dance now")).splitlines() == [
            "There is no command '/dance', but these:", *lines
        ]  # fmt: skip

    talked(play)


def test_in_a_conversation_help_names_what_can_be_done_there() -> None:
    async def names(talker: Talker) -> str:
        return " ".join(re.findall(r"^/(\w+) –", await talker.writes("/help"), re.MULTILINE))

    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start inn")
        assert await names(ada) == "again undo log stop delete help"
        assert "There is no command '/dance', but these:\n/again –" in await ada.writes("/dance")
        await ada.writes("take")
        await ada.writes("go")
        assert await names(ada) == "start again undo log join delete help"  # it is over
        await ada.writes("/start pair")
        assert await names(ada) == "again undo log invite stop delete help"  # a seat for another
        await ada.writes("/stop")
        assert await names(ada) == "start again log join delete help"  # it is closed
        await ada.writes("/start bound")
        assert await names(ada) == "again log stop delete help"  # it lets nothing be taken back
        await ada.writes("/stop")
        await ada.writes("/start asking")
        assert await names(ada) == "start again join stop help"  # it asks something first

    talked(play, inn(), PAIR_OF_TWO, inn("id: inn", "id: bound\nundo: false"), QUESTIONS)


def test_help_is_there_where_a_conversation_waits_for_its_scenario(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'chat.db'}"

    async def main() -> None:
        async with room(url=url) as there:
            await there.talker().writes("/start")
        with sqlite3.connect(tmp_path / "chat.db") as file:
            file.execute("DELETE FROM scenarios")
        async with room(PAIR_OF_TWO, url=url) as there:
            told = await there.talker().writes("/help", id="later")
            assert re.findall(r"^/(\w+) –", told, re.MULTILINE) == ["log", "delete", "help"]

    asyncio.run(main())


@pytest.mark.parametrize("command", ["again", "undo", "log", "care", "invite", "stop", "delete"])
def test_a_stranger_is_told_how_to_begin(command: str) -> None:
    async def play(there: Room) -> None:
        answer = await there.talker().writes(f"/{command}")
        assert answer == "You are in no conversation. /start begins one."

    talked(play)


def test_commands_can_begin_with_another_sign() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        assert await ada.writes("!log") == "You are in no conversation. !start begins one."
        assert "!help shows what" in await ada.writes("!start")
        assert "There is no choice '/stop' here" in await ada.writes("/stop")
        assert "!start" in await ada.writes("!stop")

    talked(play, sign="!")


def test_starting_again_in_the_middle_shows_where_one_is() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        said = await ada.writes("/start")
        assert said.startswith("You are in a conversation already; /stop leaves it.\nIt rains.")
        assert (await ada.writes("/again")).startswith("It rains.")

    talked(play)


def test_a_step_is_taken_back_where_the_scenario_allows() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        await ada.writes("take")
        assert (await ada.writes("/undo")).startswith("The last step was taken back.\nIt rains.")
        assert await ada.writes("/log") == (
            "It rains.\nMo: Good evening.\nGuest: I take it.\n(The last step was taken back.)"
        )
        assert await ada.writes("/undo") == (
            "There is nothing to take back: this is the first turn."
        )

    talked(play)


def test_where_support_is_found() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        assert await ada.writes("/care") == "This scenario brings no list of places that help."

    talked(play)


CARE = "If this is too close: /care says where support is found."


def test_support_is_pointed_to_once_and_found_also_before_the_beginning() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        assert (await ada.writes("/start")).startswith(
            f"A hard talk\n/help shows what can be written.\n{CARE}\n\nWhere are you?"
        )
        assert "\n/care – where to find support\n" in await ada.writes("/help")
        assert await ada.writes("/care") == "Call the emergency number of the place you are in."
        assert CARE not in await ada.writes("gb")
        for words in ("wait", "wait", "/again", "/start"):
            assert CARE not in await ada.writes(words)
        assert "\n/care – where to find support\n" in await ada.writes("/help")
        assert await ada.writes("/care") == "In danger: All: 999"

    talked(play, CARES)


def test_whoever_takes_a_seat_is_pointed_to_support_too() -> None:
    async def play(there: Room) -> None:
        ann, ben = there.talker("ann"), there.talker("ben")
        assert CARE in await ann.writes("/start caring ben")
        await ann.writes("gb")
        code = (await ann.writes("/invite")).split()[-1]
        assert (await ben.writes(f"/join {code}")).startswith(
            f"You have the seat of ben.\n{CARE}\n\nYou: You came."
        )
        assert CARE not in await ann.reads()
        assert CARE not in await ben.writes("/again")

    talked(play, CARES)


def test_where_there_is_no_support_nothing_is_said_of_it() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        assert "/care" not in await ada.writes("/start")
        assert "/care" not in await ada.writes("/help")
        assert await ada.writes("/care") == "This scenario brings no list of places that help."

    talked(play, QUESTIONS)


def test_a_conversation_that_was_left_is_over_and_another_can_begin() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        assert await ada.writes("/stop") == "You have left. /start begins a new conversation."
        assert (await ada.writes("/again")).startswith("That conversation is over.")
        assert ada.labels == []
        assert (await ada.writes("/stop")).startswith("That conversation is over.")
        assert (await ada.writes("/invite")).startswith("That conversation is over.")
        assert "It rains." in await ada.writes("/start")

    talked(play)


def test_a_conversation_is_deleted_when_that_is_said_twice() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        assert (await ada.writes("/delete")).endswith("To do so, write: /delete yes")
        assert (await ada.writes("/delete yes")).startswith("The conversation is deleted")
        assert (await there.host.store.counts()).conversations == 0
        assert await ada.writes("/again") == "You are in no conversation. /start begins one."

    talked(play)


# What is asked first ------------------------------------------------------------------------------


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


# Two people ---------------------------------------------------------------------------------------


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


# What is hostile ----------------------------------------------------------------------------------

HOSTILE = [
    "x" * 100_000,
    "\0\x07\x1b[2J",
    "\u202e\u2066evil\u2069",
    "  \u200b\u2060 ",
    "{nick} {nights}",
    "/" + "y" * 5000,
    "/\u202eundo",
    "/start \x1b]0;title\x07",
    "/join " + "\u202e" * 40,
    "/invite \x00",
    "//",
    "/",
    "-1",
    "9" * 5000,
    "\N{ARABIC-INDIC DIGIT TWO}",
    "q1=0",
]


@pytest.mark.parametrize("buttons", [True, False])
def test_no_text_breaks_the_desk_or_is_thrown_back_as_it_came(buttons: bool) -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        for text in HOSTILE:
            said = await ada.writes(text)
            assert said, text
            assert len(said) < 2000, text
            assert all(each.isprintable() or each == "\n" for each in said), said
        found = await there.host.seated(ada.place.text())
        assert found is not None
        assert found[0].sequence == 1

    talked(play, chat=Chat(buttons=buttons))


def test_no_text_breaks_a_question() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        for answer in ("1", "5", "yes"):
            for text in [each for each in HOSTILE if not each.startswith(("/", "q"))]:
                said = await ada.writes(text)
                assert said.startswith("That cannot be the answer.\n\n"), said
                await ada.desk.hear(ada.place, id=text[:30], press=f"q1={text}")
                await ada.reads()
            await ada.writes(answer)
        for text in ("x" * 100_000, "/start \x1b"):
            assert await ada.writes(text)
        assert "Kim: So it is 5 years, evil." in await ada.writes("\u202e\u2066evil\x07\u2069")

    talked(play, QUESTIONS)


def test_nothing_that_was_typed_is_stored(tmp_path: Path) -> None:
    file = tmp_path / "chat.db"

    async def main() -> None:
        async with room(QUESTIONS, url=f"sqlite:///{file}") as there:
            ada = there.talker()
            for text in ("/start", "my secret is blue", "1", "my secret is green", "3", "yes"):
                await ada.writes(text)
            for text in ("Ada", "my secret is red", "/join my-secret", "/my secret", "stay"):
                await ada.writes(text)
            await ada.writes("I go. My secret")
        stored = b"".join(each.read_bytes() for each in tmp_path.iterdir())
        assert b"secret" not in stored
        assert b"Ada" in stored  # for which the scenario says what it is kept for

    asyncio.run(main())


def test_a_code_is_not_in_the_store(tmp_path: Path) -> None:
    async def main() -> None:
        async with room(PAIR_OF_TWO, url=f"sqlite:///{tmp_path / 'chat.db'}") as there:
            ann, ben = there.talker("ann"), there.talker("ben")
            await ann.writes("/start")
            code = (await ann.writes("/invite")).split()[-1]
            await ben.writes(f"/join {code}")
        stored = b"".join(each.read_bytes() for each in tmp_path.iterdir())
        assert b"ann" in stored
        assert code.encode() not in stored

    asyncio.run(main())


# What goes wrong ----------------------------------------------------------------------------------


def test_a_store_that_is_away_is_the_networks_to_know() -> None:
    class Away(MemoryStore):
        async def seated(self, reference: str) -> None:
            raise StoreUnavailable("The store is out for a walk.")

    async def main() -> None:
        chat = Chat()
        async with Host(Away(), [inn()]) as host:
            with pytest.raises(StoreUnavailable):
                await Desk(host, chat).hear(ConversationReference("chat", chat="a"), "hi", id="1")

    asyncio.run(main())


def test_what_the_desk_cannot_tell_can_be_asked_for_again() -> None:
    async def play(there: Room) -> None:
        ada = there.talker()
        await ada.writes("/start")
        there.chat.failing = ConnectionError("no line")
        await ada.desk.hear(ada.place, "/again", id="lost")
        there.chat.failing = None
        assert (await ada.writes("/again")).startswith("It rains.")

    talked(play)


def test_a_question_with_more_answers_than_buttons_is_a_list() -> None:
    beginning = Beginning(QUESTIONS, (), ManualClock())
    text, buttons = beginning.asked(Chat(most_choices=1).capabilities)
    assert not buttons
    assert text.endswith("Type a number from 1 to 2.")
    assert beginning.take("", "q4=7") == "That button belongs to something earlier."
    assert beginning.take("", "q4=1") is None
    assert beginning.answers == {"mood": "cross"}
