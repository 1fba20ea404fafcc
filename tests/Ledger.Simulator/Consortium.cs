using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.TestKit.Simulation;

namespace Ledger.Simulator;

/// <summary>
/// The owners of the nodes, who change their own set while it works: one leaves and comes back, another gets more
/// power or a new key, approvals come in one record or in several of different nodes. A validator's place in the list
/// is always the number of its node: the last one alone leaves.
/// </summary>
internal sealed class Consortium(World world, Checker checker, IReadOnlyList<HonestNode> honest)
{
    /// <summary>Of a validator's power after a change.</summary>
    private const int PowerMax = 4;

    private readonly HashSet<int> _rekeyed = [];

    public void Start()
    {
        if (world.Plan.GovernEveryMs > 0)
        {
            world.After(world.Plan.GovernEveryMs, Tick);
        }
    }

    private void Tick()
    {
        Configuration last = checker.Oracle.Head.Upcoming;
        if (Propose(last) is { } change && change.TryApply(last, out Configuration next, out _)
            && world.Plan.IsTolerable(next))
        {
            Approve(change, last);
        }

        if (world.Chaos)
        {
            world.After(world.Random.Between(world.Plan.GovernEveryMs / 2, world.Plan.GovernEveryMs * 2), Tick);
        }
    }

    private ConfigurationChange? Propose(Configuration last)
    {
        int seats = last.Validators.Length;
        int node = world.Random.Below(seats);
        switch (world.Random.Below(4))
        {
            case 0 when seats < world.Plan.Nodes:
                return new ConfigurationChange { Set = [world.Plan.Member(seats)] };
            case 1 when seats > 3:
                return new ConfigurationChange { Remove = [last.Validators[^1].Name] };
            case 2 when !world.Plan.Liars.Contains(node) && _rekeyed.Add(node):
                return new ConfigurationChange
                {
                    Set = [last.Validators[node] with { VoteKey = world.Plan.Keys.NextVoteOf(node).PublicKey }],
                };
            default:
                ulong power = (ulong)world.Random.Between(1, PowerMax);
                return new ConfigurationChange { Set = [last.Validators[node] with { Power = power }] };
        }
    }

    /// <summary>Some approve together, the others each by themselves, and now and then not enough.</summary>
    private void Approve(ConfigurationChange change, Configuration last)
    {
        int together = world.Random.Below(last.Validators.Length) + 1;
        Seal(Enumerable.Range(0, together));
        for (int alone = together; alone < last.Validators.Length; alone++)
        {
            Seal([alone]);
        }

        void Seal(IEnumerable<int> approvers)
        {
            HonestNode node = world.Random.Pick(honest);
            int seats = checker.Oracle.Head.Configuration.Validators.Length;

            // A node that may come back with an old store could seal another record at the number of one that it
            // sealed, said and lost: not to seal below its stream's settled head is all that is promised of it.
            if (node.IsUp && node.Index < seats && !world.Plan.Restorable.Contains(node.Index))
            {
                world.Say(node.Index, $"brings approvals of change {last.Change + 1}");
                _ = node.Node.SealOwn(
                    RecordKind.Governance,
                    Governor.Body(
                        world.Genesis.Chain, change, last.Change + 1, approvers.Select(world.Plan.Keys.GovernanceOf)));
            }
        }
    }
}
