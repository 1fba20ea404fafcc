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

    public void MultiplyRow<T>(int row, ReadOnlySpan<Poly> response, ref Poly sum)
        where T : struct, ILanes<T>
    {
        _ = response[L];
        ref byte left = ref MemoryMarshal.GetReference(_bytes.Slice(row * RowBytes, RowBytes + KeyHashBytes));
        ref int right = ref Unsafe.As<Poly, int>(ref MemoryMarshal.GetReference(response));
        for (int i = 0; i < N; i += T.Count)
        {
            T even = default;
            T odd = default;
            for (int column = 0; column <= L; column++)
            {
                T a = Packing<T>.Load(ref left, (column * N) + i, 24);
                T.MultiplyAdd(a, T.Load(ref right, (column * N) + i), ref even, ref odd);
            }

            T.Store(T.Reduce(even, odd), ref sum[0], i);
        }
    }

    /// <summary>
    /// Asks for the key to be brought near, as one of thousands lies in main memory. A hint: it reads nothing and cannot
    /// fail, so the address need not stay valid.
    /// </summary>
    public unsafe void Prefetch()
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_bytes));
            for (int at = 0; at < _bytes.Length; at += CacheLineBytes)
            {
                Sse.Prefetch1(start + at);
            }
        }
    }
}
