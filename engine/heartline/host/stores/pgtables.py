"""The tables of a PostgreSQL store, and how they are brought to this program's version.

Each version is one script, and scripts only go forward: what has been released is never changed,
a new version is added at the end. They run at start, in one transaction and under a lock, so that
of many workers that start at once one does it and the others wait. A program that meets a version
it does not know stores nothing.

Its functions, which commit and claim in one round trip, look up by index only. That is asked of the
planner by SETTINGS rather than found out from how many rows there are, since a plan made while the
tables are empty would read them from end to end, or sort them, when there are a million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import StoreDamaged, StoreTooNew, StoreUnavailable
from heartline.host.stores.pgclaims import CLAIMING, CLAIMS
from heartline.host.stores.pgcommits import COMMITS, TYPES

if TYPE_CHECKING:
    from asyncpg import Connection

__all__ = ["SCRIPTS", "SETTINGS", "bring_up"]

# Of each connection. Plans are made once and by index; a commit sees what others have committed
# before it. The server looks now and then whether a worker's machine is still there, and lets go of
# what that held.
SETTINGS = {
    "application_name": "heartline",
    "default_transaction_isolation": "read committed",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_sort": "off",
    "jit": "off",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60000",
}

_LOCK = 0x6865_6172_746C_696E  # the same in each program that brings these tables up
_PATIENCE = 60  # seconds, for another program that does it
_LONG = 3600.0  # seconds, for doing it

# Ids are compared byte by byte: quicker, and in the same order on every server. A row has room
# beside it, and neither `sequence` nor `due` is in an index of the conversations: a turn writes the
# new row into the same page and leaves the indexes alone. What is due is found by the timers, and
# what is claimed is not written into the rows. Texts under 8 KB stay in the row, as they are: to
# compress them takes longer than to write them.
_FIRST = """
CREATE TABLE heartline_conversations (
    id          text COLLATE "C" PRIMARY KEY,
    number      bigint GENERATED ALWAYS AS IDENTITY,
    reference   text COLLATE "C" NOT NULL,
    scenario    text NOT NULL,
    version     text NOT NULL,
    fingerprint text NOT NULL,
    status      text NOT NULL,
    state       text NOT NULL,
    outcome     text,
    sequence    bigint NOT NULL,
    turn        bigint NOT NULL,
    snapshot    text NOT NULL,
    created     bigint NOT NULL,
    touched     bigint NOT NULL,
    due         bigint,
    parent      text,
    seats       text NOT NULL,
    claimed     timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 70, toast_tuple_target = 8160);
ALTER TABLE heartline_conversations ALTER COLUMN snapshot SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX heartline_conversations_live ON heartline_conversations (reference)
    WHERE status = 'live';
CREATE INDEX heartline_conversations_reference ON heartline_conversations (reference, number);
CREATE INDEX heartline_conversations_version
    ON heartline_conversations (status, fingerprint, scenario, version);

CREATE TABLE heartline_entries (
    conversation text COLLATE "C" NOT NULL,
    sequence     bigint NOT NULL,
    kind         text NOT NULL,
    key          text COLLATE "C",
    at           bigint NOT NULL,
    data         text NOT NULL,
    PRIMARY KEY (conversation, sequence)
) WITH (toast_tuple_target = 8160);
ALTER TABLE heartline_entries ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX heartline_entries_key ON heartline_entries (conversation, key)
    WHERE key IS NOT NULL;

