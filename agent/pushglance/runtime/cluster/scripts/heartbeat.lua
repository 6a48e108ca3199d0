-- Renew a session, or start it, and return the living hubs.
-- KEYS[3]: session -> encoded hub; KEYS[4]: fields that this session must treat as unknown.
-- ARGV: session, is_new, lease_ms, encoded hub, epoch, seq, new_epoch, chain
local now_ms = clock_ms()
local has_lost = compare_versions(ARGV[5], tonumber(ARGV[6]), ARGV[8], ARGV[7], now_ms)
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now_ms)) do
  redis.call('HDEL', KEYS[3], expired)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now_ms)
local chain = redis.call('HGET', KEYS[1], 'chain') or ''
local version = {redis.call('HGET', KEYS[1], 'epoch'), number_of(KEYS[1], 'seq'), chain}
if has_lost or (ARGV[2] == '0' and not is_alive(ARGV[1], now_ms)) then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[1])
  return {0, has_lost and 1 or 0, version, {}, {}, now_ms}
end
redis.call('ZADD', KEYS[2], now_ms + tonumber(ARGV[3]), ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[4])
local doubts = redis.call('LRANGE', KEYS[4], 0, -1)
redis.call('DEL', KEYS[4])
return {1, 0, version, redis.call('HGETALL', KEYS[3]), doubts, now_ms}
