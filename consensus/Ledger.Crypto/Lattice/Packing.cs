using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>Polynomials as bytes (FIPS 204 algorithms 16 to 21): coefficients little-endian, bit after bit.</summary>
internal static class Packing
{
    /// <summary>Algorithm 16: coefficients from 0 to 2^bits - 1.</summary>
    public static void Pack(in Poly poly, int bits, Span<byte> bytes)
    {
        ulong pending = 0;
        int count = 0;
        int at = 0;
        for (int i = 0; i < N; i++)
        {
            pending |= (ulong)(uint)poly[i] << count;
            for (count += bits; count >= 8; count -= 8)
            {
                bytes[at++] = (byte)pending;
                pending >>= 8;
            }
        }
    }

    /// <summary>Algorithm 18.</summary>
    public static void Unpack(ReadOnlySpan<byte> bytes, int bits, ref Poly poly)
    {
        ulong pending = 0;
        int count = 0;
        int at = 0;
        uint mask = (1u << bits) - 1;
        for (int i = 0; i < N; i++)
        {
            for (; count < bits; count += 8)
            {
                pending |= (ulong)bytes[at++] << count;
            }

            poly[i] = (int)((uint)pending & mask);
            pending >>= bits;
            count -= bits;
        }
    }

    /// <summary>Algorithm 17: coefficients up to <paramref name="top"/>, stored as the distance below it.</summary>
    public static void PackBelow(in Poly poly, int top, int bits, Span<byte> bytes)
    {
        Poly distance = default;
        for (int i = 0; i < N; i++)
        {
            distance[i] = top - poly[i];
        }

        Pack(in distance, bits, bytes);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes((Span<int>)distance));
    }

    /// <summary>Algorithm 19.</summary>
    public static void UnpackBelow(ReadOnlySpan<byte> bytes, int top, int bits, ref Poly poly)
    {
        Unpack(bytes, bits, ref poly);
        for (int i = 0; i < N; i++)
        {
            poly[i] = top - poly[i];
        }
    }

    /// <summary>Algorithm 20: the places of the ones, and where each polynomial's places end.</summary>
    /// <param name="bytes">ω + k bytes.</param>
    public static void PackHints(ReadOnlySpan<Poly> hints, Span<byte> bytes)
    {
        bytes.Clear();
        int index = 0;
        for (int row = 0; row < K; row++)
        {
            for (int i = 0; i < N; i++)
            {
                if (hints[row][i] != 0)
                {
                    bytes[index++] = (byte)i;
                }
            }

            bytes[Omega + row] = (byte)index;
        }
    }

    /// <summary>
    /// Algorithm 21, strict: false for an end out of order or beyond ω, for places that do not ascend, and for anything
    /// but zero after the last place. A hint thus has one encoding.
    /// </summary>
    public static bool TryUnpackHints(ReadOnlySpan<byte> bytes, Span<Poly> hints)
    {
        int index = 0;
        for (int row = 0; row < K; row++)
        {
            ((Span<int>)hints[row]).Clear();
            int end = bytes[Omega + row];
            if (end < index || end > Omega)
            {
                return false;
            }

            for (int first = index; index < end; index++)
            {
                if (index > first && bytes[index - 1] >= bytes[index])
                {
                    return false;
                }

                hints[row][bytes[index]] = 1;
            }
        }

        return bytes[index..Omega].IndexOfAnyExcept((byte)0) < 0;
    }
}
