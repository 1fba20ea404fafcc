using Ledger.Core;
using Ledger.Records.Chains;
using Ledger.Records.Streams;
using Ledger.Records.Tests.TestKit;
using Xunit.Abstractions;

namespace Ledger.Records.Tests;

/// <summary>What else comes from outside: freezes, stream states, sequences of records.</summary>
[Trait("Tier", "fuzz")]
public sealed class StatementFuzzTests(ITestOutputHelper output)
{
    private static int Cases => RecordFuzzTests.Cases;

    [Fact]
    public void A_mutated_freeze_is_refused()
    {
        byte[] sound = Freeze.Seal(
            Keys.Of("cold"), new ChainId(SampleBodies.SomeDigest), new StreamId(Keys.Of("alice").Id.Value), 3,
            Keys.NoRandomness).Bytes.ToArray();
        Assert.True(Freeze.TryParse(sound, out _, out _));
        Random random = new(17);
        int wellFormed = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] mutated = RecordFuzzTests.Mutate(sound, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.False(Freeze.TryParse(mutated, out _, out Fault? fault), Convert.ToHexString(mutated));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
            wellFormed += fault.Layer == Layer.Signature ? 1 : 0;
        }

        Assert.InRange(wellFormed, Cases / 100, Cases);
        output.WriteLine($"{Cases:N0} mutated freezes: all refused, {wellFormed:N0} of them by their signature alone");
    }

    /// <summary>What is accepted is the only way to write its state.</summary>
    [Fact]
    public void A_mutated_state_is_refused_or_another_state()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Rotate("bob")
            .Rotate("carol", byRecovery: true).Revoke("bob", 2, byRecovery: true);
        StreamState? state = null;
        foreach (Record record in chain.Records)
        {
            state = StreamRules.Advance(state, record, new GenesisTerms("member-1", []));
        }

        byte[] sound = state!.Encode();
        Assert.True(StreamState.TryDecode(sound, out StreamState? same, out _));
        Assert.Equal(state, same);
        Random random = new(19);
        int accepted = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] mutated = RecordFuzzTests.Mutate(sound, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            bool read = StreamState.TryDecode(mutated, out StreamState? other, out _);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
            if (read)
            {
                accepted++;
                Assert.Equal(mutated, other!.Encode());
                Assert.NotEqual(state, other);
            }
        }

        Assert.InRange(accepted, Cases / 100, Cases - (Cases / 100));
        output.WriteLine(
            $"{Cases:N0} mutated stream states: {Cases - accepted:N0} refused, {accepted:N0} other states");
    }

    /// <summary>A sequence in one piece and one that arrives in pieces are cut alike, and no byte gets lost.</summary>
    [Fact]
    public void A_mutated_sequence_is_cut_the_same_in_whatever_pieces_it_arrives()
    {
        byte[] sound = [.. Enumerable.Range(0, 60).SelectMany(i => (byte[])[0x58, 0x20, .. Keys.Seed($"{i}")])];
        Random random = new(23);
        long items = 0;

        // A splitter begins with a buffer of 120,000 bytes, so one for ten of the others.
        int count = Math.Max(1_000, Cases / 10);
        for (int i = 0; i < count; i++)
        {
            byte[] mutated = RecordFuzzTests.Mutate(sound, random);
            var whole = RecordSequence.Split(mutated, int.MaxValue, out Fault? fault);
            RecordSplitter splitter = new();
            int taken = 0;
            for (int at = 0; at < mutated.Length;)
            {
                int piece = Math.Min(random.Next(1, 700), mutated.Length - at);
                splitter.Append(mutated.AsSpan(at, piece));
                at += piece;
                while (splitter.TryTake(out ReadOnlyMemory<byte> item, out _))
                {
                    Assert.True(taken < whole.Length && item.Span.SequenceEqual(whole[taken].Span));
                    taken++;
                }
            }

            Assert.Equal(whole.Length, taken);
            Assert.Equal(fault is null, splitter.Finish() is null);
            items += taken;
        }

        output.WriteLine($"{count:N0} mutated sequences: {items:N0} items, cut alike in one piece and in many");
    }
}
