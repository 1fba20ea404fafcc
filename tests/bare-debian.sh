#!/usr/bin/env bash
# Runs a command in a bare Debian as an ordinary user, in a fresh copy of this checkout.
#
#   tests/bare-debian.sh RELEASE [COMMAND [ARGUMENT...]]      ./run --once unless told
#
# The command runs twice: the second time without a network, which must be enough.
# Bare is what debootstrap calls minbase, with git, and the certificates and OpenSSL that the .NET SDK asks for; the SDK
# is the host's own. The command's processes have a process table of their own: one that stays behind is a failure.
source "$(dirname -- "${BASH_SOURCE[0]}")/bare.sh"
source "$ledger_root/node/build.sh"

[[ $# -gt 0 ]] || fail "usage: tests/bare-debian.sh RELEASE [COMMAND [ARGUMENT...]]"
release=$1 user=ann; shift
[[ $# -gt 0 ]] || set -- ./run --once
bare_requirements
command -v ip > /dev/null || bare_skip "needs ip (iproute2), to start once more with no network but loopback"
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
as_user=(chroot --userspec="$user:$user" "$root" /usr/bin/env --ignore-environment "${environment[@]}"
    HOME="/home/$user" USER="$user" LANG=C.UTF-8 PATH="/usr/local/bin:/usr/bin:/bin:$dotnet"
    /bin/bash -c "cd ~/ledger && exec \"\$@\"" bash)
status=0 started=$SECONDS
"${as_user[@]}" "$@" < /dev/null || status=$?
printf "First start: exit code %d after %d s\n" "$status" $((SECONDS - started))
if [[ $status -eq 0 ]]; then
    started=$SECONDS
    unshare --net bash -c "ip link set lo up && exec \"\$@\"" bash "${as_user[@]}" "$@" < /dev/null || status=$?
    printf "Second start, without a network: exit code %d after %d s\n" "$status" $((SECONDS - started))
fi
left_behind() {
    for process in /proc/[0-9]*; do
        [[ $(readlink "$process/root") != "$root" ]] || tr "\0" " " < "$process/cmdline"
    done
}
for _ in {1..100}; do [[ -n $(left_behind) ]] || exit "$status"; sleep 0.2; done
printf "Left behind: %s\n" "$(left_behind)"
exit 1
'
started=$SECONDS status=0
unshare --mount --pid --fork --kill-child --mount-proc \
    bash -c "$inside" inside "$root" "$user" "$DOTNET_ROOT" "$(bare_environment; echo TERM=dumb)" "$@" || status=$?
printf 'Debian %s: %s: exit code %d after %d s\n' "$release" "$*" "$status" $((SECONDS - started))
[[ $status -ne 0 ]] || rm -rf "$home/ledger"
exit "$status"
