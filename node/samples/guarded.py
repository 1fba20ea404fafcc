"""A guarded model in Python, standard library only.

Before: ledger guard claims.oar --key operator.key --upstream URL"""
import json
import os
import urllib.request

GUARD = os.environ.get("LEDGER_GUARD", "http://127.0.0.1:8090")


def post(path, body):
    """Raises if the guard says no: then the act must not run."""
    headers = {"Content-Type": "application/json", "Ledger-Actor": "claims-bot", "Ledger-Authority": "policy 12"}
    return urllib.request.urlopen(urllib.request.Request(GUARD + path, json.dumps(body).encode(), headers))


# Drop-in: the call as it was, at the sidecar's address. The upstream sees nothing before the intent is durable.
question = [{"role": "user", "content": "Is water damage covered?"}]
with post("/v1/chat/completions", {"model": "sample-model", "stream": True, "messages": question}) as answer:
    for line in answer:
        if line.startswith(b"data: {"):
            print(json.loads(line[6:])["choices"][0]["delta"].get("content", ""), end="", flush=True)
print()

# An act of your own: its intent, the act, its outcome.
model = {"name": "claims-assessor", "version": "1.0"}
with post("/intent", {"action": "assess-claim", "model": model, "input": [{"json": {"amount": 420}}]}) as answer:
    intent = json.load(answer)["intent"]
decision = "approve"
post("/outcome", {"intent": intent, "status": "executed", "output": [{"json": {"decision": decision}}]}).close()
print(decision, intent)
