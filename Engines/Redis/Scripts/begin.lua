-- The beginning of every algorithm's script: the rules, the time, the compiled numbers. What is asked comes behind: one request
-- (request.lua) or many (batch.lua).
--
-- ARGV[1]  the spec's rules: algorithm and count of bandwidths, revision, limit, window and capacity of each; opaque here but for the count
-- ARGV[4]  now in microseconds, 0 for the server's clock
-- ARGV[5]  and on: the spec's compiled numbers, as many for each bandwidth as the algorithm has
--
-- Every number is an integer under 2^53, which a Lua number holds exactly, and so is the floor of a quotient of two such.
local unpack, pack, sub, byte = struct.unpack, struct.pack, string.sub, string.byte
local floor, ceil, min, max, rep = math.floor, math.ceil, math.min, math.max, string.rep
local call = redis.call
local LATEST = 9007199254740991
local KEPT = 60000000

local rules, now = ARGV[1], ARGV[4] + 0
local live = now == 0
if live then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
end

local count = byte(rules) % 16
local head = #rules
local p = {}
for k = 1, stride * count do
    p[k] = ARGV[4 + k] + 0
end
