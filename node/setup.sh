#!/usr/bin/env bash
# Fetches what Ledger runs on beside the .NET SDK: a Bitcoin daemon and the RocksDB library. Everything goes into the
# private folder .local/ of this checkout; nothing is installed on the host and no root is needed.
#
#   node/setup.sh [bitcoind] [rocksdb]      both when none is named; what is there already costs milliseconds
#   source node/setup.sh                    for the functions, as tests/setup.sh does
#
# What is found on the host is used as it is: LEDGER_BITCOIND or a bitcoind on PATH; LEDGER_ROCKSDB or the system's
# librocksdb. The layout that the .NET side relies on stands in node/README.md.
set -euo pipefail
shopt -s inherit_errexit

ledger_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
ledger_local=${LEDGER_LOCAL:-$ledger_root/.local}

say() { printf '%s\n' "$*" >&2; }
fail() { printf 'ledger: %s\n' "$*" >&2; exit 1; }

# ---- Debian packages in a private folder -----------------------------------------------------------------------

# The host's release, e.g. bookworm. Empty where there is none.
host_suite() {
    [[ -r /etc/os-release ]] || return 0
    ( . /etc/os-release && printf '%s' "${VERSION_CODENAME:-}" )
}

# need_apt WHAT HINT: one clear message where packages cannot be fetched.
need_apt() {
    local tool
    for tool in apt-get apt-cache dpkg flock; do
        command -v "$tool" > /dev/null || fail "$1 is missing, and this system has no $tool to fetch it with. $2"
    done
    [[ -n $(host_suite) ]] || fail "$1 is missing, and /etc/os-release names no release to fetch it from. $2"
}

# URI and component of each package index that the host itself uses for its release, the first one first. On a new
# machine no list was ever fetched, and only without release information does apt name the indexes all the same.
host_indexes() {
    local suite; suite=$(host_suite)
    apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$suite" '$1 == suite && $3 ~ /^(main|universe)$/ { print $2, $3 }'
}

# debian_state SUITE: lays the private apt configuration of a suite; prints its folder.
debian_state() {
    local suite=$1 state=$ledger_local/debian/state-$1 indexes mirror components keyring options
    indexes=$(host_indexes)
    [[ -n $indexes ]] || fail "apt names no mirror for $(host_suite); add one to its sources and try again."
    mirror=${indexes%% *}
    components=$(awk -v mirror="$mirror" '$1 == mirror && !seen[$2]++ { printf " %s", $2 }' <<< "$indexes")
    options="arch=$(dpkg --print-architecture) target=Packages"
    for keyring in /usr/share/keyrings/"$( . /etc/os-release && printf '%s' "$ID" )"-archive-keyring.{pgp,gpg}; do
        [[ -r $keyring ]] && { options+=" signed-by=$keyring"; break; }
    done
    mkdir -p "$state/lists/partial"
    : > "$state/status"           # nothing counts as installed: apt resolves the whole closure
    printf 'deb [%s] %s %s%s\n' "$options" "$mirror" "$suite" "$components" > "$state/sources.list"
    cat > "$state/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear APT::Architectures;
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "$(dpkg --print-architecture)";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::GzipIndexes "true";
CONF
    printf '%s' "$state"
}

# debian_update SUITE STATE: brings the suite's package list, at most once an hour.
debian_update() {
    local suite=$1 state=$2 log=$2/update.log
    [[ -n $(find "$state/fresh" -mmin -60 2> /dev/null) ]] && return 0
    say "  package list of $suite"
    if ! LC_ALL=C apt-get -q -c "$state/apt.conf" update > "$log" 2>&1; then
        if grep -qiE 'release file .*(expired|not valid)' "$log"; then
            say "  the mirror's list of $suite has EXPIRED; trying once more without its date (signatures still count)"
            LC_ALL=C apt-get -q -c "$state/apt.conf" -o Acquire::Check-Valid-Until=false update > "$log" 2>&1 ||
                { cat "$log" >&2; fail "the package list of $suite could not be fetched."; }
        else
            cat "$log" >&2; fail "the package list of $suite could not be fetched."
        fi
    fi
    touch "$state/fresh"
}

