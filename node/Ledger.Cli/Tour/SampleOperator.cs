using Ledger.Client;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
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

    private SampleOperator(SigningKey key, StreamSealer sealer, Guard guard) =>
        (_key, _sealer, _guard) = (key, sealer, guard);

    public StreamId Stream => _sealer.Stream;

    public string ChainFile => _sealer.ChainFile;

    /// <summary>Attests the model's state before the first act, so that no later swap is silent.</summary>
    public static async Task<SampleOperator> CreateAsync(string folder, ChainId home, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        SigningKey key = KeyStore.Create(Path.Combine(folder, "operator.key"), passphrase: "");
        CborMap genesis = Body.Genesis(key.PublicKey.Span, "claims", chain: home);
        StreamSealer sealer = await StreamSealer
            .CreateAsync(Path.Combine(folder, "claims.oar"), key, "sample-operator", genesis, stop)
            .ConfigureAwait(false);
        ModelState model = new("claims-assessor", "1.0");
        model.Set(ModelPart.Prompt, PartSource.Text(Prompt));
        model.Set(ModelPart.Sampling, PartSource.Text(Sampling));
        Guard guard = await Guard.StartAsync(sealer, new GuardOptions(), node: null, model, stop).ConfigureAwait(false);
        return new SampleOperator(key, sealer, guard);
    }

    /// <summary>One decision: the intent is durable before the act runs, and the outcome says what came of it.</summary>
    public Task<string> DecideAsync(int amount, CancellationToken stop)
    {
        IntentDescription intent = new()
        {
            Action = "assess-claim",
            Actor = new Actor("claims-service", ActorType.Service),
            Authority = "claims-policy-7",
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
        await _guard.DisposeAsync().ConfigureAwait(false);
        await _sealer.DisposeAsync().ConfigureAwait(false);
        _key.Dispose();
    }
}
