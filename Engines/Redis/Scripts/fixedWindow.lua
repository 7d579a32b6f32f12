-- fixedWindow. Spec: capacity, tick (1), window. State: which window since the epoch (6), its count (4).
local proceeds, withdraw
local s = value and { unpack(count == 1 and '<I6I4' or '<' .. rep('I6I4', count), value, head + 1) } or {}
for i = 1, count do
    local window, b = p[3 * i], 2 * i - 2
    if not value or now >= (s[b + 1] + 1) * window then
        s[b + 1], s[b + 2] = floor(now / window), 0
    end
end

local function remaining(i)
    return p[3 * i - 2] - s[2 * i]
end

local function admits(i)
    return (s[2 * i - 1] + 1) * p[3 * i] - now
end

local function whole(i)
    return s[2 * i] == 0 and s[2 * i - 1] * p[3 * i] - now or admits(i)
end

local function take(i, c)
    s[2 * i] = s[2 * i] + c
end

local function give(i, c)
    s[2 * i] = max(0, s[2 * i] - c)
end

local function charge(i, c)
    s[2 * i] = min(p[3 * i - 2], s[2 * i] + c)
end

local function packed()
    local text = pack('<I6I4', s[1], s[2])
    for b = 2, 2 * count - 2, 2 do
        text = text .. pack('<I6I4', s[b + 1], s[b + 2])
    end
    return text
end
