# shellcheck shell=bash
# Sourced by run: which TCP ports are free on this machine.

declare -A given_ports=()

# Whether a process listens on the port, on any address. In /proc/net/tcp the port is in hexadecimal and 0A is LISTEN.
port_is_taken() {
    local hex local_address state
    hex=$(printf '%04X' "$1")
    while read -r _ local_address _ state _; do
        [[ $state == 0A && ${local_address##*:} == "$hex" ]] && return 0
    done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    return 1
}

# require_ports PORT...: fails if one is taken. The first is what PORT says.
require_ports() {
    local wanted which=it
    for wanted in "$@"; do
        ((wanted == $1)) || which="$wanted, which is needed too"
        ! port_is_taken "$wanted" ||
            fail "PORT is '$1', and another process listens on $which; it must be free. Another one: PORT=$(($1 % 65500 + $#)) $0"
    done
}

# free_port VARIABLE FROM: the first port from there on that nobody listens on and that was not given out before.
# Ports above 32767 would not do: while a child is down, any outgoing connection could be given its port.
free_port() {
    local candidate=$2
    while [[ -n ${given_ports[$candidate]-} ]] || port_is_taken "$candidate"; do
        ((candidate++))
    done
    given_ports[$candidate]=1
    printf -v "$1" %s "$candidate"
}
