"""The tables of a store in PostgreSQL, and how each version of them becomes the next."""

from __future__ import annotations

VERSION = 1
LOCK = 0x6861756265726B
"""The advisory lock under which one process migrates and the others wait."""

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE {unlogged} TABLE IF NOT EXISTS hauberk_entries (
        key text PRIMARY KEY, ends timestamptz NOT NULL, value bytea, number bigint, fields jsonb, leads_to text,
        filed text
    ) WITH (fillfactor = 80);
    CREATE INDEX IF NOT EXISTS hauberk_ends ON hauberk_entries (ends);
    CREATE INDEX IF NOT EXISTS hauberk_filed ON hauberk_entries (filed) WHERE filed IS NOT NULL;
    CREATE TABLE IF NOT EXISTS hauberk_schema (version integer NOT NULL);
    INSERT INTO hauberk_schema VALUES (1);
    CREATE OR REPLACE FUNCTION hauberk_hit(
        keys text[], intervals float8[], bursts float8[], costs float8[], OUT waits float8[], OUT aheads float8[]
    ) LANGUAGE plpgsql AS $body$
    DECLARE
        this float8 := extract(epoch FROM clock_timestamp());
        refused boolean := false;
        start float8;
        starts float8[];
        charged float8[];
        arrival timestamptz;
    BEGIN
        -- In one order, so that two hits never wait for each other.
        PERFORM pg_advisory_xact_lock(hashtextextended(k, 0)) FROM (SELECT unnest(keys) AS k ORDER BY 1) AS ordered;
        FOR i IN 1 .. cardinality(keys) LOOP
            SELECT e.ends INTO arrival FROM hauberk_entries e WHERE e.key = keys[i];
            start := greatest(this, coalesce(extract(epoch FROM arrival), this));
            start := least(start, this + bursts[i] * intervals[i]);
            starts[i] := start;
            charged[i] := start + costs[i] * intervals[i];
            waits[i] := CASE WHEN costs[i] > bursts[i] THEN -1
                             ELSE greatest(0, charged[i] - bursts[i] * intervals[i] - this) END;
            refused := refused OR waits[i] = -1 OR waits[i] > 1e-6;
        END LOOP;
        FOR i IN 1 .. cardinality(keys) LOOP
            aheads[i] := CASE WHEN refused THEN starts[i] ELSE charged[i] END - this;
            IF NOT refused THEN
                INSERT INTO hauberk_entries (key, ends) VALUES (keys[i], to_timestamp(charged[i]))
                ON CONFLICT (key) DO UPDATE SET ends = excluded.ends;
            END IF;
        END LOOP;
    END $body$;
    """,
)

GET = "SELECT value FROM hauberk_entries WHERE key = %s AND ends > now()"
SET = """
INSERT INTO hauberk_entries (key, ends, value) VALUES (%s, now() + %s * interval '1 second', %s)
ON CONFLICT (key) DO UPDATE SET ends = excluded.ends, value = excluded.value, number = NULL, fields = NULL,
leads_to = NULL, filed = NULL
"""
ADD = """
INSERT INTO hauberk_entries AS e (key, ends, value) VALUES (%s, now() + %s * interval '1 second', %s)
ON CONFLICT (key) DO UPDATE SET ends = excluded.ends, value = excluded.value, number = NULL, fields = NULL,
leads_to = NULL, filed = NULL WHERE e.ends <= now() RETURNING 1
"""
DELETE = """
WITH old AS (DELETE FROM hauberk_entries WHERE key = %(key)s RETURNING leads_to, ends > now() AS live),
new AS (DELETE FROM hauberk_entries WHERE key IN (SELECT leads_to FROM old) RETURNING 1)
SELECT 1 FROM old WHERE live
"""
TOUCH = """
UPDATE hauberk_entries SET ends = now() + %(ttl)s * interval '1 second'
WHERE key = coalesce((SELECT leads_to FROM hauberk_entries WHERE key = %(key)s AND ends > now()), %(key)s)
AND ends > now() RETURNING 1
"""
INCREMENT = """
INSERT INTO hauberk_entries AS e (key, ends, number) VALUES (%(key)s, now() + %(ttl)s * interval '1 second', %(amount)s)
ON CONFLICT (key) DO UPDATE SET
number = CASE WHEN e.ends > now() THEN coalesce(e.number, 0) ELSE 0 END + excluded.number,
ends = CASE WHEN e.ends > now() THEN e.ends ELSE excluded.ends END RETURNING number
"""
LOAD = """
SELECT coalesce(new.fields, old.fields) FROM hauberk_entries old
LEFT JOIN hauberk_entries new ON new.key = old.leads_to AND new.ends > now()
WHERE old.key = %s AND old.ends > now()
"""
SAVE = """
UPDATE hauberk_entries SET fields = (fields || %(fields)s::jsonb) - %(remove)s::text[],
ends = now() + %(ttl)s * interval '1 second', filed = coalesce(%(filed)s, filed)
WHERE key = coalesce((SELECT leads_to FROM hauberk_entries WHERE key = %(key)s AND ends > now()), %(key)s)
AND ends > now() AND fields IS NOT NULL RETURNING 1
"""
CREATE = """
INSERT INTO hauberk_entries AS e (key, ends, fields, filed)
VALUES (%(key)s, now() + %(ttl)s * interval '1 second', %(fields)s::jsonb, %(filed)s)
ON CONFLICT (key) DO UPDATE SET ends = excluded.ends, filed = coalesce(excluded.filed, e.filed),
fields = (CASE WHEN e.ends > now() THEN coalesce(e.fields, '{}') ELSE '{}' END || excluded.fields) - %(remove)s::text[],
leads_to = NULL RETURNING 1
"""
ROTATE = """
WITH moved AS (
    UPDATE hauberk_entries
    SET key = %(new)s, ends = now() + %(ttl)s * interval '1 second', filed = coalesce(%(filed)s, filed)
    WHERE key = %(old)s AND ends > now() AND fields IS NOT NULL RETURNING 1
)
INSERT INTO hauberk_entries (key, ends, leads_to)
SELECT %(old)s, now() + %(grace)s * interval '1 second', %(new)s FROM moved
RETURNING 1
"""
MEMBERS = "SELECT key FROM hauberk_entries WHERE filed = %s AND ends > now() ORDER BY key"
FORGET = "DELETE FROM hauberk_entries WHERE filed = %s AND ends > now() RETURNING 1"
HIT = "SELECT waits, aheads FROM hauberk_hit(%s::text[], %s::float8[], %s::float8[], %s::float8[])"
SWEEP = """
DELETE FROM hauberk_entries WHERE key IN
(SELECT key FROM hauberk_entries WHERE ends <= now() LIMIT 512 FOR UPDATE SKIP LOCKED)
"""
