using Ledger.Anchoring.Roots;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Roots;

/// <summary>A batch as it is stored: deterministic CBOR, read back strictly.</summary>
internal static class RootBatchCodec
{
    public static byte[] Encode(RootBatch batch)
    {
        CborWriter writer = new(160);
        writer.Array(5)
            .Unsigned(batch.First.Value).Unsigned((ulong)batch.Count).Bytes(batch.Root).Unsigned(batch.From.Value);
        return (batch.Record is { } record ? writer.Bytes(record.Span) : writer.Null()).ToArray();
    }

    public static RootBatch Decode(ReadOnlySpan<byte> bytes)
    {
        CborReader reader = new(bytes);
        ReadOnlySpan<byte> record = default;
        bool read = reader.TryReadArray(5)
            & reader.TryReadUnsigned(out ulong first)
            & reader.TryReadUnsigned(out ulong count)
            & reader.TryReadDigest(out Digest root)
            & reader.TryReadUnsigned(out ulong from)
            && (reader.SkipIfNull() || (reader.TryReadBytes(out record) && record.Length == RecordId.Size))
            && reader.EndArray()
            && reader.TryFinish()
            && count is > 0 and <= int.MaxValue;
        return read
            ? new RootBatch
            {
                First = new ArrivalNumber(first),
                Count = (int)count,
                Root = root,
                From = new Sequence(from),
                Record = record.IsEmpty ? null : new RecordId(record),
            }
            : throw new StoreCorruptException(
                $"A stored batch of digests cannot be read: {reader.Error}. Restore the node's folder from a backup.");
    }
}
