#!/usr/bin/env bash
# Runs a command in a bare Debian as an ordinary user, in a fresh copy of this checkout.
#
#   tests/bare-debian.sh RELEASE [COMMAND [ARGUMENT...]]      ./run --once unless told
#
# Bare is what debootstrap calls minbase, with git, and the certificates and OpenSSL that the .NET SDK asks for; the SDK
# is the host's own. The command's processes have a process table of their own: one that stays behind is a failure.
source "$(dirname -- "${BASH_SOURCE[0]}")/bare.sh"
source "$ledger_root/node/build.sh"

[[ $# -gt 0 ]] || fail "usage: tests/bare-debian.sh RELEASE [COMMAND [ARGUMENT...]]"
release=$1 user=ann; shift
[[ $# -gt 0 ]] || set -- ./run --once
bare_requirements
ledger_find_dotnet

root=$bare_folder/$release home=$bare_folder/$release/home/$user
bare_make "$release" "$release" git,ca-certificates,openssl
chroot "$root" id "$user" > /dev/null 2>&1 || chroot "$root" useradd --create-home --shell /bin/bash "$user"
mkdir -p "$root$DOTNET_ROOT"
bare_network "$root"
rm -rf "$home"
bare_checkout "$home/ledger"
bare_nuget "$home"
chroot "$root" chown -R "$user:" "/home/$user"

# First in the new process table. The mounts are private to it and end with it.
inside='
set -euo pipefail
root=$1 user=$2 dotnet=$3 environment=$4; shift 4
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev/shm"
mount --bind "$dotnet" "$root$dotnet"
mount -o remount,bind,ro "$root$dotnet"
mapfile -t environment <<< "$environment"
status=0
chroot --userspec="$user:$user" "$root" /usr/bin/env --ignore-environment "${environment[@]}" \
    HOME="/home/$user" USER="$user" LANG=C.UTF-8 PATH="/usr/local/bin:/usr/bin:/bin:$dotnet" \
    /bin/bash -c "cd ~/ledger && exec \"\$@\"" bash "$@" < /dev/null || status=$?
left=0
for process in /proc/[0-9]*; do
    [[ $(readlink "$process/root") == "$root" ]] || continue
    printf "Left behind: %s\n" "$(tr "\0" " " < "$process/cmdline")"; left=1
done
[[ $left -eq 0 ]] || exit 1
exit "$status"
'
started=$SECONDS status=0
unshare --mount --pid --fork --kill-child --mount-proc \
    bash -c "$inside" inside "$root" "$user" "$DOTNET_ROOT" "$(bare_environment; echo TERM=dumb)" "$@" || status=$?
printf 'Debian %s: %s: exit code %d after %d s\n' "$release" "$*" "$status" $((SECONDS - started))
[[ $status -ne 0 ]] || rm -rf "$home/ledger"
exit "$status"
