using System.Diagnostics;
using Ledger.Core;
using Ledger.Records.Chains;
using Ledger.Records.Tests.TestKit;
using Xunit.Abstractions;

namespace Ledger.Records.Tests;

/// <summary>Runs alone: it looks at the memory of the whole process.</summary>
[CollectionDefinition(nameof(LongChainTests), DisableParallelization = true)]
public sealed class RunsAlone;

[Collection(nameof(LongChainTests))]
public sealed class LongChainTests(ITestOutputHelper output)
{
    /// <summary>The ids among which causes are looked up: of the first 65,536 records.</summary>
    private const long FirstIdsBytes = 4_000_000;

    [Fact]
    public void Memory_does_not_grow_with_the_length_of_a_chain()
    {
        // The first run warms up what is made once per process.
        Run(100);
        long few = Run(200).PeakBytes;
        long many = Run(1_000).PeakBytes;
        Assert.InRange(many, 0, few + 500_000);
    }

    [Fact]
    [Trait("Tier", "full")]
    public void A_very_long_chain_is_verified_with_flat_memory()
    {
        int length = int.TryParse(Environment.GetEnvironmentVariable("LEDGER_CHAIN_RECORDS"), out int set) ? set
            : 100_000;
        long few = Run(1_000).PeakBytes;
        (long peak, TimeSpan verifying) = Run(length);
        output.WriteLine($"{length:N0} records: {length / verifying.TotalSeconds:F0} a second, peak {peak:N0} bytes");
        Assert.InRange(peak, 0, few + FirstIdsBytes + 500_000);
    }

    private static (long PeakBytes, TimeSpan Verifying) Run(int length)
    {
        ChainVerifier verifier = new();
        Record head = new ChainBuilder().Genesis().Records[0];
        List<byte> piece = [.. head.Bytes.Span];
        Stopwatch verifying = new();
        long peak = 0;
        for (int i = 1; i < length; i++)
        {
            head = ChainBuilder.Seal(
                new RecordContent(
                    head.Stream, head.Seq.Next, head.Id, new UnixTime(2_000), RecordKind.Intent,
                    ChainBuilder.SampleIntent()),
                Keys.Of("alice"));
            piece.AddRange(head.Bytes.Span);
            if (i % 64 == 0 || i + 1 == length)
            {
                verifying.Start();
                verifier.Append(piece.ToArray());
                verifying.Stop();
                piece.Clear();
            }

            if (i % Math.Max(50, length / 50) == 0)
            {
                peak = Math.Max(peak, LiveBytes());
            }
        }

        ChainVerdict verdict = verifier.Complete();
        Assert.Equal((Verdict.Verified, (long)length), (verdict.Verdict, verdict.Records));
        return (peak, verifying.Elapsed);
    }

    /// <summary>What lives: <c>GC.GetTotalMemory</c> is content with a result within five per cent.</summary>
    private static long LiveBytes()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        GCMemoryInfo info = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        return info.HeapSizeBytes - info.FragmentedBytes;
    }
}
