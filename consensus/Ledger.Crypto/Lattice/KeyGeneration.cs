using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>ML-DSA.KeyGen_internal (FIPS 204 algorithm 6), and the layout of keys (algorithms 22 and 24).</summary>
internal static class KeyGeneration<T>
    where T : struct, ILanes<T>
{
    [SkipLocalsInit]
    public static void Run(ReadOnlySpan<byte> seed, Span<byte> publicKey, Span<byte> secretKey)
    {
        Span<byte> expanded = stackalloc byte[SeedBytes + ExpandedSeedBytes + SeedBytes];
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(seed);
        sponge.Absorb([K, L]);
        sponge.Squeeze(expanded);
        sponge.Clear();
        ReadOnlySpan<byte> rho = expanded[..SeedBytes];
        ReadOnlySpan<byte> secretSeed = expanded.Slice(SeedBytes, ExpandedSeedBytes);
        SecretKeyLayout layout = new(secretKey);
        rho.CopyTo(publicKey);
        rho.CopyTo(layout.Rho);
        expanded[(SeedBytes + ExpandedSeedBytes)..].CopyTo(layout.SigningSeed);

        Span<Poly> matrix = stackalloc Poly[K * L];
        Span<Poly> secrets = stackalloc Poly[L + K];
        MatrixExpansion<T>.Expand(rho, matrix);
        Sampling<T>.ExpandS(secretSeed, secrets);
        Multiply(matrix, secrets, publicKey, layout);
        for (int i = 0; i < L + K; i++)
        {
            Packing<T>.PackBelow(ref secrets[i], Eta, 4, i < L ? layout.S1(i) : layout.S2(i - L));
        }

        Sha3.Shake256(publicKey, layout.KeyHash);
        CryptographicOperations.ZeroMemory(expanded);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(secrets));
    }

    /// <summary>t = A·s1 + s2: its high parts to the public key, its low ones to the secret key.</summary>
    [SkipLocalsInit]
    private static void Multiply(
        ReadOnlySpan<Poly> matrix, ReadOnlySpan<Poly> secrets, Span<byte> publicKey, SecretKeyLayout layout)
    {
        Span<Poly> space = stackalloc Poly[L + 3];
        Span<Poly> s1 = space[..L];
        ref Poly t = ref space[L];
        ref Poly t1 = ref space[L + 1];
        ref Poly t0 = ref space[L + 2];
        secrets[..L].CopyTo(s1);
        for (int i = 0; i < L; i++)
        {
            Ntt<T>.Forward(ref s1[i]);
        }

        for (int i = 0; i < K; i++)
        {
            Ntt<T>.MultiplySum(matrix.Slice(i * L, L), s1, ref t);
            Ntt<T>.InverseOfProduct(ref t);
            Rounding<T>.Add(ref t, in secrets[L + i]);
            Rounding<T>.MakePositive(ref t);
            Rounding<T>.Power2Round(in t, ref t1, ref t0);
            Packing<T>.Pack(in t1, 10, publicKey.Slice(SeedBytes + (i * T1Bytes), T1Bytes));
            Packing<T>.PackBelow(ref t0, 1 << (D - 1), 13, layout.T0(i));
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(space));
    }
}

/// <summary>Where the parts of a 4,032-byte secret key lie (FIPS 204 algorithm 24).</summary>
internal readonly ref struct SecretKeyLayout(Span<byte> key)
{
    public const int SecretsAt = (2 * SeedBytes) + KeyHashBytes;
    private readonly Span<byte> _key = key;

    public Span<byte> Rho => _key[..SeedBytes];

    /// <summary>K of the standard: what hedged and deterministic signatures draw their mask from.</summary>
    public Span<byte> SigningSeed => _key.Slice(SeedBytes, SeedBytes);

    /// <summary>tr.</summary>
    public Span<byte> KeyHash => _key.Slice(2 * SeedBytes, KeyHashBytes);

    public Span<byte> S1(int i) => _key.Slice(SecretsAt + (i * SecretBytes), SecretBytes);

    public Span<byte> S2(int i) => _key.Slice(SecretsAt + ((L + i) * SecretBytes), SecretBytes);

    public Span<byte> T0(int i) => _key.Slice(SecretsAt + ((L + K) * SecretBytes) + (i * T0Bytes), T0Bytes);
}
