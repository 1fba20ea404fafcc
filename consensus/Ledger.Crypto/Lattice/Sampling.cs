using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>Polynomials from seeds (FIPS 204 algorithms 29 to 34).</summary>
internal static class Sampling
{
    /// <summary>Algorithm 32: the matrix A from ρ, row after row, in the NTT domain, coefficients from 0 to q - 1.</summary>
    public static void ExpandA(ReadOnlySpan<byte> rho, Span<Poly> matrix)
    {
        for (int row = 0; row < K; row++)
        {
            for (int column = 0; column < L; column++)
            {
                RejectionSampleNtt(rho, (byte)column, (byte)row, ref matrix[(row * L) + column]);
            }
        }
    }

    /// <summary>Algorithm 33: s1 and s2 from ρ′.</summary>
    public static void ExpandS(ReadOnlySpan<byte> seed, Span<Poly> s1, Span<Poly> s2)
    {
        for (int i = 0; i < L; i++)
        {
            RejectionSampleBounded(seed, (ushort)i, ref s1[i]);
        }

        for (int i = 0; i < K; i++)
        {
            RejectionSampleBounded(seed, (ushort)(L + i), ref s2[i]);
        }
    }

    /// <summary>Algorithm 34: the mask y from ρ″ and the counter κ.</summary>
    public static void ExpandMask(ReadOnlySpan<byte> seed, int kappa, Span<Poly> mask)
    {
        Span<byte> bytes = stackalloc byte[MaskBytes];
        for (int i = 0; i < L; i++)
        {
            Sponge sponge = Sponge.Shake256();
            sponge.Absorb(seed);
            sponge.Absorb([(byte)(kappa + i), (byte)((kappa + i) >> 8)]);
            sponge.Squeeze(bytes);
            sponge.Clear();
            Packing.UnpackBelow(bytes, Gamma1, 20, ref mask[i]);
        }

        CryptographicOperations.ZeroMemory(bytes);
    }

    /// <summary>Algorithm 29: the challenge, τ coefficients of ±1, from c̃.</summary>
    public static void SampleInBall(ReadOnlySpan<byte> commitment, ref Poly challenge)
    {
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(commitment);
        Span<byte> block = stackalloc byte[Sponge.Shake256Rate];
        sponge.Squeeze(block);
        ulong signs = MemoryMarshal.Read<ulong>(block);
        if (!BitConverter.IsLittleEndian)
        {
            signs = System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(signs);
        }

        ((Span<int>)challenge).Clear();
        int at = sizeof(ulong);
        for (int i = N - Tau; i < N; i++)
        {
            int j;
            do
            {
                if (at == block.Length)
                {
                    sponge.Squeeze(block);
                    at = 0;
                }

                j = block[at++];
            }
            while (j > i);

            challenge[i] = challenge[j];
            challenge[j] = 1 - (2 * (int)(signs & 1));
            signs >>= 1;
        }
    }

    /// <summary>Algorithm 30. Its input is public, so rejecting may take its time.</summary>
    private static void RejectionSampleNtt(ReadOnlySpan<byte> rho, byte column, byte row, ref Poly poly)
    {
        Sponge sponge = Sponge.Shake128();
        sponge.Absorb(rho);
        sponge.Absorb([column, row]);
        Span<byte> block = stackalloc byte[Sponge.Shake128Rate];
        for (int count = 0; count < N;)
        {
            sponge.Squeeze(block);
            for (int at = 0; at < block.Length && count < N; at += 3)
            {
                int value = block[at] | (block[at + 1] << 8) | ((block[at + 2] & 0x7f) << 16);
                if (value < Q)
                {
                    poly[count++] = value;
                }
            }
        }
    }

    /// <summary>
    /// Algorithm 31 for η = 4. How many nibbles are rejected is told by time, as in every implementation; which
    /// values were accepted is not: the store is unconditional and the place moves by a mask.
    /// </summary>
    private static void RejectionSampleBounded(ReadOnlySpan<byte> seed, ushort nonce, ref Poly poly)
    {
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(seed);
        sponge.Absorb([(byte)nonce, (byte)(nonce >> 8)]);
        Span<byte> block = stackalloc byte[Sponge.Shake256Rate];
        for (int count = 0; count < N;)
        {
            sponge.Squeeze(block);
            for (int at = 0; at < block.Length * 2 && count < N; at++)
            {
                int nibble = (block[at >> 1] >> (4 * (at & 1))) & 15;
                poly[count] = Eta - nibble;
                count -= (nibble - (2 * Eta) - 1) >> 31;
            }
        }

        CryptographicOperations.ZeroMemory(block);
        sponge.Clear();
    }
}
