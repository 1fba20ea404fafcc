// A guarded model in JavaScript, Node.js 18 or later. Before: ledger guard claims.oar --key operator.key --upstream URL
const guard = process.env.LEDGER_GUARD ?? 'http://127.0.0.1:8090';
const headers = { 'Content-Type': 'application/json', 'Ledger-Actor': 'claims-bot', 'Ledger-Authority': 'policy 12' };

/** Throws if the guard says no: then the act must not run. */
async function post(path, body) {
  const answer = await fetch(guard + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer;
}

// Drop-in: the call as it was, at the sidecar's address. The upstream sees nothing before the intent is durable.
const messages = [{ role: 'user', content: 'Is water damage covered?' }];
const chat = await post('/v1/chat/completions', { model: 'sample-model', stream: true, messages });
let rest = '';
for await (const piece of chat.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + piece).split('\n');
  rest = lines.pop();
  for (const line of lines.filter((text) => text.startsWith('data: {'))) {
    process.stdout.write(JSON.parse(line.slice(6)).choices[0].delta.content ?? '');
  }
}
console.log();

// An act of your own: its intent, the act, its outcome.
const model = { name: 'claims-assessor', version: '1.0' };
const asked = await post('/intent', { action: 'assess-claim', model, input: [{ json: { amount: 420 } }] });
const { intent } = await asked.json();
const decision = 'approve';
await post('/outcome', { intent, status: 'executed', output: [{ json: { decision } }] });
console.log(decision, intent);
