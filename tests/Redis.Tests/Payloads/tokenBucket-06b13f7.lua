-- OrleansLimiter: tokenBucket
local stride = 4
-- The beginning of every algorithm's script: the rules, the time, the compiled numbers. What is asked comes behind: one request
-- (request.lua) or many (batch.lua).
--
-- ARGV[1]  the spec's rules: algorithm and count of bandwidths, revision, limit, window and capacity of each; opaque here but for the count
-- ARGV[4]  now in microseconds, 0 for the server's clock
-- ARGV[5]  and on: the spec's compiled numbers, as many for each bandwidth as the algorithm has
--
-- Every number is an integer under 2^53, which a Lua number holds exactly, and so is the floor of a quotient of two such.
local unpack, pack, sub, byte = struct.unpack, struct.pack, string.sub, string.byte
local floor, ceil, min, max, rep = math.floor, math.ceil, math.min, math.max, string.rep
local call = redis.call
local LATEST = 9007199254740991
local KEPT = 60000000

local rules, now = ARGV[1], ARGV[4] + 0
local live = now == 0
if live then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
end

local count = byte(rules) % 16
local head = #rules
local p = {}
for k = 1, stride * count do
    p[k] = ARGV[4 + k] + 0
end
-- One request, and the state of its key.
--
-- KEYS[1]  the key's state: its rules (as in ARGV[1]), then the algorithm's own numbers; or a state of each kind (sides.lua)
-- KEYS[2]  the requests that the key answered under an id; given with an id, and for a reset
-- ARGV[2]  operation: 0 acquire, 1 acquire up to, 2 peek, 3 refund, 4 charge, 5 release, 6 reset, 7 renew; 16 more where no key may be
--          made, nor any grow
-- ARGV[3]  permits, at most 2 * 10^9
-- ARGV     behind the compiled numbers, where they are needed: the exact permits (8 bytes), a lease (16 bytes), and the request id
-- returns  \0 and the answer, or \6 and the answer where the key was made; \1 and the rules that the state is under, if they are not the
--          spec's: nothing was done; \2 if the request id was used with another cost; \3, the microseconds since, the lease, \0 and the
--          answer that was given then; \4 and the rules that the state is under, where a refund or charge has to be made under those:
--          nothing was done; \5 if the key would have been made, or would have had to grow, and must not: nothing was done
local operation, permits = ARGV[2] + 0, ARGV[3] + 0
local confined = operation >= 16
if confined then
    operation = operation - 16
end
local value = call('GET', KEYS[1])

-- As it stands there, whatever value is made of it.
local stored = value or ''
-- The usual case: the state is under the caller's own rules, or there is none.
--
-- tentative  whether the state is stored only if the request changes what its callers have
-- copied     what a state under other rules came to (carry.lua); nil unless the state is such a copy
-- rest       the key's state of the other kind (sides.lua); nil for none
-- restIsFirst  whether that was changed last
-- theirs     the rules that the copied state is under
local tentative, copied, rest, restIsFirst, theirs
if value and sub(value, 1, head) ~= rules then
    return '\1' .. sub(value, 1, 9 + 14 * (byte(value) % 16))
end
-- Whether the request was answered before.
local exact, lease, id = ARGV[5 + stride * count], ARGV[6 + stride * count], ARGV[7 + stride * count]
if id == '' then
    id = nil
end
local ids
if operation == 6 then
    call('DEL', KEYS[1], KEYS[2])
    value, operation, permits, id = false, 2, 0, nil
end

