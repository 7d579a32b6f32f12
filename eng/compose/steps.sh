# shellcheck shell=bash
# shellcheck disable=SC2154 # what is not set in here, eng/compose-trial.sh sets
# Sourced by eng/compose-trial.sh: what is done to the stack.

cluster_decides() {
    local i
    for i in {1..8}; do
        command curl -sf -m 2 "http://$listen:$1/limit/check?key=start-$i" -H "X-Api-Key: $free_key" | grep -q '"source":"cluster"' || return 1
    done
}

everybody_is_healthy() {
    healthy redis 1 && healthy postgres 1 && healthy silo 3 && healthy api1 1 && healthy api2 1 && healthy balancer 1 &&
        within 60 cluster_decides 4001 && within 60 cluster_decides 4002 && within 60 cluster_decides "$port"
}

bring_up() {
    local step='up: Redis, PostgreSQL, three silos, two front ends, a load balancer' began=$SECONDS
    if ! quietly compose up --detach --no-build || ! everybody_is_healthy; then
        row "$step" 'NOT ok: not healthy'
        return 1
    fi
    row "$step" "ok: all healthy after $((SECONDS - began)) s"
    adopt_networks
}

# A sale for the buyer of docs/ticket-sale.md: only Development has a route that makes one.
make_sale() {
    # shellcheck disable=SC2016 # the container knows its password
    "$engine" exec -i "$(containers postgres)" sh -c 'PGPASSWORD=$POSTGRES_PASSWORD exec psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -U limiter -d limiter' <<'END'
WITH sale AS (
    INSERT INTO "Sales" ("Id", "Name", "OpensAt", "Price", "Currency", "Total", "Available", "Held", "Sold", "MaxPerOrder", "MaxPerUser")
    VALUES (gen_random_uuid(), 'A trial', (extract(epoch FROM now()) * 1000000)::bigint - 1000000, 4900, 'EUR', 10, 10, 0, 0, 4, 4) RETURNING "Id")
INSERT INTO "Tickets" ("Id", "SaleId", "Status") SELECT gen_random_uuid(), "Id", 0 FROM sale, generate_series(1, 10);
END
}

documented() {
    local verdict=ok replace
    quietly make_sale || verdict='NOT ok: no sale could be made'
    replace="s/localhost:4000/$listen:$port/g; s/dev-free-key/$free_key/g; s/dev-pro-key/$pro_key/g; s/dev-operator-key/$operator_key/g"
    : >"$scratch/statuses"
    play_section README.md 'Try it' "$replace" || verdict='NOT ok: answers differ from those shown'
    play_section docs/http-api.md 'By example' "$replace" || verdict='NOT ok: answers differ from those shown'
    play_section docs/ticket-sale.md 'Sign up, log in, buy' "$replace" || verdict='NOT ok: answers differ from those shown'
    row 'the documented curl lines' "$verdict" "$(wc -l <"$scratch/statuses")" "$(grep -c '^[05]' "$scratch/statuses" || true)" \
        "$(awk '$2 > most { most = $2 } END { printf "%.1f", most * 1000 }' "$scratch/statuses")"
}

first_silo() { containers silo | head -n 1; }

kill_silo() {
    local victim
    sleep 5
    victim=$(first_silo)
    mark kill-silo
    "$engine" kill --signal KILL "$victim" >/dev/null
    sleep 10
    mark start-silo
    "$engine" start "$victim" >/dev/null
    healthy silo 3
    mark silo-ready
}

cut_silo() {
    local victim where is
    sleep 5
    victim=$(first_silo) where=$(network cluster)
    is=$(address "$victim" "$where")
    mark cut-silo
    "$engine" network disconnect "$where" "$victim"
    sleep 20
    mark join-network
    "$engine" network connect --ip "$is" --alias silo "$where" "$victim"
    sleep 5 # it may end itself now, and be started anew
    healthy silo 3
    mark silo-ready
}

scale() {
    local count
    sleep 3
    for count in 5 3; do
        mark "scale-to-$count"
        quietly compose up --detach --no-build --no-deps --no-recreate --scale "silo=$count" silo || return 1
        healthy silo "$count" || return 1
        mark "$count-silos"
        sleep 5
    done
}

replace_front_ends() {
    local name
    sleep 3
    for name in api1 api2; do
        mark "replace-$name"
        quietly compose up --detach --no-build --no-deps --force-recreate "$name" || return 1
        healthy "$name" 1 || return 1
        mark "$name-healthy"
    done
}

bring_down() {
    local began=$SECONDS verdict
    if quietly compose down --volumes --timeout 45 && [[ -z $(containers) ]]; then
        verdict="ok: after $((SECONDS - began)) s"
    else
        verdict='NOT ok: something is left'
    fi
    row down "$verdict"
}
