-- Gives up a place, or ends an admission.
--
-- ARGV[2]  the user: 16 bytes
-- ARGV[3]  how it ends: 3 left, 6 completed, 7 abandoned
-- ARGV[4]  the valve's bits (8 bytes) and ARGV[5] the number of the place, of the admission that ends; not looked at where the place is
--          left
-- returns  \0 and 1 if it ended, 0 if there was none, 2 if a place that is to be left is admitted: an admission ends by its name alone
local user, ending = ARGV[2], ARGV[3] + 0
local place = call('HGET', PLACES, user)
local isAdmitted = place and #place > 16
if isAdmitted and ending == LEFT then
    keep()
    return '\0\2'
end
local isHeld = place and (ending == LEFT or (isAdmitted and ARGV[4] == bits and ARGV[5] + 0 == unpack('<I6', place)))
if isHeld then
    finish(user, ending)
    advance()
end
keep()
return isHeld and '\0\1' or '\0\0'
