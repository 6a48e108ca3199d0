-- Acquire the lease of a watch that no living hub holds. KEYS[3]: its record; KEYS[4]: its account's ledger.
-- ARGV: session, device, is_wanted, latest_ms (as in claim_push), then debits from before the hub joined: member, ms left ...
local now_ms = clock_ms()
if not is_alive(ARGV[1], now_ms) then
  return {'dead'}
end
local holder = redis.call('HGET', KEYS[3], 'holder')
if holder and holder ~= ARGV[1] and is_alive(holder, now_ms) then
  return {'held', holder}
end
if ARGV[3] == '0' then
  if holder == ARGV[1] then -- released by its hub, but the message was lost
    redis.call('HDEL', KEYS[3], 'holder')
  end
  return {'free'}
end
for index = 5, #ARGV, 2 do
  redis.call('ZADD', KEYS[4], 'NX', now_ms + tonumber(ARGV[index + 1]), ARGV[index])
end
local lease = redis.call('HINCRBY', KEYS[3], 'lease', 1)
redis.call('HSET', KEYS[3], 'holder', ARGV[1])
redis.call('HDEL', KEYS[3], 'flight')
local doubts = redis.call('HGET', KEYS[1], 'doubts') or '0'
if (redis.call('HGET', KEYS[3], 'doubts') or '0') ~= doubts then
  redis.call('HSET', KEYS[3], 'doubts', doubts)
  for _, name in ipairs({'title', 'text', 'subtext', 'count', 'percent'}) do
    redis.call('HSET', KEYS[3], 'shown.' .. name, '?')
  end
end
local trusted_ms = math.min(now_ms, tonumber(ARGV[4]))
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', trusted_ms)
local debits = {}
for _, debit in ipairs(live_debits(KEYS[4], ARGV[2], trusted_ms)) do
  debits[#debits + 1] = debit[1]
  debits[#debits + 1] = debit[2] - trusted_ms
end
local spent_ms = math.max(0, number_of(KEYS[1], 'spent_until_ms') - trusted_ms)
return {'taken', lease, debits, redis.call('HGETALL', KEYS[3]), spent_ms}
