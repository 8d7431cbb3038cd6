-- Take a batch of fixes: newest per technician into the index, all of them into the stream.
-- KEYS: positions (hash), cells (sorted set), stream
-- ARGV: most stream entries, received ms, blob of (id length u8, id, 32-byte record)*
-- The first 16 bytes of a record are its key, time then place, big-endian: byte by byte they sort as
-- fixes do. Of two reports of one fix the lesser by its other bytes counts, whichever came first.
-- Returns one letter per fix: A accepted, L late, D duplicate; or F: the stream is full, all refused.
if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[1]) then return 'F' end

-- Lua's own < compares strings as the server's locale sorts words, which binary ones are not.
local function less(a, b)
  for i = 1, 32 do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x == nil or (y ~= nil and x < y) end
  end
  return false
end

local blob = ARGV[3]
local at, size, n = 1, #blob, 0
local ids, records = {}, {}
while at <= size do
  local length = string.byte(blob, at)
  n = n + 1
  ids[n] = string.sub(blob, at + 1, at + length)
  records[n] = string.sub(blob, at + length + 1, at + length + 32)
  at = at + length + 33
end

local known = redis.call('HMGET', KEYS[1], unpack(ids))
local newest, before, verdicts, kept = {}, {}, {}, {}
for i = 1, n do
  local id, record = ids[i], records[i]
  if newest[id] == nil then
    newest[id] = known[i] or ''
    before[id] = newest[id]
  end
  local newer = less(newest[id], record)
  if string.sub(newest[id], 1, 16) == string.sub(record, 1, 16) then
    verdicts[i] = 'D'
    newer = less(record, newest[id])
  else
    verdicts[i] = newer and 'A' or 'L'
  end
  if record ~= newest[id] then
    kept[#kept + 1] = string.char(#id) .. id .. record
  end
  if newer then newest[id] = record end
end

local hash, cells = {}, {}
for id, record in pairs(newest) do
  if record ~= before[id] then
    hash[#hash + 1] = id
    hash[#hash + 1] = record
    local cell = string.sub(record, 25, 32)
    if cell ~= string.sub(before[id], 25, 32) then
      local high, low = struct.unpack('>I4I4', cell)
      cells[#cells + 1] = string.format('%.0f', (high % 1048576) * 4294967296 + low)
      cells[#cells + 1] = id
    end
  end
end
if #hash > 0 then redis.call('HSET', KEYS[1], unpack(hash)) end
if #cells > 0 then redis.call('ZADD', KEYS[2], unpack(cells)) end
if #kept > 0 then redis.call('XADD', KEYS[3], '*', 'b', table.concat(kept), 'r', ARGV[2]) end
return table.concat(verdicts)
