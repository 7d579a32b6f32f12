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
