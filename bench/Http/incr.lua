-- wrk: POST /limit/incr on 10,000 keys, or as many as KEYS says, each thread in an order of its own.
local thread = 0
function setup(t)
  t:set("seed", thread)
  thread = thread + 1
end
function init()
  local keys = tonumber(os.getenv("KEYS") or 10000)
  math.randomseed(seed + 42)
  bodies = {}
  for i = 1, 10000 do
    bodies[i] = wrk.format("POST", "/limit/incr",
      { ["Content-Type"] = "application/json", ["X-Api-Key"] = os.getenv("API_KEY") },
      string.format('{"key":"user-%015d","cost":1,"policy":"unlimited-bench"}', math.random(1, keys)))
  end
  at = 0
end
function request()
  at = at % 10000 + 1
  return bodies[at]
end
function response(status)
  if status ~= 200 then
    wrk.thread:stop()
  end
end
