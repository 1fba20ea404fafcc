// A guarded model in C#, with the package Ledger.Client and no sidecar: the guard runs in this process.
using Ledger.Client;
using Ledger.Crypto;
using Ledger.Records.Bodies;

string upstream = Environment.GetEnvironmentVariable("LEDGER_MODEL") ?? "http://127.0.0.1:8000";
using SigningKey key = File.Exists("operator.key")
    ? KeyStore.Open("operator.key", () => "a passphrase from your vault")
    : KeyStore.Create("operator.key", "a passphrase from your vault");
await using StreamSealer sealer = File.Exists("claims.oar")
    ? await StreamSealer.OpenAsync("claims.oar", key, "operator-7", default)
    : await StreamSealer.CreateAsync(
        "claims.oar", key, "operator-7", Body.Genesis(key.PublicKey.Span, "claims"), default);

ModelState model = new("sample-model", "1.0");
model.Set(ModelPart.Provider, PartSource.Text(upstream));
await using Guard guard = await Guard.StartAsync(sealer, new GuardOptions(), node: null, model, default);
using HttpClient http = new(new SocketsHttpHandler { UseProxy = false });

const string Chat = """{"model":"sample-model","messages":[{"role":"user","content":"Is water damage covered?"}]}""";
IntentDescription intent = new()
{
    Action = "answer-question",
    Actor = new Actor("claims-bot", ActorType.Service),
    Authority = "policy 12",
    Inputs = [Content.Json(Chat)],
};

// The delegate runs only after the intent is durable; its outcome is sealed however it ends.
string answer = await guard.RunAsync(intent, async (act, stop) =>
{
    using HttpRequestMessage request = new(HttpMethod.Post, upstream + "/v1/chat/completions");
    request.Content = new StringContent(Chat, System.Text.Encoding.UTF8, "application/json");
    request.Headers.Add("Ledger-Intent", act.IntentId.ToString());
    using HttpResponseMessage response = (await http.SendAsync(request, stop)).EnsureSuccessStatusCode();
    string text = await response.Content.ReadAsStringAsync(stop);
    act.AddOutput(Content.Json(text));
    return text;
}, default);
Console.WriteLine(answer);
