using Ledger.Core;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.TestKit;

namespace Ledger.Runtime.Tests;

public sealed class SettlingTests
{
    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(120)).Token;

    [Fact]
    public async Task Records_of_one_stream_settle_in_their_order_and_are_in_log_and_map()
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        Operator operatorStream = new(100);

        SubmissionOutcome[] outcomes = await node.SubmitAsync(operatorStream.Next(10));
        Assert.All(outcomes, outcome => Assert.Equal(RecordPhase.Sealed, outcome.Receipt!.Phase));
        await node.WaitAsync(outcomes[^1].Receipt!.Id, RecordPhase.Settled, Soon);

        ChainHead head = node.Head;
        ulong last = 0;
        foreach (SubmissionOutcome outcome in outcomes)
        {
            Receipt receipt = outcome.Receipt!;
            (Height _, LogIndex index) = node.Store.Placement(receipt.Id)!.Value;
            Assert.True(index.Value >= last);
            last = index.Value;
            Assert.True(LogProofs.TryInclusion(node.Store, index, head.Log.Size, out InclusionProof proof, out _));
            Assert.True(proof.Verify(receipt.Entry, head.Log.Root));
        }

        Assert.True(StreamsMap.TryProve(node.Store, head.Streams, operatorStream.Stream, out MapProof map, out _));
        StreamState state = node.Store.Stream(operatorStream.Stream)!;
        Assert.Equal(MapVerdict.Present(state.MapValue), map.Verify(head.Streams, operatorStream.Stream));
        Assert.Equal(outcomes[^1].Receipt!.Id, state.Head);
    }

    [Fact]
    public async Task The_same_bytes_twice_give_the_same_receipt()
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        byte[] genesis = new Operator(100).Next();

        SubmissionOutcome first = (await node.SubmitAsync([genesis]))[0];
        await node.WaitAsync(first.Receipt!.Id, RecordPhase.Settled, Soon);
        SubmissionOutcome[] again = await node.SubmitAsync([genesis, genesis]);

        Assert.All(again, outcome => Assert.Equal(first.Receipt!.Id, outcome.Receipt!.Id));
        Assert.All(again, outcome => Assert.Equal(RecordPhase.Settled, outcome.Receipt!.Phase));
    }

    [Fact]
    public async Task A_stopped_node_goes_on_where_it_was_with_what_it_acknowledged()
    {
        using MemoryStore store = new();
        Operator operatorStream = new(100);
        SubmissionOutcome[] sealedOnly;
        await using (LedgerNode node = SoloNetwork.Start(store))
        {
            sealedOnly = await node.SubmitAsync(operatorStream.Next(5));
        }

        await using LedgerNode restarted = SoloNetwork.Start(store);
        await restarted.WaitAsync(sealedOnly[^1].Receipt!.Id, RecordPhase.Settled, Soon);
        SubmissionOutcome[] more = await restarted.SubmitAsync(operatorStream.Next(5));
        await restarted.WaitAsync(more[^1].Receipt!.Id, RecordPhase.Settled, Soon);

        Assert.Equal(9UL, restarted.Store.Stream(operatorStream.Stream)!.Seq.Value);
    }

    [Fact]
    public async Task An_uninvited_stream_is_refused_and_leaves_nothing_behind()
    {
        Operator invited = new(100);
        Operator stranger = new(101);
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(
            store, TestNetwork.With(admission => admission with
            {
                IsOpen = false,
                Members = [new Core.Chain.AdmittedMember("hospital", [invited.Key])],
            }));

        SubmissionOutcome accepted = (await node.SubmitAsync([invited.Next()]))[0];
        await node.WaitAsync(accepted.Receipt!.Id, RecordPhase.Settled, Soon);
        byte[] genesis = stranger.Next();
        SubmissionOutcome refused = (await node.SubmitAsync([genesis]))[0];

        Assert.Equal("hospital", node.Store.Stream(invited.Stream)!.Sponsor);
        Assert.Equal(AdmissionRefusalKind.NotInvited, refused.Refusal!.Admission!.Kind);
        Assert.Null(node.Store.Stream(stranger.Stream));
        Assert.Null(node.Store.PublicKey(stranger.Key));
    }

    [Fact]
    public async Task A_quota_refuses_the_record_over_it_and_says_what_remains()
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(
            store, TestNetwork.With(admission => admission with { Open = new Core.Chain.SponsorQuota(1_000_000, 3, 10) }));

        SubmissionOutcome[] outcomes = await node.SubmitAsync(new Operator(100).Next(5));

        Assert.Equal([true, true, true, false, false], outcomes.Select(outcome => outcome.Receipt is not null));
        Assert.Equal(AdmissionRefusalKind.SponsorRecords, outcomes[3].Refusal!.Admission!.Kind);
        Assert.Equal(0UL, outcomes[3].Refusal!.Admission!.Remaining);
    }

    [Fact]
    public async Task A_second_record_at_one_place_is_a_fork_and_refused()
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        Operator alice = new(100);
        byte[] genesis = alice.Next();
        byte[] other = alice.Fork("other");
        await node.SubmitAsync([genesis, alice.Next()]);

        SubmissionOutcome outcome = (await node.SubmitAsync([other]))[0];

        Assert.Equal(RefusalKind.Fork, outcome.Refusal!.Kind);
    }

    [Fact]
    public async Task Any_bytes_are_refused_with_a_reason_and_an_offset()
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        byte[] genesis = new Operator(100).Next();
        byte[] broken = (byte[])genesis.Clone();
        broken[^1] ^= 1;

        SubmissionOutcome[] outcomes = await node.SubmitAsync([0xff], broken, genesis);

        Assert.Equal(RefusalKind.Unsound, outcomes[0].Refusal!.Kind);
        Assert.Equal(0, outcomes[0].Refusal!.Fault!.Offset);
        Assert.Equal(Records.Layer.Signature, outcomes[1].Refusal!.Fault!.Layer);
        Assert.NotNull(outcomes[2].Receipt);
    }

    [Fact]
    public async Task An_idle_network_makes_one_empty_block_after_content_and_then_waits_for_the_heartbeat()
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        SubmissionOutcome outcome = (await node.SubmitAsync([new Operator(100).Next()]))[0];
        await node.WaitAsync(outcome.Receipt!.Id, RecordPhase.Settled, Soon);
        CancellationToken soon = Soon;
        while (node.Head.LastHadContent)
        {
            await Task.Delay(20, soon);
        }

        ChainHead head = node.Head;
        Assert.True(node.Store.Block(head.Height)!.Body.IsEmpty);
        Assert.False(node.Store.Block(head.Height.Previous)!.Body.IsEmpty);
        await Task.Delay(TimeSpan.FromSeconds(2), soon);
        Assert.Equal(head.Height, node.Head.Height);
    }
}
