using System.Text.Json.Nodes;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Node.Api;
using Ledger.Node.Bitcoin;
using Ledger.Node.Doors;
using Ledger.Node.Tests.Setting;
using Ledger.Proofs;
using Ledger.Proofs.Spv;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Anchoring;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>The way into Bitcoin as the interface shows it, with the real anchoring over a stand-in daemon.</summary>
public sealed class AnchorDoorTests : IAsyncDisposable
{
    private readonly StandInBitcoin _bitcoin = new();
    private AnchorDriver? _driver;

    [Fact]
    public async Task A_record_waited_for_until_it_is_anchored_has_evidence_and_a_timestamp_of_Bitcoin()
    {
        await using NodeUnderTest node = await StartAsync();
        Operator alice = new(100);

        JsonNode receipt = (await (await node.SubmitAsync(alice.Next(), "?wait=anchored")).JsonAsync(201))["receipts"]![0]!;
        string address = $"/v1/records/{receipt.Text("id")}";
        JsonNode summary = await (await node.GetAsAsync(address, "application/json")).JsonAsync(200);
        byte[] evidence = await node.Http.GetByteArrayAsync(new Uri($"{address}/evidence", UriKind.Relative));
        HttpResponseMessage timestamp = await node.GetAsAsync($"{address}/evidence", EvidenceAnswer.Ots);
        byte[] ots = await timestamp.Content.ReadAsByteArrayAsync();

        Assert.Equal("anchored", receipt.Text("state"));
        Assert.Equal("anchored", summary.Text("state"));
        Assert.True(summary["anchor"]!.Number("confirmations") >= 1);
        Verification verification = EvidenceVerifier.Verify(evidence, TrustFile.Empty);
        Assert.True(verification.Verdict == Verdict.Verified, VerdictJson.FirstLine(verification));
        Assert.NotNull(verification.Anchored);
        Assert.Equal(EvidenceAnswer.Ots, timestamp.Content.Headers.ContentType!.MediaType);
        Assert.True(OtsFile.TryDecode(ots, out OtsFile? file, out _));
        Assert.Equal(summary.Text("entry"), file.FileDigest.ToString());
        Assert.Equal(ots, await node.Http.GetByteArrayAsync(new Uri($"{address}/evidence?format=ots", UriKind.Relative)));
    }

    /// <summary>
    /// What every other peer learns of an anchor is enough to check it: nothing is taken from elsewhere.
    /// </summary>
    [Fact]
    public async Task The_anchor_record_of_a_node_proves_its_block_with_its_own_members()
    {
        await using NodeUnderTest node = await StartAsync();
        await (await node.SubmitAsync(new Operator(100).Next(), "?wait=anchored")).JsonAsync(201);

        CborMap body = (await SealedAnchorAsync(node)).DecodeBody();
        CborMap proof = (CborMap)body["proof"];
        BlockId block = new(new Digest(((CborBytes)body["block"]).Span));
        SpvProof spv = new(
            ((CborBytes)proof["tx"]).Span.ToArray(),
            new TransactionIndex((uint)((CborInteger)proof["index"]).Value),
            [.. ((CborArray)proof["branch"]).Select(sibling => new Digest(((CborBytes)sibling).Span))],
            ((CborBytes)proof["header"]).Span.ToArray(),
            new BitcoinHeight((uint)((CborInteger)proof["height"]).Value));
        bool holds = spv.TryVerify(
            BitcoinNetwork.Regtest, block, null, out VerifiedCommitment? found, out SpvError error);
        Assert.True(holds && found is not null, error.ToString());
        Assert.Equal(((CborBytes)body["txid"]).Span, found!.Transaction.Value.Span);
        SpvProof moved = spv with { Index = new TransactionIndex(0) };
        Assert.False(moved.TryVerify(BitcoinNetwork.Regtest, block, null, out _, out error));
        Assert.Equal(SpvFault.RootDiffers, error.Fault);
    }