CREATE TABLE heartline_timers (
    conversation text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    generation   bigint NOT NULL,
    due          bigint NOT NULL,
    PRIMARY KEY (conversation, name)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX heartline_timers_due ON heartline_timers (due);

CREATE TABLE heartline_parcels (
    conversation text COLLATE "C" NOT NULL,
    sequence     bigint NOT NULL,
    index        integer NOT NULL,
    number       bigint GENERATED ALWAYS AS IDENTITY,
    reference    text COLLATE "C" NOT NULL,
    payload      text NOT NULL,
    due          bigint NOT NULL,
    tries        integer NOT NULL,
    parked       text,
    claimed      timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (conversation, sequence, index)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX heartline_parcels_due ON heartline_parcels (due, number) WHERE parked IS NULL;
CREATE INDEX heartline_parcels_reference ON heartline_parcels (reference, number)
    WHERE parked IS NULL;
CREATE INDEX heartline_parcels_parked ON heartline_parcels (number) WHERE parked IS NOT NULL;

CREATE TABLE heartline_scenarios (
    fingerprint text COLLATE "C" PRIMARY KEY,
    scenario    text NOT NULL,
    version     text NOT NULL,
    main        text NOT NULL,
    files       text NOT NULL
);
"""

# What is claimed is kept beside the conversations, and fewer of them stand in the indexes. The
# functions of the first version, which knew them as they were, are made anew.
_CLAIMS_APART = """
DROP FUNCTION IF EXISTS
    heartline_commit, heartline_commit_all, heartline_delete, heartline_why;
DROP TYPE IF EXISTS heartline_change, heartline_entry, heartline_timer, heartline_parcel;
ALTER TABLE heartline_conversations DROP COLUMN claimed;
DROP INDEX heartline_conversations_reference, heartline_conversations_version;
CREATE INDEX heartline_conversations_past ON heartline_conversations (reference, number)
    WHERE status <> 'live';
CREATE INDEX heartline_conversations_version
    ON heartline_conversations (fingerprint, scenario, version) WHERE status = 'live';
"""

# Whose the seats of conversations are, so that whoever comes is brought to theirs; and functions
# that write that down, also for a program of the version before that goes on.
_SEATS = """
CREATE TABLE heartline_seats (
    conversation text COLLATE "C" NOT NULL,
    role         text COLLATE "C" NOT NULL,
    number       bigint GENERATED ALWAYS AS IDENTITY,
    reference    text COLLATE "C" NOT NULL,
    live         boolean NOT NULL,
    PRIMARY KEY (conversation, role)
);
INSERT INTO heartline_seats (conversation, role, reference, live)
    SELECT c.id, s.key, s.value, c.status = 'live'
    FROM heartline_conversations AS c, json_each_text(c.seats::json) AS s
    WHERE c.seats <> '{}'
    ORDER BY CASE WHEN c.status = 'live' THEN c.number ELSE c.touched END, c.number;
CREATE INDEX heartline_seats_reference ON heartline_seats (reference, live, number);
"""

SCRIPTS = (_FIRST, _CLAIMS_APART + TYPES + CLAIMS, _SEATS + COMMITS + CLAIMING)


async def bring_up(connection: Connection, where: str) -> None:
    """Bring the tables to this program's version, whoever else may be at it."""
    import asyncpg

    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}s'")
        try:
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK, timeout=_LONG)
        except asyncpg.LockNotAvailableError:
            raise StoreUnavailable(
                f"Another program has been changing the tables of PostgreSQL at {where} for a "
                "minute: wait until it is done, or look whether it hangs."
            ) from None
        version = await _version(connection, where)
        if version > len(SCRIPTS):
            raise StoreTooNew(
                f"The tables of PostgreSQL at {where} are of version {version}, and this program "
                f"knows them up to {len(SCRIPTS)}: a newer program has changed them. Update this "
                "one."
            )
        for script in SCRIPTS[version:]:
            await connection.execute(script, timeout=_LONG)
        if version < len(SCRIPTS):
            await connection.execute("UPDATE heartline_schema SET version = $1", len(SCRIPTS))


async def _version(connection: Connection, where: str) -> int:
    """Which version the tables are of; 0 where there are none yet."""
    if await connection.fetchval("SELECT to_regclass('heartline_schema')") is None:
        await connection.execute(
            "CREATE TABLE heartline_schema (version integer NOT NULL);"
            "INSERT INTO heartline_schema VALUES (0)"
        )
    rows = await connection.fetch("SELECT version FROM heartline_schema")
    if len(rows) != 1 or rows[0]["version"] < 0:
        raise StoreDamaged(
            f"PostgreSQL at {where} has a table heartline_schema that does not hold one version: "
            "it is not this program's, or it was changed by hand."
        )
    return int(rows[0]["version"])
