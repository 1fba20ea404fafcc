using Ledger.Core;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>
/// An act that may go ahead: its intent is as far as the guard's policy asks. Whoever began it ends it, once; what was
/// begun and never ended is found at the next start and closed as <c>abandoned</c>. Thread-safe.
/// </summary>
public sealed class GuardedAct
{
    private readonly Guard _guard;
    private readonly IntentDescription _description;
    private int _ended;

    internal GuardedAct(Guard guard, IntentDescription description, ActContext context, DateTimeOffset? deadline) =>
        (_guard, _description, Context, Deadline) = (guard, description, context, deadline);

    /// <summary>Takes what the act has to say of itself: outputs, oversight, what the provider reported.</summary>
    public ActContext Context { get; }

    public Record Intent => Context.Intent;

    /// <summary>After this the act is no longer covered; null for none.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>Seals the outcome; durable when this returns. Not cancelled: an act that ran has an outcome.</summary>
    /// <param name="status">
    /// <see cref="OutcomeStatus.Executed"/> gives way to what the act said itself through its context.
    /// </param>
    /// <exception cref="InvalidOperationException">The act has ended already.</exception>
    /// <exception cref="OutcomeNotSealedException">The outcome is not in the chain.</exception>
    public Task<Record> EndAsync(OutcomeStatus status) => EndAsync(status, null, null);

    /// <param name="result">For the exception, should the outcome not be sealed.</param>
    internal async Task<Record> EndAsync(OutcomeStatus status, object? result, Exception? error)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            throw new InvalidOperationException("This act has ended already: an act has one outcome.");
        }

        ActReport report = Context.Close();
        OutcomeStatus final = status == OutcomeStatus.Executed ? report.Status ?? status : status;
        try
        {
            return await _guard.SealOutcomeAsync(_description, Context.IntentId, final, report).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever it was: the caller must learn that the act ran.
            throw new OutcomeNotSealedException(Context.IntentId, final, result, error, e);
        }
        finally
        {
            _guard.Left();
        }
    }
}
