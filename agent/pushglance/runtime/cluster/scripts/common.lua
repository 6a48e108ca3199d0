-- What every script begins with. KEYS[1] is the store's own memory: epoch (a name for what it holds), seq (pushes booked
-- so far), spent_until_ms and doubts (how often it was found to have lost something). KEYS[2] holds the sessions: hub -> until when it lives.
-- WINDOW_MS, ARRIVAL_MS and FLIGHT_MS come in front of this, from the core's budget.
local function clock_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function lives(session, now_ms)
  local until_ms = redis.call('ZSCORE', KEYS[2], session)
  return until_ms and tonumber(until_ms) > now_ms
end

local function number_of(key, field)
  return tonumber(redis.call('HGET', key, field) or '0')
end

-- A hub that remembers another epoch, or more pushes than the store does: something was lost, nobody knows how much.
-- Then every budget counts as spent, and no screen as known.
local function compare_memories(epoch, seq, new_epoch, now_ms)
  local found = redis.call('HGET', KEYS[1], 'epoch')
  if not found then
    found = new_epoch
    redis.call('HSET', KEYS[1], 'epoch', found)
  end
  local booked = number_of(KEYS[1], 'seq')
  if epoch == '' or (epoch == found and seq <= booked) then
    return false
  end
  local spent_until_ms = math.max(number_of(KEYS[1], 'spent_until_ms'), now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS)
  redis.call('HSET', KEYS[1], 'spent_until_ms', spent_until_ms, 'seq', math.max(seq, booked))
  redis.call('HINCRBY', KEYS[1], 'doubts', 1)
  return true
end

-- Debits of an account: "device/hub/push/session" -> until when each counts. A push to all devices ("*") counts for each.
local function counting(ledger, device, now_ms)
  local entries, mine = redis.call('ZRANGEBYSCORE', ledger, '(' .. now_ms, '+inf', 'WITHSCORES'), {}
  for place = 1, #entries, 2 do
    local whose = string.match(entries[place], '^[^/]*')
    if whose == device or whose == '*' or device == '*' then
      mine[#mine + 1] = {entries[place], tonumber(entries[place + 1])}
    end
  end
  return mine
end
