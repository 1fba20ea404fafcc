using Ledger.Anchoring;
using Ledger.Core;

namespace Ledger.Runtime.Tests.Anchoring;

/// <summary>Which block is chosen, and when.</summary>
public sealed class AnchorPlanTests
{
    private readonly List<AnchorEffect> _effects = [];
    private readonly AnchorPlan _plan = AnchorPlan.Start(new AnchorPolicy(Blocks: 100, Minutes: 60), []);

    [Fact]
    public void The_header_after_a_change_of_the_set_is_anchored_at_once_and_others_wait_until_they_are_due()
    {
        Settle(1);
        Settle(2);
        Settle(3);
        Assert.Empty(Chosen);
        Settle(4, endsConfiguration: true);
        Assert.Empty(Chosen);
        Settle(5);
        Assert.Equal([5UL], Chosen);
    }

    [Fact]
    public void Two_changes_close_to_each_other_are_both_anchored_in_their_order()
    {
        Settle(1, endsConfiguration: true);
        Settle(2, endsConfiguration: true);
        Settle(3);
        Assert.Equal([2UL], Chosen);
        Finish(2);
        Assert.Equal([2UL, 3UL], Chosen);
    }

    [Fact]
    public void A_new_policy_counts_at_once()
    {
        Settle(1);
        Settle(2);
        Assert.Empty(Chosen);
        _plan.Step(new PolicyChanged(new AnchorPolicy(Blocks: 2, Minutes: 60)), _effects);
        Assert.Equal([2UL], Chosen);
    }

    [Fact]
    public void The_first_header_of_a_chain_dates_nothing_and_is_not_chosen()
    {
        _plan.Step(new PolicyChanged(new AnchorPolicy(Blocks: 1, Minutes: 60)), _effects);
        Settle(7, endsConfiguration: true);
        Settle(8, isFirst: true);
        Assert.Empty(Chosen);
        Settle(9);
        Assert.Equal([9UL], Chosen);
    }

    /// <summary>Heights of the batches that were to be saved, each once.</summary>
    private ulong[] Chosen =>
        [.. _effects.OfType<SaveBatch>().Select(save => save.Batch.Batch.Value).Distinct()];

    private void Settle(ulong height, bool endsConfiguration = false, bool isFirst = false) => _plan.Step(
        new BlockSettled(
            new Height(height), IdOf(height), new UnixTime(1_000 * height), new TreeSize(height), HoldsOther: true, isFirst,
            endsConfiguration),
        _effects);

    private static BlockId IdOf(ulong height) => new(Digest.Of([(byte)height]));

    /// <summary>Carries a batch through until its record is sealed and it is final.</summary>
    private void Finish(ulong height)
    {
        Height batch = new(height);
        Digest block = Digest.Of("bitcoin"u8);
        AnchorTransactionBytes transaction = new(Digest.Of("tx"u8), new byte[64], new byte[60]);
        AnchorProofBytes proof = new(block, 1, new UnixTime(100_000), 0, [], new byte[80]);
        foreach (AnchorInput input in (AnchorInput[])
        [
            new BatchSaved(batch), new TransactionBuilt(batch, transaction), new BatchSaved(batch), new TransactionSent(batch),
            new BatchSaved(batch), new ClockTicked(new UnixTime(100_000)),
            new StatusHeard(batch, TransactionStanding.InBlock, 6, block), new ProofBuilt(batch, proof), new BatchSaved(batch),
        ])
        {
            _plan.Step(input, _effects);
        }
    }
}
