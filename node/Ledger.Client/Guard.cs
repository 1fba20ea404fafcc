using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>How a guard deals with acts.</summary>
public sealed record GuardOptions
{
    /// <summary>How long an act may take whose intent names no deadline. None unless told.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// How long an act that was told to stop may take to do so, before its outcome is sealed without it.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether actor, authority, target and overseeing person are replaced by pseudonyms. Off only where the caller
    /// gives pseudonyms already.
    /// </summary>
    public bool Pseudonymise { get; init; } = true;
}

/// <summary>
/// Runs an act only after its intent is on the disk, and then seals what came of it, however the act ends. Any number
/// of acts may be under way at the same time.
/// </summary>
public sealed class Guard
{
    private readonly StreamSealer _sealer;
    private readonly GuardOptions _options;
    private readonly TimeProvider _clock;

    public Guard(StreamSealer sealer, GuardOptions options)
        : this(sealer, options, Client.Vault.Beside(sealer.ChainFile), TimeProvider.System)
    {
    }

    internal Guard(StreamSealer sealer, GuardOptions options, Vault vault, TimeProvider clock) =>
        (_sealer, _options, Vault, _clock) = (sealer, options, vault, clock);

    /// <summary>Salts and contents of what the records commit to.</summary>
    public Vault Vault { get; }

    /// <summary>Seals the intent, runs the act, seals the outcome.</summary>
    /// <param name="act">
    /// Called once, after the intent is durable; its token says stop at the deadline, or when the caller cancels. It
    /// ends as <c>executed</c> (or as it said through its context), <c>failed</c> if it throws, <c>timed-out</c> or
    /// <c>abandoned</c> if it was told to stop and did not finish within the grace.
    /// </param>
    /// <exception cref="IntentNotDurableException">The act did not run.</exception>
    /// <exception cref="OutcomeNotSealedException">The act ran, and its outcome is not in the chain.</exception>
    /// <exception cref="TimeoutException">The deadline passed; the outcome says so.</exception>
    /// <exception cref="OperationCanceledException">
    /// The caller cancelled; the outcome, if the act began, says so.
    /// </exception>
    public async Task<T> RunAsync<T>(
        IntentDescription intent, Func<ActContext, CancellationToken, Task<T>> act, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ArgumentNullException.ThrowIfNull(act);
        DateTimeOffset? deadline = intent.Deadline ?? _clock.GetUtcNow() + _options.Timeout;
        Record sealedIntent = await SealIntentAsync(intent, deadline, cancellation).ConfigureAwait(false);
        ActContext context = new(sealedIntent, Vault);

        ActEnd<T> end = await SupervisedAct.RunAsync(context, act, deadline, _options.Grace, _clock, cancellation)
            .ConfigureAwait(false);
        await SealOutcomeAsync(intent, context, end).ConfigureAwait(false);
        return end.ResultOrThrow();
    }

    /// <summary>
    /// Seals an outcome <c>abandoned</c> for each intent that had none when the chain file was opened: acts that were
    /// under way when an earlier process ended. Whether they took place is for the operator to find out.
    /// </summary>
    /// <returns>The outcomes sealed.</returns>
    public async Task<IReadOnlyList<Record>> CloseUnfinishedAsync(CancellationToken cancellation)
    {
        List<Record> outcomes = [];
        foreach (RecordId intent in _sealer.Unfinished)
        {
            if (_sealer.TryFinish(intent))
            {
                CborMap body = Body.Outcome(intent, OutcomeStatus.Abandoned);
                outcomes.Add(await _sealer.SealAsync(RecordKind.Outcome, body, "unfinished", [intent], cancellation)
                    .ConfigureAwait(false));
            }
        }

        return outcomes;
    }

    private async Task<Record> SealIntentAsync(
        IntentDescription intent, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        if (intent.Inputs.IsDefaultOrEmpty)
        {
            throw new ArgumentException("An intent commits to at least one input.", nameof(intent));
        }

        try
        {
            // The vault before the record: a commitment whose salt was lost commits to nothing that can ever be shown.
            ImmutableArray<Commitment> inputs = await CommitAsync(intent.Inputs, cancellation).ConfigureAwait(false);
            CborMap body = Body.Intent(
                intent.Action,
                intent.Actor with { Id = Name(intent.Actor.Id) },
                Name(intent.Authority),
                intent.Model,
                intent.Config,
                inputs,
                intent.Context,
                intent.Target is { } target ? Name(target) : null,
                deadline is { } at ? new UnixTime((ulong)at.ToUnixTimeMilliseconds()) : null);
            return await _sealer
                .SealAsync(RecordKind.Intent, body, intent.Subject ?? intent.Action, intent.Causes, cancellation)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is VaultException or ChainFileException or SealRefusedException)
        {
            throw new IntentNotDurableException(e);
        }
    }

    /// <summary>Not cancelled by anyone: an act that ran has an outcome.</summary>
    private async Task SealOutcomeAsync<T>(IntentDescription intent, ActContext context, ActEnd<T> end)
    {
        ActReport report = context.Close();
        OutcomeStatus status = end.Status == OutcomeStatus.Executed ? report.Status ?? end.Status : end.Status;
        try
        {
            ImmutableArray<Commitment> outputs = await CommitAsync(report.Outputs, default).ConfigureAwait(false);
            (string, string)? oversight = report.Oversight is { } by ? (Name(by.Person), by.Decision) : null;
            CborMap body = Body.Outcome(context.IntentId, status, outputs, oversight, report.Reported);
            await _sealer
                .SealAsync(RecordKind.Outcome, body, intent.Subject ?? intent.Action, [context.IntentId], default)
                .ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever it was: the caller must learn that the act ran.
            throw new OutcomeNotSealedException(context.IntentId, status, end.Result, end.Error, e);
        }
    }

    private async Task<ImmutableArray<Commitment>> CommitAsync(
        IEnumerable<Content> contents, CancellationToken cancellation)
    {
        IEnumerable<Task<Commitment>> kept =
            contents.Select(content => Vault.CommitAsync(content.Bytes, content.Type, cancellation));
        return [.. await Task.WhenAll(kept).ConfigureAwait(false)];
    }

    private string Name(string text) => _options.Pseudonymise && text.Length > 0 ? Vault.Pseudonym(text) : text;
}
