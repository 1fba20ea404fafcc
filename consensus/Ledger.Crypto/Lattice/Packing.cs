using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>Polynomials as bytes (FIPS 204 algorithms 16 to 19): coefficients little-endian, bit after bit.</summary>
internal static class Packing<T>
    where T : struct, ILanes<T>
{
    /// <summary>Algorithm 16: coefficients from 0 to 2^bits - 1.</summary>
    public static void Pack(in Poly poly, [ConstantExpected] int bits, Span<byte> bytes)
    {
        if (bits == 4 && T.Count > 1)
        {
            _ = bytes[(N / 2) - 1];
            for (int i = 0; i < N; i += T.Count)
            {
                T.PackNibbles(T.Load(in poly[0], i), ref Unsafe.Add(ref MemoryMarshal.GetReference(bytes), i / 2));
            }

            return;
        }

        ulong pending = 0;
        int count = 0;
        for (int i = 0; i < N; i++)
        {
            ulong value = (uint)poly[i];
            pending |= value << count;
            count += bits;
            if (count >= 64)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, pending);
                bytes = bytes[8..];
                count -= 64;
                pending = value >> (bits - count);
            }
        }
    }

    /// <summary>Algorithm 17: coefficients up to <paramref name="top"/>, stored as the distance below it; overwrites them.</summary>
    public static void PackBelow(ref Poly poly, int top, [ConstantExpected] int bits, Span<byte> bytes)
    {
        TurnBelow(ref poly, top);
        Pack(in poly, bits, bytes);
    }

    /// <summary>Algorithm 18.</summary>
    /// <param name="bytes">With <see cref="Packing.SlackBytes"/> more behind, read and not used.</param>
    public static void Unpack(ReadOnlySpan<byte> bytes, [ConstantExpected] int bits, ref Poly poly)
    {
        _ = bytes[(N * bits / 8) + Packing.SlackBytes - 1];
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(Load(ref source, i, bits), ref poly[0], i);
        }
    }

    /// <summary>Algorithm 19, with the same slack.</summary>
    public static void UnpackBelow(ReadOnlySpan<byte> bytes, int top, [ConstantExpected] int bits, ref Poly poly)
    {
        Unpack(bytes, bits, ref poly);
        TurnBelow(ref poly, top);
    }

    /// <summary>Coefficients from <paramref name="index"/> on, a multiple of the width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(ref readonly byte source, int index, [ConstantExpected] int bits)
    {
        ref byte at = ref Unsafe.Add(ref Unsafe.AsRef(in source), (int)((uint)index * (uint)bits / 8));
        if (T.Count > 1)
        {
            return T.Unpack(ref at, bits);
        }

        uint word = Unsafe.ReadUnaligned<uint>(ref at);
        word = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
        return T.Create((int)(word >> (index * bits % 8)) & ((1 << bits) - 1));
    }

    private static void TurnBelow(ref Poly poly, int top)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(T.Create(top) - T.Load(ref poly[0], i), ref poly[0], i);
        }
    }
}

/// <summary>What does not depend on a width.</summary>
internal static class Packing
{
    /// <summary>Unpacking reads whole vectors, so up to this many bytes behind a polynomial.</summary>
    public const int SlackBytes = 56;
}
