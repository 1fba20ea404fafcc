using Ledger.Core;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>The intent could not be made durable, so the act did <b>not</b> run.</summary>
public sealed class IntentNotDurableException(Exception cause)
    : Exception($"The act did not run, since its intent could not be sealed first. {cause.Message}", cause);

/// <summary>
/// The intent is sealed and did not come as far as the guard's policy asks in time, so the act did <b>not</b> run. Its
/// outcome says <c>timed-out</c>.
/// </summary>
public sealed class GoAheadTimeoutException : TimeoutException
{
    internal GoAheadTimeoutException(RecordId intent, RecordState wanted, DateTimeOffset until, string? problem)
        : base(
            $"The act did not run: its intent is sealed, but was not {wanted.ToString().ToLowerInvariant()} by "
            + $"{until:O}. {problem ?? "The node answers; the chain was not fast enough."} Try again later.") =>
        Intent = intent;

    public RecordId Intent { get; }
}

/// <summary>As many acts are under way as the guard allows; nothing was sealed.</summary>
public sealed class GuardBusyException(int actsMax)
    : Exception($"{actsMax} acts are under way, as many as this guard allows: wait for one of them to end.");

/// <summary>
/// The act did not run, because the state of its model is not the one that was attested, or cannot be read.
/// </summary>
public sealed class ModelStateException : Exception
{
    internal ModelStateException(string message, IReadOnlyList<ModelPart> changed, Exception? inner = null)
        : base(message, inner) => Changed = changed;

    /// <summary>Parts that are not as attested; empty if the state cannot be read.</summary>
    public IReadOnlyList<ModelPart> Changed { get; }
}

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
