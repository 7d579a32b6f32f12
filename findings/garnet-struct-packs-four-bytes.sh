#!/usr/bin/env bash
# Garnet 2.2.8 (NuGet tool garnet-server) beside Redis 7.0: a script's struct.pack writes no more than four bytes of a longer integer.
#
# What happens: the formats with a size, I5 to I8 and i5 to i8, take as many bytes as they say, but of the integer only its lower four come back from
# struct.unpack. There is no error. L and l (eight bytes) are written whole, and struct.unpack reads all of them whole.
#
# Why one expects otherwise: struct is among the libraries that Garnet gives scripts for Redis' sake, the numbers are integers far below 2^53, and what
# was packed has the right length.
#
# What it means for a limiter: a state that holds a clock in milliseconds or microseconds since 1970 in six to eight bytes comes back with another
# time. The bucket of five in the script below, which stores one, admits another number than five. Pack with L, or keep numbers as text.
#
# Seen 2026-11-30, redis-server 7.0.15 and garnet-server 2.2.8 with --lua; 1795308229892 packed and unpacked again:
#   redis : I6 1795308229892, I8 1795308229892, L 1795308229892; admitted 5 of 8 on a bucket of 5
#   garnet: I6 11900164, I8 11900164, L 1795308229892; admitted 1 of 8 on a bucket of 5
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
./garnet-server --port "$garnet_port" --bind 127.0.0.1 --lua --lua-transaction-mode >garnet.log 2>&1 &
pids+=($!)
for port in "$redis_port" "$garnet_port"; do
    for ((i = 0; i < 150; i++)); do
        [[ $(redis-cli -p "$port" ping 2>&1) != PONG ]] || break
        sleep 0.2
    done
done

# ARGV[1] a format. Returns the number that comes back.
back="return string.format('%.0f', (struct.unpack(ARGV[1], struct.pack(ARGV[1], 1795308229892))))"

# A bucket of ARGV[1] tokens, one more a minute: tokens and the time of the last refill, in milliseconds, packed. Returns whether it admits.
bucket="local time = redis.call('TIME')
local now, tokens, last = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[1]), nil
local state = redis.call('GET', KEYS[1])
if state then
    tokens, last = struct.unpack('<I4I8', state)
    local refills = math.floor((now - last) / 60000)
    tokens, now = math.min(tonumber(ARGV[1]), tokens + refills), last + refills * 60000
end
if tokens < 1 then return 0 end
redis.call('SET', KEYS[1], struct.pack('<I4I8', tokens - 1, now))
return 1"

# seen PORT: what the server at this port does.
seen() {
    local format numbers='' admitted=0
    for format in I6 I8 L; do
        numbers+="${numbers:+, }$format $(redis-cli -p "$1" eval "$back" 0 "<$format" 2>&1)"
    done
    for _ in {1..8}; do
        admitted=$((admitted + $(redis-cli -p "$1" eval "$bucket" 1 bucket 5 2>&1)))
    done
    echo "$numbers; admitted $admitted of 8 on a bucket of 5"
}
redis=$(seen "$redis_port")
garnet=$(seen "$garnet_port")
echo "redis : $redis"
echo "garnet: $garnet"
whole=1795308229892
[[ $redis == "I6 $whole, I8 $whole, L $whole; admitted 5 of 8 on a bucket of 5" ]] &&
    [[ $garnet != *"I6 $whole"* && $garnet != *"I8 $whole"* && $garnet == *"L $whole; admitted "[!5]" of 8"* ]]
