using Ledger.Core;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests;

/// <summary>Records of a block that come in several answers, the key of all in the first.</summary>
public sealed class FetchTests
{
    private const int Late = 4;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Keys_that_found_no_room_on_the_disk_are_fetched_again(bool sound)
    {
        VirtualCluster cluster = new(seed: 3, nodes: 5, validators: 4);
        for (int node = 0; node < Late; node++)
        {
            cluster.Nodes[node].Start();
        }

        Operator alice = new(100);
        SubmissionOutcome[] outcomes = cluster.Nodes[0].Submit(alice.Next(PeerCodec.IdsMax + 1));
        (RecordId first, RecordId last) = (outcomes[0].Receipt!.Id, outcomes[^1].Receipt!.Id);
        Assert.True(cluster.RunUntil(() => cluster.Nodes[0].Chain.Placement(last) is not null, Soon));
        Assert.Equal(cluster.Nodes[0].Chain.Placement(first)!.Value.Height, cluster.Nodes[0].Chain.Placement(last)!.Value.Height);

        VirtualNode late = cluster.Nodes[Late];
        FullForKeys disk = new(late, alice.Key);
        late.Witness = disk;
        late.Rules = sound ? LoopRules.Sound : new LosesKeys();
        late.Start();
        Assert.Equal(sound, cluster.RunUntil(() => late.Chain.Placement(last) is not null, Soon));
        Assert.True(disk.WasFull);
    }

    /// <summary>Has no room when a key is first to be written.</summary>
    private sealed class FullForKeys(VirtualNode node, KeyId key) : NodeWitness
    {
        public bool WasFull { get; private set; }

        public override void Writing(StoreBatch batch)
        {
            node.Store.Full = !WasFull && batch.Changes.Any(change =>
                change.Table == Table.PublicKeys && change.Key.AsSpan().SequenceEqual(key.Value.Span));
            WasFull |= node.Store.Full;
        }
    }

    private sealed class LosesKeys : LoopRules
    {
        public override bool FetchesAgainWhenFull => false;
    }
}
