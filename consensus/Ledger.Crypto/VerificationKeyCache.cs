using System.Buffers.Binary;
using Ledger.Core;

namespace Ledger.Crypto;

/// <summary>
/// Expanded keys by their id, bounded: at most <see cref="Capacity"/> of 30 KB each. Places lie in sets of four; in each
/// the key that was not asked for longest makes room. Not for several threads at once: each worker has its own, or its
/// owner locks. The keys that it hands out are immutable and outlive their place.
/// </summary>
public sealed class VerificationKeyCache
{
    private const int Ways = 4;
    private readonly VerificationKey?[] _keys;

    /// <param name="capacity">Rounded up to 4 times a power of two; 2,048 keys take 60 MB.</param>
    public VerificationKeyCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 20);
        _keys = new VerificationKey?[Ways * (int)System.Numerics.BitOperations.RoundUpToPowerOf2(
            ((uint)capacity + Ways - 1) / Ways)];
    }

    public int Capacity => _keys.Length;

    /// <summary>How often <see cref="Get"/> found its key.</summary>
    public ulong Hits { get; private set; }

    /// <summary>How often it had to expand one.</summary>
    public ulong Misses { get; private set; }

    /// <summary>
    /// The expanded key, from its place or expanded now. A hit compares all bytes of the key, and so never gives another.
    /// </summary>
    /// <param name="id">SHA-256 of <paramref name="publicKey"/>: a caller that knows it saves a microsecond. Throws if wrong.</param>
    public VerificationKey Get(KeyId id, ReadOnlySpan<byte> publicKey)
    {
        Span<VerificationKey?> set = SetOf(id);
        int way = 0;
        while (way < Ways && !(set[way] is { } candidate && candidate.Id == id && candidate.PublicKey.SequenceEqual(publicKey)))
        {
            way++;
        }

        VerificationKey? found = way < Ways ? set[way] : null;
        if (found is null)
        {
            Misses++;
            way = Ways - 1;
            found = new VerificationKey(publicKey);
            if (found.Id != id)
            {
                throw new ArgumentException($"The key's id is {found.Id}, not {id}.", nameof(id));
            }
        }
        else
        {
            Hits++;
        }

        // The most recent stands first, and the others keep their order.
        set[..way].CopyTo(set[1..]);
        set[0] = found;
        return found;
    }

    /// <summary>Forgets all keys.</summary>
    public void Clear() => _keys.AsSpan().Clear();

    private Span<VerificationKey?> SetOf(KeyId id)
    {
        int sets = _keys.Length / Ways;
        int set = (int)(BinaryPrimitives.ReadUInt32LittleEndian(id.Value.Span) & (uint)(sets - 1));
        return _keys.AsSpan(set * Ways, Ways);
    }
}
