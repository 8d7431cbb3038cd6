-- Take a batch of fixes: newest per technician into the index, all of them into the stream.
-- KEYS: positions (hash), cells (sorted set), stream
-- ARGV: most stream entries, received ms, blob of (id length u8, id, 20-byte record)*, 8-byte cells*
-- A record begins with its key: time, lon, lat; they compare as numbers, in that order. (Lua's own <
-- compares strings as the server's locale sorts words, which binary ones are not.) Of two reports of
-- one fix the lesser by its other bytes counts, whichever came first.
-- Returns one letter per fix: A accepted, L late, D duplicate; or F: the stream is full, all refused.
if redis.call('XLEN', KEYS[3]) >= tonumber(ARGV[1]) then return 'F' end

local KEY, REST = '>I2I4I4I4', '>I2I2I2'
local blob, cells = ARGV[3], ARGV[4]
local at, size, n = 1, #blob, 0
local ids, from, names = {}, {}, {}
local seen = {}
while at <= size do
  local length = string.byte(blob, at)
  local id = string.sub(blob, at + 1, at + length)
  n = n + 1
  ids[n] = id
  from[n] = at + length + 1
  if not seen[id] then
    seen[id] = true
    names[#names + 1] = id
  end
  at = at + length + 21
end

-- Of each technician the newest so far: where its record is, and its key.
local text, start, time, lon, lat = {}, {}, {}, {}, {}
local known = redis.call('HMGET', KEYS[1], unpack(names))
for i, id in ipairs(names) do
  local record = known[i]
  if record then
    local high, low, x, y = struct.unpack(KEY, record)
    text[id], start[id] = record, 1
    time[id], lon[id], lat[id] = high * 4294967296 + low, x, y
  else
    time[id] = -1
  end
end

local function rest(record, first)
  local a, b, c = struct.unpack(REST, record, first + 14)
  return (a * 65536 + b) * 65536 + c
end

local verdicts, moved, dropped = {}, {}, {}
local some_dropped = false
for i = 1, n do
  local id, first = ids[i], from[i]
  local high, low, x, y = struct.unpack(KEY, blob, first)
  local t = high * 4294967296 + low
  local newest, old_x, old_y = time[id], lon[id], lat[id]
  local counts = false
  if t > newest or (t == newest and (x > old_x or (x == old_x and y > old_y))) then
    verdicts[i] = 'A'
    counts = true
  elseif t == newest and x == old_x and y == old_y then
    verdicts[i] = 'D'
    local more = rest(blob, first) - rest(text[id], start[id])
    counts = more < 0
    if more == 0 then
      dropped[i] = true
      some_dropped = true
    end
  else
    verdicts[i] = 'L'
  end
  if counts then
    text[id], start[id], time[id], lon[id], lat[id] = blob, first, t, x, y
    moved[id] = i
  end
end

local hash, scores = {}, {}
for i, id in ipairs(names) do
  local number = moved[id]
  if number then
    local first = from[number]
    local cell = string.sub(cells, number * 8 - 7, number * 8)
    hash[#hash + 1] = id
    hash[#hash + 1] = string.sub(blob, first, first + 19) .. cell
    if not known[i] or cell ~= string.sub(known[i], 21, 28) then
      local high, low = struct.unpack('>I4I4', cell)
      scores[#scores + 1] = (high % 1048576) * 4294967296 + low
      scores[#scores + 1] = id
    end
  end
end
if #hash > 0 then redis.call('HSET', KEYS[1], unpack(hash)) end
if #scores > 0 then redis.call('ZADD', KEYS[2], unpack(scores)) end

if some_dropped then
  local kept = {}
  for i = 1, n do
    if not dropped[i] then
      kept[#kept + 1] = string.sub(blob, from[i] - #ids[i] - 1, from[i] + 19)
    end
  end
  blob = table.concat(kept)
end
if #blob > 0 then
  local now = redis.call('TIME')
  local apart = tonumber(ARGV[2]) - (now[1] * 1000 + math.floor(now[2] / 1000))
  if math.abs(apart) < 1000 then -- the entry's own id says when
    redis.call('XADD', KEYS[3], '*', 'b', blob)
  else
    redis.call('XADD', KEYS[3], '*', 'b', blob, 'r', ARGV[2])
  end
end
return table.concat(verdicts)
