"""Telegram: what comes twice or late, and what a bot cannot read."""

from __future__ import annotations

from pathlib import Path

import pytest

from botapi import BotApi
from heartline.errors import StoreUnavailable
from heartline.host.stores.memory import MemoryStore
from telegrams import INN, all_delivered, conversation, played, sequence, serving

# What comes twice, and what comes late ------------------------------------------------------------


def test_the_same_update_twice_happens_once() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api) as host:
            ada = api.person(17)
            api.again(ada.write("/start"))
            await ada.reads("Good evening.")
            api.again(ada.press("How about 1 nights?"))
            await ada.reads("How about 1 nights?")
            api.again(ada.write("take"))
            await ada.reads("I take it.")
            await api.taken()
            kinds = [each.kind for each in await host.transcript(await conversation(host, ada))]
            assert kinds == ["opened", "chose", "chose"]
            assert [shown.text for shown in ada.messages if "I take it." in shown.text[:20]] == [
                ada.messages[-1].text
            ]

    played(play)


def test_what_a_program_did_not_get_round_to_is_heard_by_the_next(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"

    async def play(api: BotApi) -> None:
        ada = api.person(17)
        async with serving(api, store=store) as host:
            ada.write("/start")
            await ada.reads("Good evening.")
            first = ada.write("take")
            await ada.reads("I take it.")
            await api.taken()
            await all_delivered(host)
        api.updates.append(first)  # the program was killed before it could say that it has it
        ada.write("rest")
        async with serving(api, store=store) as host:
            await ada.reads("What a bed.")
            assert await sequence(host, ada) == 3
            assert sum("Guest: I take it." in shown.text for shown in ada.messages) == 1

    played(play)


def test_messages_of_one_chat_are_heard_in_their_order() -> None:
    async def play(api: BotApi) -> None:
        people = [api.person(number) for number in range(1, 9)]
        for word in ("/start", "take", "rest", "go"):
            for person in people:
                person.write(word)
        async with serving(api) as host:
            await api.taken(10)
            for person in people:
                happened = await host.transcript(await conversation(host, person))
                assert [each.choice for each in happened] == [None, "take", "rest", "go"]
                await person.reads("The conversation is over: gone.")

    played(play)


def test_a_store_that_is_away_for_a_while_loses_no_message() -> None:
    class Away(MemoryStore):
        times = 3

        async def seated(self, reference: str):  # type: ignore[no-untyped-def]
            if self.times:
                self.times -= 1
                raise StoreUnavailable("The store is out for a walk.")
            return await super().seated(reference)

    async def play(api: BotApi) -> None:
        async with serving(api, store=Away()):
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Good evening.")

    played(play)


# What is no text to a bot -------------------------------------------------------------------------


def test_pictures_and_changed_messages_are_answered_with_a_sentence() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api) as host:
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Good evening.")
            ada.sends(sticker={
                "file_id": "a", "file_unique_id": "b", "type": "regular", "width": 1, "height": 1,
                "is_animated": False, "is_video": False,
            })  # fmt: skip
            await ada.reads("I can read texts and see which button you press, nothing else.")
            ada.sends("edited_message", text="take", edit_date=1_700_000_100)
            await ada.reads(
                "what was said stays said. Where the scenario allows it, /undo takes your last "
                "step back."
            )
            ada.sends(group_chat_created=True)  # what only the network says
            await api.taken()
            assert await sequence(host, ada) == 1
            assert "stays said" in ada.messages[-1].text

    played(play)


def test_a_group_is_told_once_to_write_in_private() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api) as host:
            ada = api.person(17)
            group = {"id": -100, "type": "group", "title": "A group"}
            for text in ("/start", "/start@heartline_bot", "hello"):
                ada.sends(chat=group, text=text)
            await api.taken()
            ((chat, said),) = api.said_in_groups
            assert chat == -100
            assert said.endswith("write to me in private, at https://t.me/heartline_bot")
            assert (await host.store.counts()).conversations == 0

    played(play)


def test_presses_that_this_bot_never_sent_change_nothing() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api) as host:
            ada = api.person(17)
            ada.write("/start")
            shown = await ada.reads("Good evening.")
            for data in ("1:dance", "1:+8", "q3=0", "x" * 64, "\u202e"):
                ada.presses(shown, data)
            query = {"id": "q", "from": ada.user, "chat_instance": "1", "inline_message_id": "i"}
            api.update({"callback_query": {**query, "data": "1:take"}})
            await api.taken()
            assert await sequence(host, ada) == 1
            await ada.may_press(*INN)

    played(play)


def test_what_the_library_cannot_read_keeps_nobody_from_being_heard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def play(api: BotApi) -> None:
        async with serving(api):
            ada = api.person(17)
            ada.sends(sticker={"of a kind": "that is new"}, text="my secret")
            ada.write("/start")
            await ada.reads("Good evening.")
            ada.sends(sticker={"of a kind": "that is new"}, text="my secret")
            await api.taken()

    played(play)
    assert "secret" not in caplog.text
