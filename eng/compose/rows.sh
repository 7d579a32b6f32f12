# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what is not set in here, eng/compose-trial.sh sets
# Sourced by eng/compose-trial.sh: how a step's figures become a row of the table.

: "${out:?}" "${tool:?}" "${listen:?}" "${port:?}" "${rate:?}"

# row STEP VERDICT [REQUESTS FAILURES LONGEST [LOCAL CLUSTER]]
row() {
    rows+=("| $1 | ${3-} | ${4-} | ${6:+$6 / $7} | ${5-} | $2 |")
    say "$1${3:+: $3 requests, $4 failures}: $2"
    [[ $2 == ok* ]] || status=1
}

print_table() {
    ((${#rows[@]} > 0)) || return 0
    printf '\n| step | requests | failures | local / cluster | longest answer, ms | verdict |\n|---|---:|---:|---:|---:|---|\n'
    printf '%s\n' "${rows[@]}"
}

# quietly COMMAND...: its output only if it fails.
quietly() {
    "$@" >"$out/command.log" 2>&1 || { tail -n 40 "$out/command.log" >&2; return 1; }
}

mark() {
    echo "$(date +%s%3N) $1" >>"$folder/marks.txt"
    say "$1"
}

# under_load STEP SECONDS COMMAND...: the command begins when the load is there; after it the load goes on for the seconds. Failures are 5xx and what
# was not answered, and whatever else is not 200. In its last 3 s everything must be decided by the cluster.
under_load() {
    local step=$1 seconds=$2 mended=true figures verdict=ok
    shift 2
    folder=$out/${step//[^a-z0-9]/-}
    mkdir -p "$folder"
    dotnet "$tool" load --url "http://$listen:$port" --rate "$rate" --seconds "$seconds" --keys 1000 --policy trial --api-key "$free_key" --csv 1 \
        --out "$folder" >"$folder/load.log" 2>&1 &
    load=$!
    within 30 test -s "$folder/started.txt" || { cat "$folder/load.log" >&2; fail "$step: no load"; }
    "$@" || mended=false
    if ! kill -0 "$load" 2>/dev/null; then verdict="NOT ok: it took longer than the load"; fi
    wait "$load" || verdict='NOT ok: the load failed'
    load=''
    $mended || verdict='NOT ok: not mended'
    figures=$(jq -r '[.totals.requests, .totals.errors + ([.totals.otherStatuses[]] | add // 0) + .totals.refused429,
        .totals.sources.local // 0, .totals.sources.cluster // 0, .latencyMs.max] | @tsv' "$folder/load.json")
    local requests failures locals cluster longest home
    read -r requests failures locals cluster longest <<<"$figures"
    home=$(jq '[.options.seconds as $over | .timeline[] | select(.at >= $over - 3 and .at < $over) | .local] | add' "$folder/load.json")
    ((home == 0)) || verdict="NOT ok: the cluster did not decide all at the end"
    ((failures == 0)) || verdict="NOT ok: $(jq -rc '.totals.errorsByKind + .totals.otherStatuses' "$folder/load.json")"
    row "$step" "$verdict" "$requests" "$failures" "$longest" "$locals" "$cluster"
}

# A round in which the cluster missed the deadline (503, since these policies deny then) shows nothing: it is counted as it is, and made again. So is one
# that the tool declines within 30 s of a full hour.
exactness() {
    local verdict=ok policy again=0
    : >"$out/exact.md"
    for policy in token-bucket gcra fixed-window sliding-window sliding-log concurrency; do
        for _ in {1..5}; do
            exact_round "exact-$policy" && break
            again=$((again + 1))
        done
        [[ $(grep "exact-$policy " "$out/exact.md" | cut -d'|' -f4,5 | tail -n 1) == ' 100 | 900 ' ]] || verdict="NOT ok: exact-$policy"
    done
    awk -F'|' '$4 > 100 { exit 1 }' "$out/exact.md" || verdict='NOT ok: more than 100 admitted'
    [[ $verdict != ok || $again == 0 ]] || verdict="ok; after 503, rounds made again: $again"
    row "$1" "$verdict" $((1000 * $(wc -l <"$out/exact.md"))) "$(awk -F'|' '{ n += $6 + $7 } END { print n + 0 }' "$out/exact.md")" \
        "$(awk -F'|' '$10 + 0 > most { most = $10 + 0 } END { print most + 0 }' "$out/exact.md")" "$(sum_of local)" "$(sum_of cluster)"
}

exact_round() {
    local code=0
    dotnet "$tool" exact --url "http://$listen:4001" --url "http://$listen:4002" --api-key "$free_key" --policy "$1" >"$out/round.md" 2>&1 || code=$?
    ((code != 2)) || { cat "$out/round.md" >&2; sleep 61; }
    grep '^| exact-' "$out/round.md" | tee -a "$out/exact.md" >&2
    return "$code"
}

sum_of() { grep -oE "$1 [0-9]+" "$out/exact.md" | awk '{ n += $2 } END { print n + 0 }'; }
