#!/usr/bin/env bash
# One key that everybody wants and is admitted to: wrk on POST /limit/incr, nine requests in ten on that key, by each engine in turn with a
# bare endpoint that decides nothing; once with permits that the front end takes in advance (a policy that says Lease), once without.
# Usage: bench/Http/admitted.sh [ROUNDS] [SECONDS] [CONNECTIONS]   (default 7 rounds of 3 s with 100 connections)
# Needs wrk, redis-server and curl. Two silos, one front end for each engine; servers and wrk share this machine; all on loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-7} seconds=${2:-3} connections=${3:-100}
. bench/Http/servers.sh
need wrk redis-server curl
for policy in plain leased; do
    export "Limiter__Policies__${policy}__Algorithm=tokenBucket" "Limiter__Policies__${policy}__Limit=1000000"
    export "Limiter__Policies__${policy}__Window=1s"
done
export Limiter__Policies__leased__Lease=true
start_servers "$PWD/artifacts/bench-admitted" 2

measure() { POLICY=$2 rate "${port[$1]}" "$connections" "$seconds" bench/Http/admitted.lua; } # name policy
of_leases() { # engine: decisions by source lease, and all
    curl -s "http://127.0.0.1:$((port[$1] + 100))/metrics" | awk '
        /^orleanslimiter_decisions_total.*policy="leased"/ { all += $NF; if (/source="lease"/) leased += $NF }
        END { printf "%d %d", leased, all }'
}
measure bare plain >/dev/null
for engine in redis orleans; do measure "$engine" leased >/dev/null; done # warm up
declare -A ratios=()
echo '| round | engine | bare, requests/s | without leases | of bare | with leases | of bare | decided with permits in advance |'
echo '|---:|---|---:|---:|---:|---:|---:|---:|'
for round in $(seq "$rounds"); do
    for engine in redis orleans; do
        bare=$(measure bare plain) plain=$(measure "$engine" plain)
        read -r leased_before all_before <<<"$(of_leases "$engine")"
        leased=$(measure "$engine" leased)
        read -r leased_after all_after <<<"$(of_leases "$engine")"
        read -r a b share <<<"$(awk -v x="$bare" -v y="$plain" -v z="$leased" -v l=$((leased_after - leased_before)) -v n=$((all_after - all_before)) \
            'BEGIN { printf "%.2f %.2f %.1f%%", y / x, z / x, 100 * l / n }')"
        ratios[$engine plain]+=$a$'\n' ratios[$engine leased]+=$b$'\n'
        echo "| $round | $engine | $bare | $plain | $a | $leased | $b | $share |"
    done
done
for engine in redis orleans; do
    echo "| median | $engine | | | $(printf %s "${ratios[$engine plain]}" | median) | | $(printf %s "${ratios[$engine leased]}" | median) | |"
done
