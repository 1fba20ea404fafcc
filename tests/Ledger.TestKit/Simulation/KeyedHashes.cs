using System.Buffers.Binary;
using System.Security.Cryptography;
using Ledger.Crypto;
using Ledger.Crypto.Providers;

namespace Ledger.TestKit.Simulation;

/// <summary>
/// Signatures for simulations: SHA-256 over the key and the message, filled up with zeros to the length of ML-DSA-65's.
/// Whoever knows the public key could forge; what is simulated does not. Keys and signatures are told from real ones by
/// their bytes, so both may be used in one process.
/// </summary>
public static class KeyedHashes
{
    private static ReadOnlySpan<byte> Mark => "keyed hash, no signature"u8;

    /// <summary>From here on this process takes the signatures of such keys for sound.</summary>
    public static void Use() => ISubstituteScheme.InUse ??= new Scheme();

    /// <summary>The key of that number.</summary>
    public static SigningKey KeyOf(int number)
    {
        Use();
        byte[] publicKey = new byte[MlDsa65.PublicKeyBytes];
        Mark.CopyTo(publicKey);
        BinaryPrimitives.WriteInt32BigEndian(publicKey.AsSpan(Mark.Length), number);
        return new SigningKey(new Signer(publicKey), publicKey);
    }

    private static void Hash(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, Span<byte> hash)
    {
        int keyed = Mark.Length + sizeof(int);
        Span<byte> both = keyed + message.Length <= 512 ? stackalloc byte[512] : new byte[keyed + message.Length];
        publicKey[..keyed].CopyTo(both);
        message.CopyTo(both[keyed..]);
        SHA256.HashData(both[..(keyed + message.Length)], hash);
    }

    private sealed class Signer(byte[] publicKey) : ISigner
    {
        public void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer, Span<byte> signature)
        {
            signature.Clear();
            Hash(publicKey, message, signature[..SHA256.HashSizeInBytes]);
        }

        public void Dispose()
        {
        }
    }

    private sealed class Scheme : ISubstituteScheme
    {
        public bool Made(ReadOnlySpan<byte> publicKey) => publicKey.StartsWith(Mark);

        public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            Hash(publicKey, message, hash);
            return signature.StartsWith(hash) && !signature[hash.Length..].ContainsAnyExcept((byte)0);
        }
    }
}
