#!/usr/bin/env bash
# Brings docker-compose.yml up, breaks it in known ways and says what was seen. See eng/compose-trial.sh --help.
# shellcheck disable=SC2034,SC2317 # what is set and written here is used by the files that are sourced
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
Usage: eng/compose-trial.sh [--engine docker|podman] [--no-build]

Brings the stack of docker-compose.yml up in Production, under a project name and secrets of its own, plays the documented curl lines against it, asks
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
. eng/compose/containers.sh
. eng/compose/documented.sh
. eng/compose/rows.sh
. eng/compose/steps.sh

load='' rows=() status=0
finish() {
    trap '' HUP INT TERM # what is removed is removed whole
    [[ -z $load ]] || kill "$load" 2>/dev/null || true
    print_table | tee "$out/table.md"
    if [[ -s $environment ]]; then
        say 'Removing the stack'
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

# The default policy and the second tenant of the documentation, the policies of "exact", and one that refuses nothing.
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

say 'Building the load generator'
quiet_step "$out/build.log" dotnet build bench/Cluster "${build_flags[@]}" -maxcpucount:1 || { cat "$out/build.log" >&2; fail 'The build failed.'; }
if $build; then
    say 'Building the images (minutes, the first time)'
    build_images >"$out/images.log" 2>&1 || { tail -n 40 "$out/images.log" >&2; fail "The images could not be built: see $out/images.log."; }
fi
remove_stack || true # what an earlier trial left behind
say 'Starting the stack'
if bring_up; then
    documented
    exactness '1,000 at once on each exact-* policy'
    under_load 'nothing happens' 15 true
    under_load 'a silo is killed, started again after 10 s' 60 kill_silo
    under_load 'a silo is cut off its network for 20 s' 75 cut_silo
    under_load 'five silos, then three again' 90 scale
    under_load 'the front ends are replaced, one after the other' 75 replace_front_ends
    exactness 'exactness again, after all that'
    bring_down
fi
exit "$status"
