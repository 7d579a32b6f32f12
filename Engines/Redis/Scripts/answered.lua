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
