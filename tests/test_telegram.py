"""Telegram: what people in its chats see, against a stand-in of the network over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from telegram.error import BadRequest, InvalidToken, RetryAfter

from botapi import TOKEN, BotApi, Person, Refused
from chatting import ASKING, PAIR, many
from harness import bundled
from heartline import ManualClock, Scenario, loads
from heartline.clock import Clock, SystemClock
from heartline.errors import CallerError, StoreUnavailable
from heartline.frontends.commands import COMMANDS
from heartline.frontends.protocol import Button, OutEvent
from heartline.frontends.references import ConversationReference
from heartline.frontends.stage import Stage
from heartline.frontends.telegram import Telegram
from heartline.host import Host, Store
from heartline.host.stores.memory import MemoryStore
from hosting import inn
from timing import Noting, quick, until

# The library warns of what its own errors do.
pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after")

PAIR_OF_TWO = loads(PAIR)
INN = "How about 1 nights?", "I take it."
ROOM = "What a bed.", "I am off."


def telegram_of(api: BotApi) -> Telegram:
    """The front end at the stand-in, in no mood to wait."""
    telegram = Telegram(token=TOKEN, base_url=api.url)
    telegram.pauses = 0.01, 0.05
    return telegram


@asynccontextmanager
async def serving(
    api: BotApi,
    *scenarios: Scenario,
    clock: Clock | None = None,
    store: Store | str = "memory:",
    telegram: Telegram | None = None,
    sentences: list[str] | None = None,
) -> AsyncIterator[Host]:
    """A worker with the bot: it ends with the block."""
    stage = Stage([telegram or telegram_of(api)], None if sentences is None else sentences.append)
    stage.first_pause = 0.01
    host = Host(
        store, scenarios or [inn()], clock=clock or ManualClock(), deliver=stage.deliver,
        observer=Noting(),
    )  # fmt: skip
    async with quick(host):
        assert host.running.delivering is not None
        host.running.delivering.first_pause = 0.01
        running = asyncio.create_task(stage.run(host))
        try:
            yield host
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def played(play: Callable[[BotApi], Awaitable[None]]) -> None:
    """Play against a stand-in of the network."""

    async def main() -> None:
        async with asyncio.timeout(20), BotApi() as api:
            await play(api)

    asyncio.run(main())


def where(person: int) -> ConversationReference:
    """Where somebody's chat is, as the store has it."""
    return ConversationReference("telegram", "4711", chat=str(person), person=str(person))


async def sequence(host: Host, person: Person) -> int:
    """How much has happened in somebody's conversation."""
    found = await host.seated(where(person.id).text())
    return 0 if found is None else found[0].sequence


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
        async with serving(api, loads(ASKING)):
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


async def conversation(host: Host, person: Person) -> str:
    """The conversation that somebody is in."""
    found = await host.seated(where(person.id).text())
    assert found is not None
    return found[0].id


async def all_delivered(host: Host) -> None:
    """Wait until nothing is left to be told."""
    while (await host.store.counts()).parcels:
        await asyncio.sleep(0.01)


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
