#!/usr/bin/env bash
# Brings docker-compose.yml up, breaks it in known ways and says what was seen. See eng/compose-trial.sh --help.
# shellcheck disable=SC2317 # the steps, and what they wait for, are called by name
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
Usage: eng/compose-trial.sh [--engine docker|podman] [--no-build]

Brings the stack of docker-compose.yml up in Production, under a project name and secrets of its own, plays README.md's curl lines against it, asks
for more than there is on both front ends at once, and then, under 300 requests a second through the load balancer: kills a silo, cuts another
off its network for 20 s, scales to five silos and back to three, and replaces the front ends one after the other. Prints a table, and removes
the containers, networks and volumes again, also on Ctrl-C. It takes about seven minutes after the images are built.

Needs docker with compose (v2), or podman with docker-compose; the .NET 10 SDK, curl, jq; Linux. Images stay.

  --engine    docker or podman (default: docker where its engine answers)
  --no-build  take the images orleanslimiter-api and orleanslimiter-silo as they are
  -h, --help  this text

PORT                             where the load balancer is published (default 4000); the front ends are on 4001 and 4002
ADDRESS                          on which address of this machine all three are (default 127.0.0.1)
FRONT_NETWORK, CLUSTER_NETWORK   the first three numbers of the two networks (default 172.30.67 and 172.30.68)
RATE                             requests a second (default 300)
TEXT
}

engine='' build=true
while (($# > 0)); do
    case $1 in
        --engine) engine=${2-}; shift ;;
        --no-build) build=false ;;
        --help | -h) usage; exit 0 ;;
        *) echo "$0: unknown option: $1" >&2; usage >&2; exit 2 ;;
    esac
    shift
done

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

port=${PORT:-4000} listen=${ADDRESS:-127.0.0.1} rate=${RATE:-300}
front_network=${FRONT_NETWORK:-172.30.67} cluster_network=${CLUSTER_NETWORK:-172.30.68}
project=orleanslimiter-trial
out=artifacts/compose-trial
tool=bench/Cluster/bin/Release/net10.0/OrleansLimiter.ClusterBench.dll
rm -rf "$out" && mkdir -p "$out"
. eng/steps.sh
. eng/containers.sh
. eng/readme.sh

load='' rows=() status=0
finish() {
    [[ -z $load ]] || kill "$load" 2>/dev/null || true
    print_table | tee "$out/table.md"
    if [[ -s $environment ]]; then
        remove_stack || say "Not all of it could be removed: $engine ps --all --filter label=com.docker.compose.project=$project"
    fi
    end_background
    clean_up
}
trap finish EXIT

require_sdk
for program in curl jq; do
    command -v "$program" >/dev/null || fail "$program is missing: install the package $program."
done
for taken in "$port" 4001 4002; do
    ! (exec 3<>"/dev/tcp/$listen/$taken") 2>/dev/null ||
        fail "Something listens on $listen:$taken: end it, or set PORT for the load balancer, or ADDRESS to another address of this machine, such as 127.0.0.2."
done
choose_engine "$engine"

# The user's own settings of the stack are for another one.
# shellcheck disable=SC2046
unset $(sed -n 's/^\([A-Z_0-9]*\)=.*/\1/p' .env.example)
random_hex() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
hash_of() { printf %s "$1" | sha256sum | cut -c1-64; }
free_key=$(random_hex) pro_key=$(random_hex) operator_key=$(random_hex)
cat >"$environment" <<END
JWT_SECRET=$(random_hex)
REDIS_PASSWORD=$(random_hex)
POSTGRES_PASSWORD=$(random_hex)
TENANT_KEY_SHA256=$(hash_of "$free_key")
OPERATOR_KEY_SHA256=$(hash_of "$operator_key")
TENANT_NAME=dev-free
TENANT_TIER=free
LISTEN_ADDRESS=$listen
FRONT_END_ADDRESS=$listen
PORT=$port
FRONT_NETWORK=$front_network
CLUSTER_NETWORK=$cluster_network
END

# README's default policy and second tenant, the policies of "exact", and one that refuses nothing.
exact='"Limit": 100, "Window": "1h", "OnUnavailable": "deny"'
cat >"$scratch/appsettings.json" <<END
{
  "Limiter": { "Policies": {
    "default": { "Algorithm": "tokenBucket", "Limit": 10, "Window": "60s" },
    "trial": { "Algorithm": "tokenBucket", "Limit": 1000000000, "Window": "1h", "ScaledByTier": false },
    "exact-token-bucket": { "Algorithm": "tokenBucket", $exact },
    "exact-gcra": { "Algorithm": "gcra", $exact },
    "exact-fixed-window": { "Algorithm": "fixedWindow", $exact },
    "exact-sliding-window": { "Algorithm": "slidingWindowCounter", $exact },
    "exact-sliding-log": { "Algorithm": "slidingWindowLog", $exact },
    "exact-concurrency": { "Algorithm": "concurrency", $exact }
  } },
  "Tenants": { "1": { "Name": "dev-pro", "Tier": "pro", "KeySha256": "$(hash_of "$pro_key")" } }
}
END
chmod 644 "$scratch/appsettings.json" && chmod 711 "$scratch" # the containers' user reads it
for name in api1 api2; do
    printf '  %s: { volumes: ["%s/appsettings.json:/app/appsettings.Production.json:ro"] }\n' "$name" "$scratch"
done | { echo 'services:'; cat; } >"$scratch/settings.yml"
overrides=("$scratch/settings.yml")

