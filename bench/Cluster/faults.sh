#!/usr/bin/env bash
# Breaks a running `./run --cluster` or `./run --redis` in known ways while `load` asks through its balancer, and prints what was seen.
# Usage: bench/Cluster/faults.sh [kills] [freeze] [rolling] [redis-empty]      for ./run --cluster
#        bench/Cluster/faults.sh [redis-kills] [redis-freeze] [redis-full]     for ./run --redis
# Without a name: all of what runs, one after the other. Each takes 120 s.
# bench/Cluster/README.md says what happens in each. Settings: RATE, KEYS, POLICY, WINDOW, API_KEY, RUN_DIR, OUT.
# The exit status is 0 only if every fault was made and healed in its time; what the figures should be is not judged here.
# shellcheck disable=SC2317 # the scenarios, and what they wait for, are called by name
set -euo pipefail
cd "$(dirname "$0")/../.."
run_dir=${RUN_DIR:-artifacts/run}
out=${OUT:-artifacts/bench/faults-$(date +%Y%m%d-%H%M%S)}
seconds=120
tool=bench/Cluster/bin/Release/net10.0/OrleansLimiter.ClusterBench.dll
for scenario in "${@:-all}"; do
    case $scenario in
        all | kills | freeze | rolling | redis-empty | redis-kills | redis-freeze | redis-full) ;;
        *) sed -n '2,7s/^# //p' "$0" >&2; exit 2 ;;
    esac
done

pid_of() { cat "$run_dir/$1.pid"; }
port_of() { cat "$run_dir/$1.port"; }
now_ms() { date +%s%3N; }
say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }
mark() {
    echo "$(now_ms) $1" >>"$folder/marks.txt"
    say "$1"
}

if [[ -e $run_dir/silo1.port ]]; then
    kind=cluster needed=(redis silo1 silo2 balancer) all=(kills freeze rolling redis-empty)
elif [[ -e $run_dir/api1.port ]]; then
    kind=redis needed=(redis api1 api2 balancer) all=(redis-kills redis-freeze redis-full)
else
    say "Nothing runs that $run_dir/ knows of. Start ./run --cluster or ./run --redis first."
    exit 2
fi
[[ ${1:-all} != all ]] || set -- "${all[@]}"
for scenario in "$@"; do
    if [[ " ${all[*]} " != *" $scenario "* ]]; then
        say "$scenario is none of ./run --$kind, which is what $run_dir/ is of. Its own are: ${all[*]}."
        exit 2
    fi
done
for name in "${needed[@]}"; do
    if ! kill -0 "$(pid_of "$name")" || [[ ! -s $run_dir/$name.port ]]; then
        say "$name does not run: $run_dir/ has no living $name. Start ./run --$kind first."
        exit 2
    fi
done
mkdir -p "$out"
if ! dotnet build bench/Cluster -c Release -v quiet -nologo >"$out/build.log" 2>&1; then
    cat "$out/build.log" >&2
    exit 2
fi

load='' frozen='' full=''
clean_up() {
    [[ -z $frozen ]] || kill -CONT "$frozen" 2>/dev/null || true
    [[ -z $full ]] || ask_redis 1 CONFIG SET maxmemory "$full" >/dev/null || true
    [[ -z $load ]] || kill "$load" 2>/dev/null || true
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A dead child is a zombie until its parent has looked.
is_gone() { [[ ! -r /proc/$1/stat ]] || [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == [ZX]* ]]; }
is_ready() { curl -sf -m 1 -o /dev/null "http://127.0.0.1:$(port_of "$1")/health/ready"; }
decides_by_redis() { curl -sf -m 1 "http://127.0.0.1:$(port_of "$1")/limit/check?key=faults" | grep -q '"source":"redis"'; }

