using Ledger.Simulator;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests;

/// <summary>
/// Each deliberate bug is found, and by an invariant that it breaks; the same seed without it is sound.
/// </summary>
public sealed class BrokenRulesTests(ITestOutputHelper output)
{
    private const ulong SeedsMax = 2_000;

    public static TheoryData<string> Common => [.. Bugs.All.Where(bug => !bug.IsRare).Select(bug => bug.Name)];

    public static TheoryData<string> Rare => [.. Bugs.All.Where(bug => bug.IsRare).Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Common))]
    public void The_simulator_finds(string name) => Finds(name);

    [Theory]
    [Trait("Tier", "full")]
    [MemberData(nameof(Rare))]
    public void The_simulator_finds_what_hides_for_hundreds_of_seeds(string name) => Finds(name);

    private void Finds(string name)
    {
        Bug bug = Bugs.Named(name);
        Sweep sweep = Sweep.Run(1, SeedsMax, Environment.ProcessorCount, bug);
        (ulong seed, InvariantBrokenException broken) = Assert.NotNull(sweep.Failure);
        output.WriteLine($"{name}: seed {seed}: {broken.Message}");
        Assert.Contains(broken.Invariant, bug.Invariants);
        Cluster.Run(seed);
    }

    [Fact]
    public void There_are_at_least_twenty_of_them() =>
        Assert.True(Bugs.All.DistinctBy(bug => bug.Name).Count() >= 20);
}