# debian_fetch SUITE NAME PACKAGE...: unpacks packages with all they depend on into .local/debian/NAME. The folder
# appears whole or not at all; packages that came down before a failure are kept for the next try.
# LEDGER_WITHOUT names packages to leave out: those that a running .NET has brought along already.
debian_fetch() {
    local suite=$1 name=$2 state work deb count=0; shift 2
    local target=$ledger_local/debian/$name
    [[ -d $target ]] && return 0
    state=$(debian_state "$suite")
    debian_update "$suite" "$state"
    work=$ledger_local/debian/$name.partial
    mkdir -p "$work/archives/partial"
    rm -rf "$work/root"; mkdir "$work/root"
    if ! LC_ALL=C apt-get -q -y -c "$state/apt.conf" -o Dir::Cache::archives="$work/archives" \
        install --download-only "$@" 2>&1 | tee "$work/fetch.log" | debian_progress; then
        rm -f "$state/fresh"      # perhaps the list was older than the mirror's packages
        tail -n 5 "$work/fetch.log" >&2
        fail "$* could not be fetched; nothing was changed. Check the network and start again."
    fi
    for deb in "$work"/archives/*.deb; do
        [[ " ${LEDGER_WITHOUT:-} " == *" $(basename "${deb%%_*}") "* ]] && continue
        dpkg -x "$deb" "$work/root" ||
            { rm -f "$deb"; fail "$(basename "$deb") is damaged; it was removed, start again."; }
        count=$((count + 1))
    done
    mv "$work/root" "$target"
    rm -rf "$work"
    say "  $count packages in .local/debian/$name"
}

# One line that moves on a terminal, the totals alone elsewhere.
debian_progress() {
    local tty=0; [[ -t 2 ]] && tty=1
    awk -v tty="$tty" '
        /newly installed/ { total = $3 }
        /^Need to get/    { printf "  %s %s to fetch, %d packages\n", $4, $5, total > "/dev/stderr" }
        /^Get:/           { if (tty) printf "\r  %d of %d ", ++got, total > "/dev/stderr" }
        END               { if (tty && got) printf "\r" > "/dev/stderr" }'
}

# The folder of a tree's shared libraries and its dynamic loader, relative to the tree.
tree_libraries() { ( cd "$1" && for f in usr/lib/*-linux-*; do printf '%s' "$f"; break; done ); }
tree_loader() { ( cd "$1" && for f in usr/lib/*-linux-*/ld-linux*.so.*; do printf '%s' "$f"; break; done ); }

# ---- What Ledger runs on ---------------------------------------------------------------------------------------

has_bitcoind() {
    if [[ -n ${LEDGER_BITCOIND:-} ]]; then
        [[ -x $LEDGER_BITCOIND ]] || fail "LEDGER_BITCOIND is $LEDGER_BITCOIND, which is no program."
        return 0
    fi
    command -v bitcoind > /dev/null || [[ -x $ledger_local/bin/bitcoind ]]
}

# A daemon built for another release runs on its own dynamic loader and libraries, so the host's do not matter.
setup_bitcoind() {
    local program tree libraries loader
    need_apt "A Bitcoin daemon" \
        "Install bitcoind (any Core-compatible one) and put it on PATH, or name it in LEDGER_BITCOIND."
    say "Fetching a Bitcoin daemon into .local/ (nothing is installed on this system)"
    debian_fetch sid bitcoin bitcoin-knots
    tree=$ledger_local/debian/bitcoin libraries=$(tree_libraries "$tree") loader=$(tree_loader "$tree")
    mkdir -p "$ledger_local/bin"
    for program in bitcoin-cli bitcoind; do
        cat > "$ledger_local/bin/$program.new" <<SH
#!/bin/sh
tree=\$(cd -- "\$(dirname -- "\$0")/../debian/bitcoin" && pwd -P) || exit 1
exec "\$tree/$loader" --inhibit-cache --library-path "\$tree/$libraries" "\$tree/usr/bin/$program" "\$@"
SH
        chmod +x "$ledger_local/bin/$program.new"
        "$ledger_local/bin/$program.new" -version > /dev/null || fail "the fetched $program does not start."
        mv "$ledger_local/bin/$program.new" "$ledger_local/bin/$program"
    done
}

