-- In place of sameRules.lua, where the state was found to be under another content, or to have a side of each kind. What the two have in
-- common, but:
--
-- ARGV     behind the request: the rules that the state was seen to be under, empty if that is not known; then what reading.lua reads of
--          the caller's spec and of the one seen
-- returns  \1 and the rules that have to be known, where they are others than those seen or of another revision: nothing was done
local tentative, copied, rest = false, nil, nil
local restIsFirst = false
local theirs = ARGV[8 + stride * count]
local place = 9 + stride * count

-- Digits of base 255, the lowest first.
local function revisionOf(text)
    local number = 0
    for k = 9, 2, -1 do
        number = number * 255 + byte(text, k) - 1
    end
    return number
end

if value then
    local sides, own = sidesOf(value), nil
    for i = 1, #sides do
        if countsPlaces(sides[i].rules) == countsPlaces(rules) then
            own = sides[i]
        else
            rest, restIsFirst = sides[i], i == 1
        end
    end

    local revision, named = revisionOf(sides[1].rules), revisionOf(rules)
    if revision ~= named then
        return '\1' .. (revision < named and own or sides[1]).rules
    elseif operation == 6 then
        value, rest = false, nil
    else
        if rest and #sides == 1 then
            if rest.rules ~= theirs then
                return '\1' .. rest.rules
            end
            rest.whole = wholeAt(specOf(theirs, (select(2, specOf(rules, place)))), rest.body)
            rest.packed = pack('<I7I4', rest.whole, #value) .. value
        elseif rest and rest.whole <= now then
            rest = nil
            call('SET', KEYS[1], own.rules .. own.body, 'KEEPTTL')
        end
        if not own then
            value, tentative = false, true
        elseif own.rules == rules then
            value = rules .. own.body
        elseif own.rules ~= theirs then
            return '\1' .. own.rules
        else
            local new, behind = specOf(rules, place)
            copied, tentative = carry(new, (specOf(theirs, behind)), own.body), true
            value = rules .. copied.body
        end
    end
end
