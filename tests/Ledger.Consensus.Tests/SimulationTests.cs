using Ledger.Consensus.Tests.Simulation;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests;

/// <summary>Whole networks in virtual time. A failure names its seed; <c>LEDGER_SEED=n</c> writes that run's transcript.</summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static ulong Seeds =>
        ulong.TryParse(Environment.GetEnvironmentVariable("LEDGER_SEEDS"), out ulong seeds) ? seeds : 300;

    [Fact]
    public void Honest_replicas_agree_and_settle_whatever_the_network_and_the_liars_do()
    {
        var faults = new SortedDictionary<Fault, long>();
        var rules = new SortedDictionary<ProtocolRule, long>();
        (ulong heights, long steps, long healed, int reports) = (0, 0, 0, 0);
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            RunReport report = RunNamingTheSeed(seed);
            heights += report.HeightsSettled;
            steps += report.Steps;
            reports += report.Reports;
            healed = Math.Max(healed, report.HealedInMs);
            Add(faults, report.Faults);
            Add(rules, report.Rules);
        }

        output.WriteLine($"seeds 1..{Seeds}: {heights} heights, {steps} steps, {reports} reports of misbehaviour");
        output.WriteLine($"slowest network settled {Plan.HeightsAfterHealing} heights {healed} ms after it healed");
        output.WriteLine($"faults: {string.Join(", ", faults.Select(fault => $"{fault.Key} {fault.Value}"))}");
        output.WriteLine($"rules: {string.Join(", ", rules.Select(rule => $"{rule.Key} {rule.Value}"))}");
        Assert.Equal(Enum.GetValues<Fault>().Length, faults.Count);
        Assert.Equal(Enum.GetValues<ProtocolRule>().Length, rules.Count);
        Assert.True(reports > 0);
    }

    [Fact]
    public void A_seed_gives_the_same_run_every_time()
    {
        IReadOnlyList<string> once = Cluster.Transcribe(7);
        Assert.NotEmpty(once);
        Assert.Equal(once, Cluster.Transcribe(7));
        Assert.NotEqual(once, Cluster.Transcribe(8));
    }

    [Fact]
    public void A_seed_can_be_replayed_with_its_transcript()
    {
        if (ulong.TryParse(Environment.GetEnvironmentVariable("LEDGER_SEED"), out ulong seed))
        {
            string path = Path.Combine(Path.GetTempPath(), $"ledger-seed-{seed}.txt");
            File.WriteAllLines(path, Cluster.Transcribe(seed));
            output.WriteLine($"transcript: {path}");
        }

        Assert.Contains(Cluster.Transcribe(1), line => line.Contains("settled", StringComparison.Ordinal));
    }

    private static RunReport RunNamingTheSeed(ulong seed)
    {
        try
        {
            return Cluster.Run(seed);
        }
        catch (InvariantBrokenException broken)
        {
            throw new InvalidOperationException($"Seed {seed} (LEDGER_SEED={seed} shows it): {broken.Message}", broken);
        }
    }

    private static void Add<TKey>(SortedDictionary<TKey, long> sums, IReadOnlyDictionary<TKey, int> counts)
        where TKey : notnull
    {
        foreach ((TKey key, int count) in counts)
        {
            sums[key] = sums.GetValueOrDefault(key) + count;
        }
    }
}
