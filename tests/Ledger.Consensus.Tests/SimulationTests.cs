using Ledger.Consensus.Tests.Simulation;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests;

public sealed class SimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Honest_replicas_agree_and_settle_whatever_the_network_and_the_liars_do()
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        long steps = 0; long heights = 0; int bad = 0; long healed = 0;
        for (ulong seed = 1; seed <= 300; seed++)
        {
            try
            {
                RunReport report = Cluster.Run(seed);
                steps += report.Steps;
                heights += (long)report.HeightsSettled;
                healed = Math.Max(healed, report.HealedInMs);
            }
            catch (Exception broken)
            {
                bad++;
                output.WriteLine($"seed {seed}: {broken}");
            }
        }

        output.WriteLine($"{watch.Elapsed} {steps} steps {heights} heights, worst healing {healed} ms, bad {bad}");
        Assert.Equal(0, bad);
    }
}
