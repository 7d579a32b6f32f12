#!/usr/bin/env bash
# The limit service beside its peers. See bench/Peers/run.sh --help, and README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

patterns=(uniform-1k uniform-100k admitted refused)
default_loads=(uniform-1k@1 uniform-1k@100 uniform-1k@1000 uniform-100k@100 admitted@100 refused@100)
all_loads=()
for pattern in "${patterns[@]}"; do all_loads+=("$pattern"@{1,100,1000}); done
. bench/Peers/contenders.sh

usage() {
    cat <<TEXT
Usage: bench/Peers/run.sh [OPTION...]

Starts this service on each of its engines and its peers, asks all of them for the same with wrk, one after the other in each round,
and writes a table to bench/results/. Needs the .NET 10 SDK; installs what else it needs with apt-get (as root or with sudo) and npm.

  --rounds N      how often each is measured under each load, 1 to 99 (default 7)
  --seconds N     for how long, 1 to 60 (default 2)
  --only NAMES    the contenders that take part, separated by commas (default: all)
                  $(printf '%s ' "${contenders[@]:0:8}")
                  $(printf '%s ' "${contenders[@]:8}")
  --loads NAMES   PATTERN@CONNECTIONS, separated by commas, or all
                  (default: ${default_loads[*]})
                  patterns: ${patterns[*]}; connections: 1, 100, 1000
  --port FIRST    the first of 40 ports that must be free, 1024 to 32700 (default 4840)
  --out FILE      where the table goes (default: bench/results/peers-DATE.md)
  -h, --help      this text
TEXT
}

wrong() {
    echo "bench/Peers/run.sh: $*" >&2
    exit 2
}

