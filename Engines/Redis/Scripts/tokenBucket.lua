-- tokenBucket. Spec: capacity, tick, l, w. State: tokens (4), credit (7), last (7).
local proceeds, withdraw
local s = value and { unpack(count == 1 and '<I4I7I7' or '<' .. rep('I4I7I7', count), value, head + 1) } or {}
local t = {}
for i = 1, count do
    local a, b = 4 * i - 4, 3 * i - 3
    local capacity, ticks = p[a + 1], floor(now / p[a + 2])
    t[i] = ticks
    if not value then
        s[b + 1], s[b + 2], s[b + 3] = capacity, 0, ticks
    elseif ticks > s[b + 3] then
        local elapsed, w = ticks - s[b + 3], p[a + 4]
        local gained = elapsed * p[a + 3]
        if gained >= (capacity - s[b + 1]) * w - s[b + 2] then
            s[b + 1], s[b + 2] = capacity, 0
        else
            local flow = gained + s[b + 2]
            local drops = floor(flow / w)
            s[b + 1], s[b + 2] = s[b + 1] + drops, flow - drops * w
        end
        s[b + 3] = ticks
    end
end

local function remaining(i)
    return s[3 * i - 2]
end

local function admits(i, c)
    local a, b = 4 * i - 4, 3 * i - 3
    return s[b + 3] - t[i] + ceil(((c - s[b + 1]) * p[a + 4] - s[b + 2]) / p[a + 3])
end

local function whole(i)
    return admits(i, p[4 * i - 3])
end

local function take(i, c)
    s[3 * i - 2] = s[3 * i - 2] - c
end

local function give(i, c)
    local b, capacity = 3 * i - 3, p[4 * i - 3]
    if c >= capacity - s[b + 1] then
        s[b + 1], s[b + 2] = capacity, 0
    else
        s[b + 1] = s[b + 1] + c
    end
end

local function charge(i, c)
    local b = 3 * i - 3
    if c > s[b + 1] then
        s[b + 1], s[b + 2] = 0, 0
    else
        s[b + 1] = s[b + 1] - c
    end
end

local function packed()
    local text = pack('<I4I7I7', s[1], s[2], s[3])
    for b = 3, 3 * count - 3, 3 do
        text = text .. pack('<I4I7I7', s[b + 1], s[b + 2], s[b + 3])
    end
    return text
end
