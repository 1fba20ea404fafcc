using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests;

/// <summary>P12, P13: a validator that may have spoken in a life that it does not know of.</summary>
public sealed class QuarantineTests
{
    private readonly List<Effect> _effects = [];

    [Fact]
    public void A_restored_validator_waits_for_all_three_others_of_four_and_says_so()
    {
        Replica replica = Restored();
        Assert.Equal(new AwaitHeads(new VotingPower(0), new VotingPower(4)), Assert.Single(Of<AwaitHeads>()));
        Hear(replica, 1, 0);
        Hear(replica, 2, 0);
        Assert.Equal(new VotingPower(2), Of<AwaitHeads>()[^1].Heard);
        Assert.Equal(ReplicaRecovery.UnboundedQuarantine, replica.QuarantineUntil);
        Hear(replica, 3, 0);
        Assert.Equal(new Height(2), replica.QuarantineUntil);
        Assert.Equal(new QuarantineEnds(new Height(2)), Assert.Single(Of<QuarantineEnds>()));
    }

    [Fact]
    public void Its_own_word_a_strangers_and_a_second_one_of_the_same_count_for_nothing()
    {
        Replica replica = Restored();
        Hear(replica, 1, 0);
        Hear(replica, 2, 0);
        foreach (int nobody in (int[])[0, 1, 9])
        {
            Hear(replica, nobody, 0);
            Assert.IsType<Ignored>(_effects[^1]);
        }

        Assert.Equal(ReplicaRecovery.UnboundedQuarantine, replica.QuarantineUntil);
    }

    [Fact]
    public void It_follows_to_the_highest_block_first_and_is_silent_for_two_heights_more()
    {
        Replica replica = Restored();
        Hear(replica, 1, 7);
        Hear(replica, 2, 5);
        Hear(replica, 3, 6);
        Assert.Equal(new Height(8), Assert.Single(Of<RequestSync>()).Height);
        Assert.Equal(ReplicaRecovery.UnboundedQuarantine, replica.QuarantineUntil);
        replica.Step(Settled(6), _effects);
        Assert.Equal(ReplicaRecovery.UnboundedQuarantine, replica.QuarantineUntil);
        replica.Step(Settled(7), _effects);
        Assert.Equal(new Height(9), replica.QuarantineUntil);
        Assert.False(replica.MaySign);
        replica.Step(Settled(9), _effects);
        Assert.True(replica.MaySign);
    }

    [Fact]
    public void It_says_nothing_meanwhile_whatever_it_hears()
    {
        Replica replica = Restored();
        replica.Step(new HeightWanted(new Height(1)), _effects);
        for (int from = 1; from < 4; from++)
        {
            var nil = new Vote(new Height(1), Round.Zero, VoteStep.Prevote, null);
            replica.Step(new VoteHeard(new SignedVote(nil, new ValidatorIndex(from), new byte[1])), _effects);
        }

        replica.Step(new TimeoutElapsed(new Height(1), Round.Zero, TimeoutKind.Propose), _effects);
        replica.Step(new TimeoutElapsed(new Height(1), Round.Zero, TimeoutKind.Prevote), _effects);
        Assert.NotEmpty(Of<RuleApplied>());
        Assert.Empty(Of<PersistJournal>());
        Assert.Empty(Of<SignAndBroadcastVote>());
        Assert.Empty(Of<SignAndBroadcastProposal>());
    }

    [Fact]
    public void A_vote_or_a_proposal_under_its_own_key_that_it_does_not_know_silences_it()
    {
        var vote = new Vote(new Height(1), Round.Zero, VoteStep.Prevote, null);
        var said = new Proposal(new Height(1), Round.Zero, null, new BlockId(Digest.Of("other"u8)));
        foreach (Input own in (Input[])
            [
                new VoteHeard(new SignedVote(vote, new ValidatorIndex(0), new byte[1])),
                new ProposalHeard(
                    new SignedProposal(said, new ValidatorIndex(0), new UnixTime(2_000), new byte[1]),
                    new UnixTime(2_000)),
            ])
        {
            _effects.Clear();
            Replica replica = Start(null);
            Assert.True(replica.MaySign);
            replica.Step(own, _effects);
            Assert.Equal(new Height(2), Assert.Single(Of<WarnSignedElsewhere>()).SilentUntil);
            Assert.False(replica.MaySign);
        }
    }

    private Replica Restored() => Start(ReplicaRecovery.UnboundedQuarantine);

    private Replica Start(Height? quarantine) =>
        Replica.Start(
            new ReplicaSettings(Network.KeyOf(0), ReplicaTiming.Default),
            new ReplicaRecovery(Height.Zero, Network.Genesis, Network.Four, [], quarantine),
            _effects);

    private void Hear(Replica replica, int from, ulong height) =>
        replica.Step(new HeadProven(Network.KeyOf(from), new Height(height)), _effects);

    private static BlockSettled Settled(ulong height) =>
        new(new Height(height), new BlockId(Digest.Of([(byte)height])), new UnixTime(1_000 + height), Network.Four);

    private List<T> Of<T>() => [.. _effects.OfType<T>()];
}
