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
        Option<bool> json = CommonOptions.Json();
        Command command = new("tour", "The whole path on real parts: sealed, settled, anchored, verified offline.") { once, dir, json };
        command.SetAction((parsed, stop) => RunAsync(
            parsed.GetValue(dir) ?? NewFolder(), parsed.GetValue(once), new Output(parsed.GetValue(json)), stop));
        return command;
    }

    private static string NewFolder() => Path.Combine(
        Environment.GetEnvironmentVariable("LEDGER_LOCAL") ?? Path.GetFullPath(".local"),
        "runs",
        string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Environment.ProcessId}"));

    private static async Task<int> RunAsync(string folder, bool once, Output output, CancellationToken stop)
    {
        Stopwatch watch = Stopwatch.StartNew();
        void Step(string text) => output.Say($"[{watch.Elapsed.TotalSeconds,5:0.0} s] {text}");

        Network network = await Network.StartAsync(folder, Step, stop).ConfigureAwait(false);
        await using (network.ConfigureAwait(false))
        {
            Step($"the node serves at {network.Node.Address}");
            string evidence = Path.Combine(folder, "claims.evidence");
            string trust = Path.Combine(folder, "trust.json");
            StreamId stream = await PlayAsync(network, folder, evidence, Step, stop).ConfigureAwait(false);
            await File.WriteAllTextAsync(trust, TrustFor(network, stream), stop).ConfigureAwait(false);

            Verification verdict = Judge(evidence, trust);
            Step("verified offline, from the one file and the trust file beside it:");
            output.Say("");
            if (!output.Json)
            {
                VerdictText.Write(Console.Out, verdict);
            }

            (int at, Verification broken) = FlipOneByte(evidence, trust);
            output.Say("");
            Step($"one bit flipped at byte {at} of a copy: {VerdictJson.FirstLine(broken)}");
            output.Document(new JsonObject
            {
                ["dir"] = folder,
                ["evidence"] = evidence,
                ["trust"] = trust,
                ["explorer"] = network.Node.Address.ToString(),
                ["seconds"] = Math.Round(watch.Elapsed.TotalSeconds, 1),
                ["verification"] = JsonNode.Parse(VerdictJson.Write(verdict)),
                ["flipped"] = JsonNode.Parse(VerdictJson.Write(broken)),
            });
            bool asItShould = verdict.Verdict == Verdict.Verified && verdict.Anchored is not null && broken.Verdict == Verdict.Invalid;
            if (!once)
            {
                await StayAsync(network, evidence, trust, output, stop).ConfigureAwait(false);
            }

            return asItShould ? ExitCode.Success : ExitCode.Failure;
        }
    }

    private static async Task<StreamId> PlayAsync(
        Network network, string folder, string evidence, Action<string> step, CancellationToken stop)
    {
        SampleOperator sample = await SampleOperator.CreateAsync(Path.Combine(folder, "operator"), network.Genesis.Chain, stop).ConfigureAwait(false);
        await using (sample.ConfigureAwait(false))
        {
            step("a sample AI operator made its key and its stream (ML-DSA-65)");
            foreach (int amount in Claims)
            {
                string answer = await sample.DecideAsync(amount, stop).ConfigureAwait(false);
                step($"sealed the intent, ran the act ({answer}), sealed the outcome");
            }

            using NodeClient client = new(network.Node.Address);
            SubmitSummary settled = await client.SubmitChainAsync(sample.ChainFile, SubmitWait.Settled, progress: null, stop).ConfigureAwait(false);
            step($"settled: {settled.Records} records, the last in block {settled.Last.Height}");
            step("waiting for Bitcoin: a transaction with the block's id, and a block over it");
            SubmitSummary anchored = await client.SubmitChainAsync(sample.ChainFile, SubmitWait.Anchored, progress: null, stop).ConfigureAwait(false);
            step($"anchored: transaction {anchored.Last.Anchor?.Txid} in Bitcoin block {anchored.Last.Anchor?.BitcoinHeight} (regtest)");
            byte[] file = await client.GetEvidenceAsync(sample.Stream, from: null, to: null, stop).ConfigureAwait(false);
            await File.WriteAllBytesAsync(evidence, file, stop).ConfigureAwait(false);
            step($"wrote the evidence file: {file.Length} bytes");
            return sample.Stream;
        }
    }

    private static string TrustFor(Network network, StreamId stream) => $$"""
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

    private static async Task StayAsync(Network network, string evidence, string trust, Output output, CancellationToken stop)
    {
        StringBuilder text = new();
        text.AppendLine().AppendLine($"The explorer is at {network.Node.Address}").AppendLine("Next, in another terminal:");
        text.AppendLine($"  ./ledger verify {evidence} --trust {trust}");
        text.AppendLine($"  ./ledger status --node {network.Node.Address}");
        text.AppendLine($"  ./ledger submit {Path.Combine(Path.GetDirectoryName(evidence)!, "operator", "claims.oar")} --node {network.Node.Address}");
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
}
