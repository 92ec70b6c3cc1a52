"""What a commit does, as functions of a PostgreSQL server: one round trip, whatever is in it.

One change that adds one entry, as nearly all do, has a function for itself. Plain values, and loops
over its few timers and parcels, cost the server and whoever asks it a fraction of what sets of one
row would. Many changes are stored as a set. Whose seats are whose is looked at only where that can
have changed: a trigger that compares would cost each turn a twentieth of its time.
"""

__all__ = ["COMMITS", "TYPES"]

TYPES = """
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
"""

COMMITS = """
-- Why a change was not stored, looked up after it was found that it cannot be.
CREATE OR REPLACE FUNCTION heartline_why(
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

-- Whose the seats of a conversation are. A seat has a higher number than those that were given
-- before it, or went on or ended with their conversation. Who has lost a seat is sent nothing of
-- that conversation any more.
CREATE OR REPLACE FUNCTION heartline_seat(
    which text, lives boolean, given text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH gone AS (
        DELETE FROM heartline_seats AS h WHERE h.conversation = which AND (
            h.live <> lives
            OR NOT EXISTS (SELECT FROM json_each_text(given::json) AS s
                           WHERE s.key = h.role AND s.value = h.reference))
        RETURNING h.reference
    )
    DELETE FROM heartline_parcels AS p WHERE p.conversation = which
        AND p.reference IN (SELECT reference FROM gone)
        AND p.reference NOT IN (SELECT value FROM json_each_text(given::json));
    INSERT INTO heartline_seats (conversation, role, reference, live)
        SELECT which, key, value, lives FROM json_each_text(given::json) ON CONFLICT DO NOTHING;
END
$$;

-- One change that adds one entry.
CREATE OR REPLACE FUNCTION heartline_commit(
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
            touched = c_touched, due = c_due, parent = c_parent, seats = c_seats
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
    IF e_kind IN ('seated', 'undone')
        OR (c_seats <> '{}' AND (c_before = 0 OR c_status <> 'live'))
    THEN
        PERFORM heartline_seat(c_id, c_status = 'live', c_seats);
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
-- of their ids, in which they are locked, so that no two programs wait for each other. NULL says
-- that all are stored.
CREATE OR REPLACE FUNCTION heartline_commit_all(
    changes heartline_change[], entries heartline_entry[], new_timers heartline_timer[],
    new_parcels heartline_parcel[]
) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    many CONSTANT integer := cardinality(changes);
    ids text[];
    news boolean;
    retimed bigint[];
    stored integer[];
    begun integer[];
    done boolean[];
    verdicts text[];
    seated integer[];
    one record;
BEGIN
    SELECT array_agg(id), bool_or(before = 0),
            array_agg(number) FILTER (WHERE before > 0 AND timers),
            array_agg(number) FILTER (WHERE seats <> '{}' AND (before = 0 OR status <> 'live'))
        INTO ids, news, retimed, seated FROM unnest(changes) WITH ORDINALITY AS n (
            id, before, reference, scenario, version, fingerprint, status, state, outcome,
            sequence, turn, snapshot, created, touched, due, parent, seats, timers, number);
    IF news THEN
        WITH inserted AS (
            INSERT INTO heartline_conversations (
                id, reference, scenario, version, fingerprint, status, state, outcome, sequence,
                turn, snapshot, created, touched, due, parent, seats)
            SELECT id, reference, scenario, version, fingerprint, status, state, outcome, sequence,
                turn, snapshot, created, touched, due, parent, seats
            FROM unnest(changes) WHERE before = 0
            ON CONFLICT DO NOTHING RETURNING id
        )
        SELECT array_agg(array_position(ids, id)) INTO begun FROM inserted;
    END IF;
    WITH updated AS (
        UPDATE heartline_conversations AS c SET
            reference = n.reference, scenario = n.scenario, version = n.version,
            fingerprint = n.fingerprint, status = n.status, state = n.state,
            outcome = n.outcome, sequence = n.sequence, turn = n.turn, snapshot = n.snapshot,
            created = n.created, touched = n.touched, due = n.due, parent = n.parent,
            seats = n.seats
        FROM unnest(changes) WITH ORDINALITY AS n (
            id, before, reference, scenario, version, fingerprint, status, state, outcome,
            sequence, turn, snapshot, created, touched, due, parent, seats, timers, number)
        WHERE c.id = n.id AND n.before > 0 AND c.sequence = n.before
          AND n.number NOT IN (
              SELECT k.change FROM unnest(entries) AS k
              JOIN heartline_entries AS e ON e.conversation = ids[k.change] AND e.key = k.key)
          AND (n.status <> 'live' OR (c.status = 'live' AND c.reference = n.reference)
               OR NOT EXISTS (SELECT FROM heartline_conversations AS o
                              WHERE o.reference = n.reference AND o.status = 'live'
                                AND o.id <> n.id))
        RETURNING n.number
    )
    SELECT array_agg(number) || begun INTO stored FROM updated;
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
    SELECT array_agg(change) || seated INTO seated
        FROM unnest(entries) WHERE kind IN ('seated', 'undone');
    IF seated IS NOT NULL THEN
        FOR one IN
            SELECT id, status, seats
            FROM unnest(changes) WITH ORDINALITY AS c (
                id, before, reference, scenario, version, fingerprint, status, state, outcome,
                sequence, turn, snapshot, created, touched, due, parent, seats, timers, number)
            WHERE number = ANY (seated) AND (done IS NULL OR done[number])
        LOOP
            PERFORM heartline_seat(one.id, one.status = 'live', one.seats);
        END LOOP;
    END IF;
    INSERT INTO heartline_entries (conversation, sequence, kind, key, at, data)
        SELECT ids[change], sequence, kind, key, at, data
        FROM unnest(entries) WHERE done IS NULL OR done[change];
    DELETE FROM heartline_timers AS t USING unnest(retimed) AS n (number)
        WHERE t.conversation = ids[n.number] AND (done IS NULL OR done[n.number]);
    IF new_timers <> '{}' THEN
        INSERT INTO heartline_timers (conversation, name, generation, due)
            SELECT ids[change], name, generation, due
            FROM unnest(new_timers) WHERE done IS NULL OR done[change];
    END IF;
    IF new_parcels <> '{}' THEN
        INSERT INTO heartline_parcels (
            conversation, sequence, index, reference, payload, due, tries, parked)
            SELECT ids[change], sequence, index, reference, payload, due, tries, parked
            FROM unnest(new_parcels) WHERE done IS NULL OR done[change];
    END IF;
    RETURN verdicts;
END
$$;

-- Every trace of a conversation. It goes first itself: who commits to it at this moment has stored
-- all of it by then, and it is removed as well, or finds that it is gone.
CREATE OR REPLACE FUNCTION heartline_delete(which text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    known boolean;
BEGIN
    DELETE FROM heartline_conversations WHERE id = which;
    known := FOUND;
    DELETE FROM heartline_entries WHERE conversation = which;
    DELETE FROM heartline_timers WHERE conversation = which;
    DELETE FROM heartline_parcels WHERE conversation = which;
    DELETE FROM heartline_seats WHERE conversation = which;
    RETURN known;
END
$$;
"""
