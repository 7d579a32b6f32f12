-- gcra and leakyBucket. Spec: capacity, tick, l, w, fill (whole ticks of capacity * w / l), fraction of it over l.
-- State: the theoretical arrival time, in ticks since the epoch (4 low bytes, 3 high) and a numerator over l (4). A leakyBucket alone may
-- have the tick of its next turn behind it (7), where that is later: turns told under another content are not overtaken. Behind that (0
-- then) it may have the count of free parts of its line (1), each start and end; and the turns that can be withdrawn until they come: name
-- (16), start, permits (4). Instants are as the arrival time; both in the order of their starts; free parts neither overlap nor touch, nor
-- does one touch the end of the line. A build that knows of none reads the rest and writes no such tail: those turns stay taken.
-- Here it is counted from now: the sum of both may be past 2^53, the difference is not.
local MOST_FREE, MOST_NAMED, UNNAMED = 32, 1000, rep('\0', 16)
local t, d, f = {}, {}, {}

for i = 1, count do
    local ticks = floor(now / p[6 * i - 4])
    t[i], d[i], f[i] = ticks, 0, 0
    if value then
        local ahead, numerator = instant(value, head + 11 * i - 10, ticks)
        if ahead >= 0 then
            d[i], f[i] = ahead, numerator
        end
    end
end

local turn = 0
if byte(rules) >= 80 and value and #value >= head + 18 then
    turn = unpack('<I7', value, head + 12) - t[1]
end

-- Free parts: from fd, ff to ud, uf. Named turns: name, from nd, nf, so many permits. What has begun is spent.
local fd, ff, ud, uf = {}, {}, {}, {}
local names, nd, nf, np = {}, {}, {}, {}
if byte(rules) >= 80 and value and #value > head + 18 then
    local place = head + 20
    for _ = 1, byte(value, head + 19) do
        local from, numerator = instant(value, place, t[1])
        local till, last = instant(value, place + 11, t[1])
        if isAfter(till, last, 0, 0) then
            if from < 0 then
                from, numerator = 0, 0
            end
            local k = #fd + 1
            fd[k], ff[k], ud[k], uf[k] = from, numerator, till, last
        end
        place = place + 22
    end
    while place < #value do
        local from, numerator = instant(value, place + 16, t[1])
        if isAfter(from, numerator, 0, 0) then
            local k = #names + 1
            names[k], nd[k], nf[k], np[k] = sub(value, place, place + 15), from, numerator, (unpack('<I4', value, place + 27))
        end
        place = place + 31
    end
end

-- c * w / l after an instant, by bandwidth i's rate; from is where the whole ticks are counted from.
local function after(i, c, from, fraction)
    local a = 6 * i - 6
    local l, product = p[a + 3], c * p[a + 4]
    local ticks = floor(product / l)
    local numerator = fraction + product - ticks * l
    if numerator >= l then
        ticks, numerator = ticks + 1, numerator - l
    end
    return from + ticks, numerator
end

-- The same after bandwidth i's arrival time.
local function later(i, c, from)
    return after(i, c, from, f[i])
end

-- The first free part that has room for c permits, and where their turn ends; nil for none.
local function fit(c)
    for k = 1, #fd do
        local ticks, numerator = after(1, c, fd[k], ff[k])
        if not isAfter(ticks, numerator, ud[k], uf[k]) then
            return k, ticks, numerator
        end
    end
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
    local a, most = 6 * i - 6, 0
    local fill, fraction = p[a + 5], p[a + 6]
    for k = 1, #fd do
        most = max(most, min(p[a + 1], floor(((ud[k] - fd[k]) * p[a + 3] + (uf[k] - ff[k])) / p[a + 4])))
    end
    if fill < d[i] or (fill == d[i] and fraction <= f[i]) then
        return most
    end
    return max(most, floor(((fill - d[i]) * p[a + 3] + (fraction - f[i])) / p[a + 4]))
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

local proceeds = byte(rules) >= 80 and function(i, c)
    local k = fit(c)
    if k then
        return ff[k] > 0 and fd[k] + 1 or fd[k]
    end
    return whole(i)
end or nil

