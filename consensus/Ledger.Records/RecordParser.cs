using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Records.Form;

namespace Ledger.Records;

/// <summary>
/// The rules of form, R1 to R12 of the specification. Nothing is allocated unless the record is refused.
/// </summary>
internal static class RecordParser
{
    private const ulong CoseSign1Tag = 18;
    private const long AlgorithmMlDsa65 = -49;
    private const ulong LabelAlgorithm = 1;
    private const ulong LabelContentType = 3;
    private const ulong LabelKeyId = 4;
    private const ulong LabelClaims = 15;
    private const ulong ClaimIssuer = 1;
    private const ulong ClaimSubject = 2;
    private const ulong PayloadVersion = 1;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out RecordForm form, [NotNullWhen(false)] out Fault? fault)
    {
        form = default;

        // R1: at most 60,000 bytes.
        if (bytes.Length > Limits.RecordBytes)
        {
            fault = new Fault(Layer.Encoding, "a record has at most 60,000 bytes", Limits.RecordBytes);
            return false;
        }

        if (!TryReadEnvelope(bytes, ref form, out fault)
            || !TryReadHeader(bytes, ref form, out fault)
            || !TryReadPayload(bytes, ref form, out fault)
            || !TryReadBody(bytes, form, out fault))
        {
            return false;
        }

        // R12: a root record fits into one operation of an OpenTimestamps proof.
        if (form.Kind == RecordKind.Root && bytes.Length > Limits.RootRecordBytes)
        {
            fault = new Fault(Layer.Encoding, "a root record has at most 4,095 bytes", Limits.RootRecordBytes);
            return false;
        }

        return true;
    }

    // R2: COSE_Sign1, tagged, nothing before or behind. R3: the unprotected map is empty. R4: 3,309 bytes of signature.
    private static bool TryReadEnvelope(
        ReadOnlySpan<byte> bytes, ref RecordForm form, [NotNullWhen(false)] out Fault? fault)
    {
        CborReader reader = new(bytes);
        string path = "tag";
        bool read = reader.TryReadTag(CoseSign1Tag) && At(ref path, "envelope") && reader.TryReadArray(4)
            && At(ref path, "protected header") && TryReadItem(ref reader, out form.ProtectedItem, out form.Protected)
            && At(ref path, "unprotected header") && reader.TryReadMap(out CborMapScope scope) && reader.EndMap(scope)
            && At(ref path, "payload") && TryReadItem(ref reader, out form.PayloadItem, out form.Payload)
            && At(ref path, "signature") && TryReadItem(ref reader, out Extent item, out form.Signature)
            && (form.Signature.Length == Limits.SignatureBytes || reader.Fail(CborFault.WrongLength, item.Offset))
            && At(ref path, "envelope") && reader.EndArray() && reader.TryFinish();
        fault = read ? null : Refusal("", path, reader.Error, 0);
        return read;
    }

    // R5: the protected header says alg, type, kid and who speaks about what, and nothing else.
    private static bool TryReadHeader(
        ReadOnlySpan<byte> bytes, ref RecordForm form, [NotNullWhen(false)] out Fault? fault)
    {
        CborReader reader = new(form.Protected.In(bytes));
        string path = "";
        int start = 0;
        bool read = reader.TryReadMap(out CborMapScope scope)
            && At(ref path, "alg") && reader.TryReadIntegerKey(ref scope, LabelAlgorithm) && Mark(reader, out start)
            && reader.TryReadInteger(out long algorithm)
            && (algorithm == AlgorithmMlDsa65 || reader.Fail(CborFault.WrongValue, start))
            && At(ref path, "type") && reader.TryReadIntegerKey(ref scope, LabelContentType)
            && reader.TryReadText("application/oar+cbor"u8)
            && At(ref path, "kid") && reader.TryReadIntegerKey(ref scope, LabelKeyId)
            && reader.TryReadDigest(out form.Kid)
            && At(ref path, "claims") && reader.TryReadIntegerKey(ref scope, LabelClaims)
            && reader.TryReadMap(out CborMapScope claims)
            && At(ref path, "iss") && reader.TryReadIntegerKey(ref claims, ClaimIssuer)
            && TryReadText(ref reader, form.Protected.Offset, out form.Issuer)
            && At(ref path, "sub") && reader.TryReadIntegerKey(ref claims, ClaimSubject)
            && TryReadText(ref reader, form.Protected.Offset, out form.Subject)
            && At(ref path, "claims") && reader.EndMap(claims)
            && At(ref path, "") && reader.EndMap(scope) && reader.TryFinish();
        fault = read ? null : Refusal("protected header", path, reader.Error, form.Protected.Offset);
        return read;
    }

    // R6: the payload is a closed map. R7: version 1. R8: no crit. R9: a known kind. R10: 1 to 64 causes, if any.
    private static bool TryReadPayload(
        ReadOnlySpan<byte> bytes, ref RecordForm form, [NotNullWhen(false)] out Fault? fault)
    {
        CborReader reader = new(form.Payload.In(bytes));
        string path = "";
        int start = 0;
        bool read = reader.TryReadMap(out CborMapScope scope)
            && At(ref path, "v") && reader.TryReadKey(ref scope, "v"u8) && Mark(reader, out start)
            && reader.TryReadUnsigned(out ulong version)
            && (version == PayloadVersion || reader.Fail(CborFault.WrongValue, start))
            && At(ref path, "seq") && reader.TryReadKey(ref scope, "seq"u8) && reader.TryReadUnsigned(out form.Seq)
            && At(ref path, "body") && reader.TryReadKey(ref scope, "body"u8)
            && TryReadMapItem(ref reader, form.Payload.Offset, out form.Body)
            && At(ref path, "crit") && TryPassNoCrit(ref reader, ref scope)
            && At(ref path, "kind") && reader.TryReadKey(ref scope, "kind"u8) && Mark(reader, out start)
            && reader.TryReadText(out ReadOnlySpan<byte> kind)
            && (RecordKinds.TryParse(kind, out form.Kind) || reader.Fail(CborFault.WrongValue, start))
            && At(ref path, "prev") && reader.TryReadKey(ref scope, "prev"u8) && reader.TryReadRecordId(out form.Prev)
            && At(ref path, "time") && reader.TryReadKey(ref scope, "time"u8) && reader.TryReadUnsigned(out form.Time)
            && At(ref path, "causes") && TryReadCauses(ref reader, ref scope, form.Payload.Offset, out form.Causes)
            && At(ref path, "stream") && reader.TryReadKey(ref scope, "stream"u8)
            && reader.TryReadDigest(out form.Stream)
            && At(ref path, "") && reader.EndMap(scope) && reader.TryFinish();
        fault = read ? null : Refusal("payload", path, reader.Error, form.Payload.Offset);
        return read;
    }

    // R11: the body has the shape that its kind asks for.
    private static bool TryReadBody(ReadOnlySpan<byte> bytes, in RecordForm form, [NotNullWhen(false)] out Fault? fault)
    {
        CborReader reader = new(form.Body.In(bytes));
        string path = "";
        bool read = BodyShapes.Of(form.Kind).Read(ref reader, ref path);
        fault = read ? null : Refusal("body", path, reader.Error, form.Body.Offset);
        return read;
    }

    private static bool TryPassNoCrit(ref CborReader reader, ref CborMapScope scope)
    {
        int start = reader.Position;
        return reader.TryReadOptionalKey(ref scope, "crit"u8)
            ? reader.Fail(CborFault.UnknownMember, start)
            : !reader.HasError;
    }

    private static bool TryReadCauses(ref CborReader reader, ref CborMapScope scope, int offset, out Extent causes)
    {
        causes = default;
        if (!reader.TryReadOptionalKey(ref scope, "causes"u8))
        {
            return !reader.HasError;
        }

        int start = reader.Position;
        if (!reader.TryReadArray(out int count))
        {
            return false;
        }

        if (count is 0 or > Limits.Causes)
        {
            return reader.Fail(CborFault.WrongCount, start);
        }

        int first = reader.Position;
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadBytes(RecordId.Size, out _))
            {
                return false;
            }
        }

        causes = new Extent(offset + first, reader.Position - first);
        return reader.EndArray();
    }

    private static bool TryReadItem(ref CborReader reader, out Extent item, out Extent content)
    {
        int start = reader.Position;
        bool read = reader.TryReadBytes(out ReadOnlySpan<byte> bytes);
        item = new Extent(start, reader.Position - start);
        content = new Extent(reader.Position - bytes.Length, bytes.Length);
        return read;
    }

    private static bool TryReadMapItem(ref CborReader reader, int offset, out Extent map)
    {
        int start = reader.Position;
        bool read = reader.Peek() == CborType.Map ? reader.TrySkip() : reader.TryReadMap(out _);
        map = new Extent(offset + start, reader.Position - start);
        return read;
    }

    private static bool TryReadText(ref CborReader reader, int offset, out Extent text)
    {
        bool read = reader.TryReadText(out ReadOnlySpan<byte> utf8);
        text = new Extent(offset + reader.Position - utf8.Length, utf8.Length);
        return read;
    }

    private static bool At(ref string path, string member)
    {
        path = member;
        return true;
    }

    private static bool Mark(in CborReader reader, out int position)
    {
        position = reader.Position;
        return true;
    }

    private static Fault Refusal(string document, string path, CborError error, int offset)
    {
        string where = document.Length == 0 || path.Length == 0 ? document + path : document + " " + path;
        return new Fault(Layer.Encoding, $"{where}: {error.Reason}", offset + error.Offset);
    }
}
