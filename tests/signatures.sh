#!/usr/bin/env bash
# Prints what the signatures were compared with, item by item with its count, on each set of vector instructions:
#
#   tests/signatures.sh
#
# Exit 0 if nothing differs. What is missing on this machine is printed as skipped, with the reason.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
source node/build.sh
source tests/report.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests/setup.sh npm openssl || true
ledger_find_dotnet
ledger_dotnet_build "$PWD/tests/Ledger.Crypto.Tests"

# Key in the file of counts, the test that writes it, and what is printed.
items='noble|A_thousand_random_messages|@noble/post-quantum, both ways
noble-mutations|NobleTests.Both_give|@noble/post-quantum, broken signatures
accumulated 3000|One_hash_over_thousands|accumulated hash, with @noble/post-quantum
node-crypto|NodeCryptoTests.Keys_from_a_seed|node:crypto (OpenSSL), both ways
node-crypto-mutations|NodeCryptoTests.Both_give|node:crypto (OpenSSL), broken signatures
platform|that_of_the_newest_system|.NET on OpenSSL as signer, both ways
mutations|Every_class_of_broken|classes of broken hints, norms, bytes
wycheproof-verify|Every_verification_vector|Wycheproof, verification
wycheproof-sign|Every_signing_vector|Wycheproof, signing
key-files|A_script_in_JavaScript_opens|key files, opened by JavaScript'
filter=$(cut -d '|' -f 2 <<< "$items" | sed 's/^/FullyQualifiedName~/' | paste -s -d '|')

status=0
for setting in EnableAVX512=1 EnableAVX512=0 EnableHWIntrinsic=0; do
    name=${setting/=/-}
    counts=$work/$name.counts log=$work/$name.log
    : > "$counts"
    env "DOTNET_$setting" LEDGER_COUNTS="$counts" dotnet test \
        artifacts/bin/Ledger.Crypto.Tests/release/Ledger.Crypto.Tests.dll --nologo \
        --filter "$filter|FullyQualifiedName~The_width_in_use" \
        "--logger:trx;LogFileName=$name.trx" --results-directory "$work" > "$log" 2>&1 || { status=1; cat "$log"; }
    trx_rows "$work/$name.trx" > "$work/$name.tsv"
    printf 'DOTNET_%s: %s\n' "$setting" "$(awk -F '\t' '$1 == "width" { print $2; exit }' "$counts")"
    while IFS='|' read -r key test title; do
        counted=$(awk -F '\t' -v key="$key" '$1 == key { print $2; exit }' "$counts")
        [[ -n $counted ]] || counted=$(awk -F '\t' -v test="$test" \
            'index($3, test) { print $1 == "NotExecuted" ? "skipped: " $4 : $1; exit }' "$work/$name.tsv")
        [[ -n $counted ]] || { status=1; counted="nothing was compared"; }
        printf '  %-42s %s\n' "$title" "$counted"
    done <<< "$items"
done
exit "$status"
