using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;
using Ledger.Runtime.Snapshots;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;
using Record = Ledger.Records.Record;

namespace Ledger.Runtime.Tests.Snapshots;

/// <summary>
/// A chain with more records than one tile, two changes of its configuration and an approval that waits, and joins from
/// it without a network. Made once for all tests, which only read it.
/// </summary>
public sealed class SnapshotSource
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    private readonly VirtualCluster _cluster = new(seed: 61, nodes: 5, validators: 4);

    public SnapshotSource()
    {
        _cluster.Start();
        Settle(new Operator(700).Next(200));
        Change(1, new ConfigurationChange { Set = [VirtualCluster.ValidatorOf(4)] }, 0, 1, 2);
        Settle(new Operator(701).Next(90));
        Change(2, new ConfigurationChange { Remove = ["node3"] }, 0, 1, 2, 4);
        _ = _cluster.Nodes[0].SealOwn(RecordKind.Governance, Approval(3, 0, 1));
        Settle(new Operator(702).Next(5));
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(node => !node.Head.LastHadContent), Soon));
        Writer = new SnapshotWriter(Chain);
        Offer = Writer.Offers().First();
    }

    public GenesisDocument Genesis => _cluster.Genesis;

    public ChainStore Chain => _cluster.Nodes[0].Chain;

    internal SnapshotWriter Writer { get; }

    internal SnapshotOffer Offer { get; }

    internal byte[] Answer(SnapshotQuestion question) => question is SnapshotQuestion.Records records
        ? PeerCodec.List(records.Ids.Select(id => (ReadOnlyMemory<byte>)Chain.RecordBytes(id)!))
        : Writer.Answer(question.Encode())!;

    internal ImmutableArray<SnapshotWalk> Walk()
    {
        Assert.True(PeerCodec.TryReadList(
            Answer(new SnapshotQuestion.Walk(Offer.Next.Height, 0)), SnapshotWalk.StepsMax, out var items));
        return SnapshotWalk.TryParseAll(items)!.Value;
    }

    /// <summary>The fault that ends a join; "" if it was carried through and the node set down.</summary>
    /// <param name="tamper">Given each question and its honest answer.</param>
    internal string Join(
        MemoryStore store, Func<SnapshotQuestion, byte[], byte[]>? tamper = null, SnapshotRules? rules = null,
        SnapshotOffer? offer = null, ImmutableArray<SnapshotWalk>? walk = null, int answersMax = int.MaxValue)
    {
        ChainStore joining = Prepared(store);
        rules ??= SnapshotRules.Sound;
        StoreBatch first = new();
        string fault = "";
        SnapshotJoin? join = SnapshotJoin.TryResume(joining, Genesis, rules)
            ?? SnapshotJoin.TryBegin(joining, Genesis, offer ?? Offer, walk ?? Walk(), rules, first, out fault);
        if (join is null)
        {
            return fault;
        }

        store.Write(first);
        for (int answers = 0; join.Next() is { } question; answers++)
        {
            if (answers == answersMax)
            {
                return "interrupted";
            }

            byte[] answer = Answer(question);
            StoreBatch batch = new();
            if (join.Take(question, tamper?.Invoke(question, answer) ?? answer, batch) is { } refused)
            {
                return refused;
            }

            store.Write(batch);
        }

        Assert.True(join.IsComplete);
        return Conclude(store, joining, join, tamper, rules);
    }

    internal static ChainStore Prepared(MemoryStore store, GenesisDocument genesis)
    {
        ChainStore joining = new(store);
        if (joining.Genesis is null)
        {
            StoreBatch batch = new();
            ChainStore.PutGenesis(batch, genesis);
            store.Write(batch);
        }

        return joining;
    }

    private ChainStore Prepared(MemoryStore store) => Prepared(store, Genesis);

    private string Conclude(
        MemoryStore store, ChainStore joining, SnapshotJoin join, Func<SnapshotQuestion, byte[], byte[]>? tamper,
        SnapshotRules rules)
    {
        SnapshotQuestion.Governance asked = new(join.Offer.Height);
        byte[] governance = Answer(asked);
        governance = tamper?.Invoke(asked, governance) ?? governance;
        if (SnapshotTail.TryReadGovernance(joining, join.Offer, governance, rules, out string fault) is not { } records)
        {
            return fault;
        }

        StoreBatch last = new();
        SnapshotTail.Put(last, joining, Genesis, join.Offer, records);
        store.Write(last);
        return "";
    }

    private void Settle(byte[][] records)
    {
        RecordId last = default;
        foreach (byte[] record in records)
        {
            Assert.True(Record.TryParse(record, out Record? parsed, out _));
            last = parsed.Id;
        }

        Assert.All(_cluster.Nodes[0].Submit(records), outcome => Assert.Null(outcome.Refusal));
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(node => node.Chain.Placement(last) is not null), Soon));
    }

    private void Change(ulong at, ConfigurationChange change, params int[] approvers)
    {
        _ = _cluster.Nodes[0].SealOwn(
            RecordKind.Governance,
            Governor.Body(Genesis.Chain, change, at, approvers.Select(VirtualCluster.GovernanceKeyOf)));
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes.All(node => node.Head.Configuration.Change == at), Soon));
    }

    private Core.Cbor.CborMap Approval(ulong at, params int[] approvers) => Governor.Body(
        Genesis.Chain, new ConfigurationChange { Parameters = new Parameters { BlockRecords = 9 } }, at,
        approvers.Select(VirtualCluster.GovernanceKeyOf));
}
