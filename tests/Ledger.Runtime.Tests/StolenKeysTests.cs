using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.TestKit.Simulation;
using Commit = Ledger.Core.Chain.Commit;

namespace Ledger.Runtime.Tests;

/// <summary>The keys of all validators of a year ago rewrite nothing of that year that is anchored.</summary>
public sealed class StolenKeysTests(StolenKeysTests.Year shared) : IClassFixture<StolenKeysTests.Year>
{
    /// <summary>The honest file of that year, to begin with; and one that settled under the keys of today.</summary>
    [Fact]
    public void What_was_anchored_then_is_anchored_by_the_true_headers_a_year_later()
    {
        foreach (EvidenceFile file in (EvidenceFile[])[shared.Forked.Honest, shared.Forked.HonestToday])
        {
            Verification found = Judge(file, shared.Forked.TrustWithHeaders);
            Assert.True(found.Verdict == Verdict.Verified, VerdictJson.FirstLine(found));
            Assert.Equal(Pinning.Pinned, found.Trust.Chain);
            Assert.NotNull(found.Anchored);
        }

        Assert.Equal(shared.YearOf(shared.Forked.Honest) + 1, shared.YearOf(shared.Forked.HonestToday));
    }

    /// <summary>
    /// Everything in it is sound, and its block is of that year; only that Bitcoin network is not everybody's.
    /// </summary>
    [Fact]
    public void A_record_slipped_into_that_year_is_anchored_for_nobody_who_has_the_true_headers()
    {
        ForkedYear forked = shared.Forked;
        Verification without = Judge(forked.Forged, forked.Trust);
        Assert.Equal(Verdict.Verified, without.Verdict);
        Assert.Equal(shared.YearOf(forked.Honest), YearOf(without.Anchored!.Time));
        Assert.Contains(without.Notes, note => note.Contains("proves no time", StringComparison.Ordinal));
        Assert.Equal(Verdict.Verified, Judge(forked.Forged, forked.Trust with { Headers = ForkedYear.Read(forked.Thiefs.Headers) }).Verdict);

        Verification with = Judge(forked.Forged, forked.TrustWithHeaders);
        AssertInvalid(Layer.Bitcoin, "not in the run of headers", with);
        Assert.All(with.Layers, layer => Assert.Equal(
            layer.Name == "bitcoin" ? LayerOutcome.Failed : LayerOutcome.Passed, layer.Outcome));
    }

    /// <summary>A pinned header of the true chain that the thief's run does not hold stops a false run as well.</summary>
    [Fact]
    public void Headers_of_the_thief_do_not_hold_the_pinned_one()
    {
        ForkedYear forked = shared.Forked;
        byte[] headers = forked.True.Headers;
        BitcoinPin pin = forked.Trust.Bitcoin! with { CheckpointHeader = headers.AsMemory(headers.Length - 80) };
        TrustFile pinned = forked.TrustWithHeaders with { Bitcoin = pin };
        Assert.NotNull(Judge(forked.Honest, pinned).Anchored);
        AssertInvalid(Layer.Bitcoin, "not in the run of headers", Judge(forked.Forged, pinned));
        TrustFile deceived = pinned with { Headers = ForkedYear.Read(forked.Thiefs.Headers) };
        AssertInvalid(Layer.Bitcoin, "does not hold the checkpoint", Judge(forked.Forged, deceived));
    }

    public static TheoryData<string, string, string> Mixed() => new()
    {
        { "the true anchor beside the false block", "Bitcoin", "commits to another Ledger block" },
        { "the true next header beside the false block", "Log", "does not name this block" },
        { "other signatures of then under the true block", "Quorum", "names another commit" },
    };

    [Theory]
    [MemberData(nameof(Mixed))]
    public void What_is_true_does_not_fit_what_is_false(string what, string layer, string reason)
    {
        ForkedYear forked = shared.Forked;
        Checkpoint honest = forked.Honest.Chain!.Checkpoints[0], forged = forked.Forged.Chain!.Checkpoints[0];
        EvidenceFile file = what switch
        {
            "the true anchor beside the false block" =>
                ForkedYear.With(forked.Forged, forged with { Bitcoin = honest.Bitcoin }),
            "the true next header beside the false block" =>
                ForkedYear.With(forked.Forged, forged with { Next = honest.Next, Bitcoin = honest.Bitcoin }),
            _ => ForkedYear.With(forked.Honest, honest with { Commit = SignedAgain(honest) }),
        };
        AssertInvalid(Enum.Parse<Layer>(layer), reason, Judge(file, forked.TrustWithHeaders));
    }

    /// <summary>The quorum's word is all that stolen keys make: the verdict says that Bitcoin's is missing.</summary>
    [Fact]
    public void Without_an_anchor_the_false_file_is_settled_and_says_so()
    {
        Verification found = Judge(shared.Forked.Settled, shared.Forked.TrustWithHeaders);
        Assert.Equal((Verdict.Verified, null), (found.Verdict, found.Anchored));
        Assert.NotNull(found.Settled);
        Assert.Contains("Not anchored yet: the quorum's word, not Bitcoin's.", found.Notes);
    }

    /// <summary>Nobody can keep him from anchoring today; then today is what the verdict shows, not that year.</summary>
    [Fact]
    public async Task Anchored_today_in_the_true_Bitcoin_it_bears_the_date_of_today()
    {
        EvidenceFile late = await shared.Forked.AnchorForgedTodayAsync();
        Verification found = Judge(late, shared.Forked.TrustWithHeaders);
        Assert.Equal(Verdict.Verified, found.Verdict);
        Assert.Equal(shared.YearOf(shared.Forked.Honest) + 1, YearOf(found.Anchored!.Time));
        Assert.Equal(shared.YearOf(shared.Forked.Honest), YearOf(found.Settled!.Time));
    }

    private static byte[] SignedAgain(Checkpoint honest)
    {
        Assert.True(Header.TryParse(honest.Header.Span, out Header header, out _));
        byte[] signed = SignBytes.Vote(header.Chain, header.Height, Round.Zero, VoteStep.Precommit, header.Id);
        byte[] salt = new byte[MlDsa65.RandomizerBytes];
        salt[0] = 1;
        return new Commit(
            header.Height, Round.Zero, header.Id,
            [.. Enumerable.Range(0, 4).Select(node =>
                new CommitVote(node, VirtualCluster.VoteKeyOf(node).Sign(signed, salt)))]).Encode();
    }

    private static void AssertInvalid(Layer layer, string reason, Verification found)
    {
        Assert.Equal((Verdict.Invalid, layer, 0), (found.Verdict, found.Layer, found.Index));
        Assert.Contains(reason, found.Reason, StringComparison.Ordinal);
        Assert.Null(found.Anchored);
    }

    private static Verification Judge(EvidenceFile file, TrustFile trust) =>
        EvidenceVerifier.Verify(EvidenceWriter.Encode(file), trust);

    private static int YearOf(UnixTime time) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)time.Milliseconds).Year;

    /// <summary>One for all tests: they read it only.</summary>
    public sealed class Year
    {
        public ForkedYear Forked { get; } = new(
            clock => new SimulatedBitcoin(1, clock), clock => new SimulatedBitcoin(666, clock));

        public int YearOf(EvidenceFile file) =>
            StolenKeysTests.YearOf(Judge(file, Forked.Trust).Anchored!.Time);
    }
}
