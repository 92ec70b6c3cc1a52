"""A SQLite file that several programs share, some of which are killed; and what is deleted is in
none of its files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from heartline.errors import StoreUnavailable
from heartline.host.stores import sqlclaims, sqlworkers
from heartline.host.stores.sqlite import SqliteStore
from heartline.host.values import STORED
from sqlitefiles import database, file, fill, plain, play, sound, store_in
from store_contract import LONG, at, change, parcel, timer

__all__ = ["file"]


# Several programs -----------------------------------------------------------------------------

WORKER = """
import asyncio, sys
from heartline.host.stores.sqlite import SqliteStore
from heartline.host.values import CONFLICT, STORED
from store_contract import change

async def work(url, many):
    stored = 0
    async with SqliteStore(url) as store:
        for number in range(many):
            while True:
                found = await store.get("a")
                sequence = found.sequence if found else 0
                told = await store.commit(change("a", sequence + 1, key=f"k{number}"))
                stored += told == STORED
                if told != CONFLICT:
                    break
    print(stored)

asyncio.run(work(sys.argv[1], int(sys.argv[2])))
"""


def workers(file: Path, count: int, many: int) -> list[int]:
    """Programs that start at once on one file, and give the same keys; how many each stored."""
    path = os.pathsep.join(each for each in sys.path if each)
    command = [sys.executable, "-W", "error", "-c", WORKER, f"sqlite:///{file}", str(many)]
    running = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}
        )
        for _ in range(count)
    ]
    outputs = [each.communicate(timeout=60)[0] for each in running]
    assert [each.returncode for each in running] == [0] * count
    return [int(output) for output in outputs]


def test_programs_that_share_a_file_store_each_key_once(file: Path) -> None:
    """They also bring up its tables at once."""
    stored = workers(file, 3, 60)
    assert sum(stored) == 60

    async def story(store: SqliteStore) -> None:
        log = await store.log("a")
        assert [each.sequence for each in log] == list(range(1, 61))
        assert {each.key for each in log} == {f"k{number}" for number in range(60)}

    play(file, story)
    assert sound(file)


CLAIMING = """
import asyncio, sys, time
from heartline.host.stores.sqlite import SqliteStore
from store_contract import LONG, at

async def work(url):
    async with SqliteStore(url) as store:
        print(len(await store.claim(at(2), 10, LONG)), flush=True)
        time.sleep(60)

asyncio.run(work(sys.argv[1]))
"""


def test_what_a_program_has_claimed_is_free_once_it_is_killed(file: Path) -> None:
    async def fill(store: SqliteStore) -> None:
        for name in ("a", "b"):
            await store.commit(change(name, timers=(timer(name, 1),)))

    async def claim(store: SqliteStore) -> None:
        assert await store.claim(at(2), 10, LONG) == []
        worker.kill()
        worker.wait()
        assert len(await store.claim(at(2), 10, LONG)) == 2
        assert await store.claim(at(2), 10, LONG) == []

    play(file, fill)
    path = os.pathsep.join(each for each in sys.path if each)
    worker = subprocess.Popen(
        [sys.executable, "-c", CLAIMING, f"sqlite:///{file}"],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "2\n"
        play(file, claim)
    finally:
        worker.kill()
        worker.communicate()


def test_whose_program_it_is_does_not_matter(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim of a program that cannot be seen, or not be asked, runs out by itself."""

    async def story(store: SqliteStore) -> None:
        await store.commit(change("a", timers=(timer("a", 1),)))
        await store.commit(change("b", timers=(timer("b", 1),)))
        assert len(await store.claim(at(2), 1, LONG)) == 1
        database(store).execute("UPDATE workers SET pid = 1")  # runs, and may be somebody else's
        assert len(await store.claim(at(2), 10, LONG)) == 1
        with monkeypatch.context() as patch:
            patch.setattr(sqlworkers, "_CAN_BE_ASKED", False)
            database(store).execute("UPDATE workers SET pid = 999999999 WHERE pid = 1")
            assert await store.claim(at(2), 10, LONG) == []
        database(store).execute("UPDATE workers SET place = 'elsewhere' WHERE pid = 999999999")
        assert await store.claim(at(2), 10, LONG) == []

    play(file, story)


