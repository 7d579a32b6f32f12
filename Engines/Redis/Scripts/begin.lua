-- The beginning of every algorithm's script: what is asked, the time, the state.
--
-- KEYS[1]  the key's state: its rules (as in ARGV[1]), then the algorithm's own numbers; or a state of each kind (sides.lua)
-- KEYS[2]  the requests that the key answered under an id; given with an id, and for a reset
-- ARGV[1]  the spec's rules: algorithm and count of bandwidths, revision, limit, window and capacity of each; opaque here but for the count
-- ARGV[2]  operation: 0 acquire, 1 acquire up to, 2 peek, 3 refund, 4 charge, 5 release, 6 reset, 7 renew; 16 more where no key may be
--          made, nor any grow
-- ARGV[3]  permits, at most 2 * 10^9
-- ARGV[4]  now in microseconds, 0 for the server's clock
-- ARGV[5]  and on: the spec's compiled numbers, as many for each bandwidth as the algorithm has; then, where they are needed, the exact
--          permits (8 bytes), a lease (16 bytes), and the request id
-- returns  \0 and the answer, or \6 and the answer where the key was made; \1 and the rules that the state is under, if they are not the
--          spec's: nothing was done; \2 if the request id was used with another cost; \3, the microseconds since, the lease, \0 and the
--          answer that was given then; \4 and the rules that the state is under, where a refund or charge has to be made under those:
--          nothing was done; \5 if the key would have been made, or would have had to grow, and must not: nothing was done
--
-- Every number is an integer under 2^53, which a Lua number holds exactly, and so is the floor of a quotient of two such.
local unpack, pack, sub, byte = struct.unpack, struct.pack, string.sub, string.byte
local floor, ceil, min, max, rep = math.floor, math.ceil, math.min, math.max, string.rep
local call = redis.call
local LATEST = 9007199254740991
local KEPT = 60000000

local rules, operation, permits, now = ARGV[1], ARGV[2] + 0, ARGV[3] + 0, ARGV[4] + 0
local confined = operation >= 16
if confined then
    operation = operation - 16
end
local live = now == 0
if live then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
end

local count = byte(rules) % 16
local head = #rules
local value = call('GET', KEYS[1])

-- As it stands there, whatever value is made of it.
local stored = value or ''
