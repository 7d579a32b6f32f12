-- wrk: POST /limit/incr, nine in ten on one key that its limit has refused, the others on 1,000 keys that are admitted.
local thread = 0
function setup(t)
  t:set("seed", thread)
  thread = thread + 1
end
local function body(key, policy)
  return wrk.format("POST", "/limit/incr",
    { ["Content-Type"] = "application/json", ["X-Api-Key"] = os.getenv("API_KEY") },
    string.format('{"key":"%s","cost":1,"policy":"%s"}', key, policy))
end
function init()
  math.randomseed(seed + 42)
  bodies = {}
  for i = 1, 10000 do
    bodies[i] = math.random(10) > 1 and body("attacked", "default")
      or body(string.format("user-%015d", math.random(1, 1000)), "unlimited-bench")
  end
  at = 0
end
function request()
  at = at % 10000 + 1
  return bodies[at]
end
function response(status)
  if status ~= 200 and status ~= 429 then
    wrk.thread:stop()
  end
end
