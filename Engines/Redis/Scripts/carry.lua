-- A state that is under other rules than it is asked under is carried over to those: what is used stays used.
-- When a state is as good as fresh, as an instant; now if it is.
local function wholeAt(old, body)
    if old.algorithm == CONCURRENCY then
        return #body > 4 and max(now, (unpack('<I7', body, #body - 24))) or now
    end
    local r, latest = reading(old, body), 0
    for i = 1, old.count do
        local s = r.load(old[i], i)
        latest = max(latest, waitOf(r.whole(old[i], s), old[i].tick))
    end
    return now + latest
end

-- Which old bandwidth each new one carries on: by equal window first, then by position.
local function partnersOf(new, old)
    local partners, taken = {}, {}
    if new.algorithm == old.algorithm then
        for i = 1, new.count do
            for j = 1, old.count do
                if not partners[i] and not taken[j] and new[i].window == old[j].window then
                    partners[i], taken[j] = j, true
                end
            end
        end
        for i = 1, min(new.count, old.count) do
            if not partners[i] and not taken[i] then
                partners[i], taken[i] = i, true
            end
        end
    end
    return partners
end

-- make(bandwidth, used, state of the partner or nil, its old bandwidth) -> the packed state; a log gives back its counts apart
local function making(new, at)
    if new.algorithm == TOKEN_BUCKET then
        return function(b, spent)
            return pack('<I4I7I7', b.capacity - spent, 0, floor(at / b.tick))
        end
    elseif new.algorithm == GCRA or new.algorithm == LEAKY_BUCKET then
        return function(b, spent, _, _, turn)
            local ticks, product = floor(at / b.tick), spent * b[4]
            local ahead = floor(product / b[3])
            local ceiling = ticks + ahead + (product > ahead * b[3] and 1 or 0)
            local high, low = floor(ticks / 4294967296) + floor(ahead / 4294967296), ticks % 4294967296 + ahead % 4294967296
            if low >= 4294967296 then
                high, low = high + 1, low - 4294967296
            end
            return pack('<I4I3I4', low, high, product - ahead * b[3]) .. (turn > ceiling and pack('<I7', turn) or '')
        end
    elseif new.algorithm == FIXED_WINDOW then
        return function(b, spent)
            return pack('<I6I4', floor(at / b.window), spent)
        end
    elseif new.algorithm == COUNTER then
        return function(b, spent, s, o)
            if s and o.window == b.window then
                -- The last window's count is kept even above the new limit, but never so high that its weight leaves 2^53.
                return pack('<I6I4I4', s.window, min(s.previous, floor(MOST / b[3])), min(b.capacity, s.current))
            end
            return pack('<I6I4I4', floor(floor(at / b.tick) / b[3]), 0, spent)
        end
    end
    return function(_, spent, s)
        local entries, held = '', spent
        if s then
            entries, held = s.entries, s.held
        elseif spent > 0 then
            entries = pack('<I7I2', at, spent)
        end
        return entries, pack('<I4I4', #entries / 9, held)
    end
end

-- What a state comes to under other rules:
-- body              the packed state under them, as at the latest time that the state has seen, which is at
-- at                that time: now, unless the clock stepped back
-- fits              whether all that is used has room under them
-- turn              the tick, of the new spec, before which no copy of a leaky bucket is whole; 0 for none
-- has(i, permits)   the wait until copies made then have so many permits, where one made at that time has not; nil where it has
local function carry(new, old, body)
    if new.algorithm == CONCURRENCY or old.algorithm == CONCURRENCY then
        local stays = new.algorithm == old.algorithm
        local empty = new.algorithm == CONCURRENCY and pack('<I4', 0)
        if not stays and not empty then
            local make, numbers, text = making(new, now), '', ''
            for i = 1, new.count do
                local packed, counts = make(new[i], 0, nil, nil, 0)
                numbers, text = numbers .. (counts or ''), text .. packed
            end
            empty = numbers .. text
        end
        return { body = stays and body or empty, at = now, fits = true }
    end

    local r, at, states, used, largest = reading(old, body), now, {}, {}, 0
    for i = 1, old.count do
        local seen
        states[i], seen = r.load(old[i], i)
        at = max(at, min(seen, MOST))
    end
    for i = 1, old.count do
        used[i] = r.settled(old[i], states[i], at)
        largest = max(largest, used[i])
    end

    local partners, make = partnersOf(new, old), making(new, at)
    local c, numbers, text = { at = at, fits = true, turn = 0 }, '', ''
    for i = 1, new.count do
        local partner = partners[i]
        local spent = partner and used[partner] or largest
        c.fits = c.fits and spent <= new[i].capacity
        if partner and new.algorithm == LEAKY_BUCKET then
            -- The next turn, in ticks of the new spec, rounded down: a key that is whole stays so.
            local b, s = old[partner], states[partner]
            local told = max(s.turn, s.ahead + (s.numerator > 0 and 1 or 0), floor(at / b.tick) - s.from) + s.from
            c.turn = floor(max(0, min(MOST, told * b.tick)) / new[i].tick)
        end
        local packed, counts = make(new[i], min(spent, new[i].capacity), partner and states[partner], old[partner or 0], c.turn)
        numbers, text = numbers .. (counts or ''), text .. packed
    end
    c.body = numbers .. text

    -- A counter of the same window goes on under the new spec's own weight, a log by the shorter of both windows.
    local function weighed(i)
        local s, b = states[partners[i]], new[i]
        local most = floor(MOST / b[3])
        return b[3], s.window * b[3], min(s.previous, most), min(s.current, most)
    end

    local function usedThen(i)
        local partner, b = partners[i], new[i]
        if partner and new.algorithm == COUNTER and old[partner].window == b.window then
            local window, start, previous, current = weighed(i)
            return min(current, b.capacity) + ceil(previous * (window - max(0, floor(at / b.tick) - start)) / window)
        elseif partner and new.algorithm == LOG then
            local sum, entries = 0, states[partner].entries
            for place = 1, #entries, 9 do
                local instant, permits = unpack('<I7I2', entries, place)
                sum = sum + (at - instant < b.window and permits or 0)
            end
            return sum
        end
        return partner and used[partner] or largest
    end

    c.has = function(i, permits)
        local partner, b = partners[i], new[i]
        local most = b.capacity - permits
        if usedThen(i) <= most or permits <= 0 then
            return nil
        end
        if not partner then
            local longest = 0
            for j = 1, old.count do
                if used[j] > most then
                    longest = max(longest, waitOf(r.frees(old[j], states[j], most), old[j].tick))
                end
            end
            return longest
        elseif new.algorithm == COUNTER and old[partner].window == b.window then
            local window, start, previous, current = weighed(i)
            return waitOf(sinks(window, start - floor(now / b.tick), previous, current, most), b.tick)
        end
        return waitOf(r.frees(old[partner], states[partner], most, new.algorithm == LOG and min(b.window, old[partner].window) or nil),
            old[partner].tick)
    end
    return c
end
