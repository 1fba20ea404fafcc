using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ledger.Core.Hashing;

/// <summary>
/// Sixteen states of SHA-256 (FIPS 180-4 §6.2) side by side, with AVX-512: word w of state s is lane s of vector w.
/// </summary>
internal struct Sha256Lanes
{
    public const int Count = 16;
    public const int BlockBytes = 64;
    private const int Rounds = 64;
    private const int Words = 8;

    /// <summary>K of the standard: the cube roots of the first 64 primes, 32 bits behind the point.</summary>
    private static readonly uint[] K =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private State _state;

    public static bool IsSupported => Avx512BW.IsSupported;

    /// <summary>Brings one state to where every message begins.</summary>
    public void Begin(int lane)
    {
        ReadOnlySpan<uint> start =
            [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
        for (int word = 0; word < Words; word++)
        {
            Word(word, lane) = start[word];
        }
    }

    /// <summary>The hash, once the last block is taken in.</summary>
    /// <param name="hash">32 bytes.</param>
    public void Read(int lane, Span<byte> hash)
    {
        for (int word = 0; word < Words; word++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * word)..], Word(word, lane));
        }
    }

    /// <summary>Takes one block of each message.</summary>
    /// <param name="blocks">The first message's block; the others lie <paramref name="stride"/> bytes apart.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    [SkipLocalsInit]
    public void Compress(ReadOnlySpan<byte> blocks, int stride)
    {
        Schedule schedule;
        Unsafe.SkipInit(out schedule);
        Span<Vector512<uint>> w = schedule;
        LoadWords(blocks, stride, w);
        Vector512<uint> a = _state[0], b = _state[1], c = _state[2], d = _state[3];
        Vector512<uint> e = _state[4], f = _state[5], g = _state[6], h = _state[7];
        ref uint k = ref MemoryMarshal.GetArrayDataReference(K);
        for (int t = 0; t < Rounds; t += Words)
        {
            int at = t & 8;
            Round(a, b, c, ref d, e, f, g, ref h, w[at] + Vector512.Create(Unsafe.Add(ref k, t)));
            Round(h, a, b, ref c, d, e, f, ref g, w[at + 1] + Vector512.Create(Unsafe.Add(ref k, t + 1)));
            Round(g, h, a, ref b, c, d, e, ref f, w[at + 2] + Vector512.Create(Unsafe.Add(ref k, t + 2)));
            Round(f, g, h, ref a, b, c, d, ref e, w[at + 3] + Vector512.Create(Unsafe.Add(ref k, t + 3)));
            Round(e, f, g, ref h, a, b, c, ref d, w[at + 4] + Vector512.Create(Unsafe.Add(ref k, t + 4)));
            Round(d, e, f, ref g, h, a, b, ref c, w[at + 5] + Vector512.Create(Unsafe.Add(ref k, t + 5)));
            Round(c, d, e, ref f, g, h, a, ref b, w[at + 6] + Vector512.Create(Unsafe.Add(ref k, t + 6)));
            Round(b, c, d, ref e, f, g, h, ref a, w[at + 7] + Vector512.Create(Unsafe.Add(ref k, t + 7)));
            if (t < Rounds - 16)
            {
                Extend(w, at);
            }
        }

        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }

    /// <summary>One round: it changes <paramref name="d"/>, and <paramref name="h"/>, the next round's a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, ref Vector512<uint> d,
        Vector512<uint> e, Vector512<uint> f, Vector512<uint> g, ref Vector512<uint> h, Vector512<uint> word)
    {
        Vector512<uint> chosen = Avx512F.TernaryLogic(e, f, g, 0xca);
        Vector512<uint> majority = Avx512F.TernaryLogic(a, b, c, 0xe8);
        Vector512<uint> t1 = h + word + chosen + Xor(
            Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25));
        d += t1;
        h = t1 + majority + Xor(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22));
    }

    /// <summary>The next eight words of the message schedule, in place of those 16 before them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extend(Span<Vector512<uint>> w, int at)
    {
        for (int i = at; i < at + 8; i++)
        {
            Vector512<uint> early = w[(i + 1) & 15];
            Vector512<uint> late = w[(i + 14) & 15];
            w[i] += w[(i + 9) & 15]
                + Xor(Avx512F.RotateRight(early, 7), Avx512F.RotateRight(early, 18), early >>> 3)
                + Xor(Avx512F.RotateRight(late, 17), Avx512F.RotateRight(late, 19), late >>> 10);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Xor(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) =>
        Avx512F.TernaryLogic(a, b, c, 0x96);

    /// <summary>Word i of every block to vector i: squares of 4 × 4 words are turned, and then change places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadWords(ReadOnlySpan<byte> blocks, int stride, Span<Vector512<uint>> w)
    {
        _ = blocks[(((Count - 1) * stride) + BlockBytes)..];
        ref byte first = ref MemoryMarshal.GetReference(blocks);
        Schedule turned;
        Unsafe.SkipInit(out turned);
        for (int i = 0; i < 4; i++)
        {
            ref byte rows = ref Unsafe.Add(ref first, 4 * i * stride);
            Vector512<uint> r0 = Vector512.LoadUnsafe(ref rows).AsUInt32();
            Vector512<uint> r1 = Vector512.LoadUnsafe(ref rows, (nuint)stride).AsUInt32();
            Vector512<uint> r2 = Vector512.LoadUnsafe(ref rows, (nuint)(2 * stride)).AsUInt32();
            Vector512<uint> r3 = Vector512.LoadUnsafe(ref rows, (nuint)(3 * stride)).AsUInt32();
            Vector512<ulong> a0 = Avx512F.UnpackLow(r0, r1).AsUInt64(), a1 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
            Vector512<ulong> a2 = Avx512F.UnpackLow(r2, r3).AsUInt64(), a3 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
            turned[i] = Avx512F.UnpackLow(a0, a2).AsUInt32();
            turned[4 + i] = Avx512F.UnpackHigh(a0, a2).AsUInt32();
            turned[8 + i] = Avx512F.UnpackLow(a1, a3).AsUInt32();
            turned[12 + i] = Avx512F.UnpackHigh(a1, a3).AsUInt32();
        }

        Vector512<byte> bigEndian = Vector512.Create(Vector256.Create(Vector128.Create(
            (byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
        for (int i = 0; i < 4; i++)
        {
            Vector512<uint> q0 = turned[4 * i], q1 = turned[(4 * i) + 1];
            Vector512<uint> q2 = turned[(4 * i) + 2], q3 = turned[(4 * i) + 3];
            Vector512<uint> a0 = Avx512F.Shuffle4x128(q0, q1, 0x88), a1 = Avx512F.Shuffle4x128(q0, q1, 0xdd);
            Vector512<uint> a2 = Avx512F.Shuffle4x128(q2, q3, 0x88), a3 = Avx512F.Shuffle4x128(q2, q3, 0xdd);
            w[i] = Swap(Avx512F.Shuffle4x128(a0, a2, 0x88), bigEndian);
            w[4 + i] = Swap(Avx512F.Shuffle4x128(a1, a3, 0x88), bigEndian);
            w[8 + i] = Swap(Avx512F.Shuffle4x128(a0, a2, 0xdd), bigEndian);
            w[12 + i] = Swap(Avx512F.Shuffle4x128(a1, a3, 0xdd), bigEndian);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Swap(Vector512<uint> words, Vector512<byte> order) =>
        Avx512BW.Shuffle(words.AsByte(), order).AsUInt32();

    [UnscopedRef]
    private ref uint Word(int word, int lane) =>
        ref Unsafe.Add(ref Unsafe.As<Vector512<uint>, uint>(ref _state[0]), (word * Count) + lane);

    [InlineArray(Words)]
    private struct State
    {
        private Vector512<uint> _first;
    }

    [InlineArray(16)]
    private struct Schedule
    {
        private Vector512<uint> _first;
    }
}
