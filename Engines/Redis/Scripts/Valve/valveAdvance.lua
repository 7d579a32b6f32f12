-- Before anything is asked.
local late = advance()
if late then
    keep()
    return late
end
