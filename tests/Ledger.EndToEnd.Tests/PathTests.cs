using System.Text.Json;
using Ledger.Client;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>Sealed, settled, anchored, verified: on a real Bitcoin daemon and a real store.</summary>
[Collection(OneDevnet.Name)]
[Trait("Tier", "process")]
public sealed class PathTests(DevnetFixture devnet)
{
    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_stream_goes_sealed_settled_anchored()
    {
        Assert.Equal((ulong)DevnetFixture.Records, devnet.Settled.Records);
        Assert.NotEqual(RecordState.Sealed, devnet.Settled.State);
        Assert.NotNull(devnet.Settled.Last.Height);
        Assert.Equal(RecordState.Anchored, devnet.Anchored.State);
        RecordAnchor anchor = devnet.Anchored.Last.Anchor!;
        Assert.True(anchor.Batch >= devnet.Anchored.Last.Height, "an anchor stands at or above the record's block");
        Assert.Equal(64, anchor.Txid.Length);
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task Bitcoin_holds_the_transaction_that_the_node_names()
    {
        RecordAnchor anchor = devnet.Anchored.Last.Anchor!;
        JsonElement hash = await devnet.Net.BitcoinAsync("getblockhash", anchor.BitcoinHeight);
        JsonElement block = await devnet.Net.BitcoinAsync("getblock", hash.GetString()!, 1);
        IEnumerable<string?> held = block.GetProperty("tx").EnumerateArray().Select(item => item.GetString());
        Assert.Contains(anchor.Txid, held);
    }

    [TheoryThatNeeds("bitcoind", "rocksdb")]
    [InlineData(EvidenceScope.Record, 1)]
    [InlineData(EvidenceScope.Range, 3)]
    [InlineData(EvidenceScope.Stream, DevnetFixture.Records)]
    public async Task Evidence_of_every_scope_verifies_in_process_and_on_the_command_line(
        EvidenceScope scope, int records)
    {
        byte[] evidence = Of(scope);
        Verification verdict = EvidenceVerifier.Verify(evidence, devnet.Net.Trust);
        Assert.True(verdict.Verdict == Verdict.Verified, VerdictJson.FirstLine(verdict));
        Assert.Equal((scope, records), (verdict.Scope, verdict.Records));
        Assert.NotNull(verdict.Settled);
        Assert.Equal("regtest", verdict.Anchored!.Network);
        Assert.Equal(Pinning.Pinned, verdict.Trust.Chain);
        Assert.DoesNotContain(verdict.Layers, layer => layer.Outcome == LayerOutcome.Failed);

        using TempFolder folder = new();
        string file = folder.Of("file.evidence"), trust = folder.Of("trust.json");
        await File.WriteAllBytesAsync(file, evidence);
        await File.WriteAllTextAsync(trust, devnet.Net.TrustJson);
        Ran people = await Cli.RunAsync("verify", file, "--trust", trust);
        Assert.True(people.Code == 0, people.ToString());
        Assert.StartsWith("VERIFIED, held against the chain", people.Out);
        Ran machine = await Cli.RunAsync("verify", file, "--trust", trust, "--json");
        Assert.Equal(0, machine.Code);
        using JsonDocument said = JsonDocument.Parse(machine.Out);
        Assert.Equal("VERIFIED", said.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(records, said.RootElement.GetProperty("records").GetInt32());
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task The_command_line_says_with_its_exit_code_what_came_of_it()
    {
        using TempFolder folder = new();
        string file = folder.Of("file.evidence");
        await File.WriteAllBytesAsync(file, devnet.RecordEvidence);
        Assert.Equal(0, (await Cli.RunAsync("verify", file)).Code);
        Assert.Equal(2, (await Cli.RunAsync("verify", file, "--at", "2090-01-01T00:00:00Z", "--max-age", "1d")).Code);

        byte[] broken = [.. devnet.RecordEvidence];
        broken[^1_000] ^= 1;
        await File.WriteAllBytesAsync(file, broken);
        Ran invalid = await Cli.RunAsync("verify", file, "--json");
        Assert.Equal(1, invalid.Code);
        using JsonDocument said = JsonDocument.Parse(invalid.Out);
        Assert.Equal("INVALID", said.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(64, (await Cli.RunAsync("verify", file, "--max-age", "soon")).Code);
    }

    private byte[] Of(EvidenceScope scope) => scope switch
    {
        EvidenceScope.Record => devnet.RecordEvidence,
        EvidenceScope.Range => devnet.RangeEvidence,
        _ => devnet.StreamEvidence,
    };
}
