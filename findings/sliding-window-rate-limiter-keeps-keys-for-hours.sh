#!/usr/bin/env bash
# sliding-window-rate-limiter 6.0.1 (npm): the Redis key of a one-minute window lives for 16 hours and 40 minutes.
#
# What happens: the interval is a number of milliseconds, and the script that reserves a place gives the same number to EXPIRE, which
# takes seconds. A key is kept a thousand times as long as its window. Limiting itself is right: old members are removed when the key is
# used again.
#
# Why one expects otherwise: a log of a sliding window is worthless once the window is over, and the script does set an expiry. Nothing
# in the limiter's answers shows the difference.
#
# What it means at scale: Redis holds everybody who came in the last 16 hours, not in the last minute, each with a sorted set. With
# 1,000 new clients a minute that is a million keys where about a thousand are alive; under maxmemory the eviction this provokes
# hits live counters too. Windows of an hour stay for 41 days.
#
# Seen 2026-11-29, redis-server 7.0.15, ioredis 5:
#   interval 60000 ms, one reservation: the key expires in 60000 s
set -euo pipefail
dir=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir"
command -v redis-server >/dev/null || apt-get install -y -q redis-server >/dev/null || { echo "could not install"; exit 2; }
npm install --silent --no-audit --no-fund --prefix . sliding-window-rate-limiter@6.0.1 ioredis@5 || { echo "could not install"; exit 2; }

while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
redis-server --port "$port" --bind 127.0.0.1 --save '' >redis.log 2>&1 &
server=$!
for ((i = 0; i < 50; i++)); do
    [[ $(redis-cli -p "$port" ping 2>&1) != PONG ]] || break
    sleep 0.1
done

cat >see.mjs <<'EOF'
import Redis from 'ioredis';
import { SlidingWindowRateLimiter } from 'sliding-window-rate-limiter';
const redis = new Redis(Number(process.argv[2]), '127.0.0.1');
const limiter = SlidingWindowRateLimiter.createLimiter({ interval: 60_000, redis });
await limiter.reserve('client', 10);
redis.disconnect();
EOF
node see.mjs "$port"
key=$(redis-cli -p "$port" --scan)
ttl=$(redis-cli -p "$port" ttl "$key")
echo "interval 60000 ms, one reservation: the key expires in $ttl s"
((ttl > 59000))
