using System.Diagnostics;
using System.Globalization;
using Ledger.Records.Chains;

namespace Ledger.Benchmarks;

/// <summary>
/// Seals a chain and verifies it piece by piece as it grows, as a file that is read; the chain itself is kept nowhere.
/// </summary>
internal static class LongChain
{
    private const int PieceRecords = 256;
    private const int Lines = 10;

    public static int Run(int length)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        Console.WriteLine("    records |    a second | live memory, bytes | peak of the process, bytes");
        SampleRecords sample = new();
        ChainVerifier verifier = new();
        Stopwatch verifying = new();
        List<byte> piece = [];
        long bytes = 0;
        for (int i = 1; i <= length; i++)
        {
            piece.AddRange(sample.Next());
            if (i % PieceRecords == 0 || i == length)
            {
                byte[] arrived = [.. piece];
                bytes += arrived.Length;
                piece.Clear();
                verifying.Start();
                verifier.Append(arrived);
                verifying.Stop();
            }

            if (i % Math.Max(1, length / Lines) == 0 || i == length)
            {
                long live = GC.GetTotalMemory(forceFullCollection: true);
                long peak = Process.GetCurrentProcess().PeakWorkingSet64;
                double rate = i / verifying.Elapsed.TotalSeconds;
                Console.WriteLine($"{i,11:N0} | {rate,11:N0} | {live,18:N0} | {peak,13:N0}");
            }
        }

        ChainVerdict verdict = verifier.Complete();
        Console.WriteLine(
            $"{verdict.Verdict.Word()}: {verdict.Records:N0} records, {bytes:N0} bytes, verified in "
            + $"{verifying.Elapsed.TotalSeconds:F1} s on one core: "
            + $"{verifying.Elapsed.TotalMicroseconds / length:F1} microseconds a record.");
        return verdict.Verdict == Verdict.Verified && verdict.Records == length ? 0 : 1;
    }
}
