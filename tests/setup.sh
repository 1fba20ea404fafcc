#!/usr/bin/env bash
# Fetches what only tests need, into .local/ of this checkout, each item when a tier first asks for it:
#
#   tests/setup.sh ITEM...
#     opentimestamps   .local/bin/python3-opentimestamps   Python with Debian's OpenTimestamps library
#     chromium         .local/bin/chromium                 a headless browser with one font of its own
#     debootstrap      .local/bin/debootstrap              makes a bare Debian in a folder (running it needs root)
#     strace           .local/bin/strace                   unless the host has one
#     openssl          .local/debian/openssl               OpenSSL 3.5 or later with its own C library, from sid,
#                                                          unless the Bitcoin daemon's tree is there, which has it
#     npm              {tests/*,anchor/verifier-web}/node_modules   what the package.json files there name
#     bitcoind rocksdb                                     as node/setup.sh
#
# All Debian items come from the host's own release and run on the host's C library, as its own user.
source "$(dirname -- "${BASH_SOURCE[0]}")/../node/setup.sh"

# fetch_for_host NAME PACKAGE...: like debian_fetch, from the host's release and without the C library, which must be
# the running one: mixing it with the loader of another build fails.
fetch_for_host() {
    local suite; suite=$(host_suite)
    LEDGER_WITHOUT="libc6 libc-bin libgcc-s1 libstdc++6" debian_fetch "$suite" "$@"
}

# wrapper NAME: installs standard input as .local/bin/NAME.
wrapper() {
    mkdir -p "$ledger_local/bin"
    cat > "$ledger_local/bin/$1.new"
    chmod +x "$ledger_local/bin/$1.new"
    mv "$ledger_local/bin/$1.new" "$ledger_local/bin/$1"
}

