# shellcheck shell=bash
# Sourced by run, with $port checked: the programs that ./run --cluster and ./run --redis start, all on loopback. What a child alone is given
# is in its run_ function; what several are given is exported where they are started.
. eng/servers.sh
. eng/children.sh

root=$PWD
: "${port:?}" "${mode:?}"

declare -A silo_port=() gateway_port=()

if [[ ${ASPNETCORE_ENVIRONMENT:-Development} != Development ]]; then
    fail "ASPNETCORE_ENVIRONMENT is '$ASPNETCORE_ENVIRONMENT'; ./run --$mode is for Development alone. For the rest there is docker-compose.yml."
fi

# The user's own settings of these are for a service that stands alone.
unset REDIS_URL REDIS_HOST REDIS_PORT OPERATIONS_PORT
export ASPNETCORE_ENVIRONMENT=Development
export DOTNET_EnableDiagnostics=${DOTNET_EnableDiagnostics:-0} # its sockets would stay in /tmp when a child is killed

start_redis() {
    local redis_port
    free_port redis_port 6390
    start redis "$redis_port"
    await 10 redis redis_answers
    export REDIS_URL=redis://127.0.0.1:$redis_port/0
}

run_redis() {
    mkdir -p redis
    become redis-server --bind 127.0.0.1 --port "${port_of[$1]}" --dir "$PWD/redis" \
        --appendonly yes --save '' --maxmemory 2gb --maxmemory-policy noeviction
}

# Also while it reads its file again it accepts connections, but then it does not say PONG.
redis_answers() {
    local reply=
    { printf 'PING\r\n' >&3 && read -r -t 2 reply <&3; } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/${port_of[redis]}" || return 1
    [[ $reply == +PONG* ]]
}

# start_silos NAME...: names of one run are no names of the next, so no row of a silo that is gone is in the way of a new one.
start_silos() {
    local name operations_port
    CLUSTER_ID=run-$(date +%s)
    export CLUSTER_ID
    for name in "$@"; do
        free_port "silo_port[$name]" 11111
        free_port "gateway_port[$name]" 30000
        free_port operations_port 4091
        start "$name" "$operations_port"
    done
    for name in "$@"; do
        await 120 "$name" answers "${port_of[$name]}" /health/ready
    done
}

run_silo() {
    export SILO_PORT=${silo_port[$1]} GATEWAY_PORT=${gateway_port[$1]} OPERATIONS_PORT=${port_of[$1]}
    export ADVERTISED_ADDRESS=127.0.0.1 ASPNETCORE_CONTENTROOT=$root/Silo
    become dotnet "$root/Silo/bin/Release/net10.0/OrleansLimiter.Silo.dll"
}

# start_front_ends ENGINE SOURCE NAME...: on the ports after the balancer's. What they must share they get from here. A front
# end answers without the engine too, so each is asked about several keys until the engine is the source of the answers.
start_front_ends() {
    local engine=$1 source=$2 name key next=$port
    shift 2
    export LIMITER_ENGINE=$engine Limiter__FrontEnds=$# Limiter__TrustedProxies__0=127.0.0.1 DRAIN_SECONDS=2
    JWT_SECRET=${JWT_SECRET:-$(head -c 48 /dev/urandom | base64 -w 0)}
    export JWT_SECRET
    for name in "$@"; do
        start "$name" "$((++next))"
    done
    for name in "$@"; do
        for key in {1..8}; do
            await 120 "$name" answers "${port_of[$name]}" "/limit/check?key=start-$key" "\"source\":\"$source\""
        done
    done
}

run_api() {
    export PORT=${port_of[$1]} ASPNETCORE_CONTENTROOT=$root/Api
    become dotnet "$root/Api/bin/Release/net10.0/OrleansLimiter.Api.dll"
}

start_balancer() {
    stop_signal['balancer']=USR1 # requests in flight are answered first
    start balancer "$port"
    await 10 balancer answers "$port" /health/balancer
}

run_balancer() {
    export LISTEN=127.0.0.1:${port_of[$1]}
    [[ ! -s /proc/net/if_inet6 ]] || LISTEN+=",[::1]:${port_of[$1]}" # "localhost" may mean either
    export FRONT_END_1=127.0.0.1:${port_of[api1]} HEALTH_PORT_1=${port_of[api1]}
    export FRONT_END_2=127.0.0.1:${port_of[api2]} HEALTH_PORT_2=${port_of[api2]}
    local files
    # HAProxy makes room for as many connections as it may have files: on some machines that is a thousand million. Before 2.6 its file cannot bound it.
    files=$(ulimit -Hn)
    [[ $files =~ ^[0-9]{1,5}$ ]] || ulimit -n 20000
    become haproxy -db -f "$root/deploy/haproxy.cfg"
}
