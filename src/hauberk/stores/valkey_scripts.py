"""What runs inside Valkey or Redis: each script is atomic there, and costs one round trip.

A record is a hash. The names of its fields begin with a colon; three that begin with NUL are ours: `\\0` keeps an empty
record alive, `\\0i` names the index that it is filed under, `\\0t` leads from an old key to its successor.
Scripts that touch an index reach a second key that way; in a cluster, where keys live on different machines, they are
told not to (`solo` is 0), and give the index back instead.
"""

from __future__ import annotations

PRELUDE = """
local function now_ms() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
local function file(index, key, ttl) redis.call('ZADD', index, now_ms() + ttl, key)
  if redis.call('PTTL', index) < ttl then redis.call('PEXPIRE', index, ttl) end end
"""

SAVE = (
    PRELUDE
    + """
local key, solo, create, ttl, index = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local to = redis.call('HGET', key, '\\0t')
if to then return {'to', to} end
if redis.call('EXISTS', key) == 0 and create == '0' then return {'gone'} end
local sets = tonumber(ARGV[5])
redis.call('HSET', key, '\\0', '')
for i = 6, 5 + sets * 2, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
for i = 6 + sets * 2, #ARGV do redis.call('HDEL', key, ARGV[i]) end
local filed = redis.call('HGET', key, '\\0i')
if index ~= '' and index ~= filed then
  redis.call('HSET', key, '\\0i', index)
  if solo == '1' and filed then redis.call('ZREM', filed, key) end
end
redis.call('PEXPIRE', key, ttl)
local current = index ~= '' and index or filed
if current and solo == '1' then file(current, key, ttl) end
return {'done', current or '', (filed and filed ~= current) and filed or ''}
"""
)

ROTATE = (
    PRELUDE
    + """
local old, new, ttl, grace, index = KEYS[1], KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
if redis.call('EXISTS', old) == 0 or redis.call('HEXISTS', old, '\\0t') == 1 then return 0 end
local filed = redis.call('HGET', old, '\\0i')
redis.call('RENAME', old, new)
redis.call('PEXPIRE', new, ttl)
redis.call('HSET', old, '\\0t', new)
redis.call('PEXPIRE', old, grace)
if filed then redis.call('ZREM', filed, old) end
local current = index ~= '' and index or filed
if current then redis.call('HSET', new, '\\0i', current) file(current, new, ttl) end
return 1
"""
)

TAKE = """
local old, new, grace = KEYS[1], ARGV[1], tonumber(ARGV[2])
if redis.call('EXISTS', old) == 0 or redis.call('HEXISTS', old, '\\0t') == 1 then return {} end
local all = redis.call('HGETALL', old)
redis.call('DEL', old)
redis.call('HSET', old, '\\0t', new)
redis.call('PEXPIRE', old, grace)
return all
"""
"""The first half of a rotation in a cluster."""

DELETE = """
local key, solo = KEYS[1], ARGV[1]
local kind = redis.call('TYPE', key).ok
if kind ~= 'hash' then return {redis.call('DEL', key), '', ''} end
local to, filed = redis.call('HGET', key, '\\0t'), redis.call('HGET', key, '\\0i')
redis.call('DEL', key)
if solo == '1' then
  if to then filed = redis.call('HGET', to, '\\0i') redis.call('DEL', to) end
  if filed then redis.call('ZREM', filed, to or key) end
end
return {1, to or '', filed or ''}
"""

TOUCH = (
    PRELUDE
    + """
local key, ttl, solo = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local filed
if redis.call('TYPE', key).ok == 'hash' then
  local to = redis.call('HGET', key, '\\0t')
  if to then return {'to', to} end
  filed = redis.call('HGET', key, '\\0i')
end
if redis.call('PEXPIRE', key, ttl) == 0 then return {'gone'} end
if filed and solo == '1' then file(filed, key, ttl) end
return {'done', filed or ''}
"""
)

INCREMENT = """
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return total
"""

MEMBERS = (
    PRELUDE
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms())
local live = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('EXISTS', key) == 1 then live[#live + 1] = key else redis.call('ZREM', KEYS[1], key) end
end
return live
"""
)

FORGET = """
local gone = 0
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do gone = gone + redis.call('DEL', key) end
redis.call('DEL', KEYS[1])
return gone
"""

HIT = """
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local starts, charged, waits, refused = {}, {}, {}, false
for i, key in ipairs(KEYS) do
  local interval, burst, cost = tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3])
  local arrival = tonumber(redis.call('GET', key) or now)
  starts[i] = math.min(math.max(now, arrival), now + burst * interval)
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
