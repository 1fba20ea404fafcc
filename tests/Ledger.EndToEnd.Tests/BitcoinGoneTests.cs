using System.Diagnostics;
using Ledger.Client;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>Bitcoin may go and come back: records do not wait for it, and nothing has to be told.</summary>
[Trait("Tier", "process")]
public sealed class BitcoinGoneTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task Records_settle_without_Bitcoin_and_anchoring_catches_up_when_it_is_back()
    {
        await using Devnet net = await Devnet.StartAsync();
        await net.WaitAsync("/readyz", (status, _) => status == 200, Patience);
        int daemon = net.BitcoinProcess;
        Processes.Kill(daemon);
        await Processes.LeftAfterAsync(Patience, () => Processes.Runs(daemon) ? [daemon] : []);

        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 2);
        SubmitSummary settled = await stream.SubmitAsync(net, SubmitWait.Settled);
        Assert.Equal((3UL, RecordState.Settled), (settled.Records, settled.State));
        string why = await net.WaitAsync("/readyz", (status, _) => status == 503, Patience);
        Assert.Contains("bitcoin", why, StringComparison.OrdinalIgnoreCase);
        (_, string record) = await net.GetAsync($"/v1/streams/{stream.Id}/records");
        Assert.Contains("\"settled\"", record);
        Assert.DoesNotContain("\"anchored\"", record);

        using Process again = Process.Start(Needs.Get("bitcoind"), [$"-datadir={Path.Combine(net.Folder, "bitcoin")}"]);
        try
        {
            SubmitSummary anchored = await stream.SubmitAsync(net, SubmitWait.Anchored);
            Assert.Equal(RecordState.Anchored, anchored.State);
            await net.WaitAsync("/readyz", (status, _) => status == 200, Patience);
            using NodeClient client = net.Client();
            byte[] evidence = await client.GetEvidenceAsync(stream.Id, from: null, to: null, default);
            Verification verdict = EvidenceVerifier.Verify(evidence, net.Trust);
            Assert.True(verdict.Verdict == Verdict.Verified, VerdictJson.FirstLine(verdict));
            Assert.NotNull(verdict.Anchored);
        }
        finally
        {
            again.Kill(entireProcessTree: true);
            await again.WaitForExitAsync();
        }
    }
}
