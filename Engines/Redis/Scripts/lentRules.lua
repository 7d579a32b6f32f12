-- In place of sameRules.lua, for a tokenBucket or gcra that lends or has permits out. The state then is: the rules; the algorithm's numbers
-- as whoever knows nothing of leases is to read them (closed: what is out counts as used, and its place stays empty until the last lease
-- has ended); the numbers as they are; and for each lease, the first to end first, its name (16), permits (4) and end in microseconds (7).
-- A build that knows of no leases keeps to the first, and writes no more than that: what is out stays used there.
--
-- own    the numbers as they are; nil for a fresh key
-- lent   the leases; out: how many permits
local tentative, copied, rest, restIsFirst, theirs
if value and sub(value, 1, head) ~= rules then
    return '\1' .. sub(value, 1, 9 + 14 * (byte(value) % 16))
end

local MOST_LEASES, OWNERS_LIFE = 32, 1000000
local isBucket = byte(rules) < 16
local width = (isBucket and 18 or 11) * count
local own, lent, out = nil, {}, 0
if value then
    local behind = head + width + 1
    own = sub(value, head + 1, head + width)
    if #value >= behind then
        own = sub(value, behind, behind + width - 1)
        for place = behind + width, #value, 27 do
            local permitsOf, ends = unpack('<I4I7', value, place + 16)
            lent[#lent + 1] = { name = sub(value, place, place + 15), permits = permitsOf, ends = ends }
            out = out + permitsOf
        end
    end
end
local isReset = operation == 6
