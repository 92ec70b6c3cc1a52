"""Many at one conversation: each input happens once, wherever it comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from heartline import Choose, ManualClock, Send, Tick
from heartline.errors import (
    Contended,
    ConversationOver,
    HeartlineError,
    ReferenceTaken,
    StaleTurn,
    StoreUnavailable,
    UnknownConversation,
)
from heartline.host import Host, Store
from heartline.host import touching as touching_room
from heartline.host.holding import Holding
from heartline.host.stores.memory import MemoryStore
from heartline.host.values import CONFLICT, Change
from hosting import Watching, host_on, inn, later, lines, url

__all__ = ["url"]

TwoPlay = Callable[[Host, Host, ManualClock], Awaitable[None]]


def two_hosts(url: str, play: TwoPlay, **options: Any) -> None:
    """Play on two hosts with one store, as two workers have it."""

    async def main() -> None:
        clock = ManualClock()
        async with host_on(url, clock=clock, **options) as one:
            if url == "memory:":
                two = Host(one.store, [inn()], clock=clock, **options)
                await two.versions.begin(one.store)
                await play(one, two, clock)
            else:
                async with host_on(url, clock=clock, **options) as two:
                    await play(one, two, clock)

    asyncio.run(main())


async def settled(calls: Sequence[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


def test_of_many_answers_to_one_turn_one_counts(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        await one.open("chat", "inn", {"nights": 0})
        told = await settled(
            [
                host.submit("chat", Choose("ask", 1), key=f"{n}")
                for n in range(6)
                for host in (one, two)
            ]
        )
        assert sum(not isinstance(each, Exception) for each in told) >= 1
        for each in told:
            if isinstance(each, Exception):
                assert isinstance(each, StaleTurn | Contended)
        log = await one.transcript("chat")
        assert [each.kind for each in log] == ["opened", "chose"]
        assert await two.verify("chat") is None

    two_hosts(url, play)


def test_inputs_without_a_turn_all_happen_one_after_the_other(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        await one.open("chat", "inn")
        await settled([one.submit("chat", Send("bell"), key=f"{n}") for n in range(20)])
        await settled([two.submit("chat", Send("bell"), key=f"{n}") for n in range(10, 30)])
        log = await two.transcript("chat")
        assert [each.turn for each in log] == list(range(1, 32))
        assert await one.verify("chat") is None

    two_hosts(url, play)


def test_two_workers_fed_the_same_inputs_apply_each_once(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        names = [f"chat-{n}" for n in range(5)]
        for name in names:
            await one.open(name, "inn", key="open")

        async def worker(host: Host) -> None:
            for n in range(12):
                for name in names:
                    while True:
                        try:
                            await host.submit(name, Send("bell"), key=f"k{n}")
                            break
                        except Contended:
                            continue

        await asyncio.gather(worker(one), worker(two), worker(two))
        for name in names:
            log = await one.store.log((await one.read(name)).conversation)
            assert [entry.key for entry in log] == ["open", *(f"k{n}" for n in range(12))]
            assert await two.verify(name) is None

    two_hosts(url, play)


def test_what_a_host_has_in_hand_may_be_of_yesterday(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        await one.open("chat", "inn", seed=1)
        await two.submit("chat", Choose("take", 1))
        assert (await one.read("chat")).turn.state == "room"
        assert (await one.submit("chat", Choose("rest", 2))).sequence == 3
        # The other host knows of no third entry; what it would refuse, it looks up first.
        assert (await two.submit("chat", Choose("rest", 3))).sequence == 4
        with pytest.raises(StaleTurn) as raised:
            await one.submit("chat", Choose("rest", 3))
        assert raised.value.present.sequence == 4
        await two.close("chat")
        assert (await one.close("chat")).sequence == 5
        with pytest.raises(ConversationOver):
            await one.submit("chat", Choose("rest"))

    two_hosts(url, play)


def test_a_quiet_tick_of_a_host_that_was_away_shows_where_it_stands(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        await one.open("chat", "inn")
        await two.submit("chat", Choose("take"))
        assert (await one.submit("chat", Tick())).turn.state == "room"

    two_hosts(url, play)


def test_a_reference_leads_to_the_conversation_that_has_it_now(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        first = await one.open("chat", "inn")
        await two.close("chat")
        second = await two.open("chat", "inn")
        for given in (Choose("ask", 1), Send("bell"), Tick()):
            answer = await one.submit("chat", given)
            assert answer.conversation == second.conversation
        with pytest.raises(ConversationOver):
            await one.submit(first.conversation, Choose("ask"))
        await two.delete("chat")
        with pytest.raises(ConversationOver):  # what had the reference before has it again
            await one.submit("chat", Choose("ask"))
        await two.delete(first.conversation)
        with pytest.raises(UnknownConversation):
            await one.submit("chat", Choose("ask"))

    two_hosts(url, play)


def test_what_is_due_fires_once_whoever_touches_it(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        await one.open("chat", "inn")
        await two.submit("chat", Choose("take"))
        later(clock, hours=1)
        await settled([host.submit("chat", Tick()) for host in (one, two, one, two)])
        fired = [each for each in await one.transcript("chat") if each.kind == "fired"]
        assert [[line.text for line in each.said] for each in fired] == [["Your tea!"]]
        assert await one.verify("chat") is None

    two_hosts(url, play)


def test_undo_at_two_hosts_takes_back_what_was_there(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        await one.open("chat", "inn")
        await two.submit("chat", Choose("take"))
        await one.submit("chat", Choose("rest"))
        assert (await two.undo("chat")).turn.state == "room"
        assert (await one.undo("chat")).turn.state == "desk"
        assert await one.verify("chat") is None

    two_hosts(url, play)


def test_different_conversations_go_on_side_by_side(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        await settled([one.open(f"chat-{n}", "inn") for n in range(20)])
        told = await settled([two.submit(f"chat-{n}", Choose("take")) for n in range(20)])
        assert {answer.turn.state for answer in told} == {"room"}

    two_hosts(url, play)


class Fickle(MemoryStore):
    """A store in which others are faster, or which does not answer, for as long as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.conflicts = 0
        self.fault: Exception | None = None
        self.lost: Exception | None = None  # raised after it was stored

    async def commit(self, change: Change) -> str:
        if self.fault is not None:
            raise self.fault
        if change.before and self.conflicts:
            self.conflicts -= 1
            return CONFLICT
        told = await super().commit(change)
        if self.lost is not None:
            raise self.lost
        return told


