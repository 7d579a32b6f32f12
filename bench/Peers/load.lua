-- wrk: POST /limit/incr, the same bytes for every contender. The key and the policy are in the body, and once more in headers for those who
-- do not read bodies.
-- Arguments behind --: the pattern, and how many threads wrk has.
--   uniform-1k, uniform-100k  each of 1,000 or 100,000 keys as often as the others, all admitted
--   admitted                  nine in ten on one key, the others on 1,000; all admitted
--   refused                   nine in ten on one key whose limit is used up, the others on 1,000 that are admitted
-- Prints one line for run.sh: "peers", then tab-separated: requests, microseconds, latency (p50, p95, p99 and longest, in microseconds),
-- errors (connect, read, write, timed out), refused with 429, other statuses.
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("id", #threads)
end

local function call(key, policy)
  return wrk.format("POST", "/limit/incr",
    { ["Content-Type"] = "application/json", ["X-Api-Key"] = "dev-pro-key", ["X-Key"] = key, ["X-Policy"] = policy },
    string.format('{"key":"%s","cost":1,"policy":"%s"}', key, policy))
end

local function unlimited(number)
  return call(string.format("user-%015d", number), "unlimited-bench")
end

-- The keys from the first on, or every step-th of them: each once, in an order of this thread's own.
local function each(first, keys, step)
  local calls = {}
  for number = first, keys, step do
    calls[#calls + 1] = unlimited(number)
  end
  for place = #calls, 2, -1 do
    local other = math.random(place)
    calls[place], calls[other] = calls[other], calls[place]
  end
  return calls
end

local function hot(key, policy)
  local calls, hit = {}, call(key, policy)
  for place = 1, 10000 do
    calls[place] = place % 10 > 0 and hit or unlimited(math.random(1000))
  end
  return calls
end

local patterns = {
  ["uniform-1k"] = function() return each(1, 1000, 1) end,
  ["uniform-100k"] = function(count) return each(id, 100000, count) end,
  ["admitted"] = function() return hot("popular", "unlimited-bench") end,
  ["refused"] = function() return hot("attacked", "default") end,
}

function init(args)
  math.randomseed(id)
  refused, others = 0, 0
  calls, at = patterns[args[1]](tonumber(args[2])), 0
  if args[1] == "refused" then
    -- Where nobody is refused, wrk itself counts whatever is no success: it is faster without this.
    function response(status)
      if status == 429 then
        refused = refused + 1
      elseif status ~= 200 then
        others = others + 1
      end
    end
  end
end

function request()
  at = at % #calls + 1
  return calls[at]
end

function done(summary, latency)
  local refused, others, errors = 0, 0, summary.errors
  for _, thread in ipairs(threads) do
    refused, others = refused + thread:get("refused"), others + thread:get("others")
  end
  -- errors.status counts 429 too; what the threads counted is among it.
  others = math.max(others, errors.status - refused)
  io.write(string.format("peers\t%d\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%d\t%d\t%d\t%d\t%d\t%d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max,
    errors.connect, errors.read, errors.write, errors.timeout, refused, others))
end
