"""The tables of a SQLite store, and how they are brought to this program's version.

Each version is one step, and steps only go forward: what has been released is never changed, a new
version is added at the end. They run at start, in one transaction and under the file's lock, so
that of several programs that start at once one does it and the others wait. A program that meets a
version that it does not know stores nothing. The version is the file's `user_version`, and its
`application_id` says that it is Heartline's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import StoreDamaged, StoreTooNew

if TYPE_CHECKING:
    import sqlite3

__all__ = ["APPLICATION", "STEPS", "bring_up"]

APPLICATION = 0x4852_544C  # "HRTL"

# Within the file a conversation goes by a number: indexes stay small, and the order of the numbers
# is that in which conversations began. The log grows at its end, whichever conversation goes on, so
# that turns that are stored together write the same page of it.
_FIRST = (
    """
    CREATE TABLE conversations (
        number      INTEGER PRIMARY KEY,
        id          TEXT NOT NULL UNIQUE,
        reference   TEXT NOT NULL,
        scenario    TEXT NOT NULL,
        version     TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        status      TEXT NOT NULL,
        state       TEXT NOT NULL,
        outcome     TEXT,
        sequence    INTEGER NOT NULL,
        turn        INTEGER NOT NULL,
        created     INTEGER NOT NULL,
        touched     INTEGER NOT NULL,
        due         INTEGER,
        parent      TEXT,
        seats       TEXT NOT NULL,
        snapshot    TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX conversations_live ON conversations (reference) WHERE status = 'live'",
    "CREATE INDEX conversations_past ON conversations (reference) WHERE status <> 'live'",
    "CREATE INDEX conversations_due ON conversations (due) WHERE due IS NOT NULL",
    """
    CREATE TABLE entries (
        number       INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
        sequence     INTEGER NOT NULL,
        kind         TEXT NOT NULL,
        key          TEXT,
        at           INTEGER NOT NULL,
        data         TEXT NOT NULL,
        UNIQUE (conversation, sequence)
    )
    """,
    "CREATE UNIQUE INDEX entries_key ON entries (conversation, key) WHERE key IS NOT NULL",
    """
    CREATE TABLE timers (
        conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
        name         TEXT NOT NULL,
        generation   INTEGER NOT NULL,
        due          INTEGER NOT NULL,
        PRIMARY KEY (conversation, name)
    ) WITHOUT ROWID
    """,
    # Who has taken a conversation to fire its timers, from when until when by this machine's clock,
    # and after which entry: the next commit ends a claim without touching it. It is a table of its
    # own, small and in one place, so that claiming a thousand conversations does not write a
    # thousand pages.
    """
    CREATE TABLE claims (
        conversation INTEGER PRIMARY KEY REFERENCES conversations (number) ON DELETE CASCADE,
        after        INTEGER NOT NULL,
        since        INTEGER NOT NULL,
        until        INTEGER NOT NULL
    )
    """,
    "CREATE INDEX claims_until ON claims (until)",
    # `first` marks the oldest parcel to each reference that is not parked: only that one is given
    # out, and whatever waits behind it need not be looked at.
    """
    CREATE TABLE parcels (
        number       INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
        sequence     INTEGER NOT NULL,
        position     INTEGER NOT NULL,
        reference    TEXT NOT NULL,
        payload      TEXT NOT NULL,
        due          INTEGER NOT NULL,
        tries        INTEGER NOT NULL,
        parked       TEXT,
        first        INTEGER NOT NULL,
        since        INTEGER NOT NULL DEFAULT 0,
        until        INTEGER NOT NULL DEFAULT 0,
        UNIQUE (conversation, sequence, position)
    )
    """,
    "CREATE INDEX parcels_reference ON parcels (reference, number) WHERE parked IS NULL",
    "CREATE INDEX parcels_first ON parcels (due, number) WHERE first = 1",
    "CREATE INDEX parcels_parked ON parcels (number) WHERE parked IS NOT NULL",
    """
    CREATE TRIGGER parcels_gone AFTER DELETE ON parcels WHEN old.first = 1 BEGIN
        UPDATE parcels SET first = 1 WHERE number = (
            SELECT min(number) FROM parcels WHERE reference = old.reference AND parked IS NULL);
    END
    """,
    # How many conversations there are of each version, kept as they come, end and go over to
    # another: a host asks at its start, and must not read a million conversations for it. Their
    # states are not among it, since that would cost each turn a fifth of its time.
    """
    CREATE TABLE tally (
        fingerprint TEXT NOT NULL,
        status      TEXT NOT NULL,
        version     TEXT NOT NULL,
        scenario    TEXT NOT NULL,
        many        INTEGER NOT NULL,
        PRIMARY KEY (fingerprint, status, version, scenario)
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER tally_new AFTER INSERT ON conversations BEGIN
        INSERT INTO tally (fingerprint, status, version, scenario, many)
        VALUES (new.fingerprint, new.status, new.version, new.scenario, 1)
        ON CONFLICT DO UPDATE SET many = many + 1;
    END
    """,
    """
    CREATE TRIGGER tally_gone AFTER DELETE ON conversations BEGIN
        UPDATE tally SET many = many - 1
        WHERE fingerprint = old.fingerprint AND status = old.status
            AND version = old.version AND scenario = old.scenario;
    END
    """,
    """
    CREATE TRIGGER tally_moved
    AFTER UPDATE OF status, version, fingerprint, scenario ON conversations
    WHEN old.status <> new.status OR old.version <> new.version
        OR old.fingerprint <> new.fingerprint OR old.scenario <> new.scenario
    BEGIN
        UPDATE tally SET many = many - 1
        WHERE fingerprint = old.fingerprint AND status = old.status
            AND version = old.version AND scenario = old.scenario;
        INSERT INTO tally (fingerprint, status, version, scenario, many)
        VALUES (new.fingerprint, new.status, new.version, new.scenario, 1)
        ON CONFLICT DO UPDATE SET many = many + 1;
    END
    """,
    """
    CREATE TABLE scenarios (
        fingerprint TEXT PRIMARY KEY,
        scenario    TEXT NOT NULL,
        version     TEXT NOT NULL,
        main        TEXT NOT NULL,
        files       TEXT NOT NULL
    ) WITHOUT ROWID
    """,
)

