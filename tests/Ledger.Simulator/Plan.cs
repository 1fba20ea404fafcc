using Ledger.Consensus;
using Ledger.Core;

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

    /// <summary>Heights between two changes of validators.</summary>
    private const ulong HeightsPerEpoch = 4;

    private readonly ulong[] _powers;
    private readonly ValidatorSet[] _epochs;

    public Plan(ulong seed, VoteSignatures? signatures = null)
    {
        Random = new SeededRandom(seed);
        Signatures = signatures ?? VoteSignatures.StandIn;
        Nodes = Random.Pick([4, 4, 4, 4, 4, 5, 5, 6, 6, 7, 7, 8, 10]);
        bool weighted = Random.Chance(35);
        bool moves = weighted && Random.Chance(70);
        _powers = [.. Enumerable.Range(0, Nodes).Select(_ => weighted ? (ulong)Random.Between(1, 4) : 1UL)];
        for (int outside = 0; moves && outside < Nodes - 4; outside += 2)
        {
            _powers[outside] = 0;
        }

        _epochs = [.. Enumerable.Range(0, moves ? Nodes : 1).Select(SetOf)];
        Liars = ChooseFaulty(Random.Chance(70) ? Random.Below(Nodes) : 0, []);
        Restorable = ChooseFaulty(Random.Chance(40) ? 1 : 0, Liars);
        ChaosEndMs = Random.Pick([5_000L, 8_000L, 12_000L, 20_000L]);
        LossPercent = Random.Pick([0, 2, 5, 15, 30]);
        DuplicatePercent = Random.Pick([0, 5, 20]);
        DelayMsMax = Random.Pick([20L, 60L, 200L, 600L]);
        SkewMs = [.. Enumerable.Range(0, Nodes).Select(_ => Random.Between(-100, 100))];
        CrashEveryMs = Random.Pick([0L, 1_000L, 2_500L, 5_000L]);
        PartitionEveryMs = Random.Pick([0L, 1_500L, 4_000L]);
        StarveEveryMs = Random.Pick([0L, 1_000L, 3_000L]);
        FullDiskEveryMs = Random.Pick([0L, 0L, 2_000L]);
        IdlePercent = Random.Pick([0, 30, 80]);
        Splitting = Random.Chance(30);
        if (Splitting)
        {
            // A network that works but for one purpose: noise would only get in the adversary's way.
            LossPercent = 0;
            DelayMsMax = 20;
            PartitionEveryMs = 0;
            StarveEveryMs = 2_000;
            IdlePercent = 0;
            ChaosEndMs = 20_000;
            CrashEveryMs = Random.Chance(50) ? 0 : CrashEveryMs;
        }
        else if (CrashEveryMs + PartitionEveryMs == 0)
        {
            CrashEveryMs = 1_000;
        }
    }

    private Plan(int nodes, IReadOnlyList<int> liars)
    {
        Random = new NoChance();
        Signatures = VoteSignatures.StandIn;
        Nodes = nodes;
        _powers = [.. Enumerable.Repeat(1UL, nodes)];
        _epochs = [SetOf(0)];
        Liars = liars;
        Restorable = [];
        ChaosEndMs = long.MaxValue;
        SkewMs = new long[nodes];
        DelayMsMax = 10;
        Splitting = true;
        Scripted = true;
    }

    public SeededRandom Random { get; }

    public VoteSignatures Signatures { get; }

    public int Nodes { get; }

    public IReadOnlyList<int> Liars { get; }

    /// <summary>
    /// Honest nodes that may come back with an old journal; with the liars less than a third of the power.
    /// </summary>
    public IReadOnlyList<int> Restorable { get; }

    public long ChaosEndMs { get; }

    public int LossPercent { get; }

    public int DuplicatePercent { get; }

    public long DelayMsMax { get; }

    public IReadOnlyList<long> SkewMs { get; }

    public long CrashEveryMs { get; }

    public long PartitionEveryMs { get; }

    public long StarveEveryMs { get; }

    public long FullDiskEveryMs { get; }

    public int IdlePercent { get; }

    /// <summary>Everything bends to making one node decide alone.</summary>
    public bool Splitting { get; }

    /// <summary>A directed story: nothing happens that its script does not say.</summary>
    public bool Scripted { get; }

    public static ReplicaTiming Timing { get; } = new(
        Propose: new(Ms(300), Ms(150), Ms(2_000)),
        Prevote: new(Ms(100), Ms(100), Ms(1_000)),
        Precommit: new(Ms(100), Ms(100), Ms(1_000)),
        Resend: Ms(400),
        Precision: Ms(250),
        MessageDelay: new(Ms(400), Ms(200), Ms(100_000)));

    /// <summary>Validators of equal power, and chance ruled out.</summary>
    public static Plan Script(int nodes, IReadOnlyList<int> liars) => new(nodes, liars);

    public ValidatorSet ValidatorsAt(Height height) =>
        _epochs[(int)(height.Value / HeightsPerEpoch % (ulong)_epochs.Length)];

    public ValidatorIndex? IndexOf(int node, Height height) => ValidatorsAt(height).IndexOf(Signatures.KeyOf(node));

    public int NodeOf(ValidatorIndex validator, Height height) => NodeOf(ValidatorsAt(height)[validator].Key);

    public int NodeOf(KeyId key)
    {
        int node = 0;
        while (Signatures.KeyOf(node) != key)
        {
            node++;
        }

        return node;
    }

    private ValidatorSet SetOf(int epoch) =>
        new(Enumerable.Range(0, Nodes)
            .Where(node => PowerAt(epoch, node) > 0)
            .Select(node => new Validator(Signatures.KeyOf(node), new VotingPower(PowerAt(epoch, node)))));

    private ulong PowerAt(int epoch, int node) => _powers[(node + epoch) % Nodes];

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
        Enumerable.Range(0, _epochs.Length).All(epoch =>
            faulty.Aggregate(0UL, (sum, node) => sum + PowerAt(epoch, node)) * 3 < _epochs[epoch].Total.Value);

    private static TimeSpan Ms(long count) => TimeSpan.FromTicks(count * TimeSpan.TicksPerMillisecond);
}
