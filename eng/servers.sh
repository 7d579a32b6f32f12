# shellcheck shell=bash
# Sourced after eng/steps.sh: servers of others that a command needs, installed where they are missing.

PATH=$PATH:/usr/sbin:/sbin # haproxy is there, where an ordinary user's PATH does not look

# require_servers PROGRAM...: installs those that are missing, from the Debian or Ubuntu packages of the same names. Their
# services are neither started nor enabled: what runs on this machine is not for this project to change.
require_servers() {
    local program missing=() as_root=()
    for program in "$@"; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    ((${#missing[@]} > 0)) || return 0

    command -v apt-get >/dev/null ||
        fail "Missing: ${missing[*]}. Only on Debian and Ubuntu are they installed from here: install them and start again."
    echo "Installing ${missing[*]} with apt-get$( ((EUID == 0)) || echo ', as root by sudo')" >&2
    if ((EUID != 0)); then
        as_root=(sudo -n)
        { command -v sudo && sudo -v; } >/dev/null ||
            fail "That needs root or sudo. As root: apt-get install ${missing[*]}"
    fi
    if ! step_to_its_end artifacts/install.log "${as_root[@]}" eng/install.sh "${missing[@]}"; then
        tail -n 20 artifacts/install.log >&2
        fail "The installation of ${missing[*]} failed (see artifacts/install.log)."
    fi
}

# step_to_its_end LOG COMMAND...: a step that is not broken off, since what it would leave half done is the machine's and not
# in artifacts/: who interrupts it waits for its end.
step_to_its_end() {
    local log=$1 installer status interrupted=
    shift
    trap 'interrupted=1; echo "Waiting for the installation to end" >&2' HUP INT TERM
    set -m # a process group of its own, which Ctrl-C does not reach
    "$@" </dev/null >"$log" 2>&1 9>&- &
    installer=$!
    set +m
    while status=0; wait "$installer" || status=$?; ((status > 128)) && kill -0 "$installer" 2>/dev/null; do
        :
    done
    trap_signals
    [[ -z $interrupted ]] || exit 130
    return "$status"
}
