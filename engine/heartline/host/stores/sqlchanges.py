"""How a change is written to a SQLite file, in one transaction."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from heartline.host.stores.rows import micros, text
from heartline.host.stores.sqlfaults import is_taken
from heartline.host.stores.sqllog import chain
from heartline.host.stores.sqlsets import FEWEST, written_at_once
from heartline.host.values import CONFLICT, LIVE, REPEATED, STORED, TAKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.host.values import Change, Entry

__all__ = ["Changes", "remove"]

_NUMBERS = 16_384  # conversations whose number is remembered

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
SET state = ?, outcome = ?, sequence = ?, turn = ?, touched = ?, snapshot = ?, last = ?
WHERE number = ? AND status = ? AND due IS ? AND version = ? AND fingerprint = ? AND seats = ?
"""
_REST = """
UPDATE conversations
SET state = ?, outcome = ?, sequence = ?, turn = ?, touched = ?, snapshot = ?, last = ?,
    reference = ?, scenario = ?, version = ?, fingerprint = ?, status = ?, created = ?, due = ?,
    parent = ?, seats = ?
WHERE number = ?
"""
_NUMBER = "SELECT number FROM conversations WHERE id = ?"
# The entry that follows finds its conversation only where that is as it was left.
_FOLLOWING = """
INSERT INTO entries (conversation, previous, sequence, kind, key, at, data)
SELECT number, last, ?, ?, ?, ?, ? FROM conversations WHERE number = ? AND id = ? AND sequence = ?
"""
_ENTRY = """
INSERT INTO entries (conversation, previous, sequence, kind, key, at, data)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_LAST = "UPDATE conversations SET last = ? WHERE number = ?"
_CHAIN = f"DELETE FROM entries WHERE number IN ({chain('conversations.number = ?')})"  # noqa: S608
_NO_TIMERS = "DELETE FROM timers WHERE conversation = ?"
_TIMER = "INSERT INTO timers (conversation, name, generation, due) VALUES (?, ?, ?, ?)"
_PARCEL = """
INSERT INTO parcels (
    conversation, sequence, position, reference, payload, due, tries, parked, first
) VALUES (
    ?, ?, ?, ?, ?, ?, ?, ?,
    ? IS NULL AND NOT EXISTS (SELECT 1 FROM parcels WHERE reference = ? AND parked IS NULL)
)
"""


class Changes:
    """Writes changes. The numbers that conversations have in the file are remembered: looking one
    up costs a tenth of a turn."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def commit(self, db: sqlite3.Connection, change: Change) -> str:
        """Store a change in a transaction of its own: STORED, or why not."""
        db.execute("BEGIN IMMEDIATE")
        try:
            if self._written(db, change):
                db.execute("COMMIT")
                return STORED
            db.execute("ROLLBACK")
            return _why(db, change)
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")

    def commit_all(self, db: sqlite3.Connection, changes: list[Change]) -> list[str]:
        """Store changes in one transaction; each is whole or not there."""
        db.execute("BEGIN IMMEDIATE")
        try:
            # Nearly always all can be written. Only where one cannot is it worth the time to
            # remember before each what to go back to.
            if self._all_written(db, changes):
                told = [STORED] * len(changes)
            else:
                db.execute("ROLLBACK")
                db.execute("BEGIN IMMEDIATE")
                told = [self._tried(db, change) for change in changes]
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
        return told

    def _all_written(self, db: sqlite3.Connection, changes: list[Change]) -> bool:
        if len(changes) >= FEWEST and all(
            each.before and len(each.entries) == 1 and not each.parcels for each in changes
        ):
            return written_at_once(db, changes, self._number)
        return all(self._written(db, change) for change in changes)

    def _tried(self, db: sqlite3.Connection, change: Change) -> str:
        db.execute("SAVEPOINT one")
        told = STORED
        if not self._written(db, change):
            db.execute("ROLLBACK TO one")
            told = _why(db, change)
        db.execute("RELEASE one")
        return told

    def _written(self, db: sqlite3.Connection, change: Change) -> bool:
        """Whether it could be written; where not, something of it may have been."""
        try:
            number = self._begun(db, change) if change.before == 0 else self._moved(db, change)
        except sqlite3.IntegrityError as error:
            if is_taken(error):
                return False
            raise
        if number is None:
            return False
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
                    micros(each.due), each.tries, each.parked, each.parked, each.reference,
                ),
            )  # fmt: skip
        return True

    def _begun(self, db: sqlite3.Connection, change: Change) -> int | None:
        """The number of a conversation that is new."""
        each = change.record
        number = db.execute(
            _BEGIN,
            (
                each.id, each.reference, each.scenario, each.version, each.fingerprint, each.status,
                each.state, each.outcome, each.sequence, each.turn, micros(each.created),
                micros(each.touched), None if each.due is None else micros(each.due), each.parent,
                text(each.seats), each.snapshot,
            ),
        ).lastrowid  # fmt: skip
        assert number is not None
        self.remember(each.id, number)  # one of this name may have been there, and been deleted
        db.execute(_LAST, (_followed(db, number, None, change.entries), number))
        return number

    def _moved(self, db: sqlite3.Connection, change: Change) -> int | None:
        """The number of a conversation that has gone on; None where it was elsewhere."""
        each = change.record
        number = self._number(db, each.id)
        if number is None:
            return None
        entry = change.entries[0]
        at = micros(entry.at)
        added = db.execute(
            _FOLLOWING,
            (
                entry.sequence, entry.kind, entry.key, at, text(entry.data),
                number, each.id, change.before,
            ),
        )  # fmt: skip
        if not added.rowcount:
            self._numbers.pop(each.id, None)  # it may have been deleted, and begun anew
            return None
        last = added.lastrowid
        if len(change.entries) > 1:
            last = _followed(db, number, last, change.entries[1:])
        due = None if each.due is None else micros(each.due)
        seats = text(each.seats)
        touched = at if each.touched is entry.at else micros(each.touched)
        moved = (
            each.state, each.outcome, each.sequence, each.turn, touched, each.snapshot, last,
        )  # fmt: skip
        same = *moved, number, each.status, due, each.version, each.fingerprint, seats
        if not db.execute(_TURN, same).rowcount:
            rest = (
                *moved, each.reference, each.scenario, each.version, each.fingerprint, each.status,
                micros(each.created), due, each.parent, seats, number,
            )  # fmt: skip
            db.execute(_REST, rest)
        return number

    def _number(self, db: sqlite3.Connection, conversation: str) -> int | None:
        number = self._numbers.get(conversation)
        if number is None:
            row = db.execute(_NUMBER, (conversation,)).fetchone()
            if row is not None:
                number = row[0]
                self.remember(conversation, row[0])
        return number

    def remember(self, conversation: str, number: int) -> None:
        """A conversation's number in the file is known."""
        if len(self._numbers) >= _NUMBERS:
            self._numbers.pop(next(iter(self._numbers)))
        self._numbers[conversation] = number


def _followed(
    db: sqlite3.Connection, number: int, last: int | None, entries: Sequence[Entry]
) -> int | None:
    """The number of the last entry, when these follow the one with the number `last`."""
    for entry in entries:
        at, data = micros(entry.at), text(entry.data)
        values = number, last, entry.sequence, entry.kind, entry.key, at, data
        last = db.execute(_ENTRY, values).lastrowid
    return last


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
    row = db.execute(
        "SELECT number, sequence FROM conversations WHERE id = ?", (conversation,)
    ).fetchone()
    if row is None:
        return False
    number, sequence = row
    if db.execute(_CHAIN, (number,)).rowcount < sequence:
        # The chain is broken somewhere, and whatever lies behind that is found by reading it all.
        db.execute("DELETE FROM entries WHERE conversation = ?", (number,))
    for table in ("timers", "claims", "parcels", "seats"):
        db.execute(f"DELETE FROM {table} WHERE conversation = ?", (number,))  # noqa: S608 - of these
    db.execute("DELETE FROM conversations WHERE number = ?", (number,))
    return True
