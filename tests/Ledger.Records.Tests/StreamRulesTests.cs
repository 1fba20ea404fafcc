using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Records.Streams;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

/// <summary>The rules as a node applies them. What breaks them one by one stands with the broken chains.</summary>
public sealed class StreamRulesTests
{
    private static readonly GenesisTerms Terms = new("member-1", [new ChainId(SampleBodies.SomeDigest)]);

    [Fact]
    public void A_state_follows_the_records()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("bob")
            .Rotate("carol", byRecovery: true);
        StreamState state = Apply(chain);
        Assert.Equal(new Sequence(3), state.Seq);
        Assert.Equal(chain.Head, state.Head);
        Assert.Equal(chain.Records[^1].Time, state.Time);
        Assert.Equal(Keys.Of("cold").Id, state.Recovery);
        Assert.Equal("member-1", state.Sponsor);
        Assert.Equal(chain.Stream, state.Stream);
        Assert.Equal(
            [
                new StreamKey(Keys.Of("alice").Id, new Sequence(0), null, false),
                new StreamKey(Keys.Of("bob").Id, new Sequence(3), null, false),
                new StreamKey(Keys.Of("carol").Id, new Sequence(4), null, true),
            ],
            state.Keys.AsEnumerable());
        Assert.True(StreamState.TryDecode(state.Encode(), out StreamState? read, out _));
        Assert.Equal(state, read);
    }

    [Fact]
    public void A_refused_record_leaves_no_state()
    {
        ChainBuilder chain = new ChainBuilder().Genesis();
        StreamState state = Apply(chain);
        VerifiedRecord late = Verified(chain.At(0).Intent().Records[1]);
        Assert.False(StreamRules.TryApply(state, late, Terms, out StreamState? after, out Fault? fault));
        Assert.Null(after);
        Assert.Equal(Layer.Link, fault.Layer);
        Assert.Equal(Apply(new ChainBuilder().Genesis()), state);
    }

    [Fact]
    public void A_revoked_key_signs_nothing_more_but_the_recovery_key_goes_on()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Intent().Revoke("alice", 1, byRecovery: true);
        StreamState state = Apply(chain);
        Assert.Equal(new Sequence(1), state.Current.Revoked);

        ChainBuilder thief = new ChainBuilder(recovery: "cold").Genesis().Intent().Revoke("alice", 1, byRecovery: true)
            .Intent();
        Assert.False(StreamRules.TryApply(state, Verified(thief.Records[3]), Terms, out _, out Fault? fault));
        Assert.Equal(Layer.Revocation, fault.Layer);

        chain.Rotate("bob", byRecovery: true).Intent();
        Assert.Equal(Keys.Of("bob").Id, Apply(chain).Current.Kid);
    }

    /// <summary>A thief rotates twice; the owner revokes with heirs; the thief's last key signs nothing more.</summary>
    [Fact]
    public void With_heirs_a_thief_is_stopped_however_often_he_rotated()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("thief").Rotate("thief 2")
            .Intent();
        ChainBuilder without = new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("thief").Rotate("thief 2")
            .Intent();
        without.Revoke("alice", 2, heirs: false, byRecovery: true).Intent();
        Assert.Equal(Keys.Of("thief 2").Id, Apply(without).Current.Kid);

        chain.Revoke("alice", 2, heirs: true, byRecovery: true);
        Assert.Equal(
            [new Sequence(2), new Sequence(3), new Sequence(4)], Apply(chain).Keys.Select(key => key.Revoked!.Value));
        StreamState state = Apply(chain);
        chain.Intent();
        Assert.False(StreamRules.TryApply(state, Verified(chain.Records[^1]), Terms, out _, out Fault? fault));
        Assert.Equal(Layer.Revocation, fault.Layer);
    }

    [Fact]
    public void A_key_that_the_recovery_key_put_in_force_is_no_heir()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("thief")
            .Rotate("bob", byRecovery: true).Revoke("alice", 2, heirs: true, byRecovery: true).Intent();
        StreamState state = Apply(chain);
        Assert.Equal(
            [new Sequence(2), new Sequence(3), null], state.Keys.Select(key => key.Revoked));
    }

    /// <summary>
    /// Why the state says who put a key in force: with that forgotten, the honest key would fall with the thief's.
    /// </summary>
    [Fact]
    public void A_state_that_forgot_who_put_a_key_in_force_condemns_the_honest_key()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Intent().Rotate("thief")
            .Rotate("bob", byRecovery: true);
        StreamState right = Apply(chain);
        StreamState forgetful = right with { Keys = [.. right.Keys.Select(key => key with { ByRecovery = false })] };
        Record revoke = chain.Revoke("alice", 2, heirs: true, byRecovery: true).Records[^1];
        Assert.Null(StreamRules.Advance(right, revoke, Terms).Current.Revoked);
        Assert.NotNull(StreamRules.Advance(forgetful, revoke, Terms).Current.Revoked);
    }

    [Fact]
    public void A_stream_settles_only_at_home_or_on_a_successor_that_names_its_home()
    {
        ChainId home = new(SampleBodies.SomeDigest);
        ChainId other = new(Digest.Of("other"u8));
        VerifiedRecord bound = Verified(new ChainBuilder().Genesis(home).Records[0]);
        VerifiedRecord free = Verified(new ChainBuilder().Genesis().Records[0]);
        Assert.True(StreamRules.TryApply(null, bound, new GenesisTerms("", [home]), out _, out _));
        Assert.True(StreamRules.TryApply(null, bound, new GenesisTerms("", [other, home]), out _, out _));
        Assert.True(StreamRules.TryApply(null, free, new GenesisTerms("", [other]), out _, out _));
        Assert.False(StreamRules.TryApply(null, bound, new GenesisTerms("", [other]), out _, out Fault? fault));
        Assert.Equal(Layer.Link, fault.Layer);
    }

    [Fact]
    public void A_record_waits_for_a_block_that_is_at_most_ten_minutes_behind_it()
    {
        Record record = new ChainBuilder(time: 1_000_000).Genesis().Records[0];
        Assert.True(StreamRules.MaySettleAt(record, new UnixTime(1_000_000)));
        Assert.True(StreamRules.MaySettleAt(record, new UnixTime(400_000)));
        Assert.False(StreamRules.MaySettleAt(record, new UnixTime(399_999)));
        Assert.True(StreamRules.MaySettleAt(record, new UnixTime(ulong.MaxValue)));
    }

    [Fact]
    public void A_key_that_could_have_signed_is_found_where_the_record_stands()
    {
        ChainBuilder chain = new ChainBuilder(recovery: "cold").Genesis().Rotate("bob", byRecovery: true).Intent();
        byte[] alice = Keys.Of("alice").PublicKey.ToArray();
        Assert.True(StreamRules.SigningKeyOf(null, chain.Records[0], []).SequenceEqual(alice));
        StreamState first = Apply(new ChainBuilder(recovery: "cold").Genesis());
        Assert.True(StreamRules.SigningKeyOf(first, chain.Records[1], alice)
            .SequenceEqual(Keys.Of("cold").PublicKey.Span));
        Assert.True(StreamRules.SigningKeyOf(first, chain.Records[2], alice).IsEmpty);
        Assert.True(StreamRules.SigningKeyOf(null, chain.Records[1], []).IsEmpty);
    }

    private static StreamState Apply(ChainBuilder chain)
    {
        StreamState? state = null;
        foreach (Record record in chain.Records)
        {
            Assert.True(StreamRules.TryApply(state, Verified(record), Terms, out state, out Fault? fault),
                fault?.ToString());
        }

        return state!;
    }

    private static VerifiedRecord Verified(Record record)
    {
        ReadOnlySpan<byte> key = default;
        foreach (string name in (ImmutableArray<string>)["alice", "bob", "carol", "cold", "thief", "thief 2"])
        {
            key = Keys.Of(name).Id == record.Kid ? Keys.Of(name).PublicKey.Span : key;
        }

        Assert.True(VerifiedRecord.TryVerify(record, key, out VerifiedRecord? verified, out Fault? fault),
            fault?.ToString());
        return verified;
    }
}
