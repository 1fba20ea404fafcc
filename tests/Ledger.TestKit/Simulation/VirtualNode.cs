using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Status;
using Random = System.Random;

namespace Ledger.TestKit.Simulation;

/// <summary>
/// The product's node loop on virtual time: its store, peers, clock and chance are simulated, everything else is what
/// runs in production. It can end between any two pieces of work, at any write and after anything it says, and start
/// again from what its disk holds.
/// </summary>
public sealed class VirtualNode(IVirtualWorld world, int index)
{
    /// <summary>As often as in production.</summary>
    private static readonly TimeSpan AnchoringPeriod = TimeSpan.FromSeconds(1);

    private readonly MemoryCounter _counter = new();
    private VirtualClock? _clock;
    private VirtualPeers? _peers;
    private NodeLoop? _loop;
    private NodeEvents.Subscription? _subscription;
    private int _lives;
    private bool _running;

    public int Index => index;

    public MemoryStore Store { get; private set; } = new();

    /// <summary>Ahead of virtual time by so much.</summary>
    public TimeSpan Skew { get; init; }

    public bool IsUp => _loop is not null;

    public ChainHead Head => _loop?.Head ?? throw new InvalidOperationException($"Node {Index} is down.");

    public ChainStore Chain => new(Store);

    public NodeEvents Events { get; private set; } = new();

    /// <summary>Where it anchors; null for a node whose operator runs no Bitcoin.</summary>
    public IBitcoin? Bitcoin { get; set; }

    /// <summary>What it has anchored, in its present life.</summary>
    public IAnchorProofs Anchors { get; private set; } = new NoAnchors();

    /// <summary>What its present life found wrong with others' proposals.</summary>
    public List<string> Refused { get; } = [];

    public string? Problem => _loop?.Problem;

    /// <summary>What it waits for, as its operator is told.</summary>
    public Standstill? Standstill =>
        _loop?.Standing is { } standing ? Explanation.Of(standing, [.. _peers!.Connected]) : null;

    /// <summary>The rules that its loop rests on; a test breaks one.</summary>
    internal LoopRules Rules { get; set; } = LoopRules.Sound;

    internal NodeWitness Witness { get; set; } = NodeWitness.None;

    public void Start()
    {
        Refused.Clear();
        _subscription = null;
        VirtualClock clock = new(world.Epoch, Skew, () => world.Now, world.After, Run);
        VirtualPeers peers = new(
            Index, world.Nodes, (to, bytes) => world.Send(Index, to, bytes), After,
            other => world.Connects(Index, other), Witness.Said, _lives);
        _clock = clock;
        _peers = peers;
        Guard(() =>
        {
            LedgerNode node = new(
                world.SettingsOf(Index), world.Genesis, new WitnessedStore(Store, Witness), clock,
                new Chance(world.SeedOf(Index) + (1_000 * _lives++)), peers, _counter, Rules, Witness.Stepped);
            Events = node.Events;
            _subscription = Events.Subscribe();
            _loop = node.Loop;
            _loop.Prepare();
            if (Bitcoin is { } bitcoin)
            {
                After(AnchoringPeriod, () =>
                {
                    AnchorDriver driver = new(node, bitcoin, clock);
                    Anchors = driver;
                    Anchor(driver);
                });
            }
        });
        Run();

        void Anchor(AnchorDriver driver)
        {
            // Bitcoin is all it waits for, and that answers at once here.
            driver.TurnAsync().GetAwaiter().GetResult();
            After(AnchoringPeriod, () => Anchor(driver));
        }

        // What a life asked for is not answered in the next one.
        void After(TimeSpan delay, Action action) => world.After(delay, () =>
        {
            if (!clock.Stopped)
            {
                Guard(action);
                Run();
            }
        });
    }

    /// <summary>Power is lost: what was not durable is gone.</summary>
    public void Crash()
    {
        Stop();
        Store = Store.PowerCut();
    }

    /// <summary>Starts from an earlier state of its disk; the counter outside stays.</summary>
    public void RestoreAndStart(MemoryStore backup)
    {
        Stop();
        Store = backup;
        Start();
    }

    /// <summary>The records are offered as a client would; the answer is given once they are durable.</summary>
    public SubmissionOutcome[] Submit(params IEnumerable<byte[]> records) => TrySubmit(records)
        ?? throw new InvalidOperationException("The node did not answer at once.");

    /// <summary>The same; null if the node ends before it answers.</summary>
    public SubmissionOutcome[]? TrySubmit(IEnumerable<byte[]> records)
    {
        ReadOnlyMemory<byte>[] bytes = [.. records.Select(record => (ReadOnlyMemory<byte>)record)];
        Refusal?[] refusals = new Refusal?[bytes.Length];
        var answer = _loop!.OfferAsync(_loop.Verifier.Verify(bytes, refusals), refusals);
        Run();
        return answer.IsCompletedSuccessfully ? answer.Result : null;
    }

    /// <summary>Seals a record in the node's own stream; it may have to wait.</summary>
    public Task<Receipt> SealOwn(RecordKind kind, CborMap body)
    {
        Task<Receipt> receipt = _loop!.SealOwnAsync(kind, body);
        Run();
        return receipt;
    }

    /// <summary>A freeze is handed in; null if the node ends before it answers.</summary>
    public FreezeOutcome? Freeze(Freeze freeze)
    {
        Task<FreezeOutcome> answer = _loop!.FreezeAsync(freeze);
        Run();
        return answer.IsCompletedSuccessfully ? answer.Result : null;
    }

    public void Receive(int from, ReadOnlyMemory<byte> bytes)
    {
        if (IsUp)
        {
            Guard(() => _peers!.Receive(from, bytes));
            Run();
        }
    }

    private void Run()
    {
        if (_running)
        {
            return;
        }

        _running = true;
        Guard(() =>
        {
            while (_loop?.RunReady() == true)
            {
                TellEvents();
            }
        });
        _running = false;
    }

    private void TellEvents()
    {
        while (_subscription is { } heard && heard.Reader.TryRead(out NodeEvent? happened))
        {
            if (happened is ProposalRefused refused)
            {
                Refused.Add($"{refused.Height}: {refused.Fault}");
            }

            Witness.Happened(happened);
        }
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (PowerLostException)
        {
            Crash();
            TellEvents();
            Witness.PowerLost();
        }
        catch (Exception reason) when (Witness.Died(reason))
        {
            Crash();
        }
    }

    private void Stop()
    {
        if (_clock is not null)
        {
            _clock.Stopped = true;
        }

        _loop?.Stop();
        _loop = null;
    }

    private sealed class Chance(int seed) : IRandomness
    {
        private readonly Random _random = new(seed);

        public void Fill(Span<byte> destination) => _random.NextBytes(destination);
    }

    private sealed class MemoryCounter : IVoteCounter
    {
        private ulong _value;

        public ulong Read() => _value;

        public void Write(ulong value) => _value = value;
    }
}
