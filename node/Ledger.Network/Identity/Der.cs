using System.Formats.Asn1;

namespace Ledger.Network.Identity;

/// <summary>The two small DER structures that are written and read here; reading is strict DER (X.690 §10, §11).</summary>
internal static class Der
{
    /// <summary>ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 §2.2.3).</summary>
    public static byte[] WriteSignature(ReadOnlySpan<byte> r, ReadOnlySpan<byte> s)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(WithoutZeros(r));
            writer.WriteIntegerUnsigned(WithoutZeros(s));
        }
        return writer.Encode();
    }

    /// <summary>Reads both numbers into fields of one width, side by side.</summary>
    public static bool TryReadSignature(ReadOnlySpan<byte> der, int width, Span<byte> target)
    {
        try
        {
            AsnDecoder.ReadSequence(der, AsnEncodingRules.DER, out int start, out int length, out int consumed);
            if (consumed != der.Length)
                return false;
            ReadOnlySpan<byte> rest = der.Slice(start, length);
            return TryNumber(ref rest, target[..width]) && TryNumber(ref rest, target[width..]) && rest.IsEmpty;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    /// <summary>SignedKey ::= SEQUENCE { publicKey OCTET STRING, signature OCTET STRING }.</summary>
    public static byte[] WriteSignedKey(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> signature)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(publicKey);
            writer.WriteOctetString(signature);
        }
        return writer.Encode();
    }

    public static bool TryReadSignedKey(ReadOnlyMemory<byte> der, out byte[] publicKey, out byte[] signature)
    {
        publicKey = signature = [];
        try
        {
            AsnReader outer = new(der, AsnEncodingRules.DER);
            AsnReader inner = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            publicKey = inner.ReadOctetString();
            signature = inner.ReadOctetString();
            inner.ThrowIfNotEmpty();
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> rest, Span<byte> target)
    {
        ReadOnlySpan<byte> number =
            AsnDecoder.ReadIntegerBytes(rest, AsnEncodingRules.DER, out int consumed);
        rest = rest[consumed..];
        if ((number[0] & 0x80) != 0)
            return false;
        number = WithoutZeros(number);
        if (number.Length > target.Length)
            return false;
        target.Clear();
        number.CopyTo(target[(target.Length - number.Length)..]);
        return true;
    }

    private static ReadOnlySpan<byte> WithoutZeros(ReadOnlySpan<byte> number)
    {
        int first = number.IndexOfAnyExcept((byte)0);
        return first < 0 ? number[^1..] : number[first..];
    }
}
