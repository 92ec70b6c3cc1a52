"""Telegram: what the network does to a bot, and its settings."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from telegram.error import BadRequest, InvalidToken, RetryAfter

from botapi import TOKEN, BotApi, Refused
from chatting import PAIR_OF_TWO
from heartline import ManualClock
from heartline.clock import SystemClock
from heartline.errors import CallerError
from heartline.frontends.commands import COMMANDS
from heartline.frontends.protocol import OutEvent
from heartline.frontends.references import ConversationReference
from heartline.frontends.telegram import Telegram
from heartline.host import Host
from hosting import inn
from telegrams import INN, ROOM, all_delivered, played, sequence, serving, telegram_of, where
from timing import Noting, until

# The library warns of what its own errors do.
pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after")


# The network --------------------------------------------------------------------------------------


def test_the_bot_shows_its_commands_and_asks_for_nothing_that_it_does_not_hear() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api):
            await until(lambda: api.asked_with)
            assert {each["command"]: each["description"] for each in api.commands} == COMMANDS
            assert api.asked_with[0]["allowed_updates"] == (
                '["message", "edited_message", "callback_query"]'
            )

    played(play)


def test_what_the_network_drops_is_tried_again() -> None:
    async def play(api: BotApi) -> None:
        api.fail("getUpdates", None, Refused(502, "Bad Gateway"), Refused(409, "Conflict"))
        api.fail("setMyCommands", Refused(429, "Too Many Requests", retry_after=300))
        api.fail("sendMessage", None, Refused(500, "Internal Server Error"))
        api.fail("answerCallbackQuery", None)
        api.fail("editMessageReplyMarkup", Refused(400, "Bad Request: message can't be edited"))
        async with serving(api, clock=SystemClock()):
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Good evening.")
            ada.press("I take it.")
            await ada.reads("Guest: I take it.")
            await ada.may_press(*INN, *ROOM)

    played(play)


def test_where_the_network_wants_fewer_messages_they_wait() -> None:
    async def play(api: BotApi) -> None:
        slow = Refused(429, "Too Many Requests: retry after 1", retry_after=1)
        async with serving(api) as host:
            ada, ben = api.person(17), api.person(18)
            api.fail("sendMessage 17", slow)
            ada.write("/help")
            ben.write("/help")
            await ben.reads("these words")
            assert not ada.messages  # who waits keeps nobody from the others
            ada.write("/help")
            await ada.reads("these words")
            assert isinstance(host.observer, Noting)
            assert not host.observer.counts["undelivered"]

    played(play)


def test_who_floods_the_bot_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heartline.frontends.telegram._MOMENT", 0.05)

    async def play(api: BotApi) -> None:
        async with serving(api) as host:
            ada, ben = api.person(17), api.person(18)
            api.fail("sendMessage 17", *[Refused(429, "Too Many Requests", retry_after=9)] * 500)
            for _ in range(300):
                ada.write("/help")
            ben.write("/start")
            await ben.reads("Good evening.")
            ben.write("take")
            await ben.reads("I take it.")
            assert await sequence(host, ben) == 2
            assert not ada.messages

    played(play)


def test_where_it_wants_that_for_long_the_host_tries_again() -> None:
    async def play(api: BotApi) -> None:
        async with serving(api, clock=SystemClock()) as host:
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Good evening.")
            api.fail("sendMessage", Refused(429, "Too Many Requests", retry_after=3000))
            ada.press("I take it.")
            await ada.reads("Guest: I take it.")
            assert isinstance(host.observer, Noting)
            assert host.observer.counts["undelivered"] == 1

    played(play)


def test_of_several_messages_those_that_have_arrived_are_not_sent_again() -> None:
    async def play(api: BotApi) -> None:
        telegram = telegram_of(api)
        telegram.patience = 0
        ada = api.person(17)
        events = [OutEvent("a", "first"), OutEvent("a/1", "second")]
        slow = Refused(429, "Too Many Requests", retry_after=1)
        api.fail("sendMessage", slow)
        async with serving(api, telegram=telegram):
            with pytest.raises(RetryAfter):
                await telegram.deliver(where(17), events[:1])
            await telegram.deliver(where(17), events[:1])
            api.fail("sendMessage", slow)
            with pytest.raises(RetryAfter):
                await telegram.deliver(where(17), events)
            await telegram.deliver(where(17), events)
        assert [shown.text for shown in ada.messages] == ["first", "second"]

    played(play)


def test_who_has_blocked_the_bot_finds_their_conversation_when_they_come_back() -> None:
    async def play(api: BotApi) -> None:
        clock = ManualClock()
        async with serving(api, PAIR_OF_TWO, clock=clock) as host:
            ann = api.person(1)
            ann.write("/start")
            await ann.reads("I want to talk.")
            ann.press("Let us wait two weeks.")
            await ann.reads("two weeks left")
            api.blocked.add(1)
            clock.advance(timedelta(days=14))
            assert isinstance(host.observer, Noting)
            noted = host.observer.counts
            await until(lambda: noted["undelivered"])
            await all_delivered(host)
            assert (await host.store.counts()).parked == 0
            api.blocked.clear()
            ann.write("/start")
            await ann.reads("You are in a conversation already; /stop leaves it.\nTwo weeks are")

    played(play)


def test_a_network_that_stays_away_is_told_to_the_operator_and_tried_again() -> None:
    async def play(api: BotApi) -> None:
        sentences: list[str] = []
        api.fail("getUpdates", *[Refused(409, "Conflict: other getUpdates request")] * 6)
        async with serving(api, sentences=sentences):
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Good evening.")
        assert sentences == [
            "The front end telegram broke off (Conflict); it is started again in 0.01 seconds."
        ]

    played(play)


def test_of_several_workers_one_listens_and_all_deliver() -> None:
    async def play(api: BotApi) -> None:
        silent = Telegram(token=TOKEN, base_url=api.url, listen="no")
        async with serving(api, telegram=silent):
            await until(lambda: api.calls["getMe"])
            ada = api.person(17)
            ada.write("/start")
            await silent.deliver(where(17), [OutEvent("a", "It is time.")])
            await ada.reads("It is time.")
        assert not api.calls["getUpdates"]
        assert not api.commands

    played(play)


def test_one_message_that_cannot_be_heard_keeps_nobody_from_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play(api: BotApi) -> None:
        async with serving(api) as host:
            ada, ben = api.person(17), api.person(18)
            seated = host.seated

            async def breaking(reference: str):  # type: ignore[no-untyped-def]
                if '"17"' in reference:
                    raise RuntimeError("this cannot be")
                return await seated(reference)

            monkeypatch.setattr(host, "seated", breaking)
            ada.write("/start")
            ben.write("/start")
            await ben.reads("Good evening.")
            await api.taken()
            assert ada.messages == []

    played(play)


# Its settings, and its secret ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"token": "secret"}, "That is no token of a Telegram bot"),
        ({"token": f"{TOKEN}\n"}, "That is no token of a Telegram bot"),
        ({"token": TOKEN, "base_url": "localhost:8081"}, "The base_url of telegram is the address"),
        ({"token": TOKEN, "base_url": "file:///etc"}, "The base_url of telegram is the address"),
        ({"token": TOKEN, "listen": "maybe"}, "The setting listen of telegram is yes or no."),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(CallerError, match=sentence) as refused:
        Telegram(**settings)
    assert "secret" not in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_a_seat_of_another_bot_is_not_this_ones() -> None:
    telegram = Telegram(token=TOKEN)
    other = ConversationReference("telegram", "12", chat="17")
    with pytest.raises(CallerError, match=r"belongs to the bot 12, and this one is 4711"):
        asyncio.run(telegram.deliver(other, [OutEvent("a", "hello")]))


def test_a_token_that_the_network_does_not_know_is_said_to_be() -> None:
    async def play(api: BotApi) -> None:
        api.token = "4711:another"  # noqa: S105 - which is the point
        telegram = telegram_of(api)
        async with Host("memory:", [inn()]) as host:
            with pytest.raises(CallerError, match="Telegram does not know this token") as refused:
                await telegram.run(host)
        assert refused.value.__cause__ is None

    played(play)


def test_a_server_that_tells_the_token_is_not_repeated() -> None:
    async def play(api: BotApi) -> None:
        telegram = telegram_of(api)
        async with serving(api, telegram=telegram):
            await until(lambda: api.asked_with)
            api.token = "4711:another"  # noqa: S105 - the bot has got a new one
            with pytest.raises(InvalidToken) as failed:
                await telegram.deliver(where(17), [OutEvent("a", "hello")])
        assert "cannot POST /botTOKEN/sendMessage" in str(failed.value)

    played(play)


def test_the_token_is_in_no_log_error_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def play(api: BotApi) -> None:
        telegram = telegram_of(api)
        async with serving(api, telegram=telegram):
            ada = api.person(17)
            ada.write("/start")
            await ada.reads("Good evening.")
            with pytest.raises(BadRequest) as refused:
                await telegram.deliver(where(17), [OutEvent("a", " ")])
            assert TOKEN not in repr(refused.value) + repr(telegram) + str(telegram)

    played(play)
    assert TOKEN.partition(":")[2] not in caplog.text
    assert "Good evening" not in caplog.text  # nor is what people are told