# The first lines of each wrapper: the tree's place relative to the wrapper, and its libraries. The folder of PulseAudio
# is one that Debian's library looks for at an absolute place, which is empty on a host without sound.
wrapper_head() {
    local tree=$ledger_local/debian/$1 folder libraries=
    for folder in "$tree"/lib/*-linux-* "$tree"/usr/lib/*-linux-*{,/pulseaudio}; do
        [[ -d $folder ]] && libraries+=":\$tree${folder#"$tree"}"
    done
    printf '#!/bin/sh\ntree=$(cd -- "$(dirname -- "$0")/../debian/%s" && pwd -P) || exit 1\n' "$1"
    printf 'export LD_LIBRARY_PATH="%s"\n' "${libraries#:}"
}

has_opentimestamps() { [[ -x $ledger_local/bin/python3-opentimestamps ]]; }
setup_opentimestamps() {
    need_apt "OpenTimestamps for Python" "Its tests will be skipped."
    say "Fetching Python with OpenTimestamps into .local/"
    fetch_for_host opentimestamps python3-opentimestamps
    { wrapper_head opentimestamps
      echo 'export PYTHONHOME="$tree/usr" PYTHONDONTWRITEBYTECODE=1'
      echo 'exec "$tree/usr/bin/python3" "$@"'
    } | wrapper python3-opentimestamps
    "$ledger_local/bin/python3-opentimestamps" -c 'import opentimestamps.core.timestamp' ||
        { rm "$ledger_local/bin/python3-opentimestamps"; fail "the fetched Python does not find OpenTimestamps."; }
}

# A wrapper without a cache of its own is an old one, which wrote beside the tests.
has_chromium() { grep -qs XDG_CACHE_HOME "$ledger_local/bin/chromium"; }
setup_chromium() {
    need_apt "Chromium" "Browser tests will be skipped."
    say "Fetching Chromium into .local/ (220 MB, 0.8 GB unpacked)"
    fetch_for_host chromium chromium fonts-dejavu-core
    # Fonts of our own, so that a page looks the same on every machine that takes a picture of it.
    cat > "$ledger_local/debian/chromium/fonts.conf" <<'XML'
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
XML
    { wrapper_head chromium
      echo 'export FONTCONFIG_FILE="$tree/fonts.conf" XDG_CACHE_HOME="$tree/var/cache" CHROME_WRAPPER="$0"'
      echo 'exec "$tree/usr/lib/chromium/chromium" "$@"'
    } | wrapper chromium
    "$ledger_local/bin/chromium" --version > /dev/null 2>&1 ||
        { rm "$ledger_local/bin/chromium"; fail "the fetched Chromium does not start."; }
}

has_debootstrap() { [[ -x $ledger_local/bin/debootstrap ]]; }
setup_debootstrap() {
    need_apt "debootstrap" "The runs in a bare Debian will be skipped."
    say "Fetching debootstrap into .local/"
    fetch_for_host debootstrap debootstrap
    # Its own PATH and libraries are for it alone: the Debian that it makes runs programs of another release.
    wrapper debootstrap <<'SH'
#!/bin/sh
tree=$(cd -- "$(dirname -- "$0")/../debian/debootstrap" && pwd -P) || exit 1
DEBOOTSTRAP_DIR="$tree/usr/share/debootstrap" PATH="/usr/local/sbin:/usr/sbin:/sbin:$PATH" \
    exec sh "$tree/usr/sbin/debootstrap" "$@"
SH
    if ! command -v wget > /dev/null; then
        { wrapper_head debootstrap; echo 'exec "$tree/usr/bin/wget" "$@"'; } | wrapper wget
        sed -i 's|PATH="|&$tree/../../bin:|' "$ledger_local/bin/debootstrap"
    fi
}

has_strace() { command -v strace > /dev/null || [[ -x $ledger_local/bin/strace ]]; }
setup_strace() {
    need_apt "strace" "Tests of what reaches the disk will be skipped."
    say "Fetching strace into .local/"
    fetch_for_host strace strace
    # Traced programs get the host's libraries back: LD_LIBRARY_PATH is for strace itself.
    { wrapper_head strace; echo 'exec "$tree/usr/bin/strace" -E LD_LIBRARY_PATH "$@"'; } | wrapper strace
}

# Not to be loaded into a process of the host: what runs on it is started through the tree's own dynamic loader.
has_openssl() {
    local folder
    for folder in "$ledger_local"/debian/{openssl,bitcoin}/usr/lib/*-linux-*; do
        [[ -e $folder/libcrypto.so.3 && -e $folder/libstdc++.so.6 ]] && return 0
    done
    return 1
}
setup_openssl() {
    need_apt "OpenSSL 3.5" "The tests that sign with the platform's ML-DSA will be skipped."
    say "Fetching OpenSSL into .local/"
    debian_fetch sid openssl openssl libstdc++6
}

# Each package.json beside the tests, and that of the verifier, is installed from its lock into .local/npm and linked in
# beside it. One that names no packages has nothing to install.
npm_folders() {
    grep -lE '"(devD|d)ependencies"' "$ledger_root"/{tests/*,anchor/verifier-web}/package.json | xargs -n 1 dirname
}
npm_target() { printf '%s/npm/%s' "$ledger_local" "$(basename "$1")"; }

has_npm() {
    local folder
    for folder in $(npm_folders); do
        [[ -e $(npm_target "$folder")/stamp && -d $folder/node_modules ]] || return 1
        [[ $folder/package.json -nt $(npm_target "$folder")/stamp ]] && return 1
    done
    return 0
}
setup_npm() {
    local folder target
    command -v npm > /dev/null || fail "npm is missing; install Node.js 20 or later. Its tests will be skipped."
    for folder in $(npm_folders); do
        target=$(npm_target "$folder")
        [[ -e $target/stamp && -d $folder/node_modules && ! $folder/package.json -nt $target/stamp ]] && continue
        say "Fetching Node packages of ${folder#"$ledger_root"/}"
        rm -rf "$target"; mkdir -p "$target"
        find "$folder" -maxdepth 1 \( -name "package*.json" -o -name .npmrc \) -exec cp -t "$target" {} +
        if [[ -e $folder/package-lock.json ]]; then ( cd "$target" && npm ci --no-audit --no-fund --loglevel=error >&2 )
        else ( cd "$target" && npm install --no-audit --no-fund --loglevel=error >&2 ); fi ||
            fail "the Node packages could not be fetched."
        rm -rf "$folder/node_modules"
        ln -s "$(realpath --relative-to="$folder" "$target/node_modules")" "$folder/node_modules"
        touch "$target/stamp"
    done
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    [[ $# -gt 0 ]] ||
        fail "usage: tests/setup.sh ITEM... (opentimestamps chromium debootstrap strace openssl npm bitcoind rocksdb)"
    for item in "$@"; do declare -F "setup_$item" > /dev/null || fail "tests/setup.sh knows no $item."; done
    setup_each "$@"
fi
