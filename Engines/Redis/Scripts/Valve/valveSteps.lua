-- Lives through the time up to now: at one instant the draw first, then what ends, then whose turn it is. At most so many steps in one
-- call.
local STEPS, LONGEST_GAP = 256, 1000000

-- A bound sale's codes depend on all who take part, whom only the opening fixes: so none is asked for before, and many at once then.
local CODES = isBound and 2000 or 500

local function missingCodes()
    local some = call('ZRANGEBYSCORE', LINE, 0, '+inf', 'WITHSCORES', 'LIMIT', 0, CODES)
    if #some == 0 then
        return false
    end
    for i = 2, #some, 2 do
        some[i] = pack('<I6', some[i] + 0)
    end
    local members = table.concat(some)
    if not isBound then
        return '\2' .. seed .. members
    end
    local ended = call('GET', GONE) or ''
    return '\5' .. pack('<dd', lastPlace, #ended) .. ended .. pack('<B', #sealed) .. sealed .. members
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
            admission = max(max(clock, readyAt()), opensAt)
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
