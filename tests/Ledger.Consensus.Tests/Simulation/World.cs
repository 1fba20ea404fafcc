using Ledger.Core;

namespace Ledger.Consensus.Tests.Simulation;

/// <summary>What one seed decides about a run.</summary>
internal sealed class Plan
{
    public const long ChaosEndMs = 25_000;
    public const long SettleWithinMs = 90_000;
    public const ulong HeightsAfterHealing = 3;

    private readonly ulong[] _powers;
    private readonly bool _powersMove;

    public Plan(ulong seed, int? nodes = null)
    {
        Random = new SeededRandom(seed);
        Nodes = nodes ?? (int)Random.Between(4, 7);
        bool weighted = Random.Chance(25);
        _powers = [.. Enumerable.Range(0, Nodes).Select(_ => weighted ? (ulong)Random.Between(1, 4) : 1UL)];
        _powersMove = weighted && Random.Chance(50);
        Liars = ChooseFaulty(Random.Chance(70) ? Random.Below(Nodes) : 0, []);
        Restorable = ChooseFaulty(Random.Chance(40) ? 1 : 0, Liars);
        LossPercent = Random.Pick([0, 2, 5, 15, 30]);
        DuplicatePercent = Random.Pick([0, 5, 20]);
        DelayMsMax = Random.Pick([20L, 60L, 200L, 600L]);
        SkewMs = [.. Enumerable.Range(0, Nodes).Select(_ => Random.Between(-100, 100))];
        CrashEveryMs = Random.Pick([0L, 1_500L, 4_000L, 8_000L]);
        PartitionEveryMs = Random.Pick([0L, 2_000L, 5_000L]);
        IdlePercent = Random.Pick([0, 30, 80]);
    }

    public SeededRandom Random { get; }

    public int Nodes { get; }

    public IReadOnlyList<int> Liars { get; }

    /// <summary>Honest nodes that may come back with an old journal; with the liars less than a third of the power.</summary>
    public IReadOnlyList<int> Restorable { get; }

    public int LossPercent { get; }

    public int DuplicatePercent { get; }

    public long DelayMsMax { get; }

    public IReadOnlyList<long> SkewMs { get; }

    public long CrashEveryMs { get; }

    public long PartitionEveryMs { get; }

    public int IdlePercent { get; }

    public static ReplicaTiming Timing { get; } = new(
        Propose: new(Ms(300), Ms(150), Ms(2_000)),
        Prevote: new(Ms(100), Ms(100), Ms(1_000)),
        Precommit: new(Ms(100), Ms(100), Ms(1_000)),
        Resend: Ms(400),
        Precision: Ms(250),
        MessageDelay: new(Ms(400), Ms(200), Ms(100_000)));

    public static KeyId KeyOf(int node) => new(Digest.Of([(byte)node]));

    public ValidatorSet ValidatorsAt(Height height) =>
        new(Enumerable.Range(0, Nodes).Select(i => new Validator(KeyOf(i), new VotingPower(PowerAt(height, i)))));

    private ulong PowerAt(Height height, int node) =>
        _powers[_powersMove ? (node + (int)(height.Value / 4 % (ulong)Nodes)) % Nodes : node];

    private List<int> ChooseFaulty(int most, IReadOnlyList<int> already)
    {
        var chosen = new List<int>();
        for (int tries = 0; tries < most * 2; tries++)
        {
            int node = Random.Below(Nodes);
            List<int> all = [.. already, .. chosen, node];
            if (all.Distinct().Count() == all.Count && chosen.Count < most && IsTolerable(all))
            {
                chosen.Add(node);
            }
        }

        return chosen;
    }

    /// <summary>Less than a third of the power at every height.</summary>
    private bool IsTolerable(List<int> faulty) =>
        Enumerable.Range(0, 4 * Nodes).All(height =>
        {
            var at = new Height((ulong)height);
            ulong total = Enumerable.Range(0, Nodes).Aggregate(0UL, (sum, i) => sum + PowerAt(at, i));
            return faulty.Aggregate(0UL, (sum, i) => sum + PowerAt(at, i)) * 3 < total;
        });

    private static TimeSpan Ms(long count) => TimeSpan.FromTicks(count * TimeSpan.TicksPerMillisecond);
}

/// <summary>Virtual time, the network, the blocks and the count of everything that went wrong.</summary>
internal sealed class World
{
    private readonly PriorityQueue<Action, (long Time, ulong Order)> _queue = new();
    private readonly Dictionary<BlockId, SimulatedBlock> _blocks = [];
    private ulong _order;
    private Func<int, int, bool> _connected = (_, _) => true;

    public World(Plan plan)
    {
        Plan = plan;
        Random = plan.Random.Fork();
    }

    public const long EpochMs = 1_000_000;

    public Plan Plan { get; }

    public SeededRandom Random { get; }

    public long NowMs { get; private set; }

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

    public void Send(int from, int to, Wire wire)
    {
        if (Chaos && !_connected(from, to))
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
        if (Chaos && Random.Chance(2))
        {
            Count(Fault.Delay);
            delay += Random.Between(200, 3_000);
        }

        After(delay, () => Deliver(from, to, wire));
    }
}
