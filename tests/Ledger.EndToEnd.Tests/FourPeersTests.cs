using System.Text.Json;
using Ledger.Client;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>Four validators as four processes that meet over libp2p.</summary>
[Trait("Tier", "process")]
public sealed class FourPeersTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task What_is_given_to_one_peer_settles_and_is_read_and_proven_at_every_other()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        foreach (DevnetNode node in net.Nodes)
        {
            string peers = await net.WaitAsync("/v1/peers", (_, text) => Connected(text) == 4, Patience, node.Address);
            AssertDescribes(peers, net, node);
        }

        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 20);
        SubmitSummary settled = await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Settled);
        Assert.Equal((21UL, RecordState.Settled), (settled.Records, settled.State));
        foreach (DevnetNode node in net.Nodes)
        {
            await SettledAtAsync(net, node.Address, stream, seq: 20);
            using NodeClient client = new(node.Address);
            byte[] evidence = await client.GetEvidenceAsync(stream.Id, from: null, to: null, default);
            Verification verdict = EvidenceVerifier.Verify(evidence, net.Trust);
            Assert.True(verdict.Verdict == Verdict.Verified, VerdictJson.FirstLine(verdict));
        }

        // The stream goes on at another peer.
        await stream.SealAsync();
        SubmitSummary elsewhere = await stream.SubmitAsync(net.Nodes[3].Address, SubmitWait.Settled);
        Assert.Equal(RecordState.Settled, elsewhere.State);
        await SettledAtAsync(net, net.Nodes[0].Address, stream, seq: 21);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task One_peer_that_is_killed_is_not_missed_without_two_nothing_settles_and_all_catch_up()
    {
        await using Devnet net = await Devnet.StartAsync(validators: 4);
        await using OperatorStream stream = await OperatorStream.CreateAsync(more: 2);
        await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Settled);

        Processes.Kill(net.Nodes[3].Process);
        await stream.SealAsync();
        SubmitSummary withThree = await stream.SubmitAsync(net.Nodes[1].Address, SubmitWait.Settled);
        Assert.Equal(RecordState.Settled, withThree.State);

        Processes.Kill(net.Nodes[2].Process);
        await stream.SealAsync();
        await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Sealed);
        await Task.Delay(TimeSpan.FromSeconds(5));
        SubmitSummary withTwo = await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Sealed);
        Assert.Equal(RecordState.Sealed, withTwo.State);

        using RestartedNode third = await RestartedNode.StartAsync(net.Nodes[2]);
        SubmitSummary back = await stream.SubmitAsync(net.Nodes[0].Address, SubmitWait.Settled);
        Assert.Equal((withTwo.Last.Id, RecordState.Settled), (back.Last.Id, back.State));
        await SettledAtAsync(net, third.Address, stream, seq: 4);

        // What it slept through comes from the others, and then it is one of them again.
        using RestartedNode fourth = await RestartedNode.StartAsync(net.Nodes[3]);
        await SettledAtAsync(net, fourth.Address, stream, seq: 4);
        await stream.SealAsync();
        SubmitSummary last = await stream.SubmitAsync(fourth.Address, SubmitWait.Settled);
        Assert.Equal(RecordState.Settled, last.State);
        await SettledAtAsync(net, net.Nodes[0].Address, stream, seq: 5);
        await net.WaitAsync("/v1/peers", (_, text) => Connected(text) == 4, Patience);
    }

    private static Task<string> SettledAtAsync(Devnet net, Uri node, OperatorStream stream, ulong seq) => net.WaitAsync(
        $"/v1/streams/{stream.Id}", (status, text) => status == 200 && SeqOf(text) >= seq, Patience, node);

    private static ulong SeqOf(string stream)
    {
        using JsonDocument document = JsonDocument.Parse(stream);
        return document.RootElement.GetProperty("seq").GetUInt64();
    }

    private static int Connected(string peers)
    {
        using JsonDocument document = JsonDocument.Parse(peers);
        return document.RootElement.GetProperty("peers").EnumerateArray()
            .Count(peer => peer.GetProperty("connected").GetBoolean());
    }

    /// <summary>Each peer bears the id that the network gives as its address.</summary>
    private static void AssertDescribes(string peers, Devnet net, DevnetNode self)
    {
        using JsonDocument document = JsonDocument.Parse(peers);
        JsonElement[] listed = [.. document.RootElement.GetProperty("peers").EnumerateArray()];
        Assert.Equal(net.Nodes.Count, listed.Length);
        foreach ((JsonElement peer, DevnetNode node) in listed.Zip(net.Nodes))
        {
            Assert.EndsWith($"/p2p/{peer.GetProperty("peer").GetString()}", node.Peer, StringComparison.Ordinal);
            Assert.Equal(node == self, peer.GetProperty("self").GetBoolean());
            Assert.Equal(node == self, peer.GetProperty("direction").ValueKind == JsonValueKind.Null);
        }
    }
}