def fickle(play: Callable[[Host, Fickle, Watching], Awaitable[None]]) -> None:
    async def main() -> None:
        store, watching = Fickle(), Watching()
        async with host_on("memory:", observer=watching) as _:
            host = Host(store, [inn()], clock=ManualClock(), observer=watching)
            async with host:
                await play(host, store, watching)

    asyncio.run(main())


def test_where_others_are_faster_it_is_tried_again_but_not_for_ever() -> None:
    async def play(host: Host, store: Fickle, watching: Watching) -> None:
        await host.open("chat", "inn")
        store.conflicts = 7
        assert (await host.submit("chat", Choose("take", 1))).sequence == 2
        assert watching.told.count(("conflict",)) == 7
        store.conflicts = 8
        with pytest.raises(Contended, match="'chat' was changed by others 8 times"):
            await host.submit("chat", Choose("rest", 2))
        assert (await host.submit("chat", Choose("rest", 2))).sequence == 3

    fickle(play)


def test_an_answer_that_was_lost_comes_again_with_the_same_key() -> None:
    async def play(host: Host, store: Fickle, watching: Watching) -> None:
        await host.open("chat", "inn")
        store.lost = StoreUnavailable("The connection broke.")
        with pytest.raises(StoreUnavailable):
            await host.submit("chat", Choose("take", 1), key="t")
        store.lost = None
        again = await host.submit("chat", Choose("take", 1), key="t")
        assert again.repeated
        assert again.turn.state == "room"
        store.fault = StoreUnavailable("The disk is full.")
        with pytest.raises(StoreUnavailable):
            await host.submit("chat", Choose("rest", 2), key="r")
        store.fault = None
        rest = await host.submit("chat", Choose("rest", 2), key="r")
        assert (rest.repeated, rest.sequence) == (False, 3)
        assert ("refused", "StoreUnavailable") in watching.told

    fickle(play)


