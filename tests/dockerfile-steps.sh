#!/usr/bin/env bash
# Carries a Dockerfile's own instructions out in a bare Debian, stage by stage, where no container engine runs: what
# COPY brings is there, each RUN runs as its user, and at the end the programs of the image are started.
#
#   tests/dockerfile-steps.sh [DOCKERFILE]      docker/Dockerfile and docker/bitcoind.Dockerfile unless told
#
# The stand-in for debian:N-slim is what debootstrap makes of that release; for the SDK's image it is Debian 13 with the
# host's SDK. Only the instructions that our files use are understood; any other one is an error.
source "$(dirname -- "${BASH_SOURCE[0]}")/bare.sh"
source "$ledger_root/node/build.sh"

stages=$bare_folder/stages

# The bare Debian that stands in for a base image.
base_of() {
    case $1 in
        */dotnet/sdk:10.0) bare_make sdk trixie ca-certificates,openssl && echo sdk ;;
        debian:13-slim) bare_make slim trixie && echo slim ;;
        debian:sid-slim) bare_make sid sid && echo sid ;;
        *) fail "no bare Debian stands in for $1" ;;
    esac
}

# in_stage COMMAND: as the stage's user in its folder, with its environment, in a process table of its own.
in_stage() {
    local mounts='set -e; root=$1; mount -t proc proc "$root/proc"; mount -t tmpfs tmpfs "$root/dev/shm"'
    mounts+='; if [[ -n $2 ]]; then mkdir -p "$root$2"; mount --bind "$2" "$root$2"; fi; shift 2; exec "$@"'
    unshare --mount --pid --fork --kill-child bash -c "$mounts" mounts "$root" "$sdk" \
        chroot --userspec="$user" "$root" /usr/bin/env --ignore-environment "${network[@]}" HOME="$home" \
        PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$sdk" "${environment[@]}" \
        /bin/sh -c "cd '$folder' && $1" < /dev/null
}

start_stage() {
    local image=$1 name=$2 base
    base=$(base_of "$image")
    root=$stages/$name folder=/ user=root home=/root sdk=
    [[ $base != sdk ]] || sdk=$DOTNET_ROOT
    environment=(LANG=C.UTF-8)
    rm -rf "$root"; mkdir -p "$stages"
    cp -a "$bare_folder/$base" "$root"
    # A container is built from the mirror that the host trusts, even one whose lists are out of date.
    bare_network "$root" 'http|https|Retries|ForceIPv|Check-'
    bare_nuget "$root/root"
}

# copy_in WORDS: the forms COPY [--from=STAGE] SOURCE... TARGET.
copy_in() {
    local from=$context words=() word target
    for word in $1; do
        case $word in
            --from=*) from=$stages/${word#--from=} ;;
            --*) fail "COPY $word is not understood" ;;
            *) words+=("$word") ;;
        esac
    done
    target=${words[-1]}; unset 'words[-1]'
    [[ $target == /* ]] || target=$folder/$target
    if [[ -d $from/${words[0]} ]]; then
        mkdir -p "$root$target"
        cp -a "$from/${words[0]}/." "$root$target/"
    else
        mkdir -p "$(dirname "$root$target")"
        cp -a "${words[@]/#/$from/}" "$root$target"
    fi
}

carry_out() {
    local instruction=$1 rest=$2 word
    # ARGs before the first FROM name the images.
    for word in "${!arguments[@]}"; do rest=${rest//"\${$word}"/${arguments[$word]}}; done
    printf '%s %s\n' "$instruction" "$rest"
    case $instruction in
        ARG) arguments[${rest%%=*}]=${rest#*=} ;;
        FROM) [[ $rest == *' AS '* ]] || rest+=' AS final'
            start_stage "${rest%% *}" "${rest##* AS }" ;;
        WORKDIR) folder=$rest; mkdir -p "$root$folder" ;;
        COPY) copy_in "$rest" ;;
        RUN) in_stage "$rest" ;;
        ENV) read -ra word <<< "$rest"; environment+=("${word[@]}") ;;
        USER) user=$rest home=$(awk -F : -v name="$rest" '$1 == name { print $6 }' "$root/etc/passwd")
            [[ -n $home ]] || fail "USER $rest does not exist in the image" ;;
        ENTRYPOINT | CMD | HEALTHCHECK | VOLUME | EXPOSE | STOPSIGNAL) ;;
        *) fail "the instruction $instruction is not understood" ;;
    esac
}

steps() {
    local line joined=
    declare -gA arguments=()
    while IFS= read -r line || [[ -n $line ]]; do
        [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
        joined+=$line
        if [[ $joined == *\\ ]]; then joined=${joined%\\}; continue; fi
        carry_out "${joined%% *}" "${joined#* }"
        joined=
    done < "$1"
}

# The programs of the image, as its user.
try_node_image() {
    local status=0
    in_stage 'ledger-node --dir /var/lib/ledger' || status=$?
    [[ $status -eq 78 ]] || fail "an empty folder ended the node with $status, not 78"
    in_stage 'ledger --version'
    in_stage '
        set -e
        ledger init --dir /tmp/peer --name alpha --http 127.0.0.1:18480 --open --no-passphrase
        ledger-node --dir /tmp/peer > /tmp/log & node=$!
        for try in $(seq 100); do healthy 18480 && break; sleep 0.1; done
        healthy 18480
        kill -TERM $node
        wait $node'
    status=0; in_stage 'healthy 18480' 2> /dev/null || status=$?
    [[ $status -ne 0 ]] || fail "the health check passes without a node"
    in_stage 'test "$(id -u)" = 1654 && test -w . && ! test -w /opt/ledger/node'
}

try_bitcoind_image() {
    in_stage '
        set -e
        bitcoind -conf=/etc/bitcoin/bitcoin.conf -datadir=/var/lib/regtest -rpcport=18999 -daemonwait > /dev/null
        cli="bitcoin-cli -conf=/etc/bitcoin/bitcoin.conf -rpcport=18999"
        BITCOIND="127.0.0.1 -rpcport=18999" timeout 20 mine alpha beta || test $? = 124
        test "$($cli getblockcount)" -gt 101
        $cli -rpcwallet=beta getwalletinfo > /dev/null
        $cli stop > /dev/null'
}

bare_requirements
ledger_find_dotnet
context=$bare_folder/context
rm -rf "$context"; bare_checkout "$context"
mapfile -t network < <(bare_environment; echo TERM=dumb)
[[ $# -gt 0 ]] || set -- docker/Dockerfile docker/bitcoind.Dockerfile
for file in "$@"; do
    printf '== %s\n' "$file"
    steps "$ledger_root/$file"
    case $file in
        docker/Dockerfile) try_node_image ;;
        docker/bitcoind.Dockerfile) try_bitcoind_image ;;
    esac
done
rm -rf "$stages" "$context"
