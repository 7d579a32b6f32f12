-- What sides.lua and carry.lua use, for a script that is none of an algorithm's.
local unpack, pack, sub, byte = struct.unpack, struct.pack, string.sub, string.byte
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local now = ARGV[1] + 0
local live = now == 0
if live then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
