using System.Collections.Immutable;
using Ledger.Client.Http;
using Ledger.Client.Model;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Client;

/// <summary>
/// Lets an act go ahead only after its intent is durable, or settled, or anchored, and then seals what came of it,
/// however the act ends. Any number of acts, up to a limit, may be under way at the same time. Thread-safe.
/// </summary>
public sealed class Guard : IAsyncDisposable
{
    private readonly StreamSealer _sealer;
    private readonly GuardOptions _options;
    private readonly ChainUplink? _uplink;
    private readonly ModelGate? _gate;
    private readonly TimeProvider _clock;
    private int _acts;

    internal Guard(
        StreamSealer sealer,
        GuardOptions options,
        Vault vault,
        TimeProvider clock,
        ChainUplink? uplink = null,
        ModelState? model = null)
    {
        (_sealer, _options, Vault, _clock, _uplink) = (sealer, options, vault, clock, uplink);
        _gate = model is null ? null : new ModelGate(sealer, model, vault, options.OnModelChange);
    }

    /// <summary>Salts and contents of what the records commit to.</summary>
    public Vault Vault { get; }

    public GuardStatus Status => new(
        Volatile.Read(ref _acts),
        _sealer.DurableCount,
        _uplink?.Taken ?? 0,
        _uplink?.Settled ?? 0,
        _uplink?.Problem);

    /// <summary>A guard that needs no node: acts go ahead once their intents are durable here.</summary>
    /// <inheritdoc cref="StartAsync(StreamSealer, GuardOptions, NodeClient?, ModelState?, CancellationToken)"/>
    public static Task<Guard> StartAsync(
        StreamSealer sealer, GuardOptions options, CancellationToken cancellation) =>
        StartAsync(sealer, options, null, null, cancellation);

    /// <summary>
    /// Holds the chain file against the node's head, closes what an earlier process left open, attests the model's
    /// state where none is attested yet, and from then on sends what is sealed to the node in the background.
    /// </summary>
    /// <param name="sealer">The caller's; disposed of after the guard.</param>
    /// <param name="node">
    /// The caller's, likewise. If it does not answer, sealing goes on and what was sealed is sent later. Null for none.
    /// </param>
    /// <param name="model">Whose state every act is held against; null to trust the caller's intents.</param>
    /// <exception cref="ChainFileException">
    /// The file is older than what the node holds, as a restored backup is, or tells another history.
    /// </exception>
    /// <exception cref="NodeException">What answers at the address is no node.</exception>
    /// <exception cref="ModelStateException">The state of the model cannot be read.</exception>
    public static Task<Guard> StartAsync(
        StreamSealer sealer,
        GuardOptions options,
        NodeClient? node,
        ModelState? model,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(sealer);
        return StartAsync(
            sealer, options, node, model, Vault.Beside(sealer), TimeProvider.System, cancellation);
    }