# ask_redis LINES WORD...: sends one command and prints so many lines of the reply.
ask_redis() (
    exec 2>/dev/null 4<>"/dev/tcp/127.0.0.1/$(port_of redis)" || exit 1
    lines=$1
    shift
    printf '%s\r\n' "$*" >&4
    for ((; lines > 0; lines--)); do
        read -r -t 1 answer <&4 || exit 1
        printf '%s\n' "${answer%$'\r'}"
    done
)
redis_answers() { [[ $(ask_redis 1 PING) == +PONG ]]; }
redis_is_full() { [[ $(ask_redis 1 SET faults 1 PX 1) == -OOM* ]]; }
redis_has_room() { [[ $(ask_redis 1 SET faults 1 PX 1) == +OK ]]; }

# within LIMIT_SECONDS COMMAND...: asks every 100 ms until the command succeeds.
within() {
    local deadline=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        (($(now_ms) < deadline)) || return 1
        sleep 0.1
    done
}

# until_second N: waits for the Nth second of the load.
until_second() {
    local at=$((started + $1 * 1000)) left
    while left=$((at - $(now_ms))) && ((left > 0)); do
        ((left < 1000)) || left=999 # so that an interrupt is heeded soon
        sleep "0.$(printf %03d "$left")"
    done
}

unhealed() {
    mark "NOT-HEALED-$1"
    return 1
}

# come_back NAME PID: waits until the process has gone and its successor is ready.
come_back() {
    if ! within 60 is_gone "$2" || ! within 60 is_ready "$1"; then
        unhealed "$1"
    fi
}

# Its faults at 15, 45 and 75 s; each only when the one before is healed.
kills() {
    local one two
    until_second 15
    one=$(pid_of silo1)
    mark kill-silo1
    kill -9 "$one"
    come_back silo1 "$one" || return 1
    mark silo1-ready

    until_second 45
    one=$(pid_of redis)
    mark kill-redis
    kill -9 "$one"
    if ! within 5 is_gone "$one" || ! within 20 redis_answers; then
        unhealed redis || return 1
    fi
    mark redis-answers

    until_second 75
    one=$(pid_of silo1) two=$(pid_of silo2)
    mark kill-both
    kill -9 "$one" "$two"
    come_back silo1 "$one" || return 1
    come_back silo2 "$two" || return 1
    mark silos-ready
}

# Stopped at 20 s, continued at 50 s. A silo that finds itself declared dead ends itself, perhaps after it has said that it is
# ready, and the runner starts another.
freeze() {
    until_second 20
    frozen=$(pid_of silo1)
    local was=$frozen ended=false
    mark freeze-silo1
    kill -STOP "$was"
    until_second 50
    mark continue-silo1
    kill -CONT "$was" || ended=true
    frozen=''
    within 60 is_ready silo1 || unhealed silo1 || return 1
    is_gone "$was" && ended=true
    mark silo1-ready
    if [[ $ended == false ]] && within 20 is_gone "$was"; then
        mark silo1-ended-itself
        come_back silo1 "$was" || return 1
        mark silo1-ready
    fi
}

# A rolling restart, twice: the next silo is stopped when the one before is ready again.
rolling() {
    local pass name was
    until_second 10
    for pass in 1 2; do
        for name in silo1 silo2; do
            was=$(pid_of "$name")
            mark "stop-$name-$pass"
            kill -TERM "$was"
            come_back "$name" "$was" || return 1
            mark "$name-ready-$pass"
        done
    done
}

# Emptied at 15 s while it runs, and at 65 s replaced by another: killed, and its file gone when the runner starts it again. Both
# silos then end themselves, and the runner starts others.
redis-empty() {
    local pass one two was
    for pass in 1 2; do
        until_second $((50 * pass - 35))
        one=$(pid_of silo1) two=$(pid_of silo2)
        if ((pass == 1)); then
            [[ $(ask_redis 1 FLUSHALL) == +OK ]] || unhealed redis || return 1
        else
            was=$(pid_of redis)
            kill -9 "$was"
            within 5 is_gone "$was" || unhealed redis || return 1
            rm -rf "$run_dir/redis/appendonlydir"
        fi
        mark "empty-redis-$pass"
        within 20 redis_answers || unhealed redis || return 1
        mark "redis-answers-$pass"
        if ! within 60 is_gone "$one" || ! within 60 is_gone "$two"; then
            unhealed silos || return 1
        fi
        mark "silos-ended-$pass"
        come_back silo1 "$one" || return 1
        come_back silo2 "$two" || return 1
        mark "silos-ready-$pass"
    done
}

