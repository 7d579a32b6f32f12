-- OrleansLimiter: valveStatus
local stride = 0
-- The beginning of every script of the queue valve: the names, and the time.
--
-- KEYS[1]  how the valve stands: the numbers that keep() lists, 8 bytes each
-- KEYS[2]  what it was set up with: pre-queue, opening, turn, most places (8 bytes each), the valve's bits (8), the seed (32)
-- KEYS[3]  the places: a hash of user (16 bytes) to number (6), told at (7), told wait in ms (3); once admitted also the expiry (7)
-- KEYS[4]  the line: a sorted set of users. Before the draw the score is the place's number until its code is known, then the
--          code, which is negative; who comes later has the number, so comes after all who were drawn
-- KEYS[5]  until when each who waits lives, by a time that lags behind the clock by what the valve stood still
-- KEYS[6]  who is in checkout, and when the admission expires
-- KEYS[7]  the numbers (6 bytes each) of the places that ended before the draw
-- ARGV[1]  now in microseconds, 0 for the server's clock
-- ARGV[2]  and on: what the script's own part says
-- returns  \0 and the answer; nothing was asked if it is one of these: \1 more is due than one call does, so call again; \2, the seed,
--          and users and numbers (16 and 6 bytes each) whose codes are missing; \3 there is no such valve; \4 a part of it is lost
--
-- The rules, and their names, are those of the Core's machine (Core/Valve). Every number is an integer under 2^53.
local unpack, pack, sub = struct.unpack, struct.pack, string.sub
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local call = redis.call
local STATE, SPEC, PLACES, LINE, BEATS, TURNS, GONE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local NEVER = 9007199254740991

local now = ARGV[1] + 0
if now == 0 then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
end
-- How the valve stands. A part that an eviction or a person took away is noticed, and never taken for people who went.
local before, spec = call('GET', STATE), call('GET', SPEC)
if not before and not spec then
    return '\3'
end
if not before or not spec or #before ~= 184 or #spec ~= 72 then
    return '\4'
end

local preQueueAt, opensAt, turn, mostPlaces = unpack('<dddd', spec)
local bits, seed = sub(spec, 33, 40), sub(spec, 41)
local clock, skipped, isDrawn, isPaused, isSoldOut, isClosed, admissions, window, checkout, whole, rest, averageTurn, lastPlace, gone, people,
    lastDrawn = unpack('<dddddddddddddddd', before)
local counts = { unpack('<ddddddd', before, 129) }
local JOINED, ADMITTED, LEFT, DIED, NO_SHOW = 1, 2, 3, 4, 5

local waiting, inCheckout = call('ZCARD', LINE), call('ZCARD', TURNS)
if waiting + inCheckout ~= people or call('HLEN', PLACES) ~= people or call('ZCARD', BEATS) ~= waiting
    or call('STRLEN', GONE) ~= 6 * gone then
    return '\4'
end

-- A server that is full refuses some commands and not others: the first must be one of those, or a call would be done by half. It changes nothing.
call('SETRANGE', STATE, 0, '')

local function keep()
    local after = pack('<ddddddddddddddddddddddd', clock, skipped, isDrawn, isPaused, isSoldOut, isClosed, admissions, window, checkout, whole, rest,
        averageTurn, lastPlace, gone, people, lastDrawn, counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7])
    if after ~= before then
        call('SET', STATE, after)
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
-- Lives through the time up to now: at one instant the draw first, then what ends, then whose turn it is. At most so many steps in one call.
local STEPS, CODES, LONGEST_GAP = 256, 500, 1000000

local function missingCodes()
    local some = call('ZRANGEBYSCORE', LINE, 0, '+inf', 'WITHSCORES', 'LIMIT', 0, CODES)
    for i = 2, #some, 2 do
        some[i] = pack('<I6', some[i] + 0)
    end
    return #some > 0 and '\2' .. seed .. table.concat(some)
end

local function finish(user, ending)
    local place = call('HGET', PLACES, user)
    if #place > 16 then
        local lasted = clock - (unpack('<I7', place, 17) - turn)
        local moved = (lasted - averageTurn) / 16
        averageTurn = averageTurn + (moved < 0 and ceil(moved) or floor(moved))
        inCheckout = inCheckout - 1
        call('ZREM', TURNS, user)
    else
        if isDrawn == 0 then
            call('APPEND', GONE, sub(place, 1, 6))
            gone = gone + 1
        end
        waiting = waiting - 1
        call('ZREM', LINE, user)
        call('ZREM', BEATS, user)
    end
    call('HDEL', PLACES, user)
    people = people - 1
    counts[ending] = counts[ending] + 1
end

local function admit()
    local user = call('ZRANGE', LINE, 0, 0)[1]
    local expiry = min(clock + turn, NEVER)
    call('HSET', PLACES, user, sub(call('HGET', PLACES, user), 1, 16) .. pack('<I7', expiry))
    call('ZADD', TURNS, expiry, user)
    call('ZREM', LINE, user)
    call('ZREM', BEATS, user)
    waiting, inCheckout = waiting - 1, inCheckout + 1
    if clock > readyAt() then
        whole, rest = clock, 0
    end
    whole, rest = whole + floor(window / admissions), rest + window % admissions
    if rest >= admissions then
        whole, rest = whole + 1, rest - admissions
    end
    counts[ADMITTED] = counts[ADMITTED] + 1
end

local function soonest(set, members)
    if members == 0 then
        return nil, NEVER
    end
    local first = call('ZRANGE', set, 0, 0, 'WITHSCORES')
    return first[1], first[2] + 0
end

-- What is to be returned in place of an answer, if not all could be done.
local function advance()
    if now - clock > LONGEST_GAP then
        skipped, clock = skipped + now - LONGEST_GAP - clock, now - LONGEST_GAP
    end
    local till, steps = max(clock, now), 0
    while isClosed == 0 do
        local draw = isDrawn == 1 and NEVER or opensAt
        local expiring, expiry = soonest(TURNS, inCheckout)
        local dying, death = soonest(BEATS, waiting)
        if dying then
            death = death + skipped
        end
        local admission = NEVER
        if isDrawn == 1 and isPaused == 0 and isSoldOut == 0 and inCheckout < checkout and waiting > 0 then
            admission = max(clock, readyAt())
        end
        local due = min(min(draw, expiry), min(death, admission))
        if due > till then
            break
        end
        if steps == STEPS then
            return '\1'
        end
        steps, clock = steps + 1, max(clock, due)
        if due == draw then
            local missing = missingCodes()
            if missing then
                return missing
            end
            isDrawn, lastDrawn = 1, lastPlace
        elseif due == expiry then
            finish(expiring, NO_SHOW)
        elseif due == death then
            finish(dying, DIED)
        else
            admit()
        end
    end
    clock = till
end
-- Before anything is asked.
local late = advance()
if late then
    keep()
    return late
end
-- returns  \0; phase, whether paused (1 byte each); admissions, window, checkout, waiting, in checkout, the seven counts (8 bytes each)
keep()
return pack('<BBBdddddddddddd', 0, phase(), isPaused, admissions, window, checkout, waiting, inCheckout,
    counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7])
