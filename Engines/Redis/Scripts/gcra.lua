-- gcra and leakyBucket. Spec: capacity, tick, l, w, fill (whole ticks of capacity * w / l), fraction of it over l.
-- State: the theoretical arrival time, in ticks since the epoch (4 low bytes, 3 high) and a numerator over l (4). A leakyBucket alone may have
-- the tick of its next turn behind it (7), where that is later: turns told under another content are not overtaken.
-- Here it is counted from now: the sum of both may be past 2^53, the difference is not.
local HALF = 4294967296
local t, d, f = {}, {}, {}
for i = 1, count do
    local ticks = floor(now / p[6 * i - 4])
    t[i], d[i], f[i] = ticks, 0, 0
    if value then
        local low, high, numerator = unpack('<I4I3I4', value, head + 11 * i - 10)
        local ahead = high * HALF - ticks + low
        if ahead >= 0 then
            d[i], f[i] = ahead, numerator
        end
    end
end

local turn = 0
if byte(rules) >= 80 and value and #value >= head + 18 then
    turn = unpack('<I7', value, head + 12) - t[1]
end

-- c * w / l after bandwidth i's arrival time; from is where the whole ticks are counted from.
local function later(i, c, from)
    local a = 6 * i - 6
    local l, product = p[a + 3], c * p[a + 4]
    local ticks = floor(product / l)
    local numerator = f[i] + product - ticks * l
    if numerator >= l then
        ticks, numerator = ticks + 1, numerator - l
    end
    return from + ticks, numerator
end

local function earlier(i, ticks, numerator)
    d[i], f[i] = d[i] - ticks, f[i] - numerator
    if f[i] < 0 then
        d[i], f[i] = d[i] - 1, f[i] + p[6 * i - 3]
    end
    if d[i] < 0 then
        d[i], f[i] = 0, 0
    end
end

local function remaining(i)
    local a = 6 * i - 6
    local fill, fraction = p[a + 5], p[a + 6]
    if fill < d[i] or (fill == d[i] and fraction <= f[i]) then
        return 0
    end
    return floor(((fill - d[i]) * p[a + 3] + (fraction - f[i])) / p[a + 4])
end

local function admits(i, c)
    local a = 6 * i - 6
    local ticks, numerator = later(i, c, d[i] - p[a + 5])
    numerator = numerator - p[a + 6]
    return numerator > 0 and ticks + 1 or ticks
end

local function whole(i)
    return max(turn, f[i] > 0 and d[i] + 1 or d[i])
end

local proceeds = byte(rules) >= 80 and whole or nil

local function take(i, c)
    local isHeldUp = turn > (f[i] > 0 and d[i] + 1 or d[i])
    d[i], f[i] = later(i, c, d[i])
    if isHeldUp then
        turn = turn + ceil(c * p[6 * i - 2] / p[6 * i - 3])
    end
end

local function give(i, c)
    local a = 6 * i - 6
    if c >= p[a + 1] then
        earlier(i, p[a + 5], p[a + 6])
    else
        local ticks = floor(c * p[a + 4] / p[a + 3])
        earlier(i, ticks, c * p[a + 4] - ticks * p[a + 3])
    end
end

local function charge(i, c)
    local a = 6 * i - 6
    local fill, fraction = p[a + 5], p[a + 6]
    if d[i] > fill or (d[i] == fill and f[i] > fraction) then
        return
    end
    local ticks, numerator = fill, fraction
    if c < p[a + 1] then
        ticks, numerator = later(i, c, d[i])
        if ticks > fill or (ticks == fill and numerator > fraction) then
            ticks, numerator = fill, fraction
        end
    end
    d[i], f[i] = ticks, numerator
end

local function packed()
    local text = ''
    for i = 1, count do
        local high = floor(t[i] / HALF) + floor(d[i] / HALF)
        local low = t[i] % HALF + d[i] % HALF
        if low >= HALF then
            high, low = high + 1, low - HALF
        end
        text = text .. pack('<I4I3I4', low, high, f[i])
    end
    if turn > (f[1] > 0 and d[1] + 1 or d[1]) then
        text = text .. pack('<I7', t[1] + turn)
    end
    return text
end
