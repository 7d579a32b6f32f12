#!/usr/bin/env bash
# Asks the package feed whether it has what the full profile needs, and records the answer in artifacts/feed.props,
# which Directory.Build.props reads. See --help.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'END'
Usage: eng/probe.sh [--force]

Asks the package feed for what the full profile needs, records the answer in artifacts/feed.props, and prints one line
for each part that is left out. The answer is kept for a day, or until the package versions, the feed's settings or
the SDK change; --force asks again at once.

PROFILE=full     a part that is left out is an error
PROFILE=partial  leaves out all that can be left out, without asking

Exit status: 0 answered; 1 the feed could not be asked, or PROFILE=full and a part is left out; 2 wrong usage.
END
}

force=
case $#,${1-} in
    0,) ;;
    1,--force) force=1 ;;
    1,--help | 1,-h) usage; exit 0 ;;
    *) echo "eng/probe.sh: unknown option: $*" >&2; usage >&2; exit 2 ;;
esac
profile=${PROFILE:-}
case $profile in
    '' | full | partial) ;;
    *) echo "PROFILE is '$profile'; it must be full or partial, or not set" >&2; exit 2 ;;
esac

. eng/steps.sh
require_sdk

declare -A consequence=(
    [Orleans]='Orleans is left out (Grains.Abstractions, Grains, Silo, Engines/Orleans, their tests; StackExchange.Redis is version 1)'
    [Identity]='JwtBearer 10 is left out (version 8 takes its place)'
)

# What the answer depends on: if none of this changed, an answer of the last day still holds.
inputs() {
    local folder=$PWD
    dotnet --version
    env | grep -E '^(NUGET_|Restore)' | grep -v '^NUGET_SCRATCH=' | sort || true
    cat Directory.Build.props Directory.Packages.props global.json eng/probe.sh eng/probe/probe.csproj
    while [[ -n $folder ]]; do
        cat "$folder"/[Nn]u[Gg]et.[Cc]onfig 2>/dev/null || true
        folder=${folder%/*}
    done
    cat /[Nn]u[Gg]et.[Cc]onfig "${HOME:-}"/.nuget/NuGet/*.[Cc]onfig "${HOME:-}"/.nuget/config/*.[Cc]onfig \
        "${HOME:-}"/.config/NuGet/*.[Cc]onfig 2>/dev/null || true
}

# record LINE...: writes artifacts/feed.props from $properties, and beside it what was said and on what it depends.
record() {
    printf '<Project><PropertyGroup>%s</PropertyGroup></Project>\n' "$properties" >"$step_tmp/feed.props"
    printf '%s\n' "$key" "$@" >"$step_tmp/feed.txt"
    mv "$step_tmp/feed.props" "$step_tmp/feed.txt" artifacts/
}

# The last word: one line for each part left out; with PROFILE=full these are an error.
say_and_exit() {
    local lines
    lines=$(tail -n +2 artifacts/feed.txt)
    [[ -z $lines ]] && exit 0
    printf '%s\n' "$lines"
    [[ $profile == full ]] || exit 0
    fail 'PROFILE=full: nothing may be left out.'
}

property() { printf "<Has%s Condition=\"'\$(Has%s)' == ''\">%s</Has%s>" "$1" "$1" "$2" "$1"; }

if [[ $profile == partial ]]; then
    key=partial
    properties="$(property Orleans false)$(property Identity false)"
    record "${consequence[Orleans]}: PROFILE=partial" "${consequence[Identity]}: PROFILE=partial"
    say_and_exit
fi

key=$(inputs | sha256sum | cut -d' ' -f1)
recorded=
if [[ -f artifacts/feed.props && -f artifacts/feed.txt ]]; then
    read -r recorded <artifacts/feed.txt || true
fi
if [[ -z $force && $recorded == "$key" && -n $(find artifacts/feed.props -mmin -1440) ]]; then
    say_and_exit
fi

# The packages that the feed lacks, from restore's messages. NU1603 (an exact version is missing and a later one was
# taken) is an error in this build, so it leaves a part out too; but a package that is missing altogether says more.
missing_packages() {
    local found
    found=$(sed -nE 's/.*error NU110[123]: Unable to find (a stable )?package ([A-Za-z0-9_.-]*[A-Za-z0-9_-])( with version (\(.*\)))?.*/\2 \4/p' "$1")
    [[ -n $found ]] ||
        found=$(sed -nE 's/.*NU1603: .* but ([^ ]+ [^ ]+) was not found\..*/\1/p' "$1")
    awk 'NF && !seen[$0]++' <<<"$found" | sed -E 's/ +$//'
}

# ask [FLAG]: restores what $part needs. --force: a restore that once succeeded must not answer from its own record.
# 5 minutes: a feed that hangs.
ask() {
    quiet_step "$log" timeout 300 dotnet restore eng/probe --force --verbosity quiet "-p:Part=$part" "-p:Has$part=true" "$@"
}

properties='' lines=()
for part in Orleans Identity; do
    log=artifacts/feed.$part.log
    status=0
    # A feed that lacks the first few packages need not send the many others (160 MB, unpacked) before a first start.
    if [[ $part == Orleans ]]; then
        ask -p:FirstFew=true || status=$?
    fi
    if ((status == 0)); then
        ask || status=$?
    fi
    if ((status == 0)); then
        properties+=$(property "$part" true)
        continue
    fi

    # One source that does not answer beside one that says "not found" proves nothing: such an answer is not recorded.
    missing=$(missing_packages "$log")
    if ((status == 124)) || grep -qE 'NU1301|NU1302|NU1801' "$log"; then
        if [[ -z $force && $recorded == "$key" ]]; then
            echo "The package feed does not answer (see $log); its answer of $(date -r artifacts/feed.props '+%F %R') is used." >&2
            say_and_exit
        fi
        grep -E 'NU1301|NU1302|NU1801' "$log" | sort -u >&2 || true
        fail "The package feed does not answer (asked for the part $part; see $log), so nothing is recorded." \
            "Is the network or a package source down? PROFILE=partial builds without asking."
    elif [[ -z $missing ]]; then
        cat "$log" >&2
        fail "The restore of what the part $part needs failed (see above), but not for a missing package: nothing is recorded."
    fi

    mapfile -t names <<<"$missing"
    shown=$(printf '%s, ' "${names[@]:0:3}")
    shown=${shown%, }
    ((${#names[@]} <= 3)) || shown+=" and $((${#names[@]} - 3)) more (all in $log)"
    properties+=$(property "$part" false)
    lines+=("${consequence[$part]}: the package feed lacks $shown")
done

record "${lines[@]}"
say_and_exit
