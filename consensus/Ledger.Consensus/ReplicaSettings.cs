using System.Collections.Immutable;
using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>What a time-out is for.</summary>
public enum TimeoutKind
{
    /// <summary><c>timeoutPropose</c>: how long a proposal may take.</summary>
    Propose,

    /// <summary><c>timeoutPrevote</c>: how long to wait for agreement once a quorum prevoted.</summary>
    Prevote,

    /// <summary><c>timeoutPrecommit</c>: how long to wait for agreement once a quorum precommitted.</summary>
    Precommit,

    /// <summary>Nothing moved within a round: send again and ask peers.</summary>
    Resend,
}

/// <summary>A duration that grows by the same amount with every round, up to a limit.</summary>
/// <param name="Limit">Keeps a network that was down for a day from waiting for hours after it healed.</param>
public readonly record struct GrowingDuration(TimeSpan First, TimeSpan PerRound, TimeSpan Limit)
{
    public TimeSpan At(Round round)
    {
        Int128 ticks = First.Ticks + ((Int128)PerRound.Ticks * round.Value);
        return ticks < Limit.Ticks ? TimeSpan.FromTicks((long)ticks) : Limit;
    }
}

/// <summary>Time-outs, and the two bounds of proposer-based timestamps.</summary>
/// <param name="Precision">PRECISION: how far two honest clocks may be apart.</param>
/// <param name="MessageDelay">
/// MSGDELAY: how long a proposal may travel; grows with the round, so a bound set too tight heals.
/// </param>
public sealed record ReplicaTiming(
    GrowingDuration Propose,
    GrowingDuration Prevote,
    GrowingDuration Precommit,
    TimeSpan Resend,
    TimeSpan Precision,
    GrowingDuration MessageDelay)
{
    /// <summary>For a network across a continent.</summary>
    public static ReplicaTiming Default { get; } = new(
        Propose: new(Ms(2_000), Ms(500), Ms(10_000)),
        Prevote: new(Ms(500), Ms(250), Ms(5_000)),
        Precommit: new(Ms(500), Ms(250), Ms(5_000)),
        Resend: Ms(1_000),
        Precision: Ms(500),
        MessageDelay: new(Ms(4_000), Ms(1_000), Ms(3_600_000)));

    public TimeSpan Of(TimeoutKind kind, Round round) => kind switch
    {
        TimeoutKind.Propose => Propose.At(round),
        TimeoutKind.Prevote => Prevote.At(round),
        TimeoutKind.Precommit => Precommit.At(round),
        _ => Resend,
    };

    private static TimeSpan Ms(long count) => TimeSpan.FromTicks(count * TimeSpan.TicksPerMillisecond);
}

/// <param name="Key">
/// Own vote key, or null for one that only follows. Whether it votes is for each height's set to say.
/// </param>
public sealed record ReplicaSettings(KeyId? Key, ReplicaTiming Timing);

/// <summary>
/// What a replica knows when it starts. At genesis: height 0, the genesis time, its validators, no journal.
/// </summary>
/// <param name="Settled">Last settled height.</param>
/// <param name="SettledTime">Header time of its block; the next one's is greater.</param>
/// <param name="Validators">Of the height after it.</param>
/// <param name="Journal">Every entry on disk above the settled height, in any order.</param>
/// <param name="QuarantineUntil">
/// Null for a journal that is the one this validator stopped with. Otherwise it neither votes nor proposes up to and
/// including this height; <see cref="UnboundedQuarantine"/> until <see cref="HeadProven"/> has come from others of
/// more than two thirds of the power.
/// </param>
public sealed record ReplicaRecovery(
    Height Settled,
    UnixTime SettledTime,
    ValidatorSet Validators,
    ImmutableArray<JournalEntry> Journal,
    Height? QuarantineUntil)
{
    /// <summary>Follow, and wait to hear how far others have come.</summary>
    public static Height UnboundedQuarantine => new(ulong.MaxValue);
}
