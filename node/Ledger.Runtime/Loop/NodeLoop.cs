using System.Collections.Immutable;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Snapshots;

namespace Ledger.Runtime.Loop;

/// <summary>
/// The thin driver around the replica: carries out its effects, feeds it what happened. All state is owned by the work
/// queue's thread; other threads read <see cref="Head"/>, an immutable snapshot, and the store.
/// </summary>
internal sealed partial class NodeLoop : IPeerListener
{
    /// <summary>
    /// Waiting records that are read back and verified in one go at start: bounds the memory beside the pool.
    /// </summary>
    private const int RestoredTogether = 1_024;

    /// <summary>How long after a write that found the disk full it is tried again.</summary>
    private static readonly TimeSpan DiskPause = TimeSpan.FromSeconds(1);

    private readonly NodeSettings _settings;
    private readonly IRandomness _randomness;
    private readonly TimeProvider _clock;
    private readonly GenesisDocument _genesis;
    private readonly ChainStore _store;
    private readonly SnapshotWriter _snapshots;
    private readonly NodeEvents _events;
    private readonly IPeers _peers;
    private readonly IVoteCounter? _counter;
    private readonly LoopRules _rules;
    private readonly WorkQueue _queue;
    private readonly RecordVerifier _verifier;
    private readonly Mempool _mempool;
    private readonly Freezes _freezes;
    private readonly Waiters _waiters = new();
    private readonly Timers _timers;
    private readonly Queue<Input> _inputs = [];
    private readonly Dictionary<BlockId, ExecutedBlock> _candidates = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Replica _replica = null!;
    private ChainHead _head;
    private bool _stepping;
    private BuildBlock? _building;

    public NodeLoop(
        NodeSettings settings, GenesisDocument genesis, ChainStore store, TimeProvider clock, IRandomness randomness, IPeers peers,
        IVoteCounter? counter, NodeEvents events, LoopRules rules)
    {
        _settings = settings;
        _clock = clock;
        _randomness = randomness;
        _genesis = genesis;
        _store = store;
        _snapshots = new SnapshotWriter(store);
        _events = events;
        _peers = peers;
        _counter = counter;
        _rules = rules;
        _queue = new WorkQueue(store.Raw) { Ran = PublishStanding };
        _verifier = new RecordVerifier(store);
        _mempool = new Mempool(store);
        _freezes = new Freezes(store.Raw);
        _timers = new Timers(clock, _queue);
        _head = HeadLoader.Load(store, genesis);
    }

    /// <summary>Told of each of the replica's steps before its effects are carried out; no input at the start.</summary>
    public Action<Input?, IReadOnlyList<Effect>> Stepped { get; init; } = (_, _) => { };

    /// <summary>Last settled state. Safe from any thread.</summary>
    public ChainHead Head => Volatile.Read(ref _head);

    public RecordVerifier Verifier => _verifier;

    /// <summary>Ends when what an earlier run left is taken up again.</summary>
    public Task Started => _started.Task;

    /// <summary>Waiting records and their bytes, as of the last piece of work. Safe from any thread.</summary>
    public (int Records, long Bytes) Waiting { get; private set; }

    /// <summary>Runs until <see cref="Stop"/>; an exception means that the node must not go on.</summary>
    public Task RunAsync()
    {
        Prepare();
        return Task.Run(_queue.RunAsync);
    }

    /// <summary>For a caller that owns time and thread, and runs the node by <see cref="RunReady"/>.</summary>
    public void Prepare() => _queue.Post(Begin);

    /// <summary>Runs what waits; false if nothing did. An exception means that the node must not go on.</summary>
    public bool RunReady() => _queue.RunReady();

    public void Stop()
    {
        _timers.Dispose();
        _queue.Stop();
        _waiters.CancelAll();
    }

    private UnixTime Now => new((ulong)_clock.GetUtcNow().ToUnixTimeMilliseconds());

    private void Begin()
    {
        ProtocolVersion.Require(_head);
        if (_rules.RestoresPending)
        {
            RestoreMempool();
        }

        List<Effect> effects = [];
        _replica = Replica.Start(ReplicaSettingsNow(), Recover(), _rules.Safety, effects);
        Stepped(null, effects);
        _stepping = true;
        Carry(effects);
        _stepping = false;
        Drain();
        SealOwnGenesis();
        ConsiderWork();
        PublishStanding();
        _peers.Listen(this);
        BeginJoin();
        _timers.Arm("look", TimeSpan.Zero, LookForBlocks);
        _timers.Arm("waiting", WaitingPeriod, LookAfterWaiting);
        _queue.AfterSync(_started.SetResult);
        _queue.IfFull(_started.SetResult);
    }

