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
elseif operation >= 8 then
    -- A copy does not lend, nor does a key that has a state of each kind.
    outcome = 3
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
if operation == 5 and outcome == 0 or operation ~= 5 and permits > 0 and operation ~= 2 and outcome < 2 then
    body = packed()
end
