using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;

namespace Ledger.Runtime.Intake;

/// <summary>
/// A stretch of one submission on its way through verification: form, then keys, then signatures. Reused for one
/// stretch after the other. A record that is sound costs no memory but the objects that are handed on.
/// </summary>
internal sealed class IntakeBatch
{
    /// <summary>Records in one stretch: more side by side gain nothing.</summary>
    public const int RecordsMax = 64;

    private static readonly Refusal UnknownKey = new(
        RefusalKind.Misplaced,
        "Send the stream from its genesis record on: this node has not seen the key that the record names.",
        new Fault(Layer.Gap, "the key that the record names is not known here"));

    private readonly RecordBatch _batch = new(RecordsMax);

    /// <summary>For each record of the batch, its place in the submission.</summary>
    private readonly int[] _places = new int[RecordsMax];

    /// <summary>Takes up to 64 records from <paramref name="first"/> on, and refuses those of bad form.</summary>
    public void Parse(IReadOnlyList<ReadOnlyMemory<byte>> records, int first, Refusal?[] refusals)
    {
        _batch.Clear();
        int end = Math.Min(records.Count, first + RecordsMax);
        for (int i = first; i < end; i++)
        {
            if (_batch.TryAdd(records[i], out Fault? fault))
            {
                _places[_batch.Count - 1] = i;
            }
            else
            {
                refusals[i] = new Refusal(
                    RefusalKind.Unsound,
                    "Send an Open Audit Record of version 1; the reason names what is not.",
                    fault);
            }
        }
    }

    /// <summary>Finds each record's key: among those that came along so far, else among those known here.</summary>
    public void FindKeys(CarriedKeys carried, KnownKeys known, Refusal?[] refusals)
    {
        VerificationKey? last = null;
        for (int i = 0; i < _batch.Count; i++)
        {
            if (_batch.Kind(i) is RecordKind.Genesis or RecordKind.Key or RecordKind.Revoke)
            {
                carried.Add(_batch, i);
            }

            if (carried.TryUse(_batch, i))
            {
                continue;
            }

            KeyId kid = _batch.Kid(i);
            last = last?.Id == kid ? last : known.Find(kid);
            if (last is not null)
            {
                _batch.Use(i, last);
            }
            else
            {
                refusals[_places[i]] = UnknownKey;
            }
        }
    }

    /// <summary>Verifies the signatures; each answer goes to its record's place in the submission.</summary>
    public void Verify(VerifiedRecord?[] verified, Refusal?[] refusals)
    {
        _batch.Run();
        for (int i = 0; i < _batch.Count; i++)
        {
            int place = _places[i];
            if (!_batch.TryTake(i, out verified[place], out Fault? fault))
            {
                refusals[place] ??= new Refusal(
                    RefusalKind.Unsound,
                    "The signature does not hold; seal the record again with the stream's key.",
                    fault);
            }
        }

        // The records live on in the answers, and the batch must not keep the others.
        _batch.Clear();
    }
}
