using Ledger.Core;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>The intent could not be made durable, so the act did <b>not</b> run.</summary>
public sealed class IntentNotDurableException(Exception cause)
    : Exception($"The act did not run, since its intent could not be sealed first. {cause.Message}", cause);

/// <summary>
/// The act <b>did</b> run, or began to, and its outcome could not be sealed. The intent stands in the chain without an
/// outcome until <see cref="Guard.CloseUnfinishedAsync"/> says so after the next start.
/// </summary>
public sealed class OutcomeNotSealedException : Exception
{
    internal OutcomeNotSealedException(
        RecordId intent, OutcomeStatus status, object? result, Exception? act, Exception cause)
        : base(
            $"The act ended ({status.Word()}), but its outcome could not be sealed. {cause.Message}",
            act is null ? cause : new AggregateException(cause, act)) =>
        (Intent, Status, Result) = (intent, status, result);

    public RecordId Intent { get; }

    /// <summary>How the act ended.</summary>
    public OutcomeStatus Status { get; }

    /// <summary>What the act returned, if it did.</summary>
    public object? Result { get; }
}
