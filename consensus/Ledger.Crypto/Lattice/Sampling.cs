using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>Polynomials from seeds (FIPS 204 algorithms 29, 31, 33 and 34); the matrix is a matter of its own.</summary>
internal static class Sampling<T>
    where T : struct, ILanes<T>
{
    private const int Rate = Sponge.Shake256Rate;
    private const int BoundedBlocks = 2;
    private const int MaskBlocks = (MaskBytes + Rate - 1) / Rate;

    /// <summary>Algorithm 33: s1 and s2, one after the other, from ρ′.</summary>
    [SkipLocalsInit]
    public static void ExpandS(ReadOnlySpan<byte> seed, Span<Poly> secrets)
    {
        const int stride = (BoundedBlocks * Rate) + KeccakLanes.ReadSlackBytes;
        Span<byte> buffer = stackalloc byte[KeccakLanes.Count * stride];
        KeccakLanes states = default;
        for (int first = 0; first < secrets.Length; first += KeccakLanes.Count)
        {
            int lanes = Math.Min(KeccakLanes.Count, secrets.Length - first);
            Begin(ref states, seed, first, lanes);
            for (int block = 0; block < BoundedBlocks; block++)
            {
                states.Permute(lanes);
                states.ReadBlocks(lanes, Rate, buffer[(block * Rate)..], stride);
            }

            for (int lane = 0; lane < lanes; lane++)
            {
                ref Poly poly = ref secrets[first + lane];
                int count = SampleBounded(buffer.Slice(lane * stride, stride), 0, ref poly);
                if (count < N)
                {
                    ContinueBounded(seed, first + lane, count, ref poly);
                }

                Packing<T>.TurnBelow(ref poly, Eta);
            }
        }

        CryptographicOperations.ZeroMemory(buffer);
        states.Clear();
    }

    /// <summary>Algorithm 34: the mask y from ρ″ and the counter κ.</summary>
    [SkipLocalsInit]
    public static void ExpandMask(ReadOnlySpan<byte> seed, int kappa, Span<Poly> mask)
    {
        const int stride = (MaskBlocks * Rate) + KeccakLanes.ReadSlackBytes;
        Span<byte> buffer = stackalloc byte[KeccakLanes.Count * stride];
        KeccakLanes states = default;
        Begin(ref states, seed, kappa, L);
        for (int block = 0; block < MaskBlocks; block++)
        {
            states.Permute(L);
            states.ReadBlocks(L, Rate, buffer[(block * Rate)..], stride);
        }

        for (int i = 0; i < L; i++)
        {
            Packing<T>.UnpackBelow(buffer[(i * stride)..], Gamma1, 20, ref mask[i]);
        }

        CryptographicOperations.ZeroMemory(buffer);
        states.Clear();
    }

    /// <summary>Eight inputs of SHAKE256: the seed, and a counter of 16 bits.</summary>
    private static void Begin(ref KeccakLanes states, ReadOnlySpan<byte> seed, int counter, int lanes)
    {
        states.Clear();
        states.AbsorbInAll(seed);
        for (int lane = 0; lane < lanes; lane++)
        {
            states.Absorb(lane, seed.Length, [(byte)(counter + lane), (byte)((counter + lane) >> 8)]);
            states.Pad(lane, seed.Length + 2, Rate, Sponge.ShakeSuffix);
        }
    }

    /// <summary>
    /// Algorithm 31 for η = 4, over as many bytes as there are; returns how many coefficients are set, as nibbles that
    /// are still to be taken from η. Which nibbles were rejected may be told by time or by an address, as everywhere;
    /// which values were accepted is not.
    /// </summary>
    /// <param name="bytes">With <see cref="Packing.SlackBytes"/> more behind, read and not used.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int SampleBounded(ReadOnlySpan<byte> bytes, int count, ref Poly poly)
    {
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        int available = (bytes.Length - Packing.SlackBytes) * 2;
        int at = 0;
        for (; at <= available - T.Count && count <= N - T.Count; at += T.Count)
        {
            count += T.StoreBelow(Packing<T>.Load(in source, at, 4), (2 * Eta) + 1, ref poly[count]);
        }

        // Every nibble is stored, and the place moves on by a mask.
        for (; at < available && count < N; at++)
        {
            int nibble = (bytes[at >> 1] >> (4 * (at & 1))) & 15;
            poly[count] = nibble;
            count -= (nibble - (2 * Eta) - 1) >> 31;
        }

        return count;
    }

    /// <summary>The rest of one of the few polynomials for which the first blocks were not enough.</summary>
    private static void ContinueBounded(ReadOnlySpan<byte> seed, int counter, int count, ref Poly poly)
    {
        Span<byte> block = stackalloc byte[Rate + Packing.SlackBytes];
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(seed);
        sponge.Absorb([(byte)counter, (byte)(counter >> 8)]);
        for (int i = 0; i < BoundedBlocks; i++)
        {
            sponge.Squeeze(block[..Rate]);
        }

        while (count < N)
        {
            sponge.Squeeze(block[..Rate]);
            count = SampleBounded(block, count, ref poly);
        }

        CryptographicOperations.ZeroMemory(block);
        sponge.Clear();
    }
}

/// <summary>What does not depend on a width.</summary>
internal static class Sampling
{
    /// <summary>Algorithm 29: the challenge, τ coefficients of ±1, from c̃.</summary>
    public static void SampleInBall(ReadOnlySpan<byte> commitment, ref Poly challenge)
    {
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(commitment);
        Span<byte> block = stackalloc byte[Sponge.Shake256Rate];
        sponge.Squeeze(block);
        if (TrySampleInBall(block, ref challenge))
        {
            return;
        }

        // 128 bytes are nearly always more than enough for 49 places; a longer stretch holds the same ones first.
        Span<byte> longer = stackalloc byte[8 * Sponge.Shake256Rate];
        block.CopyTo(longer);
        sponge.Squeeze(longer[Sponge.Shake256Rate..]);
        if (!TrySampleInBall(longer, ref challenge))
        {
            throw new InvalidOperationException("SHAKE256 gave a thousand bytes without 49 usable ones.");
        }
    }

    /// <summary>The same from the first bytes that SHAKE256 gives; false if they do not suffice.</summary>
    public static bool TrySampleInBall(ReadOnlySpan<byte> bytes, ref Poly challenge)
    {
        ulong signs = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        int at = sizeof(ulong);
        ((Span<int>)challenge).Clear();
        for (int i = N - Tau; i < N; i++)
        {
            int j;
            do
            {
                if (at == bytes.Length)
                {
                    return false;
                }

                j = bytes[at++];
            }
            while (j > i);

            challenge[i] = challenge[j];
            challenge[j] = 1 - (2 * (int)(signs & 1));
            signs >>= 1;
        }

        return true;
    }
}
