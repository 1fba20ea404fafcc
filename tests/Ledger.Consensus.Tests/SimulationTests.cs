using System.Globalization;
using Ledger.Simulator;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests;

/// <summary>Whole networks in virtual time. A failure names its seed and the command that shows it again.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    /// <summary>First and last seed of the long form, as <c>A..B</c>.</summary>
    private const string RangeVariable = "LEDGER_SEEDS";

    [Fact]
    public void Honest_replicas_agree_and_settle_whatever_the_network_the_disks_and_the_liars_do() =>
        Holds("501..1000");

    /// <summary>The published range takes LEDGER_SEEDS=1..100000.</summary>
    [Fact]
    [Trait("Tier", "full")]
    public void Honest_replicas_agree_and_settle_over_a_long_range_of_seeds() =>
        Holds(Environment.GetEnvironmentVariable(RangeVariable) ?? "1001..4000");

    [Fact]
    public void A_seed_gives_the_same_run_every_time()
    {
        foreach (ulong seed in (ulong[])[7, 400])
        {
            IReadOnlyList<string> once = Cluster.Transcribe(seed);
            Assert.Contains(once, line => line.Contains("settles", StringComparison.Ordinal));
            Assert.Equal(once, Cluster.Transcribe(seed));
            Assert.NotEqual(once, Cluster.Transcribe(seed + 1));
        }
    }

    [Fact]
    public void A_failing_seed_names_the_command_that_shows_it_again_and_what_broke()
    {
        Bug bug = Bugs.Named("SyncsWithoutData");
        Sweep sweep = Sweep.Run(1, 20, cores: 1, bug);
        (ulong seed, InvariantBrokenException broken) = Assert.NotNull(sweep.Failure);
        Assert.Contains(
            $"./ledger simulate --seeds {seed} --bug {bug.Name} --transcript",
            SweepText.Lines(sweep, TimeSpan.FromSeconds(1), 1, "file"),
            StringComparison.Ordinal);
        Assert.Equal($"BROKEN {broken.Message}", Cluster.Transcribe(seed, bug)[^1]);
    }

    [Fact]
    public void Seeds_give_the_same_sums_on_any_number_of_cores()
    {
        Sweep one = Sweep.Run(1, 24, cores: 1);
        Sweep three = Sweep.Run(1, 24, cores: 3);
        Assert.Equal(one.Steps, three.Steps);
        Assert.Equal(one.Faults, three.Faults);
        Assert.Equal(one.Rules, three.Rules);
    }

    private void Holds(string range)
    {
        ulong[] ends = [.. range.Split("..").Select(end => ulong.Parse(end, CultureInfo.InvariantCulture))];
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Sweep sweep = Sweep.Run(ends[0], ends[1], Environment.ProcessorCount);
        output.WriteLine(SweepText.Lines(sweep, watch.Elapsed, Environment.ProcessorCount, transcript: null));
        if (sweep.Failure is { } failure)
        {
            string transcript = string.Join('\n', Cluster.Transcribe(failure.Seed));
            Assert.Fail(
                $"Seed {failure.Seed}: {failure.Broken.Message}\n{SweepText.Replay(failure.Seed, null)}\n{transcript}");
        }

        Assert.True(sweep.HeightsMin >= Plan.HeightsMin);
        Assert.True(sweep.FaultsMin >= 5);
        Assert.True(sweep.Reports > 0);
        Assert.True(sweep.Anchors > sweep.Seeds);
        Assert.DoesNotContain(sweep.Faults, fault => fault.Value == 0);
        Assert.DoesNotContain(sweep.Rules, rule => rule.Value == 0);
    }
}
