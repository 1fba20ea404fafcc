using System.Text;
using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Cli.Tour;

/// <summary>
/// An operator of an AI system, played through the SDK: a key, a stream, the state of a model, and acts under the guard.
/// The "model" is three lines of arithmetic; what is shown is what is recorded around it.
/// </summary>
internal sealed class SampleOperator : IAsyncDisposable
{
    private const string Prompt = "You assess claims. Answer with approve, refer or decline, and one sentence.";
    private const string Sampling = """{"temperature":0,"top_p":1}""";

    private readonly SigningKey _key;
    private readonly StreamSealer _sealer;
    private readonly Guard _guard;
    private ModelReference _model = new("claims-assessor", "1.0");
    private ModelSettings _settings = new();

    private SampleOperator(SigningKey key, StreamSealer sealer)
    {
        _key = key;
        _sealer = sealer;
        _guard = new Guard(sealer, new GuardOptions());
    }

    public StreamId Stream => _sealer.Stream;

    public string ChainFile => _sealer.ChainFile;

    public static async Task<SampleOperator> CreateAsync(string folder, ChainId home, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        SigningKey key = KeyStore.Create(Path.Combine(folder, "operator.key"), passphrase: "");
        StreamSealer sealer = await StreamSealer.CreateAsync(
            Path.Combine(folder, "claims.oar"), key, "sample-operator", Body.Genesis(key.PublicKey.Span, "claims", chain: home), stop)
            .ConfigureAwait(false);
        return new SampleOperator(key, sealer);
    }

    /// <summary>Attests the model's state before the first act, so that no later swap is silent.</summary>
    public async Task AttestModelAsync(CancellationToken stop)
    {
        Digest prompt = await _guard.Vault.CommitPartAsync(ModelPart.Prompt, Encoding.UTF8.GetBytes(Prompt), stop).ConfigureAwait(false);
        Digest sampling = await _guard.Vault.CommitPartAsync(ModelPart.Sampling, Encoding.UTF8.GetBytes(Sampling), stop).ConfigureAwait(false);
        Dictionary<ModelPart, Digest> after = new() { [ModelPart.Prompt] = prompt, [ModelPart.Sampling] = sampling };
        Dictionary<string, string> named = new() { ["model"] = "claims-assessor 1.0" };
        Record attested = await _sealer.SealAsync(
            RecordKind.Model, Body.ModelChange(after, after, "first attested state", named), "claims-assessor", causes: null, stop)
            .ConfigureAwait(false);
        _model = _model with { State = attested.Id };
        _settings = new ModelSettings(prompt, sampling);
    }

    /// <summary>One decision: the intent is durable before the act runs, and the outcome says what came of it.</summary>
    public Task<string> DecideAsync(int amount, CancellationToken stop)
    {
        IntentDescription intent = new()
        {
            Action = "assess-claim",
            Actor = new Actor("claims-service", ActorType.Service),
            Authority = "claims-policy-7",
            Model = _model,
            Config = _settings,
            Inputs = [Content.Json($$"""{"claim":"water damage","amount":{{amount}}}""")],
        };
        return _guard.RunAsync(
            intent,
            (act, _) =>
            {
                string answer = amount switch { < 1_000 => "approve", < 10_000 => "refer", _ => "decline" };
                act.Reported = "claims-assessor-1.0";
                act.AddOutput(Content.Json($$"""{"decision":"{{answer}}"}"""));
                return Task.FromResult(answer);
            },
            stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _sealer.DisposeAsync().ConfigureAwait(false);
        _key.Dispose();
    }
}
