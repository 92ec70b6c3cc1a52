"""A SQLite file: its URL, how it is opened, and what is tried again while another program holds it.

SQLite runs in the event loop's thread: a commit takes less time than a thread would to hear of it.
Nothing here waits long. Where another program holds the file, others in this one get their turn
until it is tried again.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, unquote

from heartline.errors import CallerError, StoreUnavailable
from heartline.host.stores.sqlfaults import fault, is_busy
from heartline.host.stores.sqltables import bring_up

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DatabaseFile"]

Result = TypeVar("Result")

PATIENCE = 10.0  # seconds for another program to let go of the file
_BLOCKED = 0.003  # seconds that SQLite itself waits, in which nobody else gets a turn
_PAUSES = 0.001, 0.05  # seconds between tries, at first and in the end

_SAFETY = ("OFF", "NORMAL", "FULL", "EXTRA")
_OLDEST = (3, 35, 0)  # several of its words are younger than what Python asks for

# What is deleted is written over, also in pages that are kept for later. Temporary tables stay in
# memory, so that no text lies about in another file. 96 MB of pages are remembered, which is the
# indexes of a million conversations. A checkpoint comes after 16 MB of commits.
_SETTINGS = (
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cell_size_check = ON",
    "PRAGMA cache_size = -98304",
    "PRAGMA wal_autocheckpoint = 4000",
)

_HELP = "write sqlite:///heartline.db, or four slashes for an absolute path"


class DatabaseFile:
    """One SQLite file, opened by one event loop; others may have it open as well."""

    def __init__(self, url: str) -> None:
        self.path, self._safety = _read(url)
        self.patience = PATIENCE
        self._db: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Open it, and bring its tables up. Raises HostError, and has then closed it."""
        if self._db is not None:
            raise CallerError(f"{self.path} is already open: one store serves one host.")
        if sqlite3.sqlite_version_info < _OLDEST:
            raise StoreUnavailable(
                f"SQLite {sqlite3.sqlite_version} is too old for {self.path}: Python's sqlite3 "
                f"needs {'.'.join(map(str, _OLDEST))} or newer."
            )
        self._db = await self._patiently(self._connected)

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=_BLOCKED, isolation_level=None)
        try:
            for setting in _SETTINGS:
                db.execute(setting).fetchall()
            # A file of another program is left as it is, so its tables are looked at first.
            bring_up(db, str(self.path))
            (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                raise StoreUnavailable(
                    f"{self.path} lies where SQLite cannot share it between programs: put it on a "
                    "disk of this machine."
                )
            db.execute(f"PRAGMA synchronous = {self._safety}")
        except BaseException:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Close it; what was committed is in it."""
        db, self._db = self._db, None
        if db is not None:
            try:
                db.close()
            except sqlite3.Error as error:
                raise fault(error, self.path, self.patience) from error

    async def run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """What `work` gives, tried again as long as another program holds the file."""
        db = self._db
        if db is None:
            raise CallerError(f"{self.path} is not open: use the store inside of `async with`.")
        try:
            return work(db)
        except sqlite3.DatabaseError as error:
            if not is_busy(error):
                raise fault(error, self.path, self.patience) from error
        return await self._patiently(lambda: work(db))

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """The same in a transaction: all of it is stored, or nothing."""

        def transaction(db: sqlite3.Connection) -> Result:
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
            return result

        return await self.run(transaction)

    async def leave_no_trace(self) -> None:
        """Write over what is still in the file's log of changes beside it, and empty that."""

        def emptied(db: sqlite3.Connection) -> None:
            (busy, _, _) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise _Read

        try:
            await self.run(emptied)
        except _Read:
            try:
                assert self._db is not None
                db = self._db
                await self._patiently(lambda: emptied(db))
            except _Read:
                raise StoreUnavailable(
                    f"It is deleted from {self.path}, but traces stay in {self.path.name}-wal as "
                    "long as another program reads it: end that program, and delete again."
                ) from None

    async def _patiently(self, work: Callable[[], Result]) -> Result:
        until = time.monotonic() + self.patience
        pause, longest = _PAUSES
        while True:
            try:
                return work()
            except sqlite3.DatabaseError as error:
                if not is_busy(error) or time.monotonic() > until:
                    raise fault(error, self.path, self.patience) from error
            except _Read:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - keeps tries apart
            pause = min(pause * 2, longest)


class _Read(Exception):
    """Another program is reading, so that the log of changes cannot be emptied."""


def _read(url: str) -> tuple[Path, str]:
    """The path in a URL and how safe a commit is. Raises CallerError."""
    place, _, query = url.partition("?")
    head, path = place[:10], unquote(place[10:])
    if head.lower() != "sqlite:///" or not path or "\0" in path:
        raise CallerError(f"This is no SQLite file: {url[:80]!r}: {_HELP}.")
    if path.lower() == ":memory:":
        raise CallerError("SQLite in memory is not kept: the store that forgets is memory:.")
    options = dict(parse_qsl(query, keep_blank_values=True))
    safety = options.pop("synchronous", "FULL").upper()
    if options or safety not in _SAFETY:
        raise CallerError(
            f"A SQLite store has one option, synchronous, which is one of {', '.join(_SAFETY)}: "
            f"not {query[:80]!r}."
        )
    return Path(path), safety
