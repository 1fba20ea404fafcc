using Ledger.Consensus;

namespace Ledger.Simulator;

/// <summary>What a run that broke nothing has to show.</summary>
internal sealed record RunReport(
    ulong Seed,
    ulong HeightsSettled,
    long Steps,
    long HealedInMs,
    IReadOnlyDictionary<Fault, long> Faults,
    IReadOnlyDictionary<ProtocolRule, long> Rules,
    int Reports);

/// <summary>
/// Some nodes, some liars, and trouble until <see cref="Plan.ChaosEndMs"/>; then everybody must settle.
/// </summary>
internal sealed class Cluster
{
    /// <summary>In one of so many seeds signatures are the product's own, unless a bug is sought.</summary>
    private const ulong SeedsPerRealSignatures = 100;

    private readonly World _world;
    private readonly Checker _checker;
    private readonly List<SimulatedNode> _honest = [];
    private readonly SortedDictionary<int, Liar> _liars = [];
    private readonly SortedDictionary<int, SimulatedNode> _nodes = [];
    private readonly Adversary _adversary;

    private Cluster(ulong seed, Bug bug, bool keepTranscript)
    {
        bool real = bug == Bug.None && seed % SeedsPerRealSignatures == 0;
        var plan = new Plan(seed, real ? VoteSignatures.Real : VoteSignatures.StandIn);
        _world = new World(plan) { KeepTranscript = keepTranscript };
        _checker = new Checker(_world);
        _world.Deliver = Deliver;
        for (int i = 0; i < plan.Nodes; i++)
        {
            if (plan.Liars.Contains(i))
            {
                _liars.Add(i, new Liar(_world, _checker, i));
            }
            else
            {
                var node = new SimulatedNode(_world, _checker, i, bug);
                _honest.Add(node);
                _nodes.Add(i, node);
            }
        }

        _adversary = new Adversary(_world, _honest);
    }

    /// <summary>Runs one seed to its end.</summary>
    /// <exception cref="InvariantBrokenException">Something broke.</exception>
    public static RunReport Run(ulong seed, Bug? bug = null) =>
        new Cluster(seed, bug ?? Bug.None, keepTranscript: false).Run(seed);

    /// <summary>The same run again, with everything that was said.</summary>
    public static IReadOnlyList<string> Transcribe(ulong seed, Bug? bug = null)
    {
        var cluster = new Cluster(seed, bug ?? Bug.None, keepTranscript: true);
        Plan plan = cluster._world.Plan;
        cluster._world.Transcript.Add(
            $"seed {seed}: {plan.Nodes} nodes, liars [{string.Join(", ", plan.Liars.Select(liar => $"n{liar}"))}],"
            + $" restored [{string.Join(", ", plan.Restorable.Select(node => $"n{node}"))}],"
            + $" {plan.LossPercent} % lost, delays up to {plan.DelayMsMax} ms, trouble until {plan.ChaosEndMs} ms;"
            + " times in milliseconds");
        try
        {
            cluster.Run(seed);
        }
        catch (InvariantBrokenException broken)
        {
            cluster._world.Transcript.Add($"BROKEN {broken.Message}");
        }

        return cluster._world.Transcript;
    }

    private RunReport Run(ulong seed)
    {
        if (_world.Plan.SkewMs.Any(skew => skew != 0))
        {
            _world.Count(Fault.ClockSkew);
        }

        foreach (SimulatedNode node in _honest)
        {
            _world.After(_world.Random.Between(0, 500), () => node.Boot());
        }

        _adversary.Start();
        while (_world.Chaos && _world.RunNext())
        {
        }

        return Heal(seed);
    }

    private RunReport Heal(ulong seed)
    {
        foreach (SimulatedNode node in _honest)
        {
            node.Disk.FullUntilMs = 0;
            if (!node.IsUp)
            {
                node.Boot();
            }
        }

        ulong target = _honest.Max(node => node.Settled.Value) + Plan.HeightsAfterHealing;
        long healed = _world.NowMs;
        RunUntilSettled(target);
        healed = _world.NowMs - healed;
        while (target < Plan.HeightsMin)
        {
            target++;
            RunUntilSettled(target);
        }

        return new RunReport(
            seed, target, _checker.Steps, healed, _world.Faults, _checker.Rules, _checker.Reports);
    }

    private void RunUntilSettled(ulong target)
    {
        long deadline = _world.NowMs + Plan.SettleWithinMs;
        while (_honest.Any(node => node.Settled.Value < target) && _world.RunNext())
        {
            if (_world.NowMs > deadline)
            {
                string where = string.Join(", ", _honest.Select(node =>
                    $"n{node.Index} {node.Settled}/{node.Replica?.Round} {node.Replica?.Phase}"));
                throw new InvariantBrokenException("all settle once faults stop", where);
            }
        }
    }

    private void Deliver(int from, int to, Wire wire)
    {
        if (_liars.TryGetValue(to, out Liar? liar))
        {
            liar.Receive(from, wire);
        }
        else
        {
            _nodes[to].Receive(from, wire);
        }
    }
}
