-- Take, keep or give back the right to work a shard.
-- KEYS: lease, fence counter.  ARGV: acquire|renew|release, owner, ttl ms, lowest fence allowed or own
-- The fence grows with each new holder, so that SQL can refuse one that was presumed dead.
local holder = redis.call('GET', KEYS[1])
if ARGV[1] == 'acquire' then
  if holder then return false end
  local fence = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[4])) + 1
  redis.call('SET', KEYS[2], string.format('%.0f', fence))
  redis.call('SET', KEYS[1], ARGV[2] .. ':' .. string.format('%.0f', fence), 'PX', ARGV[3])
  return fence
end
if holder ~= ARGV[2] .. ':' .. ARGV[4] then return false end
if ARGV[1] == 'renew' then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return tonumber(ARGV[4])
