#!/usr/bin/env bash
# Installs packages of Debian or Ubuntu without starting or enabling the services in them. Run as root by eng/servers.sh.
set -euo pipefail

# Packages ask this program whether they may start their services. A machine that has one has decided for itself.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

# PostgreSQL's package makes a database that starts with the machine, unless this says otherwise before it is installed.
clusters=/etc/postgresql-common/createcluster.conf
if [[ " $* " == *' postgresql '* && ! -e $clusters ]]; then
    mkdir -p "${clusters%/*}"
    echo 'create_main_cluster = false' >"$clusters"
fi

export DEBIAN_FRONTEND=noninteractive
install=(apt-get install --yes --quiet --no-install-recommends -o DPkg::Lock::Timeout=120 -o DPkg::Options::=--force-confold "$@")
"${install[@]}" || { apt-get update --quiet && "${install[@]}"; }

# Nor are they to start with the machine.
for service in "$@"; do
    update-rc.d "$service" disable || true
    ! command -v systemctl >/dev/null || systemctl disable --quiet "$service" || true
done
