using Ledger.Consensus.Tests.Simulation;
using Xunit.Abstractions;

namespace Ledger.Consensus.Tests;

/// <summary>Each deliberate bug is found, and by the invariant that it breaks; the same seed without it is sound.</summary>
public sealed class BrokenRulesTests(ITestOutputHelper output)
{
    private const ulong SeedsMax = 2_000;

    [Fact]
    public void A_lock_that_fresh_proposals_pass_is_found() =>
        Finds(new BrokenRules.LockIsForgottenForFreshProposals(), "agreement");

    [Fact]
    public void A_lock_that_an_old_quorum_opens_is_found() =>
        Finds(new BrokenRules.AnyQuorumUnlocks(), "agreement");

    [Fact]
    public void Locking_nothing_is_found() =>
        Finds(new BrokenRules.NothingIsEverLocked(), "agreement");

    [Fact]
    public void Counting_a_duplicate_vote_is_found() =>
        Finds(new BrokenRules.DuplicatesCount(), "agreement", "commit proves itself");

    [Fact]
    public void Two_thirds_rounded_down_is_found() =>
        Finds(new BrokenRules.TwoThirdsRoundedDown(), "agreement", "commit proves itself");

    [Fact]
    public void Two_thirds_without_the_plus_is_found() =>
        Finds(new BrokenRules.TwoThirdsWithoutThePlus(), "commit proves itself");

    [Fact]
    public void Speaking_before_the_disk_has_is_found() =>
        Finds(new BrokenRules.SpeaksBeforeTheDisk(), "durable before visible");

    [Fact]
    public void A_restart_that_forgets_votes_is_found() =>
        Finds(new BrokenRules.RestartForgetsVotes(), "one vote per step", "one proposal per round", "own votes are known");

    [Fact]
    public void A_restart_that_forgets_locks_is_found() =>
        Finds(new BrokenRules.RestartForgetsLocks(), "agreement");

    [Fact]
    public void A_restart_that_forgets_the_quorum_behind_a_lock_is_found() =>
        Finds(new BrokenRules.RestartForgetsTheQuorumBehindTheLock(), "all settle once faults stop");

    [Fact]
    public void Trusting_a_backup_is_found() =>
        Finds(new BrokenRules.BackupIsTrusted(), "one vote per step", "one proposal per round", "own votes are known");

    [Fact]
    public void Skipping_rounds_upon_one_vote_is_found() =>
        Finds(new BrokenRules.OneVoteSkipsRounds(), "no round is skipped by all");

    [Fact]
    public void An_equivocator_that_hides_a_quorum_is_found() =>
        Finds(new BrokenRules.EquivocatorHidesAQuorum(), "all settle once faults stop");

    [Fact]
    public void Voting_for_invalid_blocks_is_found() =>
        Finds(new BrokenRules.InvalidBlocksPass(), "valid");

    [Fact]
    public void Voting_for_blocks_of_any_time_is_found() =>
        Finds(new BrokenRules.AnyTimePasses(), "not from the future", "time goes forward");

    private void Finds(SafetyRules broken, params string[] invariants)
    {
        for (ulong seed = 1; seed <= SeedsMax; seed++)
        {
            try
            {
                Cluster.Run(seed, broken);
            }
            catch (InvariantBrokenException found)
            {
                output.WriteLine($"{broken.GetType().Name}: seed {seed}: {found.Message}");
                Assert.Contains(found.Invariant, invariants);
                Cluster.Run(seed);
                return;
            }
        }

        Assert.Fail($"{broken.GetType().Name} went unnoticed through {SeedsMax} seeds.");
    }
}
