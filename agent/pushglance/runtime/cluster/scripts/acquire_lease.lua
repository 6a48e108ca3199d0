-- Acquire the lease of a watch that no living hub holds, and restore debits also if another hub holds it. KEYS[3]: the
-- watch's record; KEYS[4]: its account's ledger.
-- ARGV: session, device, is_wanted, latest_ms (as in claim_push), then debits of the hub that the store must have: member,
-- ms left ... A member that ends with "/" is one of an earlier process, whose session is unknown.
-- Add the hub's debits that the ledger lacks; return how many it has lost. Those from before the hub joined are new.
local function restore_debits(ledger, now_ms)
  local restored, known = 0, {}
  for _, member in ipairs(#ARGV > 4 and redis.call('ZRANGE', ledger, 0, -1) or {}) do
    known[member] = true
    known[string.match(member, '^.*/') or member] = true
  end
  for index = 5, #ARGV, 2 do
    local member = ARGV[index]
    if not known[member] then
      redis.call('ZADD', ledger, now_ms + tonumber(ARGV[index + 1]), member)
      restored = restored + (string.match(member, '/before$') and 0 or 1)
    end
  end
  return restored
end

local function forget_shown()
  for _, name in ipairs({'title', 'text', 'subtext', 'count', 'percent'}) do
    redis.call('HSET', KEYS[3], 'shown.' .. name, '?')
  end
end

local now_ms = clock_ms()
if not is_alive(ARGV[1], now_ms) then
  return {'dead'}
end
local trusted_ms = math.min(now_ms, tonumber(ARGV[4]))
check_ledger(KEYS[4], trusted_ms, now_ms)
local restored = restore_debits(KEYS[4], now_ms)
if restored > 0 then
  forget_shown()
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
local lease = redis.call('HINCRBY', KEYS[3], 'lease', 1)
redis.call('HSET', KEYS[3], 'holder', ARGV[1])
redis.call('HDEL', KEYS[3], 'flight')
local doubts = redis.call('HGET', KEYS[1], 'doubts') or '0'
local has_doubts = (redis.call('HGET', KEYS[3], 'doubts') or '0') ~= doubts
if has_doubts then
  redis.call('HSET', KEYS[3], 'doubts', doubts)
end
if has_doubts then
  forget_shown()
end
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', trusted_ms)
local debits = {}
for _, debit in ipairs(live_debits(KEYS[4], ARGV[2], trusted_ms)) do
  debits[#debits + 1] = debit[1]
  debits[#debits + 1] = left_ms(debit[2], trusted_ms)
end
local spent_ms = left_ms(number_of(KEYS[1], 'spent_until_ms'), trusted_ms)
return {'taken', lease, debits, redis.call('HGETALL', KEYS[3]), spent_ms, restored}
