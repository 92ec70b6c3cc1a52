# ruff: noqa: S608 - what is put into these texts are names of columns; values go beside them
"""What a PostgreSQL store asks its server."""

from __future__ import annotations

from heartline.host.stores.rows import ENTRY as _ENTRY
from heartline.host.stores.rows import RECORD as _RECORD

_PARCEL = "conversation, sequence, index, reference, payload, due, tries, parked"

COMMIT = f"SELECT heartline_commit({', '.join(f'${number}' for number in range(1, 33))})"
COMMIT_ALL = "SELECT heartline_commit_all($1, $2, $3, $4)"

CLAIM = "SELECT * FROM heartline_claim($1, $2, $3, $4, $5, $6)"

NEXT_DUE = "SELECT heartline_next_due()"

# The first parcel of each reference stands in the way of the others, also while it waits or is on
# its way.
PARCELS = f"""
WITH ready AS MATERIALIZED (
    SELECT conversation, sequence, index FROM heartline_parcels AS p
    WHERE parked IS NULL AND due <= $1 AND claimed < now()
      AND NOT EXISTS (SELECT FROM heartline_parcels AS e WHERE e.reference = p.reference
                      AND e.number < p.number AND e.parked IS NULL)
    ORDER BY due, number LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE heartline_parcels AS p SET claimed = now() + $3 * interval '1 second'
FROM ready AS r
WHERE (p.conversation, p.sequence, p.index) = (r.conversation, r.sequence, r.index)
RETURNING p.number, {", ".join(f"p.{name}" for name in _PARCEL.split(", "))}
"""

# One conversation ---------------------------------------------------------------------------------

GET = f"SELECT {_RECORD} FROM heartline_conversations WHERE id = $1"
FIND = f"""
(SELECT {_RECORD} FROM heartline_conversations WHERE reference = $1 AND status = 'live')
UNION ALL
(SELECT {_RECORD} FROM heartline_conversations WHERE reference = $1 AND status <> 'live'
 ORDER BY number DESC LIMIT 1)
LIMIT 1
"""
SEATED = f"""
SELECT {_RECORD} FROM heartline_conversations WHERE id = (
    SELECT conversation FROM heartline_seats WHERE reference = $1
    ORDER BY live DESC, number DESC LIMIT 1)
"""
LOG = f"""
SELECT {_ENTRY} FROM heartline_entries WHERE conversation = $1 AND sequence > $2
ORDER BY sequence LIMIT $3
"""
ENTRY = f"SELECT {_ENTRY} FROM heartline_entries WHERE conversation = $1 AND sequence = $2"
KEYED = f"SELECT {_ENTRY} FROM heartline_entries WHERE conversation = $1 AND key = $2"
SEQUENCES = "SELECT id, sequence FROM heartline_conversations WHERE id = ANY ($1)"
DELETE = "SELECT count(*) FILTER (WHERE heartline_delete(name)) FROM unnest($1::text[]) AS name"
TIMERS = """
SELECT conversation, name, generation, due FROM heartline_timers WHERE conversation = $1
ORDER BY due, name
"""

# What is to be delivered --------------------------------------------------------------------------

DELIVERED = """
DELETE FROM heartline_parcels AS p
USING unnest($1::text[], $2::bigint[], $3::integer[]) AS gone (conversation, sequence, index)
WHERE (p.conversation, p.sequence, p.index) = (gone.conversation, gone.sequence, gone.index)
"""
AGAIN = """
UPDATE heartline_parcels SET due = $4, tries = $5, parked = $6, claimed = '-infinity'
WHERE (conversation, sequence, index) = ($1, $2, $3)
"""
PARKED = f"""
SELECT {_PARCEL} FROM heartline_parcels WHERE parked IS NOT NULL ORDER BY number LIMIT $1
"""
OUTGOING = f"""
SELECT {_PARCEL} FROM heartline_parcels WHERE conversation = $1 ORDER BY sequence, index
"""

# Many conversations -------------------------------------------------------------------------------

RECORDS = f"SELECT {_RECORD} FROM heartline_conversations WHERE id > $1{{}} ORDER BY id LIMIT $2"
# By no index, since every turn would write it: two to three seconds for a million.
LATEST = "SELECT max(touched) FROM heartline_conversations"
COUNTS = """
SELECT
    (SELECT count(*) FROM heartline_conversations),
    (SELECT count(*) FROM heartline_conversations WHERE status = 'live'),
    (SELECT count(*) FROM heartline_timers),
    (SELECT count(*) FROM heartline_parcels WHERE parked IS NULL),
    (SELECT count(*) FROM heartline_parcels WHERE parked IS NOT NULL)
"""
TALLY = """
SELECT scenario, version, fingerprint, state, count(*) FROM heartline_conversations
WHERE status = 'live' GROUP BY scenario, version, fingerprint, state
"""
VERSIONS = """
SELECT scenario, version, fingerprint, count(*) FROM heartline_conversations
WHERE status = 'live' GROUP BY fingerprint, scenario, version
"""

# Scenarios ----------------------------------------------------------------------------------------

SCENARIOS = "SELECT scenario, version, fingerprint FROM heartline_scenarios"
KEEP_SCENARIO = """
INSERT INTO heartline_scenarios (fingerprint, scenario, version, main, files)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (fingerprint) DO UPDATE SET
    scenario = excluded.scenario, version = excluded.version, main = excluded.main,
    files = excluded.files
"""
SCENARIO = """
SELECT fingerprint, scenario, version, main, files FROM heartline_scenarios WHERE fingerprint = $1
"""
FORGET_SCENARIOS = """
DELETE FROM heartline_scenarios
WHERE fingerprint <> ALL ($1)
  AND fingerprint NOT IN (SELECT fingerprint FROM heartline_conversations)
RETURNING fingerprint
"""
