-- What stands in a key. Permits and places do not turn into one another: where contents of one revision take turns that differ in that, the
-- key holds a state of each kind, the one that was changed last first: \0, then for each the instant at which it is whole (7), its length
-- (4), its rules and its own numbers. A script that finds \0 in place of rules finds other rules than its own.
local function lengthOf(head)
    return 9 + 14 * (byte(head) % 16)
end

local function countsPlaces(head)
    return byte(head) >= 96
end

local function sidesOf(text)
    local sides, place = {}, 2
    if byte(text) > 0 then
        return { { rules = sub(text, 1, lengthOf(text)), body = sub(text, lengthOf(text) + 1) } }
    end
    while place <= #text do
        local whole, length = unpack('<I7I4', text, place)
        local side = sub(text, place + 11, place + 10 + length)
        sides[#sides + 1] = {
            rules = sub(side, 1, lengthOf(side)), body = sub(side, lengthOf(side) + 1), whole = whole,
            packed = sub(text, place, place + 10 + length),
        }
        place = place + 11 + length
    end
    return sides
end