# number OPTION VALUE LOWEST HIGHEST
number() {
    [[ $2 =~ ^[0-9]{1,5}$ ]] && ((10#$2 >= $3 && 10#$2 <= $4)) || wrong "$1 is '$2'; it must be a whole number from $3 to $4"
}

# names OPTION VALUE NAME...: the value's names, one a line, in the order of those that there are.
names() {
    local option=$1 value=$2 name
    shift 2
    while read -r name; do
        [[ " $* " == *" $name "* && -n $name ]] || wrong "$option names '$name'; there are: $*"
    done < <(tr , '\n' <<<"$value")
    for name in "$@"; do
        [[ ",$value," != *",$name,"* ]] || echo "$name"
    done
}

rounds=7 seconds=2 first_port=4840 out=bench/results/peers-$(date -u +%F).md command="bench/Peers/run.sh${*:+ $*}"
chosen=("${contenders[@]}") loads=("${default_loads[@]}")
while (($# > 0)); do
    option=$1
    case $option in
        --help | -h) usage; exit 0 ;;
        --rounds | --seconds | --only | --loads | --port | --out) (($# > 1)) || wrong "$option needs a value" ;;
        *) wrong "unknown option $option; --help says which there are" ;;
    esac
    value=$2
    shift 2
    case $option in
        --rounds) number "$option" "$value" 1 99; rounds=$((10#$value)) ;;
        --seconds) number "$option" "$value" 1 60; seconds=$((10#$value)) ;;
        --port) number "$option" "$value" 1024 32700; first_port=$((10#$value)) ;;
        --out) out=$value ;;
        --only) list=$(names "$option" "$value" "${contenders[@]}"); mapfile -t chosen <<<"$list" ;;
        --loads)
            if [[ $value == all ]]; then
                loads=("${all_loads[@]}")
            else
                list=$(names "$option" "$value" "${all_loads[@]}")
                mapfile -t loads <<<"$list"
            fi
            ;;
    esac
done

. eng/steps.sh
. eng/servers.sh
. eng/ports.sh
require_sdk
mkdir -p "$(dirname "$out")" && : >>"$out" || fail "$out cannot be written."
[[ -s $out ]] || rm "$out" # until there is something to say

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }
takes_part() { [[ " ${chosen[*]} " == *" $1 "* ]]; }
takes_part_one_of() {
    local name
    for name in "$@"; do
        ! takes_part "$name" || return 0
    done
    return 1
}

# What is installed and built. Everything that is made here is in one folder, which goes with this command; the logs stay.
work=$step_tmp
logs=$root/artifacts/bench-peers
rm -rf "$logs"
mkdir -p "$logs"
chmod 755 "$work" # nginx' workers have a user of their own
programs=(wrk npm)
needs_redis=
if takes_part orleans || takes_part_one_of "${!database_of[@]}"; then
    needs_redis=1
    programs+=(redis-server)
fi
for program in nginx haproxy; do
    ! takes_part "$program" || programs+=("$program")
done
require_servers "${programs[@]}"

must() { # LOG COMMAND...
    local log=$logs/$1.log
    shift
    quiet_step "$log" "$@" || { tail -n 40 "$log" >&2; fail "$* failed. Its log is $log"; }
}
say 'Installing the packages of npm, building'
packages=$work/node
cp -r bench/Peers/node "$packages"
must npm npm --prefix "$packages" ci --no-audit --no-fund --ignore-scripts
node=$(echo "$packages"/node_modules/node-linux-*/bin/node)
[[ -x $node ]] || fail "npm has no Node for this machine ($(uname -m)): it must be x86_64 or aarch64."
projects=()
! takes_part bare || projects+=(bench/Http/BareEndpoint)
! takes_part_one_of memory redis orleans || projects+=(Api)
! takes_part orleans || projects+=(Silo)
! takes_part_one_of aspnet redis-rate-limiting || projects+=(bench/Peers/AspNetCore)
for project in "${projects[@]}"; do
    must "build-${project//\//-}" dotnet build "$project" "${build_flags[@]}" -maxcpucount:1
done

# Servers: one process group each, ended with this command.
started=()
declare -A pid_of=() port_of=()
stop_all() {
    trap '' HUP INT TERM
    local name
    for name in "${started[@]}"; do kill -TERM -- "-${pid_of[$name]}" 2>/dev/null || true; done
    for name in "${started[@]}"; do
        for _ in {1..50}; do
            kill -0 -- "-${pid_of[$name]}" 2>/dev/null || continue 2
            sleep 0.1
        done
        kill -KILL -- "-${pid_of[$name]}" 2>/dev/null || true
    done
}
trap 'stop_all; clean_up' EXIT

next_port=$first_port
take_port() { # VARIABLE: of 40, from the first on
    ! port_is_taken "$next_port" || fail "--port is $first_port, and another process listens on $next_port: 40 from there on must be free."
    printf -v "$1" %s "$((next_port++))"
}

launch() { # NAME: takes a port for it and starts it
    take_port "port_of[$1]"
    set -m
    { cd "$work" && "run_${1//-/_}"; } </dev/null >"$logs/$1.log" 2>&1 &
    pid_of[$1]=$!
    set +m
    disown "${pid_of[$1]}"
    started+=("$1")
}

# get PORT PATH: the body of a 200, or nothing and a failure.
get() {
    local status='' line
    {
        printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
        read -r -t 5 _ status _ <&3
        [[ $status == 200 ]] && while read -r -t 5 line || [[ -n $line ]]; do printf '%s\n' "$line"; done <&3
    } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

await() { # SECONDS NAME COMMAND...
    local deadline=$((SECONDS + $1)) name=$2
    shift 2
    until "$@" >/dev/null; do
        kill -0 "${pid_of[$name]}" 2>/dev/null || { tail -n 20 "$logs/$name.log" >&2; fail "$name ended. Its log is $logs/$name.log"; }
        ((SECONDS < deadline)) || { tail -n 20 "$logs/$name.log" >&2; fail "$name was not ready in time. Its log is $logs/$name.log"; }
        sleep 0.1
    done
}

# HAProxy makes room for as many connections as it may have files: on some machines that is a thousand million. wrk needs one for each of its own.
files=$(ulimit -Hn)
[[ $files =~ ^[0-9]{1,5}$ ]] || files=20000
ulimit -n "$files"

say 'Starting'
export ASPNETCORE_ENVIRONMENT=Development Logging__LogLevel__Default=Warning DOTNET_EnableDiagnostics=0
CLUSTER_ID=peers-$(date +%s) JWT_SECRET=$(head -c 48 /dev/urandom | base64 -w 0)
export CLUSTER_ID JWT_SECRET
unset REDIS_HOST REDIS_PORT OPERATIONS_PORT
if [[ -n $needs_redis ]]; then
    launch redis-server
    await 10 redis-server listens "${port_of[redis-server]}"
fi
if takes_part orleans; then
    for silo in silo1 silo2; do
        take_port "port_of[$silo-silo]"
        take_port "port_of[$silo-gateway]"
        launch "$silo"
        await 120 "$silo" get "${port_of[$silo]}" /health/ready
    done
fi
for name in "${chosen[@]}"; do
    case $name in
        memory | redis | orleans) take_port "port_of[$name-operations]" ;;
    esac
    launch "$name"
done
for name in "${chosen[@]}"; do
    await 60 "$name" listens "${port_of[$name]}"
    case $name in
        memory | redis | orleans) await 60 "$name" get "${port_of[$name-operations]}" /health/ready ;;
    esac
done

# Does each charge, and refuse when its limit is used up?
say 'Checking the contenders'
for name in "${chosen[@]}"; do
    "$node" bench/Peers/check.mjs "$name" "http://127.0.0.1:${port_of[$name]}" >&2 || fail "$name does not do what it is measured for."
done

# cpu_of NAME...: the CPU time of these process groups, in hundredths of a second.
cpu_of() {
    local name groups=' '
    for name in "$@"; do groups+="${pid_of[$name]} "; done
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v groups="$groups" '
        { sub(/^.*\) /, "") } index(groups, " " $3 " ") { ticks += $12 + $13 } END { print ticks + 0 }'
}

# fallbacks_of NAME: how many decisions the service's engine left to the local fallback, so far.
fallbacks_of() {
    case $1 in
        redis | orleans) get "${port_of[$1-operations]}" /metrics | awk '/^orleanslimiter_fallbacks_total/ { n += $NF } END { printf "%d", n }' ;;
        *) echo 0 ;;
    esac
}

