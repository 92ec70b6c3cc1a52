"""What the tables of a SQLite file are: earlier versions are brought up, a log is a chain, and
nothing that happens often reads a table from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest

from heartline.host.stores import sqlchanges, sqltables
from heartline.host.stores.sqlite import SqliteStore
from heartline.host.values import CONFLICT, LIVE, OVER, REPEATED, STORED, Change, Filter
from sqlitefiles import database, file, fill, opening, plain, play, sound
from store_contract import LONG, ODD, at, change, parcel, record, seated, seating, timer

__all__ = ["file"]


# Versions of the tables -----------------------------------------------------------------------


def test_tables_of_a_newer_program_are_left_alone(file: Path) -> None:
    play(file, lambda store: fill(store, 1))
    with plain(file) as db:
        db.execute("PRAGMA user_version = 99")
    said = opening(file)
    assert said.startswith(f"StoreTooNew: The tables in {file} are of version 99, and this program")
    with plain(file) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)


def test_tables_of_an_earlier_program_are_brought_up(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(file, lambda store: fill(store, 3))
    later = (*sqltables.STEPS, ("CREATE TABLE more (x)", "INSERT INTO more VALUES (1)"))
    broken = (*later, ("CREATE TABLE still_more (x)", "INSERT INTO unknown VALUES (1)"))
    monkeypatch.setattr(sqltables, "STEPS", broken)
    assert "no such table: unknown" in opening(file)
    with plain(file) as db:  # all of it, or nothing
        assert db.execute("PRAGMA user_version").fetchone() == (len(later) - 1,)
        assert db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").fetchone() == (
            0,
        )
    monkeypatch.setattr(sqltables, "STEPS", later)

    async def story(store: SqliteStore) -> None:
        assert (await store.counts()).conversations == 3

    for _ in range(2):
        play(file, story)
    with plain(file) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(later),)
        assert db.execute("SELECT x FROM more").fetchall() == [(1,)]


# From the fourth version of the tables to the third, where what wakes triggers was another.
WOKEN = (
    "".join(
        f"DROP TRIGGER {name}; {statement};"
        for name, step in (("tally_moved", 0), ("seats_moved", 2))
        for statement in sqltables.STEPS[step]
        if f"TRIGGER {name}" in statement
    )
    + "PRAGMA user_version = 3;"
)

# From the third version of the tables to the second, which could not tell who is seated where.
UNSEATED = """
DROP TRIGGER seats_new;
DROP TRIGGER seats_moved;
DROP TABLE seats;
PRAGMA user_version = 2;
"""

# From the second version of the tables to the first, which had an index in place of the chain.
UNCHAINED = """
CREATE TABLE indexed (
    number       INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    sequence     INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    key          TEXT,
    at           INTEGER NOT NULL,
    data         TEXT NOT NULL,
    UNIQUE (conversation, sequence)
);
INSERT INTO indexed SELECT number, conversation, sequence, kind, key, at, data FROM entries;
DROP TABLE entries;
ALTER TABLE indexed RENAME TO entries;
CREATE UNIQUE INDEX entries_key ON entries (conversation, key) WHERE key IS NOT NULL;
ALTER TABLE conversations DROP COLUMN last;
DROP TABLE workers;
ALTER TABLE claims DROP COLUMN worker;
PRAGMA user_version = 1;
"""


def test_a_log_that_an_index_held_together_becomes_a_chain(file: Path) -> None:
    logs: list[object] = []

    async def write(store: SqliteStore) -> None:
        await fill(store, 3)
        for sequence in (2, 3):  # the entries of several conversations lie between each other
            for name in ("n0002", "n0000"):
                await store.commit(change(name, sequence, key=f"k{sequence}"))
        logs.extend([await store.log(f"n000{n}") for n in range(3)])

    async def read(store: SqliteStore) -> None:
        assert [await store.log(f"n000{n}") for n in range(3)] == logs
        assert await store.keyed("n0002", "k3") == (await store.log("n0002", 2))[0]
        assert await store.commit(change("n0002", 4)) == STORED
        assert [each.sequence for each in await store.log("n0002")] == [1, 2, 3, 4]
        await store.delete("n0002")
        assert [await store.log(f"n000{n}") for n in range(3)] == [*logs[:2], []]

    play(file, write)
    with plain(file) as db:
        db.executescript(WOKEN + UNSEATED + UNCHAINED)
    play(file, read)
    assert sound(file)


def test_tables_without_seats_learn_them_from_the_conversations(file: Path) -> None:
    async def write(store: SqliteStore) -> None:
        for name in "abcde":
            await store.commit(change(name, seats={"you": "ana", "mo": ODD}))
        await store.commit(seating("e", 2, seats={"you": "bob", "mo": ODD}))
        for name in "dc":  # the one that began first ends last
            end = {"status": OVER, "touched": at(9 - ord(name) / 20)}
            await store.commit(seating(name, 2, seats={"you": "bob"}, **end))
        await store.commit(change("none"))

    async def read(store: SqliteStore) -> None:
        assert [await seated(store, each) for each in ("ana", "bob", ODD, "cy")] == [
            "b", "e", "e", None,
        ]  # fmt: skip
        await store.commit(seating("b", 2, seats={}))
        assert await seated(store, "ana") == "a"
        await store.delete("e")
        assert await seated(store, "bob") == "c"
        assert await store.commit(change("a", 2, seats={"you": "ana"}, status=OVER)) == STORED
        assert await seated(store, "ana") == "a"
        assert await store.delete("c")
        assert await seated(store, "bob") == "d"

    play(file, write)
    with plain(file) as db:
        db.executescript(WOKEN + UNSEATED)
        db.execute("UPDATE conversations SET seats = '{' WHERE id = 'none'")
    play(file, read)
    assert sound(file)


def test_a_program_of_the_version_before_that_goes_on_is_counted_too(file: Path) -> None:
    async def read(store: SqliteStore) -> None:
        # As that program ends conversations: many at once, and one.
        database(store).execute("UPDATE conversations SET version = version, status = 'over'")
        assert [each for each in await store.versions() if each[-1]] == []
        assert await seated(store, "ana") == "a"
        database(store).execute("UPDATE conversations SET version = '2.0', status = 'live'")
        assert await store.versions() == [("tea", "2.0", "f1", 3)]
        assert await store.commit(change("b", 2, seats={"you": "ana"}, version="2.0")) == STORED
        assert await seated(store, "ana") == "b"

    play(file, lambda store: fill(store, 2))
    play(file, lambda store: store.commit(change("a", seats={"you": "ana"})))
    play(file, lambda store: store.commit(change("b")))
    with plain(file) as db:
        db.execute("DELETE FROM conversations WHERE id = 'n0000'")
    play(file, read)
    assert sound(file)


def test_a_log_is_read_from_any_entry_on_however_it_is_kept(file: Path) -> None:
    async def story(store: SqliteStore) -> None:
        assert await store.commit(long("a", 0, 21)) == STORED  # as one that is forked
        for last in (*range(22, 35), 51, 52):  # one by one, and several at once
            found = await store.get("a")
            assert found is not None
            assert await store.commit(long("a", found.sequence, last)) == STORED
        numbers = [each.sequence for each in await store.log("a")]
        assert numbers == list(range(1, 53))
        for after in range(54):
            for most in (1, 7, 8, 9, 100):
                found = [each.sequence for each in await store.log("a", after, most)]
                assert found == numbers[after : after + most]
        for number in (1, 8, 9, 48, 49, 52):
            entry = await store.keyed("a", f"k{number}")
            assert entry is not None
            assert entry.sequence == number
            assert await store.commit(change("a", 53, key=f"k{number}")) == REPEATED
        twice = long("a", 52, 54)
        entries = [each._replace(key="same") for each in twice.entries]
        assert await store.commit(twice._replace(entries=tuple(entries))) != STORED
        assert await store.keyed("a", "k53") is None

    play(file, story)


def long(name: str, before: int, last: int) -> Change:
    """A change with all entries up to one, each with a key."""
    entries = [change(name, n, key=f"k{n}").entries[0] for n in range(before + 1, last + 1)]
    return Change(record(name, last), before, tuple(entries))


def test_all_of_a_log_is_deleted_though_its_chain_is_broken(file: Path) -> None:
    async def write(store: SqliteStore) -> None:
        await fill(store, 2)
        for sequence in range(2, 9):
            for name in ("n0000", "n0001"):
                await store.commit(change(name, sequence))

    async def delete(store: SqliteStore) -> None:
        there = [1, 2, 3, 4, 6, 7, 8]
        assert [each.sequence for each in await store.log("n0000")] == there
        assert [each.sequence for each in await store.log("n0000", 2, 4)] == there[2:6]
        assert [each.sequence for each in await store.log("n0000", 5)] == there[4:]
        assert list(await store.log("n0000", 8)) == []
        assert await store.delete("n0000")
        assert len(await store.log("n0001")) == 8

    play(file, write)
    with plain(file) as db:
        db.execute("DELETE FROM entries WHERE conversation = 1 AND sequence = 5")
    play(file, delete)
    with plain(file) as db:
        assert db.execute("SELECT DISTINCT conversation FROM entries").fetchall() == [(2,)]


# Large ----------------------------------------------------------------------------------------


def test_nothing_that_happens_often_reads_a_table_from_end_to_end(file: Path) -> None:
    asked: list[str] = []

    async def story(store: SqliteStore) -> None:
        await fill(store, 300)
        database(store).set_trace_callback(asked.append)
        for sequence in (1, 2, 3):
            await store.commit(
                change("a", sequence, key=f"k{sequence}", status=(LIVE, "over")[sequence == 3],
                       timers=(timer("a", 1),), parcels=(parcel("a", sequence=sequence),))
            )  # fmt: skip
        assert await store.commit(change("a", 3, key="k1")) != STORED
        assert await store.commit(change("a", 9)) == CONFLICT
        await store.get("a")
        await store.find("chat-a")
        await store.find("nobody")
        await store.log("a", 1)
        await store.keyed("a", "k1")
        await store.timers("a")
        await store._sequences(["a", "n0001"])
        await store.claim(at(2), 10, LONG)
        await store.next_due()
        (first,) = await store.parcels(at(2), 10, LONG)
        await store.again(first)
        await store.parked()
        await store.delivered([first])
        await store.versions()
        async for _ in store.records(Filter(state="talk"), "n0200"):
            break
        await store.delete("a")
        database(store).set_trace_callback(None)
        read = [each for each in asked if each.split()[0] in ("SELECT", "UPDATE", "DELETE")]
        assert len(set(read)) > 25
        for statement in set(read):
            if statement.startswith("SELECT (SELECT"):
                continue
            plan = database(store).execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            scans = [row[3] for row in plan if row[3].startswith("SCAN")]
            # What is small, what is walked in the order of an index, or ends after a few rows. What
            # a log's chain has led to is walked once.
            few = "SCAN tally", "SCAN workers", "SCAN (sub", "SCAN back"
            scans = [each for each in scans if not each.startswith(few)]
            assert not [each for each in scans if "USING" not in each], (statement, plan)

    play(file, story)


def test_the_numbers_that_are_remembered_are_bounded(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlchanges, "_NUMBERS", 3)

    async def story(store: SqliteStore) -> None:
        for sequence in (1, 2, 3):
            for name in "abcdefg":
                assert await store.commit(change(name, sequence)) == STORED
        assert len(store._changes._numbers) == 3

    play(file, story)
