-- Take the lease of a watch that nobody alive holds. KEYS[3]: its record; KEYS[4]: its account's ledger.
-- ARGV: session, device, is_wanted, latest_ms (as for a claim), brought (debits from before the hub shared anything: member, ms left, ...)
local now_ms = clock_ms()
if not lives(ARGV[1], now_ms) then
  return {'dead'}
end
local holder = redis.call('HGET', KEYS[3], 'holder')
if holder and holder ~= ARGV[1] and lives(holder, now_ms) then
  return {'held', holder}
end
if ARGV[3] == '0' then
  if holder == ARGV[1] then -- given up here, and the word of it was lost
    redis.call('HDEL', KEYS[3], 'holder')
  end
  return {'free'}
end
for place = 5, #ARGV, 2 do
  redis.call('ZADD', KEYS[4], 'NX', now_ms + tonumber(ARGV[place + 1]), ARGV[place])
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
local believed_ms = math.min(now_ms, tonumber(ARGV[4]))
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', believed_ms)
local debits = {}
for _, debit in ipairs(counting(KEYS[4], ARGV[2], believed_ms)) do
  debits[#debits + 1] = debit[1]
  debits[#debits + 1] = debit[2] - believed_ms
end
local spent_ms = math.max(0, number_of(KEYS[1], 'spent_until_ms') - believed_ms)
return {'taken', lease, debits, redis.call('HGETALL', KEYS[3]), spent_ms}
