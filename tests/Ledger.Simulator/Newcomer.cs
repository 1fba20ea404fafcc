using Ledger.Core;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;
using static Ledger.Simulator.Checker;

namespace Ledger.Simulator;

/// <summary>
/// A follower that has nothing and joins a network at work, by a snapshot as soon as one spares it a few blocks. It
/// crashes and runs out of space while it does, and must be like the others in the end.
/// </summary>
internal sealed class Newcomer(World world, HonestNode node)
{
    /// <summary>Chance of its own, so that the others' troubles are what they would be without it.</summary>
    private readonly SeededRandom _random = new(world.Plan.Seed + 1);

    public HonestNode Node => node;

    public void Start()
    {
        world.After(_random.Between(world.Plan.ChaosEndMs / 4, world.Plan.ChaosEndMs), () =>
        {
            world.Count(Fault.LateJoin);
            node.Boot();
            int crashes = _random.Below(4);
            for (int i = 0; i < crashes; i++)
            {
                world.After(_random.Between(1, 2_000), Crash);
            }

            if (_random.Chance(20))
            {
                node.FullUntilMs = world.NowMs + _random.Between(100, 2_000);
            }
        });
    }

    /// <summary>What no header binds is what the oracle has, who executed every block.</summary>
    public void CheckState(Oracle oracle)
    {
        foreach (Table table in (Table[])[Table.Usage, Table.Misbehaviour, Table.Approvals, Table.Streams])
        {
            Dictionary<string, string> expected = Rows(oracle.Chain, table);
            Dictionary<string, string> held = Rows(node.Chain, table);
            KeyValuePair<string, string> other =
                held.FirstOrDefault(row => expected.GetValueOrDefault(row.Key) != row.Value);
            Require(
                other.Key is null,
                "a node that joined knows what the others know",
                $"n{node.Index}, {table}: {other.Key} is {other.Value}");

            // Where quotas have been used in windows that are over, nobody asks any more.
            Require(
                table == Table.Usage || held.Count == expected.Count,
                "a node that joined knows what the others know",
                $"n{node.Index}, {table}: {held.Count} rows, not {expected.Count}");
        }
    }

    private static Dictionary<string, string> Rows(ChainStore chain, Table table) => chain.Raw.Scan(table, [], null)
        .ToDictionary(row => Convert.ToHexString(row.Key), row => Convert.ToHexString(row.Value));

    private void Crash()
    {
        if (node.IsUp && world.Chaos)
        {
            CrashPoint point = _random.Pick([CrashPoint.Now, CrashPoint.BeforeWrite, CrashPoint.AfterWrite]);
            node.CrashAt(point, () => world.After(_random.Between(10, 1_000), () =>
            {
                if (!node.IsUp)
                {
                    node.Boot();
                }
            }));
        }
    }
}
