-- Joins or polls.
--
-- ARGV[2]  the user: 16 bytes
-- ARGV[3]  1 to join, 0 to poll
-- returns  \0; state, phase, whether asked too early (1 byte each); place (0: none), position (0: none), eta in microseconds (-1: none),
--          wait in ms, expiry of the admission, opening (8 bytes each); the valve's bits (8)
local user, isJoin = ARGV[2], ARGV[3] == '1'
local NO_PLACE, NOT_OPEN, LINE_FULL, PRE_QUEUE, WAITING, IS_ADMITTED, SOLD_OUT, CLOSED = 0, 1, 2, 4, 5, 6, 7, 8
local longestMs = min(60000, floor(turn / 2000))

local function answer(state, early, number, position, eta, afterMs, expiry)
    keep()
    return pack('<BBBBdddddd', 0, state, phase(), early and 1 or 0, number, position, eta, afterMs,
        expiry > 0 and expiry - ahead or 0, opensAt - ahead) .. bits
end

local function waitFor(microseconds)
    return min(max(floor(microseconds / 4000), 1000), longestMs)
end

local function waitTogether(microseconds)
    return min(max(waitFor(microseconds), floor(people / 2)), longestMs)
end

local function etaOf(position)
    local byRate = max(0, max(readyAt(), opensAt) - clock) + floor((position - 1) * window / admissions)
    local withoutSlot = position - max(0, checkout - inCheckout)
    return max(byRate, withoutSlot > 0 and floor(withoutSlot * averageTurn / checkout) or 0)
end

local function told(place, isPoll)
    local number, toldAt, toldMs = unpack('<I6I7I3', place)
    local early = isPoll and clock - toldAt < toldMs * 500
    local state, position, eta, expiry, afterMs = WAITING, 0, -1, 0, longestMs
    if #place > 16 then
        expiry = (unpack('<I7', place, 17))
        state, afterMs = IS_ADMITTED, waitFor(expiry - clock)
    elseif isSoldOut == 1 then
        state = SOLD_OUT
    elseif isDrawn == 0 then
        state, afterMs = PRE_QUEUE, waitTogether(opensAt - clock)
    else
        position = call('ZRANK', LINE, user) + 1
        eta = etaOf(position)
        afterMs = isPaused == 1 and waitTogether(eta) or waitFor(eta)
        if isPaused == 1 then
            eta = -1
        end
    end
    call('HSET', PLACES, user, sub(place, 1, 6) .. pack('<I7I3', clock, afterMs) .. sub(place, 17))
    if expiry == 0 then
        call('ZADD', BEATS, clock - skipped + max(30000, 3 * afterMs) * 1000, user)
    end
    return answer(state, early, number, position, eta, afterMs, expiry)
end

local place = call('HGET', PLACES, user)
if place then
    return told(place, true)
end
local at = phase()
if at == 5 then
    return answer(CLOSED, false, 0, 0, -1, 0, 0)
elseif at == 4 then
    return answer(SOLD_OUT, false, 0, 0, -1, 0, 0)
elseif at == 0 then
    return answer(NOT_OPEN, false, 0, 0, -1, waitFor(preQueueAt - clock), 0)
elseif not isJoin then
    return answer(NO_PLACE, false, 0, 0, -1, 0, 0)
elseif people >= mostPlaces then
    return answer(LINE_FULL, false, 0, 0, -1, longestMs, 0)
end
lastPlace, people, waiting, counts[JOINED] = lastPlace + 1, people + 1, waiting + 1, counts[JOINED] + 1
call('HSET', PLACES, user, pack('<I6I7I3', lastPlace, clock, 0))
call('ZADD', LINE, lastPlace, user)
call('ZADD', BEATS, clock - skipped + 30000000, user)
advance()
return told(call('HGET', PLACES, user), false)
