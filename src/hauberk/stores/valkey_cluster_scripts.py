"""What runs inside one machine of a cluster: scripts that touch no key but the one they are given.

Records are as in `valkey_scripts`; `\\0v` counts their changes, so that a record which is copied to another machine is
known to be the same still when the copy takes its place.
"""

from __future__ import annotations

from hauberk.stores.valkey_scripts import CLOCK, FILING

FILE = FILING + "file(KEYS[1], ARGV[1], tonumber(ARGV[2])) return 1"
"""KEYS: an index. ARGV: a key, its lifetime."""

SAVE = """
local key, create, ttl, index, sets = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local to = redis.call('HGET', key, '\\0t')
if to then return {'to', to} end
if redis.call('EXISTS', key) == 0 and create == '0' then return {'gone', ''} end
redis.call('HSET', key, '\\0', '', unpack(ARGV, 5, 4 + sets * 2))
if #ARGV > 4 + sets * 2 then redis.call('HDEL', key, unpack(ARGV, 5 + sets * 2)) end
redis.call('HINCRBY', key, '\\0v', 1)
redis.call('PEXPIRE', key, ttl)
local filed = redis.call('HGET', key, '\\0i')
if index ~= '' then redis.call('HSET', key, '\\0i', index) end
return {'done', filed or ''}
"""

TOUCH = """
local key = KEYS[1]
local hash = redis.call('TYPE', key).ok == 'hash'
local to = hash and redis.call('HGET', key, '\\0t')
if to then return {'to', to} end
if redis.call('PEXPIRE', key, ARGV[1]) == 0 then return {'gone', ''} end
return {'done', hash and redis.call('HGET', key, '\\0i') or ''}
"""

DELETE = """
local key = KEYS[1]
local hash = redis.call('TYPE', key).ok == 'hash'
local to, filed = hash and redis.call('HGET', key, '\\0t'), hash and redis.call('HGET', key, '\\0i')
if ARGV[1] ~= '' and filed ~= ARGV[1] and not to then return {0, '', ''} end
return {redis.call('DEL', key), to or '', filed or ''}
"""
"""ARGV: the index that it must be filed under, or nothing."""

PUT = """
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
"""
"""The copy of a record that is about to take another key."""

SWAP = """
local old, version, new, grace = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if redis.call('EXISTS', old) == 0 or redis.call('HEXISTS', old, '\\0t') == 1 then return 'gone' end
if redis.call('HGET', old, '\\0v') ~= version then return 'changed' end
redis.call('DEL', old)
redis.call('HSET', old, '\\0t', new)
redis.call('PEXPIRE', old, grace)
return 'done'
"""
"""The old key leads to the copy from now on, unless the record was changed or destroyed since it was read."""

MEMBERS = (
    CLOCK
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms())
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""
)
