-- Does what an operator says, and then tells how the valve stands.
--
-- ARGV[2]     0 pause, 1 resume, 2 change the rates, 3 sold out, 4 close
-- ARGV[3..5]  the new rates: admissions per window, window in microseconds, people in checkout
local command = ARGV[2]
if isClosed == 1 then
    command = nil
elseif command == '0' then
    isPaused = 1
elseif command == '1' then
    isPaused, isSoldOut = 0, 0
elseif command == '3' then
    isSoldOut = 1
elseif command == '4' then
    isClosed, people, waiting, inCheckout = 1, 0, 0, 0
    call('UNLINK', PLACES, LINE, BEATS, TURNS)
elseif ARGV[3] + 0 ~= admissions or ARGV[4] + 0 ~= window or ARGV[5] + 0 ~= checkout then
    admissions, window, checkout = ARGV[3] + 0, ARGV[4] + 0, ARGV[5] + 0
    whole, rest = min(readyAt(), clock + floor((window + admissions - 1) / admissions)), 0
end
advance()
