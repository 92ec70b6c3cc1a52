"""A SQLite file that is full, locked, damaged, not what it should be, or shared: what was stored is
never lost, and the operator is told in a sentence what to try."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from heartline.errors import CallerError, HostError, StoreDamaged, StoreTooNew, StoreUnavailable
from heartline.host.stores import sqlchanges, sqlclaims, sqlfile, sqltables, sqlworkers
from heartline.host.stores.sqlite import SqliteStore
from heartline.host.values import CONFLICT, LIVE, OVER, REPEATED, STORED, Change, Filter
from store_contract import LONG, ODD, at, change, parcel, record, seated, seating, timer

Story = Callable[[SqliteStore], Awaitable[None]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "heartline.db"


def store_in(file: Path, options: str = "synchronous=OFF", patience: float = 0.2) -> SqliteStore:
    store = SqliteStore(f"sqlite:///{file}?{options}")
    store._file.patience = patience
    return store


def play(file: Path, story: Story) -> None:
    async def within() -> None:
        async with store_in(file) as store:
            await story(store)

    asyncio.run(within())


def opening(file: Path) -> str:
    """What is said where a file cannot be opened."""

    async def nothing(store: SqliteStore) -> None:
        raise AssertionError("it was opened")

    with pytest.raises(HostError) as caught:
        play(file, nothing)
    return f"{type(caught.value).__name__}: {caught.value}"


@contextlib.contextmanager
def plain(file: Path) -> Iterator[sqlite3.Connection]:
    """The file as another program has it open."""
    db = sqlite3.connect(file, isolation_level=None, timeout=0)
    try:
        yield db
    finally:
        db.close()


def sound(file: Path) -> bool:
    with plain(file) as db:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def database(store: SqliteStore) -> sqlite3.Connection:
    assert store._file._db is not None
    return store._file._db


async def fill(store: SqliteStore, many: int) -> None:
    names = [f"n{number:04}" for number in range(many)]
    await store.commit_all([
        change(name, snapshot=f'{{"heard":"{"x" * 800}"}}', timers=(timer(name, 1),))
        for name in names
    ])  # fmt: skip


# Full -----------------------------------------------------------------------------------------


def test_a_full_disk_refuses_the_turn_and_loses_nothing(file: Path) -> None:
    async def story(store: SqliteStore) -> None:
        await store.commit(change("a"))
        (pages,) = database(store).execute("PRAGMA page_count").fetchone()
        database(store).execute(f"PRAGMA max_page_count = {pages}").fetchone()
        large = change("a", 2, snapshot="x" * 100_000, timers=(timer("a", 1),))
        with pytest.raises(StoreUnavailable, match=r"The disk is full.*heartline\.db cannot grow"):
            await store.commit(large)
        with pytest.raises(StoreUnavailable, match="Make room and try again"):
            await store.commit_all([large])
        found = await store.get("a")
        assert found is not None
        assert found.sequence == 1
        assert list(await store.timers("a")) == []
        database(store).execute("PRAGMA max_page_count = 1000000").fetchone()
        assert await store.commit(large) == STORED

    play(file, story)
    assert sound(file)


def test_a_limit_on_the_size_of_files_is_met_in_the_same_way(file: Path) -> None:
    async def story(store: SqliteStore) -> None:
        await store.commit(change("a"))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        large = change("a", 2, snapshot="x" * 300_000)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
            with pytest.raises(StoreUnavailable, match=r"heartline\.db.*try\s+again"):
                await store.commit(large)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(await store.log("a")) == 1
        assert await store.commit(large) == STORED

    play(file, story)
    assert sound(file)


# Not to be written to, not there, something else ----------------------------------------------


@contextlib.contextmanager
def as_somebody_else() -> Iterator[None]:
    """Root may write anywhere, so we are nobody for a moment."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_cannot_be_written_to_is_said_at_the_start() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        file = Path(folder) / "heartline.db"
        with as_somebody_else():
            play(file, lambda store: fill(store, 3))
        file.chmod(0o444)
        with as_somebody_else():
            said = opening(file)
        file.chmod(0o644)
        assert said.startswith(f"StoreUnavailable: {file} cannot be written to: give this")
        assert f"to its folder {folder}, where SQLite puts heartline.db-wal beside it" in said
        Path(folder).chmod(0o555)
        with as_somebody_else():
            said = opening(file)
        Path(folder).chmod(0o777)
        assert said.startswith("StoreUnavailable: ")
        assert str(file) in said


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = opening(tmp_path / "nowhere" / "heartline.db")
    assert said == (
        f"StoreUnavailable: There is no folder {tmp_path}/nowhere to keep heartline.db in: make it "
        "first."
    )
    assert not (tmp_path / "nowhere").exists()
    assert opening(tmp_path) == (
        f"StoreUnavailable: {tmp_path} is a folder: the name of a file in it is needed."
    )


