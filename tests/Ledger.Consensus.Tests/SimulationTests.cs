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
    public void Honest_replicas_agree_and_settle_whatever_the_network_the_disks_and_the_liars_do() => Holds("1..500");

    /// <summary>The published range takes LEDGER_SEEDS=1..100000.</summary>
    [Fact]
    [Trait("Tier", "full")]
    public void Honest_replicas_agree_and_settle_over_a_long_range_of_seeds() =>
        Holds(Environment.GetEnvironmentVariable(RangeVariable) ?? "501..3500");

    /// <summary>What they broke is told where it was mended.</summary>
    /// <param name="seed">
    /// 1363: a validator crashed with a vote under way, while another came back from a backup (P14).
    /// 136 and 1007: a node came back from a backup and sealed another anchor record in the place of one that it had
    /// shared, and that was not settled.
    /// 844: its disk of earlier was not known for one, as it had written no journal since.
    /// 2651, 7613, 17524, 24162, 26574: the same again, while the chain ran ahead of the node that came back.
    /// 13818: keys of streams were fetched while the disk was full, and what they signed could never be verified.
    /// 15001, 31262: a record was lost on the way, and everybody else waited for work.
    /// </param>
    [Theory]
    [InlineData(136)]
    [InlineData(844)]
    [InlineData(1007)]
    [InlineData(1363)]
    [InlineData(2651)]
    [InlineData(7613)]
    [InlineData(13818)]
    [InlineData(15001)]
    [InlineData(17524)]
    [InlineData(24162)]
    [InlineData(26574)]
    [InlineData(31262)]
    public void Seeds_that_once_broke_something_hold(ulong seed) => Cluster.Run(seed);

    /// <summary>What hides for thousands of seeds, each in one that shows it.</summary>
    public static TheoryData<ulong, string> Hidden => new()
    {
        { 13818, nameof(BrokenLoops.LosesKeysToAFullDisk) },
        { 15001, nameof(BrokenLoops.SharesOnce) },
    };

    [Theory]
    [MemberData(nameof(Hidden))]
    public void What_mended_a_seed_is_what_mends_it(ulong seed, string bug)
    {
        Bug built = Bugs.Hidden.Single(one => one.Name == bug);
        InvariantBrokenException broken = Assert.Throws<InvariantBrokenException>(() => Cluster.Run(seed, built));
        Assert.Contains(broken.Invariant, built.Invariants);
    }

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
