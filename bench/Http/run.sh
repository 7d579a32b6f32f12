#!/usr/bin/env bash
# The limit service beside a bare endpoint, over HTTP: wrk on POST /limit/incr, alternating in one run.
# Usage: bench/Http/run.sh [ROUNDS] [SECONDS]   (default 5 rounds of 5 s for each of 100 and 1,000 connections)
# Needs wrk. Prints a table of requests per second; both servers and wrk share this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} seconds=${2:-5}
. bench/Http/servers.sh
need wrk curl
mkdir -p artifacts
for project in Api bench/Http/BareEndpoint; do
    dotnet build "$project" -c Release -v quiet -nologo
done
export ASPNETCORE_ENVIRONMENT=Development Logging__LogLevel__Default=Warning DATABASE_URL=sqlite:$PWD/artifacts/bench.db
PORT=4810 dotnet bench/Http/BareEndpoint/bin/Release/net10.0/OrleansLimiter.BareEndpoint.dll >artifacts/bench.bare.log 2>&1 &
bare=$!
PORT=4811 dotnet Api/bin/Release/net10.0/OrleansLimiter.Api.dll >artifacts/bench.api.log 2>&1 &
api=$!
trap 'kill $bare $api 2>/dev/null; wait' EXIT
for port in 4810 4811; do
    for _ in $(seq 100); do
        ask $port start >/dev/null && break
        sleep 0.1
    done
done
measure() { rate "$2" "$1" "$seconds" bench/Http/incr.lua; } # connections port
for port in 4810 4811; do measure 100 $port >/dev/null; done # warm up
echo '| connections | round | bare, requests/s | limit service, requests/s | ratio |'
echo '|---:|---:|---:|---:|---:|'
for connections in 100 1000; do
    ratios=
    for round in $(seq "$rounds"); do
        a=$(measure "$connections" 4810)
        b=$(measure "$connections" 4811)
        ratio=$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.3f", b / a }')
        ratios+=$ratio$'\n'
        echo "| $connections | $round | $a | $b | $ratio |"
    done
    echo "| $connections | median | | | $(printf %s "$ratios" | median) |"
done
