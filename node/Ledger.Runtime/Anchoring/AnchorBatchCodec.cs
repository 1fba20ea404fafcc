using System.Collections.Immutable;
using Ledger.Anchoring;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Runtime.Ports;

namespace Ledger.Runtime.Anchoring;

/// <summary>A batch as it is stored: deterministic CBOR, read back strictly.</summary>
internal static class AnchorBatchCodec
{
    public static byte[] Encode(AnchorBatch batch)
    {
        CborWriter writer = new(1_024);
        writer.Array(9)
            .Unsigned(batch.Batch.Value).Bytes(batch.Block.Value).Unsigned(batch.Covered.Value)
            .Unsigned((ulong)batch.Phase).Unsigned(batch.Since.Milliseconds).Unsigned(batch.Confirmations)
            .Boolean(batch.RecordSealed);
        if (batch.Transaction is { } transaction)
        {
            writer.Array(3).Bytes(transaction.Id).Bytes(transaction.Raw.Span).Bytes(transaction.Stripped.Span);
        }
        else
        {
            writer.Null();
        }

        if (batch.Proof is not { } proof)
        {
            return writer.Null().ToArray();
        }

        writer.Array(6).Bytes(proof.BlockHash).Unsigned(proof.Height).Unsigned(proof.Time.Milliseconds).Unsigned(proof.Index)
            .Array(proof.Branch.Length);
        foreach (Digest sibling in proof.Branch)
        {
            writer.Bytes(sibling);
        }

        return writer.Bytes(proof.Header.Span).ToArray();
    }

    public static AnchorBatch Decode(ReadOnlySpan<byte> bytes)
    {
        CborReader reader = new(bytes);
        AnchorTransactionBytes? transaction = null;
        AnchorProofBytes? proof = null;
        bool read = reader.TryReadArray(9)
            & reader.TryReadUnsigned(out ulong batch)
            & reader.TryReadDigest(out Digest block)
            & reader.TryReadUnsigned(out ulong covered)
            & reader.TryReadUnsigned(out ulong phase)
            & reader.TryReadUnsigned(out ulong since)
            & reader.TryReadUnsigned(out ulong confirmations)
            & reader.TryReadBoolean(out bool isSealed)
            && (reader.SkipIfNull() || TryReadTransaction(ref reader, out transaction))
            && (reader.SkipIfNull() || TryReadProof(ref reader, out proof))
            && reader.EndArray()
            && reader.TryFinish()
            && phase <= (ulong)AnchorPhase.Reorged;
        return read
            ? new AnchorBatch
            {
                Batch = new Height(batch),
                Block = new BlockId(block),
                Covered = new TreeSize(covered),
                Phase = (AnchorPhase)phase,
                Since = new UnixTime(since),
                Confirmations = (uint)confirmations,
                RecordSealed = isSealed,
                Transaction = transaction,
                Proof = proof,
            }
            : throw new StoreCorruptException($"A stored anchor cannot be read: {reader.Error}. Restore the node's folder from a backup.");
    }

    private static bool TryReadTransaction(ref CborReader reader, out AnchorTransactionBytes? transaction)
    {
        ReadOnlySpan<byte> raw = default;
        ReadOnlySpan<byte> stripped = default;
        Digest id = default;
        bool read = reader.TryReadArray(3)
            && reader.TryReadDigest(out id)
            && reader.TryReadBytes(out raw)
            && reader.TryReadBytes(out stripped)
            && reader.EndArray();
        transaction = new AnchorTransactionBytes(id, raw.ToArray(), stripped.ToArray());
        return read;
    }

    private static bool TryReadProof(ref CborReader reader, out AnchorProofBytes? proof)
    {
        proof = null;
        ImmutableArray<Digest>.Builder branch = ImmutableArray.CreateBuilder<Digest>();
        bool read = reader.TryReadArray(6)
            & reader.TryReadDigest(out Digest hash)
            & reader.TryReadUnsigned(out ulong height)
            & reader.TryReadUnsigned(out ulong time)
            & reader.TryReadUnsigned(out ulong index)
            & reader.TryReadArray(out int count);
        for (int i = 0; read && i < count; i++)
        {
            read = reader.TryReadDigest(out Digest sibling);
            branch.Add(sibling);
        }

        if (!read || !reader.EndArray() || !reader.TryReadBytes(out ReadOnlySpan<byte> header) || !reader.EndArray())
        {
            return false;
        }

        proof = new AnchorProofBytes(hash, (uint)height, new UnixTime(time), (uint)index, branch.ToImmutable(), header.ToArray());
        return true;
    }
}
