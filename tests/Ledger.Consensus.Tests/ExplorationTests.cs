using Ledger.Simulator;
using Ledger.Simulator.Exploration;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests;

/// <summary>Everything that can happen among four validators, one of which lies, within two rounds.</summary>
public sealed class ExplorationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0, 1, 282)]
    [InlineData(1, 1, 756)]
    [InlineData(3, 1, 756)]
    [InlineData(1, 2, 658_355)]
    public void No_state_of_a_small_scope_breaks_an_invariant(int liar, int rounds, long states) =>
        Holds(liar, rounds, states);

    /// <summary>Validators 2 and 3 have no turn in two rounds, so it is all the same which of them lies.</summary>
    [Theory]
    [Trait("Tier", "full")]
    [InlineData(0, 2, 1_254_988)]
    [InlineData(2, 2, 685_368)]
    [InlineData(3, 2, 685_368)]
    public void No_state_of_a_larger_scope_breaks_an_invariant(int liar, int rounds, long states) =>
        Holds(liar, rounds, states);

    [Theory]
    [InlineData(nameof(BrokenRules.NothingIsEverLocked), "agreement")]
    [InlineData(nameof(BrokenRules.LockIsForgottenForFreshProposals), "agreement")]
    [InlineData(nameof(BrokenRules.TwoThirdsRoundedDown), "a lock has a quorum")]
    public void A_bug_in_the_rules_breaks_one(string bug, string invariant)
    {
        Explored found = Explorer.Explore(new Scope(Liar: 1, Rounds: 2, Bugs.Named(bug).Safety));
        IReadOnlyList<string> way = Assert.IsAssignableFrom<IReadOnlyList<string>>(found.Broken);
        output.WriteLine($"{bug}: after {found.States} states, in {way.Count - 1} steps");
        output.WriteLine(string.Join('\n', way));
        Assert.Equal($"BROKEN {invariant}", way[^1]);
    }

    private void Holds(int liar, int rounds, long states)
    {
        Explored explored = Explorer.Explore(new Scope(liar, rounds, SafetyRules.Sound));
        output.WriteLine(
            $"validator {liar} lies, rounds 0 to {rounds - 1}: {explored.States} states, {explored.Steps} steps,"
            + $" {explored.Depth} deep; in each of them:");
        output.WriteLine(string.Join('\n', Explorer.Invariants));
        Assert.True(explored.Broken is null, string.Join('\n', explored.Broken ?? []));
        Assert.Equal(states, explored.States);
    }
}
