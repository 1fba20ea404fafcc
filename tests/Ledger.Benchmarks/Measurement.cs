using System.Text.Json;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Ledger.Benchmarks;

/// <param name="Name">The benchmark's description.</param>
/// <param name="Low">Microseconds, fastest iteration.</param>
/// <param name="Median">Microseconds.</param>
/// <param name="High">Microseconds, 95th percentile of the iterations.</param>
internal sealed record Timing(string Name, double Low, double Median, double High, long AllocatedBytes);

/// <summary>Runs all benchmarks in this process, with the instructions that it was started with.</summary>
internal static class Measurement
{
    /// <param name="whose">"ours", or "platform" on a system that has it.</param>
    /// <param name="file">Where the timings go.</param>
    public static int Run(string whose, string file)
    {
        Type[] benchmarks = whose == "platform"
            ? [typeof(PlatformBenchmarks)]
            : [typeof(SignatureBenchmarks), typeof(HashBenchmarks), typeof(RecordBenchmarks)];
        Job job = Job.Default
            .WithToolchain(InProcessNoEmitToolchain.Instance)
            .WithWarmupCount(6)
            .WithIterationCount(40)
            .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(50));
        AccumulationLogger log = new();
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(log)
            .AddDiagnoser(BenchmarkDotNet.Diagnosers.MemoryDiagnoser.Default)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), $"ledger-benchmarks-{Environment.ProcessId}"));
        List<Timing> timings = [];
        foreach (Type type in benchmarks)
        {
            Summary summary = Run(type, config, log);
            foreach (BenchmarkReport report in summary.Reports)
            {
                if (report.ResultStatistics is not { } statistics)
                {
                    throw new InvalidOperationException($"{report.BenchmarkCase.DisplayInfo} gave no result.");
                }

                timings.Add(new Timing(
                    report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''),
                    statistics.Min / 1_000,
                    statistics.Median / 1_000,
                    statistics.Percentiles.P95 / 1_000,
                    report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0));
            }
        }

        File.WriteAllText(file, JsonSerializer.Serialize(timings));
        return 0;
    }

    /// <summary>Silent, unless a benchmark throws: then its log says what.</summary>
    private static Summary Run(Type type, IConfig config, AccumulationLogger log)
    {
        try
        {
            return BenchmarkRunner.Run(type, config);
        }
        catch
        {
            Console.Error.WriteLine(log.GetLog());
            throw;
        }
    }
}
