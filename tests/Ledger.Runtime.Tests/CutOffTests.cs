using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Loop;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests;

/// <summary>A peer that nobody reaches goes on sealing, and what it sealed settles once it is back.</summary>
public sealed class CutOffTests
{
    private const int Streams = 8;
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    private readonly VirtualCluster _cluster = new(seed: 51, nodes: 4);
    private readonly Operator[] _operators =
        [.. Enumerable.Range(0, Streams).Select(number => new Operator(600 + number))];

    private readonly List<byte[]> _records = [];
    private readonly List<Receipt> _receipts = [];

    /// <summary>Half of them before the peer loses its power, half after it; the others go on for an hour.</summary>
    [Fact]
    public void A_thousand_records_sealed_while_cut_off_settle_in_order_with_unchanged_ids()
    {
        CutOff(LoopRules.Sound, each: 62);
        VirtualNode peer = _cluster.Nodes[3];
        Seal(peer, 63);
        RecordId other = _cluster.Nodes[0].Submit(new Operator(700).Next())[0].Receipt!.Id;
        _cluster.Network.RunUntil(_cluster.Network.Now + TimeSpan.FromMinutes(30));
        Assert.True(Holds(_cluster.Nodes[2], other), "the others go on");
        Assert.True(_cluster.Nodes[0].Head.Height.Value > peer.Head.Height.Value + 10, "nothing settles at one alone");
        Assert.Equal(1_000, _receipts.Count - Streams);
        Assert.DoesNotContain(_receipts.Skip(Streams), one => _cluster.Nodes.Any(node => Holds(node, one.Id)));

        _cluster.Network.Heal();
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(HoldsAll), Soon), "not all of them settle");
        Assert.All(_cluster.Nodes, AssertInOrder);
        Height common = _cluster.Nodes.Min(node => node.Head.Height);
        Assert.Single(_cluster.Nodes.Select(node => node.Chain.Block(common)!.Header.Root).Distinct());
    }

    /// <summary>The switch: after its restart the peer does not know any more what it acknowledged.</summary>
    [Fact]
    public void A_peer_that_forgets_in_a_restart_what_it_acknowledged_loses_it()
    {
        CutOff(new Forgets(), each: 5);
        _cluster.Network.Heal();
        Assert.False(_cluster.RunUntil(() => HoldsAll(_cluster.Nodes[0]), TimeSpan.FromMinutes(2)));
    }

    /// <summary>
    /// A record of each stream settles; then the peer is alone, seals so many more of each, and loses its power.
    /// </summary>
    private void CutOff(LoopRules rules, int each)
    {
        VirtualNode peer = _cluster.Nodes[3];
        peer.Rules = rules;
        _cluster.Start();
        Seal(peer, 1);
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(HoldsAll), Soon));
        _cluster.Network.Partition([0, 1, 2], [3]);
        Seal(peer, each);
        _cluster.Network.RunUntil(_cluster.Network.Now + TimeSpan.FromMinutes(30));
        peer.Crash();
        peer.Start();
    }

    /// <summary>So many more of each stream, in turns.</summary>
    private void Seal(VirtualNode peer, int each)
    {
        byte[][] records =
            [.. Enumerable.Range(0, each).SelectMany(_ => _operators.Select(one => one.Next()))];
        foreach (SubmissionOutcome outcome in peer.Submit(records))
        {
            Assert.Null(outcome.Refusal);
            Assert.Equal(RecordPhase.Sealed, outcome.Receipt!.Phase);
            _receipts.Add(outcome.Receipt);
        }

        _records.AddRange(records);
    }

    /// <summary>Each stream's records stand in the log one after the other, bit for bit as they were sealed.</summary>
    private void AssertInOrder(VirtualNode node)
    {
        for (int stream = 0; stream < Streams; stream++)
        {
            ulong last = 0;
            for (int seq = 0; (seq * Streams) + stream < _receipts.Count; seq++)
            {
                Receipt receipt = _receipts[(seq * Streams) + stream];
                Record settled = node.Chain.Record(receipt.Id)!;
                Assert.Equal(_records[(seq * Streams) + stream], settled.Bytes.ToArray());
                Assert.Equal(receipt.Id, node.Chain.RecordAt(_operators[stream].Stream, new Sequence((ulong)seq)));
                LogIndex index = node.Chain.Placement(receipt.Id)!.Value.Index;
                Assert.True(seq == 0 || index.Value > last, $"record {seq} of stream {stream} is before its elder");
                last = index.Value;
            }
        }
    }

    private bool HoldsAll(VirtualNode node) => _receipts.All(one => Holds(node, one.Id));

    private static bool Holds(VirtualNode node, RecordId id) => node.Chain.Placement(id) is not null;

    private sealed class Forgets : LoopRules
    {
        public override bool RestoresPending => false;
    }
}
