using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Log;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// What a joining node asks a peer, as an array that begins with a number (N5). The formats stand in
/// <c>consensus/SNAPSHOTS.md</c>.
/// </summary>
internal abstract record SnapshotQuestion
{
    /// <summary>Tiles asked for at once: 512 KiB.</summary>
    public const int TilesMax = 64;

    /// <summary>Map nodes asked for at once.</summary>
    public const int NodesMax = 512;

    public virtual Question Kind => Question.Snapshot;

    public abstract byte[] Encode();

    /// <summary>What can be had: newest, and newest under an anchor.</summary>
    public sealed record Offers : SnapshotQuestion
    {
        public override byte[] Encode() => new CborWriter(8).Array(1).Unsigned(0).ToArray();
    }

    /// <summary>The way from the genesis document to the validators of a block, from a step on.</summary>
    public sealed record Walk(Height To, ulong From) : SnapshotQuestion
    {
        public override byte[] Encode() =>
            new CborWriter(32).Array(3).Unsigned(1).Unsigned(To.Value).Unsigned(From).ToArray();
    }

    public sealed record Configuration(Digest Digest) : SnapshotQuestion
    {
        public override byte[] Encode() => new CborWriter(48).Array(2).Unsigned(2).Bytes(Digest).ToArray();
    }

    /// <summary>Tiles as a log of this size has them.</summary>
    public sealed record Tiles(TreeSize Size, ImmutableArray<TileId> Ids) : SnapshotQuestion
    {
        public override byte[] Encode()
        {
            CborWriter writer = new(1_024);
            writer.Array(3).Unsigned(3).Unsigned(Size.Value).Array(Ids.Length);
            foreach (TileId tile in Ids)
            {
                writer.Array(2).Unsigned(tile.Level).Unsigned(tile.Index);
            }

            return writer.ToArray();
        }
    }

    /// <summary>Nodes of the streams map by their hashes, and what a leaf stands for.</summary>
    public sealed record Nodes(ImmutableArray<Digest> Hashes) : SnapshotQuestion
    {
        public override byte[] Encode()
        {
            CborWriter writer = new(16 + (Hashes.Length * 34));
            writer.Array(2).Unsigned(4).Array(Hashes.Length);
            foreach (Digest hash in Hashes)
            {
                writer.Bytes(hash);
            }

            return writer.ToArray();
        }
    }

    /// <summary>Blocks below a height, from the highest down.</summary>
    public sealed record Past(Height Below) : SnapshotQuestion
    {
        public override byte[] Encode() => new CborWriter(16).Array(2).Unsigned(5).Unsigned(Below.Value).ToArray();
    }

    /// <summary>Governance records for the change that comes next, as of a block.</summary>
    public sealed record Governance(Height At) : SnapshotQuestion
    {
        public override byte[] Encode() => new CborWriter(16).Array(2).Unsigned(6).Unsigned(At.Value).ToArray();
    }

    /// <summary>Records of blocks of the past: the question that proposals' records are asked for with.</summary>
    public sealed record Records(ImmutableArray<RecordId> Ids) : SnapshotQuestion
    {
        public override Question Kind => Question.Records;

        public override byte[] Encode() => PeerCodec.Ids(Ids);
    }

    /// <summary>Reads what a peer asks; all but <see cref="Records"/>, which has a question of its own.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SnapshotQuestion question)
    {
        question = null!;
        CborReader reader = new(bytes);
        if (!reader.TryReadArray(out int count) || !reader.TryReadUnsigned(out ulong kind))
        {
            return false;
        }

        bool read = (kind, count) switch
        {
            (0, 1) => (question = new Offers()) is not null,
            (1, 3) => TryReadWalk(ref reader, out question),
            (2, 2) => reader.TryReadDigest(out Digest digest) && (question = new Configuration(digest)) is not null,
            (3, 3) => TryReadTiles(ref reader, out question),
            (4, 2) => TryReadNodes(ref reader, out question),
            (5, 2) => reader.TryReadUnsigned(out ulong below) && (question = new Past(new Height(below))) is not null,
            (6, 2) => reader.TryReadUnsigned(out ulong at) && (question = new Governance(new Height(at))) is not null,
            _ => false,
        };
        return read && reader.EndArray() && reader.TryFinish();
    }

    private static bool TryReadWalk(ref CborReader reader, out SnapshotQuestion question)
    {
        bool read = reader.TryReadUnsigned(out ulong to) & reader.TryReadUnsigned(out ulong from);
        question = new Walk(new Height(to), from);
        return read;
    }

    private static bool TryReadTiles(ref CborReader reader, out SnapshotQuestion question)
    {
        question = null!;
        if (!reader.TryReadUnsigned(out ulong size) || !reader.TryReadArray(out int count) || count is 0 or > TilesMax)
        {
            return false;
        }

        ImmutableArray<TileId>.Builder tiles = ImmutableArray.CreateBuilder<TileId>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadArray(2) || !reader.TryReadUnsigned(out ulong level) || level > TileId.LevelMax
                || !reader.TryReadUnsigned(out ulong index) || !reader.EndArray())
            {
                return false;
            }

            tiles.Add(TileId.In(new TreeSize(size), (byte)level, index));
        }

        question = new Tiles(new TreeSize(size), tiles.MoveToImmutable());
        return reader.EndArray();
    }

    private static bool TryReadNodes(ref CborReader reader, out SnapshotQuestion question)
    {
        question = null!;
        if (!reader.TryReadArray(out int count) || count is 0 or > NodesMax)
        {
            return false;
        }

        ImmutableArray<Digest>.Builder hashes = ImmutableArray.CreateBuilder<Digest>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadDigest(out Digest hash))
            {
                return false;
            }

            hashes.Add(hash);
        }

        question = new Nodes(hashes.MoveToImmutable());
        return reader.EndArray();
    }
}
