-- Record how a claimed push ended. KEYS[3]: the watch's record; KEYS[4]: its account's ledger.
-- ARGV: session, lease, member, outcome, parked (a text, "" or "-" for unchanged), fingerprint, prefix of the doubts' keys,
-- watch, then field, text ...
local now_ms = clock_ms()
local is_executed = ARGV[4] == 'delivered' or ARGV[4] == 'unknown' -- the other outcomes prove that it was not
local settled = ARGV[3] .. ' ' .. ARGV[4]
if redis.call('HGET', KEYS[3], 'settled') == settled then
  return 0 -- recorded already: the store's answer was lost
end
redis.call('HSET', KEYS[3], 'settled', settled)
local counted_until_ms = redis.call('ZSCORE', KEYS[4], ARGV[3])
local was_last = is_last(KEYS[4], ARGV[3])
if not is_executed then
  redis.call('ZREM', KEYS[4], ARGV[3])
  if was_last then
    local newest = redis.call('ZREVRANGE', KEYS[4], 0, 0, 'WITHSCORES')
    note_last(KEYS[4], newest[1] or '', newest[2] or '0')
  end
elseif counted_until_ms then
  local until_ms = math.max(now_ms + ARRIVAL_MS + WINDOW_MS, counted_until_ms - FLIGHT_MS)
  redis.call('ZADD', KEYS[4], until_ms, ARGV[3])
  if was_last then
    note_last(KEYS[4], ARGV[3], until_ms)
  end
end
local holder = redis.call('HGET', KEYS[3], 'holder')
local is_ours = holder == ARGV[1] and redis.call('HGET', KEYS[3], 'lease') == ARGV[2]
if is_ours and redis.call('HGET', KEYS[3], 'flight') == ARGV[3] then
  for index = 9, #ARGV, 2 do
    local name, text = ARGV[index], ARGV[index + 1]
    local before = redis.call('HGET', KEYS[3], 'before.' .. name) or ''
    if ARGV[4] == 'delivered' then
      redis.call('HSET', KEYS[3], 'shown.' .. name, '=' .. text)
    elseif ARGV[4] == 'unknown' then
      redis.call('HSET', KEYS[3], 'shown.' .. name, '?')
    elseif before == '' then
      redis.call('HDEL', KEYS[3], 'shown.' .. name)
    else
      redis.call('HSET', KEYS[3], 'shown.' .. name, before)
    end
    redis.call('HDEL', KEYS[3], 'before.' .. name)
  end
  redis.call('HDEL', KEYS[3], 'flight')
  if ARGV[5] ~= '-' then
    redis.call('HSET', KEYS[3], 'parked', ARGV[5], 'fingerprint', ARGV[6])
  end
  return 1
end
if not is_executed or not counted_until_ms then
  return 0
end
-- It may have arrived before or after pushes of the present holder: it is unknown what is shown.
local names = {}
for index = 9, #ARGV, 2 do
  names[#names + 1] = ARGV[index]
  redis.call('HSET', KEYS[3], 'shown.' .. ARGV[index], '?')
end
if holder and is_alive(holder, now_ms) then
  redis.call('RPUSH', ARGV[7] .. holder, ARGV[8] .. ' ' .. table.concat(names, ','))
end
return 0
