using System.Buffers.Binary;
using System.Text;

namespace Ledger.Core.Cbor;

/// <summary>
/// Writes deterministic CBOR. The caller lays out maps with keys in ascending order of their encodings
/// (for texts: shorter first, then bytewise); signed bytes are laid by hand, and vectors pin them.
/// Not thread-safe; reusable after <see cref="Clear"/>.
/// </summary>
public sealed class CborWriter
{
    private byte[] _buffer;

    /// <param name="capacity">Bytes for which there is room at first.</param>
    public CborWriter(int capacity = 256) => _buffer = GC.AllocateUninitializedArray<byte>(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, Length);

    /// <summary>What was written, not copied: it stays as it is until the writer is used again.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, Length);

    public byte[] ToArray() => ByteCopy.Of(WrittenSpan);

    public void Clear() => Length = 0;

    public CborWriter Unsigned(ulong value)
    {
        if (value > Limits.Integer)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Integers are at most 2^53 - 1.");
        }

        return Head(0, value);
    }

    public CborWriter Integer(long value) =>
        value >= 0 ? Unsigned((ulong)value)
        : value >= -(long)Limits.Integer ? Head(1, (ulong)(-1 - value))
        : throw new ArgumentOutOfRangeException(nameof(value), value, "Integers are at least -(2^53 - 1).");

    public CborWriter Bytes(ReadOnlySpan<byte> value) => Head(2, (ulong)value.Length).Raw(value);

    public CborWriter Bytes(in Digest value) => Bytes(value.Span);

    public CborWriter Bytes(in RecordId value) => Bytes(value.Span);

    /// <summary>A text given as UTF-8.</summary>
    public CborWriter Text(ReadOnlySpan<byte> utf8) => Head(3, (ulong)utf8.Length).Raw(utf8);

    /// <exception cref="ArgumentException">A lone surrogate, which UTF-8 cannot say.</exception>
    public CborWriter Text(string value)
    {
        int length = CountUtf8(value);
        Head(3, (ulong)length);
        StrictUtf8.GetBytes(value, Room(length));
        Length += length;
        return this;
    }

    public CborWriter Array(int count) => Head(4, (ulong)count);

    public CborWriter Map(int count) => Head(5, (ulong)count);

    public CborWriter Tag(ulong tag) => Head(6, tag);

    public CborWriter Boolean(bool value) => Raw([value ? (byte)0xf5 : (byte)0xf4]);

    public CborWriter Null() => Raw([0xf6]);

    /// <summary>Bytes that are CBOR already.</summary>
    public CborWriter Raw(ReadOnlySpan<byte> encoded)
    {
        encoded.CopyTo(Room(encoded.Length));
        Length += encoded.Length;
        return this;
    }

    /// <summary>Bytes of a text in UTF-8.</summary>
    /// <exception cref="ArgumentException">A lone surrogate, which UTF-8 cannot say.</exception>
    internal static int CountUtf8(string value) => StrictUtf8.GetByteCount(value);

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private CborWriter Head(int major, ulong argument)
    {
        Span<byte> head = Room(9);
        int type = major << 5;
        int length;
        switch (argument)
        {
            case < 24:
                head[0] = (byte)(type | (int)argument);
                length = 1;
                break;
            case <= byte.MaxValue:
                head[0] = (byte)(type | 24);
                head[1] = (byte)argument;
                length = 2;
                break;
            case <= ushort.MaxValue:
                head[0] = (byte)(type | 25);
                BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)argument);
                length = 3;
                break;
            case <= uint.MaxValue:
                head[0] = (byte)(type | 26);
                BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)argument);
                length = 5;
                break;
            default:
                head[0] = (byte)(type | 27);
                BinaryPrimitives.WriteUInt64BigEndian(head[1..], argument);
                length = 9;
                break;
        }

        Length += length;
        return this;
    }

    /// <summary>What is free, at least so many bytes. They are not cleared: only what was written is ever read.</summary>
    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - Length < bytes)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(
                Math.Max(checked(Length + bytes), (int)Math.Min(2L * _buffer.Length, System.Array.MaxLength)));
            WrittenSpan.CopyTo(larger);
            _buffer = larger;
        }

        return _buffer.AsSpan(Length);
    }
}
