using System.Buffers.Binary;
using Ledger.Core;

namespace Ledger.Records.Chains;

/// <summary>
/// Counts the causes that a file does not hold, as its records go by. Within one stream a record can only cite an earlier
/// one of the file, since its own id would have to be known before it is sealed. Exact up to a number of records that
/// bounds the memory (some 4 MB); beyond it nothing is said.
/// </summary>
internal sealed class CauseCounter
{
    internal const int RecordsMax = 65_536;

    /// <summary>The first 16 bytes of each id: to make two alike takes 2^64 hashes, and moves a count.</summary>
    private readonly SortedSet<UInt128> _seen = [];
    private long _notShown;
    private bool _overflown;

    /// <summary>Entries of <c>causes</c> in all records.</summary>
    public long Causes { get; private set; }

    /// <summary>Those of them that name no record of the file; null if the file is too long to say.</summary>
    public long? NotShown => !_overflown || Causes == 0 ? _notShown : null;

    public void Observe(Record record)
    {
        for (int i = 0; i < record.CauseCount; i++)
        {
            Causes++;
            _notShown += _seen.Contains(Prefix(record.Cause(i))) ? 0 : 1;
        }

        _overflown |= _seen.Count == RecordsMax;
        if (!_overflown)
        {
            _seen.Add(Prefix(record.Id));
        }
    }

    private static UInt128 Prefix(in RecordId id) => BinaryPrimitives.ReadUInt128BigEndian(id.Span);
}
