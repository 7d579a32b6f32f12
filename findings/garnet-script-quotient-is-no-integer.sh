#!/usr/bin/env bash
# Garnet 2.2.8 (NuGet tool garnet-server) beside Redis 7.0: a script's 10/5 reaches PEXPIRE as "2.0" and is refused: the counter stays.
#
# What happens: Redis' Lua is 5.1, where 10/5 is the number 2 and is sent to a command as "2". Garnet's is 5.4, where a quotient is a
# float whatever it divides, and redis.call sends it as "2.0". PEXPIRE, INCRBY, HINCRBY and SET's PX refuse that. The fixed-window script
# below (count, and at the first count set the window's end) therefore increments, fails at PEXPIRE, and is not rolled back: later calls
# do not come past PEXPIRE any more, and the counter never expires.
#
# Why one expects otherwise: both servers announce EVAL, the script is valid on both, every number in it is whole, and the first error
# is the only one: the second call answers 2, as if nothing were wrong.
#
# What it means for a limiter: on such a store the key's first window is its last; it fills up and the caller is refused for good. Floats
# also lose digits on the way (14 are sent; Redis sends 17), so a clock in fractional seconds is cut to 0.1 ms. Pass whole numbers
# through math.floor (in 5.4 it returns an integer) before they go into a command.
#
# Seen 2026-11-29, redis-server 7.0.15 and garnet-server 2.2.8 with --lua:
#   redis : first call 1; second call 2; counter expires: yes; quotient stored as 2
#   garnet: first call ERR value is not an integer or out of range.; second call 2; counter expires: no; quotient stored as 2.0
set -euo pipefail
dir=$(mktemp -d)
pids=()
trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir"
command -v redis-server >/dev/null || apt-get install -y -q redis-server >/dev/null || { echo "could not install"; exit 2; }
dotnet tool install garnet-server --version 2.2.8 --tool-path . >/dev/null || { echo "could not install"; exit 2; }

free_port() {
    local port
    while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
    echo "$port"
}
redis_port=$(free_port)
redis-server --port "$redis_port" --bind 127.0.0.1 --save '' >redis.log 2>&1 &
pids+=($!)
garnet_port=$(free_port)
./garnet-server --port "$garnet_port" --bind 127.0.0.1 --lua >garnet.log 2>&1 &
pids+=($!)

# answered PORT COMMAND...: the reply in one line.
answered() {
    redis-cli -p "$1" "${@:2}" 2>&1 | tr -d '\n'
}
for port in "$redis_port" "$garnet_port"; do
    for ((i = 0; i < 150; i++)); do
        [[ $(answered "$port" ping) != PONG ]] || break
        sleep 0.2
    done
done

# KEYS[1] the counter, ARGV[1] and ARGV[2] the limit and the rate per millisecond: the window is their quotient. Returns the count.
script="local window = ARGV[1] / ARGV[2]
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], window) end
return count"

# seen PORT: what the server at this port does.
seen() {
    local first second expires=yes
    first=$(answered "$1" eval "$script" 1 counter 300000 5)
    second=$(answered "$1" eval "$script" 1 counter 300000 5)
    [[ $(answered "$1" pttl counter) != -1 ]] || expires=no
    answered "$1" eval "redis.call('SET', KEYS[1], 10 / 5)" 1 quotient >/dev/null
    echo "first call $first; second call $second; counter expires: $expires; quotient stored as $(answered "$1" get quotient)"
}
redis=$(seen "$redis_port")
garnet=$(seen "$garnet_port")
echo "redis : $redis"
echo "garnet: $garnet"
[[ $redis == "first call 1; second call 2; counter expires: yes; quotient stored as 2" ]] &&
    [[ $garnet == "first call ERR value is not an integer"*"; second call 2; counter expires: no; quotient stored as 2.0" ]]
