using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Chains;
using Ledger.Records.Streams;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

/// <summary>Freezes, fork proofs and lineage.</summary>
public sealed class StatementTests
{
    private static readonly ChainId Chain = new(SampleBodies.SomeDigest);

    [Fact]
    public void A_freeze_is_heeded_by_the_chain_and_for_the_stream_that_it_names()
    {
        StreamState state = StateOf(new ChainBuilder(recovery: "cold").Genesis());
        Freeze freeze = Read(Freeze.Seal(Keys.Of("cold"), Chain, state.Stream, 3, Keys.NoRandomness));
        Assert.Null(freeze.Judge(Chain, state, null));
        Assert.Null(freeze.Judge(Chain, state, 2));
        Assert.NotNull(freeze.Judge(Chain, state, 3));
        Assert.NotNull(freeze.Judge(new ChainId(Digest.Zero), state, null));
        Assert.NotNull(freeze.Judge(Chain, StateOf(new ChainBuilder("bob", "cold").Genesis()), null));
        Assert.NotNull(freeze.Judge(Chain, StateOf(new ChainBuilder(recovery: "bob").Genesis()), null));
        Assert.NotNull(freeze.Judge(Chain, StateOf(new ChainBuilder().Genesis()), null));
        Assert.NotNull(Read(Freeze.Seal(Keys.Of("alice"), Chain, state.Stream, 3, Keys.NoRandomness))
            .Judge(Chain, state, null));
    }

    [Fact]
    public void No_byte_of_a_freeze_can_be_changed()
    {
        byte[] sound = Freeze.Seal(Keys.Of("cold"), Chain, new StreamId(Keys.Of("alice").Id.Value), 3,
            Keys.NoRandomness).Bytes.ToArray();
        Assert.True(Freeze.TryParse(sound, out _, out _));
        for (int i = 0; i < sound.Length; i += i < 3_400 ? 50 : 7)
        {
            byte[] flipped = [.. sound];
            flipped[i] ^= 1;
            Assert.False(Freeze.TryParse(flipped, out _, out Fault? fault), $"byte {i}");
            Assert.True(fault.Layer is Layer.Encoding or Layer.Signature);
        }

        Assert.False(Freeze.TryParse(sound.AsMemory(0, sound.Length - 1), out _, out _));
        Assert.False(Freeze.TryParse((byte[])[.. sound, 0], out _, out _));
    }

    [Fact]
    public void The_statements_that_are_signed_say_what_they_are_for()
    {
        StreamId stream = new(SampleBodies.SomeDigest);
        Assert.Equal(
            CborArray.Of("ledger/freeze/1", Chain.Value, stream.Value, 5).Encode(),
                Freeze.SignedBytes(Chain, stream, 5));
        Assert.Equal(
            CborArray.Of("ledger/key/1", stream.Value, 5, SampleBodies.SomeId, Keys.Of("bob").PublicKey.ToArray())
                .Encode(),
            KeyProof.SignedBytes(stream, new Sequence(5), SampleBodies.SomeId, Keys.Of("bob").PublicKey.Span));
    }

    [Fact]
    public void Two_histories_by_one_key_are_a_fork_proof_and_both_finders_make_the_same()
    {
        (StreamState before, VerifiedRecord one, VerifiedRecord other) = Pair(
            chain => chain.Intent(), chain => chain.Outcome());
        Assert.True(ForkProof.TryProve(before, one, other, out ForkProof? proof, out _));
        Assert.True(ForkProof.TryProve(before, other, one, out ForkProof? mirrored, out _));
        Assert.Equal(proof.First.Id, mirrored.First.Id);
        Assert.Equal(Keys.Of("alice").Id, proof.Kid);
        Assert.Equal(new Sequence(1), proof.Seq);
        Assert.True(proof.First.Id < proof.Second.Id);
    }

    [Fact]
    public void Two_genesis_records_of_one_key_are_a_fork()
    {
        VerifiedRecord one = Verify(new ChainBuilder().Genesis().Records[0]);
        VerifiedRecord other = Verify(new ChainBuilder(recovery: "cold").Genesis().Records[0]);
        Assert.True(ForkProof.TryProve(null, one, other, out _, out _));
        Assert.False(ForkProof.TryProve(null, one, one, out _, out _));
    }

