#!/bin/sh
# A guarded model with curl. Before: ledger guard claims.oar --key operator.key --upstream URL
set -eu
guard=${LEDGER_GUARD:-http://127.0.0.1:8090}

# Fails if the guard says no: then the act must not run.
post() {
    curl --silent --show-error --fail-with-body --no-buffer --json "$2" \
        --header 'Ledger-Actor: claims-bot' --header 'Ledger-Authority: policy 12' "$guard$1"
}

# Drop-in: the call as it was, at the sidecar's address. The upstream sees nothing before the intent is durable.
post /v1/chat/completions '{"model": "sample-model", "stream": true,
    "messages": [{"role": "user", "content": "Is water damage covered?"}]}'

# An act of your own: its intent, the act, its outcome.
answer=$(post /intent '{"action": "assess-claim", "model": {"name": "claims-assessor", "version": "1.0"},
    "input": [{"json": {"amount": 420}}]}')
intent=$(printf '%s' "$answer" | sed -n 's/.*"intent": *"\([0-9a-f]*\)".*/\1/p')
decision=approve
post /outcome '{"intent": "'"$intent"'", "status": "executed",
    "output": [{"json": {"decision": "'$decision'"}}]}' > /dev/null
echo "$decision $intent"
