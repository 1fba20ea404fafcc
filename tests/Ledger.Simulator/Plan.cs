using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Validator = Ledger.Core.Chain.Validator;

namespace Ledger.Simulator;

/// <summary>What one seed decides about a run.</summary>
internal sealed class Plan
{
    /// <summary>In a run with this many settled heights there was time for most that can happen.</summary>
    public const ulong HeightsMin = 20;

    /// <summary>
    /// So many heights every honest node settles in <see cref="SettleWithinMs"/> once faults have stopped.
    /// </summary>
    public const ulong HeightsAfterHealing = 3;

    /// <summary>The bound on it.</summary>
    public const long SettleWithinMs = 60_000;

    /// <summary>Short, so that a seed gets far: the order of things is tested, not how long they take.</summary>
    private static readonly Parameters Quick = new()
    {
        HeartbeatMs = 5_000,
        ProposeTimeoutMs = 300,
        VoteTimeoutMs = 100,
        TimeoutGrowthMs = 100,
        PrecisionMs = 250,
        MessageDelayMs = 400,
        AnchorBlocks = 3,
        AnchorMinutes = 1,
    };

    /// <summary>In one of so many seeds a follower joins late.</summary>
    private const ulong SeedsPerNewcomer = 5;

    private readonly ulong[] _powers;

    public Plan(ulong seed, KeyRing keys)
    {
        Seed = seed;
        Random = new SeededRandom(seed);
        Keys = keys;
        Nodes = Random.Pick([4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 6, 6, 7, 8, 10]);
        bool weighted = Random.Chance(35);
        _powers = [.. Enumerable.Range(0, Nodes).Select(_ => weighted ? (ulong)Random.Between(1, 4) : 1UL)];
        Genesis = Found();
        Liars = ChooseFaulty(Random.Chance(70) ? Random.Below(Nodes) : 0, []);
        Restorable = ChooseFaulty(Random.Chance(40) ? 1 : 0, Liars);
        ChaosEndMs = Random.Pick([4_000L, 6_000L, 9_000L, 15_000L]);
        LossPercent = Random.Pick([0, 2, 5, 15, 30]);
        DuplicatePercent = Random.Pick([0, 5, 20]);
        DelayMsMax = Random.Pick([20L, 60L, 200L, 600L]);
        SkewMs = [.. Enumerable.Range(0, Nodes).Select(_ => Random.Between(-100, 100))];
        CrashEveryMs = Random.Pick([0L, 1_000L, 2_500L, 5_000L]);
        PartitionEveryMs = Random.Pick([0L, 1_500L, 4_000L]);
        StarveEveryMs = Random.Pick([0L, 1_000L, 3_000L]);
        FullDiskEveryMs = Random.Pick([0L, 0L, 2_000L]);
        WorkEveryMs = Random.Pick([200L, 400L, 800L]);
        GovernEveryMs = Random.Pick([0L, 0L, 700L, 2_000L]);
        Splitting = Random.Chance(30);
        if (Splitting)
        {
            // A network that works but for one purpose: noise would only get in the adversary's way.
            LossPercent = 0;
            DelayMsMax = 20;
            PartitionEveryMs = 0;
            GovernEveryMs = 0;
            StarveEveryMs = 2_000;
            WorkEveryMs = 200;
            ChaosEndMs = 15_000;
            CrashEveryMs = Random.Chance(50) ? 0 : CrashEveryMs;
        }
        else if (CrashEveryMs + PartitionEveryMs == 0)
        {
            CrashEveryMs = 1_000;
        }

        int[] honest = [.. Enumerable.Range(0, Nodes).Where(node => !Liars.Contains(node))];
        Anchoring = Random.Chance(30) ? [Random.Pick(honest), Random.Pick(honest)] : [Random.Pick(honest)];
    }

    public ulong Seed { get; }

    public SeededRandom Random { get; }

    public KeyRing Keys { get; }

    /// <summary>Those that may be validators.</summary>
    public int Nodes { get; }

    /// <summary>The number of a node that follows, and joins late; null in most runs.</summary>
    public int? Newcomer => Seed % SeedsPerNewcomer == 0 ? Nodes : null;

    public GenesisDocument Genesis { get; }

    public IReadOnlyList<int> Liars { get; }

    /// <summary>
    /// Honest nodes that may come back with an old store; with the liars less than a third of the power.
    /// </summary>
    public IReadOnlyList<int> Restorable { get; }

    /// <summary>Honest nodes whose operators run a Bitcoin node.</summary>
    public IReadOnlyList<int> Anchoring { get; }

    public long ChaosEndMs { get; }

    public int LossPercent { get; }

    public int DuplicatePercent { get; }

    public long DelayMsMax { get; }

    public IReadOnlyList<long> SkewMs { get; }

    public long CrashEveryMs { get; }

    public long PartitionEveryMs { get; }

    public long StarveEveryMs { get; }

    public long FullDiskEveryMs { get; }

    /// <summary>Between two submissions.</summary>
    public long WorkEveryMs { get; }

    /// <summary>Between two decisions on the validators; 0 for none.</summary>
    public long GovernEveryMs { get; }

    /// <summary>Everything bends to making one node decide alone.</summary>
    public bool Splitting { get; }

    private GenesisDocument Found()
    {
        GenesisDocument open = TestNetwork.With(admission => admission, Quick);
        return open with
        {
            Name = "simulated",
            Configuration = open.Configuration with { Validators = [.. Enumerable.Range(0, Nodes).Select(Member)] },
        };
    }

    /// <summary>
    /// Whether a set can be: its liars, and those that may come back with an old store, have less than a third.
    /// </summary>
    public bool IsTolerable(Configuration configuration) =>
        IsTolerable(configuration, Liars.Concat(Restorable));

    /// <summary>The seat that a node has when the network is founded.</summary>
    public Validator Member(int node) => new()
    {
        Name = $"node{node}",
        Peer = VirtualPeers.BytesOf(node),
        VoteKey = Keys.VoteOf(node).PublicKey,
        Power = _powers[node],
        Stream = new StreamId(Keys.StreamOf(node).Id.Value),
        GovernanceKey = Keys.GovernanceOf(node).PublicKey,
    };

    private static ulong PowerOf(Configuration configuration, int node) =>
        node < configuration.Validators.Length ? configuration.Validators[node].Power : 0;

    private List<int> ChooseFaulty(int most, IReadOnlyList<int> already)
    {
        var chosen = new List<int>();
        for (int tries = 0; tries < most * 2; tries++)
        {
            int node = Random.Below(Nodes);
            List<int> all = [.. already, .. chosen, node];
            if (all.Distinct().Count() == all.Count && chosen.Count < most && IsTolerable(Genesis.Configuration, all))
            {
                chosen.Add(node);
            }
        }

        return chosen;
    }

    /// <summary>Less than a third of the power.</summary>
    private static bool IsTolerable(Configuration configuration, IEnumerable<int> faulty) =>
        faulty.Aggregate(0UL, (sum, node) => sum + PowerOf(configuration, node)) * 3 < configuration.TotalPower;
}