def test_a_file_that_may_not_be_opened_is_said() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755 if os.geteuid() == 0 else 0o555)
        file = Path(folder) / "heartline.db"
        with as_somebody_else():
            said = opening(file)
        Path(folder).chmod(0o755)
    assert said.startswith(f"StoreUnavailable: {file} cannot be opened (")
    assert f"to make files in {folder}." in said


def test_a_file_that_is_no_database_is_left_alone(file: Path) -> None:
    text = "Dear diary, this is no database. " * 200
    file.write_text(text)
    assert opening(file).startswith(f"StoreDamaged: {file} is no SQLite database, or its beginning")
    assert file.read_text() == text


def test_the_database_of_another_program_is_left_alone(file: Path) -> None:
    with plain(file) as db:
        db.execute("CREATE TABLE songs (title TEXT)")
    before = file.read_bytes()
    assert opening(file).startswith(
        f"StoreDamaged: {file} is a database of another program and not of Heartline"
    )
    assert file.read_bytes() == before


def test_a_store_is_used_while_it_is_open(file: Path) -> None:
    async def story() -> None:
        store = store_in(file)
        with pytest.raises(CallerError, match=r"is not open: use the store inside of `async with`"):
            await store.get("a")
        async with store:
            await store.commit(change("a"))
            with pytest.raises(CallerError, match="is already open"):
                await store.__aenter__()
        async with store:
            assert await store.get("a") is not None

    asyncio.run(story())


# Locked ---------------------------------------------------------------------------------------


def test_a_locked_file_is_tried_again_and_others_get_their_turn(file: Path) -> None:
    async def story(store: SqliteStore) -> None:
        store._file.patience = 5
        await store.commit(change("a"))
        with plain(file) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(store.commit(change("a", 2)))
            for _ in range(5):
                await asyncio.sleep(0.01)
                assert not waiting.done()
                assert await store.get("a") is not None  # what only reads does not wait
            other.execute("ROLLBACK")
            assert await waiting == STORED

    play(file, story)


def test_a_file_that_stays_locked_is_given_up(file: Path) -> None:
    async def story(store: SqliteStore) -> None:
        await store.commit(change("a", timers=(timer("a", 1),), parcels=(parcel("a"),)))
        with plain(file) as other:
            other.execute("BEGIN IMMEDIATE")
            for call in (
                lambda: store.commit(change("a", 2)),
                lambda: store.commit_all([change("a", 2)]),
                lambda: store.claim(at(2), 1, LONG),
                lambda: store.parcels(at(2), 1, LONG),
                lambda: store.delete("a"),
            ):
                with pytest.raises(
                    StoreUnavailable,
                    match=r"Another program holds .*heartline\.db, and did not let go within 0\.2",
                ):
                    await call()
        assert await store.commit(change("a", 2)) == STORED

    play(file, story)
    with plain(file) as other:
        other.execute("BEGIN IMMEDIATE")
        assert opening(file).startswith("StoreUnavailable: Another program holds")


# Damaged --------------------------------------------------------------------------------------


def test_a_damaged_page_is_said_and_the_rest_goes_on(file: Path) -> None:
    play(file, lambda store: fill(store, 400))
    with plain(file) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'entries'").fetchone()
    with file.open("r+b") as raw:
        raw.seek((root - 1) * 4096)
        raw.write(b"\xa5" * 4096)

    async def story(store: SqliteStore) -> None:
        with pytest.raises(StoreDamaged, match=r"heartline\.db is damaged \(.*malformed") as caught:
            await store.log("n0001")
        assert "sqlite3 heartline.db .recover" in str(caught.value)
        with pytest.raises(StoreDamaged):
            await store.commit(change("n0001", 2))
        found = await store.get("n0001")  # what can be read is read
        assert found is not None
        assert found.sequence == 1

    play(file, story)


