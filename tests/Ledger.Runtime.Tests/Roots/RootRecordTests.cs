using Ledger.Anchoring.Roots;
using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Roots;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests.Roots;

public sealed class RootRecordTests
{
    private const int NameBytesMax = 64;

    /// <summary>Under the longest name that a node may have, and the largest numbers, a root record is within rule R12.</summary>
    [Fact]
    public async Task A_root_record_of_a_node_with_the_longest_name_is_short_enough()
    {
        using MemoryStore store = new();
        await using LedgerNode node = new(
            new NodeSettings
            {
                VoteKey = TestNetwork.VoteKey, StreamKey = TestNetwork.StreamKey, Name = new string('n', NameBytesMax),
            },
            TestNetwork.Genesis, store, TimeProvider.System, new Zeros());
        node.Start();
        await node.Started;
        await using RootDriver roots = new(node, TimeProvider.System);
        roots.Start();
        DigestOutcome outcome = await roots.SubmitAsync([Digest.Of("digest"u8)]);

        Record record = await SealedAsync(node, roots, outcome.Numbers[0]);

        // Numbers of the sample that may still grow: place in the stream, leaves.
        const int Growth = 8 + 4;
        Assert.InRange(record.Bytes.Length, 3_309, Limits.RootRecordBytes - Growth);
        Assert.Equal(new string('n', NameBytesMax), record.Issuer);
    }

    /// <summary>The driver's own loops, on real time: answers come while roots are on their way.</summary>
    [Fact]
    public async Task Many_who_submit_at_once_share_writes_and_all_get_roots()
    {
        const int Submitters = 200;
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        await node.Started;
        await using RootDriver roots = new(node, TimeProvider.System);
        roots.Start();

        DigestOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, Submitters).Select(number =>
            Task.Run(() => roots.SubmitAsync([Digest.Of([(byte)number]), Digest.Of([(byte)(number + 1)])]))));

        Assert.All(outcomes, outcome => Assert.Null(outcome.Refusal));
        Assert.Equal(
            Submitters + 1, outcomes.SelectMany(outcome => outcome.Numbers).Distinct().Count());
        for (ulong number = 0; number <= Submitters; number++)
        {
            await SealedAsync(node, roots, new ArrivalNumber(number));
        }

        RootBatch[] batches = [.. roots.Store.Batches];
        Assert.Equal(Submitters + 1, batches.Sum(batch => batch.Count));
        Assert.InRange(batches.Length, 1, 5);
    }

    [Fact]
    public async Task Whoever_waits_when_the_node_stops_is_told_and_was_promised_nothing()
    {
        using MemoryStore store = new();
        await using LedgerNode node = SoloNetwork.Start(store);
        RootDriver roots = new(node, TimeProvider.System);
        Task<DigestOutcome> waiting = roots.SubmitAsync([Digest.Of("digest"u8)]);

        await roots.DisposeAsync();

        Assert.Equal(DigestRefusal.Stopping, (await waiting).Refusal);
        Assert.Equal(DigestRefusal.Stopping, (await roots.SubmitAsync([Digest.Zero])).Refusal);
        Assert.Null(roots.Store.Find(Digest.Of("digest"u8)));
    }

    /// <summary>An operator took the stream's key out while digests waited: it is told so, and they wait on.</summary>
    [Fact]
    public async Task Without_a_stream_digests_wait_and_the_operator_is_told()
    {
        using MemoryStore store = new();
        StoreBatch kept = new();
        RootStore.Keep(kept, Digest.Of("digest"u8), ArrivalNumber.Zero);
        store.Write(kept);
        NodeSettings settings = new() { VoteKey = TestNetwork.VoteKey, Name = "alpha" };
        await using (LedgerNode keyless = new(settings, TestNetwork.Genesis, store, TimeProvider.System, new Zeros()))
        {
            keyless.Start();
            await keyless.Started;
            await using RootDriver held = new(keyless, TimeProvider.System);
            held.Start();
            await UntilAsync(() => keyless.Problems.Any(problem => problem.Contains("keys.stream")));
            Assert.False(held.IsOffered);
            Assert.False(keyless.Completion.IsCompleted);
        }

        await using LedgerNode node = SoloNetwork.Start(store);
        await node.Started;
        await using RootDriver roots = new(node, TimeProvider.System);
        roots.Start();
        await SealedAsync(node, roots, ArrivalNumber.Zero);
        await UntilAsync(() => node.Problems.IsEmpty);
    }

    [Fact]
    public void A_stored_batch_that_was_changed_is_named_as_damage()
    {
        RootBatch batch = new()
        {
            First = new ArrivalNumber(7), Count = 3, Root = Digest.Of("root"u8), From = new Sequence(9),
            Record = new RecordId(new byte[RecordId.Size]),
        };
        byte[] bytes = RootBatchCodec.Encode(batch);
        Assert.Equal(batch, RootBatchCodec.Decode(bytes));
        Assert.Equal(batch with { Record = null }, RootBatchCodec.Decode(RootBatchCodec.Encode(batch with { Record = null })));

        Assert.Throws<StoreCorruptException>(() => RootBatchCodec.Decode(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Throws<StoreCorruptException>(() => RootBatchCodec.Decode([.. bytes, 0]));
        Assert.Throws<StoreCorruptException>(() => RootBatchCodec.Decode([0x84, .. bytes.AsSpan(1)]));
    }

    private static async Task<Record> SealedAsync(LedgerNode node, RootDriver roots, ArrivalNumber number)
    {
        await UntilAsync(() => roots.Store.BatchOf(number)?.Record is not null);
        return node.Store.Record(roots.Store.BatchOf(number)!.Record!.Value)!;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (int i = 0; i < 1_200; i++)
        {
            if (holds())
            {
                return;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException("It never came to that.");
    }

    private sealed class Zeros : IRandomness
    {
        public void Fill(Span<byte> destination) => destination.Clear();
    }
}
