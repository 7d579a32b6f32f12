#!/usr/bin/env bash
# What a decision costs over HTTP, by each engine: requests per second beside a bare endpoint that decides nothing, and the processor time
# of each process for a request. wrk on POST /limit/incr, all admitted, the engines in turn with the bare endpoint.
# Usage: bench/Http/cost.sh [ROUNDS] [SECONDS] [CONNECTIONS] [KEYS]   (default 7 rounds of 4 s, 100 connections, 1,000 keys)
# Needs wrk, redis-server and curl. Two silos, one front end for each engine; servers and wrk share this machine; all on loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-7} seconds=${2:-4} connections=${3:-100}
export KEYS=${4:-1000}
. bench/Http/servers.sh
need wrk redis-server curl
start_servers "$PWD/artifacts/bench-cost" 2

ticks=$(getconf CLK_TCK)
declare -A parts=([bare]='bare' [memory]='memory' [redis]='redis server' [orleans]='orleans silo1 silo2')
used() { # name...: processor time of processes until now, in us
    local name
    for name; do cat "/proc/${pids[$name]}/stat"; done | sed 's/.*) //' | awk -v t="$ticks" '{ sum += $12 + $13 } END { printf "%d", sum * 1e6 / t }'
}
measure() { # name: requests per second, us of the service and us of what it asks, for a request
    local service=${parts[$1]%% *} asked=${parts[$1]#* }
    local a b requests
    [[ $asked == "$service" ]] && asked=
    a=$(used "$service") b=$(used ${asked:-})
    requests=$(rate "${port[$1]}" "$connections" "$seconds" bench/Http/incr.lua)
    awk -v r="$requests" -v s="$seconds" -v a="$(($(used "$service") - a))" -v b="$(($(used ${asked:-}) - b))" \
        'BEGIN { printf "%s %.1f %.1f", r, a / (r * s), b / (r * s) }'
}
for name in bare memory redis orleans; do measure "$name" >/dev/null; done # warm up
declare -A ratios=() own=() others=()
echo '| round | bare, requests/s | engine | requests/s | of bare | CPU of the service, us | of Redis or the silos, us |'
echo '|---:|---:|---|---:|---:|---:|---:|'
for round in $(seq "$rounds"); do
    for engine in memory redis orleans; do
        read -r bare cpu _ <<<"$(measure bare)"
        own[bare]+=$cpu$'\n'
        read -r requests cpu other <<<"$(measure "$engine")"
        ratio=$(awk -v a="$bare" -v b="$requests" 'BEGIN { printf "%.2f", b / a }')
        ratios[$engine]+=$ratio$'\n' own[$engine]+=$cpu$'\n' others[$engine]+=$other$'\n'
        echo "| $round | $bare | $engine | $requests | $ratio | $cpu | $other |"
    done
done
of() { printf %s "$1" | median; }
echo "| median | | bare | | 1 | $(of "${own[bare]}") | |"
for engine in memory redis orleans; do
    echo "| median | | $engine | | $(of "${ratios[$engine]}") | $(of "${own[$engine]}") | $(of "${others[$engine]}") |"
done