# Killed at 15, 45 and 75 s, each time only when it is healed; the runner starts it again after 3 s.
redis-kills() {
    local pass was
    for pass in 1 2 3; do
        until_second $((30 * pass - 15))
        was=$(pid_of redis)
        mark "kill-redis-$pass"
        kill -9 "$was"
        if ! within 5 is_gone "$was" || ! within 20 redis_answers; then
            unhealed redis || return 1
        fi
        mark "redis-answers-$pass"
    done
}

# Stopped for 5 s from 15 s on, and for 30 s from 45 s on.
redis-freeze() {
    local pass stop
    for pass in 1 2; do
        until_second $((30 * pass - 15))
        frozen=$(pid_of redis)
        mark "freeze-redis-$pass"
        kill -STOP "$frozen"
        stop=$((pass == 1 ? 20 : 75))
        until_second "$stop"
        mark "continue-redis-$pass"
        kill -CONT "$frozen"
        frozen=''
        within 5 redis_answers || unhealed redis || return 1
    done
}

# Full for 5 s from 15 s on, and for 60 s from 35 s on: longer than a charge that is not answered is repeated.
redis-full() {
    local pass stop room
    room=$(ask_redis 5 CONFIG GET maxmemory | tail -n 1)
    [[ $room =~ ^[0-9]+$ ]] || unhealed redis || return 1
    for pass in 1 2; do
        until_second $((20 * pass - 5))
        full=$room
        mark "fill-redis-$pass"
        if [[ $(ask_redis 1 CONFIG SET maxmemory 1) != +OK ]] || ! redis_is_full; then
            unhealed redis || return 1
        fi
        stop=$((pass == 1 ? 20 : 95))
        until_second "$stop"
        mark "room-in-redis-$pass"
        if [[ $(ask_redis 1 CONFIG SET maxmemory "$room") != +OK ]] || ! redis_has_room; then
            unhealed redis || return 1
        fi
        full=''
    done
}

# under_load SCENARIO: starts the load, makes the faults, and shows the figures.
under_load() {
    local healed=0 answered=0 name settle=3
    folder=$out/$1
    rm -rf "$folder"
    if [[ $kind == redis ]]; then
        settle=2
        for name in api1 api2; do
            within 60 decides_by_redis "$name" || { say "$name does not decide by Redis before $1"; return 1; }
        done
    else
        for name in silo1 silo2; do
            within 60 is_ready "$name" || { say "$name is not ready before $1"; return 1; }
        done
    fi
    say "$1: $seconds s of load, results in $folder"
    timeout --kill-after=5 $((seconds + 120)) dotnet "$tool" load --url "http://127.0.0.1:$(port_of balancer)" --seconds "$seconds" \
        --rate "${RATE:-2000}" --keys "${KEYS:-1000}" --policy "${POLICY:-default}" --api-key "${API_KEY:-dev-free-key}" \
        --window "${WINDOW:-60}" --settle "$settle" --out "$folder" >"$out/$1.log" 2>&1 &
    load=$!
    if ! within 30 test -s "$folder/started.txt"; then
        cat "$out/$1.log" >&2
        return 1
    fi
    started=$(<"$folder/started.txt")
    "$1" || healed=1
    (($(now_ms) < started + seconds * 1000)) || { say "$1: healed only after the load had ended"; healed=1; }
    wait "$load" || answered=1
    load=
    printf '\n## %s\n\n' "$1"
    cat "$out/$1.log"
    return $((healed | answered))
}

status=0
for scenario in "$@"; do
    under_load "$scenario" || status=1
done
exit "$status"
