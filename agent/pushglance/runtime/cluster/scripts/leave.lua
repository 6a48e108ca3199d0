-- Give leases back. KEYS[3] and on: records. ARGV: session, is_end
for place = 3, #KEYS do
  if redis.call('HGET', KEYS[place], 'holder') == ARGV[1] then
    redis.call('HDEL', KEYS[place], 'holder')
  end
end
if ARGV[2] == '1' then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
