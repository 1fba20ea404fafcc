using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Snapshots;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests.Snapshots;

/// <summary>A late node of a whole network in virtual time joins by a snapshot, whoever else is in it.</summary>
public sealed class JoiningTests
{
    private const int Late = 4;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    private readonly List<NodeEvent> _events = [];
    private readonly VirtualCluster _cluster = new(seed: 71, nodes: 5, validators: 4) { SnapshotBlocks = 3 };
    private RecordId _first;

    [Fact]
    public void A_late_node_joins_by_a_snapshot_settles_with_the_others_and_fetches_the_past()
    {
        Grow();
        NodeEvents.Subscription heard = Join();
        CaughtUp(heard);
        Assert.Contains(_events, happened => happened is JoinedBySnapshot);
        Assert.DoesNotContain(_events, happened => happened is PeerLied);

        VirtualNode late = _cluster.Nodes[Late];
        Assert.True(_cluster.RunUntil(() => late.Chain.HeldFrom == new Height(1), Soon));
        Assert.True(late.Chain.JoinedAt > Height.Zero);
        Assert.Equal(_cluster.Nodes[0].Chain.Placement(_first), late.Chain.Placement(_first));
        for (Height height = new(1); height < late.Head.Height; height = height.Next)
        {
            Assert.Equal(_cluster.Nodes[0].Chain.Block(height)!.Encode(), late.Chain.Block(height)!.Encode());
        }

        RecordId next = late.Submit(new Operator(802).Next())[0].Receipt!.Id;
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(node => node.Chain.Placement(next) is not null), Soon));
    }

    [Fact]
    public void A_peer_that_lies_is_dropped_and_named_and_the_join_goes_on_with_the_others()
    {
        Grow();
        _cluster.Tampers = (from, to, packet) => from == 1 && to == Late && IsPiece(packet) ? Flipped(packet) : packet;
        NodeEvents.Subscription heard = Join();
        CaughtUp(heard);
        Assert.Contains(_events, happened => happened is JoinedBySnapshot);
        PeerLied lied = Assert.Single(_events.OfType<PeerLied>());
        Assert.Equal(VirtualPeers.IdentityOf(1), lied.Peer);
    }

    [Fact]
    public void A_node_that_ends_in_the_middle_of_a_join_takes_it_up_again()
    {
        Grow();
        Join();
        VirtualNode late = _cluster.Nodes[Late];
        Assert.True(_cluster.RunUntil(() => late.Chain.Joining is not null, Soon));
        byte[] chosen = late.Chain.Joining!;
        late.Crash();
        Assert.Equal(Height.Zero, late.Chain.Height);
        late.Start();
        NodeEvents.Subscription heard = late.Events.Subscribe();
        Assert.Equal(chosen, late.Chain.Joining!);
        CaughtUp(heard);
        Assert.Contains(_events, happened => happened is JoinedBySnapshot);
    }

    [Fact]
    public void A_node_whom_a_snapshot_spares_too_little_joins_by_blocks()
    {
        Grow();
        NodeEvents.Subscription heard = JoinAt(_cluster, 1_000_000);
        CaughtUp(heard);
        Assert.DoesNotContain(_events, happened => happened is JoinedBySnapshot);
        Assert.Equal(Height.Zero, _cluster.Nodes[Late].Chain.JoinedAt);
    }

    private void Grow()
    {
        for (int node = 0; node < Late; node++)
        {
            _cluster.Nodes[node].Start();
        }

        _first = Settle(800);
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes[0].Head.Height.Value > 5, Soon));
        Settle(801);
    }

    private RecordId Settle(int seed)
    {
        RecordId id = _cluster.Nodes[0].Submit(new Operator(seed).Next())[0].Receipt!.Id;
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes[0].Chain.Placement(id) is not null, Soon));
        return id;
    }

    private NodeEvents.Subscription Join()
    {
        _cluster.Nodes[Late].Rules = new ShortTail();
        _cluster.Nodes[Late].Start();
        return _cluster.Nodes[Late].Events.Subscribe();
    }

    private static NodeEvents.Subscription JoinAt(VirtualCluster cluster, int blocks)
    {
        cluster.SnapshotBlocks = blocks;
        cluster.Nodes[Late].Start();
        return cluster.Nodes[Late].Events.Subscribe();
    }

    private void CaughtUp(NodeEvents.Subscription heard)
    {
        RecordId id = Settle(810);
        bool reached = _cluster.RunUntil(() => _cluster.Nodes[Late].Chain.Placement(id) is not null, Soon);
        while (heard.Reader.TryRead(out NodeEvent? happened))
        {
            _events.Add(happened);
        }

        Assert.True(reached, string.Join("; ", _events));
    }

    /// <summary>An answer about a snapshot, longer than the offers.</summary>
    private static bool IsPiece(ReadOnlyMemory<byte> packet) =>
        packet.Span[0] == (byte)Envelope.Answer && packet.Span[9] == (byte)Question.Snapshot;

    private static byte[] Flipped(ReadOnlyMemory<byte> packet)
    {
        byte[] bytes = packet.ToArray();
        bytes[^7] ^= 1;
        return bytes;
    }

    private sealed class ShortTail : Runtime.Loop.LoopRules
    {
        public override SnapshotRules Snapshots { get; } = new Few();

        private sealed class Few : SnapshotRules
        {
            public override ulong MisbehaviourBlocks => 2;
        }
    }
}
