"""What a host refuses: each a sentence, and nothing has changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from heartline import Choose, ManualClock, Send, Tick
from heartline.errors import (
    CallerError,
    ChoiceClosed,
    DrawImpossible,
    InputError,
    StaleTurn,
    UnknownChoice,
    UnknownConversation,
    UnknownEvent,
)
from heartline.host import Host
from hosting import played, url

__all__ = ["url"]


def test_an_input_for_a_turn_that_has_passed_is_refused_with_the_present_one(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn", seed=1)
        present = await host.submit("chat", Choose("ask", 1))
        with pytest.raises(StaleTurn, match="answers turn 1") as raised:
            await host.submit("chat", Choose("take", 1))
        assert raised.value.present.turn.number == present.turn.number == 2
        assert raised.value.present.turn.lines == present.turn.lines
        assert raised.value.present.sequence == 2

    played(url, play)


def test_what_is_refused_changes_nothing(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        opened = await host.open("chat", "inn", seed=2)
        for error, given in [
            (UnknownChoice, Choose("aks")),
            (UnknownChoice, Choose("ask", role="mo")),
            (ChoiceClosed, Choose("leave")),
            (UnknownEvent, Send("knock")),
            (CallerError, Choose("ask", "1")),  # type: ignore[arg-type]
            (CallerError, "ask"),
        ]:
            with pytest.raises(error):
                await host.submit("chat", given, key="k")  # type: ignore[arg-type]
        with pytest.raises(DrawImpossible):
            await host.submit("chat", Choose("ask"), draws=["go"])
        assert (await host.read("chat")).turn == opened.turn._replace(changes=())
        assert (await host.submit("chat", Choose("ask", 1), key="k")).sequence == 2

    played(url, play)


def test_opening_refuses_what_is_no_good(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        for words, reference, scenario, options in [
            ("did you mean|has no scenario", "chat", "in", {}),
            ("nights is a whole number", "chat", "inn", {"inputs": {"nights": 99}}),
            ("There is no role 'moe'", "chat", "inn", {"seats": ["moe"]}),
            ("There is no role 'moe' in inn to tell; did you mean", "chat", "inn",
             {"tell": {"moe": "x"}}),
            ("A reference is a text", "chat", "inn", {"tell": {"mo": ""}}),
            ("The seed is a whole number", "chat", "inn", {"seed": "x"}),
            ("1 to 512 characters, not ''", "", "inn", {}),
            ("1 to 512", "x" * 513, "inn", {}),
            ("1 to 512", 17, "inn", {}),
            ("cannot hold the character", "a\0b", "inn", {}),
            ("cannot hold the character", "\ud83d", "inn", {}),
            ("belongs to a timer", "chat", "inn", {"key": "timer:tea:1"}),
            ("A key is a text", "chat", "inn", {"key": 3}),
        ]:  # fmt: skip
            with pytest.raises(CallerError, match=words):
                await host.open(reference, scenario, **options)  # type: ignore[arg-type]
        assert (await host.store.counts()).conversations == 0

    played(url, play)


def test_a_conversation_that_is_not_there_is_named_in_the_refusal(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.delete("chat")
        calls: list[Callable[[str], Awaitable[object]]] = [
            host.read, host.undo, host.close, host.delete, host.transcript, host.verify,
            lambda name: host.submit(name, Tick()),
            lambda name: host.fork(name, "other"),
            lambda name: anext(host.events(name)),
        ]  # fmt: skip
        for call in calls:
            for name in ("chat", "never-was-here-22-long"):
                with pytest.raises(UnknownConversation, match=f"no conversation '{name}'"):
                    await call(name)
        with pytest.raises(CallerError, match="name"):
            await host.read("")

    played(url, play)


def test_input_error_is_told_for_values_that_do_not_fit(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        with pytest.raises(InputError, match="does not exist"):
            await host.open("chat", "inn", {"nihgts": 3})

    played(url, play)
