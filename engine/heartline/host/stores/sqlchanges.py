"""How a change is written to a SQLite file, in one transaction."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from heartline.host.stores.rows import micros, text
from heartline.host.stores.sqlfaults import is_taken
from heartline.host.values import CONFLICT, LIVE, REPEATED, STORED, TAKEN

if TYPE_CHECKING:
    from heartline.host.values import Change

__all__ = ["commit", "commit_all", "remove"]

_BEGIN = """
INSERT INTO conversations (
    id, reference, scenario, version, fingerprint, status, state, outcome, sequence, turn,
    created, touched, due, parent, seats, snapshot
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

# Nearly all turns are this one. What it does not set stands in no index that would be written then;
# where one of those has changed it finds no row, and _REST sets them all.
_TURN = """
UPDATE conversations
SET state = ?, outcome = ?, sequence = ?, turn = ?, touched = ?, snapshot = ?
WHERE id = ? AND sequence = ? AND status = ? AND due IS ? AND version = ? AND fingerprint = ?
    AND seats = ?
RETURNING number
"""
_REST = """
UPDATE conversations
SET state = ?, outcome = ?, sequence = ?, turn = ?, touched = ?, snapshot = ?,
    reference = ?, scenario = ?, version = ?, fingerprint = ?, status = ?, created = ?, due = ?,
    parent = ?, seats = ?
WHERE id = ? AND sequence = ?
RETURNING number
"""
_ENTRY = (
    "INSERT INTO entries (conversation, sequence, kind, key, at, data) VALUES (?, ?, ?, ?, ?, ?)"
)
_NO_TIMERS = "DELETE FROM timers WHERE conversation = ?"
_TIMER = "INSERT INTO timers (conversation, name, generation, due) VALUES (?, ?, ?, ?)"
_NO_CLAIM = "DELETE FROM claims WHERE conversation = ?"
_PARCEL = """
INSERT INTO parcels (
    conversation, sequence, position, reference, payload, due, tries, parked, first
) VALUES (
    ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
    ?8 IS NULL AND NOT EXISTS (SELECT 1 FROM parcels WHERE reference = ?4 AND parked IS NULL)
)
"""


def commit(db: sqlite3.Connection, change: Change) -> str:
    """Store a change in a transaction of its own: STORED, or why not."""
    db.execute("BEGIN IMMEDIATE")
    try:
        if _written(db, change):
            db.execute("COMMIT")
            return STORED
        db.execute("ROLLBACK")
        return _why(db, change)
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def commit_all(db: sqlite3.Connection, changes: list[Change]) -> list[str]:
    """Store changes in a transaction that has begun; each is whole or not there."""
    told = []
    for change in changes:
        db.execute("SAVEPOINT one")
        if _written(db, change):
            told.append(STORED)
        else:
            db.execute("ROLLBACK TO one")
            told.append(_why(db, change))
        db.execute("RELEASE one")
    return told


def _written(db: sqlite3.Connection, change: Change) -> bool:
    """Whether it could be written; where not, something of it may have been."""
    try:
        number = _begun(db, change) if change.before == 0 else _moved(db, change)
        if number is None:
            return False
        for entry in change.entries:
            db.execute(
                _ENTRY,
                (number, entry.sequence, entry.kind, entry.key, micros(entry.at), text(entry.data)),
            )
    except sqlite3.IntegrityError as error:
        if is_taken(error):
            return False
        raise
    if change.timers is not None:
        if change.before:
            db.execute(_NO_TIMERS, (number,))
        for timer in change.timers:
            db.execute(_TIMER, (number, timer.name, timer.generation, micros(timer.due)))
    for each in change.parcels:
        db.execute(
            _PARCEL,
            (
                number, each.sequence, each.index, each.reference, text(each.payload),
                micros(each.due), each.tries, each.parked,
            ),
        )  # fmt: skip
    return True


def _begun(db: sqlite3.Connection, change: Change) -> int | None:
    each = change.record
    return db.execute(
        _BEGIN,
        (
            each.id, each.reference, each.scenario, each.version, each.fingerprint, each.status,
            each.state, each.outcome, each.sequence, each.turn, micros(each.created),
            micros(each.touched), None if each.due is None else micros(each.due), each.parent,
            text(each.seats), each.snapshot,
        ),
    ).lastrowid  # fmt: skip


def _moved(db: sqlite3.Connection, change: Change) -> int | None:
    each = change.record
    due = None if each.due is None else micros(each.due)
    seats = text(each.seats)
    moved = each.state, each.outcome, each.sequence, each.turn, micros(each.touched), each.snapshot
    before = each.id, change.before
    row = db.execute(
        _TURN, (*moved, *before, each.status, due, each.version, each.fingerprint, seats)
    ).fetchone()
    if row is None:
        row = db.execute(
            _REST,
            (
                *moved, each.reference, each.scenario, each.version, each.fingerprint, each.status,
                micros(each.created), due, each.parent, seats, *before,
            ),
        ).fetchone()  # fmt: skip
    if row is None:
        return None
    number: int = row[0]
    db.execute(_NO_CLAIM, row)
    return number


def _why(db: sqlite3.Connection, change: Change) -> str:
    """Why a change could not be written. A key tells most: whoever sent it has its answer."""
    record = change.record
    found = db.execute(
        "SELECT number, sequence FROM conversations WHERE id = ?", (record.id,)
    ).fetchone()
    number, sequence = found or (None, 0)
    for entry in change.entries:
        if (
            entry.key is not None
            and db.execute(
                "SELECT 1 FROM entries WHERE conversation = ? AND key = ?", (number, entry.key)
            ).fetchone()
        ):
            return REPEATED
    if sequence == change.before and record.status == LIVE:
        holder = db.execute(
            "SELECT id FROM conversations WHERE reference = ? AND status = 'live'",
            (record.reference,),
        ).fetchone()
        if holder is not None and holder[0] != record.id:
            return TAKEN
    return CONFLICT


def remove(db: sqlite3.Connection, conversation: str) -> bool:
    """Remove a conversation and all that belongs to it; whether there was one."""
    row = db.execute("SELECT number FROM conversations WHERE id = ?", (conversation,)).fetchone()
    if row is None:
        return False
    for table in ("entries", "timers", "claims", "parcels"):
        db.execute(f"DELETE FROM {table} WHERE conversation = ?", row)  # noqa: S608 - of these
    db.execute("DELETE FROM conversations WHERE number = ?", row)
    return True
