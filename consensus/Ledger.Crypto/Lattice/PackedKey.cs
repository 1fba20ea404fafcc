using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>An expanded key as it is kept: three bytes a coefficient, row after row, and at the end tr.</summary>
internal readonly ref struct PackedKey(ReadOnlySpan<byte> bytes) : IKeyRows
{
    /// <summary>Bytes of a packed key: 27,712. tr serves as the slack that unpacking needs.</summary>
    public const int Bytes = KeyHashAt + KeyHashBytes;

    private const int PolyBytes = N * 3;
    private const int RowBytes = (L + 1) * PolyBytes;
    private const int KeyHashAt = K * RowBytes;
    private const int CacheLineBytes = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public ReadOnlySpan<byte> KeyHash => _bytes.Slice(KeyHashAt, KeyHashBytes);

    [SkipLocalsInit]
    public static void Pack<T>(ReadOnlySpan<byte> publicKey, Span<byte> key)
        where T : struct, ILanes<T>
    {
        Span<Poly> rows = stackalloc Poly[ExpandedKey.PolyCount];
        Span<byte> keyHash = stackalloc byte[KeyHashBytes];
        ExpandedKey.Expand<T>(publicKey, rows, keyHash);
        ref byte target = ref MemoryMarshal.GetReference(key[..Bytes]);
        for (int poly = 0; poly < rows.Length; poly++)
        {
            for (int i = 0; i < N; i += T.Count)
            {
                T.PackTriples(T.Load(in rows[poly][0], i), ref Unsafe.Add(ref target, (poly * PolyBytes) + (3 * i)));
            }
        }

        // Last, since packing writes past the end of a polynomial.
        keyHash.CopyTo(key[KeyHashAt..]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void MultiplyRow<T>(int row, ReadOnlySpan<Poly> response, ref Poly sum)
        where T : struct, ILanes<T>
    {
        _ = response[L];
        ref byte left = ref MemoryMarshal.GetReference(_bytes.Slice(row * RowBytes, RowBytes + KeyHashBytes));
        ref int right = ref Unsafe.As<Poly, int>(ref MemoryMarshal.GetReference(response));
        for (int i = 0; i < N; i += T.Count)
        {
            // All six columns written out: what a loop would do with indices takes as long as the products.
            T even = default;
            T odd = default;
            MultiplyAdd(ref left, ref right, 0, ref even, ref odd);
            MultiplyAdd(ref left, ref right, 1, ref even, ref odd);
            MultiplyAdd(ref left, ref right, 2, ref even, ref odd);
            MultiplyAdd(ref left, ref right, 3, ref even, ref odd);
            MultiplyAdd(ref left, ref right, 4, ref even, ref odd);
            MultiplyAdd(ref left, ref right, L, ref even, ref odd);
            T.Store(T.Reduce(even, odd), ref sum[0], i);
            left = ref Unsafe.Add(ref left, 3 * T.Count);
            right = ref Unsafe.Add(ref right, T.Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd<T>(
        ref byte left, ref int right, [ConstantExpected] int column, ref T even, ref T odd)
        where T : struct, ILanes<T>
    {
        T a = Packing<T>.Load(ref Unsafe.Add(ref left, column * PolyBytes), 0, 24);
        T.MultiplyAdd(a, T.Load(ref right, column * N), ref even, ref odd);
    }

    /// <summary>
    /// Asks for a row of the key to be brought near, as one of thousands lies in main memory. A hint: it reads nothing
    /// and cannot fail, so the address need not stay valid. Row by row, because the processor waits if it is asked for
    /// more at a time than it can keep track of.
    /// </summary>
    public unsafe void Prefetch(int row)
    {
        if (Sse.IsSupported && !_bytes.IsEmpty)
        {
            ReadOnlySpan<byte> wanted = _bytes.Slice(row * RowBytes, RowBytes);
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(wanted));
            for (int at = 0; at < RowBytes; at += CacheLineBytes)
            {
                Sse.Prefetch1(start + at);
            }
        }
    }
}