def test_garbage_anywhere_in_the_file_never_gives_a_wrong_answer_in_silence(file: Path) -> None:
    """Whatever page is hit, each question has its answer or a sentence."""
    play(file, lambda store: fill(store, 60))
    whole = file.read_bytes()

    async def ask(store: SqliteStore) -> None:
        for name in ("n0000", "n0031", "n0059"):
            await store.get(name)
            await store.find(f"chat-{name}")
            await store.log(name)
            await store.timers(name)
            await store.commit(change(name, 2))
        await store.claim(at(2), 100, LONG)
        async for _ in store.records(Filter()):
            pass
        await store.counts()

    said = set()
    for page in range(len(whole) // 4096):
        start = page * 4096
        file.write_bytes(whole[:start] + b"\x5a\xff\x00\x13" * 1024 + whole[start + 4096 :])
        for rest in ("-wal", "-shm"):
            Path(f"{file}{rest}").unlink(missing_ok=True)
        with contextlib.suppress(HostError):
            try:
                play(file, ask)
            except HostError as error:
                said.add(type(error))
                raise
    assert StoreDamaged in said
    assert said <= {StoreDamaged, StoreTooNew, StoreUnavailable}


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("DROP TABLE timers", r"not as this program made them \(no such table: .*timers"),
        ("UPDATE entries SET data = '{'", "cannot be read .*damaged or was changed by hand"),
        ("UPDATE entries SET at = 'soon'", "cannot be read"),
        ("UPDATE entries SET at = 9e17", "cannot be read"),
        ("UPDATE conversations SET snapshot = x'00'", "snapshot of the conversation n0000 is no"),
    ],
)
def test_what_was_changed_by_hand_is_said(file: Path, harm: str, says: str) -> None:
    play(file, lambda store: fill(store, 1))
    with plain(file) as db:
        db.execute(harm)

    async def story(store: SqliteStore) -> None:
        await store.timers("n0000")
        await store.log("n0000")
        await store.get("n0000")

    with pytest.raises(StoreDamaged, match=says):
        play(file, story)


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


class Refusing:
    """A connection that refuses one statement, as SQLite would."""

    def __init__(self, db: sqlite3.Connection, statement: str, code: int) -> None:
        self._db = db
        self._statement = statement
        self._error = sqlite3.OperationalError("refused")
        self._error.sqlite_errorcode = code

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)

    def execute(self, statement: str, *values: object) -> object:
        if statement.lstrip().startswith(self._statement):
            raise self._error
        return self._db.execute(statement, *values)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (sqlite3.SQLITE_IOERR | 4 << 8, "The disk failed while .*system's log"),
        (sqlite3.SQLITE_NOMEM, "SQLite cannot use .* now .refused.: nothing of this was stored"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened .refused."),
        (sqlite3.SQLITE_FULL, "The disk is full"),
        (sqlite3.SQLITE_BUSY, "Another program holds"),
    ],
)
@pytest.mark.parametrize("statement", ["BEGIN", "INSERT INTO entries", "COMMIT"])
def test_whatever_fails_in_the_middle_nothing_is_stored(
    file: Path, statement: str, code: int, says: str
) -> None:
    async def story(store: SqliteStore) -> None:
        store._file.patience = 0
        await store.commit(change("a"))
        db = database(store)
        for commit in (store.commit, lambda change: store.commit_all([change])):
            store._file._db = Refusing(db, statement, code)  # type: ignore[assignment]
            try:
                with pytest.raises(StoreUnavailable, match=says):
                    await commit(change("a", 2))
            finally:
                store._file._db = db
            assert not db.in_transaction
            assert await store.get("a") == record("a")
        assert await store.commit(change("a", 2)) == STORED

    play(file, story)


def test_an_old_sqlite_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlfile.sqlite3, "sqlite_version_info", (3, 31, 1))
    assert "is too old" in opening(file)
