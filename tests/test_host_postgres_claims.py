"""Who is at which conversations of a PostgreSQL server.

What any store promises of claims is in store_contract. Here is what a claim leaves on the
server, and that it ends with the connection of whoever made it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

import postgres
from heartline.host.store import open_store
from heartline.host.stores import pgqueries as queries
from heartline.host.values import CONFLICT, OVER, STORED, Record
from store_contract import LONG, SHORT, at, change, timer


@pytest.fixture
def url() -> str:
    return postgres.server().url()


def rows(url: str) -> list[str]:
    """The sets that are claimed, as the server keeps them."""
    schema = url.partition("search_path=")[2].partition("&")[0]
    asked = "SELECT conversations FROM heartline_claims ORDER BY number"
    return postgres.server().sql(f"SET search_path = {schema}", asked).split()


async def due(store: Any, names: Sequence[str]) -> None:
    told = await store.commit_all(
        [change(name, timers=(timer(name, number),)) for number, name in enumerate(names, 1)]
    )
    assert set(told) == {STORED}


def ids(records: Sequence[Record]) -> list[str]:
    return [each.id for each in records]


def test_what_a_worker_was_at_is_free_when_its_connection_ends(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store, open_store(url + "&pool=1") as killed:
            await due(store, "abc")
            assert ids(await killed.claim(at(9), 2, LONG)) == ["a", "b"]
            assert ids(await store.claim(at(9), 9, LONG)) == ["c"]
            assert await store.next_due() is None
            connection = await killed._connections._take()  # type: ignore[attr-defined]
            connection.terminate()  # as where it is killed: nothing is said to the server
            async with asyncio.timeout(20):
                while await store.next_due() is None:
                    await asyncio.sleep(0.01)
            assert await store.next_due() == at(1)
            assert ids(await store.claim(at(9), 9, LONG)) == ["a", "b"]
            killed._connections._give(connection)  # type: ignore[attr-defined]
            # Whoever lives after all is told that others have gone on.
            assert await store.commit(change("a", 2, timers=())) == STORED
            assert await killed.commit(change("a", 2, timers=())) == CONFLICT

    asyncio.run(play())


def test_a_set_that_is_done_leaves_nothing(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store:
            await due(store, "abcdef")
            assert ids(await store.claim(at(9), 2, LONG)) == ["a", "b"]
            assert rows(url) == ["{a,b}"]
            done = [change(name, 2, timers=(), status=OVER) for name in "ab"]
            assert set(await store.commit_all(done)) == {STORED}
            assert ids(await store.claim(at(9), 3, LONG)) == ["c", "d", "e"]
            assert rows(url) == ["{c,d,e}"]
            # Of what one could not go on with, the rest is kept until its time is over.
            assert await store.commit(change("c", 2, timers=())) == STORED
            assert await store.commit(change("e", 2, timers=())) == STORED
            assert ids(await store.claim(at(9), 3, SHORT)) == ["f"]
            assert rows(url) == ["{d}", "{f}"]
            await asyncio.sleep(2 * SHORT)
            assert ids(await store.claim(at(9), 3, SHORT)) == ["f"]
            assert rows(url) == ["{d}", "{f}"]
            await asyncio.sleep(2 * SHORT)
            assert await store.commit(change("f", 2, timers=())) == STORED  # late, but first
            assert ids(await store.claim(at(9), 3, SHORT)) == []
            assert rows(url) == ["{d}"]
            assert await store.commit(change("d", 2, timers=())) == STORED
            assert ids(await store.claim(at(9), 3, SHORT)) == []
            assert rows(url) == []

    asyncio.run(play())


def test_who_is_claimed_again_after_others_went_on_is_in_one_set(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store, open_store(url) as other:
            await due(store, "ab")
            assert ids(await store.claim(at(9), 9, LONG)) == ["a", "b"]
            new = change("a", 2, timers=(timer("a", 2, generation=2),))
            assert await other.commit(new) == STORED
            assert await store.next_due() == at(2)
            assert ids(await store.claim(at(9), 9, LONG)) == ["a"]
            done = [change("a", 3, timers=()), change("b", 2, timers=())]
            assert set(await store.commit_all(done)) == {STORED}
            assert ids(await store.claim(at(9), 9, LONG)) == []
            assert rows(url) == []

    asyncio.run(play())


def test_claims_of_many_workers_come_one_after_the_other(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store, open_store(url) as other:
            names = [f"n{number:03}" for number in range(300)]
            await due(store, names)
            claims = [(store, other)[n % 2].claim(at(999), 10, LONG) for n in range(32)]
            found = [ids(each) for each in await asyncio.gather(*claims)]
            assert sorted(name for each in found for name in each) == names
            assert sorted(map(len, found)) == [0, 0] + [10] * 30

    asyncio.run(play())


def test_a_claim_that_does_not_end_keeps_nobody_from_theirs(url: str) -> None:
    """As where the network takes no answer: the server has not ended it, and holds its locks."""

    async def play() -> None:
        async with open_store(url) as store, open_store(url) as hangs:
            await due(store, "abcd")
            assert ids(await store.claim(at(9), 1, SHORT)) == ["a"]
            assert ids(await store.claim(at(9), 2, LONG)) == ["b", "c"]
            assert await store.commit(change("b", 2, timers=())) == STORED
            await asyncio.sleep(2 * SHORT)
            connection = await hangs._connections._take()  # type: ignore[attr-defined]
            async with connection.transaction():
                await connection.fetch(queries.CLAIM, 10**18, 1, LONG, [], [], [])
                await connection.fetch("SELECT FROM heartline_claims FOR UPDATE")
                async with asyncio.timeout(20):
                    assert ids(await store.claim(at(9), 9, LONG)) == ["a", "d"]
            hangs._connections._give(connection)  # type: ignore[attr-defined]

    asyncio.run(play())
