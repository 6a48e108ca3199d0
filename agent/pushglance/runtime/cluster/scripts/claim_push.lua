-- Record a push that is about to leave: only for the holder of the lease, only if one is left in the last 24 hours.
-- KEYS[3]: the watch's record; KEYS[4]: its account's ledger.
-- ARGV: session, lease, member, device, capacity, latest_ms (latest trusted time of the store's clock), epoch, seq, chain,
-- fields
local now_ms = clock_ms()
if not is_alive(ARGV[1], now_ms) then
  return {'dead'}
end
if redis.call('HGET', KEYS[3], 'holder') ~= ARGV[1] or redis.call('HGET', KEYS[3], 'lease') ~= ARGV[2] then
  return {'lost'}
end
compare_versions(ARGV[7], tonumber(ARGV[8]), ARGV[9], '?', now_ms)
local trusted_ms = math.min(now_ms, tonumber(ARGV[6]))
check_ledger(KEYS[4], trusted_ms, now_ms)
if number_of(KEYS[1], 'spent_until_ms') > trusted_ms then
  return {'spent'}
end
if not redis.call('ZSCORE', KEYS[4], ARGV[3]) then
  if #live_debits(KEYS[4], ARGV[4], trusted_ms) >= tonumber(ARGV[5]) then
    return {'spent'}
  end
  -- Never earlier than an older debit: the clock may have been set back.
  local newest = redis.call('ZREVRANGE', KEYS[4], 0, 0, 'WITHSCORES')
  local until_ms = math.max(now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS, tonumber(newest[2] or '0'))
  redis.call('ZADD', KEYS[4], until_ms, ARGV[3])
  note_last(KEYS[4], ARGV[3], until_ms)
end
local seq, chain = extend_chain(ARGV[3])
if redis.call('HGET', KEYS[3], 'flight') ~= ARGV[3] then
  redis.call('HDEL', KEYS[3], 'before.title', 'before.text', 'before.subtext', 'before.count', 'before.percent')
end
for index = 10, #ARGV do
  local shown = 'shown.' .. ARGV[index]
  redis.call('HSETNX', KEYS[3], 'before.' .. ARGV[index], redis.call('HGET', KEYS[3], shown) or '')
  redis.call('HSET', KEYS[3], shown, '?') -- unknown until the answer
end
redis.call('HSET', KEYS[3], 'flight', ARGV[3])
redis.call('HDEL', KEYS[3], 'settled') -- a push that never left may be claimed again
return {'claimed', seq, chain}
