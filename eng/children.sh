# shellcheck shell=bash
# Sourced after eng/steps.sh: programs that run as children of this shell. Each has its pid, its port and its log in
# artifacts/run/. One that dies is restarted on the same port after 3 s, and however this shell ends, all are stopped in
# order: what was started last, first.
#
# A child is named by its kind and, if there are several of that kind, a number: redis, silo1, silo2. How a child is run says
# a function of the sourcing script, run_KIND NAME, which ends in "become PROGRAM ARGUMENT...". What it exports stays its own.

run=$PWD/artifacts/run
names=() # in the order of their start
declare -A pid_of=() port_of=() started_at=() restart_at=()
declare -A stop_signal=() # by kind, where it is not TERM
longest_stop=40 # s; then a child is killed. .NET hosts give up by themselves after 30 s

# claim_run: makes artifacts/run/ this shell's own, or fails if another one has it. Its lock is open as 9, which no child
# inherits, so it is free again as soon as this shell is gone, and what such a shell left behind is ended.
claim_run() {
    mkdir -p "$run"
    exec 9>>"$run/lock"
    flock --nonblock 9 || fail "Another ./run, process $(<"$run/lock"), has children running from this folder; it must end first."
    echo $$ >"$run/lock"
    trap 'stop_children; clean_up' EXIT
    trap 'exit 141' PIPE
    end_leftovers
    find "$run" -mindepth 1 ! -name lock -delete
}

# A process id says nothing after a reboot or a while; a child is known by its working folder, which is nobody else's.
end_leftovers() {
    local file pid leftovers=()
    for file in "$run"/*.pid; do
        pid=$(cat "$file" 2>/dev/null) || continue
        [[ $pid =~ ^[1-9][0-9]*$ && $(readlink "/proc/$pid/cwd") == "$run"* ]] || continue
        leftovers+=("$pid")
    done
    ((${#leftovers[@]} > 0)) || return 0
    say "Ending what an earlier run left behind: $(for pid in "${leftovers[@]}"; do tr -s '\0 ' ' ' <"/proc/$pid/cmdline" | cut -c1-60; done | paste -sd,)"
    end_processes TERM "${leftovers[@]}"
}

# Whoever reads this may be gone: not being heard is no reason to leave children behind.
say() { printf '%s\n' "$*" >&2 || true; }

# start NAME PORT: runs the child.
start() {
    names+=("$1")
    # shellcheck disable=SC2034 # the sourcing script uses it
    port_of[$1]=$2
    echo "$2" >"$run/$1.port"
    launch "$1"
}

launch() {
    set -m # a process group of its own: Ctrl-C reaches this shell alone, which stops the children in order
    { cd "$run" && "run_${1%%[0-9]*}" "$1"; } </dev/null >>"$run/$1.log" 2>&1 9>&- &
    pid_of[$1]=$!
    set +m
    started_at[$1]=$SECONDS
    disown "${pid_of[$1]}" # or the shell would report its death, in words of its own
    echo "${pid_of[$1]}" >"$run/$1.pid"
}

# become PROGRAM ARGUMENT...: what a child's function ends in. The program gets SIGTERM if this shell is killed.
become() { exec setpriv --pdeathsig TERM -- "$@"; }

is_alive() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ $stat != *') Z '* ]]
}

# await SECONDS NAME COMMAND...: waits until the command succeeds. A child that dies at once has something wrong with it that
# another start would not mend.
await() {
    local seconds=$1 name=$2 deadline=$((SECONDS + $1)) why=
    shift 2
    until "$@"; do
        if ! is_alive "${pid_of[$name]}" && ((SECONDS - started_at[$name] < 5)); then
            why="$name ended as soon as it was started"
        elif ((SECONDS >= deadline)); then
            why="$name was not ready within $seconds s"
        fi
        if [[ -n $why ]]; then
            tail -n 20 "$run/$name.log" >&2
            fail "$why. Its log is artifacts/run/$name.log."
        fi
        restart_the_dead
        sleep 0.2
    done
}

# answers PORT PATH [TEXT]: whether the HTTP server on that port answers 200, with the text in its body. A fresh machine has
# no curl.
answers() {
    local status='' line=''
    {
        printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
        read -r -t 5 _ status _ <&3
        while read -r -t 5 line <&3; do :; done # the body is the last line, which does not end
    } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    [[ $status == 200 && $line == *"${3-}"* ]]
}

# supervise: restarts what dies, until this shell is told to end.
supervise() {
    while :; do
        restart_the_dead
        sleep 0.5 || true
    done
}

# restart_the_dead: to be called often.
restart_the_dead() {
    local name now=${EPOCHREALTIME//[.,]/} # us
    for name in "${names[@]}"; do
        if [[ -n ${restart_at[$name]-} ]]; then
            ((now >= restart_at[$name])) || continue
            unset "restart_at[$name]"
            launch "$name"
            say "$(date +%T) $name is started again, process ${pid_of[$name]}."
        elif ! is_alive "${pid_of[$name]}"; then
            restart_at[$name]=$((now + 3000000))
            rm -f "$run/$name.pid"
            say "$(date +%T) $name has ended and is started again in 3 s. Its log is artifacts/run/$name.log."
        fi
    done
}

stop_children() {
    trap '' HUP INT TERM PIPE # the end is not ended halfway
    local name kind kinds=() pids
    for name in "${names[@]}"; do
        kind=${name%%[0-9]*}
        [[ ${kinds[0]-} == "$kind" ]] || kinds=("$kind" "${kinds[@]}")
    done
    ((${#kinds[@]} == 0)) || say "Stopping: ${kinds[*]}"
    for kind in "${kinds[@]}"; do
        pids=()
        for name in "${names[@]}"; do
            [[ ${name%%[0-9]*} != "$kind" || -z ${pid_of[$name]-} ]] || pids+=("${pid_of[$name]}")
        done
        end_processes "${stop_signal[$kind]:-TERM}" "${pids[@]}"
    done
    for name in "${names[@]}"; do
        rm -f "$run/$name.pid" "$run/$name.port"
    done
}

# end_processes SIGNAL PID...: sends the signal to all, waits for their end, and kills the groups of those that do not.
end_processes() {
    local signal=$1 pid deadline=$((SECONDS + longest_stop))
    shift
    for pid in "$@"; do
        ! is_alive "$pid" || kill "-$signal" "$pid" 2>/dev/null || true
    done
    for pid in "$@"; do
        while is_alive "$pid" && ((SECONDS < deadline)); do
            sleep 0.1
        done
        ! is_alive "$pid" || kill -KILL -- "-$pid" 2>/dev/null || true
    done
}
