#!/usr/bin/env bash
# Bare Debians in folders under .local/bare, made by debootstrap and kept. Sourced; needs root. Exit 77 means that a
# test cannot be run here, with the reason on its last line.
source "$(dirname -- "${BASH_SOURCE[0]}")/setup.sh"

bare_folder=$ledger_local/bare

bare_skip() { printf '%s\n' "$*"; exit 77; }

# What all that follows needs of the host.
bare_requirements() {
    [[ $EUID -eq 0 ]] || bare_skip "needs root: debootstrap makes device files and changes its root"
    command -v apt-get > /dev/null || bare_skip "needs apt, to fetch debootstrap and the packages"
    unshare --mount --pid --fork true 2> /dev/null || bare_skip "needs namespaces, which this machine refuses"
    setup_each debootstrap || bare_skip "debootstrap could not be fetched"
}

# bare_make NAME RELEASE [PACKAGE,...]: makes .local/bare/NAME, unless it is there.
bare_make() {
    local root=$bare_folder/$1 release=$2 include=${3:-} mirror
    [[ -d $root ]] && return 0
    mirror=$(host_indexes | sed 's/ .*//;q')
    say "Making a bare Debian $release in .local/bare/$1"
    rm -rf "$root.partial"; mkdir -p "$root.partial"
    "$ledger_local/bin/debootstrap" --variant=minbase ${include:+"--include=$include"} \
        "$release" "$root.partial" "$mirror" > "$root.log" 2>&1 || { tail -n 5 "$root.log"; return 1; }
    mv "$root.partial" "$root"
}

# bare_network ROOT [SETTINGS]: the host's way to the network: name server, certificates, and of how apt is told to
# fetch whatever matches SETTINGS.
bare_network() {
    local root=$1 settings=${2:-http|https|Retries|ForceIPv}
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2> /dev/null || true
    if [[ -r /etc/ssl/certs/ca-certificates.crt ]]; then
        mkdir -p "$root/etc/ssl/certs"
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    fi
    apt-config dump | grep -E "^Acquire::($settings)" > "$root/etc/apt/apt.conf.d/99host" || true
}

# bare_nuget HOME: where NuGet's packages come from.
bare_nuget() {
    [[ -r $HOME/.nuget/NuGet/NuGet.Config ]] || return 0
    mkdir -p "$1/.nuget/NuGet"
    cp "$HOME/.nuget/NuGet/NuGet.Config" "$1/.nuget/NuGet/"
}

# bare_checkout FOLDER: what a clone of this checkout would hold, with the edits that are not committed yet.
bare_checkout() {
    mkdir -p "$1"
    if git -C "$ledger_root" rev-parse --git-dir > /dev/null 2>&1; then
        git -C "$ledger_root" ls-files -z --cached --others --exclude-standard |
            ( cd "$ledger_root" && tar --create --null --ignore-failed-read --files-from=- 2> /dev/null || true ) |
            tar --extract --directory "$1"
    else
        tar --create --directory "$ledger_root" --exclude=./artifacts --exclude=./.local . |
            tar --extract --directory "$1"
    fi
}

# The environment that a program needs to reach the network through the host, as arguments of env.
bare_environment() {
    local variable
    for variable in http_proxy https_proxy no_proxy NUGET_CERT_REVOCATION_MODE; do
        [[ -z ${!variable:-} ]] || printf '%s=%s\n' "$variable" "${!variable}"
    done
}
