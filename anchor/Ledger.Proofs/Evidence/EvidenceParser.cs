using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Proofs.Evidence;

/// <summary>The one door for evidence files. Strict: closed maps, canonical order, limits on every member.</summary>
public static class EvidenceParser
{
    /// <summary>True if <paramref name="bytes"/> claim to be an evidence file (a CBOR map) and not a bare chain.</summary>
    public static bool LooksLikeEvidence(ReadOnlySpan<byte> bytes) => bytes.Length > 0 && bytes[0] >> 5 == 5;

    /// <summary>Slices of <paramref name="bytes"/> are kept: the caller leaves the memory unchanged.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out EvidenceFile file, out EvidenceFault fault)
    {
        CborReader reader = new(bytes.Span);
        if (bytes.Length > EvidenceFile.BytesMax)
        {
            reader.Fail(CborFault.WrongLength, 0);
        }

        ItemList keys = new(bytes, EvidenceFile.KeysMax, Limits.PublicKeyBytes, Limits.PublicKeyBytes);
        ItemList records = new(bytes, EvidenceFile.RecordsMax, 1, Limits.RecordBytes);
        ChainEvidence? chain = null;
        EvidenceScope scope = default;
        Digest stream = default;
        bool checksumHolds = false;
        bool read = reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && keys.TryRead(ref reader, ref map, "keys"u8)
            && reader.TryReadKey(ref map, "type"u8)
            && reader.TryReadText("evidence"u8)
            && TryReadOptionalChain(ref reader, ref map, bytes, out chain)
            && TryReadScope(ref reader, ref map, out scope)
            && reader.TryReadMember(ref map, "stream"u8, out stream)
            && records.TryRead(ref reader, ref map, "records"u8)
            && (records.Items.Count > 0 || reader.Fail(CborFault.WrongCount, reader.Position))
            && (chain is null || chain.Log.Length == records.Items.Count || reader.Fail(CborFault.WrongCount, reader.Position))
            && TryReadChecksum(ref reader, ref map, bytes.Span, out checksumHolds)
            && reader.EndMap(map)
            && reader.TryFinish();
        fault = new EvidenceFault(reader.Error, records.Items.Count);
        file = read
            ? new EvidenceFile
            {
                Keys = keys.Items.ToImmutable(),
                Chain = chain,
                Scope = scope,
                Stream = new StreamId(stream),
                Records = records.Items.ToImmutable(),
                ChecksumHolds = checksumHolds,
            }
            : null!;
        return read;
    }

    /// <summary>The checksum is over everything that stands before its key.</summary>
    private static bool TryReadChecksum(
        ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> file, out bool holds)
    {
        int end = reader.Position;
        bool read = reader.TryReadMember(ref map, "checksum"u8, out Digest checksum);
        holds = read && checksum == Digest.Of(file[..end]);
        return read;
    }

    private static bool TryReadScope(ref CborReader reader, ref CborMapScope map, out EvidenceScope scope)
    {
        int at = reader.Position;
        bool read = reader.TryReadMember(ref map, "scope"u8, 16, out string word);
        scope = word switch { "record" => EvidenceScope.Record, "range" => EvidenceScope.Range, _ => EvidenceScope.Stream };
        return read && (word is "record" or "range" or "stream" || reader.Fail(CborFault.WrongValue, at));
    }

    private static bool TryReadOptionalChain(
        ref CborReader reader, ref CborMapScope map, ReadOnlyMemory<byte> source, out ChainEvidence? chain)
    {
        chain = null;
        if (!reader.TryReadOptionalKey(ref map, "chain"u8))
        {
            return !reader.HasError;
        }

        ImmutableArray<LogInclusion>.Builder log = ImmutableArray.CreateBuilder<LogInclusion>();
        ImmutableArray<Checkpoint>.Builder checkpoints = ImmutableArray.CreateBuilder<Checkpoint>();
        HeadEvidence head = null!;
        ReadOnlyMemory<byte> genesis = default;
        ImmutableArray<WalkStep>.Builder walk = ImmutableArray.CreateBuilder<WalkStep>();
        bool read = reader.TryReadMap(out CborMapScope inner)
            && reader.TryReadArrayMember(ref inner, "log"u8, EvidenceFile.RecordsMax, out int inclusions)
            && TryReadLog(ref reader, inclusions, log)
            && TryReadHead(ref reader, ref inner, source, out head)
            && TryReadOptionalWalk(ref reader, ref inner, source, walk)
            && TryReadSlice(ref reader, ref inner, "genesis"u8, ChainEvidence.GenesisBytesMax, source, out genesis)
            && reader.TryReadArrayMember(ref inner, "checkpoints"u8, ChainEvidence.CheckpointsMax, out int count)
            && TryReadCheckpoints(ref reader, count, source, checkpoints)
            && reader.EndMap(inner)
            && (checkpoints.Count > 0 || reader.Fail(CborFault.WrongCount, reader.Position))
            && (head.Checkpoint < checkpoints.Count || reader.Fail(CborFault.WrongValue, reader.Position));
        foreach (LogInclusion inclusion in log)
        {
            read = read && (inclusion.Checkpoint < checkpoints.Count || reader.Fail(CborFault.WrongValue, reader.Position));
        }

        chain = read
            ? new ChainEvidence(log.ToImmutable(), head, genesis, checkpoints.ToImmutable()) { Walk = walk.ToImmutable() }
            : null;
        return read;
    }

