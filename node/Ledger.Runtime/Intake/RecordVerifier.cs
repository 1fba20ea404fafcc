using System.Collections.Concurrent;
using Ledger.Core;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;

namespace Ledger.Runtime.Intake;

/// <summary>
/// The door for record bytes: form, then signature, on the caller's threads, before the node's loop sees anything.
/// Thread-safe.
/// </summary>
internal sealed class RecordVerifier(ChainStore store)
{
    /// <summary>Keys remembered beside the store's; a key is known by its hash, so an old entry is never wrong.</summary>
    private const int CacheMax = 4_096;

    private readonly ConcurrentDictionary<KeyId, ReadOnlyMemory<byte>> _keys = new();

    public VerifiedRecord?[] Verify(IReadOnlyList<ReadOnlyMemory<byte>> records, Refusal?[] refusals)
    {
        Record?[] parsed = new Record?[records.Count];
        Dictionary<KeyId, ReadOnlyMemory<byte>> carried = [];
        for (int i = 0; i < records.Count; i++)
        {
            if (!Record.TryParse(records[i], out parsed[i], out Fault? fault))
            {
                refusals[i] = new Refusal(RefusalKind.Unsound, "Send an Open Audit Record of version 1; the reason names what is not.", fault);
                continue;
            }

            foreach (ReadOnlyMemory<byte> key in parsed[i]!.PublicKeys())
            {
                carried[KeyId.Of(key.Span)] = key;
            }
        }

        VerifiedRecord?[] verified = new VerifiedRecord?[records.Count];
        if (records.Count < 4)
        {
            for (int i = 0; i < records.Count; i++)
            {
                verified[i] = VerifyOne(parsed[i], carried, ref refusals[i]);
            }
        }
        else
        {
            Parallel.For(0, records.Count, i => verified[i] = VerifyOne(parsed[i], carried, ref refusals[i]));
        }

        return verified;
    }

    /// <summary>For records that this node stored itself and reads back at start.</summary>
    public VerifiedRecord? Verify(Record record)
    {
        Refusal? refusal = null;
        Dictionary<KeyId, ReadOnlyMemory<byte>> carried = record.PublicKeys().ToDictionary(key => KeyId.Of(key.Span));
        return VerifyOne(record, carried, ref refusal);
    }

    private VerifiedRecord? VerifyOne(Record? record, Dictionary<KeyId, ReadOnlyMemory<byte>> carried, ref Refusal? refusal)
    {
        if (record is null)
        {
            return null;
        }

        if (Find(record.Kid, carried) is not { } key)
        {
            refusal = new Refusal(
                RefusalKind.Misplaced,
                "Send the stream from its genesis record on: this node has not seen the key that the record names.",
                new Fault(Layer.Gap, "the key that the record names is not known here"));
            return null;
        }

        if (!VerifiedRecord.TryVerify(record, key.Span, out VerifiedRecord? verified, out Fault? fault))
        {
            refusal = new Refusal(RefusalKind.Unsound, "The signature does not hold; seal the record again with the stream's key.", fault);
            return null;
        }

        return verified;
    }

    private ReadOnlyMemory<byte>? Find(KeyId id, Dictionary<KeyId, ReadOnlyMemory<byte>> carried)
    {
        if (carried.TryGetValue(id, out ReadOnlyMemory<byte> key) || _keys.TryGetValue(id, out key))
        {
            return key;
        }

        if (store.PublicKey(id) is not { } stored)
        {
            return null;
        }

        Remember(id, stored);
        return stored;
    }

    private void Remember(KeyId id, ReadOnlyMemory<byte> key)
    {
        if (_keys.Count >= CacheMax)
        {
            _keys.Clear();
        }

        _keys[id] = key;
    }
}
