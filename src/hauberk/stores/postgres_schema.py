"""The tables of a store in PostgreSQL, its functions, and how each version of them becomes the next.

What has to look twice is a function, so that it stays one round trip: a statement that waited for a row which took
another key meanwhile does not find it any more, and the next statement of a function sees where it went.
"""

from __future__ import annotations

LOCK = 0x6861756265726B
"""The advisory lock under which one process migrates and the others wait."""

_TABLES = """
CREATE {unlogged} TABLE hauberk_entries (
    key text PRIMARY KEY, ends timestamptz NOT NULL, value bytea, number bigint, fields jsonb, leads_to text, filed text
) WITH (fillfactor = 80);
CREATE INDEX hauberk_ends ON hauberk_entries (ends);
CREATE INDEX hauberk_filed ON hauberk_entries (filed) WHERE filed IS NOT NULL;
CREATE TABLE hauberk_schema (version integer PRIMARY KEY);
"""

_SAVE = """
CREATE FUNCTION hauberk_save(
    name text, lifetime float8, changes jsonb, gone text[], index text, make boolean
) RETURNS boolean LANGUAGE plpgsql AS $body$
DECLARE
    this timestamptz := clock_timestamp();
    until timestamptz := this + lifetime * interval '1 second';
    successor text;
BEGIN
    FOR attempt IN 1 .. 4 LOOP
        UPDATE hauberk_entries e
        SET fields = (e.fields || changes) - gone, ends = until, filed = coalesce(index, e.filed)
        WHERE e.key = name AND e.ends > this AND e.fields IS NOT NULL;
        IF FOUND THEN RETURN true; END IF;
        SELECT e.leads_to INTO successor FROM hauberk_entries e WHERE e.key = name AND e.ends > this;
        EXIT WHEN successor IS NULL;
        name := successor;
        make := false;
    END LOOP;
    IF NOT make THEN RETURN false; END IF;
    INSERT INTO hauberk_entries AS e (key, ends, fields, filed) VALUES (name, until, changes - gone, index)
    ON CONFLICT (key) DO UPDATE SET ends = until, leads_to = NULL, value = NULL, number = NULL,
        fields = (CASE WHEN e.ends > this THEN coalesce(e.fields, '{}') ELSE '{}' END || changes) - gone,
        filed = coalesce(index, CASE WHEN e.ends > this THEN e.filed END);
    RETURN true;
END $body$;
"""

_TOUCH = """
CREATE FUNCTION hauberk_touch(name text, lifetime float8) RETURNS boolean LANGUAGE plpgsql AS $body$
DECLARE
    this timestamptz := clock_timestamp();
    successor text;
BEGIN
    FOR attempt IN 1 .. 4 LOOP
        UPDATE hauberk_entries e SET ends = this + lifetime * interval '1 second'
        WHERE e.key = name AND e.ends > this AND e.leads_to IS NULL;
        IF FOUND THEN RETURN true; END IF;
        SELECT e.leads_to INTO successor FROM hauberk_entries e WHERE e.key = name AND e.ends > this;
        EXIT WHEN successor IS NULL;
        name := successor;
    END LOOP;
    RETURN false;
END $body$;
"""

_DELETE = """
CREATE FUNCTION hauberk_delete(name text) RETURNS boolean LANGUAGE plpgsql AS $body$
DECLARE
    this timestamptz := clock_timestamp();
    successor text;
    live boolean;
    done boolean := false;
    missed boolean := false;
BEGIN
    FOR attempt IN 1 .. 8 LOOP
        DELETE FROM hauberk_entries e WHERE e.key = name RETURNING e.leads_to, e.ends > this INTO successor, live;
        IF NOT FOUND THEN
            -- It may have taken another key while this statement waited for it: look again, once.
            EXIT WHEN missed;
            missed := true;
        ELSE
            done := done OR live;
            EXIT WHEN successor IS NULL;
            name := successor;
            missed := false;
        END IF;
    END LOOP;
    RETURN done;
END $body$;
"""

_HIT = """
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
        IF start > this + 2 * bursts[i] * intervals[i] THEN start := this; END IF;
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
"""

