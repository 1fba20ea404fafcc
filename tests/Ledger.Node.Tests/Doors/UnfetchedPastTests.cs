using System.Text.Json.Nodes;
using Ledger.Core;
using Ledger.Node.Api;
using Ledger.Node.Tests.Setting;
using Ledger.Proofs;
using Ledger.Proofs.Trust;
using Ledger.Records.Chains;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Doors;

/// <summary>What the doors of a node answer that joined by a snapshot and has not fetched the past yet.</summary>
public sealed class UnfetchedPastTests : IAsyncLifetime
{
    private readonly MemoryStore _store = new();
    private readonly Operator _alice = new(100);
    private NodeUnderTest _node = null!;
    private JsonNode[] _receipts = [];
    private ulong _held;

    public async Task InitializeAsync()
    {
        _node = await NodeUnderTest.StartAsync(_store);
        JsonNode[] early = await _node.SettleAsync([.. _alice.Next(3)]);
        _receipts = [.. early, .. await _node.SettleAsync([.. _alice.Next(2)])];
        await _node.GetAsync($"/v1/streams/{_alice.Stream}/evidence?format=json");
        Assert.Equal(5, (await _node.GetAsync($"/v1/streams/{_alice.Stream}/records"))["records"]!.AsArray().Count);
        _held = _receipts[3].Number("height");
        Assert.True(_held > early[2].Number("height"));
        UnfetchedPast.Leave(_store, new Height(_held));
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Lists_begin_with_what_is_here_and_the_status_says_so()
    {
        JsonNode stream = await _node.GetAsync($"/v1/streams/{_alice.Stream}/records");
        JsonNode records = await _node.GetAsync("/v1/records");
        JsonNode blocks = await _node.GetAsync("/v1/blocks");

        Assert.Equal([3UL, 4UL], stream["records"]!.AsArray().Select(record => record!.Number("seq")));
        Assert.Equal(2, records["records"]!.AsArray().Count(record => record!.Text("stream") == _alice.Stream.ToString()));
        Assert.Null(records["next"]);
        Assert.Equal(_held, blocks["blocks"]!.AsArray()[^1]!.Number("height"));
        Assert.Null(blocks["next"]);
        Assert.Equal(_held, (await _node.GetAsync("/v1/status")).Number("heldFrom"));
    }

    [Fact]
    public async Task What_is_not_here_is_said_to_be_elsewhere_and_what_is_here_has_its_evidence()
    {
        string address = $"/v1/streams/{_alice.Stream}/evidence";

        Assert.Contains("another peer", (await _node.RefusedAsync(address, ProblemType.NotFound)).Text("detail"), StringComparison.Ordinal);
        await _node.RefusedAsync($"{address}?from=2&to=4", ProblemType.NotFound);
        await _node.RefusedAsync($"/v1/records/{_receipts[0].Text("id")}/evidence", ProblemType.NotFound);
        await _node.RefusedAsync($"/v1/records/{_receipts[0].Text("id")}", ProblemType.NotFound);
        Assert.Contains(
            $"from {_held} to", (await _node.RefusedAsync("/v1/blocks/1", ProblemType.NotFound)).Text("detail"), StringComparison.Ordinal);

        byte[] range = await _node.Http.GetByteArrayAsync(new Uri($"{address}?from=3&to=4", UriKind.Relative));
        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(range, TrustFile.Empty).Verdict);
    }
}
