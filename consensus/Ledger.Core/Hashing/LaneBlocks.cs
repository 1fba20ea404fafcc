using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ledger.Core.Hashing;

/// <summary>
/// Whole blocks of eight inputs, absorbed side by side: squares of words are turned by vectors, where single words would
/// be carried one by one.
/// </summary>
internal readonly ref struct LaneBlocks
{
    private readonly ref byte _m0, _m1, _m2, _m3, _m4, _m5, _m6, _m7;

    /// <summary>Bytes that each input has.</summary>
    private readonly int _length;

    /// <summary>From the place on where each of the inputs stands; takes the length of the shortest.</summary>
    public LaneBlocks(
        ReadOnlySpan<byte> m0, ReadOnlySpan<byte> m1, ReadOnlySpan<byte> m2, ReadOnlySpan<byte> m3,
        ReadOnlySpan<byte> m4, ReadOnlySpan<byte> m5, ReadOnlySpan<byte> m6, ReadOnlySpan<byte> m7)
    {
        _m0 = ref MemoryMarshal.GetReference(m0);
        _m1 = ref MemoryMarshal.GetReference(m1);
        _m2 = ref MemoryMarshal.GetReference(m2);
        _m3 = ref MemoryMarshal.GetReference(m3);
        _m4 = ref MemoryMarshal.GetReference(m4);
        _m5 = ref MemoryMarshal.GetReference(m5);
        _m6 = ref MemoryMarshal.GetReference(m6);
        _m7 = ref MemoryMarshal.GetReference(m7);
        _length = Math.Min(
            Math.Min(Math.Min(m0.Length, m1.Length), Math.Min(m2.Length, m3.Length)),
            Math.Min(Math.Min(m4.Length, m5.Length), Math.Min(m6.Length, m7.Length)));
    }

    public static bool IsSupported => KeccakWord512.IsSupported || KeccakWord256.IsSupported;

    /// <summary>Absorbs as many blocks as all inputs have, and permutes after each.</summary>
    /// <returns>Bytes taken from each input.</returns>
    public int AbsorbAll(ref KeccakStates states, int rate)
    {
        int at = 0;
        for (; at <= _length - rate; at += rate)
        {
            int word = 0;
            if (KeccakWord512.IsSupported)
            {
                for (; word + 8 <= rate / 8; word += 8)
                {
                    Xor8(ref states[word * KeccakStates.Count], at + (word * 8));
                }
            }
            else
            {
                for (; word + 4 <= rate / 8; word += 4)
                {
                    Xor4(ref states[word * KeccakStates.Count], at + (word * 8));
                }
            }

            for (; word < rate / 8; word++)
            {
                Xor1(ref states[word * KeccakStates.Count], at + (word * 8));
            }

            KeccakPermutation.Permute(ref states, KeccakStates.Count);
        }

        return at;
    }

    /// <summary>Eight words of each input.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Xor8(ref ulong words, int at)
    {
        Vector512<ulong> r0 = Load512(ref _m0, at), r1 = Load512(ref _m1, at);
        Vector512<ulong> r2 = Load512(ref _m2, at), r3 = Load512(ref _m3, at);
        Vector512<ulong> r4 = Load512(ref _m4, at), r5 = Load512(ref _m5, at);
        Vector512<ulong> r6 = Load512(ref _m6, at), r7 = Load512(ref _m7, at);
        KeccakTransposition.Turn8(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        Xor(ref words, 0, r0);
        Xor(ref words, 1, r1);
        Xor(ref words, 2, r2);
        Xor(ref words, 3, r3);
        Xor(ref words, 4, r4);
        Xor(ref words, 5, r5);
        Xor(ref words, 6, r6);
        Xor(ref words, 7, r7);
    }

    /// <summary>Four words of each input, and four inputs at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Xor4(ref ulong words, int at)
    {
        Xor4(ref words, Load256(ref _m0, at), Load256(ref _m1, at), Load256(ref _m2, at), Load256(ref _m3, at));
        Xor4(
            ref Unsafe.Add(ref words, 4),
            Load256(ref _m4, at), Load256(ref _m5, at), Load256(ref _m6, at), Load256(ref _m7, at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Xor4(
        ref ulong words, Vector256<ulong> r0, Vector256<ulong> r1, Vector256<ulong> r2, Vector256<ulong> r3)
    {
        KeccakTransposition.Turn4(ref r0, ref r1, ref r2, ref r3);
        Xor(ref words, 0, r0);
        Xor(ref words, 1, r1);
        Xor(ref words, 2, r2);
        Xor(ref words, 3, r3);
    }

    private void Xor1(ref ulong words, int at)
    {
        words ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m0, at));
        Unsafe.Add(ref words, 1) ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m1, at));
        Unsafe.Add(ref words, 2) ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m2, at));
        Unsafe.Add(ref words, 3) ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m3, at));
        Unsafe.Add(ref words, 4) ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m4, at));
        Unsafe.Add(ref words, 5) ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m5, at));
        Unsafe.Add(ref words, 6) ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m6, at));
        Unsafe.Add(ref words, 7) ^= KeccakLanes.ReadWord(ref Unsafe.Add(ref _m7, at));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Load512(ref byte source, int at) =>
        Vector512.LoadUnsafe(ref source, (nuint)at).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Load256(ref byte source, int at) =>
        Vector256.LoadUnsafe(ref source, (nuint)at).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Xor(ref ulong words, int word, Vector512<ulong> value)
    {
        ref ulong target = ref Unsafe.Add(ref words, word * KeccakStates.Count);
        (Vector512.LoadUnsafe(ref target) ^ value).StoreUnsafe(ref target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Xor(ref ulong words, int word, Vector256<ulong> value)
    {
        ref ulong target = ref Unsafe.Add(ref words, word * KeccakStates.Count);
        (Vector256.LoadUnsafe(ref target) ^ value).StoreUnsafe(ref target);
    }
}
