using System.Text.Json;
using Ledger.Client;
using Ledger.Core.Chain;
using Ledger.EndToEnd.Tests.Network;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.TestKit;

namespace Ledger.EndToEnd.Tests;

/// <summary>Anyone can make a consortium; only what the reader holds true tells it from the real one.</summary>
[Collection(OneDevnet.Name)]
[Trait("Tier", "process")]
public sealed class ForgedConsortiumTests(DevnetFixture devnet)
{
    /// <summary>Genuine records of the real stream, settled and anchored by validators that nobody appointed.</summary>
    [FactThatNeeds("bitcoind", "rocksdb")]
    public async Task A_forged_consortium_is_verified_only_as_not_pinned_and_invalid_against_the_real_trust_file()
    {
        await using Devnet forged = await Devnet.StartAsync();
        SubmitSummary summary = await devnet.Stream.SubmitAsync(forged, SubmitWait.Anchored);
        Assert.Equal(RecordState.Anchored, summary.State);
        using NodeClient client = forged.Client();
        byte[] evidence = await client.GetEvidenceAsync(devnet.Stream.Id, from: null, to: null, default);

        Verification alone = EvidenceVerifier.Verify(evidence, TrustFile.Empty);
        Assert.Equal(Verdict.Verified, alone.Verdict);
        Assert.Equal((Pinning.NotPinned, Pinning.NotPinned), (alone.Trust.Key, alone.Trust.Chain));
        Assert.Equal(
            "VERIFIED as far as this file goes: whoever made it could have made all of it",
            VerdictJson.FirstLine(alone));
        using JsonDocument json = JsonDocument.Parse(VerdictJson.Write(alone));
        Assert.Equal("not pinned", json.RootElement.GetProperty("trust").GetProperty("chain").GetString());

        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(devnet.StreamEvidence, devnet.Net.Trust).Verdict);
        Verification held = EvidenceVerifier.Verify(evidence, devnet.Net.Trust);
        Assert.Equal((Verdict.Invalid, Layer.Quorum, 0), (held.Verdict, held.Layer, held.Index));

        using TempFolder folder = new();
        await File.WriteAllBytesAsync(folder.Of("forged.evidence"), evidence);
        await File.WriteAllTextAsync(folder.Of("trust.json"), devnet.Net.TrustJson);
        Ran ran = await Cli.RunAsync("verify", folder.Of("forged.evidence"), "--trust", folder.Of("trust.json"));
        Assert.True(
            ran.Code == 1 && ran.Out.StartsWith("INVALID at record 0, quorum", StringComparison.Ordinal),
            ran.ToString());
    }

    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_regtest_header_labelled_main_is_invalid()
    {
        EvidenceFile file = FlippedBitTests.Parse(devnet.RecordEvidence);
        Assert.Equal(Verdict.Verified, EvidenceVerifier.Verify(EvidenceWriter.Encode(file), TrustFile.Empty).Verdict);
        EvidenceFile labelled = FlippedBitTests.WithBitcoin(file, bitcoin => bitcoin with { Network = "main" });
        Verification verdict = EvidenceVerifier.Verify(EvidenceWriter.Encode(labelled), TrustFile.Empty);
        Assert.Equal((Verdict.Invalid, Layer.Bitcoin), (verdict.Verdict, verdict.Layer));
    }

    /// <summary>A genesis document that names main is another chain than that of the headers beside it.</summary>
    [FactThatNeeds("bitcoind", "rocksdb")]
    public void A_regtest_chain_labelled_main_is_invalid_by_its_quorum_and_by_its_work()
    {
        EvidenceFile file = FlippedBitTests.Parse(devnet.RecordEvidence);
        Assert.True(GenesisDocument.TryParse(file.Chain!.Genesis.Span, out GenesisDocument genesis, out _));
        GenesisDocument main = new()
        {
            Name = genesis.Name, Time = genesis.Time, Bitcoin = "main", Configuration = genesis.Configuration,
        };
        EvidenceFile labelled = FlippedBitTests.WithBitcoin(file, bitcoin => bitcoin with { Network = "main" });
        labelled = labelled with { Chain = labelled.Chain! with { Genesis = main.Encode() } };
        Verification verdict = EvidenceVerifier.Verify(EvidenceWriter.Encode(labelled), TrustFile.Empty);
        Assert.Equal((Verdict.Invalid, Layer.Quorum), (verdict.Verdict, verdict.Layer));
        Assert.Contains(verdict.Layers, layer => layer is { Name: "bitcoin", Outcome: LayerOutcome.Failed });
    }
}
