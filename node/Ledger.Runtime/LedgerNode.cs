using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Status;

namespace Ledger.Runtime;

/// <summary>
/// A running node, as its host sees it: submit, wait, read, listen. Thread-safe. The store stays the caller's to dispose,
/// after <see cref="DisposeAsync"/>.
/// </summary>
public sealed partial class LedgerNode : IAsyncDisposable
{
    private readonly NodeLoop _loop;
    private readonly IStore _raw;
    private readonly StreamId? _ownStream;
    private readonly ImmutableArray<KeyId> _voteKeys;
    private readonly IPeers _peers;
    private readonly TimeProvider _clock;
    private ImmutableArray<string> _anchoring = [];
    private string? _rootProblem;
    private Task _running = Task.CompletedTask;

    /// <exception cref="StoreCorruptException">The store is damaged or belongs to another chain.</exception>
    /// <exception cref="NotSupportedException">
    /// The genesis document keeps reading to members.
    /// </exception>
    /// <param name="peers">The other nodes; null for a node that is alone. Stays the caller's to dispose, after this.</param>
    /// <param name="counter">
    /// Shows after a restore that the store is an old one; without it an operator has to know. Null for a node that does
    /// not vote.
    /// </param>
    public LedgerNode(
        NodeSettings settings, GenesisDocument genesis, IStore store, TimeProvider clock, IRandomness randomness,
        IPeers? peers = null, IVoteCounter? counter = null)
        : this(settings, genesis, store, clock, randomness, peers, counter, LoopRules.Sound)
    {
    }

    internal LedgerNode(
        NodeSettings settings, GenesisDocument genesis, IStore store, TimeProvider clock, IRandomness randomness,
        IPeers? peers, IVoteCounter? counter, LoopRules rules, Action<Input?, IReadOnlyList<Effect>>? stepped = null)
    {
        if (!genesis.Configuration.Parameters.ReadIsOpen)
        {
            throw new NotSupportedException(
                "The genesis document says that only members may read, which this version does not enforce: it would show "
                + "every record to whoever asks. Make a genesis document whose 'read' is open, or wait for a version that does.");
        }

        Genesis = genesis;
        _ownStream = settings.StreamKey is { } key ? new StreamId(key.Id.Value) : null;
        _voteKeys = [.. new[] { settings.VoteKey, settings.NextVoteKey }.OfType<Crypto.SigningKey>().Select(key => key.Id)];
        _raw = store;
        _peers = peers ?? NoPeers.Instance;
        _clock = clock;
        Store = new ChainStore(store);
        _loop = new NodeLoop(
            settings, genesis, Store, clock, randomness, _peers, counter, Events, rules)
        {
            ProblemChanged = PublishProblems,
            Stepped = stepped ?? ((_, _) => { }),
        };
        Rules = rules;
    }

    public GenesisDocument Genesis { get; }

    /// <summary>For reading what is settled; safe beside the running node.</summary>
    public ChainStore Store { get; }

    public NodeEvents Events { get; } = new();

    /// <summary>Last settled state.</summary>
    public ChainHead Head => _loop.Head;

    /// <summary>Its seat in the configuration in force; null while it has none.</summary>
    public Core.Chain.Validator? Self =>
        Head.Configuration.Validators.FirstOrDefault(validator => _voteKeys.Contains(validator.VoteKeyId));

    /// <summary>Acknowledged records that wait for a block, and their bytes.</summary>
    public (int Records, long Bytes) Waiting => _loop.Waiting;

    /// <summary>What the node is at, and what it waits for; null before it has taken up what an earlier run left.</summary>
    public Standstill? Standstill =>
        _loop.Standing is { } standing ? Status.Explanation.Of(standing, [.. _peers.Connected]) : null;

    /// <summary>Ends when the node is stopped; fails if it must not go on (damage, or a broken invariant).</summary>
    public Task Completion => _running;

    /// <summary>Ends when the node has taken up what an earlier run left, and accepts records.</summary>
    public Task Started => _loop.Started;

    public void Start() => _running = _loop.RunAsync();

    /// <summary>For a caller that owns time and thread.</summary>
    internal NodeLoop Loop => _loop;

    /// <summary>Those that this node rests on, for the anchoring beside it.</summary>
    internal LoopRules Rules { get; }

    /// <summary>In place of <see cref="Start"/>, for a caller that owns time and thread and calls <see cref="RunReady"/>.</summary>
    internal void Prepare() => _loop.Prepare();

    /// <summary>Runs what waits on the caller's thread; false if nothing did. An exception means that the node must not go on.</summary>
    internal bool RunReady() => _loop.RunReady();

    /// <summary>
    /// Judges each record by itself, in order. Answers once everything accepted is durable here; a record that was
    /// refused left nothing behind.
    /// </summary>
    /// <param name="records">Kept, not copied. At most 10,000.</param>
    public Task<SubmissionOutcome[]> SubmitAsync(IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        Refusal?[] refusals = new Refusal?[records.Count];
        VerifiedRecord?[] verified = _loop.Verifier.Verify(records, refusals);
        return _loop.OfferAsync(verified, refusals);
    }

    /// <summary>Heeds a freeze of the recovery key, tells the others, and answers once it is durable here.</summary>
    /// <param name="freeze">Of sound form and signature.</param>
    public Task<FreezeOutcome> FreezeAsync(Freeze freeze) => _loop.FreezeAsync(freeze);

    /// <summary>The last freeze of a stream that this node heeds; null if there was none.</summary>
    public StreamFreeze? FreezeOf(StreamId stream) => Freezes.Of(_raw, stream);

