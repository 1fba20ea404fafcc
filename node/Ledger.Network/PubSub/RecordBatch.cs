using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.PubSub;

/// <summary>
/// Records on their way to one message: a batch is complete when the next record would not fit, or when its first one
/// has waited long enough. Time is an input. One caller at a time.
/// </summary>
/// <remarks>A batch is each record after its length as an unsigned varint, in the order they came.</remarks>
/// <param name="bytesMax">Bytes of a batch; at least one record of any size that is allowed must fit.</param>
internal sealed class RecordBatch(int bytesMax = RecordBatch.BytesMax, TimeSpan? wait = null)
{
    internal const int BytesMax = 64 * 1024;

    /// <summary>Records in a batch that is read. None is shorter than what a signature alone takes.</summary>
    internal const int RecordsMax = 64;

    /// <summary>Bytes of a record.</summary>
    internal const int RecordBytesMax = 60_000;

    internal static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(5);

    private readonly TimeSpan _wait = wait ?? WaitMax;
    private readonly List<ReadOnlyMemory<byte>> _records = [];
    private int _bytes;

    /// <summary>When the batch is complete at the latest; null while it is empty.</summary>
    internal TimeSpan? DueAt { get; private set; }

    /// <summary>Adds a record, and gives the batch before it where the two do not fit together.</summary>
    /// <exception cref="ArgumentException">The record is empty or longer than a record may be.</exception>
    internal byte[]? Add(TimeSpan now, ReadOnlyMemory<byte> record)
    {
        if (record.Length is 0 or > RecordBytesMax)
            throw new ArgumentException($"A record has 1 to {RecordBytesMax} bytes.", nameof(record));
        int bytes = ProtoWriter.VarintBytes((ulong)record.Length) + record.Length;
        byte[]? full = _bytes + bytes > bytesMax || _records.Count == RecordsMax ? Take() : null;
        _records.Add(record);
        _bytes += bytes;
        DueAt ??= now + _wait;
        return full;
    }

    /// <summary>The batch, where it is due; null otherwise.</summary>
    internal byte[]? TakeIfDue(TimeSpan now) => DueAt <= now ? Take() : null;

    /// <summary>The records of a batch, ranges of its bytes, or false and the reason. It never throws.</summary>
    internal static bool TryParse(
        ReadOnlyMemory<byte> bytes, out List<ReadOnlyMemory<byte>> records, out string? fault)
    {
        records = [];
        ProtoReader reader = new(bytes);
        if (bytes.IsEmpty)
            reader.Fail("a batch holds no record");
        else if (bytes.Length > BytesMax)
            reader.Fail("a batch is longer than its limit");
        while (reader is { AtEnd: false, Fault: null })
        {
            if (records.Count == RecordsMax)
                reader.Fail("a batch holds more records than the limit");
            else if (reader.TryBytes(RecordBytesMax, out ReadOnlyMemory<byte> record))
            {
                records.Add(record);
                if (record.IsEmpty)
                    reader.Fail("a record is empty");
            }
        }
        fault = reader.Fault;
        return fault is null;
    }

    private byte[]? Take()
    {
        if (_records.Count == 0)
            return null;
        byte[] batch = new byte[_bytes];
        int at = 0;
        foreach (ReadOnlyMemory<byte> record in _records)
        {
            at += ProtoWriter.WriteVarint((ulong)record.Length, batch.AsSpan(at));
            record.Span.CopyTo(batch.AsSpan(at));
            at += record.Length;
        }
        _records.Clear();
        (_bytes, DueAt) = (0, null);
        return batch;
    }
}
