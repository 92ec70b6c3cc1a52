"""The desk of chats: what can be written there besides choices."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chatting import CARES, PAIR_OF_TWO, QUESTIONS, Room, Talker, room, talked
from heartline.frontends.commands import COMMANDS
from hosting import inn


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


def test_a_conversation_that_waits_for_its_scenario_can_be_left_for_another(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'chat.db'}"

    async def listed(ada: Talker, id: str) -> list[str]:
        return re.findall(r"^/(\w+) –", await ada.writes("/help", id=id), re.MULTILINE)

    async def main() -> None:
        async with room(url=url) as there:
            await there.talker().writes("/start")
        with closing(sqlite3.connect(tmp_path / "chat.db", isolation_level=None)) as file:
            file.execute("DELETE FROM scenarios")
        async with room(PAIR_OF_TWO, url=url) as there:
            ada = there.talker()
            assert await listed(ada, "a") == ["log", "stop", "delete", "help"]
            told = await ada.writes("/stop", id="b")
            assert told == "You have left. /start begins a new conversation."
            assert await listed(ada, "c") == ["start", "log", "delete", "help"]
            assert (await ada.writes("/start pair", id="d")).startswith("Two at a table\n")

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
