-- A policy changed under a live key: its state, which is under a spec of a lower revision, is carried over to a newer one, for good.
--
-- KEYS[1]  the key's state
-- ARGV[1]  now in microseconds, 0 for the server's clock
-- ARGV[2]  the longest time that a key under the newer spec takes to be whole, in microseconds
-- ARGV[3]  the newer spec's rules; ARGV[4] the rules that the state was seen to be under
-- ARGV[5]  and on: for each bandwidth of the newer spec, then of the older one, its window and the numbers that its algorithm's script
--          lists
-- returns  1 if the state was carried over, 0 if it is under another spec by now: nothing was done

-- Where permits flow faster now, what is out (lentRules.lua) must have its place all the same, until the last lease has ended.
local function closed(new, old, given, body)
    local width = old.count * (old.algorithm == TOKEN_BUCKET and 18 or 11)
    if new.algorithm > GCRA or old.algorithm > GCRA or #given <= width then
        return body
    end
    local out, last, parts = 0, 0, {}
    for place = 2 * width + 1, #given, 27 do
        local permits, ends = unpack('<I4I7', given, place + 16)
        out, last = out + permits, max(last, ends)
    end
    if last <= now then
        return body
    end
    for i = 1, new.count do
        local b = new[i]
        local tick = floor(last / b.tick)
        if new.algorithm == TOKEN_BUCKET then
            local tokens, credit, seen = unpack('<I4I7I7', body, 18 * i - 17)
            parts[i] = pack('<I4I7I7', tokens, credit, max(seen, tick))
        else
            local ahead, numerator = instant(body, 11 * i - 10, tick)
            local product = min(out, b.capacity) * b[4]
            local whole = floor(product / b[3])
            if isAfter(whole, product - whole * b[3], ahead, numerator) then
                ahead, numerator = whole, product - whole * b[3]
            end
            parts[i] = written(tick, ahead, numerator)
        end
    end
    return table.concat(parts)
end

local new, behind = specOf(ARGV[3], 5)
local old = specOf(ARGV[4], behind)
local value = redis.call('GET', KEYS[1])
local found
for _, side in ipairs(value and sidesOf(value) or {}) do
    if side.rules == old.rules then
        found = side
    end
end
if not found then
    return 0
end

-- To or from concurrency a key starts fresh; its state is kept all the same, since it says which rules are the newest.
local stays = new.algorithm == CONCURRENCY and old.algorithm == CONCURRENCY
local copied = carry(new, old, found.body)
copied.body = closed(new, old, found.body, copied.body)
if live then
    -- At least as long as the key may hold a request id; places that were given out may live longer still.
    local left = stays and redis.call('PTTL', KEYS[1]) * 1000 or 0
    redis.call('SET', KEYS[1], new.rules .. copied.body, 'PXAT', floor((copied.at + max(ARGV[2] + 0, left, 60000000)) / 1000) + 1)
else
    redis.call('SET', KEYS[1], new.rules .. copied.body)
end
return 1
