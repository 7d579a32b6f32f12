# shellcheck shell=bash
# Sourced by run, with $port checked and everything built: the service with the embedded engine, and people and bots who rush at a sale of it.
. eng/children.sh

root=$PWD
: "${port:?}"

if [[ ${ASPNETCORE_ENVIRONMENT:-Development} != Development ]]; then
    fail "ASPNETCORE_ENVIRONMENT is '$ASPNETCORE_ENVIRONMENT'; ./run --demo is for Development alone, which makes users and sales for whoever asks."
fi

# The user's own settings of these are for another engine, and for another way to be asked.
unset REDIS_URL REDIS_HOST REDIS_PORT OPERATIONS_PORT
export ASPNETCORE_ENVIRONMENT=Development LIMITER_ENGINE=memory
export Logging__LogLevel__Default=Warning
export DOTNET_EnableDiagnostics=${DOTNET_EnableDiagnostics:-0} # its sockets would stay in /tmp when a child is killed

run_api() {
    export PORT=${port_of[$1]} ASPNETCORE_CONTENTROOT=$root/Api
    become dotnet "$root/Api/bin/Release/net10.0/OrleansLimiter.Api.dll"
}

# play_demo: starts the service, plays, and returns the play's status.
play_demo() {
    local status=0
    trap 'stop_children; clean_up; show_cursor' EXIT
    start api "$port"
    await 120 api answers "$port" /health/ready
    step dotnet "$root/bench/Sale/bin/Release/net10.0/OrleansLimiter.SaleBench.dll" demo --url "http://127.0.0.1:$port" || status=$?
    return "$status"
}

# The board hides it, and may be ended before it brings it back.
show_cursor() {
    [[ ! -t 1 ]] || printf '\e[?25h'
}
