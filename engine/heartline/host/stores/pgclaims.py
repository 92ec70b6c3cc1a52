"""Who is at which conversations, so that no two workers let the same timers fire.

A claim is not written into the rows of its conversations, which would cost as much as firing them:
each set that is claimed is one row, with the timers that were due. Whoever goes on with one of the
conversations sets other timers, which nobody has claimed. What a worker had claimed is free as well
when its connection ends: what one that was killed was at is free at once, and only where the server
does not notice does its time have to run out.

Claims are made one after the other, under a lock, for which nobody waits long: the server may be
kept from ending one by a network that takes no answer. What is claimed twice all the same does no
harm: of two who go on from one entry the second is told so.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from heartline.host.stores.rows import as_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from heartline.host.values import Record

__all__ = ["CLAIMING", "CLAIMS", "Claims"]

# The table is empty after a crash of the server, as it should be, and need not be in its log.
CLAIMS = """
CREATE UNLOGGED TABLE heartline_claims (
    number        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    worker        integer NOT NULL DEFAULT pg_backend_pid(),
    until         timestamptz NOT NULL,
    conversations text[] NOT NULL,
    dues          bigint[] NOT NULL
) WITH (
    toast_tuple_target = 8160,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0
);
ALTER TABLE heartline_claims ALTER COLUMN conversations SET STORAGE EXTERNAL;
"""

# OFFSET 0 keeps the order of the timers' index: only those are looked at that come before the last
# that is claimed now, and of what others have claimed no conversation is. Of the timers of one
# conversation the first stands for all: who has that has the conversation.
CLAIMING = """
-- Claim what is due. Sets of this worker that are done are forgotten; of those of which a part is,
-- only the rest is kept.
CREATE OR REPLACE FUNCTION heartline_claim(
    moment bigint, most integer, lease float8, gone bigint[],
    kept_set bigint[], kept_id text[]
) RETURNS TABLE (
    claim bigint, id text, reference text, scenario text, version text, fingerprint text,
    status text, state text, outcome text, sequence bigint, turn bigint, snapshot text,
    created bigint, touched bigint, due bigint, parent text, seats text
) LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
#variable_conflict use_column
BEGIN
    BEGIN
        PERFORM pg_advisory_xact_lock(1751474546, 'heartline_claims'::regclass::oid::integer);
    EXCEPTION WHEN lock_not_available THEN
        NULL;
    END;
    DELETE FROM heartline_claims WHERE number = ANY (ARRAY(
        SELECT k.number FROM heartline_claims AS k
        WHERE k.number > 0 AND (k.number = ANY (gone) OR k.until < clock_timestamp()
                                OR NOT EXISTS (SELECT FROM pg_stat_get_activity(k.worker)))
        FOR UPDATE SKIP LOCKED));
    IF kept_set <> '{}' THEN
        UPDATE heartline_claims AS k SET (conversations, dues) = (
                SELECT array_agg(u.id), array_agg(u.due)
                FROM unnest(k.conversations, k.dues) AS u (id, due)
                WHERE u.id IN (SELECT unnest(kept_id)))
            WHERE k.number = ANY (ARRAY(
                SELECT o.number FROM heartline_claims AS o WHERE o.number = ANY (kept_set)
                FOR UPDATE SKIP LOCKED));
    END IF;
    RETURN QUERY
        WITH ready AS MATERIALIZED (
            SELECT t.due AS at, c.id, c.reference, c.scenario, c.version, c.fingerprint, c.status,
                c.state, c.outcome, c.sequence, c.turn, c.snapshot, c.created, c.touched, c.due,
                c.parent, c.seats
            FROM (
                SELECT conversation, due FROM heartline_timers
                WHERE due <= moment AND (conversation, due) NOT IN (
                    SELECT u.id, u.due FROM heartline_claims AS k,
                        unnest(k.conversations, k.dues) AS u (id, due)
                    WHERE k.number > 0 AND k.until >= clock_timestamp())
                ORDER BY due OFFSET 0
            ) AS t
            JOIN heartline_conversations AS c ON c.id = t.conversation
            WHERE c.due <= moment AND c.due = t.due LIMIT most
        ), kept AS (
            INSERT INTO heartline_claims (until, conversations, dues)
            SELECT clock_timestamp() + lease * interval '1 second', array_agg(r.id),
                array_agg(r.at)
            FROM ready AS r HAVING count(*) > 0 RETURNING number
        )
        SELECT kept.number, r.id, r.reference, r.scenario, r.version, r.fingerprint, r.status,
            r.state, r.outcome, r.sequence, r.turn, r.snapshot, r.created, r.touched, r.due,
            r.parent, r.seats
        FROM kept, ready AS r;
END
$$;

CREATE OR REPLACE FUNCTION heartline_next_due() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT t.due FROM heartline_timers AS t
    JOIN heartline_conversations AS c ON c.id = t.conversation AND c.due = t.due
    WHERE (t.conversation, t.due) NOT IN (
        SELECT u.id, u.due FROM heartline_claims AS k,
            unnest(k.conversations, k.dues) AS u (id, due)
        WHERE k.number > 0 AND k.until >= clock_timestamp()
          AND EXISTS (SELECT FROM pg_stat_get_activity(k.worker)))
    ORDER BY t.due LIMIT 1
$$;
"""


class Claims:
    """What a store has claimed and not stored yet."""

    def __init__(self) -> None:
        # By the number of a set: until when it is ours, and what is left of it.
        self._sets: dict[int, tuple[float, set[str]]] = {}
        self._where: dict[str, int] = {}
        self._partly: set[int] = set()  # sets of which the server has not heard what is done
        self._done: set[int] = set()

    def news(self) -> tuple[list[int], list[int], list[str]]:
        """What the server is to be told with the next claim, as heartline_claim takes it."""
        now = time.monotonic()
        for number in [number for number, (until, _) in self._sets.items() if until < now]:
            for name in self._sets.pop(number)[1]:
                del self._where[name]
            self._partly.discard(number)
        names = [name for number in self._partly for name in self._sets[number][1]]
        return list(self._done), list(self._partly), names

    def told(self, done: Sequence[int], partly: Sequence[int]) -> None:
        """The server has heard it."""
        self._done.difference_update(done)
        self._partly.difference_update(partly)

    def take(self, rows: Sequence[Any], lease: float) -> list[Record]:
        """The conversations that were claimed, those that have waited longest first."""
        found: dict[str, Record] = {}  # where two timers are due at once, a row is there twice
        for row in rows:
            record = as_record(row[1:])
            found[record.id] = record
        if rows:
            number = rows[0][0]
            until = time.monotonic() + lease
            self._sets[number] = until, set(found)
            for name in found:
                self.settle(name)
                self._where[name] = number
        return list(found.values())

    def settle(self, conversation: str) -> None:
        """A conversation has another entry now."""
        number = self._where.pop(conversation, None)
        if number is None:
            return
        rest = self._sets[number][1]
        rest.discard(conversation)
        if rest:
            self._partly.add(number)
        else:
            del self._sets[number]
            self._partly.discard(number)
            self._done.add(number)