# row STEP REQUESTS FAILURES LOCAL CLUSTER LONGEST VERDICT
row() {
    rows+=("| $1 | $2 | $3 | $4 / $5 | $6 | $7 |")
    say "$1: $2 requests, $3 failures, $7"
    [[ $7 == ok* ]] || status=1
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
    local requests failures local cluster longest home
    read -r requests failures local cluster longest <<<"$figures"
    home=$(jq '[.options.seconds as $over | .timeline[] | select(.at >= $over - 3 and .at < $over) | .local] | add' "$folder/load.json")
    ((home == 0)) || verdict="NOT ok: the cluster did not decide all at the end"
    ((failures == 0)) || verdict="NOT ok: $(jq -rc '.totals.errorsByKind + .totals.otherStatuses' "$folder/load.json")"
    row "$step" "$requests" "$failures" "$local" "$cluster" "$longest" "$verdict"
}

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
    local began=$SECONDS verdict=ok
    if ! quietly compose up --detach --no-build || ! everybody_is_healthy; then
        row 'up, all healthy' '' '' '' '' $(((SECONDS - began) * 1000)) 'NOT ok'
        return 1
    fi
    row 'up: three silos, two front ends, all healthy' '' '' '' '' $(((SECONDS - began) * 1000)) ok
    adopt_networks
}

# A sale for README's buyer: only Development has a route that makes one.
make_sale() {
    "$engine" exec -i "$(containers postgres)" sh -c 'PGPASSWORD=$POSTGRES_PASSWORD exec psql -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -U limiter -d limiter' <<'END'
WITH sale AS (
    INSERT INTO "Sales" ("Id", "Name", "OpensAt", "Price", "Currency", "Total", "Available", "Held", "Sold", "MaxPerOrder", "MaxPerUser")
    VALUES (gen_random_uuid(), 'A trial', (extract(epoch FROM now()) * 1000000)::bigint - 1000000, 4900, 'EUR', 10, 10, 0, 0, 4, 4) RETURNING "Id")
INSERT INTO "Tickets" ("Id", "SaleId", "Status") SELECT gen_random_uuid(), "Id", 0 FROM sale, generate_series(1, 10);
END
}

readme() {
    local verdict=ok
    quietly make_sale || verdict='NOT ok: no sale could be made'
    play_readme "s/localhost:4000/$listen:$port/g; s/dev-free-key/$free_key/g; s/dev-pro-key/$pro_key/g; s/dev-operator-key/$operator_key/g" \
        'Try it' 'Accounts and tickets' || verdict='NOT ok: answers differ from those shown'
    row "README's curl lines" "$(wc -l <"$scratch/statuses")" "$(grep -c '^[05]' "$scratch/statuses" || true)" '' '' \
        "$(awk '$2 > most { most = $2 } END { printf "%.1f", most * 1000 }' "$scratch/statuses")" "$verdict"
}

# A round in which the cluster missed the deadline (503, since these policies deny then) shows nothing: it is counted as it is, and made again. So is one
# that the tool declines within 30 s of a full hour.
exactness() {
    local verdict=ok policy tries again=0
    : >"$out/exact.md"
    for policy in token-bucket gcra fixed-window sliding-window sliding-log concurrency; do
        for tries in {1..5}; do
            exact_round "exact-$policy" && break
            again=$((again + 1))
        done
        [[ $(grep "exact-$policy " "$out/exact.md" | cut -d'|' -f4,5 | tail -n 1) == ' 100 | 900 ' ]] || verdict="NOT ok: exact-$policy"
    done
    awk -F'|' '$4 > 100 { exit 1 }' "$out/exact.md" || verdict='NOT ok: more than 100 admitted'
    [[ $verdict != ok || $again == 0 ]] || verdict="ok, $again rounds again after 503"
    row "$1: 1,000 at once on each exact-* policy" $((1000 * $(wc -l <"$out/exact.md"))) "$(awk -F'|' '{ n += $6 + $7 } END { print n + 0 }' "$out/exact.md")" \
        "$(sum_of local)" "$(sum_of cluster)" "$(awk -F'|' '$10 + 0 > most { most = $10 + 0 } END { print most + 0 }' "$out/exact.md")" "$verdict"
}

exact_round() {
    local code=0
    dotnet "$tool" exact --url "http://$listen:4001" --url "http://$listen:4002" --api-key "$free_key" --policy "$1" >"$out/round.md" 2>&1 || code=$?
    ((code != 2)) || { cat "$out/round.md" >&2; sleep 61; }
    grep '^| exact-' "$out/round.md" | tee -a "$out/exact.md" >&2
    return "$code"
}
sum_of() { grep -oE "$1 [0-9]+" "$out/exact.md" | awk '{ n += $2 } END { print n + 0 }'; }

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
    local began=$SECONDS verdict=ok
    quietly compose down --volumes --timeout 45 || verdict='NOT ok'
    [[ -z $(containers) ]] || verdict='NOT ok: containers are left'
    row 'down' '' '' '' '' $(((SECONDS - began) * 1000)) "$verdict"
}

say 'Building the load generator'
quiet_step "$out/build.log" dotnet build bench/Cluster "${build_flags[@]}" -maxcpucount:1 || { cat "$out/build.log" >&2; fail 'The build failed.'; }
if $build; then
    say 'Building the images (minutes, the first time)'
    build_images >"$out/images.log" 2>&1 || { tail -n 40 "$out/images.log" >&2; fail "The images could not be built: see $out/images.log."; }
fi
remove_stack || true # what an earlier trial left behind
say 'Starting the stack'
if bring_up; then
    readme
    exactness before
    under_load 'nothing happens' 15 true
    under_load 'a silo is killed, started again after 10 s' 60 kill_silo
    under_load 'a silo is cut off its network for 20 s' 75 cut_silo
    under_load 'five silos, then three again' 90 scale
    under_load 'the front ends are replaced, one after the other' 75 replace_front_ends
    exactness after
    bring_down
fi
exit "$status"
