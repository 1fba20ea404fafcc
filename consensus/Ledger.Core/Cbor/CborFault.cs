namespace Ledger.Core.Cbor;

/// <summary>
/// Why bytes are not the deterministic CBOR that OAR allows (RFC 8949 §4.2.1, narrowed by the specification).
/// </summary>
public enum CborFault
{
    None,
    Truncated,
    TrailingBytes,
    NotShortest,
    IndefiniteLength,
    ReservedHead,
    IntegerRange,
    FloatingPoint,
    SimpleValue,
    UnexpectedTag,
    UnexpectedType,
    InvalidUtf8,
    KeyNotText,
    KeysNotAscending,
    DuplicateKey,
    TooDeep,
    MissingMember,
    UnknownMember,
    WrongLength,
    WrongCount,
    WrongValue,
    TooLong,
}

/// <summary>The first fault found, and where its item begins.</summary>
/// <param name="Offset">Byte offset from the start of the document read.</param>
public readonly record struct CborError(CborFault Fault, int Offset)
{
    /// <summary>One clause for people, without the offset.</summary>
    public string Reason => Fault switch
    {
        CborFault.None => "no fault",
        CborFault.Truncated => "the bytes end inside an item",
        CborFault.TrailingBytes => "bytes follow the end of the item",
        CborFault.NotShortest => "a length or integer is not in its shortest form",
        CborFault.IndefiniteLength => "indefinite lengths are not allowed",
        CborFault.ReservedHead => "a reserved initial byte",
        CborFault.IntegerRange => "an integer outside ±(2^53 - 1)",
        CborFault.FloatingPoint => "floating-point numbers are not allowed",
        CborFault.SimpleValue => "no simple value but true, false and null is allowed",
        CborFault.UnexpectedTag => "a tag that is not allowed here",
        CborFault.UnexpectedType => "an item of another type was expected",
        CborFault.InvalidUtf8 => "a text is not valid UTF-8",
        CborFault.KeyNotText => "a map key is not a text",
        CborFault.KeysNotAscending => "map keys are not in ascending order of their encodings",
        CborFault.DuplicateKey => "a map key stands twice",
        CborFault.TooDeep => "arrays and maps are nested too deeply",
        CborFault.MissingMember => "a required member is missing",
        CborFault.UnknownMember => "a member that this map does not allow",
        CborFault.WrongLength => "a string has the wrong length",
        CborFault.WrongCount => "an array or map has the wrong number of items",
        CborFault.WrongValue => "a value that is not allowed here",
        CborFault.TooLong => "an item is longer than the limit allows",
        _ => throw new InvalidOperationException($"Unnamed fault {Fault}."),
    };

    public override string ToString() => $"{Reason} (offset {Offset})";
}

/// <summary>What kind of item comes next.</summary>
public enum CborType
{
    None,
    UnsignedInteger,
    NegativeInteger,
    Bytes,
    Text,
    Array,
    Map,
    Tag,
    Boolean,
    Null,
}

/// <summary>Reading position inside one map; made by <see cref="CborReader.TryReadMap"/>.</summary>
public struct CborMapScope
{
    internal int Remaining;
    internal int PreviousStart;
    internal int PreviousLength;

    /// <summary>Members not read yet.</summary>
    public readonly int Left => Remaining;
}
