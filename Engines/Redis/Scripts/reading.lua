-- How the states of all algorithms are read, by scripts that find one under other rules than they are asked under. Rare, so it is written
-- for reading: every algorithm is here as a few functions.
local TOKEN_BUCKET, GCRA, FIXED_WINDOW, COUNTER, LOG, LEAKY_BUCKET, CONCURRENCY = 0, 1, 2, 3, 4, 5, 6
local STRIDE = { [TOKEN_BUCKET] = 4, [GCRA] = 6, [FIXED_WINDOW] = 3, [COUNTER] = 3, [LOG] = 3, [LEAKY_BUCKET] = 6, [CONCURRENCY] = 2 }
local MOST = 9007199254740991

-- A spec out of ARGV: for each bandwidth its window and the numbers that its algorithm's script lists. Returns the place behind it too.
local function specOf(head, place)
    local result = { algorithm = floor(byte(head) / 16), count = byte(head) % 16, rules = head }
    for i = 1, result.count do
        local bandwidth = { window = ARGV[place] + 0 }
        for k = 1, STRIDE[result.algorithm] do
            bandwidth[k] = ARGV[place + k] + 0
        end
        bandwidth.capacity, bandwidth.tick = bandwidth[1], bandwidth[2]
        result[i] = bandwidth
        place = place + 1 + STRIDE[result.algorithm]
    end
    return result, place
end

-- Ticks counted from the one that now falls in, as a wait in microseconds.
local function waitOf(ticks, tick)
    return max(0, min(MOST, tick == 1 and ticks or ticks * tick - now % tick))
end

-- When a counter weighs at most so many permits, in ticks from now.
local function sinks(window, start, previous, current, most)
    if current <= most then
        return start + window - min(window, floor((most - current) * window / previous))
    end
    return start + window + max(0, window - floor(most * window / current))
end

-- How states of an algorithm are read:
-- load(bandwidth, i) -> the state and the latest instant that it proves to have been seen, in microseconds
-- settled(bandwidth, state, at) -> how many permits it counts as used at an instant not before that; brings the state up to it
-- frees(bandwidth, state, most, window) -> when it counts at most so many as used, which is fewer than now; whole(bandwidth, state) -> when
-- it is as good as fresh; both in ticks from now
local function reading(old, body)
    local r = {}
    if old.algorithm == TOKEN_BUCKET then
        r.load = function(b, i)
            local tokens, credit, last = unpack('<I4I7I7', body, 18 * i - 17)
            return { tokens = tokens, credit = credit, last = last }, last * b.tick
        end
        r.settled = function(b, s, at)
            local l, w, ticks = b[3], b[4], floor(at / b.tick)
            local gained = (ticks - s.last) * l
            if gained >= (b.capacity - s.tokens) * w - s.credit then
                s.tokens, s.credit = b.capacity, 0
            else
                local drops = floor((gained + s.credit) / w)
                s.tokens, s.credit = s.tokens + drops, gained + s.credit - drops * w
            end
            s.last = ticks
            return b.capacity - s.tokens
        end
        r.frees = function(b, s, most)
            return s.last - floor(now / b.tick) + ceil(((b.capacity - most - s.tokens) * b[4] - s.credit) / b[3])
        end
        r.whole = function(b, s)
            return r.frees(b, s, 0)
        end
    elseif old.algorithm == GCRA or old.algorithm == LEAKY_BUCKET then
        r.load = function(b, i)
            local low, high, numerator = unpack('<I4I3I4', body, 11 * i - 10)
            local ticks = floor(now / b.tick)
            local ahead = high * 4294967296 - ticks + low
            local seen = ahead - b[5]
            if numerator > b[6] then
                seen = seen + 1
            end
            local turn = old.algorithm == LEAKY_BUCKET and #body > 11 and unpack('<I7', body, 12) - ticks or 0
            return { ahead = ahead, from = ticks, numerator = numerator, turn = turn }, max(0, ticks + seen) * b.tick
        end
        r.settled = function(b, s, at)
            local ahead, numerator = s.ahead - (floor(at / b.tick) - s.from), s.numerator
            if ahead < 0 then
                return 0
            end
            local room = (b[5] - ahead) * b[3] + (b[6] - numerator)
            return room <= 0 and b.capacity or b.capacity - floor(room / b[4])
        end
        r.frees = function(b, s, most)
            local product = (b.capacity - most) * b[4]
            local ticks = floor(product / b[3])
            local numerator = s.numerator + product - ticks * b[3]
            if numerator >= b[3] then
                ticks, numerator = ticks + 1, numerator - b[3]
            end
            return s.ahead - b[5] + ticks + (numerator > b[6] and 1 or 0)
        end
        r.whole = function(_, s)
            return max(s.turn, s.ahead + (s.numerator > 0 and 1 or 0))
        end
    elseif old.algorithm == FIXED_WINDOW then
        r.load = function(b, i)
            local window, counted = unpack('<I6I4', body, 10 * i - 9)
            return { window = window, count = counted }, window * b.window
        end
        r.settled = function(b, s, at)
            if at >= (s.window + 1) * b.window then
                s.window, s.count = floor(at / b.window), 0
            end
            return s.count
        end
        r.frees = function(b, s)
            return (s.window + 1) * b.window - now
        end
        r.whole = function(b, s)
            return (s.window + (s.count > 0 and 1 or 0)) * b.window - now
        end
    elseif old.algorithm == COUNTER then
        r.load = function(b, i)
            local window, previous, current = unpack('<I6I4I4', body, 14 * i - 13)
            return { window = window, previous = previous, current = current }, window * b.window
        end
        r.settled = function(b, s, at)
            local ticks, window = floor(at / b.tick), b[3]
            if ticks >= (s.window + 1) * window then
                local newest = floor(ticks / window)
                s.window, s.previous, s.current = newest, newest == s.window + 1 and s.current or 0, 0
            end
            return s.current + ceil(s.previous * (window - max(0, ticks - s.window * window)) / window)
        end
        r.frees = function(b, s, most)
            return sinks(b[3], s.window * b[3] - floor(now / b.tick), s.previous, s.current, most)
        end
        r.whole = function(b, s)
            return (s.window + (s.current > 0 and 2 or s.previous > 0 and 1 or 0)) * b[3] - floor(now / b.tick)
        end
    elseif old.algorithm == LOG then
        local begin = 8 * old.count + 1
        r.load = function(_, i)
            local number, held = unpack('<I4I4', body, 8 * i - 7)
            local entries = sub(body, begin, begin + 9 * number - 1)
            begin = begin + 9 * number
            return { entries = entries, held = held }, number > 0 and (unpack('<I7', entries, #entries - 8)) or 0
        end
        r.settled = function(b, s, at)
            while #s.entries > 0 do
                local instant, permits = unpack('<I7I2', s.entries)
                if at - instant < b.window then
                    break
                end
                s.entries, s.held = sub(s.entries, 10), s.held - permits
            end
            return s.held
        end
        r.frees = function(b, s, most, window)
            local surplus = s.held - most
            for place = 1, #s.entries, 9 do
                local instant, permits = unpack('<I7I2', s.entries, place)
                surplus = surplus - permits
                if surplus <= 0 then
                    return instant + (window or b.window) - now
                end
            end
        end
        r.whole = function(b, s)
            return s.held > 0 and unpack('<I7', s.entries, #s.entries - 8) + b.window - now or 0
        end
    end
    return r
end
