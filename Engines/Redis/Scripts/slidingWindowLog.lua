-- slidingWindowLog. Spec: capacity, tick (1), window. State: for each bandwidth how many entries (4) and their permits (4); then the
-- entries of all, oldest first: instant (7), permits (2). Deciding changes nothing; at most one change is written when it is stored.
local proceeds, withdraw

-- Entries; where the first that counts begins; permits of those that count; permits to add, and when; permits to remove.
local e, first, counted, added, addedAt, removed = {}, {}, {}, {}, {}, {}
local place = head + 1 + 8 * count
for i = 1, count do
    local entries, held, begin, window = '', 0, 1, p[3 * i]
    if value then
        local number
        number, held = unpack('<I4I4', value, head + 8 * i - 7)
        entries = sub(value, place, place + 9 * number - 1)
        place = place + 9 * number
    end
    while begin <= #entries do
        local instant, taken = unpack('<I7I2', entries, begin)
        if now - instant < window then
            break
        end
        held, begin = held - taken, begin + 9
    end
    e[i], first[i], counted[i], added[i], addedAt[i], removed[i] = entries, begin, held, 0, 0, 0
end

local function used(i)
    return counted[i] + added[i] - removed[i]
end

local function remaining(i)
    return max(0, p[3 * i - 2] - used(i))
end

local function admits(i, c)
    local surplus, entries = used(i) + c - p[3 * i - 2], e[i]
    for at = first[i], #entries, 9 do
        local instant, taken = unpack('<I7I2', entries, at)
        surplus = surplus - taken
        if surplus <= 0 then
            return instant + p[3 * i] - now
        end
    end
    return addedAt[i] + p[3 * i] - now
end

local function whole(i)
    if added[i] > 0 then
        return addedAt[i] + p[3 * i] - now
    elseif used(i) == 0 then
        return 0
    end
    local at, left = #e[i] - 8, removed[i]
    local instant, taken = unpack('<I7I2', e[i], at)
    while left >= taken do
        at, left = at - 9, left - taken
        instant, taken = unpack('<I7I2', e[i], at)
    end
    return instant + p[3 * i] - now
end

local function take(i, c)
    local entries = e[i]
    added[i], addedAt[i] = c, #entries > 0 and max(now, (unpack('<I7', entries, #entries - 8))) or now
end

local function give(i, c)
    removed[i] = min(c, counted[i])
end

local function charge(i, c)
    local room = min(c, max(0, p[3 * i - 2] - counted[i]))
    if room > 0 then
        take(i, room)
    end
end

local function packed()
    local numbers, all = '', ''
    for i = 1, count do
        local entries, left = e[i], removed[i]
        local last, tail = #entries, ''
        while left > 0 do
            local instant, taken = unpack('<I7I2', entries, last - 8)
            last = last - 9
            if taken > left then
                tail = pack('<I7I2', instant, taken - left)
            end
            left = left - taken
        end
        if added[i] > 0 then
            local already = 0
            if last >= first[i] then
                local instant, taken = unpack('<I7I2', entries, last - 8)
                if instant == addedAt[i] then
                    last, already = last - 9, taken
                end
            end
            tail = pack('<I7I2', addedAt[i], already + added[i])
        end
        numbers = numbers .. pack('<I4I4', (last - first[i] + 1 + #tail) / 9, used(i))
        all = all .. sub(entries, first[i], last) .. tail
    end
    return numbers .. all
end
