using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Records;

namespace Ledger.Proofs.Disclosures;

/// <summary>
/// One content that a record commits to, with the salt that ties it to the commitment: what an operator hands over to
/// show this one and no other. Specified in <c>anchor/README.md</c>.
/// </summary>
/// <param name="Salt">32 bytes.</param>
/// <param name="Member">Path into the record's body, such as <c>input[0]</c>.</param>
/// <param name="Content">At most 256 MiB.</param>
public sealed record Disclosure(ReadOnlyMemory<byte> Salt, string Member, RecordId Record, ReadOnlyMemory<byte> Content)
{
    /// <summary>Bytes of the content.</summary>
    public const int ContentBytesMax = 256 << 20;

    /// <summary>Bytes of a file: the content and what stands beside it.</summary>
    public const int BytesMax = ContentBytesMax + 512;

    /// <summary>Deterministic CBOR.</summary>
    public byte[] Encode()
    {
        CborWriter writer = new(Content.Length + 512);
        return writer.Map(6)
            .Text("v"u8).Unsigned(1)
            .Text("salt"u8).Bytes(Salt.Span)
            .Text("type"u8).Text("disclosure"u8)
            .Text("member"u8).Text(Member)
            .Text("record"u8).Bytes(Record)
            .Text("content"u8).Bytes(Content.Span)
            .ToArray();
    }

    /// <summary>The one door for disclosure files. No byte string makes it throw.</summary>
    /// <param name="bytes">Kept, not copied: the caller no longer changes them.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Disclosure? disclosure, out CborError error)
    {
        CborReader reader = new(bytes.Span);
        ReadOnlyMemory<byte> salt = default;
        ReadOnlyMemory<byte> content = default;
        string member = "";
        RecordId record = default;
        bool read = (bytes.Length <= BytesMax || reader.Fail(CborFault.WrongLength, 0))
            && reader.TryReadMap(out CborMapScope map)
            && reader.TryReadVersion(ref map)
            && reader.TryReadKey(ref map, "salt"u8)
            && TryReadSlice(ref reader, bytes, Commitment.SaltBytes, Commitment.SaltBytes, out salt)
            && reader.TryReadKey(ref map, "type"u8)
            && reader.TryReadText("disclosure"u8)
            && reader.TryReadMember(ref map, "member"u8, CommittedMember.PathBytesMax, out member)
            && reader.TryReadKey(ref map, "record"u8)
            && reader.TryReadRecordId(out record)
            && reader.TryReadKey(ref map, "content"u8)
            && TryReadSlice(ref reader, bytes, 0, ContentBytesMax, out content)
            && reader.EndMap(map)
            && reader.TryFinish();
        error = reader.Error;
        disclosure = read ? new Disclosure(salt, member, record, content) : null;
        return read;
    }

    private static bool TryReadSlice(
        ref CborReader reader,
        ReadOnlyMemory<byte> source,
        int bytesMin,
        int bytesMax,
        out ReadOnlyMemory<byte> slice) =>
        Evidence.ItemList.TryReadItem(ref reader, source, bytesMin, bytesMax, out slice);
}
