using System.Buffers.Binary;
using System.Numerics;
using Ledger.Crypto;
using Ledger.Crypto.Providers;

namespace Ledger.TestKit.Simulation;

/// <summary>
/// Signatures for simulations: a hash of the key's number and the message, filled up with zeros to the length of
/// ML-DSA-65's. It is quick and no more: whoever knows the public key could forge, what is simulated does not. Keys and
/// signatures are told from real ones by their bytes, so both may be used in one process.
/// </summary>
public static class KeyedHashes
{
    private const int HashBytes = 16;

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

    /// <summary>Two words, each mixed with every word of the message by multiplying to twice their length.</summary>
    private static void Hash(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, Span<byte> hash)
    {
        ulong number = BinaryPrimitives.ReadUInt32BigEndian(publicKey[Mark.Length..]);
        ulong left = Mixed(number + 1, 0x9e3779b97f4a7c15);
        ulong right = Mixed((ulong)message.Length + 1, 0xbf58476d1ce4e5b9);
        for (; message.Length >= sizeof(ulong); message = message[sizeof(ulong)..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(message);
            left = Mixed(left ^ word, 0x94d049bb133111eb);
            right = Mixed(right + word, 0xd6e8feb86659fd93);
        }

        Span<byte> rest = stackalloc byte[sizeof(ulong)];
        rest.Clear();
        message.CopyTo(rest);
        ulong last = BinaryPrimitives.ReadUInt64LittleEndian(rest);
        BinaryPrimitives.WriteUInt64LittleEndian(hash, Mixed(left ^ last, right | 1));
        BinaryPrimitives.WriteUInt64LittleEndian(hash[sizeof(ulong)..], Mixed(right + last, left | 1));
    }

    private static ulong Mixed(ulong word, ulong factor)
    {
        ulong high = Math.BigMul(word, factor, out ulong low);
        return high ^ low ^ BitOperations.RotateLeft(word, 23);
    }

    private sealed class Signer(byte[] publicKey) : ISigner
    {
        public void Sign(ReadOnlySpan<byte> message, ReadOnlySpan<byte> randomizer, Span<byte> signature)
        {
            signature.Clear();
            Hash(publicKey, message, signature[..HashBytes]);
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
            Span<byte> hash = stackalloc byte[HashBytes];
            Hash(publicKey, message, hash);
            return signature.StartsWith(hash) && !signature[hash.Length..].ContainsAnyExcept((byte)0);
        }
    }
}
