using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Cli.Devnet;
using Ledger.Cli.Tour;
using Ledger.Client;
using Ledger.Core;
using Ledger.Proofs;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;

namespace Ledger.Cli.Commands;

/// <summary>
/// <c>tour</c>, what ./run calls: a network on this machine, a sample AI operator, and the whole path of its records to a
/// verdict that rests on nothing but one file.
/// </summary>
internal static class TourCommand
{
    private static readonly int[] Claims = [420, 3_700, 25_000];

    public static Command Create()
    {
        Option<bool> once = new("--once") { Description = "Stop everything at the end; exit 0 only if the verdict is VERIFIED." };
        Option<string?> dir = new("--dir") { Description = "Folder for everything it keeps; a new one under .local/runs unless given." };
        Option<int> validators = CommonOptions.Validators();
        Option<bool> json = CommonOptions.Json();
        Command command = new("tour", "The whole path on real parts: sealed, settled, anchored, verified offline.")
        {
            once, dir, validators, json,
        };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(dir) ?? NewFolder(), parsed.GetValue(validators), parsed.GetValue(once),
            new Output(parsed.GetValue(json)), stop));
        return command;
    }

    private static string NewFolder() => Path.Combine(
        Environment.GetEnvironmentVariable("LEDGER_LOCAL") ?? Path.GetFullPath(".local"),
        "runs",
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}"));

    private static async Task<int> RunAsync(
        string folder, int validators, bool once, Output output, CancellationToken stop)
    {
        Stopwatch watch = Stopwatch.StartNew();
        void Step(string text) => output.Say($"[{watch.Elapsed.TotalSeconds,5:0.0} s] {text}");

        LocalNetwork network = await LocalNetwork.StartAsync(folder, validators, Step, stop).ConfigureAwait(false);
        await using (network.ConfigureAwait(false))
        {
            Step($"the {(validators == 1 ? "node serves" : "first node serves")} at {network.Node.Address}");
            SampleOperator sample = await SampleOperator
                .CreateAsync(Path.Combine(folder, "operator"), network.Genesis.Chain, stop).ConfigureAwait(false);
            await using (sample.ConfigureAwait(false))
            {
                Step("a sample AI operator made its key and its stream (ML-DSA-65)");
                Tale tale = await TellAsync(network, sample, folder, Step, output, stop).ConfigureAwait(false);
                output.Document(new JsonObject
                {
                    ["dir"] = folder,
                    ["evidence"] = tale.Evidence,
                    ["trust"] = tale.Trust,
                    ["explorer"] = network.Node.Address.ToString(),
                    ["seconds"] = Math.Round(watch.Elapsed.TotalSeconds, 1),
                    ["verification"] = JsonNode.Parse(VerdictJson.Write(tale.Sound)),
                    ["flipped"] = JsonNode.Parse(VerdictJson.Write(tale.Broken)),
                    ["settledWithoutOnePeer"] = tale.Outage?.HeightWithoutOne,
                    ["stuck"] = tale.Outage is not { } outage ? null : new JsonObject
                    {
                        ["waitsFor"] = outage.WaitsFor,
                        ["missing"] = new JsonArray([.. outage.Missing.Select(name => (JsonNode)JsonValue.Create(name))]),
                        ["settledAfter"] = outage.HeightAfter,
                    },
                });
                if (!once)
                {
                    await StayAsync(network, tale, sample.ChainFile, output, stop).ConfigureAwait(false);
                }

                return tale.IsAsItShould ? ExitCode.Success : ExitCode.Failure;
            }
        }
    }

    /// <summary>
    /// From the first act to what no theatre could show: the same check says no, a peer that is gone is not missed, and where
    /// too many are gone a node says so.
    /// </summary>
    private static async Task<Tale> TellAsync(
        LocalNetwork network, SampleOperator sample, string folder, Action<string> step, Output output,
        CancellationToken stop)
    {
        string evidence = Path.Combine(folder, "claims.evidence");
        string trust = Path.Combine(folder, "trust.json");
        await PlayAsync(network, sample, evidence, step, stop).ConfigureAwait(false);
        await File.WriteAllTextAsync(trust, TrustFor(network, sample.Stream), stop).ConfigureAwait(false);
        Verification sound = Judge(evidence, trust);
        step("verified offline, from the one file and the trust file beside it:");
        output.Say("");
        if (!output.Json)
        {
            VerdictText.Write(Console.Out, sound);
        }

        (int at, Verification broken) = FlipOneByte(evidence, trust);
        output.Say("");
        step($"one bit flipped at byte {at} of a copy: {VerdictJson.FirstLine(broken)}");
        Outage? outage = await Outage.PlayAsync(network, sample, step, stop).ConfigureAwait(false);
        return new Tale(evidence, trust, sound, broken, outage);
    }

    private static async Task PlayAsync(
        LocalNetwork network, SampleOperator sample, string evidence, Action<string> step, CancellationToken stop)
    {
        foreach (int amount in Claims)
        {
            string answer = await sample.DecideAsync(amount, stop).ConfigureAwait(false);
            step($"sealed the intent, ran the act ({answer}), sealed the outcome");
        }

        using NodeClient client = new(network.Node.Address);
        SubmitSummary settled = await client
            .SubmitChainAsync(sample.ChainFile, SubmitWait.Settled, progress: null, stop).ConfigureAwait(false);
        step($"settled: {settled.Records} records, the last in block {settled.Last.Height}");
        step("waiting for Bitcoin: a transaction with the block's id, and a block over it");
        SubmitSummary anchored = await client
            .SubmitChainAsync(sample.ChainFile, SubmitWait.Anchored, progress: null, stop).ConfigureAwait(false);
        RecordAnchor? anchor = anchored.Last.Anchor;
        step($"anchored: transaction {anchor?.Txid} in Bitcoin block {anchor?.BitcoinHeight} (regtest)");
        byte[] file = await client.GetEvidenceAsync(sample.Stream, from: null, to: null, stop).ConfigureAwait(false);
        await File.WriteAllBytesAsync(evidence, file, stop).ConfigureAwait(false);
        step($"wrote the evidence file: {file.Length} bytes");
    }

    private static string TrustFor(LocalNetwork network, StreamId stream) => $$"""
        {
          "v": 1,
          "chain": "{{network.Genesis.Chain}}",
          "streams": ["{{stream}}"],
          "bitcoin": { "network": "regtest" }
        }

        """;

    private static Verification Judge(string evidence, string trust) =>
        EvidenceVerifier.Verify(File.ReadAllBytes(evidence), TrustCommand.Load(trust));

    /// <summary>Inside the last record: no theatre, the same check says no.</summary>
    private static (int At, Verification Verdict) FlipOneByte(string evidence, string trust)
    {
        byte[] bytes = File.ReadAllBytes(evidence);
        int at = bytes.Length - 1_000;
        bytes[at] ^= 1;
        return (at, EvidenceVerifier.Verify(bytes, TrustCommand.Load(trust)));
    }

    private static async Task StayAsync(
        LocalNetwork network, Tale tale, string chainFile, Output output, CancellationToken stop)
    {
        StringBuilder text = new();
        text.AppendLine().AppendLine($"The explorer is at {network.Node.Address}").AppendLine("Next, in another terminal:");
        text.AppendLine($"  ./ledger verify {tale.Evidence} --trust {tale.Trust}");
        text.AppendLine($"  ./ledger status --node {network.Node.Address}");
        text.AppendLine($"  ./ledger why-stuck --node {network.Node.Address}");
        text.AppendLine($"  ./ledger submit {chainFile} --node {network.Node.Address}");
        text.Append("Ctrl-C ends everything.");
        output.Say(text.ToString());
        try
        {
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            output.Say("Stopping.");
        }
    }

    /// <param name="Outage">Null where no peer was to spare.</param>
    private sealed record Tale(string Evidence, string Trust, Verification Sound, Verification Broken, Outage? Outage)
    {
        public bool IsAsItShould =>
            Sound.Verdict == Verdict.Verified && Sound.Anchored is not null && Broken.Verdict == Verdict.Invalid
            && (Outage is null || Outage.IsAsItShould);
    }
}