@pytest.mark.parametrize("what", ["claim", "parcels"])
def test_who_had_to_wait_for_the_file_takes_nothing_twice(
    file: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    taken: list[int] = []

    async def story(first: SqliteStore) -> None:
        await first.commit(change("a", timers=(timer("a", 1),), due=at(1), parcels=(parcel("a"),)))
        async with store_in(file) as second:
            write = second._file.write

            async def later(work: Callable[[sqlite3.Connection], object]) -> object:
                taken.append(len(await getattr(first, what)(at(2), 9, LONG)))
                return await write(work)

            monkeypatch.setattr(second._file, "write", later)
            taken.append(len(await getattr(second, what)(at(2), 9, LONG)))

    play(file, story)
    assert taken == [1, 0]


def test_a_program_that_is_killed_leaves_a_whole_file(file: Path) -> None:
    path = os.pathsep.join(each for each in sys.path if each)
    command = [sys.executable, "-c", WORKER, f"sqlite:///{file}?synchronous=NORMAL", "100000"]
    worker = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": path}
    )
    try:
        until = time.monotonic() + 30
        while not Path(f"{file}-wal").exists() or Path(f"{file}-wal").stat().st_size < 200_000:
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        worker.kill()
        worker.wait()

    async def story(store: SqliteStore) -> None:
        found = await store.get("a")
        assert found is not None
        log = await store.log("a", most=10**6)
        assert [each.sequence for each in log] == list(range(1, found.sequence + 1))
        assert await store.commit(change("a", found.sequence + 1)) == STORED

    play(file, story)
    assert sound(file)


def test_a_clock_that_is_set_back_holds_no_claim_for_ever(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(store: SqliteStore) -> None:
        await store.commit(change("a", timers=(timer("a", 1),), parcels=(parcel("a"),)))
        hour = 3600 * 10**9
        present = time.time_ns()
        monkeypatch.setattr(sqlclaims.time, "time_ns", lambda: present + 10 * hour)
        assert len(await store.claim(at(2), 1, LONG)) == len(await store.parcels(at(2), 1, LONG))
        monkeypatch.setattr(sqlclaims.time, "time_ns", lambda: present)
        assert len(await store.claim(at(2), 1, LONG)) == 1
        assert len(await store.parcels(at(2), 1, LONG)) == 1

    play(file, story)


# No trace -------------------------------------------------------------------------------------

SECRET = "nobody-else-may-know-this"  # noqa: S105 - a text to look for


def traces(file: Path) -> list[str]:
    return [
        each.name for each in file.parent.iterdir()
        if each.is_file() and SECRET.encode() in each.read_bytes()
    ]  # fmt: skip


def test_what_is_deleted_is_nowhere_in_the_files(file: Path) -> None:
    async def story(store: SqliteStore) -> None:
        await fill(store, 50)
        for sequence in range(1, 20):  # also what was written over on the way is gone
            await store.commit(
                change(
                    "a", sequence, key=f"{SECRET}{sequence}", reference=SECRET, state=SECRET,
                    snapshot=SECRET * sequence * 20, timers=(timer("a", 1, SECRET),),
                    parcels=(parcel("a", 0, SECRET, sequence=sequence),),
                )
            )  # fmt: skip
        assert "heartline.db-wal" in traces(file)
        assert await store.delete("a") is True
        assert traces(file) == []

    play(file, story)
    assert traces(file) == []


def test_traces_that_another_program_still_reads_are_said(file: Path) -> None:
    async def story(store: SqliteStore) -> None:
        await store.commit(change("a", snapshot=SECRET))
        with plain(file) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM conversations").fetchall()
            with pytest.raises(StoreUnavailable, match=r"deleted from .*, but traces stay in"):
                await store.delete("a")
            assert await store.get("a") is None
        assert await store.delete("a") is False  # once more, and they are gone
        assert traces(file) == []

    play(file, story)
