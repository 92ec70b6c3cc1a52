"""The tables of a PostgreSQL store, and how they are brought to this program's version.

Each version is one script, and scripts only go forward: what has been released is never changed,
a new version is added at the end. They run at start, in one transaction and under a lock, so that
of many workers that start at once one does it and the others wait. A program that meets a version
it does not know stores nothing.

What a commit does stands here too, as functions of the server: one round trip, whatever is in it.
They look up by index only. That is asked of the planner by SETTINGS rather than found out from how
many rows there are, since a plan made while the tables are empty would read them from end to end
when there are a million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartline.errors import StoreDamaged, StoreTooNew, StoreUnavailable

if TYPE_CHECKING:
    from asyncpg import Connection

__all__ = ["SCRIPTS", "SETTINGS", "bring_up"]

# Of each connection. Plans are made once and by index; a commit sees what others have committed
# before it, and never waits long for a lock.
SETTINGS = {
    "application_name": "heartline",
    "default_transaction_isolation": "read committed",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}

_LOCK = 0x6865_6172_746C_696E  # the same in each program that brings these tables up
_PATIENCE = 60  # seconds, for another program that does it
_LONG = 3600.0  # seconds, for doing it

# Ids are compared byte by byte: quicker, and in the same order on every server. A row has room
# beside it, and neither `sequence` nor `due` nor `claimed` is in an index of the conversations: a
# turn writes the new row into the same page and leaves the indexes alone. What is due is found by
# the timers. Texts under 8 KB stay in the row, as they are: to compress them takes longer than to
# write them.
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

-- Why a change was not stored, looked up after it was found that it cannot be.
CREATE FUNCTION heartline_why(
    which text, follows bigint, called text, e_keys text[]
) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM unnest(e_keys) AS k (key)
                     JOIN heartline_entries AS e ON e.conversation = which AND e.key = k.key)
        THEN 'repeated'
        WHEN coalesce((SELECT sequence FROM heartline_conversations WHERE id = which), 0) <> follows
        THEN 'conflict'
        WHEN EXISTS (SELECT FROM heartline_conversations
                     WHERE reference = called AND status = 'live' AND id <> which)
        THEN 'taken'
        ELSE 'conflict'
    END
$$;

-- One change that adds one entry, as nearly all do. Plain values and loops over the few timers and
-- parcels cost the server, and whoever asks it, a fraction of what sets of one row would.
CREATE FUNCTION heartline_commit(
    c_id text, c_before bigint, c_reference text, c_scenario text, c_version text,
    c_fingerprint text, c_status text, c_state text, c_outcome text, c_sequence bigint,
    c_turn bigint, c_snapshot text, c_created bigint, c_touched bigint, c_due bigint,
    c_parent text, c_seats text,
    e_sequence bigint, e_kind text, e_key text, e_at bigint, e_data text,
    t_name text[], t_generation bigint[], t_due bigint[],
    p_sequence bigint[], p_index integer[], p_reference text[], p_payload text[], p_due bigint[],
    p_tries integer[], p_parked text[]
) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF c_before = 0 THEN
        INSERT INTO heartline_conversations (
            id, reference, scenario, version, fingerprint, status, state, outcome, sequence, turn,
            snapshot, created, touched, due, parent, seats
        ) VALUES (
            c_id, c_reference, c_scenario, c_version, c_fingerprint, c_status, c_state, c_outcome,
            c_sequence, c_turn, c_snapshot, c_created, c_touched, c_due, c_parent, c_seats
        ) ON CONFLICT DO NOTHING;
    ELSE
        UPDATE heartline_conversations AS c SET
            reference = c_reference, scenario = c_scenario, version = c_version,
            fingerprint = c_fingerprint, status = c_status, state = c_state, outcome = c_outcome,
            sequence = c_sequence, turn = c_turn, snapshot = c_snapshot, created = c_created,
            touched = c_touched, due = c_due, parent = c_parent, seats = c_seats,
            claimed = '-infinity'
        WHERE c.id = c_id AND c.sequence = c_before
          AND NOT EXISTS (SELECT FROM heartline_entries
                          WHERE conversation = c_id AND key = e_key)
          AND (c_status <> 'live' OR (c.status = 'live' AND c.reference = c_reference)
               OR NOT EXISTS (SELECT FROM heartline_conversations AS o
                              WHERE o.reference = c_reference AND o.status = 'live'
                                AND o.id <> c_id));
    END IF;
    IF NOT FOUND THEN
        RETURN heartline_why(c_id, c_before, c_reference, ARRAY[e_key]);
    END IF;
    INSERT INTO heartline_entries (conversation, sequence, kind, key, at, data)
        VALUES (c_id, e_sequence, e_kind, e_key, e_at, e_data);
    IF t_name IS NOT NULL THEN
        IF c_before > 0 THEN
            DELETE FROM heartline_timers WHERE conversation = c_id;
        END IF;
        FOR i IN 1 .. cardinality(t_name) LOOP
            INSERT INTO heartline_timers (conversation, name, generation, due)
                VALUES (c_id, t_name[i], t_generation[i], t_due[i]);
        END LOOP;
    END IF;
    IF p_index IS NOT NULL THEN
        FOR i IN 1 .. cardinality(p_index) LOOP
            INSERT INTO heartline_parcels (
                conversation, sequence, index, reference, payload, due, tries, parked
            ) VALUES (
                c_id, p_sequence[i], p_index[i], p_reference[i], p_payload[i], p_due[i],
                p_tries[i], p_parked[i]
            );
        END LOOP;
    END IF;
    RETURN 'stored';
END
$$;

-- Many changes, as a set. What belongs to a change begins with its number. They come in the order
-- of their ids, in which they are locked, so that no two programs wait for each other.
CREATE TYPE heartline_change AS (
    id text, before bigint, reference text, scenario text, version text, fingerprint text,
    status text, state text, outcome text, sequence bigint, turn bigint, snapshot text,
    created bigint, touched bigint, due bigint, parent text, seats text, timers boolean
);
CREATE TYPE heartline_entry AS (
    change integer, sequence bigint, kind text, key text, at bigint, data text
);
CREATE TYPE heartline_timer AS (change integer, name text, generation bigint, due bigint);
CREATE TYPE heartline_parcel AS (
    change integer, sequence bigint, index integer, reference text, payload text, due bigint,
    tries integer, parked text
);
CREATE FUNCTION heartline_commit_all(
    changes heartline_change[], entries heartline_entry[], new_timers heartline_timer[],
    new_parcels heartline_parcel[]
) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    many CONSTANT integer := cardinality(changes);
    ids text[];
    stored integer[];
    done boolean[] := array_fill(true, ARRAY[many]);
    verdicts text[] := array_fill('stored'::text, ARRAY[many]);
BEGIN
    SELECT array_agg(id) INTO ids FROM unnest(changes);
    WITH new AS (
        SELECT * FROM unnest(changes) WITH ORDINALITY AS n (
            id, before, reference, scenario, version, fingerprint, status, state, outcome,
            sequence, turn, snapshot, created, touched, due, parent, seats, timers, number)
    ), repeats AS (
        SELECT ids[k.change] AS id
        FROM unnest(entries) AS k
        JOIN heartline_entries AS e ON e.conversation = ids[k.change] AND e.key = k.key
    ), inserted AS (
        INSERT INTO heartline_conversations (
            id, reference, scenario, version, fingerprint, status, state, outcome, sequence, turn,
            snapshot, created, touched, due, parent, seats)
        SELECT id, reference, scenario, version, fingerprint, status, state, outcome, sequence,
            turn, snapshot, created, touched, due, parent, seats
        FROM new WHERE before = 0
        ON CONFLICT DO NOTHING RETURNING id
    ), updated AS (
        UPDATE heartline_conversations AS c SET
            reference = n.reference, scenario = n.scenario, version = n.version,
            fingerprint = n.fingerprint, status = n.status, state = n.state,
            outcome = n.outcome, sequence = n.sequence, turn = n.turn, snapshot = n.snapshot,
            created = n.created, touched = n.touched, due = n.due, parent = n.parent,
            seats = n.seats, claimed = '-infinity'
        FROM new AS n
        WHERE c.id = n.id AND n.before > 0 AND c.sequence = n.before
          AND n.id NOT IN (SELECT id FROM repeats)
          AND (n.status <> 'live' OR (c.status = 'live' AND c.reference = n.reference)
               OR NOT EXISTS (SELECT FROM heartline_conversations AS o
                              WHERE o.reference = n.reference AND o.status = 'live'
                                AND o.id <> n.id))
        RETURNING n.number
    )
    SELECT array_agg(each.number) INTO stored FROM (
        SELECT number FROM updated
        UNION ALL SELECT array_position(ids, id) FROM inserted
    ) AS each;
    IF coalesce(cardinality(stored), 0) < many THEN
        SELECT array_agg(n.stored ORDER BY n.number),
            array_agg(CASE WHEN n.stored THEN 'stored' ELSE heartline_why(
                n.id, n.before, n.reference,
                ARRAY(SELECT key FROM unnest(entries) WHERE change = n.number)
            ) END ORDER BY n.number)
            INTO done, verdicts
            FROM (
                SELECT number, id, before, reference,
                    coalesce(number = ANY (stored), false) AS stored
                FROM unnest(changes) WITH ORDINALITY AS c (
                    id, before, reference, scenario, version, fingerprint, status, state, outcome,
                    sequence, turn, snapshot, created, touched, due, parent, seats, timers, number)
            ) AS n;
    END IF;
    INSERT INTO heartline_entries (conversation, sequence, kind, key, at, data)
        SELECT ids[change], sequence, kind, key, at, data
        FROM unnest(entries) WHERE done[change];
    DELETE FROM heartline_timers AS t
        USING unnest(changes) WITH ORDINALITY AS n (
            id, before, reference, scenario, version, fingerprint, status, state, outcome,
            sequence, turn, snapshot, created, touched, due, parent, seats, timers, number)
        WHERE t.conversation = n.id AND n.before > 0 AND n.timers AND done[n.number];
    INSERT INTO heartline_timers (conversation, name, generation, due)
        SELECT ids[change], name, generation, due
        FROM unnest(new_timers) WHERE done[change];
    IF new_parcels <> '{}' THEN
        INSERT INTO heartline_parcels (
            conversation, sequence, index, reference, payload, due, tries, parked)
            SELECT ids[change], sequence, index, reference, payload, due, tries, parked
            FROM unnest(new_parcels) WHERE done[change];
    END IF;
    RETURN verdicts;
END
$$;

-- Every trace of a conversation. It goes first itself: who commits to it at this moment has stored
-- all of it by then, and it is removed as well, or finds that it is gone.
CREATE FUNCTION heartline_delete(which text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    known boolean;
BEGIN
    DELETE FROM heartline_conversations WHERE id = which;
    known := FOUND;
    DELETE FROM heartline_entries WHERE conversation = which;
    DELETE FROM heartline_timers WHERE conversation = which;
    DELETE FROM heartline_parcels WHERE conversation = which;
    RETURN known;
END
$$;
"""

SCRIPTS = (_FIRST,)


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
