using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Snapshots;
using Ledger.TestKit;
using Ledger.TestKit.Simulation;

namespace Ledger.Runtime.Tests.Snapshots;

/// <summary>Where a peer anchors, what it offers hangs on Bitcoin too, and is taken before what is newer.</summary>
public sealed class AnchoredOfferTests
{
    private const int Late = 4;

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    private readonly VirtualCluster _cluster = new(
        seed: 72, nodes: 5, validators: 4,
        parameters: new Parameters { HeartbeatMs = 5_000, AnchorBlocks = 3, AnchorMinutes = 1 }) { SnapshotBlocks = 3 };

    public AnchoredOfferTests()
    {
        SimulatedBitcoin bitcoin = new(seed: 7, () => _cluster.Epoch + _cluster.Network.Now);
        _cluster.Nodes[0].Bitcoin = bitcoin;
        for (int node = 0; node < Late; node++)
        {
            _cluster.Nodes[node].Start();
        }

        Mine();
        Assert.NotNull(_cluster.Nodes[0].Submit(new Operator(900).Next(2))[0].Receipt);
        Assert.True(_cluster.RunUntil(() => Anchored().Any(), Soon));
        Assert.NotNull(_cluster.Nodes[0].Submit(new Operator(901).Next(2))[0].Receipt);
        Assert.True(_cluster.RunUntil(() => Anchored().Any(offer => offer.Height.Value >= 3), Soon));
        Assert.True(_cluster.RunUntil(() => Offers()[0].Next.Height.Value > Anchored().Single().Next.Height.Value + 2, Soon));

        void Mine() => _cluster.Network.After(TimeSpan.FromSeconds(10), () =>
        {
            bitcoin.Mine();
            Mine();
        });
    }

    [Fact]
    public void A_late_node_begins_with_the_block_before_the_anchored_one()
    {
        // The fifth would go on from here by a newer one, were it not for Bitcoin.
        Height anchored = Anchored().Single().Next.Height;
        _cluster.Nodes[Late].Start();
        Assert.True(_cluster.RunUntil(() => _cluster.Nodes[Late].Chain.JoinedAt > Height.Zero, Soon));
        Assert.Contains(_cluster.Nodes[Late].Chain.JoinedAt.Next, Anchored().Select(offer => offer.Next.Height).Append(anchored));
    }

    [Fact]
    public void A_proof_of_something_else_is_no_proof()
    {
        SnapshotOffer offer = Anchored().Single();
        Assert.Equal("", Begin(offer));

        BitcoinEvidence bitcoin = offer.Bitcoin!;
        Assert.NotEqual("", Begin(Offers()[0] with { Bitcoin = bitcoin }));
        Assert.NotEqual("", Begin(offer with { Bitcoin = bitcoin with { Tx = Flipped(bitcoin.Tx, bitcoin.Tx.Length - 9) } }));

        // In its Merkle root: another time or nonce could be a sound block of regtest.
        Assert.NotEqual("", Begin(offer with { Bitcoin = bitcoin with { Header = Flipped(bitcoin.Header, 40) } }));
        Assert.NotEqual("", Begin(offer with { Bitcoin = bitcoin with { Index = bitcoin.Index ^ 1 } }));
    }

    private string Begin(SnapshotOffer offer)
    {
        SnapshotWriter writer = new(_cluster.Nodes[0].Chain);
        Assert.True(PeerCodec.TryReadList(
            writer.Answer(new SnapshotQuestion.Walk(offer.Next.Height, 0).Encode()), SnapshotWalk.StepsMax, out var items));
        ImmutableArray<SnapshotWalk> walk = SnapshotWalk.TryParseAll(items)!.Value;
        SnapshotJoin.TryBegin(
            SnapshotSource.Prepared(new MemoryStore(), _cluster.Genesis), _cluster.Genesis, offer, walk, SnapshotRules.Sound,
            new Ports.StoreBatch(), out string fault);
        return fault;
    }

    private static byte[] Flipped(ReadOnlyMemory<byte> bytes, int at)
    {
        byte[] flipped = bytes.ToArray();
        flipped[at] ^= 1;
        return flipped;
    }

    /// <summary>As a joining node reads them.</summary>
    private List<SnapshotOffer> Offers() =>
        [.. new SnapshotWriter(_cluster.Nodes[0].Chain).Offers().Select(offer =>
            SnapshotOffer.TryParse(offer.Encode(), "regtest", out SnapshotOffer read)
                ? read
                : throw new InvalidOperationException("an offer that cannot be read"))];

    private IEnumerable<SnapshotOffer> Anchored() => Offers().Where(offer => offer.Bitcoin is not null);
}