    private static bool TryReadOptionalWalk(
        ref CborReader reader, ref CborMapScope outer, ReadOnlyMemory<byte> source, ImmutableArray<WalkStep>.Builder walk)
    {
        if (!reader.TryReadOptionalKey(ref outer, "walk"u8))
        {
            return !reader.HasError;
        }

        int at = reader.Position;
        if (!reader.TryReadArray(out int count)
            || (count is 0 or > WalkStep.CountMax && !reader.Fail(CborFault.WrongCount, at)))
        {
            return false;
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlyMemory<byte> commit = default;
            ReadOnlyMemory<byte> header = default;
            ReadOnlyMemory<byte> configuration = default;
            at = reader.Position;
            if (!reader.TryReadMap(out CborMapScope map)
                || !TryReadOptionalSlice(ref reader, ref map, "commit"u8, Checkpoint.CommitBytesMax, source, out commit)
                || !TryReadOptionalSlice(ref reader, ref map, "header"u8, Checkpoint.HeaderBytesMax, source, out header)
                || (commit.IsEmpty != header.IsEmpty && !reader.Fail(CborFault.MissingMember, at))
                || !TryReadSlice(
                    ref reader, ref map, "configuration"u8, Limits.ConfigurationBytes, source, out configuration)
                || !reader.EndMap(map))
            {
                return false;
            }

            walk.Add(new WalkStep(configuration, header, commit));
        }

        return reader.EndArray();
    }

    private static bool TryReadLog(ref CborReader reader, int count, ImmutableArray<LogInclusion>.Builder log)
    {
        for (int i = 0; i < count; i++)
        {
            int at = reader.Position;
            if (!reader.TryReadArray(3)
                || !reader.TryReadUnsigned(out ulong checkpoint)
                || (checkpoint >= ChainEvidence.CheckpointsMax && !reader.Fail(CborFault.WrongValue, at))
                || !reader.TryReadUnsigned(out ulong index)
                || !TryReadDigests(ref reader, LogInclusion.PathMax, out ImmutableArray<Digest> path)
                || !reader.EndArray())
            {
                return false;
            }

            log.Add(new LogInclusion((int)checkpoint, new LogIndex(index), path));
        }

        return reader.EndArray();
    }

    private static bool TryReadHead(
        ref CborReader reader, ref CborMapScope outer, ReadOnlyMemory<byte> source, out HeadEvidence head)
    {
        head = null!;
        ReadOnlyMemory<byte> path = default;
        ReadOnlyMemory<byte> state = default;
        ulong checkpoint = 0;
        int at = reader.Position;
        bool read = reader.TryReadKey(ref outer, "head"u8)
            && reader.TryReadMap(out CborMapScope map)
            && TryReadSlice(ref reader, ref map, "path"u8, HeadEvidence.PathBytesMax, source, out path)
            && TryReadSlice(ref reader, ref map, "state"u8, HeadEvidence.StateBytesMax, source, out state)
            && reader.TryReadMember(ref map, "checkpoint"u8, out checkpoint)
            && (checkpoint < ChainEvidence.CheckpointsMax || reader.Fail(CborFault.WrongValue, at))
            && reader.EndMap(map);
        head = new HeadEvidence(path, state, (int)checkpoint);
        return read;
    }

