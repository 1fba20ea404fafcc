using System.Text;

namespace Ledger.Network.PubSub.Wire;

/// <summary>Writes protobuf fields, shortest form, into one growing buffer.</summary>
internal sealed class ProtoWriter(int capacity = 256)
{
    private byte[] _bytes = new byte[capacity];

    internal int Length { get; private set; }

    internal static int VarintBytes(ulong value)
    {
        int bytes = 1;
        for (; value >= 0x80; value >>= 7)
            bytes++;
        return bytes;
    }

    /// <summary>Writes a varint in its shortest form; gives its bytes.</summary>
    internal static int WriteVarint(ulong value, Span<byte> into)
    {
        int at = 0;
        for (; value >= 0x80; value >>= 7)
            into[at++] = (byte)(value | 0x80);
        into[at++] = (byte)value;
        return at;
    }

    /// <summary>Bytes of a length-delimited field with a number below 16.</summary>
    internal static int FieldBytes(int length) => 1 + VarintBytes((ulong)length) + length;

    internal ProtoWriter Varint(int number, ulong value)
    {
        Raw(((ulong)number << 3) | (ulong)WireType.Varint);
        Raw(value);
        return this;
    }

    internal ProtoWriter Bytes(int number, ReadOnlySpan<byte> value)
    {
        Raw(((ulong)number << 3) | (ulong)WireType.Bytes);
        Raw((ulong)value.Length);
        value.CopyTo(Grow(value.Length));
        return this;
    }

    internal ProtoWriter Text(int number, string value) => Bytes(number, Encoding.UTF8.GetBytes(value));

    internal byte[] ToArray() => _bytes.Length == Length ? _bytes : _bytes[..Length];

    private void Raw(ulong value) => WriteVarint(value, Grow(VarintBytes(value)));

    private Span<byte> Grow(int count)
    {
        if (Length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
