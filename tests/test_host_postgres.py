"""What can go wrong with a PostgreSQL server, and that nothing is lost then.

What any store does is in store_contract, what the tables are in test_host_postgres_tables.py.
Here connections break in the middle of a commit, the server restarts or is killed, or all
connections are in use.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import postgres
from heartline.errors import CallerError, StoreUnavailable
from heartline.host.store import Store, open_store
from heartline.host.stores import pgpool
from heartline.host.stores.postgres import PostgresStore
from heartline.host.values import CONFLICT, OVER, REPEATED, STORED, TAKEN, Filter
from store_contract import LONG, change, parcel


@pytest.fixture
def url() -> str:
    return postgres.server().url()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pgpool, "PATIENCE", 0.4)
    monkeypatch.setattr(pgpool, "AT_FIRST", 0.4)


@pytest.fixture(scope="module")
def own() -> Iterator[postgres.Server]:
    """A server that a test may stop."""
    postgres.server()  # skips where there is none
    server = postgres.Server()
    yield server
    server.remove()


# A connection that breaks in the middle of a commit ---------------------------------------------


class Line:
    """Stands between a store and the server, and breaks while something is stored: before it
    arrives there, or after, so that the answer is lost."""

    def __init__(self, *breaks: str) -> None:
        self.breaks = list(breaks)
        self.meanwhile: Callable[[], Coroutine[Any, Any, Any]] | None = None

    @contextlib.asynccontextmanager
    async def store(self, url: str, folder: Path) -> AsyncIterator[PostgresStore]:
        """A store whose connections go through here."""
        there = str(postgres.server().folder)
        lines: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            lines.add(task)
            answer, request = await asyncio.open_unix_connection(f"{there}/.s.PGSQL.5432")
            broken = asyncio.Event()
            ways = [
                asyncio.create_task(self._forth(reader, request, broken)),
                asyncio.create_task(self._back(answer, writer, broken)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            for end in (writer, request):
                end.close()
            await asyncio.gather(*ways, return_exceptions=True)

        async with await asyncio.start_unix_server(connected, folder / ".s.PGSQL.5432"):
            elsewhere = url.replace(quote(there, safe=""), quote(str(folder), safe=""))
            async with PostgresStore(elsewhere) as store:
                yield store
        await asyncio.gather(*lines)

    async def _forth(
        self, reader: asyncio.StreamReader, request: asyncio.StreamWriter, broken: asyncio.Event
    ) -> None:
        while data := await reader.read(1 << 20):
            if self.breaks and b"a-tale" in data:  # nothing but what is stored has this in it
                if self.breaks.pop(0) == "before":
                    return
                broken.set()
            request.write(data)

    async def _back(
        self, answer: asyncio.StreamReader, writer: asyncio.StreamWriter, broken: asyncio.Event
    ) -> None:
        while data := await answer.read(1 << 20):
            if broken.is_set():
                if self.meanwhile is not None:
                    await self.meanwhile()
                return
            writer.write(data)


def tale(name: str, sequence: int = 1, **others: Any) -> Any:
    return change(name, sequence, state="a-tale", **others)


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_a_commit_whose_connection_breaks_is_stored_once(
    url: str, tmp_path: Path, breaks: str
) -> None:
    async def play() -> None:
        line = Line()
        async with line.store(url, tmp_path) as store:
            await store.commit(change("b"))
            for sequence, key in ((1, "k1"), (2, None)):
                line.breaks.append(breaks)
                sent = (parcel("a", sequence=sequence),)
                assert await store.commit(tale("a", sequence, key=key, parcels=sent)) == STORED
                assert not line.breaks
            assert [each.sequence for each in await store.log("a")] == [1, 2]
            assert (await store.counts()).parcels == 2
            # It is no excuse for a key that was used before, or for another's entry.
            line.breaks.append("before")
            assert await store.commit(tale("a", 3, key="k1")) == REPEATED
            line.breaks.append("before")
            assert await store.commit(tale("b", 1, key="mine")) == CONFLICT

    asyncio.run(play())


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_a_set_whose_connection_breaks_is_stored_once(
    url: str, tmp_path: Path, breaks: str
) -> None:
    async def play() -> None:
        line = Line()
        async with line.store(url, tmp_path) as store:
            await store.commit(change("c", key="k"))
            line.breaks.append(breaks)
            told = await store.commit_all(
                [tale("b"), tale("c", 2, key="k"), tale("a"), tale("d", 2)]
            )
            assert told == [STORED, REPEATED, STORED, CONFLICT]
            assert not line.breaks
            assert [each.id async for each in store.records(Filter())] == ["a", "b", "c"]
            assert [len(await store.log(name)) for name in "abc"] == [1, 1, 1]

    asyncio.run(play())


def test_a_commit_is_known_again_when_others_have_gone_on(url: str, tmp_path: Path) -> None:
    async def play() -> None:
        line = Line()
        async with line.store(url, tmp_path) as store, open_store(url) as other:
            await store.commit(tale("a"))
            line.meanwhile = lambda: other.commit(change("a", 3))
            line.breaks.append("after")
            assert await store.commit(tale("a", 2)) == STORED
            assert [each.sequence for each in await store.log("a")] == [1, 2, 3]
            # Another has stored the entry of this number, and this one was not.
            line.meanwhile = None
            await other.commit(change("b"))
            await other.commit(change("b", 2, key="theirs"))
            line.breaks.append("before")
            assert await store.commit(tale("b", 2, key="ours")) == CONFLICT

    asyncio.run(play())


# Commits at once ----------------------------------------------------------------------------------


def test_of_commits_that_come_at_once_each_is_told_what_became_of_it(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store, open_store(url) as other:
            await store.commit(change("n0", key="k"))
            await store.commit(change("n1"))
            sent = [
                *[change(f"n{number}", 2 if number < 2 else 1) for number in range(50)],
                change("n0", 2, key="k"),
                change("n1", 2, turn=9),
                change("n60", reference="chat-n5"),
                change("n61", state="a\0b"),
                change("n62", 7),
            ]
            told = await asyncio.gather(*map(store.commit, sent), return_exceptions=True)
            assert {told[1], told[51]} == {STORED, CONFLICT}  # one of them is the first
            assert told[:1] + told[2:50] == [STORED] * 49
            assert [told[50], told[52], told[54]] == [REPEATED, TAKEN, CONFLICT]
            assert isinstance(told[53], CallerError)
            assert (await other.counts()).conversations == 50
            assert len(await other.log("n1")) == 2

    asyncio.run(play())


def test_who_waits_for_others_and_is_cancelled_has_stored_nothing(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store:
            await store.commit(change("a"))
            tasks = [asyncio.create_task(store.commit(change(name))) for name in "bcdef"]
            await asyncio.sleep(0)
            tasks[3].cancel()
            told = await asyncio.gather(*tasks, return_exceptions=True)
            assert isinstance(told.pop(3), asyncio.CancelledError)
            assert told == [STORED] * 4
            assert await store.get("e") is None
            assert await store.commit(change("e")) == STORED

    asyncio.run(play())


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_commits_at_once_whose_connection_breaks_are_stored_once(
    url: str, tmp_path: Path, breaks: str
) -> None:
    async def play() -> None:
        line = Line()
        async with line.store(url, tmp_path) as store:
            line.breaks += [breaks] * 3
            names = [f"n{number}" for number in range(20)]
            told = await asyncio.gather(*[store.commit(tale(name)) for name in names])
            assert told == [STORED] * 20
            assert not line.breaks
            assert (await store.counts()).conversations == 20

    asyncio.run(play())


def test_two_of_a_set_that_want_one_reference_are_told_apart(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store:
            await store.commit(change("a", reference="r"))
            await store.commit(change("a", 2, reference="r", status=OVER))
            told = await store.commit_all(
                [change("a", 3, reference="r"), change("b", reference="r"), change("c")]
            )
            assert sorted(told[:2]) == [STORED, TAKEN]
            assert told[2] == STORED

    asyncio.run(play())


# A server that goes and comes --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_is_started_again_loses_nothing(own: postgres.Server, how: str) -> None:
    url = own.url("pool=4")

    def again() -> None:
        getattr(own, how)()
        time.sleep(0.1)
        own.start()

    async def play() -> None:
        async with open_store(url) as store:
            names = [f"n{number}" for number in range(8)]
            await store.commit_all([change(name) for name in names])
            over = asyncio.Event()
            reached = dict.fromkeys(names, 1)

            async def talk(name: str) -> None:
                while not over.is_set():
                    reached[name] += 1
                    assert await store.commit(change(name, reached[name])) == STORED

            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(talk(name))
                for _ in range(2):
                    await asyncio.sleep(0.1)
                    await asyncio.to_thread(again)
                    before = dict(reached)
                    while any(reached[name] < before[name] + 3 for name in names):
                        await asyncio.sleep(0.01)
                over.set()
            for name in names:
                log = await store.log(name, 0, 100_000)
                assert [each.sequence for each in log] == list(range(1, reached[name] + 1))

    asyncio.run(play())


def test_a_server_that_stays_away_is_said_so(own: postgres.Server, impatient: None) -> None:
    url = own.url()

    async def play() -> None:
        async with open_store(url) as store:
            await store.commit(change("a"))
            waiting = asyncio.create_task(store.wait("a", 1, LONG))
            await asyncio.sleep(0.05)
            own.stop()
            with pytest.raises(StoreUnavailable, match="does not answer: see whether it runs"):
                await store.commit(change("a", 2))
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                async with open_store(url):
                    pass
            await waiting  # whoever follows is not left alone: the next question says what is wrong
            own.start()
            assert await store.commit(change("a", 2)) == STORED

    asyncio.run(play())


@pytest.mark.parametrize("answers", [False, True])
def test_who_cannot_begin_is_told_where_to_look_and_of_nothing_stored(
    answers: bool, impatient: None
) -> None:
    async def play(port: int) -> None:
        url = f"postgresql://ana:quietmouse@127.0.0.1:{port}/it"
        with pytest.raises(StoreUnavailable) as caught:
            async with open_store(url):
                pass
        why = "it does not answer" if answers else "nothing listens there"
        assert str(caught.value) == (
            f"PostgreSQL cannot be reached at 127.0.0.1:{port} ({why}): see whether it runs, "
            "whether host and port are right in its URL (or in PGHOST and PGPORT), and whether a "
            "firewall is in between."
        )

    with socket.socket() as here:
        here.bind(("127.0.0.1", 0))
        if answers:
            here.listen()  # and says nothing
        asyncio.run(play(here.getsockname()[1]))


def test_who_cannot_begin_is_told_so_in_a_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    async def silent(_dsn: str, *, timeout: float, **_: object) -> None:
        asked.append(timeout)
        raise TimeoutError

    monkeypatch.setattr("asyncpg.connect", silent)
    monkeypatch.setattr(pgpool, "_PAUSES", (pgpool.AT_FIRST, 0.0))  # as if it had taken so long

    async def play() -> None:
        async with open_store("postgresql://here/it"):
            pass

    with pytest.raises(StoreUnavailable, match=r"reached at here:5432 \(it does not answer\)"):
        asyncio.run(play())
    assert sum(asked) <= 5


def test_all_connections_in_use_is_said_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        async with open_store(url + "&pool=1") as store, open_store(url) as other:
            monkeypatch.setattr(pgpool, "PATIENCE", 0.2)
            await store.commit(change("a"))
            holder = await other._connections._take()  # type: ignore[attr-defined]
            async with holder.transaction():
                await holder.execute("SELECT FROM heartline_conversations FOR UPDATE")
                held = asyncio.create_task(store.commit(change("a", 2)))
                await asyncio.sleep(0.05)
                with pytest.raises(StoreUnavailable, match=r"All 1 connections .*\?pool=32"):
                    await store.get("a")
                held.cancel()
            with pytest.raises(asyncio.CancelledError):
                await held
            other._connections._give(holder)  # type: ignore[attr-defined]
            # Whoever was cancelled has given its connection back.
            assert await store.get("a") is not None

    asyncio.run(play())


def test_what_waits_for_a_lock_does_not_wait_forever(url: str, impatient: None) -> None:
    async def play() -> None:
        async with open_store(url) as store, open_store(url) as other:
            await store.commit(change("a"))
            holder = await other._connections._take()  # type: ignore[attr-defined]
            async with holder.transaction():
                await holder.execute("SELECT FROM heartline_conversations FOR UPDATE")
                with pytest.raises(StoreUnavailable, match="does not answer"):
                    await store.commit(change("a", 2))
            other._connections._give(holder)  # type: ignore[attr-defined]

    asyncio.run(play())


def test_a_server_that_allows_too_little_time_is_said_so(url: str, impatient: None) -> None:
    async def play() -> None:
        async with open_store(url + "&statement_timeout=100") as store, open_store(url) as other:
            await store.commit(change("a"))
            holder = await other._connections._take()  # type: ignore[attr-defined]
            async with holder.transaction():
                await holder.execute("SELECT FROM heartline_conversations FOR UPDATE")
                with pytest.raises(StoreUnavailable, match=r"statement timeout\): allow the user"):
                    await store.commit(change("a", 2))
            assert await store.commit(change("a", 2)) == STORED
            other._connections._give(holder)  # type: ignore[attr-defined]

    asyncio.run(play())


def test_workers_that_store_the_same_at_once_do_not_block_each_other(url: str) -> None:
    """In whichever order they name it: a set is locked in the order of its ids."""

    async def play() -> None:
        names = [f"n{number:02}" for number in range(60)]
        async with open_store(url) as one, open_store(url) as other:
            await one.commit_all([change(name) for name in names])
            counts = dict.fromkeys(names, 1)
            drawn = random.Random(7)

            async def work(store: Store) -> None:
                for _ in range(25):
                    some = drawn.sample(names, 40)
                    changes = [change(name, counts[name] + 1) for name in some]
                    told = await store.commit_all(changes)
                    for each, outcome in zip(changes, told, strict=True):
                        if outcome == STORED:
                            assert counts[each.record.id] == each.before, "stored twice"
                            counts[each.record.id] += 1
                        else:
                            assert outcome == CONFLICT

            await asyncio.gather(*[work(store) for store in (one, other) for _ in range(3)])
            for name in names:
                log = await other.log(name)
                assert [each.sequence for each in log] == list(range(1, counts[name] + 1))

    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'"
    before = postgres.server().sql(deadlocks)
    asyncio.run(play())
    assert postgres.server().sql(deadlocks) == before


def test_a_store_that_is_closed_says_so(url: str) -> None:
    async def play() -> None:
        store = open_store(url)
        async with store:
            pass
        with pytest.raises(StoreUnavailable, match="is closed: open it with `async with`"):
            await store.get("a")

    asyncio.run(play())


# Following a conversation ------------------------------------------------------------------------


def test_who_waits_is_woken_by_other_workers_too(url: str) -> None:
    async def play() -> None:
        async with open_store(url) as store, open_store(url) as other:
            for name in "abc":
                await store.commit(change(name))
            async with asyncio.timeout(LONG / 2):
                await store.wait("a", 0, LONG)
                await store.wait("nobody", 0, LONG)
                waiting = [asyncio.create_task(store.wait(name, 1, LONG)) for name in "abbc"]
                await asyncio.sleep(0.05)
                await store.commit(change("a", 2))
                await waiting[0]
                assert not any(each.done() for each in waiting[1:])
                await other.commit_all([change("b", 2)])
                await asyncio.gather(*waiting[1:3])
                assert not waiting[3].done()
                await other.delete("c")
                await waiting[3]
                await store.wait("a", 2, 0.01)
                left = asyncio.create_task(store.wait("a", 2, LONG))
                await asyncio.sleep(0.05)
        await left

    asyncio.run(play())