    private static bool TryReadCheckpoints(
        ref CborReader reader, int count, ReadOnlyMemory<byte> source, ImmutableArray<Checkpoint>.Builder checkpoints)
    {
        for (int i = 0; i < count; i++)
        {
            ItemList links = new(source, Checkpoint.LinksMax, 1, Checkpoint.HeaderBytesMax);
            ReadOnlyMemory<byte> next = default;
            ReadOnlyMemory<byte> commit = default;
            ReadOnlyMemory<byte> header = default;
            BitcoinEvidence? bitcoin = null;
            int at = reader.Position;
            if (!reader.TryReadMap(out CborMapScope map)
                || !TryReadOptionalSlice(ref reader, ref map, "next"u8, Checkpoint.HeaderBytesMax, source, out next)
                || !links.TryRead(ref reader, ref map, "links"u8)
                || !TryReadSlice(ref reader, ref map, "commit"u8, Checkpoint.CommitBytesMax, source, out commit)
                || !TryReadSlice(ref reader, ref map, "header"u8, Checkpoint.HeaderBytesMax, source, out header)
                || !TryReadOptionalBitcoin(ref reader, ref map, source, out bitcoin)
                || (bitcoin is not null && next.IsEmpty && !reader.Fail(CborFault.MissingMember, at))
                || !reader.EndMap(map))
            {
                return false;
            }

            checkpoints.Add(new Checkpoint(next, links.Items.ToImmutable(), commit, header, bitcoin));
        }

        return reader.EndArray();
    }

    private static bool TryReadOptionalBitcoin(
        ref CborReader reader, ref CborMapScope outer, ReadOnlyMemory<byte> source, out BitcoinEvidence? bitcoin)
    {
        bitcoin = null;
        if (!reader.TryReadOptionalKey(ref outer, "bitcoin"u8))
        {
            return !reader.HasError;
        }

        ReadOnlyMemory<byte> tx = default;
        ReadOnlyMemory<byte> header = default;
        ImmutableArray<Digest> branch = [];
        ulong index = 0;
        ulong height = 0;
        string network = "";
        int at = reader.Position;
        bool read = reader.TryReadMap(out CborMapScope map)
            && TryReadSlice(ref reader, ref map, "tx"u8, BitcoinEvidence.TxBytesMax, source, out tx)
            && reader.TryReadMember(ref map, "index"u8, out index)
            && reader.TryReadKey(ref map, "branch"u8)
            && TryReadDigests(ref reader, BitcoinEvidence.BranchMax, out branch)
            && TryReadSlice(ref reader, ref map, "header"u8, BitcoinEvidence.HeaderBytes, source, out header)
            && (header.Length == BitcoinEvidence.HeaderBytes || reader.Fail(CborFault.WrongLength, at))
            && reader.TryReadMember(ref map, "height"u8, out height)
            && (index <= int.MaxValue && height <= int.MaxValue || reader.Fail(CborFault.WrongValue, at))
            && reader.TryReadMember(ref map, "network"u8, 16, out network)
            && reader.EndMap(map);
        bitcoin = read ? new BitcoinEvidence(tx, (uint)index, branch, header, (uint)height, network) : null;
        return read;
    }

    private static bool TryReadDigests(ref CborReader reader, int countMax, out ImmutableArray<Digest> digests)
    {
        digests = [];
        int at = reader.Position;
        if (!reader.TryReadArray(out int count) || (count > countMax && !reader.Fail(CborFault.WrongCount, at)))
        {
            return false;
        }

        ImmutableArray<Digest>.Builder builder = ImmutableArray.CreateBuilder<Digest>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadDigest(out Digest digest))
            {
                return false;
            }

            builder.Add(digest);
        }

        digests = builder.MoveToImmutable();
        return reader.EndArray();
    }

    private static bool TryReadOptionalSlice(
        ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key, int bytesMax, ReadOnlyMemory<byte> source, out ReadOnlyMemory<byte> slice)
    {
        slice = default;
        return reader.TryReadOptionalKey(ref map, key)
            ? ItemList.TryReadItem(ref reader, source, 1, bytesMax, out slice)
            : !reader.HasError;
    }

    private static bool TryReadSlice(
        ref CborReader reader, ref CborMapScope map, ReadOnlySpan<byte> key, int bytesMax, ReadOnlyMemory<byte> source, out ReadOnlyMemory<byte> slice)
    {
        slice = default;
        return reader.TryReadKey(ref map, key) && ItemList.TryReadItem(ref reader, source, 1, bytesMax, out slice);
    }
}
