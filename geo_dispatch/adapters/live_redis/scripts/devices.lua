-- Keep what devices tell of themselves, the newest of each.
-- KEYS: devices (hash).  ARGV: id, record, id, record, ...
-- A record begins with its time, eight bytes big-endian: records compare as strings.
for i = 1, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or ARGV[i + 1] > known then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return redis.status_reply('OK')
