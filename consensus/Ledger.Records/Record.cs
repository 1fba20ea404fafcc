using System.Diagnostics.CodeAnalysis;
using System.Text;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Hashing;
using Ledger.Records.Form;

namespace Ledger.Records;

/// <summary>
/// One Open Audit Record, version 1: parsed and of sound form, <b>not</b> signature-checked
/// (<see cref="VerifiedRecord"/> is). Immutable.
/// </summary>
public sealed class Record
{
    private readonly RecordForm _form;

    internal Record(ReadOnlyMemory<byte> bytes, in RecordForm form, in RecordId id, in EntryHash entry)
    {
        Bytes = bytes;
        _form = form;
        Id = id;
        Entry = entry;
    }

    /// <summary>The tagged COSE_Sign1 bytes (RFC 9052 §4.2), at most 60,000.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>SHA3-512 of <see cref="Bytes"/>.</summary>
    public RecordId Id { get; }

    /// <summary>SHA-256 of <see cref="Bytes"/>: what the log holds.</summary>
    public EntryHash Entry { get; }

    /// <summary>SHA-256 of the public key that is said to have signed.</summary>
    public KeyId Kid => new(_form.Kid);

    public StreamId Stream => new(_form.Stream);

    public Sequence Seq => new(_form.Seq);

    /// <summary>Id of the record before; 64 zero bytes in a genesis record.</summary>
    public RecordId Prev => _form.Prev;

    /// <summary>The signer's claim.</summary>
    public UnixTime Time => new(_form.Time);

    public RecordKind Kind => _form.Kind;

    /// <summary>Free text, compared with nothing.</summary>
    public string Issuer => Encoding.UTF8.GetString(_form.Issuer.In(Bytes.Span));

    /// <summary>Free text, compared with nothing.</summary>
    public string Subject => Encoding.UTF8.GetString(_form.Subject.In(Bytes.Span));

    public int CauseCount => _form.Causes.Length / RecordForm.CauseStride;

    /// <summary>The encoded body, a map, as it stands in the record.</summary>
    public ReadOnlyMemory<byte> Body => Bytes.Slice(_form.Body.Offset, _form.Body.Length);

    /// <summary>The protected header and the payload: two records with both equal say the same.</summary>
    public ReadOnlySpan<byte> ProtectedHeader => _form.Protected.In(Bytes.Span);

    /// <inheritdoc cref="ProtectedHeader"/>
    public ReadOnlySpan<byte> Payload => _form.Payload.In(Bytes.Span);

    /// <summary>3,309 bytes.</summary>
    public ReadOnlySpan<byte> Signature => _form.Signature.In(Bytes.Span);

    /// <summary>Bytes that <see cref="CopySignedBytes"/> writes.</summary>
    public int SignedBytesLength => SignedContent.Length(_form);

    /// <summary>The one door for untrusted record bytes. No byte string makes it throw.</summary>
    /// <param name="bytes">Kept, not copied: the caller no longer changes them.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Record? record, [NotNullWhen(false)] out Fault? fault)
    {
        record = null;
        if (!RecordParser.TryRead(bytes.Span, out RecordForm form, out fault))
        {
            return false;
        }

        Span<byte> id = stackalloc byte[RecordId.Size];
        Sha3.Hash512(bytes.Span, id);
        record = new Record(bytes, form, new RecordId(id), EntryHash.Of(bytes.Span));
        return true;
    }

    /// <summary>An earlier record that informed this one.</summary>
    /// <param name="index">From 0, below <see cref="CauseCount"/>.</param>
    public RecordId Cause(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)CauseCount);
        int offset = _form.Causes.Offset + (index * RecordForm.CauseStride) + RecordForm.CauseStride - RecordId.Size;
        return new RecordId(Bytes.Span.Slice(offset, RecordId.Size));
    }

    /// <summary>COSE Sig_structure (RFC 9052 §4.4): what the signature covers.</summary>
    public byte[] SignedBytes()
    {
        byte[] signed = new byte[SignedBytesLength];
        CopySignedBytes(signed);
        return signed;
    }

    /// <inheritdoc cref="SignedBytes"/>
    /// <param name="destination">At least <see cref="SignedBytesLength"/> bytes.</param>
    public void CopySignedBytes(Span<byte> destination) => SignedContent.Write(Bytes.Span, _form, destination);

    /// <summary>The body as an object, for showing; decoded at each call.</summary>
    public CborMap DecodeBody() => (CborMap)CborValue.Decode(Body.Span);

    /// <summary>
    /// One member of the body, encoded; empty if absent. Named members have the shape that the kind asks for.
    /// </summary>
    public ReadOnlySpan<byte> BodyMember(ReadOnlySpan<byte> name)
    {
        CborReader reader = new(Body.Span);
        bool found = BodyMembers.TryFind(ref reader, name);
        return found && reader.TryReadEncoded(out ReadOnlySpan<byte> value) ? value : [];
    }

    /// <summary>
    /// The public key that the record itself carries for its own signature: <c>key</c> of a genesis record,
    /// <c>signer</c> of a <c>key</c> or <c>revoke</c> record. Whether it is the key that <see cref="Kid"/> names is
    /// another question.
    /// </summary>
    public bool TryGetCarriedKey(out ReadOnlySpan<byte> publicKey) => TryReadBytes(
        Kind switch
        {
            RecordKind.Genesis => BodyMember("key"u8),
            RecordKind.Key or RecordKind.Revoke => BodyMember("signer"u8),
            _ => [],
        },
        out publicKey);

    /// <summary>
    /// All public keys that the record brings with it, by which later records of the stream are verified: the one of
    /// <see cref="TryGetCarriedKey"/>, and the new key of a <c>key</c> record. Parts of <see cref="Bytes"/>, not copied.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> PublicKeys()
    {
        List<ReadOnlyMemory<byte>> keys = [];
        if (TryGetCarriedKey(out ReadOnlySpan<byte> own))
        {
            keys.Add(WhereItStands(own));
        }

        if (Kind == RecordKind.Key && TryReadBytes(BodyMember("key"u8), out ReadOnlySpan<byte> next))
        {
            keys.Add(WhereItStands(next));
        }

        return keys;
    }

    public bool HasSameContent(Record other) =>
        ProtectedHeader.SequenceEqual(other.ProtectedHeader) && Payload.SequenceEqual(other.Payload);

    public override string ToString() => $"{Kind.Word()} {Stream}/{Seq}";

    /// <param name="part">A part of <see cref="Bytes"/>.</param>
    private ReadOnlyMemory<byte> WhereItStands(ReadOnlySpan<byte> part)
    {
        Bytes.Span.Overlaps(part, out int offset);
        return Bytes.Slice(offset, part.Length);
    }

    private static bool TryReadBytes(ReadOnlySpan<byte> member, out ReadOnlySpan<byte> bytes)
    {
        CborReader reader = new(member);
        bytes = default;
        return !member.IsEmpty && reader.TryReadBytes(out bytes);
    }
}
