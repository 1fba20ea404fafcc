using Ledger.Core;

namespace Ledger.Consensus.Tests.Simulation;

/// <summary>Virtual time, the network, the blocks and the count of everything that went wrong.</summary>
internal sealed class World
{
    private readonly PriorityQueue<Action, (long Time, ulong Order)> _queue = new();
    private readonly Dictionary<BlockId, SimulatedBlock> _blocks = [];
    private ulong _order;
    private Func<int, int, bool> _connected = (_, _) => true;
    private Func<int, int, Wire, bool> _starved = (_, _, _) => false;

    public World(Plan plan)
    {
        Plan = plan;
        Random = plan.Random.Fork();
    }

    public const long EpochMs = 1_000_000;

    public Plan Plan { get; }

    public SeededRandom Random { get; }

    public long NowMs { get; private set; }

    /// <summary>The node that the adversary works on at present.</summary>
    public int? Victim { get; set; }

    /// <summary>What it wants.</summary>
    public Aim Aim { get; set; }

    /// <summary>Told when a node decides.</summary>
    public Action<int> Decided { get; set; } = _ => { };

    public bool Chaos => NowMs < Plan.ChaosEndMs;

    public SortedDictionary<Fault, int> Faults { get; } = [];

    public List<string> Transcript { get; } = [];

    public bool KeepTranscript { get; init; }

    public Action<int, int, Wire> Deliver { get; set; } = (_, _, _) => { };

    public void Count(Fault fault) => Faults[fault] = Faults.GetValueOrDefault(fault) + 1;

    public void Say(int node, string text)
    {
        if (KeepTranscript)
        {
            Transcript.Add($"{NowMs,6} n{node} {text}");
        }
    }

    public void After(long delayMs, Action action) => _queue.Enqueue(action, (NowMs + delayMs, _order++));

    public bool RunNext()
    {
        if (!_queue.TryDequeue(out Action? action, out (long Time, ulong Order) when))
        {
            return false;
        }

        NowMs = when.Time;
        action();
        return true;
    }

    public UnixTime ClockOf(int node) => new((ulong)(EpochMs + NowMs + Plan.SkewMs[node]));

    public SimulatedBlock NewBlock(Height height, UnixTime time, bool valid = true, bool served = true)
    {
        var id = new BlockId(Digest.Of(BitConverter.GetBytes(Random.Next())));
        var block = new SimulatedBlock(id, height, time, valid, served);
        _blocks.Add(id, block);
        return block;
    }

    public SimulatedBlock Block(BlockId id) => _blocks[id];

    public void Cut(Func<int, int, bool> connected) => _connected = connected;

    public void Heal() => _connected = (_, _) => true;

    /// <summary>An adversary in the network: holds back what this says, and nothing when null.</summary>
    public void Starve(Func<int, int, Wire, bool>? starved) => _starved = starved ?? ((_, _, _) => false);

    public void Send(int from, int to, Wire wire)
    {
        if (Chaos && (!_connected(from, to) || _starved(from, to, wire)))
        {
            return;
        }

        if (Chaos && Random.Chance(Plan.LossPercent))
        {
            Count(Fault.Loss);
            return;
        }

        Transmit(from, to, wire);
        if (Chaos && Random.Chance(Plan.DuplicatePercent))
        {
            Count(Fault.Duplication);
            Transmit(from, to, wire);
        }
    }

    private void Transmit(int from, int to, Wire wire)
    {
        long delay = Random.Between(2, Chaos ? Plan.DelayMsMax : 40);
        if (Chaos && Random.Chance(Plan.Splitting ? 0 : 2))
        {
            Count(Fault.Delay);
            delay += Random.Between(200, 3_000);
        }

        After(delay, () => Deliver(from, to, wire));
    }
}
