-- Makes the valve, if there is none.
--
-- ARGV[2]     what KEYS[2] is to hold
-- ARGV[3..5]  admissions per window, window in microseconds, people in checkout
if call('EXISTS', STATE, SPEC) == 0 then
    local turn = unpack('<d', ARGV[2], 17)
    call('SET', SPEC, ARGV[2])
    call('SET', STATE, pack('<ddddddddddddddddddddddd',
        now, 0, 0, 0, 0, 0, ARGV[3] + 0, ARGV[4] + 0, ARGV[5] + 0, 0, 0, floor(turn / 32), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
end
