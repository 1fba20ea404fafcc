using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ledger.Network.Identity;

namespace Ledger.Network.Tests.Identity;

public sealed class PeerCertificateTests
{
    /// <summary>One more than the number of the proof, so that it differs in the last byte alone.</summary>
    private const string Neighbour = "1.3.6.1.4.1.53594.1.2";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    public static TheoryData<string, string> Good => new()
    {
        {
            Convert.ToHexString(SpecificationCertificates.Secp256k1),
            "16Uiu2HAm2dSCBFxuge46aEt7U1oejtYuBUZXxASHqmcfVmk4gsbx"
        },
        { Convert.ToHexString(SpecificationCertificates.Ecdsa), "QmZcrvr3r4S3QvwFdae3c2EWTfo792Y14UpzCZurhmiWeX" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void The_certificates_of_the_specification_prove_their_peers(string certificate, string peer)
    {
        Assert.True(PeerCertificate.TryVerify(
            Convert.FromHexString(certificate), Now, out PeerPublicKey? key, out string? problem), problem);
        Assert.Equal(peer, key.Peer.ToString());
    }

    [Fact]
    public void An_Ed25519_identity_is_refused_by_name_and_a_false_one_is_refused()
    {
        Assert.Contains("Ed25519", Refused(SpecificationCertificates.Ed25519), StringComparison.Ordinal);
        Assert.NotNull(Refused(SpecificationCertificates.Invalid));
    }

    [Fact]
    public void Our_own_certificate_proves_our_key()
    {
        using PeerKey identity = PeerKey.Generate();
        using X509Certificate2 certificate = PeerCertificate.Create(identity, Now);
        Assert.True(
            PeerCertificate.TryVerify(certificate.RawData, Now, out PeerPublicKey? key, out string? problem), problem);
        Assert.Equal(identity.Peer, key.Peer);
        Assert.Contains("clocks", Refused(certificate.RawData, Now.AddHours(-2)), StringComparison.Ordinal);
        Assert.Contains("clocks", Refused(certificate.RawData, Now.AddDays(40_000)), StringComparison.Ordinal);
        Assert.Contains("follow", Refused([.. certificate.RawData, 0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_part_of_the_proof_is_needed()
    {
        using PeerKey identity = PeerKey.Generate();
        using PeerKey other = PeerKey.Generate();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] signed = [.. "libp2p-tls-handshake:"u8, .. key.ExportSubjectPublicKeyInfo()];
        X509Extension proof = Proof(identity, identity.Sign(signed));
        Assert.True(PeerCertificate.TryVerify(Make(key, proof), Now, out _, out string? problem), problem);

        Assert.Contains("lacks", Refused(Make(key)), StringComparison.Ordinal);
        X509Extension copy = new(Neighbour, proof.RawData, critical: true);
        Assert.Contains("twice", Refused(Twice(Make(key, proof, copy), key)), StringComparison.Ordinal);
        X509Extension byAnother = Proof(identity, other.Sign(signed));
        Assert.Contains("did not sign", Refused(Make(key, byAnother)), StringComparison.Ordinal);
        byte[] otherWords = [.. "libp2p-tls-handshake;"u8, .. key.ExportSubjectPublicKeyInfo()];
        X509Extension ofOtherWords = Proof(identity, identity.Sign(otherWords));
        Assert.Contains("did not sign", Refused(Make(key, ofOtherWords)), StringComparison.Ordinal);
        X509Extension strange = new("1.2.3.4", [5, 0], critical: true);
        Assert.Contains("critical", Refused(Make(key, proof, strange)), StringComparison.Ordinal);
        X509Extension harmless = new("1.2.3.4", [5, 0], critical: false);
        Assert.True(PeerCertificate.TryVerify(Make(key, proof, harmless), Now, out _, out problem), problem);
    }

    [Fact]
    public void A_certificate_signed_by_another_key_is_refused()
    {
        using PeerKey identity = PeerKey.Generate();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] signed = [.. "libp2p-tls-handshake:"u8, .. key.ExportSubjectPublicKeyInfo()];
        byte[] certificate = Make(key, Proof(identity, identity.Sign(signed)));
        Assert.True(PeerCertificate.TryVerify(certificate, Now, out _, out _));
        certificate[^1] ^= 1;
        Assert.Contains("its own key", Refused(certificate), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signature_has_one_form()
    {
        using PeerKey identity = PeerKey.Generate();
        byte[] message = [1, 2, 3];
        byte[] signature = identity.Sign(message);
        Assert.True(identity.PublicKey.Verify(message, signature));
        Assert.False(identity.PublicKey.Verify([1, 2, 4], signature));
        Assert.False(identity.PublicKey.Verify(message, [.. signature, 0]));
        Assert.False(identity.PublicKey.Verify(message, Mirrored(signature)));
    }

    /// <summary>The same signature with S in the upper half of the order, which plain ECDSA takes as well.</summary>
    private static byte[] Mirrored(byte[] signature)
    {
        byte[] fixedForm = new byte[64];
        Assert.True(Der.TryReadSignature(signature, 32, fixedForm));
        System.Numerics.BigInteger order = System.Numerics.BigInteger.Parse(
            "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141",
            System.Globalization.NumberStyles.HexNumber);
        System.Numerics.BigInteger s = new(fixedForm.AsSpan(32), isUnsigned: true, isBigEndian: true);
        byte[] mirrored = (order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        return Der.WriteSignature(fixedForm.AsSpan(0, 32), mirrored);
    }

    private static string? Refused(byte[] certificate, DateTimeOffset? now = null)
    {
        Assert.False(PeerCertificate.TryVerify(certificate, now ?? Now, out _, out string? problem));
        return problem;
    }

    private static X509Extension Proof(PeerKey identity, byte[] signature) => new(
        PeerCertificate.ExtensionOid, Der.WriteSignedKey(identity.PublicKey.Encoded.Span, signature), critical: true);

    /// <summary>Names the extension of the neighbouring number as the proof is named, and signs again.</summary>
    private static byte[] Twice(byte[] certificate, ECDsa key)
    {
        AsnReader reader = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
        byte[] body = reader.ReadEncodedValue().ToArray();
        byte[] algorithm = reader.ReadEncodedValue().ToArray();
        AsnWriter oid = new(AsnEncodingRules.DER);
        oid.WriteObjectIdentifier(Neighbour);
        byte[] named = oid.Encode();
        body[body.AsSpan().IndexOf(named) + named.Length - 1]--;
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(body);
            writer.WriteEncodedValue(algorithm);
            writer.WriteBitString(key.SignData(body, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }
        return writer.Encode();
    }

    private static byte[] Make(ECDsa key, params X509Extension[] extensions)
    {
        CertificateRequest request = new("", key, HashAlgorithmName.SHA256);
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        using X509Certificate2 certificate = request.CreateSelfSigned(Now.AddHours(-1), Now.AddDays(1));
        return certificate.RawData;
    }
}
