using Ledger.Consensus.Rounds;
using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>
/// The conditions on which safety rests, gathered in one place. Product code has only these; tests derive from the
/// class to break one at a time, and show that the simulator then finds it.
/// </summary>
internal class SafetyRules
{
    public static SafetyRules Sound { get; } = new();

    /// <summary>2f+1: more than two thirds. Any two such sets share an honest validator.</summary>
    public virtual bool IsQuorum(ulong power, ulong total) => 3 * power > 2 * total;

    /// <summary>
    /// f+1: a third or more, where less than a third is faulty. Any such set holds an honest validator.
    /// </summary>
    public virtual bool HoldsHonest(ulong power, ulong total) => 3 * power >= total;

    /// <summary>Line 23: <c>lockedRound_p = -1 ∨ lockedValue_p = v</c>.</summary>
    public virtual bool LockAllowsFresh(CertifiedBlock? locked, BlockId block) =>
        locked is not { } held || held.Block == block;

    /// <summary>Line 29: <c>lockedRound_p ≤ vr ∨ lockedValue_p = v</c>.</summary>
    public virtual bool LockAllowsCertified(CertifiedBlock? locked, BlockId block, Round validRound) =>
        locked is not { } held || held.Round <= validRound || held.Block == block;

    /// <summary>Lines 38, 39.</summary>
    public virtual CertifiedBlock? LockOn(CertifiedBlock polka) => polka;

    /// <summary>What a recovered precommit locks: as if it had just been cast.</summary>
    public virtual CertifiedBlock? LockAgain(CertifiedBlock precommitted) => precommitted;

    /// <summary>
    /// The prevotes behind a recovered lock: without them nobody could be shown that it may be proposed.
    /// </summary>
    public virtual IEnumerable<SignedVote> PolkaOf(LockEntry locked) => locked.Polka;

    /// <summary>
    /// Whether an equivocator's second vote counts for its block, given the power of first votes for it.
    /// </summary>
    public virtual bool CountsSecond(ulong backing, ulong total) => HoldsHonest(backing, total);

    /// <summary>Whether a second vote of one validator adds its power again.</summary>
    public virtual bool CountsAgain(SignedVote held, SignedVote heard) => false;

    /// <summary>Whether a signature may leave before its journal entry is durable.</summary>
    public virtual bool SpeaksBeforeDurable => false;

    /// <summary>Whether a restarted replica is bound by what it cast before.</summary>
    public virtual bool RemembersCast(JournalEntry entry) => true;

    /// <summary>Whether a restarted replica casts what it left behind before that was on its disk.</summary>
    public virtual bool CastsWhatNobodySaw => true;

    /// <summary>Whether validators of this power, without our own, show how far we may have voted: 2f+1.</summary>
    public virtual bool ProvesHeads(ulong power, ulong total) => IsQuorum(power, total);

    /// <summary>Last height at which a life that the journal does not know may have voted.</summary>
    public virtual Height QuarantineEnd(Height highestProven) => highestProven.Next.Next;

    /// <summary>Whether this height lies under a quarantine.</summary>
    public virtual bool IsQuarantined(Height height, Height? until) => until is { } last && height <= last;

    /// <summary>Whether a proposal comes from the validator whose turn it is.</summary>
    public virtual bool IsInTurn(ValidatorIndex proposer, ValidatorIndex turn) => proposer == turn;

    /// <summary><c>valid(v)</c> of lines 23, 29, 36 and 50.</summary>
    public virtual bool IsValid(bool answer) => answer;

    /// <summary>
    /// Proposer-based timestamps: a fresh proposal is in time when it was heard no earlier than its time less
    /// PRECISION and no later than its time plus MSGDELAY and PRECISION; and its time is after the block before.
    /// </summary>
    public virtual bool IsTimely(UnixTime block, UnixTime before, UnixTime heard, ReplicaTiming timing, Round round)
    {
        ulong precision = Milliseconds(timing.Precision);
        ulong delay = Milliseconds(timing.MessageDelay.At(round));
        return block > before
            && (UInt128)heard.Milliseconds + precision >= block.Milliseconds
            && heard.Milliseconds <= (UInt128)block.Milliseconds + delay + precision;
    }

    private static ulong Milliseconds(TimeSpan duration) => (ulong)(duration.Ticks / TimeSpan.TicksPerMillisecond);
}
