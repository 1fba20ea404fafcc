using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Ledger.Client;
using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records.Streams;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>stream freeze</c>: the owner's first move against a thief. The recovery key then signs against a head that stands
/// still.
/// </summary>
internal static class FreezeCommand
{
    public static Command Create()
    {
        Argument<string> stream = new("stream") { Description = "Id of the stream: 64 hexadecimal digits." };
        Option<string> key = new("--key") { Description = "The stream's recovery key.", Required = true };
        Option<Uri> node = CommonOptions.Node();
        Option<ulong?> number = new("--number")
        {
            Description = "Number of the freeze, larger than any before; the time in milliseconds unless given.",
        };
        Option<bool> json = CommonOptions.Json();
        Command freeze = new("freeze", "Keep a stream out of blocks for 24 hours, but for its recovery key's records.")
        {
            stream, key, node, number, json,
        };
        KeyOptions options = KeyOptions.AddTo(freeze);
        freeze.SetAction((parsed, stop) => RunAsync(
            Parse(parsed.GetValue(stream)!), parsed.GetValue(number), parsed.GetValue(node)!,
            () => KeyStore.Open(parsed.GetValue(key)!, () => options.Passphrase(parsed), options.Signer(parsed)),
            new Output(parsed.GetValue(json)), stop));
        return freeze;
    }

    private static async Task<int> RunAsync(
        StreamId stream, ulong? number, Uri node, Func<SigningKey> open, Output output, CancellationToken stop)
    {
        using NodeClient client = new(node);
        ChainId chain = new(Digest.TryParseHex((await client.GetStatusAsync(stop).ConfigureAwait(false)).Chain, out Digest id)
            ? id
            : throw new CommandException($"What answers at {node} names no chain.", ExitCode.Failure));
        using SigningKey recovery = open();
        ulong now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        ulong last = (await client.GetStreamAsync(stream, stop).ConfigureAwait(false))?.Frozen?.Number ?? 0;
        Freeze freeze = Freeze.Seal(
            recovery, chain, stream, number ?? Math.Max(now, last + 1),
            RandomNumberGenerator.GetBytes(MlDsa65.RandomizerBytes));
        StreamFreezeSummary heeded = await client.FreezeAsync(freeze, stop).ConfigureAwait(false);
        string until = DateTimeOffset.FromUnixTimeMilliseconds((long)heeded.Until)
            .ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
        output.Say($"stream {stream} stands still until {until}; {node} tells the other nodes.");
        output.Say("Next: within that time put a new key in force with the recovery key, and revoke the stolen one.");
        output.Document(new JsonObject
        {
            ["stream"] = stream.ToString(),
            ["number"] = heeded.Number,
            ["until"] = heeded.Until,
        });
        return ExitCode.Success;
    }

    private static StreamId Parse(string text) => Digest.TryParseHex(text, out Digest stream)
        ? new StreamId(stream)
        : throw new CommandException("A stream id is 64 hexadecimal digits: `ledger verify FILE.oar` prints it.", ExitCode.Usage);
}
