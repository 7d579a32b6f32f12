-- The beginning of every algorithm's script: what is asked, the time, the state, and whether the request was answered before.
--
-- KEYS[1]  the key's state: its rules (as in ARGV[1]), then the algorithm's own numbers
-- KEYS[2]  the requests that the key answered under an id; given with an id, and for a reset
-- ARGV[1]  the spec's rules: algorithm and count of bandwidths, revision, limit, window and capacity of each; opaque here but for the count
-- ARGV[2]  operation: 0 acquire, 1 acquire up to, 2 peek, 3 refund, 4 charge, 5 release, 6 reset
-- ARGV[3]  permits, at most 2 * 10^9
-- ARGV[4]  now in microseconds, 0 for the server's clock
-- ARGV[5]  and on: the spec's compiled numbers, as many for each bandwidth as the algorithm has; then, where they are needed, the exact
--          permits (8 bytes), a lease (16 bytes), and the request id
-- returns  \0 and the answer; \1 and the rules that the state is under, if they are not the spec's: nothing was done; \2 if the
--          request id was used with another cost; \3, the microseconds since, the lease, \0 and the answer that was given then
--
-- Every number is an integer under 2^53, which a Lua number holds exactly, and so is the floor of a quotient of two such.
local unpack, pack, sub, byte = struct.unpack, struct.pack, string.sub, string.byte
local floor, ceil, min, max, rep = math.floor, math.ceil, math.min, math.max, string.rep
local call = redis.call
local LATEST = 9007199254740991
local KEPT = 60000000

local rules, operation, permits, now = ARGV[1], ARGV[2] + 0, ARGV[3] + 0, ARGV[4] + 0
local live = now == 0
if live then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
end

local count = byte(rules) % 16
local head = #rules
local value = call('GET', KEYS[1])
if value and sub(value, 1, head) ~= rules then
    return '\1' .. sub(value, 1, 9 + 14 * (byte(value) % 16))
end

local exact, lease, id = ARGV[5 + stride * count], ARGV[6 + stride * count], ARGV[7 + stride * count]
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