-- An answered request is 80 bytes and its id: length, operation, instant (7), exact permits (8), lease (16), answer (47).
if id then
    ids = call('GET', KEYS[2]) or ''

    -- The last answer under the id holds. Of an acquire and a refund the later one does: a refund spends the id of what it gave back.
    local wanted, last, found, place = operation == 2 and 0 or operation, 0, -1, 1
    local counterpart = wanted == 0 and 3 or wanted == 3 and 0 or wanted
    while place <= #ids do
        local size, kind = byte(ids, place, place + 1)
        if (kind == wanted or kind == counterpart) and sub(ids, place + 80, place + size - 1) == id
            and now - unpack('<I7', ids, place + 2) < KEPT then
            last, found = place, kind
        end
        place = place + size
    end

    -- Nor does an answer that gave out a place hold when the place is free. Its name stands in the state once, behind its expiry (7) and
    -- permits (2).
    local holds, name = found == wanted, sub(ids, last + 17, last + 32)
    local gavePlace = found <= 1 and name ~= rep('\0', 16)
    if holds and gavePlace then
        local at = string.find(stored, name, 1, true)
        holds = at and unpack('<I7', stored, at - 9) > now
    end
    if holds then
        if sub(ids, last + 9, last + 16) ~= exact or (operation == 5 and sub(ids, last + 17, last + 32) ~= lease) then
            return '\2'
        end
        if operation ~= 2 then
            return '\3' .. pack('<d', now - unpack('<I7', ids, last + 2)) .. sub(ids, last + 17, last + 79)
        end

        -- A look at what would be told again finds nothing to charge.
        permits = 0
    end

    -- Gives back at most what the charge of that name took: nothing, if there was none, or if it took a place.
    if operation == 3 then
        permits = min(permits, found == 0 and not gavePlace and (unpack('<I4', ids, last + 44)) or 0)
    end
end
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
-- How a key's bandwidths decide together: all admit and are charged, or none is. The algorithm before this text has settled
-- them and says of bandwidth i, in ticks counted from the tick that now falls in:
--
-- remaining(i)     the most permits that it would admit
-- admits(i, c)     when it would admit c permits, which are more than remain
-- whole(i)         when it is as good as fresh
-- proceeds(i, c)   when a caller admitted now for c permits may proceed; nil but for an algorithm that shapes
-- withdraw()       withdraws the turn that the request names; whether it was there. Asked of an algorithm that shapes only
-- take(i, c), give(i, c), charge(i, c)
-- packed()         the state
-- p                stride numbers a bandwidth, the first its capacity, the second its tick in microseconds
local function wait(i, ticks)
    local tick = p[stride * i - stride + 2]
    local microseconds = tick == 1 and ticks or ticks * tick - now % tick
    return microseconds <= 0 and 0 or microseconds > LATEST and LATEST or microseconds
end

if copied and (operation == 3 or operation == 4) and permits > 0 and not copied.fits then
    -- A copy is clamped to what the caller's spec can hold, and would forget the rest: made under the rules that the state is under, if
    -- they have that.
    if operation == 4 or byte(theirs) < 80 then
        return '\4' .. theirs
    end
    permits = 0
end

local outcome, charged, retry, delay, asked = 0, 0, 0, 0, permits
if operation <= 2 then
    local left, capacity = remaining(1), p[1]
    for i = 2, count do
        left = min(left, remaining(i))
        capacity = min(capacity, p[stride * i - stride + 1])
    end
    if operation == 1 then
        asked = min(permits, max(1, left))
    end
    if asked > capacity then
        outcome, retry = 2, -1
    elseif asked > left then
        outcome = 1
        for i = 1, count do
            if asked > remaining(i) then
                retry = max(retry, wait(i, admits(i, asked)))
            end
        end
    elseif asked > 0 then
        for i = 1, proceeds and count or 0 do
            delay = max(delay, wait(i, proceeds(i, asked)))
        end
        if operation ~= 2 then
            for i = 1, count do
                take(i, asked)
            end
            charged = asked
        end
    end
elseif operation == 5 then
    outcome = withdraw() and 0 or 3
elseif permits > 0 then
    local correct = operation == 3 and give or charge
    for i = 1, count do
        correct(i, permits)
    end
end

local smallest, tightest, reset, following = remaining(1), 1, wait(1, whole(1)), -1
for i = 2, count do
    reset = max(reset, wait(i, whole(i)))
    local left = remaining(i)
    if left < smallest then
        smallest, tightest = left, i
    end
