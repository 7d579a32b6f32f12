-- slidingWindowCounter. Spec: capacity, tick, window in ticks. State: which window since the epoch (6), the count of the one
-- before it (4), its own count (4).
local proceeds, withdraw
local s = value and { unpack(count == 1 and '<I6I4I4' or '<' .. rep('I6I4I4', count), value, head + 1) } or {}
local t = {}
for i = 1, count do
    local window, ticks, b = p[3 * i], floor(now / p[3 * i - 1]), 3 * i - 3
    t[i] = ticks
    if not value then
        s[b + 1], s[b + 2], s[b + 3] = floor(ticks / window), 0, 0
    elseif ticks >= (s[b + 1] + 1) * window then
        local newest = floor(ticks / window)
        s[b + 1], s[b + 2], s[b + 3] = newest, newest == s[b + 1] + 1 and s[b + 3] or 0, 0
    end
end

-- The start of the stored window, counted from now; positive after a clock stepped back.
local function start(i)
    return s[3 * i - 2] * p[3 * i] - t[i]
end

local function remaining(i)
    local used, previous, window = s[3 * i], s[3 * i - 1], p[3 * i]
    if previous > 0 then
        used = used + ceil(previous * (window + min(0, start(i))) / window)
    end
    return max(0, p[3 * i - 2] - used)
end

local function admits(i, c)
    local room, window, current = p[3 * i - 2] - c, p[3 * i], s[3 * i]
    if current <= room then
        -- Still in this window: when the last one's weight has sunk to what is left. It was refused, so there is a last one.
        return start(i) + window - min(window, floor((room - current) * window / s[3 * i - 1]))
    end
    return start(i) + window + max(0, window - floor(room * window / current))
end

local function whole(i)
    return start(i) + (s[3 * i] > 0 and 2 * p[3 * i] or s[3 * i - 1] > 0 and p[3 * i] or 0)
end

local function take(i, c)
    s[3 * i] = s[3 * i] + c
end

local function give(i, c)
    s[3 * i] = max(0, s[3 * i] - c)
end

local function charge(i, c)
    s[3 * i] = min(p[3 * i - 2], s[3 * i] + c)
end

local function packed()
    local text = pack('<I6I4I4', s[1], s[2], s[3])
    for b = 3, 3 * count - 3, 3 do
        text = text .. pack('<I6I4I4', s[b + 1], s[b + 2], s[b + 3])
    end
    return text
end
