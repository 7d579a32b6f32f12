#!/usr/bin/env bash
# Breaks a running `./run --cluster` in known ways while `load` asks through its balancer, and prints what was seen.
# Usage: bench/Cluster/faults.sh [kills] [freeze] [rolling]   (default: all three, one after the other, 120 s each)
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
        all | kills | freeze | rolling) ;;
        *) sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
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

for name in redis silo1 silo2 balancer; do
    if ! kill -0 "$(pid_of "$name")" || [[ ! -s $run_dir/$name.port ]]; then
        say "$name does not run: $run_dir/ has no living $name. Start ./run --cluster first."
        exit 2
    fi
done
mkdir -p "$out"
if ! dotnet build bench/Cluster -c Release -v quiet -nologo >"$out/build.log" 2>&1; then
    cat "$out/build.log" >&2
    exit 2
fi

load='' frozen=''
clean_up() {
    [[ -z $frozen ]] || kill -CONT "$frozen" 2>/dev/null || true
    [[ -z $load ]] || kill "$load" 2>/dev/null || true
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A dead child is a zombie until its parent has looked.
is_gone() { [[ ! -r /proc/$1/stat ]] || [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == [ZX]* ]]; }
is_ready() { curl -sf -m 1 -o /dev/null "http://127.0.0.1:$(port_of "$1")/health/ready"; }
redis_answers() (
    exec 2>/dev/null 4<>"/dev/tcp/127.0.0.1/$(port_of redis)" || exit 1
    printf 'PING\r\n' >&4 && read -r -t 1 answer <&4 && [[ $answer == +PONG* ]]
)

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

# under_load SCENARIO: starts the load, makes the faults, and shows the figures.
under_load() {
    local healed=0 answered=0 name
    folder=$out/$1
    rm -rf "$folder"
    for name in silo1 silo2; do
        within 60 is_ready "$name" || { say "$name is not ready before $1"; return 1; }
    done
    say "$1: $seconds s of load, results in $folder"
    timeout --kill-after=5 $((seconds + 120)) dotnet "$tool" load --url "http://127.0.0.1:$(port_of balancer)" --seconds "$seconds" \
        --rate "${RATE:-2000}" --keys "${KEYS:-1000}" --policy "${POLICY:-default}" --api-key "${API_KEY:-dev-free-key}" \
        --window "${WINDOW:-60}" --out "$folder" >"$out/$1.log" 2>&1 &
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
[[ ${1:-all} != all ]] || set -- kills freeze rolling
for scenario in "$@"; do
    under_load "$scenario" || status=1
done
exit "$status"
