using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.TestKit;

namespace Ledger.Runtime.Tests.Execution;

/// <summary>Rule A2: which blocks a window and a day hold.</summary>
public sealed class UsageTests
{
    private static readonly UnixTime Noon = new(1_700_000_000_000);
    private static readonly Configuration First = TestNetwork.Genesis.Configuration;
    private static readonly Usage Used = default(Usage).At(First, new Height(5), Noon).With(100, opensStream: true);

    [Fact]
    public void A_window_ends_with_its_last_height_and_a_day_with_its_time()
    {
        Assert.Equal((100UL, 1UL, 1UL), Counts(Used.At(First, new Height(1_000), Noon)));
        Assert.Equal((0UL, 0UL, 1UL), Counts(Used.At(First, new Height(1_001), Noon)));
        Assert.Equal((100UL, 1UL, 0UL), Counts(Used.At(First, new Height(6), new UnixTime(Noon.Milliseconds + 86_400_000))));
    }

    /// <summary>Else a window's number could come back, and a quota hang on blocks that no joining node has.</summary>
    [Fact]
    public void A_change_of_the_configuration_begins_a_new_window_that_never_comes_back()
    {
        Configuration shorter = First with { Change = 1, Admission = First.Admission with { Window = 10 } };
        Configuration asBefore = First with { Change = 2 };

        Assert.Equal((0UL, 0UL, 1UL), Counts(Used.At(shorter, new Height(6), Noon)));
        Assert.Equal((0UL, 0UL, 1UL), Counts(Used.At(asBefore, new Height(7), Noon)));
    }

    private static (ulong Bytes, ulong Records, ulong Streams) Counts(Usage usage) =>
        (usage.Bytes, usage.Records, usage.Streams);
}
