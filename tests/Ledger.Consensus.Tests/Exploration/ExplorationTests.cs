using Ledger.Simulator;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests.Exploration;

/// <summary>Everything that can happen among four validators, one of which lies, within two rounds.</summary>
public sealed class ExplorationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(0, 1, true, 2_738)]
    [InlineData(1, 1, true, 7_838)]
    [InlineData(3, 1, true, 7_838)]
    [InlineData(1, 2, false, 658_355)]
    public void No_state_of_a_small_scope_breaks_an_invariant(int liar, int rounds, bool restarts, long states) =>
        Holds(liar, rounds, restarts, states);

    /// <summary>Validators 2 and 3 have no turn in two rounds, so it is all the same which of them lies.</summary>
    [Theory]
    [Trait("Tier", "full")]
    [InlineData(0, 2, false, 1_254_988)]
    [InlineData(2, 2, false, 685_368)]
    [InlineData(3, 2, false, 685_368)]
    [InlineData(0, 2, true, 10_132_622)]
    [InlineData(1, 2, true, 5_017_723)]
    [InlineData(3, 2, true, 5_533_012)]
    public void No_state_of_a_larger_scope_breaks_an_invariant(int liar, int rounds, bool restarts, long states) =>
        Holds(liar, rounds, restarts, states);

    [Theory]
    [InlineData(nameof(BrokenRules.NothingIsEverLocked), false, "agreement")]
    [InlineData(nameof(BrokenRules.LockIsForgottenForFreshProposals), false, "agreement")]
    [InlineData(nameof(BrokenRules.RestartForgetsLocks), true, "agreement")]
    [InlineData(nameof(BrokenRules.TwoThirdsRoundedDown), false, "a lock has a quorum")]
    public void A_bug_in_the_rules_breaks_one(string bug, bool restarts, string invariant)
    {
        Explored found = Explorer.Explore(new Scope(Liar: 1, Rounds: 2, restarts, Bugs.Named(bug).Safety));
        IReadOnlyList<string> way = Assert.IsAssignableFrom<IReadOnlyList<string>>(found.Broken);
        output.WriteLine($"{bug}: after {found.States} states, in {way.Count - 1} steps");
        output.WriteLine(string.Join('\n', way));
        Assert.Equal($"BROKEN {invariant}", way[^1]);
    }

    private void Holds(int liar, int rounds, bool restarts, long states)
    {
        Explored explored = Explorer.Explore(new Scope(liar, rounds, restarts, SafetyRules.Sound));
        output.WriteLine(
            $"validator {liar} lies, rounds 0 to {rounds - 1}, {(restarts ? "with" : "without")} restarts:"
            + $" {explored.States} states, {explored.Steps} steps,"
            + $" {explored.Depth} deep; in each of them:");
        output.WriteLine(string.Join('\n', Explorer.Invariants));
        Assert.True(explored.Broken is null, string.Join('\n', explored.Broken ?? []));
        Assert.Equal(states, explored.States);
    }
}
