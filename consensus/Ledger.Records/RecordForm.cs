using Ledger.Core;

namespace Ledger.Records;

/// <summary>Some bytes of a record, by position.</summary>
internal readonly record struct Extent(int Offset, int Length)
{
    public int End => Offset + Length;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> record) => record.Slice(Offset, Length);
}

/// <summary>
/// What the parser found in a record, without a copy of anything long: for paths that must not allocate.
/// </summary>
internal struct RecordForm
{
    /// <summary>Bytes of one entry of <c>causes</c>: a two-byte head and the id.</summary>
    public const int CauseStride = 2 + RecordId.Size;

    /// <summary>The protected header as a byte string, head included, and its content.</summary>
    public Extent ProtectedItem;
    public Extent Protected;

    /// <summary>The payload as a byte string, head included, and its content.</summary>
    public Extent PayloadItem;
    public Extent Payload;
    public Extent Signature;
    public Extent Issuer;
    public Extent Subject;

    /// <summary>The encoded body, a map.</summary>
    public Extent Body;

    /// <summary>The entries of <c>causes</c>, one after the other; empty if the member is absent.</summary>
    public Extent Causes;
    public Digest Kid;
    public Digest Stream;
    public RecordId Prev;
    public ulong Seq;
    public ulong Time;
    public RecordKind Kind;
}
