#!/usr/bin/env bash
# An attack on one key: wrk on POST /limit/incr, nine requests in ten on a key that is refused, by each engine in turn with a bare endpoint
# that decides nothing. Prints requests per second, their ratio, and how often a second the engine was asked for a refusal.
# Usage: bench/Http/refused.sh [ROUNDS] [SECONDS] [CONNECTIONS]   (default 5 rounds of 4 s with 100 connections)
# Needs wrk, redis-server and curl. Servers and wrk share this machine; all on loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} seconds=${2:-4} connections=${3:-100}
. bench/Http/servers.sh
need wrk redis-server curl
start_servers "$PWD/artifacts/bench-refused" 1

measure() { rate "${port[$1]}" "$connections" "$seconds" bench/Http/refused.lua 2>/dev/null; } # name; 429 is what is asked for
asked() { # engine: refusals that were the engine's own
    curl -s "http://127.0.0.1:$((port[$1] + 100))/metrics" | awk '
        /^orleanslimiter_decisions_total.*policy="default"/ && /outcome="limited"/ { refused += $NF }
        /^orleanslimiter_remembered_refusals_total/ { told += $NF }
        END { printf "%d", refused - told }'
}
for name in bare memory redis orleans; do measure "$name" >/dev/null; done # warm up
declare -A ratios=()
echo '| round | bare, requests/s | engine | requests/s | of bare | refusals asked of the engine, per second |'
echo '|---:|---:|---|---:|---:|---:|'
for round in $(seq "$rounds"); do
    for engine in memory redis orleans; do
        bare=$(measure bare)
        before=$(asked "$engine")
        requests=$(measure "$engine")
        calls=$((($(asked "$engine") - before) / seconds))
        ratio=$(awk -v a="$bare" -v b="$requests" 'BEGIN { printf "%.2f", b / a }')
        ratios[$engine]+=$ratio$'\n'
        echo "| $round | $bare | $engine | $requests | $ratio | $calls |"
    done
done
for engine in memory redis orleans; do
    echo "| median | | $engine | | $(printf %s "${ratios[$engine]}" | median) | |"
done
