using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Ledger.Network.Addresses;

namespace Ledger.Network.Identity;

/// <summary>
/// The public key that another peer goes by. secp256k1 is what peers of ours have; ECDSA and RSA are verified too. The
/// platform has no Ed25519, so such a peer is refused by name. Immutable.
/// </summary>
public sealed class PeerPublicKey
{
    private const int RsaBitsMin = 2_048;
    private const int RsaBitsMax = 8_192;

    private readonly PeerKeyType _type;
    private readonly byte[] _data;

    private PeerPublicKey(PeerKeyType type, byte[] data, byte[] encoded)
    {
        _type = type;
        _data = data;
        Encoded = encoded;
        Peer = PeerId.OfPublicKey(encoded);
    }

    /// <summary>The protobuf form, of which the peer id is made.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Who has this key.</summary>
    public PeerId Peer { get; }

    internal static PeerPublicKey OfSecp256k1(byte[] compressed) =>
        new(PeerKeyType.Secp256k1, compressed, PublicKeyCodec.Encode(PeerKeyType.Secp256k1, compressed));

    /// <summary>Reads the protobuf form; only a key that can be verified with is one.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out PeerPublicKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        if (!PublicKeyCodec.TryDecode(encoded, out PeerKeyType type, out ReadOnlySpan<byte> data))
        {
            problem = "the identity key is not in canonical protobuf form";
            return false;
        }
        problem = type switch
        {
            PeerKeyType.Secp256k1 => Secp256k1.TryDecompress(data, out _) ? null : "the identity key is no point of secp256k1",
            PeerKeyType.Ecdsa => UsableEcdsa(data) ? null : "the ECDSA identity key is not on P-256, P-384 or P-521",
            PeerKeyType.Rsa => UsableRsa(data) ? null : "the RSA identity key is not of 2,048 to 8,192 bits",
            _ => "the identity key is Ed25519, which is not verified here: give the peer a secp256k1 identity",
        };
        if (problem is not null)
            return false;
        key = new(type, data.ToArray(), encoded.ToArray());
        return true;
    }

    /// <summary>Judges a signature over SHA-256 of the message, by the rules of the key's type.</summary>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        try
        {
            switch (_type)
            {
                case PeerKeyType.Secp256k1:
                    return Secp256k1.Verify(_data, message, signature);
                case PeerKeyType.Ecdsa:
                    using (ECDsa ecdsa = ECDsa.Create())
                    {
                        ecdsa.ImportSubjectPublicKeyInfo(_data, out _);
                        return ecdsa.VerifyData(
                            message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
                    }
                default:
                    using (RSA rsa = RSA.Create())
                    {
                        rsa.ImportSubjectPublicKeyInfo(_data, out _);
                        return rsa.VerifyData(
                            message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                    }
            }
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool UsableEcdsa(ReadOnlySpan<byte> data)
    {
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(data, out int consumed);
            return consumed == data.Length
                && key.ExportParameters(false).Curve.Oid.Value
                    is "1.2.840.10045.3.1.7" or "1.3.132.0.34" or "1.3.132.0.35";
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool UsableRsa(ReadOnlySpan<byte> data)
    {
        try
        {
            using RSA key = RSA.Create();
            key.ImportSubjectPublicKeyInfo(data, out int consumed);
            return consumed == data.Length && key.KeySize is >= RsaBitsMin and <= RsaBitsMax;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
