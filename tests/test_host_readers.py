"""Who follows a conversation, and who is told of it."""

from __future__ import annotations

import asyncio

from heartline import Choose, ManualClock, Tick
from heartline.host import Host, Parcel
from hosting import later, played, url

__all__ = ["url"]


def test_readers_follow_a_conversation_until_it_is_over(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn", seed=1)

        async def follow(after: int) -> list[tuple[int, str, str | None, str | None]]:
            return [
                (each.sequence, each.kind, each.choice, each.role)
                async for each in host.events("chat", after)
            ]

        readers = [asyncio.create_task(follow(after)) for after in (0, 1, 2)]
        await asyncio.sleep(0)
        await host.submit("chat", Choose("take", role="guest"))
        await asyncio.sleep(0.01)
        await host.submit("chat", Choose("go"))
        all_of_it = [
            (1, "opened", None, None),
            (2, "chose", "take", "guest"),
            (3, "chose", "go", None),
        ]
        for after, reader in enumerate(readers):
            assert await asyncio.wait_for(reader, 20) == all_of_it[after:]
        assert await follow(3) == []

    played(url, play)


def test_readers_may_begin_before_the_first_entry(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        await host.close("chat")
        assert [each.sequence async for each in host.events("chat", -3)] == [1, 2]

    played(url, play)


def test_readers_of_a_conversation_that_is_deleted_come_to_an_end(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn")
        events = host.events("chat")
        assert (await anext(events)).kind == "opened"
        following = asyncio.create_task(anext(events, None))
        await asyncio.sleep(0.01)
        await host.delete("chat")
        assert await asyncio.wait_for(following, 20) is None
        await events.aclose()

    played(url, play)


def test_who_is_to_be_told_has_parcels_with_what_that_role_may_hear(url: str) -> None:
    async def deliver(reference: str, parcel: Parcel) -> None:
        raise AssertionError

    async def play(host: Host, clock: ManualClock) -> None:
        opened = await host.open("chat", "inn", tell={"guest": "chat", "mo": "desk"})
        await host.submit("chat", Choose("take"), sender="desk")
        later(clock, hours=1)
        await host.submit("chat", Tick(), sender="chat")
        await host.close("chat", sender="chat")
        found = []
        while parcels := await host.store.parcels(clock.now(), 10, 60):
            found += parcels
            await host.store.delivered(parcels)
        told = sorted((each.sequence, each.index, each.reference) for each in found)
        assert told == [
            (1, 1, "desk"), (2, 0, "chat"), (3, 0, "chat"), (3, 1, "desk"), (4, 1, "desk"),
        ]  # fmt: skip
        first = next(each for each in found if each.sequence == 1)
        assert first.id == f"{opened.conversation}:1:1"
        assert {**first.payload, "said": ()} == {
            "conversation": opened.conversation, "sequence": 1, "kind": "opened", "role": "mo",
            "turn": 1, "state": "desk", "outcome": None, "said": (),
        }  # fmt: skip
        assert [said[2] for said in first.payload["said"]] == ["It rains.", "Tired."]

    played(url, play, deliver=deliver)


def test_without_somebody_who_delivers_nothing_waits_for_delivery(url: str) -> None:
    async def play(host: Host, clock: ManualClock) -> None:
        await host.open("chat", "inn", tell={"mo": "desk"})
        assert (await host.store.counts()).parcels == 0

    played(url, play)
