"""What runs inside Valkey or Redis: each script is atomic there, and costs one round trip.

A record is a hash. The names of its fields begin with a colon; those that begin with NUL are ours: `\\0` keeps an empty
record alive, `\\0i` names the index that it is filed under, `\\0t` leads from an old key to its successor. An index is
a sorted set of keys by the millisecond in which they end.

These scripts reach a successor or an index without naming it in KEYS, so they are for a server of its own; a cluster
has others (`valkey_cluster_scripts`).
"""

from __future__ import annotations

CLOCK = """
local function now_ms() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
"""
FILING = (
    CLOCK
    + """
local function file(index, key, ttl)
  redis.call('ZADD', index, now_ms() + ttl, key)
  if redis.call('PTTL', index) < ttl then redis.call('PEXPIRE', index, ttl) end
end
"""
)
FOLLOWING = """
local function follow(key)
  return redis.call('TYPE', key).ok == 'hash' and redis.call('HGET', key, '\\0t') or key
end
"""

SAVE = (
    FILING
    + FOLLOWING
    + """
local key, create, ttl, index, sets = follow(KEYS[1]), ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if redis.call('EXISTS', key) == 0 and create == '0' then return 0 end
if key ~= KEYS[1] and redis.call('HEXISTS', key, '\\0t') == 1 then return 0 end
redis.call('HSET', key, '\\0', '', unpack(ARGV, 5, 4 + sets * 2))
if #ARGV > 4 + sets * 2 then redis.call('HDEL', key, unpack(ARGV, 5 + sets * 2)) end
redis.call('PEXPIRE', key, ttl)
local filed = redis.call('HGET', key, '\\0i')
if index ~= '' and index ~= filed then
  redis.call('HSET', key, '\\0i', index)
  if filed then redis.call('ZREM', filed, key) end
  filed = index
end
if filed then file(filed, key, ttl) end
return 1
"""
)
"""ARGV: create, lifetime, index, how many fields are set, their names and values, the names of those taken away."""

ROTATE = (
    FILING
    + """
local old, new, ttl, grace, index = KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local sets = tonumber(ARGV[4])
if redis.call('EXISTS', old) == 0 or redis.call('HEXISTS', old, '\\0t') == 1 then return 0 end
local filed = redis.call('HGET', old, '\\0i')
redis.call('RENAME', old, new)
redis.call('HSET', new, '\\0', '', unpack(ARGV, 5, 4 + sets * 2))
if #ARGV > 4 + sets * 2 then redis.call('HDEL', new, unpack(ARGV, 5 + sets * 2)) end
redis.call('PEXPIRE', new, ttl)
redis.call('HSET', old, '\\0t', new)
redis.call('PEXPIRE', old, grace)
if filed then redis.call('ZREM', filed, old) end
local current = index ~= '' and index or filed
if current then
  redis.call('HSET', new, '\\0i', current)
  file(current, new, ttl)
end
return 1
"""
)
"""ARGV: lifetime, grace, index, and what is changed, as for SAVE."""

DELETE = """
local key, gone = KEYS[1], 0
while key do
  local hash = redis.call('TYPE', key).ok == 'hash'
  local filed, to = hash and redis.call('HGET', key, '\\0i'), hash and redis.call('HGET', key, '\\0t')
  if filed then redis.call('ZREM', filed, key) end
  if redis.call('DEL', key) == 1 then gone = 1 end
  key = to
end
return gone
"""

TOUCH = (
    FILING
    + FOLLOWING
    + """
local key, ttl = follow(KEYS[1]), tonumber(ARGV[1])
if redis.call('PEXPIRE', key, ttl) == 0 then return 0 end
local filed = redis.call('TYPE', key).ok == 'hash' and redis.call('HGET', key, '\\0i')
if filed then file(filed, key, ttl) end
return 1
"""
)

INCREMENT = """
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return total
"""

MEMBERS = (
    CLOCK
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms())
local live = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('EXISTS', key) == 1 then live[#live + 1] = key else redis.call('ZREM', KEYS[1], key) end
end
return live
"""
)

RECORDS = """
local found = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local record = redis.call('HGETALL', key)
  if #record > 0 then found[#found + 1] = {key, record} end
end
return found
"""

FORGET = """
local gone = 0
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do gone = gone + redis.call('DEL', key) end
redis.call('DEL', KEYS[1])
return gone
"""

COUNT = """
local prefix, size, number = ARGV[1], redis.call('DBSIZE'), 0
local function counts(key)
  return string.sub(key, 1, #prefix) == prefix and redis.call('TYPE', key).ok == 'hash'
    and redis.call('HEXISTS', key, '\\0t') == 0
end
if size <= tonumber(ARGV[2]) then
  local cursor, seen = '0', {}
  repeat
    local found = redis.call('SCAN', cursor, 'COUNT', 1000)
    cursor = found[1]
    for _, key in ipairs(found[2]) do
      if not seen[key] and counts(key) then number = number + 1 end
      seen[key] = true
    end
  until cursor == '0'
  return {number, 1}
end
local most = tonumber(ARGV[3])
for _ = 1, most do
  local key = redis.call('RANDOMKEY')
  if key and counts(key) then number = number + 1 end
end
return {math.floor(size * number / most + 0.5), 0}
"""
"""ARGV: what keys begin with, up to how many keys are counted one by one, how many of more are looked at."""

HIT = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local starts, charged, waits, refused = {}, {}, {}, false
for i, key in ipairs(KEYS) do
  local interval, burst, cost = tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  local arrival = tonumber(redis.call('GET', key) or now)
  starts[i] = arrival > now and arrival <= now + 2 * burst * interval and arrival or now
  charged[i] = starts[i] + cost * interval
  waits[i] = cost > burst and -1 or math.max(0, charged[i] - burst * interval - now)
  if waits[i] == -1 or waits[i] > 1e-6 then refused = true end
end
local answer = {}
for i, key in ipairs(KEYS) do
  local ahead = (refused and starts[i] or charged[i]) - now
  if not refused then
    redis.call('SET', key, string.format('%.6f', charged[i]), 'PX', math.max(1, math.ceil(ahead * 1000)))
  end
  answer[#answer + 1] = string.format('%.6f', waits[i])
  answer[#answer + 1] = string.format('%.6f', ahead)
end
return answer
"""
"""The generic cell rate algorithm, as `stores.gcra` has it, by the server's clock."""

APPEND = (
    CLOCK
    + """
redis.call('XADD', KEYS[1], 'MAXLEN', '=', ARGV[2], '*', 'v', ARGV[1], 'e', now_ms() + ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
"""
)

READ = (
    CLOCK
    + """
local rows = ARGV[1] == '' and redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[2])
  or redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
local now, found = now_ms(), {}
for _, row in ipairs(rows) do
  if tonumber(row[2][4]) > now then found[#found + 1] = {row[1], row[2][2]} end
end
return found
"""
)