# The log is a chain: each entry names the one before it in its conversation, which names the last.
# An index over conversation and sequence would do that too, but it is one more page, elsewhere for
# each conversation, that every turn writes: a fifth of its time. Who has the number of the last
# entry is the only one that may follow it, so nothing has to be unique here but the keys.
_CHAINED = (
    """
    CREATE TABLE chained (
        number       INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL,
        previous     INTEGER,
        sequence     INTEGER NOT NULL,
        kind         TEXT NOT NULL,
        key          TEXT,
        at           INTEGER NOT NULL,
        data         TEXT NOT NULL
    )
    """,
    """
    INSERT INTO chained (number, conversation, previous, sequence, kind, key, at, data)
    SELECT number, conversation, (
        SELECT earlier.number FROM entries AS earlier
        WHERE earlier.conversation = entries.conversation
            AND earlier.sequence = entries.sequence - 1
    ), sequence, kind, key, at, data
    FROM entries ORDER BY number
    """,
    "ALTER TABLE conversations ADD COLUMN last INTEGER",
    """
    UPDATE conversations SET last = (
        SELECT entries.number FROM entries WHERE entries.conversation = conversations.number
        ORDER BY entries.sequence DESC LIMIT 1
    )
    """,
    "DROP TABLE entries",
    "ALTER TABLE chained RENAME TO entries",
    "CREATE UNIQUE INDEX entries_key ON entries (conversation, key) WHERE key IS NOT NULL",
)

# Whose a claim is, so that it ends with its worker.
_WORKERS = (
    """
    CREATE TABLE workers (
        number INTEGER PRIMARY KEY,
        pid    INTEGER NOT NULL,
        place  TEXT NOT NULL,
        UNIQUE (pid, place)
    )
    """,
    "ALTER TABLE claims ADD COLUMN worker INTEGER NOT NULL DEFAULT 0",
)

