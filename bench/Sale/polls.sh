#!/usr/bin/env bash
# 100,000 people in a sale's line: what they cost, and GET /sales/{id}/queue beside a bare endpoint, alternating in one run.
# Usage: bench/Sale/polls.sh [OPTION...]   (those of the verb polls: bench/Sale/README.md)
# Starts both servers on PORT (default 4820) and the next; they and the program that asks share this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
port=${PORT:-4820}
mkdir -p artifacts
for project in Api bench/Http/BareEndpoint bench/Sale; do
    dotnet build "$project" -c Release -v quiet -nologo
done
data=$(mktemp -d "$PWD/artifacts/polls.XXXXXX")
export ASPNETCORE_ENVIRONMENT=Development Logging__LogLevel__Default=Warning DATABASE_URL=sqlite:$data/polls.db
PORT=$((port + 1)) dotnet bench/Http/BareEndpoint/bin/Release/net10.0/OrleansLimiter.BareEndpoint.dll >artifacts/polls.bare.log 2>&1 &
bare=$!
PORT=$port dotnet Api/bin/Release/net10.0/OrleansLimiter.Api.dll >artifacts/polls.api.log 2>&1 &
api=$!
trap 'kill $bare $api 2>/dev/null; wait; rm -rf "$data"' EXIT
for path in "$port/health/ready" "$((port + 1))/sales/x/queue"; do
    for _ in $(seq 300); do
        curl -sf -o /dev/null "http://127.0.0.1:$path" && break
        sleep 0.2
    done
done
dotnet bench/Sale/bin/Release/net10.0/OrleansLimiter.SaleBench.dll polls --url "http://127.0.0.1:$port" --bare "http://127.0.0.1:$((port + 1))" --pid "$api" "$@"
