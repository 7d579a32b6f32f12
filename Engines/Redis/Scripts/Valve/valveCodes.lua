-- Takes codes of places, which are the same whoever computes them and however often, and lives through the time. In a sale that an earlier
-- build set up codes are asked for ahead of the draw too.
--
-- ARGV[2]  users (16 bytes), numbers (6) and codes (8, a double under 0) of some places; may be none
-- returns  \0 and the phase (1 byte) if nothing is missing
for at = 1, #ARGV[2], 30 do
    local user, number, code = sub(ARGV[2], at, at + 15), unpack('<I6d', ARGV[2], at + 16)
    if isDrawn == 0 and (call('ZSCORE', LINE, user) or -1) + 0 == number then
        call('ZADD', LINE, code, user)
    end
end
local late = advance() or isDrawn == 0 and isClosed == 0 and not isBound and missingCodes()
keep()
return late or pack('<BB', 0, phase())
