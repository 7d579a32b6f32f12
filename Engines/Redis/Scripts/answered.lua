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

local p = {}
for k = 1, stride * count do
    p[k] = ARGV[4 + k] + 0
end

-- An answered request is 80 bytes and its id: length, operation, instant (7), exact permits (8), lease (16), answer (47).
if id then
    ids = call('GET', KEYS[2]) or ''
    local wanted, given, place = operation == 2 and 0 or operation, 0, 1
    while place <= #ids do
        local size, kind = byte(ids, place, place + 1)
        if (kind == wanted or kind == 0) and sub(ids, place + 80, place + size - 1) == id then
            local seen = unpack('<I7', ids, place + 2)
            if now - seen < KEPT then
                if kind == wanted then
                    if sub(ids, place + 9, place + 16) ~= exact or (operation == 5 and sub(ids, place + 17, place + 32) ~= lease) then
                        return '\2'
                    end
                    return '\3' .. pack('<d', now - seen) .. sub(ids, place + 17, place + 79)
                end
                if given == 0 then
                    given = unpack('<I4', ids, place + 44)
                end
            end
        end
        place = place + size
    end

    -- Gives back at most what the charge of that name took: nothing, if there was none.
    if operation == 3 then
        permits = min(permits, given)
    end
end
