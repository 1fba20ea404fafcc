using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;

namespace Ledger.Runtime.Chain;

/// <summary>
/// What a stream or a sponsor has used of its quota. Counts from an earlier window or day read as zero. A change of the
/// configuration begins a new window (A2), so a window never comes back, and its blocks alone say what was used in it.
/// </summary>
/// <param name="Change">Number of the configuration that <paramref name="Window"/> counts under.</param>
/// <param name="Window">Window that <paramref name="Bytes"/> and <paramref name="Records"/> belong to.</param>
/// <param name="Day">Day of block time (days since 1970) that <paramref name="Streams"/> belongs to.</param>
public readonly record struct Usage(ulong Change, ulong Window, ulong Bytes, ulong Records, ulong Day, ulong Streams)
{
    private const ulong DayMs = 86_400_000;

    /// <summary>The day of block time, in days since 1970.</summary>
    public static ulong DayOf(UnixTime time) => time.Milliseconds / DayMs;

    /// <summary>The window of a height (A2), and the number of the configuration that it counts under.</summary>
    public static (ulong Change, ulong Window) WindowOf(Configuration configuration, Height height) =>
        (configuration.Change, (height.Value - 1) / configuration.Admission.Window);

    public Usage At(Configuration configuration, Height height, UnixTime time)
    {
        (ulong Change, ulong Window) window = WindowOf(configuration, height);
        bool same = window == (Change, Window);
        ulong day = DayOf(time);
        return new Usage(
            window.Change,
            window.Window,
            same ? Bytes : 0,
            same ? Records : 0,
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
        new CborWriter(64).Array(6)
            .Unsigned(Change).Unsigned(Window).Unsigned(Bytes).Unsigned(Records).Unsigned(Day).Unsigned(Streams)
            .ToArray();

    internal static Usage Decode(ReadOnlySpan<byte> bytes)
    {
        CborReader reader = new(bytes);
        bool read = reader.TryReadArray(6)
            & reader.TryReadUnsigned(out ulong change)
            & reader.TryReadUnsigned(out ulong window)
            & reader.TryReadUnsigned(out ulong used)
            & reader.TryReadUnsigned(out ulong records)
            & reader.TryReadUnsigned(out ulong day)
            & reader.TryReadUnsigned(out ulong streams)
            && reader.EndArray()
            && reader.TryFinish();
        return read
            ? new Usage(change, window, used, records, day, streams)
            : throw new Ports.StoreCorruptException("A usage count in the store cannot be read.");
    }
}
