using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Streams;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

public sealed class StreamStateTests
{
    private static readonly StreamState Sample = new(
        new Sequence(9),
        SampleBodies.SomeId,
        new UnixTime(1_000),
        Keys.Of("cold").Id,
        "member-1",
        [
            new StreamKey(Keys.Of("alice").Id, new Sequence(0), new Sequence(2), ByRecovery: false),
            new StreamKey(Keys.Of("bob").Id, new Sequence(3), null, ByRecovery: false),
            new StreamKey(Keys.Of("carol").Id, new Sequence(10), null, ByRecovery: true),
        ]);

    [Fact]
    public void The_encoding_is_that_of_the_specification()
    {
        CborValue expected = CborArray.Of(
            9,
            SampleBodies.SomeId,
            1_000,
            Keys.Of("cold").Id,
            "member-1",
            CborArray.Of(
                CborArray.Of(Keys.Of("alice").Id, 0, 2, false),
                CborArray.Of(Keys.Of("bob").Id, 3, CborNull.Value, false),
                CborArray.Of(Keys.Of("carol").Id, 10, CborNull.Value, true)));
        Assert.Equal(expected, CborValue.Decode(Sample.Encode()));
        Assert.Equal(Digest.Of(Sample.Encode()), Sample.MapValue);
    }

    [Fact]
    public void A_state_is_read_back_as_it_was()
    {
        Assert.True(StreamState.TryDecode(Sample.Encode(), out StreamState? read, out _));
        Assert.Equal(Sample, read);
        StreamState plain = Sample with { Recovery = null, Keys = Sample.Keys[..2] };
        Assert.True(StreamState.TryDecode(plain.Encode(), out read, out _));
        Assert.Equal(plain, read);
        Assert.NotEqual(Sample, read);
    }

    [Fact]
    public void A_state_that_no_records_lead_to_is_refused()
    {
        Assert.True(StreamState.TryDecode(Sample.Encode(), out _, out _));
        StreamKey alice = Sample.Keys[0];
        StreamKey bob = Sample.Keys[1];
        foreach (ImmutableArray<StreamKey> keys in (ImmutableArray<StreamKey>[])
        [
            [],
            [bob],
            [alice, bob with { First = new Sequence(0) }],
            [alice, bob, alice with { First = new Sequence(5) }],
            [alice, bob with { First = new Sequence(11) }],
            [alice with { Revoked = new Sequence(10) }],
            [alice with { ByRecovery = true }],
            [alice, bob with { Kid = Keys.Of("cold").Id }],
        ])
        {
            Assert.False(StreamState.TryDecode((Sample with { Keys = keys, }).Encode(), out _, out _));
        }

        Assert.False(StreamState.TryDecode((Sample with { Recovery = null }).Encode(), out _, out _));
    }

    /// <summary>S9: at most 256 keys, and none but the recovery key puts the last 16 in force.</summary>
    [Theory]
    [InlineData(240, 0, true)]
    [InlineData(241, 0, false)]
    [InlineData(241, 1, true)]
    [InlineData(256, 15, false)]
    [InlineData(256, 16, true)]
    [InlineData(257, 17, false)]
    public void A_state_holds_as_many_keys_as_records_can_bring(int count, int byRecovery, bool possible)
    {
        StreamState state = Sample with
        {
            Seq = new Sequence(300),
            Keys = [.. Enumerable.Range(0, count).Select(i => new StreamKey(
                new KeyId(Digest.Of([(byte)i, (byte)(i >> 8)])), new Sequence((ulong)i), null,
                ByRecovery: i >= count - byRecovery))],
        };
        Assert.Equal(possible, StreamState.TryDecode(state.Encode(), out _, out _));
    }

    [Fact]
    public void No_byte_can_be_changed_without_changing_the_state()
    {
        byte[] encoded = Sample.Encode();
        for (int i = 0; i < encoded.Length; i++)
        {
            byte[] flipped = [.. encoded];
            flipped[i] ^= (byte)(1 << (i % 8));
            if (StreamState.TryDecode(flipped, out StreamState? read, out _))
            {
                Assert.NotEqual(Sample, read);
                Assert.Equal(flipped, read.Encode());
            }

            Assert.False(StreamState.TryDecode(encoded.AsSpan(0, i), out _, out _));
        }
    }

    [Fact]
    public void The_key_in_force_is_known_for_every_record()
    {
        string[] expected = ["alice", "alice", "alice", "bob", "bob", "bob", "bob", "bob", "bob", "bob", "carol"];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(Keys.Of(expected[i]).Id, Sample.KeyInForce(new Sequence((ulong)i)).Kid);
        }

        Assert.Equal(Keys.Of("carol").Id, Sample.Current.Kid);
        Assert.Equal(Keys.Of("alice").Id.Value, Sample.Stream.Value);
        Assert.Equal(1, Sample.IndexOf(Keys.Of("bob").Id));
        Assert.Equal(-1, Sample.IndexOf(Keys.Of("cold").Id));
    }
}
