#!/usr/bin/env bash
# Builds what ./run and ./ledger start: the command line and the node. Sourced by the scripts at the root.

ledger_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
ledger_local=${LEDGER_LOCAL:-$ledger_root/.local}
ledger_program=$ledger_root/artifacts/bin/Ledger.Cli/release/ledger
ledger_stamp=$ledger_root/artifacts/run.stamp

# The programs find the private folder here. The SDK prints no banner, needs no ICU and leaves no server behind.
export LEDGER_LOCAL=$ledger_local
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false MSBUILDDISABLENODEREUSE=1

# The host of a built program looks for the runtime in fixed places; an SDK elsewhere has to be named.
ledger_find_dotnet() {
    command -v dotnet > /dev/null || {
        printf 'ledger: the .NET SDK 10 is missing; install it and put dotnet on PATH.\n' >&2; exit 1; }
    [[ -n ${DOTNET_ROOT:-} ]] && return 0
    DOTNET_ROOT=$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")
    export DOTNET_ROOT
}

# Folders count too: a file that was removed makes its folder newer.
ledger_stale() {
    [[ -x $ledger_program && -e $ledger_stamp ]] || return 0
    [[ -n $(cd "$ledger_root" && find consensus anchor node Directory.* global.json .editorconfig \
        -newer "$ledger_stamp" -print -quit) ]]
}

# ledger_dotnet_build TARGET: a Release build that says nothing when all goes well.
ledger_dotnet_build() {
    local log; log=$(mktemp)
    if ! dotnet build "$1" --configuration Release -nodeReuse:false -p:UseSharedCompilation=false \
        -verbosity:quiet > "$log" 2>&1; then
        grep -E '(error|warning) ' "$log" | sort -u >&2 || cat "$log" >&2
        rm -f "$log"
        printf 'ledger: the build of %s failed.\n' "${1#"$ledger_root"/}" >&2
        return 1
    fi
    rm -f "$log"
}

# ledger_build_target TARGET: builds once when several start at the same time. The stamp is as old as the start of the
# build, so that an edit made meanwhile is seen by the next start.
ledger_build_target() {
    touch "$ledger_stamp.new"
    ledger_dotnet_build "$1" && mv "$ledger_stamp.new" "$ledger_stamp"
}

ledger_locked() {
    mkdir -p "$ledger_root/artifacts"
    ( command -v flock > /dev/null && flock 9; "$@" ) 9> "$ledger_root/artifacts/build.lock"
}

ledger_build_stale() {
    ledger_stale || return 0
    printf 'Building the command line and the node\n' >&2
    ledger_build_target "$ledger_root/node/Ledger.Run.slnf"
}

# What ./run and ./ledger need, if a source changed since; costs milliseconds if none did.
ledger_build() {
    ledger_find_dotnet
    ledger_stale || return 0
    ledger_locked ledger_build_stale
}

# The simulator is test code, which the programs do not hold: it is built when it is asked for.
ledger_build_simulator_stale() {
    local stamp=$ledger_root/artifacts/simulator.stamp
    [[ -e $stamp && -z $(cd "$ledger_root" && find consensus tests/Ledger.Simulator Directory.* global.json \
        -newer "$stamp" -print -quit) ]] && return 0
    printf 'Building the simulator\n' >&2
    touch "$stamp.new"
    ledger_dotnet_build "$ledger_root/tests/Ledger.Simulator" && mv "$stamp.new" "$stamp"
}

ledger_build_simulator() {
    ledger_find_dotnet
    ledger_locked ledger_build_simulator_stale
}

# The whole solution, tests included.
ledger_build_all() {
    ledger_find_dotnet
    ledger_locked ledger_build_target "$ledger_root/Ledger.sln"
}
