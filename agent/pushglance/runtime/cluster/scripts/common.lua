-- The beginning of every script. KEYS[1] describes the store: epoch (a random name), seq (number of claims so far),
-- chain (a hash of all of them, one by one), spent_until_ms, and doubts (how often a loss of data was found). KEYS[2] holds
-- the sessions and when each expires. CHAIN holds the hash after each of the last claims.
-- WINDOW_MS, ARRIVAL_MS and FLIGHT_MS are defined before this, from the core's budget.
-- Keys and fields are shared by hubs of different versions: do not rename them.
local CHAIN, CHAIN_LENGTH = 'pushglance:chain', 10000

local function clock_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function is_alive(session, now_ms)
  local until_ms = redis.call('ZSCORE', KEYS[2], session)
  return until_ms and tonumber(until_ms) > now_ms
end

local function number_of(key, field)
  return tonumber(redis.call('HGET', key, field) or '0')
end

-- Add a claim to the chain, and return its number and the hash of it and all claims before it.
local function extend_chain(member)
  local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  local chain = redis.sha1hex((redis.call('HGET', KEYS[1], 'chain') or '') .. ' ' .. seq .. ' ' .. member)
  redis.call('HSET', KEYS[1], 'chain', chain)
  redis.call('ZREMRANGEBYSCORE', CHAIN, seq, seq)
  redis.call('ZADD', CHAIN, seq, seq .. ' ' .. chain)
  redis.call('ZREMRANGEBYRANK', CHAIN, 0, -CHAIN_LENGTH - 1)
  return seq, chain
end

-- Is it known that the first `seq` claims are not those that a hub remembers with this hash?
local function is_other_chain(seq, chain)
  local known = redis.call('ZRANGEBYSCORE', CHAIN, seq, seq)[1]
  return chain ~= '' and known and known ~= seq .. ' ' .. chain
end

local function assume_spent(now_ms)
  local spent_until_ms = math.max(number_of(KEYS[1], 'spent_until_ms'), now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS)
  redis.call('HSET', KEYS[1], 'spent_until_ms', spent_until_ms)
  redis.call('HINCRBY', KEYS[1], 'doubts', 1)
end

-- If a hub remembers another epoch, more claims than the store, or other claims, data was lost; how much is unknown.
-- Then every budget counts as spent, and every shown field as unknown.
local function compare_versions(epoch, seq, chain, new_epoch, now_ms)
  local own_epoch = redis.call('HGET', KEYS[1], 'epoch')
  if not own_epoch then
    own_epoch = new_epoch
    redis.call('HSET', KEYS[1], 'epoch', own_epoch)
  end
  local claims = number_of(KEYS[1], 'seq')
  if epoch == '' or (epoch == own_epoch and seq <= claims and not is_other_chain(seq, chain)) then
    return false
  end
  redis.call('HSET', KEYS[1], 'seq', math.max(seq, claims))
  assume_spent(now_ms)
  return true
end

-- Remember the last debit of a ledger outside of it, until when it counts included; '' is none.
local function note_last(ledger, member, until_ms)
  redis.call('HSET', KEYS[1], 'last ' .. ledger, until_ms .. ' ' .. member)
end

local function is_last(ledger, member)
  return string.match(redis.call('HGET', KEYS[1], 'last ' .. ledger) or '', ' (.*)$') == member
end

-- If the last debit of a ledger is gone before its time, so may be those of any hub: then every budget counts as spent.
local function check_ledger(ledger, trusted_ms, now_ms)
  local until_ms, member = string.match(redis.call('HGET', KEYS[1], 'last ' .. ledger) or '', '^(%d+) (.*)$')
  if not member or tonumber(until_ms) <= trusted_ms or redis.call('ZSCORE', ledger, member) then
    return false
  end
  redis.call('HDEL', KEYS[1], 'last ' .. ledger)
  assume_spent(now_ms)
  return true
end

-- How long a debit still counts; while the clock is not trusted, as long as one that was made just now.
local function left_ms(until_ms, trusted_ms)
  return math.max(0, math.min(until_ms - trusted_ms, FLIGHT_MS + ARRIVAL_MS + WINDOW_MS))
end

-- Return the debits of an account that still count, as {"device/hub/push/session", until_ms}. A push to all devices ("*")
-- counts for each device.
local function live_debits(ledger, device, now_ms)
  local entries, debits = redis.call('ZRANGEBYSCORE', ledger, '(' .. now_ms, '+inf', 'WITHSCORES'), {}
  for index = 1, #entries, 2 do
    local owner = string.match(entries[index], '^[^/]*')
    if owner == device or owner == '*' or device == '*' then
      debits[#debits + 1] = {entries[index], tonumber(entries[index + 1])}
    end
  end
  return debits
end
