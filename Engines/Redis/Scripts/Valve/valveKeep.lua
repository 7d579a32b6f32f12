-- Keeps a place alive whose owner something else told to wait.
--
-- ARGV[2]  the user: 16 bytes
-- ARGV[3]  the wait that was told, in ms
-- returns  \0, also where there is no such place
local user, toldMs = ARGV[2], min(ARGV[3] + 0, min(60000, floor(turn / 2000)))
local place = call('HGET', PLACES, user)
if place then
    call('HSET', PLACES, user, sub(place, 1, 6) .. pack('<I7I3', clock, toldMs) .. sub(place, 17))
    if #place == 16 then
        call('ZADD', BEATS, clock - skipped + max(30000, 3 * toldMs) * 1000, user)
    end
end
keep()
return '\0'
