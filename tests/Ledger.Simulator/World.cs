using System.Runtime.CompilerServices;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime;
using Ledger.TestKit.Simulation;

namespace Ledger.Simulator;

/// <summary>Virtual time, the network, and the count of everything that went wrong.</summary>
internal sealed class World : IVirtualWorld
{
    /// <summary>A network without faults takes this long at most.</summary>
    private const int CalmDelayMsMax = 40;

    private static readonly NodeSettings Newcomer = new() { Name = "newcomer", SnapshotBlocks = 3 };

    private readonly PriorityQueue<Action, Due> _queue = new();
    private readonly long[] _faults = new long[Enum.GetValues<Fault>().Length];
    private readonly TimeSpan[,] _latestOnLink;
    private ulong _order;
    private Func<int, int, bool> _connected = (_, _) => true;
    private Func<int, int, Packet, bool>? _starved;

    public World(Plan plan)
    {
        Plan = plan;
        Random = plan.Random.Fork();
        _latestOnLink = new TimeSpan[Nodes, Nodes];
        Epoch = DateTimeOffset.FromUnixTimeMilliseconds((long)plan.Genesis.Time.Milliseconds + 5_000);
    }

    public Plan Plan { get; }

    public SeededRandom Random { get; }

    public TimeSpan Now { get; private set; }

    public long NowMs => Now.Ticks / TimeSpan.TicksPerMillisecond;

    public DateTimeOffset Epoch { get; }

    public GenesisDocument Genesis => Plan.Genesis;

    public int Nodes => Plan.Newcomer is { } newcomer ? newcomer + 1 : Plan.Nodes;

    /// <summary>The node that the adversary works on at present.</summary>
    public int? Victim { get; set; }

    /// <summary>What it wants.</summary>
    public Aim Aim { get; set; }

    /// <summary>Told when a node decides.</summary>
    public Action<int> Decided { get; set; } = _ => { };

    public bool Chaos => NowMs < Plan.ChaosEndMs;

    public SortedDictionary<Fault, long> Faults =>
        new(Enum.GetValues<Fault>().Where(fault => _faults[(int)fault] > 0)
            .ToDictionary(fault => fault, fault => _faults[(int)fault]));

    public List<string> Transcript { get; } = [];

    public bool KeepTranscript { get; init; }

    public Action<int, int, ReadOnlyMemory<byte>> Deliver { get; set; } = (_, _, _) => { };

    /// <summary>A network without a newcomer has nobody to whom a snapshot would be of use.</summary>
    public NodeSettings SettingsOf(int node) => node == Plan.Newcomer ? Newcomer : new()
    {
        SnapshotBlocks = Plan.Newcomer is null ? null : NodeSettings.SnapshotBlocksUsual,
        VoteKey = Plan.Keys.VoteOf(node),
        NextVoteKey = Plan.Keys.NextVoteOf(node),
        StreamKey = Plan.Keys.StreamOf(node),
        Name = $"node{node}",
    };

    public int SeedOf(int node) => node;

    public void Count(Fault fault) => _faults[(int)fault]++;

    public void Say(int node, [InterpolatedStringHandlerArgument("")] ref LazyText text)
    {
        if (KeepTranscript)
        {
            Transcript.Add($"{NowMs,6} n{node} {text.Take()}");
        }
    }

    public void After(TimeSpan delay, Action action) => _queue.Enqueue(action, new Due(Now + delay, _order++));

    public void After(long delayMs, Action action) => After(Ms(delayMs), action);

    public bool RunNext()
    {
        if (!_queue.TryDequeue(out Action? action, out Due when))
        {
            return false;
        }

        Now = when.Time;
        action();
        return true;
    }

    /// <summary>What a clock that is right would show.</summary>
    public UnixTime Clock => new((ulong)(Epoch.ToUnixTimeMilliseconds() + NowMs));

    public void Cut(Func<int, int, bool> connected) => _connected = connected;

    public void Heal() => _connected = (_, _) => true;

    /// <summary>An adversary in the network: holds back what this says, and nothing when null.</summary>
    public void Starve(Func<int, int, Packet, bool>? starved) => _starved = starved;

    public bool Connects(int from, int to) => !Chaos || _connected(from, to);

    public void Send(int from, int to, ReadOnlyMemory<byte> bytes)
    {
        if (Chaos)
        {
            if (!_connected(from, to) || _starved?.Invoke(from, to, Packet.Of(bytes)) == true)
            {
                return;
            }

            if (Random.Chance(Plan.LossPercent))
            {
                Count(Fault.Loss);
                return;
            }

            if (Random.Chance(Plan.DuplicatePercent))
            {
                Count(Fault.Duplication);
                Transmit(from, to, bytes);
            }
        }

        Transmit(from, to, bytes);
    }

    private void Transmit(int from, int to, ReadOnlyMemory<byte> bytes)
    {
        TimeSpan delay = Ms(Random.Between(2, Chaos ? Plan.DelayMsMax : CalmDelayMsMax));
        if (Chaos && Random.Chance(Plan.Splitting ? 0 : 2))
        {
            Count(Fault.Delay);
            delay += Ms(Random.Between(200, 3_000));
        }

        TimeSpan arrival = Now + delay;
        if (arrival < _latestOnLink[from, to])
        {
            Count(Fault.Reordering);
        }
        else
        {
            _latestOnLink[from, to] = arrival;
        }

        After(delay, () => Deliver(from, to, bytes));
    }

    /// <summary>In the order of time; at the same time, of being scheduled.</summary>
    private readonly record struct Due(TimeSpan Time, ulong Order) : IComparable<Due>
    {
        public int CompareTo(Due other) =>
            Time.Ticks != other.Time.Ticks ? Time.Ticks.CompareTo(other.Time.Ticks) : Order.CompareTo(other.Order);
    }

    private static TimeSpan Ms(long count) => TimeSpan.FromTicks(count * TimeSpan.TicksPerMillisecond);
}
