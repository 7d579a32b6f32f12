-- The beginning of every script of the queue valve: the names, and the time.
--
-- KEYS[1]  how the valve stands: the numbers that keep() lists, 8 bytes each
-- KEYS[2]  what it was set up with: pre-queue, opening, turn, most places (8 bytes each), the valve's bits (8), the seed's hash (32), and
--          the seed as it was sealed by a front end; in a sale that an earlier build set up the seed itself (32) and nothing more
-- KEYS[3]  the places: a hash of user (16 bytes) to number (6), told at (7), told wait in ms (3); once admitted also the expiry (7)
-- KEYS[4]  the line: a sorted set of users. Before the draw the score is the place's number until its code is known, which is not
--          before the opening, then the code, which is negative; who comes later has the number, so comes after all who were drawn
-- KEYS[5]  until when each who waits lives, by a time that lags behind the clock by what the valve stood still
-- KEYS[6]  who is in checkout, and when the admission expires
-- KEYS[7]  the numbers (6 bytes each) of the places that ended before the draw
-- KEYS[8]  only after the server's clock stepped back: by how much the valve's time is ahead of it, and that time (8 bytes each)
-- ARGV[1]  now in microseconds, 0 for the server's clock
-- ARGV[2]  and on: what the script's own part says
-- returns  \0 and the answer; nothing was asked if it is one of these: \1 more is due than one call does, so call again; \3 there is no
--          such valve; \4 a part of it is lost; \5, the last number before the draw, the length of KEYS[7] (8 bytes each), KEYS[7], the
--          length of the sealed seed (1), that, and users and numbers (16 and 6 bytes each) whose codes are missing; \2 the same of a
--          sale that an earlier build set up: the seed (32), users and numbers
--
-- The rules, and their names, are those of the Core's machine (Core/Valve). Every number is an integer under 2^53.
local unpack, pack, sub = struct.unpack, struct.pack, string.sub
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local call = redis.call
local STATE, SPEC, PLACES, LINE, BEATS, TURNS, GONE, AHEAD = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local NEVER = 9007199254740991

local now = ARGV[1] + 0
if now == 0 then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
end
