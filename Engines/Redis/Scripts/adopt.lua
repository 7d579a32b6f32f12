-- A policy changed under a live key: its state, which is under an older spec, is carried over to a newer one. What is used stays used.
-- Rare, so it is written for reading: every algorithm is here as two functions, one to read a state and one to make one.
--
-- KEYS[1]  the key's state
-- ARGV[1]  now in microseconds, 0 for the server's clock
-- ARGV[2]  the longest time that a key under the newer spec takes to be whole, in microseconds
-- ARGV[3]  the newer spec's rules; ARGV[4] the rules that the state was seen to be under
-- ARGV[5]  and on: for each bandwidth of the newer spec, then of the older one, its window and the numbers that its algorithm's script lists
-- returns  1 if the state was carried over, 0 if it is under another spec by now: nothing was done
local unpack, pack, sub, byte = struct.unpack, struct.pack, string.sub, string.byte
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local TOKEN_BUCKET, GCRA, FIXED_WINDOW, COUNTER, LOG, LEAKY_BUCKET, CONCURRENCY = 0, 1, 2, 3, 4, 5, 6
local STRIDE = { [TOKEN_BUCKET] = 4, [GCRA] = 6, [FIXED_WINDOW] = 3, [COUNTER] = 3, [LOG] = 3, [LEAKY_BUCKET] = 6, [CONCURRENCY] = 2 }

local now, longest = ARGV[1] + 0, ARGV[2] + 0
local live = now == 0
if live then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end

local place = 5
local function read(rules)
    local result = { algorithm = floor(byte(rules) / 16), count = byte(rules) % 16, rules = rules }
    for i = 1, result.count do
        local bandwidth = { window = ARGV[place] + 0 }
        for k = 1, STRIDE[result.algorithm] do
            bandwidth[k] = ARGV[place + k] + 0
        end
        bandwidth.capacity, bandwidth.tick = bandwidth[1], bandwidth[2]
        result[i] = bandwidth
        place = place + 1 + STRIDE[result.algorithm]
    end
    return result
end

