using Ledger.Consensus;
using Ledger.Core;

namespace Ledger.Simulator;

/// <summary>What a run that broke nothing has to show.</summary>
internal sealed record RunReport(
    ulong Seed,
    bool SignsForReal,
    ulong HeightsSettled,
    long Records,
    long Steps,
    long HealedInMs,
    IReadOnlyDictionary<Fault, long> Faults,
    IReadOnlyDictionary<ProtocolRule, long> Rules,
    int Reports,
    int Anchors);

/// <summary>
/// Some nodes, some liars, and trouble until <see cref="Plan.ChaosEndMs"/>; then everybody must settle everything.
/// </summary>
internal sealed class Cluster
{
    /// <summary>In one of so many seeds signatures are the product's own, unless a bug is sought.</summary>
    private const ulong SeedsPerRealSignatures = 100;

    private readonly bool _signsForReal;
    private readonly World _world;
    private readonly Checker _checker;
    private readonly List<HonestNode> _honest = [];
    private readonly SortedDictionary<int, Liar> _liars = [];
    private readonly SortedDictionary<int, HonestNode> _nodes = [];
    private readonly Adversary _adversary;
    private readonly Workload _work;
    private readonly Consortium _consortium;
    private readonly Newcomer? _newcomer;
    private readonly Stranger _stranger;

    private Cluster(ulong seed, Bug bug, bool keepTranscript)
    {
        _signsForReal = bug == Bug.None && seed % SeedsPerRealSignatures == 0;
        Plan plan = new(seed, _signsForReal ? KeyRing.Real : KeyRing.StandIn);
        _world = new World(plan) { KeepTranscript = keepTranscript };
        _checker = new Checker(_world);
        _world.Deliver = Deliver;
        for (int i = 0; i < plan.Nodes; i++)
        {
            if (!plan.Liars.Contains(i))
            {
                HonestNode node = new(_world, _checker, i, bug);
                _honest.Add(node);
                _nodes.Add(i, node);
            }
        }

        foreach (int liar in plan.Liars.Order())
        {
            _liars.Add(liar, new Liar(_world, _checker, _honest, liar));
        }

        _adversary = new Adversary(_world, _honest);
        _work = new Workload(_world, _checker, _honest);
        _stranger = new Stranger(_checker);
        _consortium = new Consortium(_world, _checker, _honest);
        if (plan.Newcomer is { } newcomer)
        {
            _newcomer = new Newcomer(_world, new HonestNode(_world, _checker, newcomer, bug));
            _nodes.Add(newcomer, _newcomer.Node);
        }
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
            cluster._world.Transcript.Add($"{SweepText.Broken} {broken.Message}");
        }

        return cluster._world.Transcript;
    }

    private RunReport Run(ulong seed)
    {
        try
        {
            return RunToTheEnd(seed);
        }
        catch (Exception fault) when (fault is not InvariantBrokenException)
        {
            throw new InvariantBrokenException("nothing throws", fault.ToString());
        }
    }

    private RunReport RunToTheEnd(ulong seed)
    {
        if (_world.Plan.SkewMs.Any(skew => skew != 0))
        {
            _world.Count(Fault.ClockSkew);
        }

        foreach (HonestNode node in _honest)
        {
            _world.After(_world.Random.Between(0, 500), () => BootIfDown(node));
        }

        _adversary.Start();
        _checker.Anchors.Start();
        _work.Start();
        _consortium.Start();
        _newcomer?.Start();
        while (_world.Chaos && _world.RunNext())
        {
        }

        return Heal(seed);
    }

    private RunReport Heal(ulong seed)
    {
        foreach (HonestNode node in _nodes.Values)
        {
            Stranger.AskWhatItWaitsFor(node);
            node.Spare();
            BootIfDown(node);
        }

        _checker.Anchors.Calm();
        Height target = new(_honest.Max(node => node.Settled.Value) + Plan.HeightsAfterHealing);
        long healed = _world.NowMs;
        RunUntilSettled(target);
        healed = _world.NowMs - healed;
        while (target.Value < Plan.HeightsMin)
        {
            target = target.Next;
            RunUntilSettled(target);
        }

        _work.Seals = false;
        RunUntil(() => _work.IsDone && _honest.All(node => !node.Unsettled.Any()), "what is sealed settles");
        RunUntilSettled(_checker.Oracle.Head.Height);
        RunUntil(() => _nodes.Values.All(node => node.Chain.HeldFrom.Value == 1), "the past is fetched");
        if (_newcomer is { } newcomer)
        {
            RunUntil(() => newcomer.Node.Settled == _checker.Oracle.Head.Height, "all settle once faults stop");
            newcomer.CheckState(_checker.Oracle);
        }

        foreach (HonestNode node in _nodes.Values)
        {
            Stranger.AskWhatItWaitsFor(node);
            node.CheckLog(_checker.Oracle);
        }

        HonestNode asked = _nodes.Values.Last();
        foreach (StreamId stream in _work.StreamIds)
        {
            _stranger.AskForEvidence(asked, stream);
        }

        return new RunReport(
            seed, _signsForReal, _checker.Oracle.Head.Height.Value, (long)_checker.Oracle.Head.Log.Size.Value,
            _checker.Steps, healed, _world.Faults, _checker.Rules, _checker.Reports, _checker.Anchors.Settled);
    }

    private static void BootIfDown(HonestNode node)
    {
        if (!node.IsUp)
        {
            node.Boot();
        }
    }

    private void RunUntilSettled(Height target) =>
        RunUntil(() => _nodes.Values.All(node => node.Settled >= target), "all settle once faults stop");

    private void RunUntil(Func<bool> holds, string invariant)
    {
        long deadline = _world.NowMs + Plan.SettleWithinMs;
        while (!holds() && _world.RunNext())
        {
            if (_world.NowMs > deadline)
            {
                string where = string.Join(", ", _nodes.Values.Select(node =>
                    $"n{node.Index} {node.Settled}, waits for "
                    + $"[{string.Join(", ", node.Unsettled.Select(id => id.ToString()[..6]))}] {node.Node.Problem}"));
                throw new InvariantBrokenException(invariant, where);
            }
        }
    }

    private void Deliver(int from, int to, ReadOnlyMemory<byte> bytes)
    {
        if (_liars.TryGetValue(to, out Liar? liar))
        {
            liar.Receive(from, bytes);
        }
        else
        {
            _nodes[to].Node.Receive(from, bytes);
        }
    }
}
