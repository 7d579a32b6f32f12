-- wrk: POST /limit/incr under the policy that POLICY names, nine in ten on one key, the others on 1,000 keys; all are admitted.
local thread = 0
function setup(t)
  t:set("seed", thread)
  thread = thread + 1
end
function init()
  math.randomseed(seed + 42)
  bodies = {}
  for i = 1, 10000 do
    local key = math.random(10) > 1 and "wanted" or string.format("user-%015d", math.random(1, 1000))
    bodies[i] = wrk.format("POST", "/limit/incr",
      { ["Content-Type"] = "application/json", ["X-Api-Key"] = os.getenv("API_KEY") },
      string.format('{"key":"%s","cost":1,"policy":"%s"}', key, os.getenv("POLICY")))
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
