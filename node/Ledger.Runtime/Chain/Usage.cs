using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Runtime.Chain;

/// <summary>What a stream or a sponsor has used of its quota. Counts from an earlier window or day read as zero.</summary>
/// <param name="Window">Window that <paramref name="Bytes"/> and <paramref name="Records"/> belong to.</param>
/// <param name="Day">Day of block time (days since 1970) that <paramref name="Streams"/> belongs to.</param>
public readonly record struct Usage(ulong Window, ulong Bytes, ulong Records, ulong Day, ulong Streams)
{
    private const ulong DayMs = 86_400_000;

    public Usage At(Admission admission, Height height, UnixTime time)
    {
        ulong window = (height.Value - 1) / admission.Window;
        ulong day = time.Milliseconds / DayMs;
        return new Usage(
            window,
            window == Window ? Bytes : 0,
            window == Window ? Records : 0,
            day,
            day == Day ? Streams : 0);
    }

    public Usage With(int recordBytes, bool opensStream) => this with
    {
        Bytes = Bytes + (ulong)recordBytes,
        Records = Records + 1,
        Streams = Streams + (opensStream ? 1UL : 0),
    };

    internal byte[] Encode() =>
        new CborWriter(64).Array(5)
            .Unsigned(Window).Unsigned(Bytes).Unsigned(Records).Unsigned(Day).Unsigned(Streams)
            .ToArray();

    internal static Usage Decode(ReadOnlySpan<byte> bytes)
    {
        CborReader reader = new(bytes);
        bool read = reader.TryReadArray(5)
            & reader.TryReadUnsigned(out ulong window)
            & reader.TryReadUnsigned(out ulong used)
            & reader.TryReadUnsigned(out ulong records)
            & reader.TryReadUnsigned(out ulong day)
            & reader.TryReadUnsigned(out ulong streams)
            && reader.EndArray()
            && reader.TryFinish();
        return read
            ? new Usage(window, used, records, day, streams)
            : throw new Ports.StoreCorruptException("A usage count in the store cannot be read.");
    }
}