    /// <summary>Completes when an acknowledged record has reached the phase.</summary>
    /// <exception cref="OperationCanceledException">The token fired, or the node stopped, before.</exception>
    public Task WaitAsync(RecordId id, RecordPhase phase, CancellationToken stop) =>
        _loop.WaitAsync(id, phase, () => PhaseOf(id) >= phase, stop);

    /// <summary>Null if this node does not hold the record.</summary>
    public RecordPhase? PhaseOf(RecordId id)
    {
        if (Store.Placement(id) is { } placement)
        {
            return placement.Index.Value < AnchoredSize.Value ? RecordPhase.Anchored : RecordPhase.Settled;
        }

        return _raw.Contains(Table.Records, id.Span) ? RecordPhase.Sealed : null;
    }

    /// <summary>Log entries under an anchor that Bitcoin holds.</summary>
    public TreeSize AnchoredSize { get; private set; }

    /// <summary>Told by the anchoring when a batch is in a Bitcoin block, and again when a reorganisation takes it out.</summary>
    internal void SetAnchored(TreeSize size)
    {
        TreeSize before = AnchoredSize;
        AnchoredSize = size;
        if (size.Value > before.Value)
        {
            _loop.MarkAnchored(Entries(before.Value, size.Value));
        }
    }

    /// <summary>
    /// Whether a vote key was in force and will not be needed again: the configurations in force and to come do not name
    /// it, nor did those under which the last two blocks were signed. One that never was in force waits for its time.
    /// </summary>
    public bool IsVoteKeyRetired(KeyId key)
    {
        ChainHead head = Head;
        Height before = head.Height.Value > 1 ? head.Height.Previous : head.Height;
        return !Names(head.Configuration) && !Names(head.Upcoming)
            && Store.Header(head.Height) is { } last && !Names(Store.Configuration(last.Validators))
            && Store.Header(before) is { } last2 && !Names(Store.Configuration(last2.Validators))
            && Store.Configurations().Any(old => old.Change < head.Configuration.Change && Names(old));

        bool Names(Configuration configuration) =>
            configuration.Validators.Any(validator => validator.VoteKeyId == key);
    }

    /// <summary>Seals a record in the node's own stream.</summary>
    internal Task<Receipt> SealOwnAsync(RecordKind kind, CborMap body) => _loop.SealOwnAsync(kind, body);

    /// <summary>Whether the node's own stream holds such a record, settled or waiting, of this time or later.</summary>
    internal bool HoldsOwn(Predicate<Record> match, UnixTime since) =>
        FindOwn(match, record => record.Time < since) is not null;

    /// <summary>
    /// The record of the node's own stream that matches, settled or waiting; null if there is none from this place on.
    /// </summary>
    internal Record? FindOwn(Predicate<Record> match, Sequence from) => FindOwn(match, record => record.Seq <= from);

    /// <summary>First place of the node's own stream that no settled record takes.</summary>
    internal Sequence OwnNext => _ownStream is { } stream && Store.Stream(stream) is { } state ? state.Seq.Next : Sequence.Zero;

    /// <summary>Whether the configuration in force gives this node a stream to seal in.</summary>
    internal bool HasOwnStream => _ownStream is { } stream && AdmissionRules.IsOwnStream(Head.Configuration, stream);

    /// <param name="ends">Whether no settled record older than this one is asked about.</param>
    private Record? FindOwn(Predicate<Record> match, Predicate<Record> ends)
    {
        if (_ownStream is not { } stream)
        {
            return null;
        }

        Record? waiting = _raw.Scan(Table.Pending, [], null)
            .Select(pair => Store.Record(PendingRecord.IdOf(pair.Value))!)
            .FirstOrDefault(record => record.Stream == stream && match(record));
        if (waiting is not null)
        {
            return waiting;
        }

        for (Sequence? seq = Store.Stream(stream)?.Seq; seq is { } at; seq = at == Sequence.Zero ? null : new Sequence(at.Value - 1))
        {
            if (Store.RecordAt(stream, at) is not { } id || Store.Record(id) is not { } record)
            {
                // Before the snapshot that this node joined by, and not fetched yet.
                return null;
            }

            if (match(record))
            {
                return record;
            }

            if (ends(record))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>What keeps the node from doing all it should, in sentences for an operator.</summary>
    public ImmutableArray<string> Problems =>
        [.. new[] { _loop.Problem, ProtocolVersion.Warning(Head) }.OfType<string>(), .. _anchoring, .. new[] { _rootProblem }.OfType<string>()];

    /// <summary>Told by the anchoring.</summary>
    internal void SetProblems(ImmutableArray<string> problems)
    {
        if (!problems.SequenceEqual(_anchoring))
        {
            _anchoring = problems;
            PublishProblems();
        }
    }

    /// <summary>Told by whoever seals roots; null when all is well.</summary>
    internal void SetRootProblem(string? problem)
    {
        if (problem != _rootProblem)
        {
            _rootProblem = problem;
            PublishProblems();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _loop.Stop();
        try
        {
            await _running.ConfigureAwait(false);
        }
        catch (StoreCorruptException)
        {
            // Whoever awaits Completion has seen it.
        }

        _proposals.Dispose();
    }

    private void PublishProblems() => Events.Publish(new ProblemsChanged(Problems));

    private IEnumerable<RecordId> Entries(ulong from, ulong to)
    {
        for (ulong index = from; index < to; index++)
        {
            if (Store.RecordAt(new LogIndex(index)) is { } id)
            {
                yield return id;
            }
        }
    }
}
