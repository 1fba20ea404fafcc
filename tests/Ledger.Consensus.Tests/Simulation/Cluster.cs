using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tests.Simulation;

/// <summary>What a run that broke nothing has to show.</summary>
internal sealed record RunReport(
    ulong Seed,
    ulong HeightsSettled,
    long Steps,
    long HealedInMs,
    IReadOnlyDictionary<Fault, int> Faults,
    IReadOnlyDictionary<ProtocolRule, int> Rules,
    int Reports);

/// <summary>Some nodes, some liars, and trouble until <see cref="Plan.ChaosEndMs"/>; then everybody must settle.</summary>
internal sealed class Cluster
{
    private readonly World _world;
    private readonly Checker _checker;
    private readonly List<SimulatedNode> _honest = [];
    private readonly SortedDictionary<int, Liar> _liars = [];
    private readonly SortedDictionary<int, SimulatedNode> _nodes = [];

    private int _starvations;

    private Cluster(Plan plan, SafetyRules rules, bool keepTranscript)
    {
        _world = new World(plan) { KeepTranscript = keepTranscript };
        _checker = new Checker(_world);
        _world.Deliver = Deliver;
        _world.Decided = OnDecided;
        for (int i = 0; i < plan.Nodes; i++)
        {
            if (plan.Liars.Contains(i))
            {
                _liars.Add(i, new Liar(_world, _checker, i));
            }
            else
            {
                var node = new SimulatedNode(_world, _checker, i, rules);
                _honest.Add(node);
                _nodes.Add(i, node);
            }
        }
    }

    /// <summary>Runs one seed to its end.</summary>
    /// <exception cref="InvariantBrokenException">Something broke; the message holds the seed and how to see it again.</exception>
    public static RunReport Run(ulong seed, SafetyRules? rules = null, int? nodes = null) =>
        new Cluster(new Plan(seed, nodes), rules ?? SafetyRules.Sound, keepTranscript: false).Run(seed);

