-- concurrency. Spec: capacity, time to live. State: the permits of all places (4); then the places, soonest expiry first: expiry (7),
-- permits (2), lease (16).
local capacity, living = p[1], p[2]
local places, held = '', 0
if value then
    held = unpack('<I4', value, head + 1)
    places = sub(value, head + 5)
end

-- Where the first place that has not expired begins, and the permits of those that have not.
local first, taken = 1, held
while first <= #places do
    local expiry, number = unpack('<I7I2', places, first)
    if expiry > now then
        break
    end
    first, taken = first + 25, taken - number
end

local function wait(instant)
    return max(0, instant - now)
end

-- When enough of the soonest expiries will have freed so many permits, a place of so many more until then counted too.
local function frees(number, more, till)
    local missing, counts = taken + more + number - capacity, more == 0
    for at = first, #places, 25 do
        local expiry, permitted = unpack('<I7I2', places, at)
        if not counts and till < expiry then
            counts, missing = true, missing - more
            if missing <= 0 then
                return till
            end
        end
        missing = missing - permitted
        if missing <= 0 then
            return expiry
        end
    end
    return till
end

local outcome, charged, retry, more, till = 0, 0, 0, 0, 0
local changed = false
if operation == 5 or operation == 7 then
    changed = first > 1
    places, held, first = sub(places, first), taken, 1
    outcome = 3
    local at = string.find(places, lease, 1, true)
    while at and at % 25 ~= 10 do
        at = string.find(places, lease, at + 1, true)
    end
    if at then
        local expiry, number = unpack('<I7I2', places, at - 9)
        places, outcome, changed = sub(places, 1, at - 10) .. sub(places, at + 16), 0, true
        if operation == 5 then
            held = held - number
            taken = held
        else
            expiry = max(expiry, now + living)
            local after = #places + 1
            while after > 1 and unpack('<I7', places, after - 25) > expiry do
                after = after - 25
            end
            places = sub(places, 1, after - 1) .. pack('<I7I2', expiry, number) .. lease .. sub(places, after)
        end
    end
else
    if operation ~= 2 and permits > 0 and (operation == 1 or permits <= capacity) and first > 1 then
        places, held, first, changed = sub(places, first), taken, 1, true
    end
    local free = max(0, capacity - taken)
    local asked = operation == 1 and min(permits, max(1, free)) or permits
    if asked > capacity then
        outcome, retry = 2, -1
    elseif asked > free then
        outcome, retry = 1, wait(frees(asked, 0, 0))
    elseif asked > 0 and operation ~= 2 then
        more, till, charged = asked, now + living, asked
    end
end

local remaining, last, following = max(0, capacity - taken - more), till, -1
if #places > 0 then
    last = max(till, (unpack('<I7', places, #places - 24)))
end
local reset = wait(last)
if remaining < capacity then
    following = wait(frees(remaining + 1, more, till))
end
local answer = pack('<BBBI4I4I4dddd', 0, outcome, 0, remaining, capacity, charged, retry, reset, following, 0)

if charged > 0 then
    -- A provisional name (LeaseId in the Core): the place is held for 10 s, until whoever hears of it renews it.
    local stays = sub(lease, 13) == 'aplo' and now + min(living, 10000000) or till
    local at = #places + 1
    while at > 1 and unpack('<I7', places, at - 25) > stays do
        at = at - 25
    end
    places, held, changed = sub(places, 1, at - 1) .. pack('<I7I2', stays, charged) .. lease .. sub(places, at), held + charged, true
end
local body
if changed then
    body = pack('<I4', held) .. places
end
