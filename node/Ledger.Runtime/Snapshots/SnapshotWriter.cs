using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Core.Streams;
using Ledger.Proofs.Evidence;
using Ledger.Records;
using Ledger.Records.Streams;
using Ledger.Runtime.Anchoring;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Evidence;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// Answers joining nodes out of what lies in the store: no snapshot is made in advance, since the map and the log keep
/// what older headers commit to. Null where this node does not hold what is asked for. Thread-safe as the store is.
/// </summary>
internal sealed class SnapshotWriter(ChainStore store)
{
    /// <summary>Settled blocks in one answer stay below this, so that a peer with a slow line gets somewhere.</summary>
    private const int PastBytes = 2 * 1024 * 1024;

    /// <summary>Blocks in one answer.</summary>
    public const int PastTogether = 64;

    /// <summary>Records of validators' own streams that one question about governance makes this node look at.</summary>
    private const int LooksMax = 100_000;

    public byte[]? Answer(ReadOnlySpan<byte> content) =>
        SnapshotQuestion.TryParse(content, out SnapshotQuestion question) ? Answer(question) : null;

    private byte[]? Answer(SnapshotQuestion question) => question switch
    {
        SnapshotQuestion.Offers => PeerCodec.List(Offers().Select(offer => (ReadOnlyMemory<byte>)offer.Encode())),
        SnapshotQuestion.Walk walk => Walk(walk),
        SnapshotQuestion.Configuration wanted => store.Raw.Get(Table.Configurations, wanted.Digest.Span),
        SnapshotQuestion.Tiles tiles => Tiles(tiles),
        SnapshotQuestion.Nodes nodes => Nodes(nodes),
        SnapshotQuestion.Past past => Some(Past(past.Below)),
        SnapshotQuestion.Governance governance => Governance(governance.At),
        _ => null,
    };

    private static byte[]? Some(IEnumerable<ReadOnlyMemory<byte>> items)
    {
        ReadOnlyMemory<byte>[] held = [.. items];
        return held.Length == 0 ? null : PeerCodec.List(held);
    }

    /// <summary>The newest block that another one follows, and the newest whose follower is in Bitcoin.</summary>
    public IEnumerable<SnapshotOffer> Offers()
    {
        if (store.Height.Value > 1 && Offer(store.Height, null) is { } newest)
        {
            yield return newest;
        }

        foreach ((byte[] key, byte[] value) in store.Raw.Scan(Table.Anchors, [], null, reverse: true))
        {
            if (AnchorBatchCodec.Decode(value) is { Proof: { } proof, Transaction: { } transaction }
                && Offer(new Height(StoreKeys.Number(key)), new BitcoinEvidence(
                    transaction.Stripped, proof.Index, proof.Branch, proof.Header, proof.Height, "")) is { } anchored)
            {
                yield return anchored;
                yield break;
            }
        }
    }

    /// <summary>Null where this node does not hold the state after the block before.</summary>
    private SnapshotOffer? Offer(Height next, BitcoinEvidence? bitcoin) =>
        next.Value > 1 && next.Previous >= store.JoinedAt
        && store.Block(next.Previous) is { } block && store.Block(next) is { } follower && !follower.Header.IsFirst
            ? new SnapshotOffer(block.Header, block.Commit, follower.Header, follower.Commit, bitcoin)
            : null;

    private byte[]? Walk(SnapshotQuestion.Walk question)
    {
        if (store.Genesis is not { } genesis || store.Header(question.To) is not { } to)
        {
            return null;
        }

        ImmutableArray<WalkStep> steps = WalkBuilder.To(store, genesis, [to]);
        return PeerCodec.List(steps.Skip((int)Math.Min(question.From, (ulong)steps.Length))
            .Select(step => (ReadOnlyMemory<byte>)SnapshotWalk.Encode(
                step.Configuration, BlockOf(step) is { } block ? block.Encode() : default)));
    }

    private SettledBlock? BlockOf(WalkStep step) =>
        !step.Header.IsEmpty && Header.TryParse(step.Header.Span, out Header header, out _)
            ? store.Block(header.Height)
            : null;