    /// <summary>The same run again, with everything that was said.</summary>
    public static IReadOnlyList<string> Transcribe(ulong seed, SafetyRules? rules = null, int? nodes = null)
    {
        var cluster = new Cluster(new Plan(seed, nodes), rules ?? SafetyRules.Sound, keepTranscript: true);
        try
        {
            cluster.Run(seed);
        }
        catch (InvariantBrokenException broken)
        {
            cluster._world.Transcript.Add(broken.Message);
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

        Every(_world.Plan.CrashEveryMs, CrashOne);
        Every(_world.Plan.PartitionEveryMs, Partition);
        Every(_world.Plan.StarveEveryMs, Starve);
        if (_world.Plan.Restorable.Count > 0)
        {
            ScheduleRestore(_nodes[_world.Plan.Restorable[0]]);
        }

        while (_world.Chaos && _world.RunNext())
        {
        }

        return Heal(seed);
    }

    private RunReport Heal(ulong seed)
    {
        foreach (SimulatedNode node in _honest.Where(node => !node.IsUp))
        {
            node.Boot();
        }

        ulong target = _honest.Max(node => node.Settled.Value) + Plan.HeightsAfterHealing;
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

        return new RunReport(
            seed, target, _checker.Steps, _world.NowMs - Plan.ChaosEndMs, _world.Faults, _checker.Rules, _checker.Reports);
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

    private void Every(long periodMs, Action action)
    {
        if (periodMs == 0)
        {
            return;
        }

        _world.After(_world.Random.Between(periodMs / 2, periodMs * 2), () =>
        {
            if (_world.Chaos)
            {
                action();
                Every(periodMs, action);
            }
        });
    }

    /// <summary>Now and then everybody at once.</summary>
    private void CrashOne()
    {
        bool all = _world.Random.Chance(10);
        foreach (SimulatedNode node in all ? _honest : [_world.Random.Pick(_honest)])
        {
            if (node.IsUp)
            {
                node.CrashAt(_world.Random.Pick([CrashPoint.Now, CrashPoint.Writing, CrashPoint.Spoken]), () =>
                    _world.After(_world.Random.Between(10, 3_000), () => BootIfDown(node)));
            }
        }
    }

    private void BootIfDown(SimulatedNode node)
    {
        if (!node.IsUp)
        {
            node.Boot();
        }
    }

    private void Partition()
    {
        ulong side = _world.Random.Next();
        bool oneWay = _world.Random.Chance(30);
        _world.Count(oneWay ? Fault.OneWayPartition : Fault.Partition);
        bool SideOf(int node) => (side >> node & 1) != 0;
        _world.Cut((from, to) => SideOf(from) == SideOf(to) || (oneWay && SideOf(from)));
        _world.After(_world.Random.Between(300, 4_000), _world.Heal);
    }

    /// <summary>
    /// An adversary in the network, hand in glove with the liars: for a while it keeps some validators' proposals,
    /// prevotes or precommits from some receivers, whoever relays them, and everything that one node, the victim,
    /// precommits or decides from all others. So the victim may decide while the rest, with a quorum of other
    /// precommits, go on without knowing.
    /// </summary>
    private void Starve()
    {
        _world.Count(Fault.Starvation);
        int percent = _world.Random.Pick<int>(_world.Plan.Splitting ? [0, 5, 15] : [5, 15, 30]);
        int victim = _world.Random.Pick(_honest).Index;
        _world.Victim = victim;
        _world.Aim = _world.Random.Pick(Enum.GetValues<Aim>());
        ulong salt = _world.Random.Next();
        bool Withheld(int who, int to, int kind, int chance) =>
            who != to && new SeededRandom(salt ^ ((ulong)((who * 64) + (to * 8) + kind) << 32)).Chance(chance);
        _world.Starve((from, to, wire) => wire switch
        {
            CommitWire when from == victim => true,
            VoteWire { Vote: { Vote.Step: VoteStep.Precommit } vote } when vote.Validator.Value == victim => true,
            ProposalWire when to == victim && _world.Aim == Aim.MissAQuorum => true,
            ProposalWire said when to == victim && _world.Aim == Aim.DecideAloneThenRevive =>
                said.Proposal.Proposal.Round == Round.Zero,
            VoteWire vote => Withheld(vote.Vote.Validator.Value, to, (int)vote.Vote.Vote.Step, percent),
            ProposalWire said => Withheld(said.Proposal.Proposer.Value, to, 0, percent),
            CommitWire => Withheld(from, to, 3, 80),
            _ => false,
        });
        int turn = ++_starvations;
        _world.After(_world.Random.Between(500, _world.Plan.Splitting ? 8_000 : 4_000), () =>
        {
            if (turn == _starvations)
            {
                _world.Starve(null);
                _world.Victim = null;
            }
        });
    }

    private void OnDecided(int node)
    {
        if (node != _world.Victim || _world.Aim != Aim.DecideAloneThenRestart || !_world.Plan.Splitting)
        {
            return;
        }

        foreach (SimulatedNode other in _honest.Where(other => other.Index != node && other.IsUp))
        {
            other.CrashAt(CrashPoint.Now, () => _world.After(_world.Random.Between(10, 100), () => BootIfDown(other)));
        }
    }

    /// <summary>A backup early on; later a crash, and the backup instead of the journal.</summary>
    private void ScheduleRestore(SimulatedNode node)
    {
        _world.After(_world.Random.Between(500, 5_000), node.TakeBackup);
        _world.After(_world.Random.Between(6_000, 15_000), () =>
        {
            void Restore() => node.BootFromBackup(() => _honest.Where(other => other != node).Max(other => other.Settled));
            if (node.IsUp)
            {
                node.CrashAt(CrashPoint.Now, Restore);
            }
            else
            {
                Restore();
            }
        });
    }
}