def test_a_store_that_takes_no_beginning_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(tried: int) -> None:
        assert tried < 8

    async def play(host: Host, store: Fickle, watching: Watching) -> None:
        async def never(change: Change) -> str:
            return CONFLICT

        monkeypatch.setattr(store, "commit", never)
        monkeypatch.setattr("heartline.host.host.pause", at_once)
        with pytest.raises(Contended):
            await host.open("chat", "inn")
        with pytest.raises(UnknownConversation):
            await host.fork("chat", "other")

    fickle(play)


def test_who_waits_for_a_conversation_may_give_up() -> None:
    async def main() -> None:
        async with host_on("memory:") as host:
            touching = host.touching
            await touching.enter("a")
            tasks = [asyncio.create_task(touching.enter("a")) for _ in range(3)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            await asyncio.sleep(0)
            touching.leave("a")
            await tasks[1]
            assert not tasks[2].done()
            touching.leave("a")
            await tasks[2]
            touching.leave("a")
            assert tasks[0].cancelled()

    asyncio.run(main())


def test_a_host_holds_the_conversations_that_were_last_touched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(touching_room, "MOST_HELD", 3)

    async def main() -> None:
        async with host_on("memory:") as host:
            for n in range(5):
                await host.open(f"chat-{n}", "inn")
            holding = host.touching.holding
            assert [holding.named(f"chat-{n}") is not None for n in range(5)] == [
                False, False, True, True, True,
            ]  # fmt: skip
            answer = await host.submit("chat-0", Choose("take"))
            assert holding.named("chat-2") is None
            held = holding.get(answer.conversation)
            assert held is not None
            older = held._replace(record=held.record._replace(sequence=held.record.sequence - 1))
            holding.put(older)
            assert holding.named("chat-0") is held
            await host.close("chat-0")
            assert holding.named("chat-0") is None
            assert holding.get(answer.conversation) is not None
            holding.drop(answer.conversation)
            holding.drop(answer.conversation)
            assert holding.get(answer.conversation) is None

    asyncio.run(main())


def test_holding_nothing_is_possible() -> None:
    async def main() -> None:
        async with host_on("memory:") as host:
            host.touching.holding = Holding(0)
            await host.open("chat", "inn")
            room = await host.submit("chat", Choose("take", 1))
            assert lines(room) == ["guest: I take it."]
            assert await host.verify("chat") is None

    asyncio.run(main())


def test_a_host_whose_scenarios_cannot_be_kept_closes_its_store() -> None:
    class Broken(MemoryStore):
        closed = False

        async def tally(self) -> Sequence[tuple[str, str, str, str, int]]:
            raise StoreUnavailable("It went away.")

        async def __aexit__(self, *error: object) -> None:
            self.closed = True

    async def main() -> None:
        store: Store = Broken()
        with pytest.raises(StoreUnavailable):
            async with Host(store, [inn()]):
                pass
        assert isinstance(store, Broken)
        assert store.closed

    asyncio.run(main())


def test_scenarios_that_do_not_load_are_named_and_the_others_serve(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("heartline: 1\nid: broken\n")

    async def main() -> None:
        async with Host("memory:", [inn(), tmp_path], clock=ManualClock()) as host:
            assert list(host.unavailable) == ["broken"]
            with pytest.raises(HeartlineError, match="broken"):
                await host.open("chat", "broken")
            assert (await host.open("chat", "inn")).status == "live"

    asyncio.run(main())


def test_a_reference_that_is_taken_names_who_has_it(url: str) -> None:
    async def play(one: Host, two: Host, clock: ManualClock) -> None:
        told = await settled([host.open("chat", "inn") for host in (one, two, one, two)])
        opened = [each for each in told if not isinstance(each, Exception)]
        refused = [each for each in told if isinstance(each, ReferenceTaken)]
        assert (len(opened), len(refused)) == (1, 3)
        assert {each.conversation for each in refused} == {opened[0].conversation}

    two_hosts(url, play)
