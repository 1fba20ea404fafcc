using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Runtime.Intake;

/// <summary>
/// Keys that the records of one submission bring along, each from its own record on: what a new stream is verified with
/// before any of it is stored. Nobody has vouched for them, so they are forgotten with the submission, and only a few
/// are expanded.
/// </summary>
internal sealed class CarriedKeys
{
    /// <summary>Keys that are expanded, 30 KB each; the others cost three times as much for each record.</summary>
    private const int ExpandedMax = 64;

    private readonly Dictionary<KeyId, Carried> _keys = [];
    private int _expanded;

    /// <summary>Takes note of the keys that a record of the batch brings.</summary>
    public void Add(RecordBatch batch, int index)
    {
        foreach (ReadOnlyMemory<byte> key in batch.PublicKeys(index))
        {
            _keys.TryAdd(KeyId.Of(key.Span), new Carried(key));
        }
    }

    /// <summary>Gives a record of the batch its key. False if no record so far brought it.</summary>
    public bool TryUse(RecordBatch batch, int index)
    {
        if (_keys.Count == 0 || !_keys.TryGetValue(batch.Kid(index), out Carried? carried))
        {
            return false;
        }

        // Its own genesis record is the only one by most keys: those are not worth expanding.
        if (carried.Expanded is null && carried.Used && _expanded < ExpandedMax)
        {
            carried.Expanded = new VerificationKey(carried.Raw.Span);
            _expanded++;
        }

        carried.Used = true;
        if (carried.Expanded is { } expanded)
        {
            batch.Use(index, expanded);
        }
        else
        {
            batch.Use(index, carried.Raw);
        }

        return true;
    }

    private sealed class Carried(ReadOnlyMemory<byte> raw)
    {
        public ReadOnlyMemory<byte> Raw => raw;

        public VerificationKey? Expanded { get; set; }

        public bool Used { get; set; }
    }
}