    private byte[]? Tiles(SnapshotQuestion.Tiles question)
    {
        List<ReadOnlyMemory<byte>> held = [];
        foreach (TileId tile in question.Ids)
        {
            if (tile.Width == 0 || !((ITileReader)store).TryRead(tile, out ReadOnlyMemory<byte> hashes))
            {
                return null;
            }

            held.Add(hashes[..tile.ByteCount]);
        }

        return PeerCodec.List(held);
    }

    private byte[]? Nodes(SnapshotQuestion.Nodes question)
    {
        List<ReadOnlyMemory<byte>> items = [];
        long bytes = 0;
        foreach (Digest hash in question.Hashes)
        {
            if (!((IMapNodes)store).TryGet(hash, out MapNode node))
            {
                return null;
            }

            byte[] item = Item(node);
            bytes += item.Length;
            items.Add(item);
            if (bytes >= PeerLimits.AnswerBytes)
            {
                break;
            }
        }

        return PeerCodec.List(items);
    }

    /// <summary><c>[node, state / null, [* key]]</c>: a leaf comes with the state and the keys that it names.</summary>
    private byte[] Item(in MapNode node)
    {
        byte[] encoded = new byte[MapNode.EncodedBytes];
        node.Encode(encoded);
        CborWriter writer = new(4_096);
        writer.Array(3).Bytes(encoded);
        if (!node.IsLeaf)
        {
            return writer.Null().Array(0).ToArray();
        }

        StreamState state = store.StreamAt(node.Value)
            ?? throw new StoreCorruptException($"The stream state {node.Value} is missing. Restore the node's folder from a backup.");
        writer.Bytes(state.Encode()).Array(state.Keys.Length);
        foreach (StreamKey key in state.Keys)
        {
            writer.Bytes(store.PublicKey(key.Kid)
                ?? throw new StoreCorruptException($"The public key {key.Kid} is missing. Restore the node's folder from a backup."));
        }

        return writer.ToArray();
    }

    /// <summary>
    /// Nothing where this node lacks that block itself: the commit under the one before may then be another than it names.
    /// </summary>
    private IEnumerable<ReadOnlyMemory<byte>> Past(Height below)
    {
        if (store.Height < below)
        {
            yield break;
        }

        int bytes = 0;
        for (int i = 0; i < PastTogether && below.Value > 1 && bytes < PastBytes; i++)
        {
            below = below.Previous;
            if (store.Raw.Get(Table.Blocks, StoreKeys.Of(below)) is not { } block || below < store.HeldFrom)
            {
                yield break;
            }

            bytes += block.Length;
            yield return block;
        }
    }

    /// <summary>
    /// Of the validators' own streams: the records of kind <c>governance</c> since the last change, up to a block. In
    /// the log's order, each with its place there. Null where this node does not hold them all.
    /// </summary>
    private byte[]? Governance(Height at)
    {
        if (store.Header(at) is not { } block || store.Genesis is not { } genesis)
        {
            return null;
        }

        Height decided = store.Changes().Where(height => height <= block.Height).DefaultIfEmpty(new Height(1)).Last();
        Header? before = decided.Value <= 2 ? null : store.Header(new Height(decided.Value - 2));
        if (before is null && decided.Value > 2)
        {
            return null;
        }

        ulong first = before?.Size.Value ?? 0;
        Configuration configuration = block.Next == genesis.Configuration.Digest
            ? genesis.Configuration
            : store.Configuration(block.Next);
        SortedDictionary<LogIndex, byte[]> found = [];
        int looks = 0;
        foreach (Core.Chain.Validator validator in configuration.Validators)
        {
            Sequence? seq = store.Stream(validator.Stream)?.Seq;
            for (; seq is { } number; seq = number.Value == 0 ? null : new Sequence(number.Value - 1))
            {
                if (++looks > LooksMax || store.RecordAt(validator.Stream, number) is not { } id)
                {
                    return null;
                }

                LogIndex index = store.Placement(id)!.Value.Index;
                if (index.Value < first)
                {
                    break;
                }

                if (index.Value < block.Size.Value && store.Record(id) is { Kind: RecordKind.Governance } record)
                {
                    found[index] = record.Bytes.ToArray();
                }
            }
        }

        return PeerCodec.List(found.Select(pair =>
            (ReadOnlyMemory<byte>)new CborWriter(pair.Value.Length + 16)
                .Array(2).Unsigned(pair.Key.Value).Bytes(pair.Value).ToArray()));
    }
}
