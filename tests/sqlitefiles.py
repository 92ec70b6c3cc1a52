"""What the tests of the SQLite store share: a file, stores in it, and others that look into it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from heartline.errors import HostError
from heartline.host.stores.sqlite import SqliteStore
from store_contract import change, timer

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
