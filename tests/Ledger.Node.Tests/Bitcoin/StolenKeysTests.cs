using Ledger.Core;
using Ledger.Proofs;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Trust;
using Ledger.Records;
using Ledger.Records.Chains;
using Ledger.Runtime.Tests;
using Ledger.TestKit;

namespace Ledger.Node.Tests.Bitcoin;

/// <summary>A thief with every key of a year ago and a real <c>bitcoind</c> to himself.</summary>
[Trait("Tier", "process")]
public sealed class StolenKeysTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger-stolen-").FullName;
    private readonly List<MinedRegtest> _daemons = [];

    public void Dispose()
    {
        _daemons.ForEach(daemon => daemon.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [FactThatNeeds("bitcoind")]
    public async Task A_regtest_of_his_own_makes_no_anchor_of_that_year_for_whoever_has_the_true_headers()
    {
        // The nodes wait for Bitcoin where they stand: not on the thread that runs the tests.
        ForkedYear forked = await Task.Run(() => new ForkedYear(
            clock => Open("true", clock), clock => Open("thiefs", clock)));
        TrustFile trust = forked.TrustWithHeaders;
        Verification honest = Judge(forked.Honest, trust);
        Assert.True(honest.Verdict == Verdict.Verified, VerdictJson.FirstLine(honest));
        int year = YearOf(honest.Anchored!.Time);
        Assert.Equal(year + 1, YearOf(Judge(forked.HonestToday, trust).Anchored!.Time));

        Verification alone = Judge(forked.Forged, forked.Trust);
        Assert.Equal((Verdict.Verified, year), (alone.Verdict, YearOf(alone.Anchored!.Time)));
        Verification found = Judge(forked.Forged, trust);
        Assert.Equal((Verdict.Invalid, Layer.Bitcoin, 0), (found.Verdict, found.Layer, found.Index));
        Assert.Null(found.Anchored);

        Verification late = Judge(await forked.AnchorForgedTodayAsync(), forked.TrustWithHeaders);
        Assert.Equal((Verdict.Verified, year + 1), (late.Verdict, YearOf(late.Anchored!.Time)));
    }

    private MinedRegtest Open(string name, Func<DateTimeOffset> clock)
    {
        MinedRegtest bitcoin = MinedRegtest.Start(Path.Combine(_folder, name), clock);
        _daemons.Add(bitcoin);
        return bitcoin;
    }

    private static Verification Judge(EvidenceFile file, TrustFile trust) =>
        EvidenceVerifier.Verify(EvidenceWriter.Encode(file), trust);

    private static int YearOf(UnixTime time) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)time.Milliseconds).Year;
}
