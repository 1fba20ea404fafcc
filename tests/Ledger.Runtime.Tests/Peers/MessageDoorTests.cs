using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests.Peers;

/// <summary>Who may say what at which height, before the replica hears of it.</summary>
public sealed class MessageDoorTests
{
    private static readonly VirtualCluster Cluster = new(seed: 1, nodes: 4);
    private static readonly ChainHead Head = ChainHead.Before(Cluster.Genesis);
    private static readonly Vote Vote = new(new Height(1), Round.Zero, VoteStep.Prevote, null);

    [Fact]
    public void A_vote_of_a_validator_for_the_next_height_is_passed_on() =>
        Assert.Equal(Worth.PassOn, Judge(Signed(Vote, signer: 2, validator: 2)));

    [Fact]
    public void Bytes_that_are_no_message_are_blamed() =>
        Assert.Equal(Worth.Blame, MessageDoor.Judge(Head, "\u0080"u8, LoopRules.Sound, out _));

    [Fact]
    public void A_vote_under_the_key_of_another_is_blamed() =>
        Assert.Equal(Worth.Blame, Judge(Signed(Vote, signer: 1, validator: 2)));

    [Fact]
    public void A_vote_of_nobody_is_blamed() =>
        Assert.Equal(Worth.Blame, Judge(Signed(Vote, signer: 2, validator: 4)));

    [Fact]
    public void A_vote_for_another_chain_is_blamed() =>
        Assert.Equal(Worth.Blame, Judge(Signed(Vote, signer: 2, validator: 2, new ChainId(Digest.Of("another"u8)))));

    /// <summary>By then others may vote, and whoever passed it on may know it.</summary>
    [Fact]
    public void A_vote_for_a_later_height_that_does_not_verify_here_is_dropped_without_blame()
    {
        Vote later = Vote with { Height = new Height(2) };
        Assert.Equal(Worth.PassOn, Judge(Signed(later, signer: 2, validator: 2)));
        Assert.Equal(Worth.Drop, Judge(Signed(later, signer: 1, validator: 2)));
    }

    [Fact]
    public void A_vote_for_a_settled_height_is_dropped_without_looking_at_its_signature() =>
        Assert.Equal(
            Worth.Drop,
            MessageDoor.Judge(
                Head with { Height = new Height(1) }, Signed(Vote, signer: 1, validator: 2).Encode(),
                LoopRules.Sound, out _));

    private static Worth Judge(ConsensusMessage message)
    {
        Worth worth = MessageDoor.Judge(Head, message.Encode(), LoopRules.Sound, out ConsensusMessage? read);
        Assert.Equal(worth == Worth.PassOn, read is not null);
        return worth;
    }

    private static ConsensusMessage Signed(Vote vote, int signer, int validator, ChainId? chain = null)
    {
        byte[] signed = SignBytes.Vote(chain ?? Head.Chain, vote.Height, vote.Round, vote.Step, vote.Block);
        byte[] signature = VirtualCluster.VoteKeyOf(signer).Sign(signed, new byte[MlDsa65.RandomizerBytes]);
        return ConsensusMessage.Of(new SignedVote(vote, new ValidatorIndex(validator), signature));
    }
}
