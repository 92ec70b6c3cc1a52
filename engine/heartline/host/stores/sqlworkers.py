"""Which programs work on a SQLite file, so that what one has claimed is free once it has ended.

A program that was killed cannot say so. Those on this machine can see that it is gone. Where they
cannot, as in containers of their own, its claims run out by themselves.
"""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

__all__ = ["gone", "number_here", "release"]

_CAN_BE_ASKED = os.name == "posix"  # elsewhere, to ask a program whether it runs may end it


def number_here(db: sqlite3.Connection) -> int:
    """The number of this program in the file; it is given one where it has none."""
    pid, place = _here()
    db.execute("INSERT OR IGNORE INTO workers (pid, place) VALUES (?, ?)", (pid, place))
    row = db.execute("SELECT number FROM workers WHERE pid = ? AND place = ?", (pid, place))
    return int(row.fetchone()[0])


def gone(db: sqlite3.Connection) -> Sequence[int]:
    """The numbers of programs that have ended, of those that can be seen from here."""
    pid, place = _here()
    others = db.execute(
        "SELECT number, pid FROM workers WHERE place = ? AND pid <> ?", (place, pid)
    ).fetchall()
    return [number for number, other in others if not _runs(other)]


def release(db: sqlite3.Connection, workers: Sequence[int]) -> None:
    """Free what these programs have claimed."""
    numbers = [(number,) for number in workers]
    db.executemany("DELETE FROM claims WHERE worker = ?", numbers)
    db.executemany("DELETE FROM workers WHERE number = ?", numbers)


def _here() -> tuple[int, str]:
    """This program's number, and where programs are numbered with it."""
    place = platform.node()
    with suppress(OSError):
        place += " " + str(Path("/proc/self/ns/pid").readlink())
    return os.getpid(), place


def _runs(pid: int) -> bool:
    if not _CAN_BE_ASKED:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it runs, and is somebody else's
        pass
    return True
