namespace Ledger.Core.Hashing;

/// <summary>
/// SHA3-512 and the two SHAKEs (FIPS 202) in one call each. The platform's own are not used: they are missing where its
/// OpenSSL is old, and a hash that names a record must be there on every machine.
/// </summary>
public static class Sha3
{
    /// <summary>Bytes of a SHA3-512.</summary>
    public const int Hash512Bytes = 64;

    /// <summary>SHA3-512 of <paramref name="data"/>.</summary>
    /// <param name="hash64">Exactly 64 bytes.</param>
    public static void Hash512(ReadOnlySpan<byte> data, Span<byte> hash64)
    {
        if (hash64.Length != Hash512Bytes)
        {
            throw new ArgumentException($"A SHA3-512 has {Hash512Bytes} bytes, not {hash64.Length}.", nameof(hash64));
        }

        Sponge sponge = Sponge.Sha3Of512();
        sponge.Absorb(data);
        sponge.Squeeze(hash64);
    }

    /// <summary>SHAKE128 of <paramref name="data"/>, as long as <paramref name="output"/>.</summary>
    public static void Shake128(ReadOnlySpan<byte> data, Span<byte> output)
    {
        Sponge sponge = Sponge.Shake128();
        sponge.Absorb(data);
        sponge.Squeeze(output);
    }

    /// <summary>SHAKE256 of <paramref name="data"/>, as long as <paramref name="output"/>.</summary>
    public static void Shake256(ReadOnlySpan<byte> data, Span<byte> output)
    {
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(data);
        sponge.Squeeze(output);
    }
}
