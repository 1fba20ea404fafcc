using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ledger.Network.Identity;

/// <summary>
/// A certificate's signature under its own key (RFC 5280 §4.1.1.3). The platform checks it only on the way to a trusted
/// root, which a peer's certificate has not.
/// </summary>
internal static class SelfSignature
{
    private const int RsaBitsMax = 8_192;

    public static bool Verify(X509Certificate2 certificate)
    {
        if (!certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData))
            return false;
        AsnReader outer = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
        ReadOnlyMemory<byte> signed = outer.ReadEncodedValue();
        ReadOnlyMemory<byte> identifier = outer.ReadEncodedValue();
        byte[] signature = outer.ReadBitString(out int unused);
        outer.ThrowIfNotEmpty();
        string algorithm = new AsnReader(identifier, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier();
        if (unused != 0 || HashOf(algorithm) is not { } hash || !NamesInside(signed, identifier.Span))
            return false;
        if (algorithm.StartsWith("1.2.840.10045", StringComparison.Ordinal))
        {
            using ECDsa? key = certificate.GetECDsaPublicKey();
            return key is not null && IsNamed(key)
                && key.VerifyData(signed.Span, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        using RSA? rsa = certificate.GetRSAPublicKey();
        return rsa is { KeySize: >= 2_048 and <= RsaBitsMax }
            && rsa.VerifyData(signed.Span, signature, hash, RSASignaturePadding.Pkcs1);
    }

    // The algorithm stands inside what is signed as well, and both must be the same (RFC 5280 section 4.1.1.2).
    private static bool NamesInside(ReadOnlyMemory<byte> signed, ReadOnlySpan<byte> identifier)
    {
        AsnReader inside = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        if (inside.PeekTag() is { TagClass: TagClass.ContextSpecific, TagValue: 0 })
            inside.ReadEncodedValue();
        inside.ReadIntegerBytes();
        return inside.ReadEncodedValue().Span.SequenceEqual(identifier);
    }

    // Hashes shorter than 256 bits are not allowed (specification, "Peer Authentication").
    private static HashAlgorithmName? HashOf(string algorithm) => algorithm switch
    {
        "1.2.840.10045.4.3.2" or "1.2.840.113549.1.1.11" => HashAlgorithmName.SHA256,
        "1.2.840.10045.4.3.3" or "1.2.840.113549.1.1.12" => HashAlgorithmName.SHA384,
        "1.2.840.10045.4.3.4" or "1.2.840.113549.1.1.13" => HashAlgorithmName.SHA512,
        _ => null,
    };

    // A curve written out by its parameters may be one that the sender made.
    private static bool IsNamed(ECDsa key) => key.ExportParameters(false).Curve.IsNamed;

}
