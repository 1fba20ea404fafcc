using Ledger.Anchoring;
using Ledger.Anchoring.Roots;
using Ledger.Core;

namespace Ledger.Runtime.Tests.Roots;

public sealed class RootPlanTests
{
    private static readonly RootPolicy Policy = new(DelayMs: 1_000, LeavesMax: 8);
    private static readonly RecordId Record = new(new byte[RecordId.Size]);

    private readonly RootPlan _plan = RootPlan.Start(Policy, null, ArrivalNumber.Zero);

    [Fact]
    public void Digests_wait_a_second_for_others_and_get_one_root()
    {
        Assert.Empty(At(0));
        Assert.Empty(Kept(3));
        Assert.Empty(At(999));
        Assert.Empty(Kept(5));
        Assert.Equal([new SaveRootBatch(ArrivalNumber.Zero, 5)], At(1_000));
        Assert.Empty(At(60_000));
    }

    [Fact]
    public void A_full_tree_waits_for_nobody_and_leaves_the_rest_for_the_next()
    {
        Assert.Equal([new SaveRootBatch(ArrivalNumber.Zero, 8)], Kept(11));
        Finish(Batch(0, 8));
        Assert.Empty(At(500));
        Assert.Equal([new SaveRootBatch(new ArrivalNumber(8), 3)], At(1_500));
    }

    [Fact]
    public void One_batch_is_under_way_until_its_record_is_in_a_block()
    {
        Kept(2);
        Assert.Single(At(5_000));
        Assert.Equal([new SealRootRecord(Batch(0, 2), MayBeSealed: false)], Step(new RootBatchSaved(Batch(0, 2))));
        Assert.Empty(Kept(7));
        Assert.Empty(At(10_000));
        Assert.Empty(Step(new RootRecordSealed(Batch(0, 2) with { Record = Record })));
        Assert.Empty(At(20_000));
        Assert.Equal(5, _plan.Waiting);

        Assert.Empty(Step(new RootRecordSettled(ArrivalNumber.Zero)));
        Assert.Equal([new SaveRootBatch(new ArrivalNumber(2), 5)], At(21_000));
    }

    [Fact]
    public void What_fails_is_told_and_tried_again_ever_more_slowly()
    {
        Kept(1);
        At(1_000);
        Step(new RootCallFailed("The disk is full."));
        Assert.Equal("The disk is full.", _plan.Problem);
        Assert.Empty(At(1_999));
        Assert.Single(At(3_100));
        Step(new RootCallFailed("The disk is full."));
        Assert.Empty(At(4_900));
        Assert.IsType<SaveRootBatch>(Assert.Single(At(7_000)));

        Step(new RootBatchSaved(Batch(0, 1)));
        Assert.Null(_plan.Problem);
        Step(new RootCallFailed("It could not be sealed."));
        Assert.Equal([new SealRootRecord(Batch(0, 1), MayBeSealed: true)], At(9_000));
    }

    [Fact]
    public void A_restart_goes_on_where_the_last_batch_was()
    {
        RootPlan unsealed = RootPlan.Start(Policy, Batch(0, 4), new ArrivalNumber(9));
        Assert.Equal([new SealRootRecord(Batch(0, 4), MayBeSealed: true)], Step(unsealed, new RootClockTicked(new UnixTime(5))));
        Assert.Equal(5, unsealed.Waiting);

        RootPlan settling = RootPlan.Start(Policy, Batch(0, 4) with { Record = Record }, new ArrivalNumber(4));
        Assert.Empty(Step(settling, new RootClockTicked(new UnixTime(99_000))));
        Assert.NotNull(settling.Settling);
    }

    [Fact]
    public void Answers_that_nobody_waits_for_change_nothing()
    {
        Assert.Empty(Step(new RootBatchSaved(Batch(0, 4))));
        Assert.Empty(Step(new RootRecordSealed(Batch(0, 4))));
        Assert.Empty(Step(new RootRecordSettled(ArrivalNumber.Zero)));
        Assert.Equal(0, _plan.Waiting);
        Assert.Null(_plan.Settling);
    }

    [Fact]
    public void States_and_what_is_expected_follow_from_record_block_and_anchor()
    {
        AnchorPolicy policy = new(100, Minutes: 10);
        UnixTime now = new(1_000_000);

        Assert.Equal(new DigestState(DigestPhase.Waiting, 0, new(2_200_000)), DigestState.Of(false, null, null, now, policy));
        Assert.Equal(new DigestState(DigestPhase.Sealed, 0, new(2_200_000)), DigestState.Of(true, null, null, now, policy));
        Assert.Equal(
            new DigestState(DigestPhase.Settled, 0, new(2_000_000)), DigestState.Of(true, new(800_000), null, now, policy));
        Assert.Equal(new DigestState(DigestPhase.Settled, 0, new(1_600_000)), DigestState.Of(true, new(1_000), null, now, policy));
        Assert.Equal(new DigestState(DigestPhase.Settled, 0, null), DigestState.Of(true, new(800_000), null, now, null));
        Assert.Equal(
            new DigestState(DigestPhase.Anchored, 2, new(3_400_000)), DigestState.Of(true, new(800_000), 2, now, policy));
        Assert.Equal(new DigestState(DigestPhase.Anchored, 6, null), DigestState.Of(true, new(800_000), 6, now, policy));
    }

    [Fact]
    public void A_minutes_quota_may_be_used_at_once_and_comes_back_evenly()
    {
        DigestQuota full = DigestQuota.Full(60, new UnixTime(0));
        Assert.True(full.TryTake(60, new UnixTime(0), out DigestQuota empty));
        Assert.False(empty.TryTake(1, new UnixTime(999), out DigestQuota still));
        Assert.True(still.TryTake(1, new UnixTime(1_000), out DigestQuota after));
        Assert.False(after.TryTake(1, new UnixTime(1_000), out after));
        Assert.False(after.TryTake(61, new UnixTime(1_000_000), out after));
        Assert.Equal(60UL, after.Left);

        // A clock that was set back gives nothing, and takes nothing for good.
        Assert.True(after.TryTake(60, new UnixTime(500), out after));
        Assert.False(after.TryTake(1, new UnixTime(600), out after));
        Assert.True(after.TryTake(1, new UnixTime(1_600), out _));
    }

    private static RootBatch Batch(ulong first, int count) => new()
    {
        First = new ArrivalNumber(first),
        Count = count,
        Root = Digest.Of("root"u8),
        From = Sequence.Zero,
    };

    private static List<RootEffect> Step(RootPlan plan, RootInput input)
    {
        List<RootEffect> effects = [];
        plan.Step(input, effects);
        return effects;
    }

    private void Finish(RootBatch batch)
    {
        Step(new RootBatchSaved(batch));
        Step(new RootRecordSealed(batch with { Record = Record }));
        Step(new RootRecordSettled(batch.First));
    }

    private List<RootEffect> Step(RootInput input) => Step(_plan, input);

    private List<RootEffect> At(ulong ms) => Step(new RootClockTicked(new UnixTime(ms)));

    private List<RootEffect> Kept(ulong next) => Step(new DigestsKept(new ArrivalNumber(next)));
}
