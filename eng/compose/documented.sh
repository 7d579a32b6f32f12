# shellcheck shell=bash
# shellcheck disable=SC2154 # what is not set in here, eng/compose-trial.sh sets
# Sourced by eng/compose-trial.sh: plays the commands that the documentation shows against a stack that runs, and holds the answers against those that it shows.

# play_section PAGE HEADING REPLACE: runs the "$ " lines of the section under "## HEADING" in one shell, after sed has done REPLACE to them, and prints what
# differs. Each status of curl is a line more of $scratch/statuses. The status is 0 if there were any and all was as shown.
play_section() {
    local line command='' expected='' section='' is_code=false differs=0 played=0 page=$1 heading=$2 replace=$3
    while IFS= read -r line; do
        case $line in
            '```'*)
                if $is_code; then is_code=false; play_command || differs=1; else is_code=true; fi
                continue
                ;;
            '## '*) $is_code || section=${line#'## '} ;;
        esac
        if ! $is_code || [[ $section != "$heading" ]]; then continue; fi
        case $line in
            '$ '*) played=$((played + 1)); play_command || differs=1; command=$(sed "$replace" <<<"${line#'$ '}") ;;
            *) if [[ $command == *\\ ]]; then command+=$'\n'$(sed "$replace" <<<"$line"); else expected+=$line$'\n'; fi ;;
        esac
    done <"$page"
    ((played > 0)) || { printf '%s: nothing to play under "%s"\n' "$page" "$heading" >&2; differs=1; }
    return "$differs"
}

# play_command: runs $command here, so that what it sets is there for the next, and compares. Each line that is shown must be among the answer's.
play_command() {
    local missing status=0
    [[ -n $command ]] || return 0
    eval "$command" >"$scratch/answer" 2>"$scratch/complaint" || status=$?
    missing=$(plain <<<"$expected" | sed '/^$/d' | grep --fixed-strings --line-regexp --invert-match --file=<(plain <"$scratch/answer")) || true
    if ((status != 0)) || [[ -n $missing ]]; then
        printf '%s: %s\nshows   %s\nanswers %s\n' "$page" "${command:0:120}" "$missing" "$(plain <"$scratch/answer"; cat "$scratch/complaint")" >&2
        status=1
    fi
    command='' expected=''
    return "$status"
}

curl() { command curl --silent --show-error --max-time 20 --write-out '%{stderr}%{http_code} %{time_total}\n' "$@" 2>>"$scratch/statuses"; }

# What differs from one run to the next, and between the embedded engine and the cluster behind a load balancer, is made the same.
plain() {
    sed -E -e 's/\r$//' -e 's/^[A-Za-z-]+: /\L&/' -e 's/"source":"(memory|cluster)"/"source":"ENGINE"/g' \
        -e 's/"(resetAtMs|retryAfterMs)":[1-9][0-9]*/"\1":MS/g' -e 's/;t=[0-9]+/;t=S/g' -e 's/^retry-after: [0-9]+/retry-after: S/' \
        -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g' -e 's/"paidAt":"[^"]*"/"paidAt":"TIME"/'
}
