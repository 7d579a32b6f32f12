# shellcheck shell=bash
# Sourced after eng/steps.sh by eng/compose-trial.sh: docker-compose.yml under a project name of its own, by docker or by podman. What differs
# between them is in here.

root=$PWD
: "${project:?}"
scratch=$(mktemp -d)   # what nobody else may read, and the socket, whose path must be short
environment=$scratch/env # what .env is otherwise
overrides=()           # compose files after docker-compose.yml
background=()          # processes to end at the end

# choose_engine [docker|podman]: sets engine and compose_command, and starts what podman needs; fails with what to do.
choose_engine() {
    engine=${1-}
    if [[ -z $engine ]]; then
        if docker version --format '{{.Server.Version}}' >/dev/null 2>&1; then engine=docker; else engine=podman; fi
    fi
    case $engine in
        docker)
            command -v docker >/dev/null || fail "There is no docker on the PATH: install Docker Engine with its compose plugin, or podman and docker-compose."
            docker version --format '{{.Server.Version}}' >/dev/null 2>&1 ||
                fail "docker reaches no engine: start it, or let this user at it ('docker version' says what is wrong), or take podman: $0 --engine podman"
            docker compose version >/dev/null 2>&1 || fail "docker has no compose: install its plugin (package docker-compose-plugin or docker-compose-v2)."
            compose_command=(docker compose)
            ;;
        podman)
            command -v podman >/dev/null || fail "There is neither a docker engine nor podman: install Docker Engine with its compose plugin, or the packages podman and docker-compose."
            start_podman_service
            if docker compose version >/dev/null 2>&1; then
                compose_command=(docker compose)
            elif command -v docker-compose >/dev/null; then
                compose_command=(docker-compose)
                ! is_compose_1 || compose_command+=(--compatibility) # or it makes one silo, not deploy.replicas
            else
                fail "podman is here, docker-compose is not: install the package docker-compose (podman-compose has no depends_on conditions)."
            fi
            ;;
        *) fail "--engine is '$engine'; it must be docker or podman." ;;
    esac
    say "$engine $("$engine" version --format '{{.Client.Version}}'), $("${compose_command[@]}" version --short 2>/dev/null | head -n 1) of compose"
}

is_compose_1() { [[ $("${compose_command[@]}" version --short 2>/dev/null) == 1.* ]]; }

# in_background COMMAND...: a process group of its own, which Ctrl-C does not reach and clean_up ends.
in_background() {
    set -m
    "$@" </dev/null >>"$scratch/background.log" 2>&1 &
    background+=("$!")
    set +m
    disown "$!"
}

# Compose speaks to a socket, which podman has only where somebody serves it. Without systemd's timers nobody runs podman's health checks either.
start_podman_service() {
    export DOCKER_HOST=unix://$scratch/podman.sock
    in_background podman system service --time=0 "$DOCKER_HOST"
    within 20 test -S "$scratch/podman.sock" ||
        { cat "$scratch/background.log" >&2; fail "podman serves no socket ('podman system service' failed): see above."; }
    [[ -d /run/systemd/system ]] || in_background run_health_checks
}

run_health_checks() {
    local id
    while sleep 3; do
        for id in $(containers); do
            podman healthcheck run "$id" >/dev/null 2>&1 || true
        done
    done
}

# compose ARGUMENT...: the stack of docker-compose.yml under this project's name.
compose() {
    "${compose_command[@]}" --project-name "$project" --project-directory "$root" --env-file "$environment" \
        --file docker-compose.yml "${overrides[@]/#/--file=}" "$@"
}

# podman's build through compose would not reach a network whose names only this machine knows, and its own format has no health checks.
build_images() {
    local program
    if [[ $engine == docker ]]; then
        compose build
        return
    fi
    for program in api silo; do
        podman build --format docker --network host --file "${program^}/Dockerfile" --tag "docker.io/library/orleanslimiter-$program" .
    done
}

# containers [SERVICE] [FILTER]: the ids of the running ones.
containers() {
    "$engine" ps --quiet --filter "label=com.docker.compose.project=$project" \
        ${1:+--filter "label=com.docker.compose.service=$1"} ${2:+--filter "$2"}
}

count_is() { (($(containers "$1" "${3-}" | wc -l) == $2)); }

# healthy SERVICE COUNT: waits until so many run, and all of them are healthy.
healthy() {
    within 180 count_is "$1" "$2" health=healthy && count_is "$1" "$2" && return
    say "$1: $(containers "$1" health=healthy | wc -l) healthy of $(containers "$1" | wc -l) that run, not $2:"
    "$engine" ps --all --filter "label=com.docker.compose.project=$project" --format '{{.Names}} {{.Status}}' >&2
    return 1
}

network() { "$engine" network ls --quiet --filter "label=com.docker.compose.project=$project" --filter "name=_$1\$" --format '{{.Name}}'; }

# address CONTAINER NETWORK
address() { "$engine" inspect --format "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"; }

# Compose 1 takes podman's networks for changed ones when it sees them again: from the second "up" on it is told that they are not its own.
adopt_networks() {
    local name
    is_compose_1 || return 0
    {
        echo 'networks:'
        for name in front cluster data; do
            printf '  %s:\n    external: true\n    name: %s\n' "$name" "${project}_$name"
        done
    } >"$scratch/networks.yml"
    overrides+=("$scratch/networks.yml")
}

# remove_stack: whatever of the project there is, by its label, whether or not compose knows of it.
remove_stack() {
    local ids label=label=com.docker.compose.project=$project
    mapfile -t ids < <("$engine" ps --all --quiet --filter "$label")
    ((${#ids[@]} == 0)) || { "$engine" kill --signal KILL "${ids[@]}" || true; "$engine" rm --force --volumes "${ids[@]}"; }
    mapfile -t ids < <("$engine" network ls --quiet --filter "$label")
    ((${#ids[@]} == 0)) || "$engine" network rm "${ids[@]}"
    mapfile -t ids < <("$engine" volume ls --quiet --filter "$label")
    ((${#ids[@]} == 0)) || "$engine" volume rm "${ids[@]}"
} >/dev/null 2>&1

end_background() {
    local pid
    for pid in "${background[@]}"; do
        kill -TERM -- "-$pid" 2>/dev/null || true
    done
    rm -rf "$scratch"
}

# within SECONDS COMMAND...: asks until the command succeeds.
within() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.3
    done
}