_LOG = """
CREATE {unlogged} TABLE hauberk_log (
    position bigserial PRIMARY KEY, log text NOT NULL, ends timestamptz NOT NULL, entry bytea NOT NULL
);
CREATE INDEX hauberk_log_positions ON hauberk_log (log, position);
CREATE INDEX hauberk_log_ends ON hauberk_log (ends);
CREATE FUNCTION hauberk_append(name text, content bytea, most bigint, lifetime float8) RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
    -- One at a time, so that positions appear in their order and no reader skips one.
    PERFORM pg_advisory_xact_lock(hashtextextended(name, 1));
    INSERT INTO hauberk_log (log, ends, entry)
    VALUES (name, clock_timestamp() + lifetime * interval '1 second', content);
    DELETE FROM hauberk_log WHERE log = name AND position <= (
        SELECT l.position FROM hauberk_log l WHERE l.log = name ORDER BY l.position DESC OFFSET most LIMIT 1
    );
END $body$;
"""

MIGRATIONS: tuple[tuple[str, ...], ...] = ((_TABLES, _SAVE, _TOUCH, _DELETE), (_LOG,), (_HIT,))
"""The statements that lead from the version of their place to the next; the first are for an empty database."""
VERSION = len(MIGRATIONS)

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
DELETE = "SELECT hauberk_delete(%s)"
TOUCH = "SELECT hauberk_touch(%s, %s)"
INCREMENT = """
INSERT INTO hauberk_entries AS e (key, ends, number) VALUES (%(key)s, now() + %(ttl)s * interval '1 second', %(amount)s)
ON CONFLICT (key) DO UPDATE SET
number = CASE WHEN e.ends > now() THEN coalesce(e.number, 0) ELSE 0 END + excluded.number,
ends = CASE WHEN e.ends > now() THEN e.ends ELSE excluded.ends END RETURNING number
"""
LOAD = """
SELECT CASE WHEN old.leads_to IS NULL THEN old.fields ELSE new.fields END FROM hauberk_entries old
LEFT JOIN hauberk_entries new ON new.key = old.leads_to AND new.ends > now()
WHERE old.key = %s AND old.ends > now()
"""
SAVE = "SELECT hauberk_save(%s, %s, %s::jsonb, %s::text[], %s, %s)"
ROTATE = """
WITH moved AS (
    UPDATE hauberk_entries
    SET key = %(new)s, ends = now() + %(ttl)s * interval '1 second', filed = coalesce(%(filed)s, filed),
        fields = (fields || %(changes)s::jsonb) - %(gone)s::text[]
    WHERE key = %(old)s AND ends > now() AND fields IS NOT NULL RETURNING 1
)
INSERT INTO hauberk_entries (key, ends, leads_to)
SELECT %(old)s, now() + %(grace)s * interval '1 second', %(new)s FROM moved
RETURNING 1
"""
MEMBERS = "SELECT key FROM hauberk_entries WHERE filed = %s AND ends > now() ORDER BY key"
RECORDS = "SELECT key, fields FROM hauberk_entries WHERE filed = %s AND ends > now() ORDER BY key"
COUNT = "SELECT count(*) FROM hauberk_entries WHERE starts_with(key, %s) AND ends > now() AND fields IS NOT NULL"
FORGET = "DELETE FROM hauberk_entries WHERE filed = %s AND ends > now() RETURNING 1"
HIT = "SELECT waits, aheads FROM hauberk_hit(%s::text[], %s::float8[], %s::float8[], %s::float8[])"
APPEND = "SELECT hauberk_append(%s, %s, %s, %s)"
NEWEST = "SELECT position, entry FROM hauberk_log WHERE log = %s AND ends > now() ORDER BY position DESC LIMIT %s"
AFTER = """
SELECT position, entry FROM hauberk_log WHERE log = %s AND position > %s AND ends > now() ORDER BY position LIMIT %s
"""
SWEEP = (
    """
DELETE FROM hauberk_entries WHERE key IN
(SELECT key FROM hauberk_entries WHERE ends <= now() LIMIT 128 FOR UPDATE SKIP LOCKED)
""",
    """
DELETE FROM hauberk_log WHERE position IN
(SELECT position FROM hauberk_log WHERE ends <= now() LIMIT 128 FOR UPDATE SKIP LOCKED)
""",
)
TABLE = """
SELECT c.oid FROM pg_catalog.pg_class c
WHERE c.relname = 'hauberk_schema' AND c.relkind = 'r' AND pg_catalog.pg_table_is_visible(c.oid)
"""
"""By a look at the catalogue: `to_regclass` answers from what the connection remembers of it, and that there was no
such table is still remembered right after waiting for the process that made it."""
INSTALLED = "SELECT coalesce(max(version), 0) FROM hauberk_schema"
INSTALL = f"INSERT INTO hauberk_schema VALUES ({VERSION})"  # noqa: S608 - a number of ours
