#!/usr/bin/env bash
# How much of the node's code the simulator runs: line coverage of Ledger.Runtime over a range of seeds.
#
#   tests/coverage.sh [FIRST..LAST]    501..1000 unless told
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
export LEDGER_SEEDS=${1:-501..1000}
results=artifacts/coverage
rm -rf "$results"
dotnet build -c Release -v quiet --nologo tests/Ledger.Consensus.Tests
dotnet test --no-build -c Release --nologo tests/Ledger.Consensus.Tests \
    --filter 'FullyQualifiedName~over_a_long_range_of_seeds' \
    --collect 'XPlat Code Coverage' --results-directory "$results" \
    -- 'DataCollectionRunSettings.DataCollectors.DataCollector.Configuration.Include=[Ledger.Runtime]*'
head -c 1000 "$results"/*/coverage.cobertura.xml \
    | sed -n 's/.*lines-covered="\([0-9]*\)" lines-valid="\([0-9]*\)".*/\1 \2/p' \
    | awk -v seeds="$LEDGER_SEEDS" '{ printf "Ledger.Runtime under the simulator, seeds %s: %d of %d lines, %.1f %%\n",
        seeds, $1, $2, 100 * $1 / $2 }'
