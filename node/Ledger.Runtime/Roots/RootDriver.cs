using Ledger.Anchoring.Roots;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Log;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Roots;

/// <summary>
/// Takes integrators' digests in and carries out what the plan asks for, beside the node: digests become durable while a
/// root is on its way. Thread-safe.
/// </summary>
public sealed class RootDriver : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly LedgerNode _node;
    private readonly TimeProvider _clock;
    private readonly RootRules _rules;
    private readonly DigestIntake _intake;
    private readonly RootPlan _plan;
    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<RootInput> _inputs = [];
    private (RootBatch Batch, Task<Receipt> Receipt)? _sealing;

    /// <summary>A batch whose record is sealed, and whose note found no room.</summary>
    private RootBatch? _unnoted;
    private ulong _batched;
    private Task _running = Task.CompletedTask;

    /// <param name="limits">The usual ones if null.</param>
    /// <exception cref="StoreCorruptException">The store is damaged.</exception>
    public RootDriver(LedgerNode node, TimeProvider clock, RootLimits? limits = null)
        : this(node, clock, limits ?? RootLimits.Usual, RootPolicy.Usual, RootRules.Sound)
    {
    }

    internal RootDriver(LedgerNode node, TimeProvider clock, RootLimits limits, RootPolicy policy, RootRules rules)
    {
        (_node, _clock, _rules) = (node, clock, rules);
        Limits = limits;
        Store = new RootStore(node.Store.Raw);
        _intake = new DigestIntake(Store, clock, limits, rules);
        _plan = RootPlan.Start(policy, Store.Last, _intake.Next);
        _batched = _plan.Batched.Value;
    }

    /// <summary>For reading what is kept; safe beside the running driver.</summary>
    public RootStore Store { get; }

    public RootLimits Limits { get; }

    /// <summary>
    /// Whether this node can seal roots: it has a stream of its own, and the configuration in force names it.
    /// </summary>
    public bool IsOffered => _node.HasOwnStream;

    /// <summary>Ends when stopped; fails if the store is damaged or the disk fails.</summary>
    public Task Completion => _running;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Answers once every digest is durable here, or none. The same digest keeps its place.</summary>
    /// <param name="digests">1 to 100,000; kept, not copied.</param>
    public Task<DigestOutcome> SubmitAsync(IReadOnlyList<Digest> digests) =>
        _intake.SubmitAsync(digests, new ArrivalNumber(Volatile.Read(ref _batched)));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _running.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The stop that was asked for.
        }

        _intake.Close();
        _stop.Dispose();
    }

    /// <summary>One turn of taking in, for a caller that owns the threads.</summary>
    internal void WriteWaiting() => _intake.WriteWaiting();

    /// <summary>One turn of the plan: takes in what happened and carries out what follows. One at a time.</summary>
    internal void Turn()
    {
        NoteAgain();
        CollectReceipt();
        if (_plan.Settling is { Record: { } record } batch && _node.Store.Placement(record) is not null)
        {
            _inputs.Enqueue(new RootRecordSettled(batch.First));
        }

        _inputs.Enqueue(new DigestsKept(_intake.Next));
        _inputs.Enqueue(new RootClockTicked(new UnixTime((ulong)_clock.GetUtcNow().ToUnixTimeMilliseconds())));
        List<RootEffect> effects = [];
        while (_inputs.TryDequeue(out RootInput? input))
        {
            effects.Clear();
            _plan.Step(input, effects);
            effects.ForEach(Carry);
        }

        Volatile.Write(ref _batched, _plan.Batched.Value);
        _node.SetRootProblem(_plan.Problem);
    }

    private async Task RunAsync()
    {
        Task[] loops = [TakeInAsync(), SealAsync()];
        try
        {
            await (await Task.WhenAny(loops).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            // One without the other would take in what never gets a root, or leave whoever waits without an answer.
            await _stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _intake.Close();
        }
    }

    private async Task TakeInAsync()
    {
        await Task.Yield();
        while (await _intake.WaitAsync(_stop.Token).ConfigureAwait(false))
        {
            _intake.WriteWaiting();
        }
    }

    private async Task SealAsync()
    {
        using PeriodicTimer timer = new(Tick, _clock);
        do
        {
            Turn();
        }
        while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
    }

    /// <summary>Nothing is sealed before it is durable, so a full disk holds roots back and nothing else.</summary>
    private void Carry(RootEffect effect)
    {
        switch (effect)
        {
            case SaveRootBatch save:
                Save(save);
                break;
            case SealRootRecord seal when LookFor(seal) is { } record:
                Note(seal.Batch with { Record = record.Id });
                break;
            case SealRootRecord when !IsOffered:
                _inputs.Enqueue(new RootCallFailed(
                    "Digests wait for a root, and this node has no stream of its own: give it keys.stream again, or a seat."));
                break;
            case SealRootRecord seal:
                _sealing = (seal.Batch, _node.SealOwnAsync(RecordKind.Root, BodyOf(seal.Batch)));
                break;
            default:
                throw new InvalidOperationException($"Unknown effect {effect.GetType().Name}.");
        }
    }

    private void Save(SaveRootBatch save)
    {
        LogAppend tree = RootTree.Of(Store.Digests(save.First, save.Count));
        RootBatch batch = new()
        {
            First = save.First,
            Count = save.Count,
            Root = tree.Frontier.Root,
            From = _node.OwnNext,
        };
        try
        {
            if (_rules.SavesTreeFirst)
            {
                Store.Save(batch, tree);
            }

            _inputs.Enqueue(new RootBatchSaved(batch));
        }
        catch (StoreFullException)
        {
            _inputs.Enqueue(new RootCallFailed("The disk is full: roots wait until there is space."));
        }
    }

    private static CborMap BodyOf(RootBatch batch) => Body.Root(batch.Root, (ulong)batch.Count);

    private Record? LookFor(SealRootRecord seal) => seal.MayBeSealed && _rules.LooksBeforeItSealsAgain
        ? _node.FindOwn(record => IsFor(record, seal.Batch), seal.Batch.From)
        : null;

    private static bool IsFor(Record record, RootBatch batch) =>
        record.Kind == RecordKind.Root && record.BodyMember("root"u8).EndsWith(batch.Root.Span);

    private void CollectReceipt()
    {
        if (_sealing is not { } sealing || !sealing.Receipt.IsCompleted)
        {
            return;
        }

        _sealing = null;
        if (sealing.Receipt.IsCompletedSuccessfully)
        {
            Note(sealing.Batch with { Record = sealing.Receipt.Result.Id });
        }
        else
        {
            _inputs.Enqueue(new RootCallFailed($"A root waits: {sealing.Receipt.Exception?.InnerException?.Message}"));
        }
    }

    private void Note(RootBatch batch)
    {
        try
        {
            Store.Save(batch);
            _unnoted = null;
            _inputs.Enqueue(new RootRecordSealed(batch));
        }
        catch (StoreFullException)
        {
            _unnoted = batch;
        }
    }

    private void NoteAgain()
    {
        if (_unnoted is { } batch)
        {
            Note(batch);
        }
    }
}
