"""Commits that come at once share a transaction, and none of them knows of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from heartline.errors import StoreUnavailable
from heartline.host.stores.gathering import Gathering
from heartline.host.stores.sqlite import SqliteStore
from heartline.host.values import CONFLICT, REPEATED, STORED, TAKEN, Change
from store_contract import at, change, parcel, timer


class Told:
    """Stores nothing, and keeps how many came in each transaction."""

    def __init__(self, fails: bool = False) -> None:
        self.sets: list[int] = []
        self.fails = fails
        self.gathering = Gathering(self.one, self.many)

    async def one(self, change: Change) -> str:
        self.sets.append(0)
        return change.record.id

    async def many(self, changes: list[Change]) -> Sequence[str]:
        self.sets.append(len(changes))
        await asyncio.sleep(0.01)
        if self.fails:
            raise StoreUnavailable("The disk is full.")
        return [change.record.id for change in changes]

    async def commit(self, name: str) -> str:
        return await self.gathering.commit(change(name))


def test_what_comes_at_once_is_stored_at_once_and_each_has_its_answer() -> None:
    async def story() -> None:
        told = Told()
        names = [f"n{number}" for number in range(600)]
        assert await asyncio.gather(*map(told.commit, names)) == names
        assert told.sets == [256, 256, 88]

    asyncio.run(story())


def test_what_comes_while_others_are_stored_comes_next() -> None:
    async def story() -> None:
        told = Told()
        first = asyncio.create_task(told.commit("a"))
        await asyncio.sleep(0.005)
        assert await asyncio.gather(told.commit("b"), told.commit("c")) == ["b", "c"]
        assert await first == "a"
        assert told.sets == [1, 2]

    asyncio.run(story())


def test_who_comes_alone_waits_for_nobody_but_is_asked_now_and_then() -> None:
    async def story() -> None:
        told = Told()
        for _ in range(100):
            assert await told.commit("a") == "a"
        assert told.sets.count(1) == 4
        assert told.sets.count(0) == 96

    asyncio.run(story())


def test_a_transaction_that_fails_is_told_to_all_of_it_and_the_next_goes_on() -> None:
    async def story() -> None:
        told = Told(fails=True)
        outcomes = await asyncio.gather(*map(told.commit, "abc"), return_exceptions=True)
        assert [str(each) for each in outcomes] == ["The disk is full."] * 3
        told.fails = False
        assert await told.commit("d") == "d"

    asyncio.run(story())


def test_who_leaves_takes_nobody_along() -> None:
    async def story() -> None:
        told = Told()
        leaving, staying = (asyncio.create_task(told.commit(name)) for name in "ab")
        await asyncio.sleep(0.005)
        leaving.cancel()
        assert await staying == "b"
        with contextlib.suppress(asyncio.CancelledError):
            await leaving
        await told.gathering.close()

    asyncio.run(story())


@pytest.mark.parametrize("parcels", [False, True])
def test_each_change_of_a_gathering_is_whole_or_not_there(tmp_path: Path, parcels: bool) -> None:
    async def story() -> None:
        async with SqliteStore(f"sqlite:///{tmp_path}/x.db?synchronous=OFF") as store:
            names = [f"n{number:02}" for number in range(40)]
            await store.commit_all([change(name, key="k1") for name in names])

            def second(number: int) -> Change:
                name = names[number]
                sent = (parcel(name, sequence=2),) if parcels else ()
                timers = (timer(name, 1),)
                if number == 7:
                    return change(name, 4, timers=timers, parcels=sent)
                if number == 9:
                    return change(name, 2, key="k1", timers=timers, parcels=sent)
                if number == 11:
                    return change("new", reference="chat-n00", timers=timers)
                return change(name, 2, key="k2", timers=timers, parcels=sent)

            outcomes = await asyncio.gather(*(store.commit(second(n)) for n in range(40)))
            assert outcomes[7:12] == [CONFLICT, STORED, REPEATED, STORED, TAKEN]
            assert outcomes.count(STORED) == 37
            counts = await store.counts()
            assert (counts.conversations, counts.timers, counts.parcels) == (40, 37, 37 * parcels)
            assert [len(await store.log(name)) for name in names[6:12]] == [2, 1, 2, 1, 2, 1]
            assert await store.next_due() == at(1)

    asyncio.run(story())