end
local limit = p[stride * tightest - stride + 1]
if smallest < limit then
    following = wait(tightest, admits(tightest, smallest + 1))
end
if copied and (outcome > 0 or permits == 0 or operation == 2) then
    -- The state stays as it was, under its own rules: each wait is until a copy made then will do.
    local function untilCopyHas(i, c)
        local capacity = p[stride * i - stride + 1]
        return copied.has(i, c) or wait(i, c == capacity and whole(i) or admits(i, c))
    end
    reset, retry = 0, min(retry, 0)
    for i = 1, count do
        reset = max(reset, untilCopyHas(i, p[stride * i - stride + 1]), wait(i, copied.turn - floor(now / p[stride * i - stride + 2])))
        if outcome == 1 and asked > remaining(i) then
            retry = max(retry, untilCopyHas(i, asked))
        end
    end
    following = smallest < limit and untilCopyHas(tightest, smallest + 1) or -1
end
local answer = pack('<BBBI4I4I4dddd', 0, outcome, tightest - 1, smallest, limit, charged, retry, reset, following, delay)

-- A peek, nothing asked for, too much for ever, or a name that is not known: nothing is stored, not even the time seen.
local body
if operation == 5 and outcome == 0 or operation ~= 5 and permits > 0 and operation ~= 2 and outcome ~= 2 then
    body = packed()
end
-- What is to be stored of a request: its id, and the key's state.
--
-- answer   as it is returned; of these the next four say the same again
-- outcome  0 admitted, 1 limited, 2 cost above the capacity, 3 unknown lease
-- charged  how many permits
-- reset    microseconds until the key is as good as fresh
-- body     the state without its rules; nil if it is not to be stored
local kept = now + reset
local isChange = charged > 0 or ((operation == 5 or operation == 7) and outcome == 0)
    or ((operation == 3 or operation == 4) and permits > 0)
local remembered, at
if id and isChange and operation ~= 7 then
    local starts, place = {}, 1
    while place <= #ids do
        starts[#starts + 1] = place
        place = place + byte(ids, place)
    end

    -- A clock that stepped back must not let a refund be forgotten before the charge that it gave back.
    local first, last = 1, #starts
    at = now
    if last > 0 then
        at = max(now, (unpack('<I7', ids, starts[last] + 2)))
    end
    while first <= last and at - unpack('<I7', ids, starts[first] + 2) >= KEPT do
        first = first + 1
    end
    if last - first >= 31 then
        first = first + 1
    end
    remembered = (first <= last and sub(ids, starts[first]) or '')
        .. pack('<BBI7', 80 + #id, operation, at) .. exact .. lease .. answer .. id
    kept = max(kept, at + KEPT)
end

local text
if body and (isChange or not tentative) then
    text = rules .. body
    if rest then
        local packed = pack('<I7I4', now + reset, #text) .. text
        text = '\0' .. (restIsFirst and not isChange and rest.packed .. packed or packed .. rest.packed)
        kept = max(kept, rest.whole)
    end
end

-- Where there is no room for more. What gives back is never refused, and remembered on top. A state of some bytes more is as large, and one
-- that is whole again is gone at once; a look says what an acquire would be told.
local isNew = stored == '' and text and kept > now
if confined and (isNew
    or (text and #text > #stored + 8 and kept > now)
    or (remembered and #remembered > #ids and operation ~= 3 and operation ~= 5)
    or (operation == 2 and outcome == 0 and permits > 0 and stored == '')) then
    return '\5'
end
-- The end of a script of one request: stores what finish.lua says, and answers.
--
-- Kept until it is as good as fresh. A clock that was given in is a test's, and no measure for the server's own.
if remembered and live then
    call('SET', KEYS[2], remembered, 'PXAT', floor((at + KEPT) / 1000) + 1)
elseif remembered then
    call('SET', KEYS[2], remembered)
end
if text and live then
    call('SET', KEYS[1], text, 'PXAT', floor(kept / 1000) + 1)
elseif text then
    call('SET', KEYS[1], text)
end
return isNew and '\6' .. sub(answer, 2) or answer