# measure NAME PATTERN CONNECTIONS SECONDS: load.lua's figures, then the CPU time and the fallbacks.
measure() {
    local threads=2 database=${database_of[$1]-} words helpers before=() after=()
    (($3 > 1)) || threads=1
    [[ -z $database ]] || redis-cli -p "${port_of[redis-server]}" -n "$database" flushdb >/dev/null
    read -r -a helpers <<<"${helpers_of[$1]-}"
    before=("$(cpu_of "$1" "${helpers[@]}")" "$(fallbacks_of "$1")")
    words=$(wrk -t"$threads" -c"$3" -d"${4}s" --timeout 10s -s bench/Peers/load.lua "http://127.0.0.1:${port_of[$1]}" -- "$2" "$threads" |
        grep '^peers') || fail "wrk has no figures for $1."
    after=("$(cpu_of "$1" "${helpers[@]}")" "$(fallbacks_of "$1")")
    printf '%s\t%s\t%s\n' "${words#*$'\t'}" "$(((after[0] - before[0]) * 10000))" "$((after[1] - before[1]))"
}

turns=$((rounds * ${#loads[@]} * ${#chosen[@]}))
say "Measuring: $turns turns of $seconds s, about $(((turns * (seconds * 10 + 4) + ${#loads[@]} * ${#chosen[@]} * 14) / 600 + 1)) minutes"
# idle SECONDS: what each process takes while nobody asks, in percent of one core, the greatest first; processes of less than one are left out.
idle() {
    local name before=() at=0
    for name in "${started[@]}"; do before+=("$(cpu_of "$name")"); done
    sleep "$1"
    for name in "${started[@]}"; do
        printf '%s %s\n' "$((($(cpu_of "$name") - before[at++]) / $1))" "$name"
    done | sort -rn | awk '$1 > 0 { sum += $1; list = list (list == "" ? "" : ", ") $2 " " $1 " %" } END { print sum + 0 " % of one core" (list == "" ? "" : " (" list ")") }'
}
sleep 5
idle_before=$(idle 5)
figures=$work/figures.tsv
for load in "${loads[@]}"; do
    pattern=${load%@*} connections=${load#*@}
    for ((round = 0; round <= rounds; round++)); do
        order=("${chosen[@]}")
        if ((round % 2 == 0)); then # back and forth
            order=()
            for name in "${chosen[@]}"; do order=("$name" "${order[@]}"); done
        fi
        for name in "${order[@]}"; do
            duration=$seconds
            ((round > 0)) || duration=1 # warms up
            line=$(measure "$name" "$pattern" "$connections" "$duration")
            ((round == 0)) || printf '%s\t%s\t%s\t%s\n' "$load" "$round" "$name" "$line" >>"$figures"
        done
        say "$load, round $round of $rounds"
    done
done
sleep 5
idle_after=$(idle 5)

# version_of NAME: of what is installed. wrk says its own with a status of failure.
version_of() { read_version "$1" || true; }
read_version() {
    case $1 in
        redis) redis-server --version | grep -o 'v=[^ ]*' | cut -d= -f2 ;;
        nginx) nginx -v 2>&1 | sed 's#.*/\([^ ]*\).*#\1#' ;;
        haproxy) haproxy -v | awk 'NR == 1 { print $3 }' ;;
        wrk) wrk -v 2>&1 | awk 'NR == 1 { print $2 }' ;;
        RedisRateLimiting | StackExchange.Redis) sed -n "s/.*Include=\"$1\" Version=\"\([^\"]*\)\".*/\1/p" Directory.Packages.props ;;
        *) "$node" -p "require('$packages/node_modules/$1/package.json').version" ;;
    esac
}
used=("the commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)$(git diff --quiet HEAD 2>/dev/null || echo ' and changes')"
    ".NET $(dotnet --list-runtimes | awk '$1 == "Microsoft.AspNetCore.App" { version = $2 } END { print version }')" "wrk $(version_of wrk)")
[[ -z $needs_redis ]] || used+=("redis-server $(version_of redis)" "StackExchange.Redis $(version_of StackExchange.Redis)")
! takes_part redis-rate-limiting || used+=("RedisRateLimiting $(version_of RedisRateLimiting)")
for program in nginx haproxy; do
    ! takes_part "$program" || used+=("$program $(version_of "$program")")
done
if takes_part_one_of "${node_contenders[@]}"; then
    used+=("Node $("$node" --version | tr -d v)")
    for package in express rate-limiter-flexible express-rate-limit rate-limit-redis fastify @fastify/rate-limit ioredis; do
        used+=("$package $(version_of "$package")")
    done
fi
TITLE="The limit service beside its peers, $(date -u +%F)" COMMAND=$command ROUNDS=$rounds SECONDS_EACH=$seconds IDLE_BEFORE=$idle_before IDLE_AFTER=$idle_after \
    MACHINE="$(nproc) cores of $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(. /etc/os-release && echo "$PRETTY_NAME")" \
    USED=$(IFS=';'; echo "${used[*]}") "$node" bench/Peers/report.mjs "$figures" >"$work/report.md"
cp "$work/report.md" "$out"
cat "$out"
say "Written to $out"
