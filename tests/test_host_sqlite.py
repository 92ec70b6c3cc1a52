"""A SQLite file that is full, locked, damaged or not what it should be: what was stored is never
lost, and the operator is told in a sentence what to try."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from heartline.errors import CallerError, HostError, StoreDamaged, StoreTooNew, StoreUnavailable
from heartline.host.stores import sqlfile
from heartline.host.stores.sqlite import SqliteStore
from heartline.host.values import STORED, Filter
from sqlitefiles import database, file, fill, opening, plain, play, sound, store_in
from store_contract import LONG, at, change, parcel, record, timer

__all__ = ["file"]


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


# In the middle --------------------------------------------------------------------------------


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
