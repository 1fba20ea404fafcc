using System.CommandLine;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records.Bodies;

namespace Ledger.Cli.Commands;

/// <summary><c>stream new</c>: a chain file with its genesis record, and a recovery key unless told not to.</summary>
internal static class StreamCommand
{
    /// <summary>A hundred years.</summary>
    private const int RetainDaysMax = 36_525;

    public static Command Create()
    {
        Argument<string> file = new("file") { Description = "Chain file to make, for instance claims.oar." };
        Option<string> key = new("--key") { Description = "The stream's first key.", Required = true };
        Option<string> name = new("--name") { Description = "What the stream is called; a pseudonym, never a person's name.", DefaultValueFactory = _ => "stream" };
        Option<string?> chain = new("--chain") { Description = "Home of the stream: a chain id; any other chain refuses it." };
        Option<bool> noRecovery = new("--no-recovery") { Description = "Make no recovery key." };
        Option<int?> retain = new("--retain-days")
        {
            Description = "Days for which contents are kept at least; six months unless more.",
        };
        Option<bool> json = CommonOptions.Json();
        Command create = new("new", "Begin a stream.") { file, key, name, chain, noRecovery, retain, json };
        KeyOptions options = KeyOptions.AddTo(create);
        create.SetAction((parsed, stop) => NewAsync(
            new StreamPlan(
                parsed.GetValue(file)!, parsed.GetValue(key)!, parsed.GetValue(name)!, ParseChain(parsed.GetValue(chain)),
                !parsed.GetValue(noRecovery), options.Signer(parsed), parsed.GetValue(retain)),
            () => options.Passphrase(parsed),
            new Output(parsed.GetValue(json)), stop));
        return new Command("stream", "Streams: one signed chain of records each.") { create, FreezeCommand.Create() };
    }

    private static async Task<int> NewAsync(StreamPlan plan, Func<string> passphrase, Output output, CancellationToken stop)
    {
        if (plan.RetainDays is < 1 or > RetainDaysMax)
        {
            throw new CommandException($"--retain-days is from 1 to {RetainDaysMax}.", ExitCode.Usage);
        }

        string secret = passphrase();
        using SigningKey key = KeyStore.Open(plan.KeyFile, () => secret, plan.Signer);
        KeyId? recovery = null;
        string recoveryFile = Path.ChangeExtension(plan.File, ".recovery.key");
        if (plan.WithRecovery)
        {
            using SigningKey recoveryKey = KeyStore.Create(recoveryFile, secret);
            recovery = recoveryKey.Id;
        }

        CborMap genesis = Body.Genesis(key.PublicKey.Span, plan.Name, recovery, chain: plan.Chain);
        if (plan.RetainDays is { } days)
        {
            genesis = genesis.With("retention", CborInteger.Of(days));
        }

        await using StreamSealer sealer = await StreamSealer.CreateAsync(plan.File, key, plan.Name, genesis, stop).ConfigureAwait(false);
        output.Say($"stream {sealer.Stream}");
        output.Say($"words  {FingerprintWords.Of(key.Id)}");
        if (recovery is not null)
        {
            output.Say($"Next: take {recoveryFile} off this machine; it alone can rotate or revoke a stolen key.");
        }

        output.Document(new JsonObject
        {
            ["stream"] = sealer.Stream.ToString(),
            ["file"] = plan.File,
            ["recovery"] = recovery?.ToString(),
            ["recoveryFile"] = plan.WithRecovery ? recoveryFile : null,
        });
        return ExitCode.Success;
    }

    private static ChainId? ParseChain(string? text) =>
        text is null ? null
        : Digest.TryParseHex(text, out Digest chain) ? new ChainId(chain)
        : throw new CommandException("--chain is 64 hexadecimal digits.", ExitCode.Usage);

    private sealed record StreamPlan(
        string File, string KeyFile, string Name, ChainId? Chain, bool WithRecovery, SignatureProvider Signer,
        int? RetainDays);
}
