-- An instant with a fraction, as gcra and leakyBucket keep it: ticks since the epoch (4 low bytes, 3 high) and a numerator over l (4).
local HALF = 4294967296

local function instant(text, place, ticks)
    local low, high, numerator = unpack('<I4I3I4', text, place)
    return high * HALF - ticks + low, numerator
end

local function isAfter(ticks, numerator, otherTicks, otherNumerator)
    return ticks > otherTicks or (ticks == otherTicks and numerator > otherNumerator)
end

local function written(ticks, ahead, numerator)
    local high = floor(ticks / HALF) + floor(ahead / HALF)
    local low = ticks % HALF + ahead % HALF
    if low >= HALF then
        high, low = high + 1, low - HALF
    end
    return pack('<I4I3I4', low, high, numerator)
end

