using Ledger.Core;
using Ledger.TestKit;
using Record = Ledger.Records.Record;

namespace Ledger.Simulator;

/// <summary>
/// Operators who seal records and hand them to whichever node, again and again until they are settled, as the SDK does.
/// </summary>
internal sealed class Workload(World world, Checker checker, IReadOnlyList<HonestNode> honest)
{
    private const int Streams = 3;

    /// <summary>Records of one stream under way at once.</summary>
    private const int UnsettledMax = 3;

    private readonly Client[] _clients =
    [
        .. Enumerable.Range(0, Streams).Select(number => new Client(new Operator(world.Plan.Keys.OperatorOf(number)))),
    ];
    private int _forkers = Streams;

    /// <summary>Whether new records are sealed; what is under way is handed in again in any case.</summary>
    public bool Seals { get; set; } = true;

    public IEnumerable<StreamId> StreamIds => _clients.Select(client => client.Stream);

    /// <summary>Nothing is under way.</summary>
    public bool IsDone => Array.TrueForAll(_clients, client => Unsettled(client) == 0);

    public void Start() => world.After(world.Random.Between(100, 700), Tick);

    private void Tick()
    {
        Client client = world.Random.Pick(_clients);
        if (Unsettled(client) < UnsettledMax && Seals)
        {
            client.Seal();
        }

        HonestNode node = world.Random.Pick(honest);
        if (node.IsUp && client.UnderWay.Count > 0)
        {
            node.Submit([.. client.UnderWay.Select(record => record.Bytes)]);
        }

        if (world.Chaos && world.Random.Chance(2))
        {
            Fork();
        }

        world.After(world.Random.Between(world.Plan.WorkEveryMs / 2, world.Plan.WorkEveryMs * 2), Tick);
    }

    /// <summary>One history to one node, another to another: at most one of them can settle.</summary>
    private void Fork()
    {
        world.Count(Fault.ForkedStream);
        Operator forker = new(world.Plan.Keys.OperatorOf(_forkers++));
        byte[] other = forker.Fork("other");
        byte[] one = forker.Next();
        foreach (byte[] history in (byte[][])[one, other])
        {
            HonestNode node = world.Random.Pick(honest);
            if (node.IsUp)
            {
                node.Submit([history]);
            }
        }
    }

    private int Unsettled(Client client)
    {
        while (client.UnderWay.TryPeek(out (RecordId Id, byte[] Bytes) first)
            && checker.Oracle.Chain.Placement(first.Id) is not null)
        {
            client.UnderWay.Dequeue();
        }

        return client.UnderWay.Count;
    }

    private sealed class Client(Operator sealer)
    {
        public StreamId Stream => sealer.Stream;

        public Queue<(RecordId Id, byte[] Bytes)> UnderWay { get; } = [];

        public void Seal()
        {
            Record record = sealer.NextRecord();
            UnderWay.Enqueue((record.Id, record.Bytes.ToArray()));
        }
    }
}
