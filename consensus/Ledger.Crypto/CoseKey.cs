using Ledger.Core.Cbor;

namespace Ledger.Crypto;

/// <summary>
/// Keys as COSE_Key (RFC 9052 §7) of type AKP (RFC 9964): {1: 7, 3: -49, -1: public key} and, with the secret,
/// -2: the 32-byte seed. One encoding, deterministic CBOR, no other members; records carry the raw key instead.
/// </summary>
public static class CoseKey
{
    /// <summary>Bytes of a public key in this form.</summary>
    public const int PublicBytes = HeadBytes + MlDsa65.PublicKeyBytes;

    /// <summary>Bytes of a public key with its seed.</summary>
    public const int SecretBytes = PublicBytes + SeedHeadBytes + MlDsa65.SeedBytes;

    private const int HeadBytes = 10;
    private const int SeedHeadBytes = 3;

    /// <summary>kty AKP, alg ML-DSA-65, and the head of a byte string of 1,952 under -1; the map's own head is apart.</summary>
    private static ReadOnlySpan<byte> AfterMapHead => [0x01, 0x07, 0x03, 0x38, 0x30, 0x20, 0x59, 0x07, 0xa0];

    /// <summary>The head of a byte string of 32 under -2.</summary>
    private static ReadOnlySpan<byte> SeedHead => [0x21, 0x58, 0x20];

    private const byte MapOf3 = 0xa3;
    private const byte MapOf4 = 0xa4;

    public static byte[] Encode(ReadOnlySpan<byte> publicKey)
    {
        MlDsa65.Require(publicKey.Length, MlDsa65.PublicKeyBytes, nameof(publicKey));
        return [MapOf3, .. AfterMapHead, .. publicKey];
    }

    /// <summary>With the seed: a secret in clear, for export alone.</summary>
    public static byte[] EncodeSecret(ReadOnlySpan<byte> seed)
    {
        MlDsa65.Require(seed.Length, MlDsa65.SeedBytes, nameof(seed));
        using SigningKey key = SigningKey.FromSeed(seed);
        return [MapOf4, .. AfterMapHead, .. key.PublicKey.Span, .. SeedHead, .. seed];
    }

    /// <summary>Reads a public key; one with a secret in it is refused, as a sign that it was handed to the wrong place.</summary>
    /// <param name="publicKey">A part of <paramref name="encoded"/>, 1,952 bytes.</param>
    public static bool TryParse(ReadOnlySpan<byte> encoded, out ReadOnlySpan<byte> publicKey, out CborError error)
    {
        publicKey = default;
        error = Check(encoded, MapOf3, PublicBytes);
        if (error.Fault != CborFault.None)
        {
            return false;
        }

        publicKey = encoded[HeadBytes..];
        return true;
    }

    /// <summary>Reads a key with its seed, and sees that the two belong together.</summary>
    public static bool TryParseSecret(ReadOnlySpan<byte> encoded, out ReadOnlySpan<byte> seed, out CborError error)
    {
        seed = default;
        error = Check(encoded, MapOf4, SecretBytes);
        if (error.Fault == CborFault.None && !encoded.Slice(PublicBytes, SeedHeadBytes).SequenceEqual(SeedHead))
        {
            error = new CborError(CborFault.WrongValue, PublicBytes);
        }

        if (error.Fault != CborFault.None)
        {
            return false;
        }

        using SigningKey key = SigningKey.FromSeed(encoded[^MlDsa65.SeedBytes..]);
        if (!key.PublicKey.Span.SequenceEqual(encoded.Slice(HeadBytes, MlDsa65.PublicKeyBytes)))
        {
            error = new CborError(CborFault.WrongValue, HeadBytes);
            return false;
        }

        seed = encoded[^MlDsa65.SeedBytes..];
        return true;
    }

    /// <summary>With one encoding allowed, the first byte that differs is the fault.</summary>
    private static CborError Check(ReadOnlySpan<byte> encoded, byte mapHead, int length)
    {
        ReadOnlySpan<byte> head = [mapHead, .. AfterMapHead];
        int same = encoded.CommonPrefixLength(head);
        return same < Math.Min(HeadBytes, encoded.Length) ? new CborError(CborFault.WrongValue, same)
            : encoded.Length < length ? new CborError(CborFault.Truncated, encoded.Length)
            : encoded.Length > length ? new CborError(CborFault.TrailingBytes, length)
            : default;
    }
}
