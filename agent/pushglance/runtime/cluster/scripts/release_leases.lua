-- Release leases. KEYS[3] and following: records. ARGV: session, is_end
for index = 3, #KEYS do
  if redis.call('HGET', KEYS[index], 'holder') == ARGV[1] then
    redis.call('HDEL', KEYS[index], 'holder')
  end
end
if ARGV[2] == '1' then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
return 1
