using Ledger.Consensus.Tally;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests;

/// <summary>What is counted, what is kept, and how much of it.</summary>
public sealed class TallyTests
{
    private static readonly Height One = new(1);

    [Fact]
    public void More_than_two_thirds_is_a_quorum_and_two_thirds_is_none()
    {
        foreach ((int validators, int quorum) in
            (IEnumerable<(int, int)>)[(1, 1), (3, 3), (4, 3), (6, 5), (7, 5), (9, 7)])
        {
            var set = new ValidatorSet(Enumerable.Range(0, validators)
                .Select(i => new Validator(Network.KeyOf(i), new VotingPower(1))));
            var votes = new StepVotes(set, SafetyRules.Sound);
            for (int i = 0; i < validators; i++)
            {
                Assert.Equal(i >= quorum, votes.QuorumBlock is not null);
                votes.Add(Vote(i, 0, Block(1)));
            }

            Assert.Equal(Block(1), votes.QuorumBlock);
        }
    }

    [Fact]
    public void A_vote_heard_again_counts_once_and_a_second_one_for_another_block_is_reported_once()
    {
        var votes = new StepVotes(Network.Four, SafetyRules.Sound);
        Assert.True(votes.Add(Vote(0, 0, Block(1))).Counted);
        Assert.Equal(default, votes.Add(Vote(0, 0, Block(1))));
        TallyResult second = votes.Add(Vote(0, 0, Block(2)));
        Assert.Equal((false, true, Block(1)), (second.Counted, second.IsContradiction, second.Contradicts!.Vote.Block));
        TallyResult third = votes.Add(Vote(0, 0, null));
        Assert.Equal((false, true, null), (third.Counted, third.IsContradiction, third.Contradicts));
    }

    [Fact]
    public void An_equivocator_cannot_hide_a_quorum_that_honest_voters_complete()
    {
        var votes = new StepVotes(Network.Four, SafetyRules.Sound);
        votes.Add(Vote(3, 0, Block(2)));
        Assert.False(votes.Add(Vote(3, 0, Block(1))).Counted);
        votes.Add(Vote(0, 0, Block(1)));
        votes.Add(Vote(1, 0, Block(1)));
        Assert.Null(votes.QuorumBlock);
        Assert.True(votes.Add(Vote(3, 0, Block(1))).Counted);
        Assert.Equal(Block(1), votes.QuorumBlock);
        Assert.Equal([0, 1, 3], votes.VotesFor(Block(1)).Select(vote => vote.Validator.Value));
    }

    [Fact]
    public void A_validator_that_claims_a_thousand_rounds_is_kept_in_its_two_latest()
    {
        var early = new EarlyMessages(Network.Four);
        for (int round = 0; round < 1_000; round++)
        {
            foreach (VoteStep step in (VoteStep[])[VoteStep.Prevote, VoteStep.Precommit])
            {
                SignedVote vote = Vote(2, (uint)round, null, step);
                Assert.Equal(EarlyResult.Kept, early.Add(new VoteHeard(vote), out _));
                Assert.Equal(EarlyResult.AlreadyKnown, early.Add(new VoteHeard(vote), out _));
            }
        }

        Assert.Equal(EarlyResult.LimitReached, early.Add(new VoteHeard(Vote(2, 5, null)), out _));
        Assert.Null(early.HonestRound(SafetyRules.Sound));
        early.Add(new VoteHeard(Vote(1, 7, null)), out _);
        Assert.Equal(new Round(7), early.HonestRound(SafetyRules.Sound));
        Assert.Equal(5, early.TakeUpTo(new Round(uint.MaxValue)).Count);
    }

    [Fact]
    public void Early_contradictions_are_reported_once()
    {
        var early = new EarlyMessages(Network.Four);
        early.Add(new VoteHeard(Vote(2, 4, Block(1))), out _);
        Assert.Equal(
            EarlyResult.Contradiction, early.Add(new VoteHeard(Vote(2, 4, Block(2))), out Misbehaviour? found));
        Assert.Equal(new ValidatorIndex(2), Assert.IsType<DoubleVote>(found).Validator);
        Assert.Equal(EarlyResult.Contradiction, early.Add(new VoteHeard(Vote(2, 4, null)), out found));
        Assert.Null(found);
    }

    [Fact]
    public void Time_outs_grow_to_their_limit_and_no_further()
    {
        GrowingDuration propose = ReplicaTiming.Default.Propose;
        Assert.Equal(TimeSpan.FromSeconds(2), propose.At(Round.Zero));
        Assert.Equal(TimeSpan.FromSeconds(2.5), propose.At(new Round(1)));
        Assert.Equal(TimeSpan.FromSeconds(10), propose.At(new Round(16)));
        Assert.Equal(TimeSpan.FromSeconds(10), propose.At(new Round(uint.MaxValue)));
    }

    private static BlockId Block(byte number) => new(Digest.Of([number]));

    private static SignedVote Vote(int validator, uint round, BlockId? block, VoteStep step = VoteStep.Prevote) =>
        new(new Vote(One, new Round(round), step, block), new ValidatorIndex(validator), new byte[1]);
}
