    -- The end of decide (batch.lua): who comes behind on the same key finds what this request leaves.
    if text then
        batch.stored[batch.key], batch.texts[batch.key], batch.ends[batch.key] = text, text, kept
    end
    return isNew and '\6' .. sub(answer, 2) or answer
end

local requests, replies, budget = ARGV[2], {}, ARGV[3] + 0
for k = 1, #requests / 6 do
    local key, operation, permits = unpack('<BBI4', requests, 6 * k - 5)
    local state = batch.stored[key]
    if budget > 0 and state == nil then
        state = redis.pcall('GET', KEYS[key])
        batch.stored[key] = state
    end

    -- What stands in one key, and is no state, is no fault of the others.
    local isDecided, reply
    if budget > 0 and type(state) ~= 'table' then
        batch.key, budget = key, budget - (state and #state or 0)
        isDecided, reply = pcall(decide, operation, permits, state)
    end
    replies[k] = isDecided and byte(reply) ~= 1 and byte(reply) ~= 8 and reply or '\7'
end

-- As keep.lua does. A server that refuses the first write refuses all, and takes the others if it took the first.
for key, text in pairs(batch.texts) do
    if live then
        call('SET', KEYS[key], text, 'PXAT', floor(batch.ends[key] / 1000) + 1)
    else
        call('SET', KEYS[key], text)
    end
end
return table.concat(replies)
