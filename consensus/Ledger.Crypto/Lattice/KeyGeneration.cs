using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>ML-DSA.KeyGen_internal (FIPS 204 algorithm 6), and the layout of keys (algorithms 22 and 24).</summary>
internal static class KeyGeneration
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
        ReadOnlySpan<byte> signingSeed = expanded[(SeedBytes + ExpandedSeedBytes)..];

        Span<Poly> secrets = stackalloc Poly[L + K + L + 3];
        Span<Poly> s1 = secrets[..L];
        Span<Poly> s2 = secrets.Slice(L, K);
        Span<Poly> s1Transformed = secrets.Slice(L + K, L);
        ref Poly t = ref secrets[L + K + L];
        ref Poly t1 = ref secrets[L + K + L + 1];
        ref Poly t0 = ref secrets[L + K + L + 2];
        Sampling.ExpandS(secretSeed, s1, s2);
        SecretKeyLayout layout = new(secretKey);
        for (int i = 0; i < L; i++)
        {
            s1Transformed[i] = s1[i];
            Ntt.Forward(ref s1Transformed[i]);
            Packing.PackBelow(in s1[i], Eta, 4, layout.S1(i));
        }

        Span<Poly> matrix = stackalloc Poly[K * L];
        Sampling.ExpandA(rho, matrix);
        rho.CopyTo(publicKey);
        for (int i = 0; i < K; i++)
        {
            Ntt.MultiplySum(matrix.Slice(i * L, L), s1Transformed, ref t);
            Ntt.InverseOfProduct(ref t);
            Rounding.Add(ref t, in s2[i]);
            Rounding.MakePositive(ref t);
            Rounding.Power2Round(in t, ref t1, ref t0);
            Packing.Pack(in t1, 10, publicKey.Slice(SeedBytes + (i * T1Bytes), T1Bytes));
            Packing.PackBelow(in s2[i], Eta, 4, layout.S2(i));
            Packing.PackBelow(in t0, 1 << (D - 1), 13, layout.T0(i));
        }

        rho.CopyTo(layout.Rho);
        signingSeed.CopyTo(layout.SigningSeed);
        Sha3.Shake256(publicKey, layout.KeyHash);
        CryptographicOperations.ZeroMemory(expanded);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(secrets));
    }
}

/// <summary>Where the parts of a 4,032-byte secret key lie (FIPS 204 algorithm 24).</summary>
internal readonly ref struct SecretKeyLayout(Span<byte> key)
{
    private const int SecretsAt = (2 * SeedBytes) + KeyHashBytes;
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
