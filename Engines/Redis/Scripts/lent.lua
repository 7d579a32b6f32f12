-- A tokenBucket or gcra that lends: permits that are out were debited, and their place stays empty until their lease is returned or ends.
-- Rare, so it is written for reading. A state is tokens, credit, last (tick) of a tokenBucket; of gcra the arrival time, as ticks from now
-- and a numerator over l.
if value == false then
    own = nil
end
if operation >= 8 then
    id = nil
end
local t, states = {}, {}
local function spec(i)
    local a = stride * i - stride
    return p[a + 1], p[a + 2], p[a + 3], p[a + 4], p[a + 5], p[a + 6]
end

for i = 1, count do
    local capacity, tick = spec(i)
    t[i] = floor(now / tick)
    if isBucket then
        local tokens, credit, last = capacity, 0, t[i]
        if own then
            tokens, credit, last = unpack('<I4I7I7', own, 18 * i - 17)
        end
        states[i] = { tokens = tokens, credit = credit, last = last }
    else
        local ahead, numerator = 0, 0
        if own then
            ahead, numerator = instant(own, 11 * i - 10, t[i])
        end
        states[i] = { ahead = ahead, numerator = numerator }
    end
end

-- c * w / l after so many ticks from now.
local function after(i, c, ticks, numerator)
    local _, _, l, w = spec(i)
    local product = c * w
    local whole = floor(product / l)
    numerator = numerator + product - whole * l
    if numerator >= l then
        whole, numerator = whole + 1, numerator - l
    end
    return ticks + whole, numerator
end

-- Bandwidth i brought up to a tick, while so many permits are out: their place stays empty.
local function settle(i, s, at, outstanding)
    local capacity, _, l, w = spec(i)
    local k = min(outstanding, capacity)
    if isBucket then
        local most, elapsed = capacity - k, max(0, at - s.last)
        local last = max(s.last, at)
        if s.tokens >= most or elapsed >= ceil(((most - s.tokens) * w - s.credit) / l) then
            return { tokens = most, credit = 0, last = last }
        end
        local flow = elapsed * l + s.credit
        local drops = floor(flow / w)
        return { tokens = s.tokens + drops, credit = flow - drops * w, last = last }
    end
    local ahead, numerator = after(i, k, at - t[i], 0)
    if isAfter(s.ahead, s.numerator, ahead, numerator) then
        return s
    end
    return { ahead = ahead, numerator = numerator }
end

local function endTick(i, lease)
    return floor(lease.ends / p[stride * i - stride + 2])
end

-- Lives through the ends of leases up to now; a key that is new since a reset has nothing to live through.
while lent[1] and lent[1].ends <= now do
    for i = 1, isReset and 0 or count do
        states[i] = settle(i, states[i], endTick(i, lent[1]), out)
    end
    out = out - table.remove(lent, 1).permits
end
for i = 1, count do
    states[i] = settle(i, states[i], t[i], out)
end

local function wait(i, ticks)
    local tick = p[stride * i - stride + 2]
    local microseconds = tick == 1 and ticks or ticks * tick - now % tick
    return microseconds <= 0 and 0 or microseconds > LATEST and LATEST or microseconds
end

local function remaining(i)
    local _, _, l, w, fill, fraction = spec(i)
    local s = states[i]
    if isBucket then
        return s.tokens
    end
    if fill < s.ahead or (fill == s.ahead and fraction <= s.numerator) then
        return 0
    end
    return floor(((fill - s.ahead) * l + (fraction - s.numerator)) / w)
end

-- When a state has so many permits left, more than now, in ticks from now.
local function admits(i, s, c)
    local _, _, l, w, fill, fraction = spec(i)
    if isBucket then
        return s.last - t[i] + ceil(((c - s.tokens) * w - s.credit) / l)
    end
    local ticks, numerator = after(i, c, s.ahead - fill, s.numerator)
    numerator = numerator - fraction
    return numerator > 0 and ticks + 1 or ticks
end

-- The same as a wait: while what is out leaves no room for them, leases have to end first.
local function untilHas(i, c)
    local capacity = p[stride * i - stride + 1]
    local s, outstanding, k = states[i], out, 1
    while lent[k] and c > capacity - min(capacity, outstanding) do
        s = settle(i, s, endTick(i, lent[k]), outstanding)
        outstanding, k = outstanding - lent[k].permits, k + 1
    end
    return wait(i, admits(i, s, c))
end

local function untilWhole(i)
    local s, outstanding = states[i], out
    for k = 1, #lent do
        s = settle(i, s, endTick(i, lent[k]), outstanding)
        outstanding = outstanding - lent[k].permits
    end
    if isBucket then
        return wait(i, admits(i, s, p[stride * i - stride + 1]))
    end
    return wait(i, s.numerator > 0 and s.ahead + 1 or s.ahead)
end

local function take(c)
    for i = 1, count do
        local s = states[i]
        if isBucket then
            states[i] = { tokens = s.tokens - c, credit = s.credit, last = s.last }
        else
            local ahead, numerator = after(i, c, s.ahead, s.numerator)
            states[i] = { ahead = ahead, numerator = numerator }
        end
    end
end

