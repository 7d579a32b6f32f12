# shellcheck shell=bash
# Sourced by run, test and the scripts of eng: how a command of this project takes its steps, so that whatever ends the
# command (its own end, Ctrl-C, SIGTERM, a closed terminal) also ends everything that its steps started.

export DOTNET_CLI_UI_LANGUAGE=en # messages of restore and of the test runner are read, not only shown
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

mkdir -p artifacts
step_tmp=$(mktemp -d "$PWD/artifacts/tmp.XXXXXX")
compiler_server=orleanslimiter-${step_tmp##*.}-$$
group=

# A compiler server makes the build three times as fast, but outlives it by ten minutes. So each command has a
# server of its own, which nobody else can be using when the command ends it.
# shellcheck disable=SC2034 # the sourcing scripts use it
build_flags=(--configuration Release --verbosity quiet -nologo
    -p:UseSharedCompilation=true "-p:SharedCompilationId=$compiler_server")

# step COMMAND...: runs it in a process group of its own, waits for it, ends what it left behind, returns its status.
step() {
    local status=0
    set -m # one process group per background job
    "$@" </dev/null 9>&- & # 9 is the lock of eng/children.sh
    group=$!
    set +m
    wait "$group" || status=$?
    end_group
    return "$status"
}

# quiet_step LOG COMMAND...: a step of the build; its output goes to a file, its temporary files into artifacts/.
quiet_step() {
    local log=$1 scratch
    shift
    # NuGet's locks guard the package cache, which other builds on this machine share: they stay where everyone has them.
    scratch=${NUGET_SCRATCH:-${TMPDIR:-/tmp}/NuGetScratch$(id -un)}
    NUGET_SCRATCH=$scratch TMPDIR=$step_tmp DOTNET_EnableDiagnostics=0 step "$@" >"$log" 2>&1
}

# The leader gets 5 s to end by itself (the test runner stops its test processes); then the whole group is killed.
end_group() {
    [[ -n $group ]] || return 0
    kill -TERM -- "-$group" 2>/dev/null || true
    for _ in {1..50}; do
        kill -0 "$group" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL -- "-$group" 2>/dev/null || true
    wait "$group" 2>/dev/null || true
    group=
}

clean_up() {
    end_group
    rm -rf "$step_tmp" "/tmp/$compiler_server" # the compiler server's socket is always in /tmp
}
trap clean_up EXIT
trap_signals() {
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
trap_signals

# fail MESSAGE...: ends the command with a message.
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

require_sdk() {
    local sdk
    command -v dotnet >/dev/null ||
        fail "The .NET 10 SDK is needed, and there is no dotnet on the PATH. It is at https://dotnet.microsoft.com/download/dotnet/10.0"
    sdk=$(dotnet --version 2>/dev/null) || sdk=
    [[ $sdk == 10.* ]] ||
        fail "The .NET 10 SDK is needed (global.json says so). Installed: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ' || true)" \
            "It is at https://dotnet.microsoft.com/download/dotnet/10.0"
}
