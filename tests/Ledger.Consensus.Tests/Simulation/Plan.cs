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
        StarveEveryMs = Random.Pick([0L, 1_000L, 3_000L]);
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
            CrashEveryMs = Random.Chance(50) ? 0 : CrashEveryMs;
        }
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

    public long StarveEveryMs { get; }

    public int IdlePercent { get; }

    /// <summary>Everything bends to making one node decide alone.</summary>
    public bool Splitting { get; }

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
