#!/usr/bin/env bash
# An attack on one key: wrk on POST /limit/incr, nine requests in ten on a key that is refused, by each engine in turn with a bare endpoint
# that decides nothing. Prints requests per second, their ratio, and how often a second the engine was asked for a refusal.
# Usage: bench/Http/refused.sh [ROUNDS] [SECONDS] [CONNECTIONS]   (default 5 rounds of 4 s with 100 connections)
# Needs wrk, redis-server and curl. Servers and wrk share this machine; all on loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5} seconds=${2:-4} connections=${3:-100}
for tool in wrk redis-server curl; do
    command -v "$tool" >/dev/null || { echo "bench/Http/refused.sh needs $tool" >&2; exit 1; }
done
work=$PWD/artifacts/bench-refused
rm -rf "$work" && mkdir -p "$work/redis"
for project in Api Silo bench/Http/BareEndpoint; do
    dotnet build "$project" -c Release -v quiet -nologo >"$work/build.log" || { cat "$work/build.log"; exit 1; }
done

children=()
trap 'kill "${children[@]}" 2>/dev/null; wait' EXIT
export API_KEY=dev-pro-key ASPNETCORE_ENVIRONMENT=Development Logging__LogLevel__Default=Warning
JWT_SECRET=$(head -c 48 /dev/urandom | base64 -w 0)
export JWT_SECRET REDIS_URL=redis://127.0.0.1:4826/0 CLUSTER_ID=bench ADVERTISED_ADDRESS=127.0.0.1
redis-server --bind 127.0.0.1 --port 4826 --dir "$work/redis" --save '' >"$work/server.log" &
children+=($!)
PORT=4820 dotnet bench/Http/BareEndpoint/bin/Release/net10.0/OrleansLimiter.BareEndpoint.dll >"$work/bare.log" 2>&1 &
children+=($!)
SILO_PORT=4827 GATEWAY_PORT=4828 OPERATIONS_PORT=4829 ASPNETCORE_CONTENTROOT=$PWD/Silo \
    dotnet Silo/bin/Release/net10.0/OrleansLimiter.Silo.dll >"$work/silo.log" 2>&1 &
children+=($!)

declare -A port=([bare]=4820 [memory]=4821 [redis]=4822 [orleans]=4823) # operators' ports: 100 more
declare -A source=([memory]=memory [redis]=redis [orleans]=cluster)
for engine in memory redis orleans; do
    PORT=${port[$engine]} OPERATIONS_PORT=$((port[$engine] + 100)) LIMITER_ENGINE=$engine DATABASE_URL=sqlite:$work/$engine.db \
        ASPNETCORE_CONTENTROOT=$PWD/Api dotnet Api/bin/Release/net10.0/OrleansLimiter.Api.dll >"$work/$engine.log" 2>&1 &
    children+=($!)
done
ask() { # port key: one answer
    curl -s -H 'Content-Type: application/json' -H "X-Api-Key: $API_KEY" -d "{\"key\":\"$2\",\"policy\":\"unlimited-bench\"}" \
        "http://127.0.0.1:$1/limit/incr"
}
for engine in memory redis orleans; do
    for _ in $(seq 300); do
        [[ $(ask "${port[$engine]}" start || true) == *"\"source\":\"${source[$engine]}\""* ]] && continue 2
        sleep 0.1
    done
    echo "The service on $engine does not answer: see $work/$engine.log" >&2
    exit 1
done

measure() { # port
    wrk -t2 -c"$connections" -d"${seconds}s" -s bench/Http/refused.lua "http://127.0.0.1:$1" | awk '/^Requests\/sec:/ { print $2 }'
}
asked() { # engine: refusals that were the engine's own
    curl -s "http://127.0.0.1:$((port[$1] + 100))/metrics" | awk '
        /^orleanslimiter_decisions_total.*policy="default"/ && /outcome="limited"/ { refused += $NF }
        /^orleanslimiter_remembered_refusals_total/ { told += $NF }
        END { printf "%d", refused - told }'
}
median() { sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
for name in bare memory redis orleans; do measure "${port[$name]}" >/dev/null; done # warm up
declare -A ratios=()
echo '| round | bare, requests/s | engine | requests/s | of bare | refusals asked of the engine, per second |'
echo '|---:|---:|---|---:|---:|---:|'
for round in $(seq "$rounds"); do
    for engine in memory redis orleans; do
        bare=$(measure "${port[bare]}")
        before=$(asked "$engine")
        rate=$(measure "${port[$engine]}")
        calls=$((($(asked "$engine") - before) / seconds))
        ratio=$(awk -v a="$bare" -v b="$rate" 'BEGIN { printf "%.2f", b / a }')
        ratios[$engine]+=$ratio$'\n'
        echo "| $round | $bare | $engine | $rate | $ratio | $calls |"
    done
done
for engine in memory redis orleans; do
    echo "| median | | $engine | | $(printf %s "${ratios[$engine]}" | median) | |"
done
