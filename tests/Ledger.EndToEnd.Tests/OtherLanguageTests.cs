using System.Diagnostics;
using System.Text.Json;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Spv;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>A script that knows only the specification, and a Merkle root that only the Bitcoin daemon knows.</summary>
[Collection(OneDevnet.Name)]
[Trait("Tier", "process")]
public sealed class OtherLanguageTests(DevnetFixture devnet)
{
    [FactThatNeeds("bitcoind", "rocksdb", "opentimestamps")]
    public async Task Python_derives_the_Merkle_root_that_the_Bitcoin_daemon_names_and_refuses_another()
    {
        using TempFolder folder = new();
        string file = folder.Of("stream.evidence");
        await File.WriteAllBytesAsync(file, devnet.StreamEvidence);
        List<string> roots = [];
        foreach (Checkpoint checkpoint in FlippedBitTests.Parse(devnet.StreamEvidence).Chain!.Checkpoints)
        {
            if (checkpoint.Bitcoin is { } bitcoin)
            {
                JsonElement header = await devnet.Net.BitcoinAsync(
                    "getblockheader", BitcoinBlockHash.Of(bitcoin.Header.Span).ToString());
                roots.AddRange(["--merkle-root", header.GetProperty("merkleroot").GetString()!]);
            }
        }

        Assert.NotEmpty(roots);
        Ran holds = await RunAsync([file, .. roots, "--json"]);
        Assert.True(holds.Code == 0, holds.ToString());
        roots[1] = new string('0', 64);
        Ran refused = await RunAsync([file, .. roots, "--json"]);
        Assert.True(
            refused.Code == 1 && refused.Out.Contains("\"holds\": false", StringComparison.Ordinal),
            refused.ToString());
    }

    private static async Task<Ran> RunAsync(string[] arguments)
    {
        string script = Checkout.PathOf("tests", "interop", "evidence", "verify-commitments.py");
        ProcessStartInfo start = new(Needs.Get("opentimestamps"), [script, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync();
        string text = await python.StandardOutput.ReadToEndAsync();
        await python.WaitForExitAsync();
        return new Ran(python.ExitCode, text, await errors);
    }
}
