#!/usr/bin/env bash
# Redis 7.0.15 (Debian): TTL rounds to the nearest second, so a living key has TTL 0 in its last half second.
#
# What happens: the milliseconds left plus 500 are divided by 1000. A key with 1.4 s left has TTL 1, one with 0.4 s left has TTL 0,
# and the key is there and counts in both cases. In half of all cases TTL is less than what is left.
#
# Why one expects otherwise: the documented special answers are -2 (no key) and -1 (no expiry), so 0 reads as "over", and integer
# commands are expected to cut or to round up, of which at least the second is safe for a wait.
#
# What it means for a limiter: Retry-After from TTL sends the client back up to half a second too early, where it is refused again, and
# in the last half second it says "Retry-After: 0". A script that takes "ttl < 1" for "no expiry set, set it now" starts the same full
# window again, and a client that is refused then waits twice. Use PTTL, and round up.
#
# Seen 2026-11-29:
#   left 1600 ms: TTL 2; left 1400 ms: TTL 1; left 400 ms: TTL 0, and the key exists: 1
#   limiter that repairs a missing expiry when TTL < 1: the full window of 10 s had 0.4 s left; now it has 10 s again
set -euo pipefail
dir=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir"
command -v redis-server >/dev/null || apt-get install -y -q redis-server >/dev/null || { echo "could not install"; exit 2; }
while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
redis-server --port "$port" --bind 127.0.0.1 --save '' >redis.log 2>&1 &
server=$!
for ((i = 0; i < 50; i++)); do
    [[ $(redis-cli -p "$port" ping 2>&1) != PONG ]] || break
    sleep 0.1
done

# Setting and reading in one script: no time passes between them.
# ttl MILLISECONDS: TTL of a key that has so many left, and whether it exists.
ttl() {
    redis-cli -p "$port" eval "redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
return redis.call('TTL', KEYS[1]) .. ' ' .. redis.call('EXISTS', KEYS[1])" 1 key "$1"
}
read -r long _ <<<"$(ttl 1600)"
read -r middle _ <<<"$(ttl 1400)"
read -r short exists <<<"$(ttl 400)"
echo "left 1600 ms: TTL $long; left 1400 ms: TTL $middle; left 400 ms: TTL $short, and the key exists: $exists"

# The counter is full and its window of 10 s is all but over. INCR, and "if it has no expiry, set one".
after=$(redis-cli -p "$port" eval "redis.call('SET', KEYS[1], 100, 'PX', 400)
redis.call('INCR', KEYS[1])
if redis.call('TTL', KEYS[1]) < 1 then redis.call('EXPIRE', KEYS[1], 10) end
return redis.call('PTTL', KEYS[1])" 1 counter)
echo "limiter that repairs a missing expiry when TTL < 1: the full window of 10 s had 0.4 s left; now it has $((after / 1000)) s again"
[[ $long == 2 && $middle == 1 && $short == 0 && $exists == 1 && $after == 10000 ]]
