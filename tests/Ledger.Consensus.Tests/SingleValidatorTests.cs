using Ledger.Core;

namespace Ledger.Consensus.Tests;

/// <summary>The smallest chain: one validator, whose own vote is a quorum.</summary>
public sealed class SingleValidatorTests
{
    private static readonly KeyId Key = new(Digest.Of("validator"u8));
    private static readonly ValidatorSet Alone = new([new Validator(Key, new VotingPower(1))]);
    private static readonly UnixTime Genesis = new(1_000);

    [Fact]
    public void One_validator_alone_settles_block_after_block()
    {
        Replica replica = Begin(out _);
        for (ulong height = 1; height <= 5; height++)
        {
            var settled = Settle(replica, new Height(height));
            Assert.Equal(new Height(height), settled.Height);
            Assert.Single(settled.Precommits);
            Assert.Equal(new Height(height + 1), replica.Height);
            Assert.Equal(ReplicaPhase.WaitingForWork, replica.Phase);
        }
    }

    [Fact]
    public void Nothing_is_built_while_nothing_waits()
    {
        _ = Begin(out List<Effect> effects);
        Assert.Empty(effects);
    }

    [Fact]
    public void A_vote_is_not_sent_before_it_is_on_disk()
    {
        Replica replica = Begin(out List<Effect> effects);
        replica.Step(new HeightWanted(new Height(1)), effects);
        replica.Step(new BlockBuilt(new Height(1), Round.Zero, Block(1), new UnixTime(2_000)), effects);
        var persist = Assert.IsType<PersistJournal>(effects[^1]);
        Assert.DoesNotContain(effects, effect => effect is SignAndBroadcastProposal);

        effects.Clear();
        replica.Step(new JournalPersisted(new JournalTicket(persist.Ticket.Value + 1)), effects);
        Assert.IsType<Ignored>(Assert.Single(effects));

        effects.Clear();
        replica.Step(new JournalPersisted(persist.Ticket), effects);
        Assert.IsType<SignAndBroadcastProposal>(Assert.Single(effects));
    }

    private static Replica Begin(out List<Effect> effects)
    {
        effects = [];
        return Replica.Start(
            new ReplicaSettings(Key, ReplicaTiming.Default),
            new ReplicaRecovery(Height.Zero, Genesis, Alone, [], null),
            effects);
    }

    private static BlockId Block(ulong height) => new(Digest.Of(BitConverter.GetBytes(height)));

    /// <summary>A driver that answers every effect at once.</summary>
    private static Commit Settle(Replica replica, Height height)
    {
        var inputs = new Queue<Input>([new HeightWanted(height)]);
        var effects = new List<Effect>();
        Commit? commit = null;
        var time = new UnixTime(10_000 * height.Value);
        while (inputs.TryDequeue(out Input? input))
        {
            effects.Clear();
            replica.Step(input, effects);
            foreach (Effect effect in effects)
            {
                Input? answer = effect switch
                {
                    BuildBlock build => new BlockBuilt(build.Height, build.Round, Block(build.Height.Value), time),
                    PersistJournal persist => new JournalPersisted(persist.Ticket),
                    SignAndBroadcastProposal said => new ProposalHeard(
                        new SignedProposal(said.Proposal, new ValidatorIndex(0), time, new byte[1]), time),
                    SignAndBroadcastVote said => new VoteHeard(new SignedVote(said.Vote, said.Validator, new byte[1])),
                    CheckBlock check => new BlockChecked(check.Height, check.Block, true),
                    CommitBlock decided => new BlockSettled(height, decided.Commit.Block, time, Alone),
                    _ => null,
                };
                commit = (effect as CommitBlock)?.Commit ?? commit;
                if (answer is not null)
                {
                    inputs.Enqueue(answer);
                }
            }
        }

        return commit ?? throw new InvalidOperationException("Nothing was decided.");
    }
}
