using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// What a public key expands to, in three bytes a coefficient: for each row the matrix and, as a sixth column, -t1·2^d in
/// the NTT domain, so that one sum of products with z and the challenge gives A·z - c·t1·2^d; at the end tr.
/// </summary>
internal static class PackedKey
{
    private const int PolyBytes = N * 3;
    private const int RowBytes = (L + 1) * PolyBytes;
    private const int KeyHashAt = K * RowBytes;

    /// <summary>Bytes of a packed key: 27,712. tr serves as the slack that unpacking needs.</summary>
    public const int Bytes = KeyHashAt + KeyHashBytes;

    public static ReadOnlySpan<byte> KeyHash(ReadOnlySpan<byte> key) => key.Slice(KeyHashAt, KeyHashBytes);

    [SkipLocalsInit]
    public static void Pack<T>(ReadOnlySpan<byte> publicKey, Span<byte> key)
        where T : struct, ILanes<T>
    {
        Span<Poly> matrix = stackalloc Poly[K * L];
        Span<byte> keyHash = stackalloc byte[KeyHashBytes];
        MatrixExpansion<T>.Expand(publicKey, matrix, keyHash);
        Span<byte> t1 = stackalloc byte[(K * T1Bytes) + Packing.SlackBytes];
        publicKey[SeedBytes..].CopyTo(t1);
        Poly poly;
        Unsafe.SkipInit(out poly);
        for (int row = 0; row < K; row++)
        {
            for (int column = 0; column < L; column++)
            {
                PackTriples<T>(in matrix[(row * L) + column], key[((row * RowBytes) + (column * PolyBytes))..]);
            }

            Packing<T>.Unpack(t1[(row * T1Bytes)..], 10, ref poly);
            TransformT1<T>(ref poly);
            PackTriples<T>(in poly, key[((row * RowBytes) + (L * PolyBytes))..]);
        }

        // Last, since packing writes past the end of a polynomial.
        keyHash.CopyTo(key[KeyHashAt..]);
    }

    /// <summary>One row times z and the challenge: Σ key[row][j]·response[j]·R^-1, in (-q, q).</summary>
    public static void MultiplyRow<T>(ReadOnlySpan<byte> key, int row, ReadOnlySpan<Poly> response, ref Poly sum)
        where T : struct, ILanes<T>
    {
        _ = response[L];
        ref byte left = ref MemoryMarshal.GetReference(key.Slice(row * RowBytes, RowBytes + KeyHashBytes));
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

    /// <summary>-t1·2^d in the NTT domain, from 0 to q - 1.</summary>
    private static void TransformT1<T>(ref Poly poly)
        where T : struct, ILanes<T>
    {
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(default(T) - T.ShiftLeft(T.Load(ref poly[0], i), D), ref poly[0], i);
        }

        Ntt<T>.Forward(ref poly);
        T one = T.Create(Field.One);
        for (int i = 0; i < N; i += T.Count)
        {
            T.Store(Rounding<T>.MakePositive(T.MultiplyReduce(T.Load(ref poly[0], i), one)), ref poly[0], i);
        }
    }

    private static void PackTriples<T>(in Poly poly, Span<byte> bytes)
        where T : struct, ILanes<T>
    {
        ref byte target = ref MemoryMarshal.GetReference(bytes[..(PolyBytes + KeyHashBytes)]);
        for (int i = 0; i < N; i += T.Count)
        {
            T.PackTriples(T.Load(in poly[0], i), ref Unsafe.Add(ref target, 3 * i));
        }
    }
}