# Whose the seats of conversations are, so that whoever comes is brought to theirs. The rows follow
# the conversations by themselves, also where a program of the version before goes on with one; an
# ordinary turn sets neither status nor seats, and wakes no trigger. A seat has a higher number than
# those that were given before it, or went on or ended with their conversation. Who has lost a seat
# is sent nothing of that conversation any more.
_SEATS = (
    """
    CREATE TABLE seats (
        number       INTEGER PRIMARY KEY,
        reference    TEXT NOT NULL,
        conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
        role         TEXT NOT NULL,
        live         INTEGER NOT NULL,
        UNIQUE (conversation, role)
    )
    """,
    """
    INSERT INTO seats (reference, conversation, role, live)
    SELECT seat.atom, conversations.number, seat.key, status = 'live'
    FROM conversations, json_each(iif(json_valid(seats), seats, '{}')) AS seat
    WHERE seat.type = 'text'
    ORDER BY iif(status = 'live', conversations.number, touched), conversations.number
    """,
    "CREATE INDEX seats_reference ON seats (reference, live)",
    """
    CREATE TRIGGER seats_new AFTER INSERT ON conversations WHEN new.seats <> '{}' BEGIN
        INSERT INTO seats (reference, conversation, role, live)
        SELECT atom, new.number, key, new.status = 'live' FROM json_each(new.seats);
    END
    """,
    """
    CREATE TRIGGER seats_moved AFTER UPDATE OF status, seats ON conversations
    WHEN old.seats <> new.seats OR (old.status = 'live') <> (new.status = 'live')
    BEGIN
        DELETE FROM seats WHERE conversation = new.number AND (
            live <> (new.status = 'live')
            OR (role, reference) NOT IN (SELECT key, atom FROM json_each(new.seats)));
        INSERT INTO seats (reference, conversation, role, live)
        SELECT atom, new.number, key, new.status = 'live' FROM json_each(new.seats)
        WHERE key NOT IN (SELECT role FROM seats WHERE conversation = new.number);
        DELETE FROM parcels WHERE old.seats <> new.seats AND conversation = new.number
            AND reference IN (SELECT atom FROM json_each(old.seats))
            AND reference NOT IN (SELECT atom FROM json_each(new.seats));
    END
    """,
)

# A set of timers ends many conversations at once, and a trigger takes half of that time, whether it
# has anything to do or not. These are asked only where a version is written. Whoever changes what a
# conversation counts as, or whose seats are whose, writes its version as well, as programs of the
# version before do; or else sees to the tally itself.
_TOGETHER = (
    "DROP TRIGGER tally_moved",
    """
    CREATE TRIGGER tally_moved AFTER UPDATE OF version ON conversations
    WHEN old.status <> new.status OR old.version <> new.version
        OR old.fingerprint <> new.fingerprint OR old.scenario <> new.scenario
    BEGIN
        UPDATE tally SET many = many - 1
        WHERE fingerprint = old.fingerprint AND status = old.status
            AND version = old.version AND scenario = old.scenario;
        INSERT INTO tally (fingerprint, status, version, scenario, many)
        VALUES (new.fingerprint, new.status, new.version, new.scenario, 1)
        ON CONFLICT DO UPDATE SET many = many + 1;
    END
    """,
    "DROP TRIGGER seats_moved",
    """
    CREATE TRIGGER seats_moved AFTER UPDATE OF version ON conversations
    WHEN old.seats <> new.seats OR (old.status = 'live') <> (new.status = 'live')
    BEGIN
        DELETE FROM seats WHERE conversation = new.number AND (
            live <> (new.status = 'live')
            OR (role, reference) NOT IN (SELECT key, atom FROM json_each(new.seats)));
        INSERT INTO seats (reference, conversation, role, live)
        SELECT atom, new.number, key, new.status = 'live' FROM json_each(new.seats)
        WHERE key NOT IN (SELECT role FROM seats WHERE conversation = new.number);
        DELETE FROM parcels WHERE old.seats <> new.seats AND conversation = new.number
            AND reference IN (SELECT atom FROM json_each(old.seats))
            AND reference NOT IN (SELECT atom FROM json_each(new.seats));
    END
    """,
)

STEPS: tuple[tuple[str, ...], ...] = (_FIRST, (*_CHAINED, *_WORKERS), _SEATS, _TOGETHER)


def bring_up(db: sqlite3.Connection, file: str) -> None:
    """Bring the tables to this program's version, whichever other program may be at it.

    Raises StoreTooNew, StoreDamaged and sqlite3.Error; also where all is as it should be, a file
    that cannot be written to is found here.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db, file)
        for step in STEPS[version:]:
            for statement in step:
                db.execute(statement)
        if version < len(STEPS):
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {len(STEPS)}")
        # SQLite begins to write to a file that it may only read, and says so at the first write.
        db.execute("DELETE FROM claims WHERE until < 0")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _version(db: sqlite3.Connection, file: str) -> int:
    """Which version the tables are of; 0 where there are none yet."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION and (application or version or tables):
        raise StoreDamaged(
            f"{file} is a database of another program and not of Heartline: name another file; it "
            "is made where there is none."
        )
    if version > len(STEPS):
        raise StoreTooNew(
            f"The tables in {file} are of version {version}, and this program knows them up to "
            f"{len(STEPS)}: a newer program has changed them. Update this one."
        )
    return int(version)
