-- Many requests under one spec, decided one after the other at one moment: what stands between this and batchEnd.lua decides one of them.
-- None has an id or a lease. Nothing is written before all are decided, so that a batch which fails has charged nobody.
--
-- KEYS     the keys' states, each once
-- ARGV[2]  for each request, in the order in which they came: its key's place in KEYS (1), its operation as in request.lua (1), its
--          permits (4)
-- ARGV[3]  how many bytes of states may be read; whoever comes behind them is not decided: keys with long states hold up nobody else
-- returns  for each request the answer as request.lua has it, with \0 or \6 in front, or \5; or \7 where it has to be asked for alone, as
--          the state is under other rules, is none, has permits out, or is too long: nothing was done
local batch = { stored = {}, texts = {}, ends = {}, key = 0 }
local exact, lease, id, ids
local function decide(operation, permits, value)
    local confined = operation >= 16
    if confined then
        operation = operation - 16
    end
    local stored = value or ''
