using System.Diagnostics;
using System.Text.Json;
using Ledger.Client;
using Ledger.Core;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>
/// A long chain over a line that is cut, by a client that is killed: every record once, and none lost.
/// </summary>
[Collection(OneDevnet.Name)]
[Trait("Tier", "process")]
public sealed class ResumedSubmissionTests(DevnetFixture devnet)
{
    private const int Records = 2_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task A_long_chain_is_submitted_over_a_line_that_is_cut_by_a_client_that_is_killed()
    {
        await using OperatorStream stream = await OperatorStream.CreateAsync();
        await Task.WhenAll(Enumerable.Range(1, Records - 1).Select(_ => stream.SealAsync()));
        string copy = stream.ChainFile;
        await using CuttingProxy proxy = new(devnet.Net.Address, bytesMax: 2_500_000);

        using Process killed = Cli.Start(Cli.Program, [], ["submit", copy, "--node", $"{proxy.Address}"]);
        ulong before = await SettledAtLeastAsync(stream.Id, 250);
        Processes.Kill(killed.Id);
        await killed.WaitForExitAsync();

        using JsonDocument first = await SubmitAsync(copy, proxy.Address);
        Assert.Equal((ulong)Records, first.RootElement.GetProperty("records").GetUInt64());
        Assert.InRange(first.RootElement.GetProperty("sent").GetUInt64(), 0UL, Records - before);
        Assert.InRange(proxy.Cuts, 1, int.MaxValue);
        using JsonDocument again = await SubmitAsync(copy, proxy.Address);
        Assert.Equal(0UL, again.RootElement.GetProperty("sent").GetUInt64());

        using NodeClient client = devnet.Net.Client();
        byte[] evidence = await client.GetEvidenceAsync(stream.Id, from: null, to: null, default);
        Verification verdict = EvidenceVerifier.Verify(evidence, devnet.Net.Trust);
        Assert.True(verdict.Verdict == Verdict.Verified, VerdictJson.FirstLine(verdict));
        Assert.Equal(Records, verdict.Records);
    }

    private static async Task<JsonDocument> SubmitAsync(string chain, Uri node)
    {
        Ran ran = await Cli.RunAsync("submit", chain, "--node", $"{node}", "--wait", "settled", "--json");
        Assert.True(ran.Code == 0, ran.ToString());
        return JsonDocument.Parse(ran.Out);
    }

    private async Task<ulong> SettledAtLeastAsync(StreamId stream, ulong records)
    {
        using NodeClient client = devnet.Net.Client();
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            if (await client.GetStreamAsync(stream, default) is { } known && known.Seq + 1 >= records)
            {
                return known.Seq + 1;
            }

            Assert.True(watch.Elapsed < Patience, "nothing settles");
            await Task.Delay(50);
        }
    }
}
