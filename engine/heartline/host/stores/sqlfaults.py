"""What SQLite says when it cannot, as sentences for the operator.

Each names the file and what to try. What may be gone in a minute is StoreUnavailable, what is not
what was put there StoreDamaged.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from heartline.errors import HostError, StoreDamaged, StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fault", "is_busy", "is_taken"]

_PRIMARY = 0xFF  # the kind of a fault; the bits above it tell more
_TAKEN = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
}


def _kind(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another program is at it, so that a moment later it may go."""
    return _kind(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


def is_taken(error: sqlite3.Error) -> bool:
    """Whether something has been stored by this name already."""
    return getattr(error, "sqlite_errorcode", 0) in _TAKEN


def fault(error: sqlite3.Error, file: Path, seconds: float) -> HostError:
    """What to tell the operator; `seconds` is for how long a locked file was waited for."""
    kind = _kind(error)
    said = str(error)
    if is_busy(error):
        return StoreUnavailable(
            f"Another program holds {file}, and did not let go within {seconds:g} seconds: nothing "
            "was stored. Look which program has it open (a backup, a shell, a worker that hangs), "
            "end it, and try again."
        )
    if kind == sqlite3.SQLITE_FULL:
        return StoreUnavailable(
            f"The disk is full, or a limit on the size of a file is reached: {file} cannot grow "
            f"({said}). Nothing of this was stored, and nothing that was is lost. Make room and "
            "try again."
        )
    if kind == sqlite3.SQLITE_READONLY:
        return StoreUnavailable(
            f"{file} cannot be written to: give this program's user the right to write to the file "
            f"and to its folder {file.parent}, where SQLite puts {file.name}-wal beside it."
        )
    if kind in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StoreUnavailable(_not_opened(file, said))
    if kind == sqlite3.SQLITE_IOERR:
        return StoreUnavailable(
            f"The disk failed while {file} was read or written ({said}): nothing of this was "
            "stored. Look at the disk and at the system's log, then try again."
        )
    if kind == sqlite3.SQLITE_NOTADB:
        return StoreDamaged(
            f"{file} is no SQLite database, or its beginning is damaged: name another file, or put "
            "back a copy of this one."
        )
    if kind == sqlite3.SQLITE_CORRUPT:
        return StoreDamaged(
            f"{file} is damaged ({said}): stop the workers, and put back a copy, or save what can "
            f"still be read with: sqlite3 {file.name} .recover"
        )
    if kind in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT):
        return StoreDamaged(
            f"The tables in {file} are not as this program made them ({said}): somebody has "
            "changed them by hand. Put back a copy."
        )
    return StoreUnavailable(f"SQLite cannot use {file} now ({said}): nothing of this was stored.")


def _not_opened(file: Path, said: str) -> str:
    try:
        if not file.parent.is_dir():
            return f"There is no folder {file.parent} to keep {file.name} in: make it first."
        if file.is_dir():
            return f"{file} is a folder: the name of a file in it is needed."
    except OSError:
        pass
    return (
        f"{file} cannot be opened ({said}): give this program's user the right to read and write "
        f"the file, and to make files in {file.parent}."
    )