    internal static async Task<Guard> StartAsync(
        StreamSealer sealer,
        GuardOptions options,
        NodeClient? node,
        ModelState? model,
        Vault vault,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ActsMax, 1, nameof(options));
        CheckNode(node is not null, options.GoAhead);
        ChainUplink? uplink = node is null
            ? null
            : await ChainUplink.StartAsync(sealer, node, clock, cancellation).ConfigureAwait(false);
        Guard guard = new(sealer, options, vault, clock, uplink, model);
        try
        {
            await guard.CloseUnfinishedAsync(cancellation).ConfigureAwait(false);
            if (guard._gate is { } gate)
            {
                await gate.AttestFirstAsync(cancellation).ConfigureAwait(false);
            }

            return guard;
        }
        catch
        {
            await guard.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Seals the intent, runs the act, seals the outcome.</summary>
    /// <param name="act">
    /// Called once, after the intent is as far as the policy asks; its token says stop at the deadline, or when the
    /// caller cancels. It ends as <c>executed</c> (or as it said through its context), <c>failed</c> if it throws,
    /// <c>timed-out</c> or <c>abandoned</c> if it was told to stop and did not finish within the grace.
    /// </param>
    /// <exception cref="IntentNotDurableException">The act did not run.</exception>
    /// <exception cref="GoAheadTimeoutException">The act did not run; the outcome says <c>timed-out</c>.</exception>
    /// <exception cref="ModelStateException">The act did not run.</exception>
    /// <exception cref="GuardBusyException">The act did not run.</exception>
    /// <exception cref="OutcomeNotSealedException">The act ran, and its outcome is not in the chain.</exception>
    /// <exception cref="TimeoutException">The deadline passed; the outcome says so.</exception>
    /// <exception cref="OperationCanceledException">
    /// The caller cancelled; the outcome, if there is an intent, says so.
    /// </exception>
    public async Task<T> RunAsync<T>(
        IntentDescription intent, Func<ActContext, CancellationToken, Task<T>> act, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(act);
        GuardedAct begun = await BeginAsync(intent, cancellation).ConfigureAwait(false);
        ActEnd<T> end = await SupervisedAct
            .RunAsync(begun.Context, act, begun.Deadline, _options.Grace, _clock, cancellation)
            .ConfigureAwait(false);
        await begun.EndAsync(end.Status, end.Result, end.Error).ConfigureAwait(false);
        return end.ResultOrThrow();
    }

    /// <summary>
    /// Seals the intent and returns once the act may go ahead, for acts that are not a delegate: the caller ends it.
    /// Nothing stops it at its deadline but the caller.
    /// </summary>
    /// <exception cref="IntentNotDurableException">The act must not run; so with every other exception.</exception>
    public async Task<GuardedAct> BeginAsync(IntentDescription intent, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(intent);
        if (intent.Inputs.IsDefaultOrEmpty)
        {
            throw new ArgumentException("An intent commits to at least one input.", nameof(intent));
        }

        RecordState goAhead = intent.GoAhead ?? _options.GoAhead;
        CheckNode(_uplink is not null, goAhead);
        Enter();
        GuardedAct act;
        try
        {
            DateTimeOffset? deadline = intent.Deadline ?? _clock.GetUtcNow() + _options.Timeout;
            Record sealedIntent = await SealIntentAsync(intent, deadline, cancellation).ConfigureAwait(false);
            act = new GuardedAct(this, intent, new ActContext(sealedIntent, Vault), deadline);
        }
        catch
        {
            Left();
            throw;
        }

        if (goAhead != RecordState.Sealed)
        {
            await WaitToGoAheadAsync(act, goAhead, cancellation).ConfigureAwait(false);
        }

        return act;
    }

    /// <summary>
    /// Seals the model's present state, so that acts go on from it: the operator's word that a change is meant.
    /// </summary>
    /// <param name="reason">Stands in the record, readable by all.</param>
    /// <exception cref="InvalidOperationException">This guard watches no model.</exception>
    /// <exception cref="ModelStateException">The state cannot be read.</exception>
    public Task<Record> AttestModelAsync(string reason, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(reason);
        return _gate is { } gate
            ? gate.AttestAsync(reason, cancellation)
            : throw new InvalidOperationException("This guard watches the state of no model: give it one at its start.");
    }

    /// <summary>
    /// Seals an outcome <c>abandoned</c> for each intent that had none when the chain file was opened: acts that were
    /// under way when an earlier process ended. Whether they took place is for the operator to find out. A guard does
    /// so as it starts.
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

    /// <summary>Stops sending to the node; what it does not have yet is sent at the next start.</summary>
    public ValueTask DisposeAsync() => _uplink?.DisposeAsync() ?? default;

    internal async Task<Record> SealOutcomeAsync(
        IntentDescription intent, RecordId id, OutcomeStatus status, ActReport report)
    {
        _gate?.Heard(report.Reported);
        ImmutableArray<Commitment> outputs = await CommitAsync(report.Outputs, default).ConfigureAwait(false);
        (string, string)? oversight = report.Oversight is { } by
            ? (await NameAsync(by.Person).ConfigureAwait(false), by.Decision)
            : null;
        CborMap body = Body.Outcome(id, status, outputs, oversight, report.Reported);
        return await _sealer
            .SealAsync(RecordKind.Outcome, body, intent.Subject ?? intent.Action, [id], default)
            .ConfigureAwait(false);
    }

    internal void Left() => Interlocked.Decrement(ref _acts);

    private static void CheckNode(bool present, RecordState goAhead)
    {
        if (!present && goAhead != RecordState.Sealed)
        {
            throw new ArgumentException(
                $"Only a node can say that an intent is {goAhead.ToString().ToLowerInvariant()}: give the guard one, or "
                + "let acts go ahead once their intents are sealed.",
                nameof(goAhead));
        }
    }

    private void Enter()
    {
        if (Interlocked.Increment(ref _acts) > _options.ActsMax)
        {
            Left();
            throw new GuardBusyException(_options.ActsMax);
        }
    }

    private async Task<Record> SealIntentAsync(
        IntentDescription intent, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        try
        {
            // The vault before the record: a commitment whose salt was lost commits to nothing that can ever be shown.
            ImmutableArray<Commitment> inputs = await CommitAsync(intent.Inputs, cancellation).ConfigureAwait(false);
            string subject = intent.Subject ?? intent.Action;
            while (true)
            {
                Passed? passed =
                    _gate is null ? null : await _gate.PassAsync(cancellation).ConfigureAwait(false);
                CborMap body = await BodyOfAsync(intent, inputs, deadline, passed).ConfigureAwait(false);
                Record? record = await _sealer
                    .TrySealAsync(RecordKind.Intent, body, subject, intent.Causes, passed?.StillHolds, cancellation)
                    .ConfigureAwait(false);
                if (record is not null)
                {
                    return record;
                }
            }
        }
        catch (Exception e) when (e is VaultException or ChainFileException or SealRefusedException)
        {
            throw new IntentNotDurableException(e);
        }
    }

    private async Task<CborMap> BodyOfAsync(
        IntentDescription intent, ImmutableArray<Commitment> inputs, DateTimeOffset? deadline, Passed? passed)
    {
        CborMap body = Body.Intent(
            intent.Action,
            intent.Actor with { Id = await NameAsync(intent.Actor.Id).ConfigureAwait(false) },
            await NameAsync(intent.Authority).ConfigureAwait(false),
            passed?.Model ?? intent.Model ?? throw new ArgumentException(
                "An intent names its model unless the guard watches one.", nameof(intent)),
            passed is null ? intent.Config : passed.Settings with { Policy = intent.Config.Policy },
            inputs,
            passed is null ? intent.Context : passed.Pin(intent.Context),
            intent.Target is { } target ? await NameAsync(target).ConfigureAwait(false) : null,
            deadline is { } at ? new UnixTime((ulong)at.ToUnixTimeMilliseconds()) : null);
        return passed is null || passed.Differs.IsEmpty
            ? body
            : body.With("differs", CborArray.From(passed.Differs.Select(part => (CborValue)part.Word())));
    }

    /// <summary>Returns when the intent is as far as asked; else ends the act and throws.</summary>
    private async Task WaitToGoAheadAsync(GuardedAct act, RecordState goAhead, CancellationToken cancellation)
    {
        DateTimeOffset until = _clock.GetUtcNow() + _options.GoAheadPatience;
        until = act.Deadline < until ? act.Deadline.Value : until;
        using CancellationTokenSource late = SupervisedAct.LateAt(until, _clock);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            await _uplink!.WaitAsync(act.Intent, goAhead, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            bool isLate = late.IsCancellationRequested;
            await act.EndAsync(isLate ? OutcomeStatus.TimedOut : OutcomeStatus.Abandoned).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            throw new GoAheadTimeoutException(act.Context.IntentId, goAhead, until, _uplink!.Problem);
        }
        catch (ChainFileException e)
        {
            // The node holds another history: this one is not continued, not even by an outcome.
            Left();
            throw new IntentNotDurableException(e);
        }
    }

    private async Task<ImmutableArray<Commitment>> CommitAsync(
        IEnumerable<Content> contents, CancellationToken cancellation)
    {
        IEnumerable<Task<Commitment>> kept =
            contents.Select(content => Vault.CommitAsync(content.Bytes, content.Type, cancellation));
        return [.. await Task.WhenAll(kept).ConfigureAwait(false)];
    }

    private Task<string> NameAsync(string text) =>
        _options.Pseudonymise && text.Length > 0 ? Vault.PseudonymAsync(text) : Task.FromResult(text);
}
