#!/usr/bin/env bash
# The Redis engine on a real Garnet: is it refused by name, and which tests would fail there? See eng/garnet-trial.sh --help.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
Usage: eng/garnet-trial.sh [VERSION]

Installs garnet-server (a .NET tool, default 2.2.8) into a temporary folder, starts the service with the Redis engine on it, which must end by
name, and then runs the engine's tests with Garnet in the place of redis-server and that check off: with scripts as they are by default, and with
--lua-transaction-mode. Prints how many fail and which. About six minutes. Status 0: it is refused, and tests fail on it; 1: it is not refused, or
nothing fails, so that it may be taken off Engines/Redis/UnsupportedServer.cs.
TEXT
}

version=2.2.8
case $#,${1-} in
    0,) ;;
    1,--help | 1,-h) usage; exit 0 ;;
    1,[0-9]*) version=$1 ;;
    *) echo "eng/garnet-trial.sh: unknown arguments: $*" >&2; usage >&2; exit 2 ;;
esac

. eng/steps.sh
. eng/ports.sh
require_sdk
say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

must() { # LOG COMMAND...
    local log=artifacts/garnet-trial.$1.log
    shift
    quiet_step "$log" "$@" || { tail -n 20 "$log" >&2; fail "$* failed. Its log is $log"; }
}
say "Installing garnet-server $version, building"
must install dotnet tool install garnet-server --version "$version" --tool-path "$step_tmp/tool"
for project in Api tests/Redis.Tests; do
    must "build-${project//\//-}" dotnet build "$project" "${build_flags[@]}" -maxcpucount:1
done
export GARNET=$step_tmp/tool/garnet-server

# What the tests start in the place of redis-server: it takes what it knows of the arguments.
mkdir "$step_tmp/bin"
cat >"$step_tmp/bin/redis-server" <<'TEXT'
#!/usr/bin/env bash
while (($# > 1)); do
    case $1 in
        --port | --bind) known+=("$1" "$2") ;;
    esac
    shift
done
exec "$GARNET" "${known[@]}" --lua --memory 256m --index 16m ${GARNET_FLAGS-}
TEXT
chmod +x "$step_tmp/bin/redis-server"

say 'Starting the service on it'
free_port garnet_port 6390
free_port port 4830
free_port operations_port 4840
"$step_tmp/bin/redis-server" --port "$garnet_port" --bind 127.0.0.1 >artifacts/garnet-trial.garnet.log 2>&1 &
garnet=$!
trap 'kill "$garnet" 2>/dev/null || true; clean_up' EXIT
for _ in {1..300}; do
    ! port_is_taken "$garnet_port" || break
    sleep 0.1
done
log=artifacts/garnet-trial.service.log
start=(env "PORT=$port" "OPERATIONS_PORT=$operations_port" LIMITER_ENGINE=redis "REDIS_URL=redis://127.0.0.1:$garnet_port"
    "DATABASE_URL=sqlite:$step_tmp/trial.db" "JWT_SECRET=$(head -c 48 /dev/urandom | base64 -w 0)" ASPNETCORE_ENVIRONMENT=Development "ASPNETCORE_CONTENTROOT=$PWD/Api"
    timeout 30 dotnet Api/bin/Release/net10.0/OrleansLimiter.Api.dll)
status=0
if quiet_step "$log" "${start[@]}" || ! grep -q "(Garnet $version" "$log"; then
    echo "The service does not refuse Garnet $version by name: see $log"
    status=1
else
    echo "The service refuses it: $(grep -o "[^ ]* is not possible here.*(Garnet ${version}[^)]*)" "$log" | head -n 1)"
fi
kill "$garnet" || true

classes=(ConformanceTests RedisValveConformanceTests DecisionTests BatchTests StoredStateTests TurnTests QuotaTests)
filters=()
for class in "${classes[@]}"; do filters+=(-class "*.$class"); done
for flags in '' --lua-transaction-mode; do
    say "Testing with --lua $flags"
    log=artifacts/garnet-trial.tests$flags.log
    quiet_step "$log" env TEST_ANY_SERVER=1 "GARNET_FLAGS=$flags" "PATH=$step_tmp/bin:$PATH" timeout 300 \
        dotnet tests/Redis.Tests/bin/Release/net10.0/OrleansLimiter.Redis.Tests.dll -noColor -trait- Length=long "${filters[@]}" || true
    total=$(grep -o 'Total: [0-9]*, .*Failed: [0-9]*' "$log" || echo 'stopped after 300 s')
    echo "--lua $flags: $total"
    sed -n 's/^ *OrleansLimiter\.Redis\.Tests\.\(.*\) \[FAIL\]$/    \1/p' "$log" | sort
    [[ $total != *'Failed: 0' ]] || status=1
done
exit "$status"
