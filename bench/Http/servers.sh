# Sourced by the scripts beside it, from the repository's root: the servers that they measure, on loopback, ended with the script.
#   start_servers WORK SILOS   a bare endpoint, Redis, so many silos, and the service on each engine; waits until all answer
#   rate PORT CONNECTIONS SECONDS SCRIPT   requests per second by wrk; what was no 2xx or 3xx goes to the standard error
#   median                     of the numbers on its input
# After start_servers: port[NAME], source[NAME] of bare, memory, redis, orleans; pids[NAME] of these, server (Redis) and silo1, silo2.
declare -A port=([bare]=4820 [memory]=4821 [redis]=4822 [orleans]=4823) # operators' ports: 100 more
declare -A source=([memory]=memory [redis]=redis [orleans]=cluster)
declare -A pids=()
export API_KEY=dev-pro-key

need() { # TOOL...: says which one is missing, for all scripts alike
    local tool
    for tool; do
        command -v "$tool" >/dev/null || { echo "$0 needs $tool" >&2; exit 1; }
    done
}

ask() { # port key: one answer
    curl -s -H 'Content-Type: application/json' -H "X-Api-Key: $API_KEY" -d "{\"key\":\"$2\",\"policy\":\"unlimited-bench\"}" \
        "http://127.0.0.1:$1/limit/incr"
}

begin() { # name command...: starts a program whose output goes to a file
    "${@:2}" >"$work/$1.log" 2>&1 &
    pids[$1]=$!
}

start_servers() { # work silos
    work=$1
    rm -rf "$work" && mkdir -p "$work/redis"
    local project engine silo
    for project in Api Silo bench/Http/BareEndpoint; do
        dotnet build "$project" -c Release -v quiet -nologo >"$work/build.log" || { cat "$work/build.log"; exit 1; }
    done
    trap 'kill "${pids[@]}" 2>/dev/null; wait' EXIT
    JWT_SECRET=$(head -c 48 /dev/urandom | base64 -w 0)
    export JWT_SECRET ASPNETCORE_ENVIRONMENT=Development Logging__LogLevel__Default=Warning
    export REDIS_URL=redis://127.0.0.1:4826/0 CLUSTER_ID=bench ADVERTISED_ADDRESS=127.0.0.1
    begin server redis-server --bind 127.0.0.1 --port 4826 --dir "$work/redis" --save ''
    begin bare env PORT="${port[bare]}" dotnet bench/Http/BareEndpoint/bin/Release/net10.0/OrleansLimiter.BareEndpoint.dll
    for silo in $(seq "$2"); do
        begin "silo$silo" env SILO_PORT=$((4830 + silo)) GATEWAY_PORT=$((4840 + silo)) OPERATIONS_PORT=$((4850 + silo)) \
            ASPNETCORE_CONTENTROOT="$PWD/Silo" dotnet Silo/bin/Release/net10.0/OrleansLimiter.Silo.dll
    done
    for engine in memory redis orleans; do
        begin "$engine" env PORT="${port[$engine]}" OPERATIONS_PORT=$((port[$engine] + 100)) LIMITER_ENGINE=$engine \
            DATABASE_URL="sqlite:$work/$engine.db" ASPNETCORE_CONTENTROOT="$PWD/Api" dotnet Api/bin/Release/net10.0/OrleansLimiter.Api.dll
    done
    for engine in memory redis orleans; do
        for _ in $(seq 300); do
            [[ $(ask "${port[$engine]}" start || true) == *"\"source\":\"${source[$engine]}\""* ]] && continue 2
            sleep 0.1
        done
        echo "The service on $engine does not answer: see $work/$engine.log" >&2
        exit 1
    done
}

rate() { # port connections seconds script
    wrk -t2 -c"$2" -d"$3s" -s "$4" "http://127.0.0.1:$1" |
        awk '/^Requests\/sec:/ { rate = $2 } /Non-2xx/ { bad = $0 } END { if (bad) print bad > "/dev/stderr"; print rate }'
}

median() { sort -g | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
