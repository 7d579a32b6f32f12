-- How the valve stands. A part that an eviction or a person took away is noticed, and never taken for people who went.
local before, spec = call('GET', STATE), call('GET', SPEC)
if not before and not spec then
    return '\3'
end
if not before or not spec or (#before ~= 184 and #before ~= 192) or (#spec ~= 72 and #spec < 105) then
    return '\4'
end

local preQueueAt, opensAt, turn, mostPlaces = unpack('<dddd', spec)
local bits, seed, isBound = sub(spec, 33, 40), sub(spec, 41, 72), #spec ~= 72
local sealed = sub(spec, 73)
local clock, skipped, isDrawn, isPaused, isSoldOut, isClosed, admissions, window, checkout, whole, rest, averageTurn, lastPlace, gone,
    people, lastDrawn = unpack('<dddddddddddddddd', before)
local counts = { unpack('<ddddddd', before, 129) }

-- A server's clock that steps back must not hold up the line until it is as late again: the valve goes on from the latest time seen, and
-- remembers by how much that is ahead, in a key of its own: a build that knows nothing of it reads the rest as ever. Where such a build has
-- let the valve's time go on, it went by the server's, and nothing is ahead. The pre-queue and the opening are at the server's time all the
-- same, and so is what is told. (For a while that number stood at the end of the others.)
local ahead, step = 0, call('GET', AHEAD)
if #before == 192 then
    ahead = unpack('<d', before, 185)
elseif step then
    local by, at = unpack('<dd', step)
    ahead = at == clock and by or 0
end
now = now + ahead
if now < clock then
    ahead, now = ahead + clock - now, clock
end
preQueueAt, opensAt = preQueueAt + ahead, opensAt + ahead

local JOINED, ADMITTED, LEFT, DIED, NO_SHOW = 1, 2, 3, 4, 5

local waiting, inCheckout = call('ZCARD', LINE), call('ZCARD', TURNS)
if waiting + inCheckout ~= people or call('HLEN', PLACES) ~= people or call('ZCARD', BEATS) ~= waiting
    or call('STRLEN', GONE) ~= 6 * gone then
    return '\4'
end

-- A server that is full refuses some commands and not others: the first must be one of those, or a call would be done by half. It changes
-- nothing.
call('SETRANGE', STATE, 0, '')

local function keep()
    local after = pack('<ddddddddddddddddddddddd', clock, skipped, isDrawn, isPaused, isSoldOut, isClosed, admissions, window,
        checkout, whole, rest, averageTurn, lastPlace, gone, people, lastDrawn,
        counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7])
    if after ~= before then
        call('SET', STATE, after)
    end
    local stepped = ahead > 0 and pack('<dd', ahead, clock)
    if stepped and stepped ~= step then
        call('SET', AHEAD, stepped)
    elseif step and not stepped then
        call('DEL', AHEAD)
    end
end

local function phase()
    if isClosed == 1 then
        return 5
    elseif isSoldOut == 1 then
        return 4
    elseif clock < preQueueAt then
        return 0
    elseif isPaused == 1 then
        return 3
    end
    return isDrawn == 1 and 2 or 1
end

-- The whole microsecond at which the next may be admitted, as far as the rate is concerned.
local function readyAt()
    return rest > 0 and whole + 1 or whole
end
