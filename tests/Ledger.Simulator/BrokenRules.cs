using Ledger.Consensus;
using Ledger.Consensus.Rounds;
using Ledger.Core;

namespace Ledger.Simulator;

/// <summary>Deliberate bugs, one each. They live here and nowhere else.</summary>
internal static class BrokenRules
{
    /// <summary>Line 23 without its condition.</summary>
    public sealed class LockIsForgottenForFreshProposals : SafetyRules
    {
        public override bool LockAllowsFresh(CertifiedBlock? locked, BlockId block) => true;
    }

    /// <summary>Line 29 without its condition: an old quorum unlocks.</summary>
    public sealed class AnyQuorumUnlocks : SafetyRules
    {
        public override bool LockAllowsCertified(CertifiedBlock? locked, BlockId block, Round validRound) => true;
    }

    /// <summary>Line 29 without its first half: what is locked stays locked, whatever quorum comes later.</summary>
    public sealed class LocksNeverOpen : SafetyRules
    {
        public override bool LockAllowsCertified(CertifiedBlock? locked, BlockId block, Round validRound) =>
            locked is not { } held || held.Block == block;
    }

    /// <summary>Lines 38, 39 left out.</summary>
    public sealed class NothingIsEverLocked : SafetyRules
    {
        public override CertifiedBlock? LockOn(CertifiedBlock polka) => null;
    }

    public sealed class DuplicatesCount : SafetyRules
    {
        public override bool CountsAgain(SignedVote held, SignedVote heard) => true;
    }

    /// <summary>Integer division, as one writes it in a hurry: two of four.</summary>
    public sealed class TwoThirdsRoundedDown : SafetyRules
    {
        public override bool IsQuorum(ulong power, ulong total) => power >= 2 * total / 3;
    }

    /// <summary>Two thirds, without the plus: four of six.</summary>
    public sealed class TwoThirdsWithoutThePlus : SafetyRules
    {
        public override bool IsQuorum(ulong power, ulong total) => 3 * power >= 2 * total;
    }

    public sealed class SpeaksBeforeTheDisk : SafetyRules
    {
        public override bool SpeaksBeforeDurable => true;
    }

    public sealed class RestartForgetsVotes : SafetyRules
    {
        public override bool RemembersCast(JournalEntry entry) => false;
    }

    public sealed class RestartForgetsLocks : SafetyRules
    {
        public override CertifiedBlock? LockAgain(CertifiedBlock precommitted) => null;
    }

    public sealed class RestartForgetsTheQuorumBehindTheLock : SafetyRules
    {
        public override IEnumerable<SignedVote> PolkaOf(LockEntry locked) => [];
    }

    public sealed class BackupIsTrusted : SafetyRules
    {
        public override bool IsQuarantined(Height height, Height? until) => false;
    }

    /// <summary>A restored validator that believes the first who answers.</summary>
    public sealed class OneHeadIsEnough : SafetyRules
    {
        public override bool ProvesHeads(ulong power, ulong total) => power > 0;
    }

    /// <summary>Silence up to the highest block proven, without the two that may have followed.</summary>
    public sealed class QuarantineEndsTooEarly : SafetyRules
    {
        public override Height QuarantineEnd(Height highestProven) => highestProven;
    }

    public sealed class AnyoneProposes : SafetyRules
    {
        public override bool IsInTurn(ValidatorIndex proposer, ValidatorIndex turn) => true;
    }

    public sealed class OneVoteSkipsRounds : SafetyRules
    {
        public override bool HoldsHonest(ulong power, ulong total) => power > 0;
    }

    public sealed class EquivocatorHidesAQuorum : SafetyRules
    {
        public override bool CountsSecond(ulong backing, ulong total) => false;
    }

    public sealed class InvalidBlocksPass : SafetyRules
    {
        public override bool IsValid(bool answer) => true;
    }

    public sealed class AnyTimePasses : SafetyRules
    {
        public override bool IsTimely(
            UnixTime block, UnixTime before, UnixTime heard, ReplicaTiming timing, Round round) => true;
    }
}