has_rocksdb() {
    local file
    if [[ -n ${LEDGER_ROCKSDB:-} ]]; then
        [[ -r $LEDGER_ROCKSDB ]] || fail "LEDGER_ROCKSDB is $LEDGER_ROCKSDB, which cannot be read."
        return 0
    fi
    [[ -e $ledger_local/rocksdb/load-order ]] && return 0
    for file in /usr/lib/*/librocksdb.so* /usr/{lib,lib64,local/lib}/librocksdb.so*; do
        [[ -e $file ]] && return 0
    done
    return 1
}

# The library of the host's own release, so that it fits the host's C library, which is not fetched; nor is the C++
# runtime, which every .NET process has loaded already.
setup_rocksdb() {
    local suite state package tree work library
    need_apt "RocksDB" "Install librocksdb (7.8 or later), or name the library's file in LEDGER_ROCKSDB."
    say "Fetching RocksDB into .local/"
    suite=$(host_suite)
    state=$(debian_state "$suite")
    debian_update "$suite" "$state"
    # The package is named after its version; the development package says which one that is.
    package=$(apt-cache -c "$state/apt.conf" depends librocksdb-dev |
        sed -n 's/^ *Depends: \(librocksdb[0-9][^ ]*\)$/\1/p' | head -n 1)
    [[ -n $package ]] || fail "$suite has no librocksdb; install RocksDB and name its file in LEDGER_ROCKSDB."
    LEDGER_WITHOUT="libc6 libgcc-s1 libstdc++6" debian_fetch "$suite" rocksdb "$package"
    tree=$ledger_local/debian/rocksdb work=$ledger_local/rocksdb.partial
    rm -rf "$work"; mkdir -p "$work/lib"
    find "$tree" -path '*/lib/*' -name '*.so.*' \( -type f -o -type l \) -exec cp -a -t "$work/lib" {} +
    for library in "$work"/lib/librocksdb.so.*; do [[ -L $library ]] && break; done
    load_order "$work" "lib/$(basename "$library")" > "$work/load-order"
    rm -rf "$ledger_local/rocksdb"
    mv "$work" "$ledger_local/rocksdb"
    rm -rf "$tree"
}

# load_order FOLDER LIBRARY: the library and what it needs from FOLDER/lib, each after all that it needs itself: a
# library needs strictly more than each of its own dependencies does, so counting puts them in order.
load_order() {
    local folder=$1 library=$2 file needed
    for file in "$library" $(needed_from "$folder" "$library"); do
        needed=$(needed_from "$folder" "$file")
        printf '%d %s\n' "$(wc -w <<< "$needed")" "$file"
    done | sort -s -n -k 1,1 | cut -d ' ' -f 2
}

needed_from() {
    local listing
    listing=$(cd "$1" && LD_LIBRARY_PATH=lib ldd "$2")
    grep -q 'not found' <<< "$listing" &&
        fail "$2 needs what is not there: $(grep 'not found' <<< "$listing" | xargs)"
    awk '$2 == "=>" && $3 ~ /^lib\// { print $3 }' <<< "$listing"
}

# setup_each ITEM...: fetches each item that is missing, one process at a time.
setup_each() {
    local item missing=()
    for item in "$@"; do "has_${item//-/_}" || missing+=("$item"); done
    [[ ${#missing[@]} -eq 0 ]] && return 0
    mkdir -p "$ledger_local"
    (
        if command -v flock > /dev/null && ! flock -n 9; then
            say "Waiting for another set-up of this checkout"
            flock 9
        fi
        for item in "${missing[@]}"; do "has_${item//-/_}" || "setup_${item//-/_}"; done
    ) 9> "$ledger_local/setup.lock"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    [[ $# -gt 0 ]] || set -- bitcoind rocksdb
    for item in "$@"; do
        [[ $item == bitcoind || $item == rocksdb ]] || fail "usage: node/setup.sh [bitcoind] [rocksdb]"
    done
    setup_each "$@"
fi
