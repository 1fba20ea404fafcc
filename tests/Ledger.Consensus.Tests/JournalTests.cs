using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests;

/// <summary>What binds a validator after a restart is read back as it was written, or not at all.</summary>
public sealed class JournalTests
{
    private static readonly BlockId Block = new(Digest.Of("block"u8));
    private static readonly Height At = new(300);

    public static TheoryData<string> Kinds => ["prevote", "nil", "precommit", "fresh", "again"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_entry_is_read_back_as_it_was_written(string kind)
    {
        JournalEntry entry = Entry(kind);
        byte[] bytes = entry.Encode();
        Assert.True(JournalEntry.TryDecode(bytes, out JournalEntry? read, out CborError error), $"{error}");
        Assert.True(read!.SaysTheSame(entry));
        Assert.Equal(bytes, read.Encode());
        Assert.Equal((entry.Height, entry.Round), (read.Height, read.Round));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_torn_entry_is_none(string kind)
    {
        byte[] bytes = Entry(kind).Encode();
        Assert.True(JournalEntry.TryDecode(bytes, out _, out _));
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(JournalEntry.TryDecode(bytes.AsSpan(0, length), out JournalEntry? read, out CborError error));
            Assert.Null(read);
            Assert.NotEqual(CborFault.None, error.Fault);
        }

        Assert.False(JournalEntry.TryDecode([.. bytes, 0], out _, out CborError trailing));
        Assert.Equal(CborFault.TrailingBytes, trailing.Fault);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_changed_entry_is_none_or_another(string kind)
    {
        byte[] bytes = Entry(kind).Encode();
        for (int at = 0; at < bytes.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. bytes];
                changed[at] ^= (byte)(1 << bit);
                if (JournalEntry.TryDecode(changed, out JournalEntry? read, out _))
                {
                    Assert.Equal(changed, read!.Encode());
                }
            }
        }
    }

    [Fact]
    public void A_precommit_for_a_block_without_its_quorum_is_refused()
    {
        byte[] vote = new VoteEntry(new Vote(At, Round.Zero, VoteStep.Precommit, Block)).Encode();
        Assert.False(JournalEntry.TryDecode(vote, out _, out CborError error));
        Assert.Equal(CborFault.WrongValue, error.Fault);
    }

    [Fact]
    public void A_journal_that_contradicts_itself_starts_nothing()
    {
        var one = new VoteEntry(new Vote(new Height(1), Round.Zero, VoteStep.Prevote, Block));
        var other = new VoteEntry(new Vote(new Height(1), Round.Zero, VoteStep.Prevote, null));
        Assert.NotNull(Start(one));
        Assert.Throws<InvalidOperationException>(() => Start(one, other));
    }

    [Fact]
    public void A_precommit_whose_prevote_was_lost_brings_the_prevote_along()
    {
        var precommit = new VoteEntry(new Vote(new Height(1), Round.Zero, VoteStep.Precommit, null));
        var effects = new List<Effect>();
        Start(effects, precommit);
        Assert.Single(effects.OfType<SignAndBroadcastVote>());
        PersistJournal persist = Assert.Single(effects.OfType<PersistJournal>());
        Assert.True(persist.Entry.SaysTheSame(
            new VoteEntry(new Vote(new Height(1), Round.Zero, VoteStep.Prevote, null))));

        effects.Clear();
        Start(effects, precommit, persist.Entry);
        Assert.Empty(effects.OfType<PersistJournal>());
        Assert.Equal(2, effects.OfType<SignAndBroadcastVote>().Count());
    }

    private static Replica Start(params JournalEntry[] journal) => Start([], journal);

    private static Replica Start(List<Effect> effects, params JournalEntry[] journal) =>
        Replica.Start(
            new ReplicaSettings(Network.KeyOf(0), ReplicaTiming.Default),
            new ReplicaRecovery(Height.Zero, Network.Genesis, Network.Four, [.. journal], null),
            effects);

    private static JournalEntry Entry(string kind) => kind switch
    {
        "prevote" => new VoteEntry(new Vote(At, new Round(2), VoteStep.Prevote, Block)),
        "nil" => new VoteEntry(new Vote(At, new Round(2), VoteStep.Precommit, null)),
        "precommit" => new LockEntry(At, new Round(2), Block, Polka()),
        "fresh" => new ProposalEntry(new Proposal(At, new Round(2), null, Block)),
        _ => new ProposalEntry(new Proposal(At, new Round(2), new Round(1), Block)),
    };

    private static ImmutableArray<SignedVote> Polka() =>
        [.. ((int[])[0, 2, 3]).Select(i => new SignedVote(
            new Vote(At, new Round(2), VoteStep.Prevote, Block), new ValidatorIndex(i), new byte[] { 1, 2, (byte)i }))];
}