local new, old = read(ARGV[3]), read(ARGV[4])
local value = redis.call('GET', KEYS[1])
if not value or sub(value, 1, #old.rules) ~= old.rules then
    return 0
end
local body = sub(value, #old.rules + 1)

-- To or from concurrency a key starts fresh; its state is kept all the same, since it says which rules are the newest.
local fresh = (new.algorithm == CONCURRENCY) ~= (old.algorithm == CONCURRENCY)

-- load(bandwidth, i) -> the state and the latest instant that it proves to have been seen, in microseconds;
-- settled(bandwidth, state, at) -> how many permits it counts as used at a later instant; brings the state up to it.
local load, settled
if old.algorithm == TOKEN_BUCKET then
    load = function(b, i)
        local tokens, credit, last = unpack('<I4I7I7', body, 18 * i - 17)
        return { tokens = tokens, credit = credit, last = last }, last * b.tick
    end
    settled = function(b, s, at)
        local l, w = b[3], b[4]
        local elapsed = floor(at / b.tick) - s.last
        if elapsed * l >= (b.capacity - s.tokens) * w - s.credit then
            return 0
        end
        return b.capacity - s.tokens - floor((elapsed * l + s.credit) / w)
    end
elseif old.algorithm == GCRA or old.algorithm == LEAKY_BUCKET then
    load = function(b, i)
        local low, high, numerator = unpack('<I4I3I4', body, 11 * i - 10)
        local ticks = floor(now / b.tick)
        local ahead = high * 4294967296 - ticks + low
        local seen = ahead - b[5]
        if numerator > b[6] then
            seen = seen + 1
        end
        return { ahead = ahead, from = ticks, numerator = numerator }, max(0, ticks + seen) * b.tick
    end
    settled = function(b, s, at)
        local ahead, numerator = s.ahead - (floor(at / b.tick) - s.from), s.numerator
        if ahead < 0 then
            return 0
        end
        local room = (b[5] - ahead) * b[3] + (b[6] - numerator)
        return room <= 0 and b.capacity or b.capacity - floor(room / b[4])
    end
elseif old.algorithm == FIXED_WINDOW then
    load = function(b, i)
        local window, count = unpack('<I6I4', body, 10 * i - 9)
        return { window = window, count = count }, window * b.window
    end
    settled = function(b, s, at)
        return at < (s.window + 1) * b.window and s.count or 0
    end
elseif old.algorithm == COUNTER then
    load = function(b, i)
        local window, previous, current = unpack('<I6I4I4', body, 14 * i - 13)
        return { window = window, previous = previous, current = current }, window * b.window
    end
    settled = function(b, s, at)
        local ticks, window = floor(at / b.tick), b[3]
        if ticks >= (s.window + 1) * window then
            local newest = floor(ticks / window)
            s.window, s.previous, s.current = newest, newest == s.window + 1 and s.current or 0, 0
        end
        return s.current + ceil(s.previous * (window - max(0, ticks - s.window * window)) / window)
    end
elseif old.algorithm == LOG then
    local begin = 8 * old.count + 1
    load = function(b, i)
        local number, held = unpack('<I4I4', body, 8 * i - 7)
        local entries = sub(body, begin, begin + 9 * number - 1)
        begin = begin + 9 * number
        return { entries = entries, held = held }, number > 0 and (unpack('<I7', entries, #entries - 8)) or 0
    end
    settled = function(b, s, at)
        while #s.entries > 0 do
            local instant, permits = unpack('<I7I2', s.entries)
            if at - instant < b.window then
                break
            end
            s.entries, s.held = sub(s.entries, 10), s.held - permits
        end
        return s.held
    end
end

local at, states, used, largest = now, {}, {}, 0
local carried = (fresh or new.algorithm == CONCURRENCY) and 0 or old.count
for i = 1, carried do
    local seen
    states[i], seen = load(old[i], i)
    at = max(at, min(seen, 9007199254740991))
end
for i = 1, carried do
    used[i] = settled(old[i], states[i], at)
    largest = max(largest, used[i])
end

-- Which old bandwidth each new one carries on: by equal window first, then by position.
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

-- make(bandwidth, used, state of the partner or nil, its old bandwidth) -> the packed state
local numbers = ''
local make
if new.algorithm == TOKEN_BUCKET then
    make = function(b, spent)
        return pack('<I4I7I7', b.capacity - spent, 0, floor(at / b.tick))
    end
elseif new.algorithm == GCRA or new.algorithm == LEAKY_BUCKET then
    make = function(b, spent)
        local ticks, product = floor(at / b.tick), spent * b[4]
        local ahead = floor(product / b[3])
        local high, low = floor(ticks / 4294967296) + floor(ahead / 4294967296), ticks % 4294967296 + ahead % 4294967296
        if low >= 4294967296 then
            high, low = high + 1, low - 4294967296
        end
        return pack('<I4I3I4', low, high, product - ahead * b[3])
    end
elseif new.algorithm == FIXED_WINDOW then
    make = function(b, spent)
        return pack('<I6I4', floor(at / b.window), spent)
    end
elseif new.algorithm == COUNTER then
    make = function(b, spent, s, o)
        if s and o.window == b.window then
            -- The last window's count is kept even above the new limit, but never so high that its weight leaves 2^53.
            return pack('<I6I4I4', s.window, min(s.previous, floor(9007199254740991 / b[3])), min(b.capacity, s.current))
        end
        return pack('<I6I4I4', floor(floor(at / b.tick) / b[3]), 0, spent)
    end
elseif new.algorithm == CONCURRENCY then
    make = function()
        return fresh and pack('<I4', 0) or body
    end
else
    make = function(_, spent, s)
        local entries, held = '', spent
        if s then
            entries, held = s.entries, s.held
        elseif spent > 0 then
            entries = pack('<I7I2', at, spent)
        end
        numbers = numbers .. pack('<I4I4', #entries / 9, held)
        return entries
    end
end

local text = ''
for i = 1, new.count do
    local partner = partners[i]
    text = text .. make(new[i], min(partner and used[partner] or largest, new[i].capacity), partner and states[partner], old[partner or 0])
end
text = new.rules .. numbers .. text
if live then
    -- At least as long as the key may hold a request id; places that were given out may live longer still.
    local left = new.algorithm == CONCURRENCY and not fresh and redis.call('PTTL', KEYS[1]) * 1000 or 0
    redis.call('SET', KEYS[1], text, 'PXAT', floor((at + max(longest, left, 60000000)) / 1000) + 1)
else
    redis.call('SET', KEYS[1], text)
end
return 1
