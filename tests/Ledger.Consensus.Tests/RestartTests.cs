using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests;

/// <summary>P14: what a validator casts after a restart, for others may wait for it.</summary>
public sealed class RestartTests
{
    private static readonly Height At = new(1);
    private static readonly BlockId Block = new(Digest.Of("block"u8));

    [Fact]
    public void Votes_that_were_not_on_the_disk_when_it_left_their_round_are_cast_for_nil()
    {
        List<Vote> cast = Restart(Nil(0, VoteStep.Prevote), Nil(2, VoteStep.Prevote));

        Assert.Equal(
            [Of(0, VoteStep.Precommit), Of(1, VoteStep.Prevote), Of(1, VoteStep.Precommit)], cast);
    }

    [Fact]
    public void A_prevote_that_is_missing_beside_a_precommit_is_cast_for_its_block()
    {
        List<Vote> cast = Restart(new LockEntry(At, Round.Zero, Block, Polka()), Nil(1, VoteStep.Prevote));

        Assert.Equal([Of(0, VoteStep.Prevote, Block)], cast);
    }

    [Fact]
    public void A_journal_without_a_hole_asks_for_nothing() =>
        Assert.Empty(Restart(Nil(0, VoteStep.Prevote), Nil(0, VoteStep.Precommit), Nil(1, VoteStep.Prevote)));

    /// <summary>The switch: without the rule validators can wait for one another for ever.</summary>
    [Fact]
    public void Without_the_rule_nothing_is_cast() =>
        Assert.Empty(Restart(new LeavesVotesBehind(), Nil(0, VoteStep.Prevote), Nil(2, VoteStep.Prevote)));

    private static List<Vote> Restart(params JournalEntry[] journal) => Restart(SafetyRules.Sound, journal);

    private static List<Vote> Restart(SafetyRules rules, params JournalEntry[] journal)
    {
        List<Effect> effects = [];
        Replica.Start(
            new ReplicaSettings(Network.KeyOf(0), ReplicaTiming.Default),
            new ReplicaRecovery(Height.Zero, Network.Genesis, Network.Four, [.. journal], QuarantineUntil: null),
            rules,
            effects);
        return [.. effects.OfType<PersistJournal>().Select(persist => SigningLog.VoteOf(persist.Entry)!.Value)];
    }

    private static VoteEntry Nil(uint round, VoteStep step) => new(Of(round, step));

    private static Vote Of(uint round, VoteStep step, BlockId? block = null) => new(At, new Round(round), step, block);

    private static ImmutableArray<SignedVote> Polka() =>
        [.. Enumerable.Range(1, 3).Select(i => new SignedVote(
            Of(0, VoteStep.Prevote, Block), new ValidatorIndex(i), new byte[Limits.SignatureBytes]))];

    private sealed class LeavesVotesBehind : SafetyRules
    {
        public override bool CastsWhatNobodySaw => false;
    }
}