-- A turn that has come cannot be withdrawn. Nor can one that is behind turns of another content: where it is the arrival time does not say.
-- Where no key may grow it has no name.
local function name(from, numerator, c)
    if not lease or lease == UNNAMED or id or confined or #names >= MOST_NAMED or not isAfter(from, numerator, 0, 0) then
        return
    end
    local k = #names + 1
    while k > 1 and isAfter(nd[k - 1], nf[k - 1], from, numerator) do
        names[k], nd[k], nf[k], np[k] = names[k - 1], nd[k - 1], nf[k - 1], np[k - 1]
        k = k - 1
    end
    names[k], nd[k], nf[k], np[k] = lease, from, numerator, c
end

local function take(i, c)
    local k, till, last = fit(c)
    if k then
        local from, numerator = fd[k], ff[k]
        fd[k], ff[k] = till, last
        if not isAfter(ud[k], uf[k], till, last) then
            for _, list in ipairs({ fd, ff, ud, uf }) do
                table.remove(list, k)
            end
        end
        name(from, numerator, c)
        return
    end
    local isHeldUp = turn > (f[i] > 0 and d[i] + 1 or d[i])
    if byte(rules) >= 80 and not isHeldUp then
        name(d[i], f[i], c)
    end
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

-- At the end of the line; where that is full, free parts are charged too, so that a key that owes all has nothing left.
local function charge(i, c)
    local a = 6 * i - 6
    local fill, fraction = p[a + 5], p[a + 6]
    if not isAfter(d[i], f[i], fill, fraction) then
        local ticks, numerator = fill, fraction
        if c < p[a + 1] then
            ticks, numerator = later(i, c, d[i])
            if isAfter(ticks, numerator, fill, fraction) then
                ticks, numerator = fill, fraction
            end
        end
        d[i], f[i] = ticks, numerator
    end
    local free = { fd, ff, ud, uf }
    fd, ff, ud, uf = {}, {}, {}, {}
    if remaining(i) > 0 then
        fd, ff, ud, uf = free[1], free[2], free[3], free[4]
    end
end

-- Withdraws the turn that the request names: what it took is free, or the line ends there. False where it is not known, or has to stay.
local function withdraw()
    for k = 1, #names do
        if names[k] == lease then
            local from, numerator = nd[k], nf[k]
            local till, last = after(1, np[k], from, numerator)
            local first = 1
            while first <= #fd and isAfter(from, numerator, fd[first], ff[first]) do
                first = first + 1
            end
            local behind = first
            if first > 1 and ud[first - 1] == from and uf[first - 1] == numerator then
                first = first - 1
                from, numerator = fd[first], ff[first]
            end
            if behind <= #fd and fd[behind] == till and ff[behind] == last then
                till, last = ud[behind], uf[behind]
                behind = behind + 1
            end
            local isEnd = till == d[1] and last == f[1]
            if not isEnd and first == behind and #fd >= MOST_FREE then
                return false
            end
            for _ = first, behind - 1 do
                for _, list in ipairs({ fd, ff, ud, uf }) do
                    table.remove(list, first)
                end
            end
            if isEnd then
                d[1], f[1] = from, numerator
            else
                table.insert(fd, first, from)
                table.insert(ff, first, numerator)
                table.insert(ud, first, till)
                table.insert(uf, first, last)
            end
            for _, list in ipairs({ names, nd, nf, np }) do
                table.remove(list, k)
            end
            return true
        end
    end
    return false
end

local function packed()
    local text = ''
    for i = 1, count do
        text = text .. written(t[i], d[i], f[i])
    end
    local isHeldUp = turn > (f[1] > 0 and d[1] + 1 or d[1])
    if isHeldUp or #fd + #names > 0 then
        text = text .. pack('<I7', isHeldUp and t[1] + turn or 0)
    end
    if #fd + #names > 0 then
        local tail = { string.char(#fd) }
        for k = 1, #fd do
            tail[#tail + 1] = written(t[1], fd[k], ff[k]) .. written(t[1], ud[k], uf[k])
        end
        for k = 1, #names do
            tail[#tail + 1] = names[k] .. written(t[1], nd[k], nf[k]) .. pack('<I4', np[k])
        end
        text = text .. table.concat(tail)
    end
    return text
end
