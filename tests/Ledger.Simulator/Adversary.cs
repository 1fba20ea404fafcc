using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Peers;

namespace Ledger.Simulator;

/// <summary>What befalls the nodes and the network, by the plan, until the trouble ends.</summary>
internal sealed class Adversary(World world, IReadOnlyList<HonestNode> honest)
{
    private static readonly CrashPoint[] Points =
        [CrashPoint.Now, CrashPoint.BeforeWrite, CrashPoint.AfterWrite, CrashPoint.Spoken];

    private HonestNode? _restorable;
    private int _starvations;

    public void Start()
    {
        world.Decided = OnDecided;
        Every(world.Plan.CrashEveryMs, Crash);
        Every(world.Plan.PartitionEveryMs, Partition);
        Every(world.Plan.StarveEveryMs, Starve);
        Every(world.Plan.FullDiskEveryMs, FillADisk);
        if (world.Plan.Restorable.Count > 0)
        {
            _restorable = honest.Single(node => node.Index == world.Plan.Restorable[0]);
            ScheduleRestore();
        }
    }

    private void Every(long periodMs, Action action)
    {
        if (periodMs == 0)
        {
            return;
        }

        world.After(world.Random.Between(periodMs / 2, periodMs * 2), () =>
        {
            if (world.Chaos)
            {
                action();
                Every(periodMs, action);
            }
        });
    }

    /// <summary>Now and then everybody at once.</summary>
    private void Crash()
    {
        bool all = world.Random.Chance(10);
        if (all)
        {
            world.Count(Fault.Blackout);
        }

        foreach (HonestNode node in all ? honest : [world.Random.Pick(honest)])
        {
            if (node.IsUp)
            {
                node.CrashAt(world.Random.Pick(Points), () =>
                    world.After(world.Random.Between(10, 2_000), () => BootIfDown(node)));
            }
        }
    }

    private static void BootIfDown(HonestNode node)
    {
        if (!node.IsUp)
        {
            node.Boot();
        }
    }

    private void FillADisk() =>
        world.Random.Pick(honest).FullUntilMs = world.NowMs + world.Random.Between(100, 3_000);

    private void Partition()
    {
        ulong side = world.Random.Next();
        bool oneWay = world.Random.Chance(30);
        world.Count(oneWay ? Fault.OneWayPartition : Fault.Partition);
        bool SideOf(int node) => (side >> node & 1) != 0;
        world.Cut((from, to) => SideOf(from) == SideOf(to) || (oneWay && SideOf(from)));
        world.After(world.Random.Between(300, 3_000), world.Heal);
    }

    /// <summary>
    /// An adversary in the network, hand in glove with the liars: for a while it keeps some validators' proposals,
    /// prevotes or precommits from some receivers, whoever relays them, and everything that one node, the victim,
    /// precommits or decides from all others. So the victim may decide while the rest, with a quorum of other
    /// precommits, go on without knowing.
    /// </summary>
    private void Starve()
    {
        world.Count(Fault.Starvation);
        int percent = world.Random.Pick<int>(world.Plan.Splitting ? [0, 5, 15] : [5, 15, 30]);
        HonestNode victim = _restorable is { } old && world.Random.Chance(50) ? old : world.Random.Pick(honest);
        world.Victim = victim.Index;
        world.Aim = world.Random.Pick(Enum.GetValues<Aim>());
        ulong salt = world.Random.Next();
        bool Withheld(int who, int to, int kind, int chance) =>
            who != to && new SeededRandom(salt ^ ((ulong)((who * 256) + (to * 16) + kind) << 32)).Chance(chance);
        bool IsWithheld(int to, ConsensusMessage message) => message switch
        {
            ConsensusMessage.VoteMessage { Signed: { Vote.Step: VoteStep.Precommit } vote }
                when vote.Validator.Value == victim.Index => true,
            ConsensusMessage.ProposalMessage when to == victim.Index && world.Aim == Aim.MissAQuorum => true,
            ConsensusMessage.ProposalMessage { Signed: var said }
                when to == victim.Index && world.Aim == Aim.DecideAloneThenRevive =>
                said.Proposal.Round == Round.Zero,
            ConsensusMessage.VoteMessage { Signed: var vote } =>
                Withheld(vote.Validator.Value, to, (int)vote.Vote.Step, percent),
            ConsensusMessage.ProposalMessage { Signed: var said } => Withheld(said.Proposer.Value, to, 0, percent),
            _ => false,
        };
        world.Starve((from, to, packet) =>
            (packet.Settles && (from == victim.Index || Withheld(from, to, 3, 80)))
            || packet.Said.Any(message => IsWithheld(to, message)));
        int turn = ++_starvations;
        world.After(world.Random.Between(500, world.Plan.Splitting ? 8_000 : 4_000), () =>
        {
            if (turn == _starvations)
            {
                world.Starve(null);
                world.Victim = null;
            }
        });
    }

    private void OnDecided(int node)
    {
        if (node != world.Victim || !world.Plan.Splitting || !world.Chaos)
        {
            return;
        }

        if (node == _restorable?.Index && world.Random.Chance(50))
        {
            // It alone knows of the block, and perhaps speaks at the height after it before it forgets.
            world.After(world.Random.Between(10, 150), Restore);
        }

        if (world.Aim != Aim.DecideAloneThenRestart)
        {
            return;
        }

        foreach (HonestNode other in honest.Where(other => other.Index != node && other.IsUp))
        {
            other.CrashAt(CrashPoint.Now, () => world.After(world.Random.Between(10, 100), () => BootIfDown(other)));
        }
    }

    /// <summary>A backup early on; later a crash, and the backup instead of the disk.</summary>
    private void ScheduleRestore()
    {
        world.After(world.Random.Between(500, world.Plan.ChaosEndMs / 3), () => _restorable!.Back());
        world.After(world.Random.Between(world.Plan.ChaosEndMs / 3, world.Plan.ChaosEndMs), Restore);
    }

    private void Restore()
    {
        if (!world.Chaos)
        {
            return;
        }

        HonestNode node = _restorable!;
        if (node.IsUp)
        {
            node.CrashAt(CrashPoint.Now, node.BootFromBackup);
        }
        else
        {
            node.BootFromBackup();
        }
    }
}
