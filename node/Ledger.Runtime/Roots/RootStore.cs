using System.Buffers.Binary;
using Ledger.Anchoring.Roots;
using Ledger.Core;
using Ledger.Core.Log;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Roots;

/// <summary>Where digests, their batches and their trees are kept. Thread-safe.</summary>
public sealed class RootStore(IStore store)
{
    /// <summary>The number that the next digest gets.</summary>
    public ArrivalNumber Next => store.Scan(Table.Arrivals, [], null, reverse: true).Take(1)
        .Select(pair => new ArrivalNumber(StoreKeys.Number(pair.Key)).Plus(1)).FirstOrDefault();

    /// <summary>The newest batch; null where there is none.</summary>
    public RootBatch? Last => store.Scan(Table.RootBatches, [], null, reverse: true).Take(1)
        .Select(pair => RootBatchCodec.Decode(pair.Value)).FirstOrDefault();

    /// <summary>Null for a digest that was not submitted here.</summary>
    public ArrivalNumber? Find(Digest digest) =>
        store.Get(Table.Digests, digest.Span) is { } number ? new ArrivalNumber(StoreKeys.Number(number)) : null;

    /// <summary>The batch that holds the digest of this number; null while it waits for one.</summary>
    public RootBatch? BatchOf(ArrivalNumber digest) =>
        store.Scan(Table.RootBatches, [], StoreKeys.Number(digest.Plus(1).Value), reverse: true).Take(1)
            .Select(pair => RootBatchCodec.Decode(pair.Value)).FirstOrDefault(batch => batch.Holds(digest));

    /// <summary>All batches, oldest first.</summary>
    public IEnumerable<RootBatch> Batches =>
        store.Scan(Table.RootBatches, [], null).Select(pair => RootBatchCodec.Decode(pair.Value));

    /// <summary>That the digest of this number is a leaf of the batch's tree.</summary>
    /// <exception cref="StoreCorruptException">The tree is not there, or another one than the batch names.</exception>
    public InclusionProof Inclusion(RootBatch batch, ArrivalNumber digest)
    {
        LogIndex index = new(digest.Value - batch.First.Value);
        return LogProofs.TryInclusion(
            new Tiles(store, batch.First), index, new TreeSize((ulong)batch.Count), out InclusionProof proof, out LogFault fault)
            ? proof
            : throw new StoreCorruptException(
                $"The tree over digests from {batch.First} on cannot be read: {fault}. Restore the node's folder from a backup.");
    }

    internal Digest[] Digests(ArrivalNumber first, int count)
    {
        Digest[] digests = new Digest[count];
        int found = 0;
        foreach ((byte[] _, byte[] digest) in store.Scan(
            Table.Arrivals, StoreKeys.Number(first.Value), StoreKeys.Number(first.Plus(count).Value)))
        {
            digests[found++] = new Digest(digest);
        }

        return found == count
            ? digests
            : throw new StoreCorruptException(
                $"Of {count} digests from {first} on only {found} are kept. Restore the node's folder from a backup.");
    }

    internal static void Keep(StoreBatch batch, Digest digest, ArrivalNumber number)
    {
        byte[] key = StoreKeys.Number(number.Value);
        batch.Put(Table.Digests, digest.Span, key).Put(Table.Arrivals, key, digest.Span);
    }

    internal void Write(StoreBatch batch) => store.Write(batch);

    /// <summary>Batch and tree, together or not at all.</summary>
    internal void Save(RootBatch batch, LogAppend tree)
    {
        StoreBatch changes = Row(batch);
        foreach (TileUpdate update in tree.Tiles)
        {
            changes.Put(Table.RootTiles, TileKey(batch.First, update.Tile), update.Hashes.Span);
        }

        store.Write(changes);
    }

    /// <summary>The batch alone: its tree is there.</summary>
    internal void Save(RootBatch batch) => store.Write(Row(batch));

    private static StoreBatch Row(RootBatch batch) =>
        new StoreBatch().Put(Table.RootBatches, StoreKeys.Number(batch.First.Value), RootBatchCodec.Encode(batch));

    private static byte[] TileKey(ArrivalNumber first, in TileId tile)
    {
        byte[] key = new byte[sizeof(ulong) + 1 + sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(key, first.Value);
        key[sizeof(ulong)] = tile.Level;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(sizeof(ulong) + 1), tile.Index);
        return key;
    }

    private sealed class Tiles(IStore store, ArrivalNumber first) : ITileReader
    {
        public bool TryRead(in TileId tile, out ReadOnlyMemory<byte> hashes)
        {
            byte[]? bytes = store.Get(Table.RootTiles, TileKey(first, tile));
            hashes = bytes;
            return bytes is not null && bytes.Length >= tile.ByteCount;
        }
    }
}
