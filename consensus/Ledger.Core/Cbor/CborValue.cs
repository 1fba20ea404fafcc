using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Ledger.Core.Cbor;

/// <summary>
/// One value of the CBOR that records use, as an immutable object: integer, bytes, text, array, map, boolean or null.
/// For building bodies and for showing them; hot paths use <see cref="CborReader"/> and <see cref="CborWriter"/>.
/// Two values are equal if their encodings are.
/// </summary>
public abstract class CborValue : IEquatable<CborValue>
{
    private protected CborValue()
    {
    }

    public abstract CborType Type { get; }

    /// <summary>Deterministic CBOR.</summary>
    /// <exception cref="InvalidOperationException">Nested deeper than <see cref="Limits.CborDepth"/>.</exception>
    public byte[] Encode()
    {
        CborWriter writer = new();
        WriteTo(writer);
        return writer.ToArray();
    }

    /// <inheritdoc cref="Encode"/>
    public void WriteTo(CborWriter writer) => Write(writer, depth: 1);

    /// <summary>Reads exactly one value through the strict reader.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out CborValue? value, out CborError error)
    {
        CborReader reader = new(encoded);
        bool read = TryRead(ref reader, out value) && reader.TryFinish();
        error = reader.Error;
        value = read ? value : null;
        return read;
    }

    /// <summary>Reads bytes that were checked before.</summary>
    /// <exception cref="FormatException">They are not one value in deterministic CBOR.</exception>
    public static CborValue Decode(ReadOnlySpan<byte> encoded) =>
        TryDecode(encoded, out CborValue? value, out CborError error)
            ? value
            : throw new FormatException(error.ToString());

    /// <summary>Reads the next value of a document.</summary>
    public static bool TryRead(ref CborReader reader, [NotNullWhen(true)] out CborValue? value)
    {
        value = reader.Peek() switch
        {
            CborType.UnsignedInteger or CborType.NegativeInteger =>
                reader.TryReadInteger(out long integer) ? CborInteger.Of(integer) : null,
            CborType.Bytes => reader.TryReadBytes(out ReadOnlySpan<byte> bytes) ? new CborBytes(bytes) : null,
            CborType.Text => reader.TryReadString(out string text) ? new CborText(text) : null,
            CborType.Array => CborArray.Read(ref reader),
            CborType.Map => CborMap.Read(ref reader),
            CborType.Boolean => reader.TryReadBoolean(out bool truth) ? CborBoolean.Of(truth) : null,
            CborType.Null => reader.TryReadNull() ? CborNull.Value : null,
            _ => null,
        };
        if (value is null)
        {
            // Names the fault of an item that no value can be: a tag, a float, the end of the bytes.
            reader.TrySkip();
        }

        return value is not null;
    }

    /// <summary>
    /// Writes the value as JSON for people: bytes as lower-case hexadecimal. Not a format for hashing.
    /// </summary>
    public abstract void WriteTo(Utf8JsonWriter writer);

    public bool Equals(CborValue? other) =>
        other is not null && (ReferenceEquals(this, other) || EncodeAnyDepth().SequenceEqual(other.EncodeAnyDepth()));

    public override bool Equals(object? obj) => obj is CborValue other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(EncodeAnyDepth());
        return hash.ToHashCode();
    }

    /// <summary>Diagnostic notation (RFC 8949 §8); what could deceive a terminal is escaped.</summary>
    public override string ToString()
    {
        System.Text.StringBuilder text = new();
        CborDiagnostic.Write(text, this);
        return text.ToString();
    }

    internal abstract void Write(CborWriter writer, int depth);

    // Values nested too deeply to be written can still be compared.
    private ReadOnlySpan<byte> EncodeAnyDepth()
    {
        CborWriter writer = new();
        Write(writer, depth: int.MinValue);
        return writer.WrittenSpan;
    }

    public static implicit operator CborValue(long value) => CborInteger.Of(value);

    public static implicit operator CborValue(string value) => new CborText(value);

    public static implicit operator CborValue(bool value) => CborBoolean.Of(value);

    public static implicit operator CborValue(byte[] value) => new CborBytes(value);

    public static implicit operator CborValue(Digest value) => new CborBytes(value.Span);

    public static implicit operator CborValue(RecordId value) => new CborBytes(value.Span);

    public static implicit operator CborValue(KeyId value) => new CborBytes(value.Value.Span);

    public static implicit operator CborValue(UnixTime value) => CborInteger.Of(checked((long)value.Milliseconds));

    public static implicit operator CborValue(Sequence value) => CborInteger.Of(checked((long)value.Value));
}

/// <summary>An integer within ±(2^53 - 1).</summary>
public sealed class CborInteger : CborValue
{
    private static readonly CborInteger[] Small = [.. Enumerable.Range(0, 24).Select(i => new CborInteger(i))];

    private CborInteger(long value) => Value = value;

    public override CborType Type => Value < 0 ? CborType.NegativeInteger : CborType.UnsignedInteger;

    public long Value { get; }

    /// <exception cref="ArgumentOutOfRangeException">Outside ±(2^53 - 1).</exception>
    public static CborInteger Of(long value)
    {
        if (value is > (long)Limits.Integer or < -(long)Limits.Integer)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "Integers are within ±(2^53 - 1).");
        }

        return value is >= 0 and < 24 ? Small[value] : new CborInteger(value);
    }

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteNumberValue(Value);

    internal override void Write(CborWriter writer, int depth) => writer.Integer(Value);
}

/// <summary>A byte string; keeps its own copy.</summary>
public sealed class CborBytes(ReadOnlySpan<byte> value) : CborValue
{
    private readonly byte[] _value = value.ToArray();

    public override CborType Type => CborType.Bytes;

    public ReadOnlySpan<byte> Span => _value;

    public ReadOnlyMemory<byte> Memory => _value;

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteStringValue(Convert.ToHexStringLower(_value));

    internal override void Write(CborWriter writer, int depth) => writer.Bytes(_value);
}

/// <summary>A text of valid Unicode, not normalised.</summary>
public sealed class CborText : CborValue
{
    /// <exception cref="ArgumentException">A lone surrogate: no UTF-8 can say it.</exception>
    public CborText(string value)
    {
        CborWriter.CountUtf8(value);
        Value = value;
    }

    public override CborType Type => CborType.Text;

    public string Value { get; }

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteStringValue(Value);

    internal override void Write(CborWriter writer, int depth) => writer.Text(Value);
}

public sealed class CborBoolean : CborValue
{
    private static readonly CborBoolean True = new(true);
    private static readonly CborBoolean False = new(false);

    private CborBoolean(bool value) => Value = value;

    public override CborType Type => CborType.Boolean;

    public bool Value { get; }

    public static CborBoolean Of(bool value) => value ? True : False;

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteBooleanValue(Value);

    internal override void Write(CborWriter writer, int depth) => writer.Boolean(Value);
}

public sealed class CborNull : CborValue
{
    private CborNull()
    {
    }

    public static CborNull Value { get; } = new();

    public override CborType Type => CborType.Null;

    public override void WriteTo(Utf8JsonWriter writer) => writer.WriteNullValue();

    internal override void Write(CborWriter writer, int depth) => writer.Null();
}
