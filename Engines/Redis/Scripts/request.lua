-- One request, and the state of its key.
--
-- KEYS[1]  the key's state: its rules (as in ARGV[1]), then the algorithm's own numbers; or a state of each kind (sides.lua)
-- KEYS[2]  the requests that the key answered under an id; given with an id, and for a reset
-- ARGV[2]  operation: 0 acquire, 1 acquire up to, 2 peek, 3 refund, 4 charge, 5 release, 6 reset, 7 renew; 16 more where no key may be
--          made, nor any grow. 8 lease, 9 return: lent.lua's alone
-- ARGV[3]  permits, at most 2 * 10^9
-- ARGV     behind the compiled numbers, where they are needed: the exact permits (8 bytes), a lease (16 bytes), and the request id
-- returns  \0 and the answer, or \6 and the answer where the key was made; \1 and the rules that the state is under, if they are not the
--          spec's: nothing was done; \2 if the request id was used with another cost; \3, the microseconds since, the lease, \0 and the
--          answer that was given then; \4 and the rules that the state is under, where a refund or charge has to be made under those:
--          nothing was done; \8 if permits are out: nothing was done; \5 if the key would have been made, or would have had to grow, and
--          must not: nothing was done
local operation, permits = ARGV[2] + 0, ARGV[3] + 0
local confined = operation >= 16
if confined then
    operation = operation - 16
end
local value = call('GET', KEYS[1])

-- As it stands there, whatever value is made of it.
local stored = value or ''