    [Fact]
    public void What_is_no_fork_is_not_proven_to_be_one()
    {
        (StreamState before, VerifiedRecord one, VerifiedRecord other) = Pair(
            chain => chain.Intent(), chain => chain.Rotate("bob", byRecovery: true));
        Assert.False(ForkProof.TryProve(before, one, other, out _, out Fault? fault));
        Assert.Equal("no one key signed both records", fault.Reason);

        // An unsound record, and one of elsewhere, show nothing about the key.
        (before, one, other) = Pair(chain => chain.Intent(), chain => chain.At(0).Outcome());
        Assert.False(ForkProof.TryProve(before, one, other, out _, out fault));
        (_, _, VerifiedRecord later) = Pair(chain => chain.Intent(), chain => chain.Intent().Outcome());
        Assert.False(ForkProof.TryProve(before, one, later, out _, out fault));
        Assert.Equal(Layer.Gap, fault.Layer);

        // One record sealed twice.
        Record again = one.Record;
        byte[] bytes = again.Bytes.ToArray();
        Keys.Of("alice").Sign(again.SignedBytes(), SampleBodies.SomeDigest.Span)
            .CopyTo(bytes.AsSpan(bytes.Length - 3309));
        Assert.True(Record.TryParse(bytes, out Record? resealed, out _));
        Assert.False(ForkProof.TryProve(before, one, Verify(resealed), out _, out fault));
        Assert.Equal("both records say the same: one record sealed twice", fault.Reason);
    }

    [Fact]
    public void Causes_are_shown_before_after_or_not()
    {
        ChainBuilder bob = new ChainBuilder("bob").Genesis().Intent();
        ChainBuilder chain = new ChainBuilder().Genesis();
        chain.Add(RecordKind.Intent, ChainBuilder.SampleIntent(), change: content => content with
        {
            Causes = [chain.Records[0].Id, bob.Records[1].Id, SampleBodies.SomeId],
        });
        Record[] records = [chain.Records[0], chain.Records[1], .. bob.Records];
        Assert.Equal(
            [
                new CauseLink(1, chain.Records[0].Id, 0, CauseStanding.Before),
                new CauseLink(1, bob.Records[1].Id, 3, CauseStanding.After),
                new CauseLink(1, SampleBodies.SomeId, null, CauseStanding.NotShown),
            ],
            Lineage.Of(records).AsEnumerable());
    }

    private static (StreamState Before, VerifiedRecord One, VerifiedRecord Other) Pair(
        Func<ChainBuilder, ChainBuilder> one, Func<ChainBuilder, ChainBuilder> other)
    {
        ChainBuilder trunk = new ChainBuilder(recovery: "cold").Genesis();
        return (
            StateOf(trunk),
            Verify(one(new ChainBuilder(recovery: "cold").Genesis()).Records[^1]),
            Verify(other(new ChainBuilder(recovery: "cold").Genesis()).Records[^1]));
    }

    private static StreamState StateOf(ChainBuilder chain)
    {
        ChainVerifier verifier = new();
        verifier.Append(chain.ToFile());
        Assert.Equal(Verdict.Verified, verifier.Complete().Verdict);
        return verifier.State!;
    }

    private static VerifiedRecord Verify(Record record)
    {
        string owner = new[] { "alice", "bob", "cold" }.Single(name => Keys.Of(name).Id == record.Kid);
        Assert.True(VerifiedRecord.TryVerify(record, Keys.Of(owner).PublicKey.Span, out VerifiedRecord? verified,
            out _));
        return verified;
    }

    private static Freeze Read(Freeze made)
    {
        Assert.True(Freeze.TryParse(made.Bytes, out Freeze? read, out Fault? fault), fault?.ToString());
        Assert.Equal((made.Chain, made.Stream, made.Number), (read.Chain, read.Stream, read.Number));
        return read;
    }
}
