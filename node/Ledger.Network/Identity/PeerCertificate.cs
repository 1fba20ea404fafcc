using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Ledger.Network.Identity;

/// <summary>
/// The certificate of libp2p's TLS handshake (specification <c>tls/tls.md</c>): self-signed by a key made for it, with an
/// extension in which the identity key signs that key. Names, issuers and revocation mean nothing here.
/// </summary>
internal static class PeerCertificate
{
    public const string ExtensionOid = "1.3.6.1.4.1.53594.1.1";

    /// <summary>Longest certificate that is read, in bytes.</summary>
    public const int BytesMax = 4_096;

    private static readonly TimeSpan Early = TimeSpan.FromHours(1);
    private static readonly TimeSpan Late = TimeSpan.FromDays(36_500);

    // Extensions that TLS stacks understand; any other that is critical makes the certificate unusable.
    private static readonly string[] Understood =
        [ExtensionOid, "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.35", "2.5.29.37"];

    /// <summary>A fresh certificate with its private key; valid from an hour ago, so that clocks may differ.</summary>
    public static X509Certificate2 Create(PeerKey identity, DateTimeOffset now)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] signature = identity.Sign(SignedBytes(key.ExportSubjectPublicKeyInfo()));
        CertificateRequest request = new("", key, HashAlgorithmName.SHA256);
        byte[] extension = Der.WriteSignedKey(identity.PublicKey.Encoded.Span, signature);
        request.CertificateExtensions.Add(new X509Extension(ExtensionOid, extension, critical: true));
        return request.CreateSelfSigned(now - Early, now + Late);
    }

    /// <summary>Judges a peer's certificate and says whose it is.</summary>
    /// <param name="der">The one certificate that the peer sent.</param>
    /// <param name="now">The time at which it must be valid.</param>
    /// <param name="key">The identity key that it proves.</param>
    /// <param name="problem">What is wrong with it.</param>
    public static bool TryVerify(
        ReadOnlySpan<byte> der,
        DateTimeOffset now,
        [NotNullWhen(true)] out PeerPublicKey? key,
        [NotNullWhen(false)] out string? problem)
    {
        key = null;
        if (der.Length > BytesMax)
        {
            problem = $"the certificate has more than {BytesMax} bytes";
            return false;
        }
        try
        {
            // One DER sequence and nothing behind it: the platform's parser would leave what follows unread.
            AsnDecoder.ReadSequence(der, AsnEncodingRules.DER, out _, out _, out int consumed);
            if (consumed != der.Length)
            {
                problem = "bytes follow the certificate";
                return false;
            }
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
            return TryVerify(certificate, now, out key, out problem);
        }
        catch (Exception trouble) when (trouble is CryptographicException or AsnContentException)
        {
            problem = "the certificate cannot be read";
            return false;
        }
    }

    private static bool TryVerify(
        X509Certificate2 certificate,
        DateTimeOffset now,
        [NotNullWhen(true)] out PeerPublicKey? key,
        [NotNullWhen(false)] out string? problem)
    {
        key = null;
        DateTime instant = now.LocalDateTime;
        if (instant < certificate.NotBefore || instant > certificate.NotAfter)
            return Fails("the certificate is not valid now: compare the clocks", out problem);
        if (!SelfSignature.Verify(certificate))
            return Fails("the certificate is not signed by its own key, with SHA-256 or better", out problem);
        X509Extension? proof = null;
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == ExtensionOid)
            {
                if (proof is not null)
                    return Fails("the certificate has libp2p's extension twice", out problem);
                proof = extension;
            }
            else if (extension.Critical && !Understood.Contains(extension.Oid?.Value))
            {
                return Fails("the certificate has a critical extension that is unknown", out problem);
            }
        }
        if (proof is null)
            return Fails("the certificate lacks libp2p's extension", out problem);
        if (!Der.TryReadSignedKey(proof.RawData, out byte[] publicKey, out byte[] signature))
            return Fails("libp2p's extension cannot be read", out problem);
        if (!PeerPublicKey.TryParse(publicKey, out PeerPublicKey? parsed, out problem))
            return false;
        if (!parsed.Verify(SignedBytes(certificate.PublicKey.ExportSubjectPublicKeyInfo()), signature))
            return Fails("the identity key did not sign the certificate's key", out problem);
        key = parsed;
        problem = null;
        return true;

        static bool Fails(string reason, out string? problem)
        {
            problem = reason;
            return false;
        }
    }

    private static byte[] SignedBytes(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        [.. "libp2p-tls-handshake:"u8, .. subjectPublicKeyInfo];
}
