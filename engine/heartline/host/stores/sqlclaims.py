"""What is due in a SQLite file, timers and parcels, and what of it somebody has taken.

A claim holds from when until when, by the clock that all programs of this machine share. Where that
was set back, "now" is before both, and the claim is over: of two that claim one conversation, the
commit tells one CONFLICT. "Now" is looked up once the file is one's own: whoever had to wait for it
would else not see what others have taken meanwhile. Whoever asks while nothing is due writes
nothing, so that nobody's commit has to wait for that answer.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from heartline.host.stores.rows import RECORD, micros
from heartline.host.stores.sqlworkers import gone, number_here, release

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from heartline.host.stores.sqlfile import DatabaseFile
    from heartline.host.values import Parcel

__all__ = [
    "claim_parcels", "claim_timers", "forget_parcels", "next_due", "outgoing_parcels",
    "parked_parcels", "put_back",
]  # fmt: skip

_HELD = "since <= :at AND until > :at"
_CLAIMED = (
    "LEFT JOIN claims ON claims.conversation = conversations.number "
    f"AND claims.after = conversations.sequence AND {_HELD}"
)
_DUE = (
    f"SELECT number, {RECORD} FROM conversations "  # noqa: S608 - names of columns
    f"{_CLAIMED} WHERE due <= :now AND claims.after IS NULL ORDER BY due, number LIMIT :most"
)
# The same conversations, in the same transaction.
_CLAIM = (
    "INSERT OR REPLACE INTO claims (conversation, after, since, until, worker) "  # noqa: S608
    "SELECT number, sequence, :at, :until, :worker FROM conversations "
    f"{_CLAIMED} WHERE due <= :now AND claims.after IS NULL ORDER BY due, number LIMIT :most"
)
_NEXT = (
    "SELECT due FROM conversations "  # noqa: S608 - names of columns
    f"{_CLAIMED} WHERE due IS NOT NULL AND claims.after IS NULL ORDER BY due LIMIT 1"
)
_FIRST = (
    "SELECT number, (SELECT id FROM conversations WHERE number = parcels.conversation), "  # noqa: S608
    "sequence, position, reference, payload, due, tries, parked FROM parcels "
    f"WHERE first = 1 AND due <= :now AND NOT ({_HELD}) ORDER BY due, number LIMIT :most"
)
_PARKED = (
    "SELECT (SELECT id FROM conversations WHERE number = parcels.conversation), sequence, "
    "position, reference, payload, due, tries, parked FROM parcels WHERE parked IS NOT NULL "
    "ORDER BY number LIMIT ?"
)
_OUTGOING = (
    "SELECT :id, sequence, position, reference, payload, due, tries, parked FROM parcels WHERE "
    "conversation = (SELECT number FROM conversations WHERE id = :id) ORDER BY sequence, position"
)
_ONE_PARCEL = (
    "conversation = (SELECT number FROM conversations WHERE id = ?) "
    "AND sequence = ? AND position = ?"
)


async def claim_timers(
    file: DatabaseFile, now: datetime, most: int, lease: float
) -> list[tuple[int, Any]]:
    """Take conversations with a timer that is due: of each its number in the file and a row of
    RECORD. What others had taken who have ended is free."""
    which = {"now": micros(now), "at": _span(0)[0], "most": min(most, 1)}
    ended = await file.run(gone)
    if not ended and not await _rows(file, _DUE, which):
        return []

    def claimed(db: sqlite3.Connection) -> list[Any]:
        at, until = _span(lease)
        which.update(at=at, most=most)
        release(db, ended)
        rows = db.execute(_DUE, which).fetchall()
        db.execute("DELETE FROM claims WHERE until <= ?", (at,))
        db.execute(_CLAIM, which | {"until": until, "worker": number_here(db)})
        return rows

    return [(row[0], row[1:]) for row in await file.write(claimed)]


async def next_due(file: DatabaseFile) -> int | None:
    """When the next timer is due that nobody has taken."""
    rows = await _rows(file, _NEXT, {"at": _span(0)[0]})
    return rows[0][0] if rows else None


async def claim_parcels(file: DatabaseFile, now: datetime, most: int, lease: float) -> list[Any]:
    """Take the parcels that are to be delivered now, as rows."""
    which = {"now": micros(now), "at": _span(0)[0], "most": min(most, 1)}
    if not await _rows(file, _FIRST, which):
        return []

    def claimed(db: sqlite3.Connection) -> list[Any]:
        at, until = _span(lease)
        which.update(at=at, most=most)
        rows = db.execute(_FIRST, which).fetchall()
        db.executemany(
            "UPDATE parcels SET since = ?, until = ? WHERE number = ?",
            [(at, until, row[0]) for row in rows],
        )
        return rows

    return [row[1:] for row in await file.write(claimed)]


async def forget_parcels(file: DatabaseFile, parcels: Sequence[Parcel]) -> None:
    """They have arrived."""
    places = [_place(each) for each in parcels]
    if places:
        await file.write(
            lambda db: db.executemany(f"DELETE FROM parcels WHERE {_ONE_PARCEL}", places)  # noqa: S608
        )


async def put_back(file: DatabaseFile, parcel: Parcel) -> None:
    """A parcel has not arrived: it is nobody's, with what it says of its next try."""

    def kept(db: sqlite3.Connection) -> None:
        db.execute(
            "UPDATE parcels SET due = ?, tries = ?, parked = ?, first = 0, "  # noqa: S608
            f"since = 0, until = 0 WHERE {_ONE_PARCEL}",
            (micros(parcel.due), parcel.tries, parcel.parked, *_place(parcel)),
        )
        # One that is parked makes room for the next, and one that is tried again after all takes
        # its place before them.
        db.execute(
            "UPDATE parcels SET first = 0 WHERE reference = ? AND parked IS NULL AND first = 1",
            (parcel.reference,),
        )
        db.execute(
            "UPDATE parcels SET first = 1 WHERE number = (SELECT min(number) FROM parcels "
            "WHERE reference = ? AND parked IS NULL)",
            (parcel.reference,),
        )

    await file.write(kept)


async def parked_parcels(file: DatabaseFile, most: int) -> list[Any]:
    """Parcels that are tried no more, as rows."""
    return await _rows(file, _PARKED, (most,))


async def outgoing_parcels(file: DatabaseFile, conversation: str) -> list[Any]:
    """Parcels of a conversation, as rows, whether somebody has taken them or not."""
    return await _rows(file, _OUTGOING, {"id": conversation})


async def _rows(file: DatabaseFile, query: str, values: Any) -> list[Any]:
    return await file.run(lambda db: db.execute(query, values).fetchall())


def _place(parcel: Parcel) -> tuple[str, int, int]:
    return parcel.conversation, parcel.sequence, parcel.index


def _span(seconds: float) -> tuple[int, int]:
    """From now on, so many seconds: in microseconds of the clock that all programs here share."""
    at = time.time_ns() // 1000
    return at, at + int(timedelta(seconds=seconds) / timedelta(microseconds=1))
