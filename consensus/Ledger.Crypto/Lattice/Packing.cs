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
    /// <param name="bits">4, 10, 13, 20 or 24; each has a loop of its own, with shifts that are constants.</param>
    public static void Pack(in Poly poly, int bits, Span<byte> bytes)
    {
        ref byte target = ref MemoryMarshal.GetReference(bytes[..(N * bits / 8)]);
        ref int source = ref Unsafe.AsRef(in poly[0]);
        switch (bits)
        {
            case 4 when T.Count > 1:
                for (int i = 0; i < N; i += T.Count)
                {
                    T.PackNibbles(T.Load(ref source, i), ref Unsafe.Add(ref target, i / 2));
                }

                break;
            case 4:
                PackUnits(ref source, 4, ref target);
                break;
            case 10:
                PackUnits(ref source, 10, ref target);
                break;
            case 13:
                PackUnits(ref source, 13, ref target);
                break;
            case 20:
                PackUnits(ref source, 20, ref target);
                break;
            default:
                PackUnits(ref source, 24, ref target);
                break;
        }
    }

    /// <summary>Algorithm 17: coefficients up to <paramref name="top"/>, stored as the distance below it; overwrites them.</summary>
    public static void PackBelow(ref Poly poly, int top, int bits, Span<byte> bytes)
    {
        TurnBelow(ref poly, top);
        Pack(in poly, bits, bytes);
    }

    /// <summary>Algorithm 18.</summary>
    /// <param name="bytes">With <see cref="Packing.SlackBytes"/> more behind, read and not used.</param>
    /// <param name="bits">As for <see cref="Pack"/>.</param>
    public static void Unpack(ReadOnlySpan<byte> bytes, int bits, ref Poly poly)
    {
        _ = bytes[(N * bits / 8) + Packing.SlackBytes - 1];
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        switch (bits)
        {
            case 4:
                LoadAll(ref source, 4, ref poly);
                break;
            case 10:
                LoadAll(ref source, 10, ref poly);
                break;
            case 13:
                LoadAll(ref source, 13, ref poly);
                break;
            case 20:
                LoadAll(ref source, 20, ref poly);
                break;
            default:
                LoadAll(ref source, 24, ref poly);
                break;
        }
    }

    /// <summary>Algorithm 19, with the same slack.</summary>
    public static void UnpackBelow(ReadOnlySpan<byte> bytes, int top, int bits, ref Poly poly)
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadAll(ref byte source, [ConstantExpected] int bits, ref Poly poly)
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(Load(ref source, i, bits), ref poly[0], i);
        }
    }

    /// <summary>
    /// Two units of 32 to 52 bits at a time, which end with a byte: written as the first and the last eight bytes of
    /// what they make together.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PackUnits(ref int source, [ConstantExpected] int bits, ref byte target)
    {
        int perUnit = bits > 16 ? 2 : bits > 8 ? 4 : 8;
        int unitBits = perUnit * bits;
        for (int i = 0; i < N; i += 2 * perUnit)
        {
            ulong first = Unit(ref Unsafe.Add(ref source, i), bits);
            ulong second = Unit(ref Unsafe.Add(ref source, i + perUnit), bits);
            WriteWord(ref target, first | (second << unitBits));
            target = ref Unsafe.Add(ref target, unitBits / 4);
            WriteWord(ref Unsafe.Subtract(ref target, 8), (first >> ((2 * unitBits) - 64)) | (second << (64 - unitBits)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Unit(ref int source, [ConstantExpected] int bits)
    {
        ulong unit = Pair(ref source, bits);
        if (bits <= 16)
        {
            unit |= Pair(ref Unsafe.Add(ref source, 2), bits) << (2 * bits);
        }

        if (bits <= 8)
        {
            unit |= (Pair(ref Unsafe.Add(ref source, 4), bits) << (4 * bits))
                | (Pair(ref Unsafe.Add(ref source, 6), bits) << (6 * bits));
        }

        return unit;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pair(ref int source, [ConstantExpected] int bits) =>
        (uint)source | ((ulong)(uint)Unsafe.Add(ref source, 1) << bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteWord(ref byte target, ulong word) =>
        Unsafe.WriteUnaligned(ref target, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));

    /// <summary>Each coefficient becomes its distance below <paramref name="top"/>.</summary>
    public static void TurnBelow(ref Poly poly, int top)
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