    /// <summary>Asks the replica for a block when something waits, and otherwise sets the timer for when an empty one is due.</summary>
    private void ConsiderWork()
    {
        Waiting = (_mempool.Count, _mempool.Bytes);
        TryBuild();
        if (_replica.Phase != ReplicaPhase.WaitingForWork)
        {
            return;
        }

        if (AnythingFits())
        {
            Step(new HeightWanted(_head.Height.Next));
            return;
        }

        TimeSpan heartbeat = TimeSpan.FromMilliseconds(_head.Configuration.Parameters.HeartbeatMs);
        TimeSpan sinceHead = TimeSpan.FromMilliseconds((long)Now.Milliseconds - (long)_head.Time.Milliseconds);
        TimeSpan due = (_head.LastHadContent ? _settings.DatingDelay : heartbeat) - sinceHead;
        if (due <= TimeSpan.Zero)
        {
            Step(new HeightWanted(_head.Height.Next));
        }
        else
        {
            // Records may wait for a later window or for the clock: look again at least once a second.
            _timers.Arm("empty block", _mempool.Count > 0 ? Shorter(due, TimeSpan.FromSeconds(1)) : due, ConsiderWork);
        }
    }

    private bool AnythingFits() =>
        BlockBuilder.AnythingFits(_store, _head, Unfrozen(_mempool.InOrder), _misbehaviour.Values, Now);

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private void RestoreMempool()
    {
        foreach ((byte[] Arrival, byte[] Row)[] pending in _store.Raw.Scan(Table.Pending, [], null)
            .Select(pair => (pair.Key, pair.Value)).Chunk(RestoredTogether))
        {
            VerifiedRecord[] verified = _verifier.Restore([.. pending.Select(one => PendingRecord.IdOf(one.Row))])
                ?? throw new StoreCorruptException(
                    "An acknowledged record is missing or no longer verifies. "
                    + "Restore the node's folder from a backup.");
            for (int i = 0; i < pending.Length; i++)
            {
                ulong arrival = StoreKeys.Number(pending[i].Arrival);
                bool isAcknowledged = PendingRecord.IsOfAcknowledged(pending[i].Row);
                if (!_mempool.TryRestore(arrival, verified[i], isAcknowledged, _head, Now))
                {
                    _queue.Batch.Delete(Table.Pending, pending[i].Arrival);
                    _events.Publish(new RecordDisplaced(verified[i].Record.Id));
                }
            }
        }
    }

    /// <summary>
    /// The key that this node votes with at the next height: the one that is to come as soon as it is in force.
    /// </summary>
    private SigningKey? VoteKey =>
        _settings.NextVoteKey is { } next && _head.Configuration.Validators.Any(validator => validator.VoteKeyId == next.Id)
            ? next
            : _settings.VoteKey;

    private ReplicaSettings ReplicaSettingsNow()
    {
        Parameters parameters = _head.Configuration.Parameters;
        GrowingDuration votes = Growing(parameters.VoteTimeoutMs, parameters, 10);
        return new ReplicaSettings(VoteKey?.Id, ReplicaTiming.Default with
        {
            Propose = Growing(parameters.ProposeTimeoutMs, parameters, 5),
            Prevote = votes,
            Precommit = votes,
            Precision = TimeSpan.FromMilliseconds(parameters.PrecisionMs),
            MessageDelay = ReplicaTiming.Default.MessageDelay with { First = TimeSpan.FromMilliseconds(parameters.MessageDelayMs) },
        });
    }

    private static GrowingDuration Growing(ulong firstMs, Parameters parameters, int limitFactor) => new(
        TimeSpan.FromMilliseconds(firstMs),
        TimeSpan.FromMilliseconds(parameters.TimeoutGrowthMs),
        TimeSpan.FromMilliseconds(firstMs * (ulong)limitFactor));

    private ReplicaRecovery Recover()
    {
        ImmutableArray<JournalEntry> journal = Journal.Load(_store.Raw, _rules.JournalFrom(_head.Height));
        _guests.UnionWith(Journal.LoadGuests(_store.Raw));
        foreach (ExecutedBlock candidate in Journal.LoadCandidates(_store, _verifier, _head, _rules.Governance))
        {
            _candidates[candidate.Header.Id] = candidate;
        }

        return new ReplicaRecovery(_head.Height, _head.Time, ValidatorsOf(_head.Configuration), journal, CountStart());
    }

    internal static ValidatorSet ValidatorsOf(Configuration configuration) =>
        new(configuration.Validators.Select(validator =>
            new Ledger.Consensus.Validator(validator.VoteKeyId, new VotingPower(validator.Power))));
}