    [Fact]
    public async Task Anchors_are_listed_newest_first_and_become_final()
    {
        await using NodeUnderTest node = await StartAsync();
        Operator alice = new(100);
        await (await node.SubmitAsync(alice.Next(), "?wait=anchored")).JsonAsync(201);
        await (await node.SubmitAsync(alice.Next(), "?wait=anchored")).JsonAsync(201);

        JsonNode newest = await node.GetAsync("/v1/anchors?limit=1");
        ulong batch = newest["anchors"]![0]!.Number("batch");
        JsonNode older = await node.GetAsync($"/v1/anchors?before={newest["next"]}");
        _bitcoin.Mine(10);
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(120));
        JsonNode anchor;
        do
        {
            await Task.Delay(200, patience.Token);
            anchor = await node.GetAsync($"/v1/anchors/{batch}");
        }
        while (anchor.Text("state") != "final");

        Assert.Equal(batch, newest.Number("next"));
        Assert.All(older["anchors"]!.AsArray(), item => Assert.True(item!.Number("batch") < batch));
        Assert.Null(older["next"]);
        Assert.Equal(anchor.Text("block"), (await node.GetAsync($"/v1/blocks/{batch}")).Text("id"));
        Assert.Equal(batch, (await node.GetAsync($"/v1/blocks/{batch}"))["anchor"]!.Number("batch"));
        JsonNode below = (await node.GetAsync($"/v1/blocks/{batch - 1}"))["anchor"]!;
        Assert.Equal(("final", batch), (below.Text("state"), below.Number("batch")));
        Assert.True((await node.GetAsync("/v1/status")).Number("anchored") > 0);
        await node.RefusedAsync("/v1/anchors/999999", ProblemType.NotFound);
    }

    [Fact]
    public async Task Without_Bitcoin_records_settle_and_readiness_says_why_anchors_wait()
    {
        await using NodeUnderTest node = await StartAsync();
        _bitcoin.Gone = true;
        Operator alice = new(100);

        JsonNode[] receipts = await node.SettleAsync(alice.Next());
        JsonNode ready = await UntilAsync(node, 503);
        JsonNode status = await node.GetAsync("/v1/status");
        Assert.Equal("settled", receipts[0].Text("state"));
        Assert.Contains("does not answer", (string)ready["problems"]![0]!);
        Assert.False((bool)status["ready"]!);
        Assert.False((bool)status["bitcoin"]!["reachable"]!);

        _bitcoin.Gone = false;
        Assert.Empty((await UntilAsync(node, 200))["problems"]!.AsArray());
        await (await node.SubmitAsync(alice.Next(), "?wait=anchored")).JsonAsync(201);
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null)
        {
            await _driver.DisposeAsync();
        }
    }

    /// <summary>The first anchor record in the node's own stream.</summary>
    private static async Task<Records.Record> SealedAnchorAsync(NodeUnderTest node)
    {
        StreamId own = new(TestNetwork.StreamKey.Id.Value);
        for (int i = 0; i < 300; i++)
        {
            ulong settled = node.Node.Store.Stream(own)?.Seq.Value ?? 0;
            for (ulong seq = 0; seq <= settled; seq++)
            {
                if (node.Node.Store.RecordAt(own, new Sequence(seq)) is { } id
                    && node.Node.Store.Record(id) is { Kind: RecordKind.Anchor } anchor)
                {
                    return anchor;
                }
            }

            await Task.Delay(200);
        }

        throw new TimeoutException("No anchor record settled.");
    }

    private static async Task<JsonNode> UntilAsync(NodeUnderTest node, int status)
    {
        for (int i = 0; i < 600; i++)
        {
            HttpResponseMessage response = await node.SendAsync(HttpMethod.Get, "/readyz");
            if ((int)response.StatusCode == status)
            {
                return await response.JsonAsync(status);
            }

            await Task.Delay(200);
        }

        throw new TimeoutException($"/readyz never answered {status}.");
    }

    private async Task<NodeUnderTest> StartAsync()
    {
        GenesisDocument genesis = TestNetwork.With(admission => admission, new Parameters { AnchorBlocks = 1 });
        NodeUnderTest node = await NodeUnderTest.StartAsync(genesis: genesis, anchors: node =>
        {
            _driver = new AnchorDriver(node, _bitcoin, TimeProvider.System);
            return new DriverAnchorView(_driver);
        });
        _driver!.Start();
        return node;
    }
}
