"""The desk of chats: what people there write and press, and what they read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatting import PAIR_OF_TWO, QUESTIONS, Chat, Room, many, room, talked
from heartline.errors import StoreUnavailable
from heartline.frontends.desk import Desk
from heartline.frontends.references import ConversationReference
from heartline.host import Host
from heartline.host.stores.memory import MemoryStore
from hosting import inn

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