local function give(c)
    for i = 1, count do
        local capacity, _, l, w = spec(i)
        local s, k = states[i], min(out, capacity)
        if isBucket then
            local most = capacity - k
            if c >= most - s.tokens then
                states[i] = { tokens = most, credit = 0, last = s.last }
            else
                states[i] = { tokens = s.tokens + c, credit = s.credit, last = s.last }
            end
        elseif c >= capacity then
            local ahead, numerator = after(i, k, 0, 0)
            states[i] = { ahead = ahead, numerator = numerator }
        else
            local whole = floor(c * w / l)
            local ahead, numerator = s.ahead - whole, s.numerator - (c * w - whole * l)
            if numerator < 0 then
                ahead, numerator = ahead - 1, numerator + l
            end
            states[i] = settle(i, { ahead = ahead, numerator = numerator }, t[i], out)
        end
    end
end

local function charge(c)
    for i = 1, count do
        local capacity, _, _, _, fill, fraction = spec(i)
        local s = states[i]
        if isBucket and c > s.tokens then
            states[i] = { tokens = 0, credit = 0, last = s.last }
        elseif isBucket then
            states[i] = { tokens = s.tokens - c, credit = s.credit, last = s.last }
        elseif not isAfter(s.ahead, s.numerator, fill, fraction) then
            local ahead, numerator = fill, fraction
            if c < capacity then
                ahead, numerator = after(i, c, s.ahead, s.numerator)
                if isAfter(ahead, numerator, fill, fraction) then
                    ahead, numerator = fill, fraction
                end
            end
            states[i] = { ahead = ahead, numerator = numerator }
        end
    end
end

local function find()
    for k = 1, #lent do
        if lent[k].name == lease then
            return k
        end
    end
end

-- Ends where a tick of each bandwidth begins.
local function add(c)
    local coarsest = 1
    for i = 1, count do
        coarsest = max(coarsest, p[stride * i - stride + 2])
    end
    local ends = ceil((now + OWNERS_LIFE) / coarsest) * coarsest
    local place = #lent + 1
    while place > 1 and lent[place - 1].ends > ends do
        place = place - 1
    end
    table.insert(lent, place, { name = lease, permits = c, ends = ends })
    out = out + c
end

local function retryAfter(c)
    local longest = 0
    for i = 1, count do
        if c > remaining(i) then
            longest = max(longest, untilHas(i, c))
        end
    end
    return longest
end

local outcome, charged, retry, asked = 0, 0, 0, permits
local left, least = remaining(1), p[1]
for i = 2, count do
    left = min(left, remaining(i))
    least = min(least, p[stride * i - stride + 1])
end
local known = lease and lease ~= rep('\0', 16) and find()
if operation <= 2 then
    if operation == 1 then
        asked = min(permits, max(1, left))
    end
    if asked > least then
        outcome, retry = 2, -1
    elseif asked > left then
        outcome, retry = 1, retryAfter(asked)
    elseif operation ~= 2 then
        take(asked)
        charged = asked
    end
elseif operation == 8 then
    asked = min(permits, max(1, left - floor(left / 2)))
    if not lease or lease == rep('\0', 16) then
        outcome = 3
    elseif known then
        charged = lent[known].permits
    elseif asked > left or (asked > 0 and #lent >= MOST_LEASES) then
        outcome, retry = 1, asked > left and retryAfter(asked) or 0
        if #lent >= MOST_LEASES then
            retry = max(retry, lent[1].ends - now)
        end
    elseif asked > 0 then
        take(asked)
        add(asked)
        charged = asked
    end
elseif operation == 9 then
    if known then
        local returned = table.remove(lent, known).permits
        out = out - returned
        if permits > 0 then
            give(min(permits, returned))
        end
    else
        outcome = 3
    end
elseif permits > 0 then
    local correct = operation == 3 and give or charge
    correct(permits)
end

local smallest, tightest, reset, following = remaining(1), 1, untilWhole(1), -1
for i = 2, count do
    reset = max(reset, untilWhole(i))
    if remaining(i) < smallest then
        smallest, tightest = remaining(i), i
    end
end
local limit = p[stride * tightest - stride + 1]
if smallest < limit then
    following = untilHas(tightest, smallest + 1)
end
local answer = pack('<BBBI4I4I4dddd', 0, outcome, tightest - 1, smallest, limit, charged, retry, reset, following, 0)

local body
if (isReset and #lent > 0) or (operation ~= 2 and outcome < 2 and (permits > 0 or operation == 9 or charged > 0)) then
    local closed, open, leases = {}, {}, {}
    for i = 1, count do
        local s, k = states[i], min(out, (spec(i)))
        if isBucket then
            open[i] = pack('<I4I7I7', s.tokens, s.credit, s.last)
            closed[i] = #lent > 0 and pack('<I4I7I7', s.tokens, s.credit, max(s.last, endTick(i, lent[#lent]))) or open[i]
        else
            open[i] = written(t[i], s.ahead, s.numerator)
            if #lent > 0 then
                local c = settle(i, s, endTick(i, lent[#lent]), k)
                closed[i] = written(t[i], c.ahead, c.numerator)
            else
                closed[i] = open[i]
            end
        end
    end
    for k = 1, #lent do
        leases[k] = lent[k].name .. pack('<I4I7', lent[k].permits, lent[k].ends)
    end
    body = table.concat(closed)
    if #lent > 0 then
        body = body .. table.concat(open) .. table.concat(leases)
    end
end
