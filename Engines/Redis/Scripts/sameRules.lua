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

-- What stands behind a tokenBucket's or gcra's own numbers are permits that are out: lent.lua decides then.
if value and byte(rules) < 32 and #value > head + (byte(rules) < 16 and 18 or 11) * count then
    return '\8'
end
