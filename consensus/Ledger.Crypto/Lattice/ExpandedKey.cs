using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>What a public key expands to, in whatever form: rows to multiply z and the challenge with.</summary>
internal interface IKeyRows
{
    /// <summary>
    /// One row of A·z - c·t1·2^d times R^-1, in (-q, q): with -t1·2^d as a sixth column and the challenge behind z, it is
    /// one sum of products.
    /// </summary>
    void MultiplyRow<T>(int row, ReadOnlySpan<Poly> response, ref Poly sum)
        where T : struct, ILanes<T>;
}

/// <summary>An expanded key as it is used once: 36 KB.</summary>
internal readonly ref struct ExpandedKey(ReadOnlySpan<Poly> rows) : IKeyRows
{
    /// <summary>Polynomials of the rows.</summary>
    public const int PolyCount = K * (L + 1);

    private readonly ReadOnlySpan<Poly> _rows = rows;

    /// <summary>Fills <paramref name="rows"/> and tr.</summary>
    public static void Expand<T>(ReadOnlySpan<byte> publicKey, Span<Poly> rows, Span<byte> keyHash)
        where T : struct, ILanes<T> => Expand<T>(publicKey, rows, new RepresentativeLane(publicKey, keyHash));

    /// <summary>Fills <paramref name="rows"/>, and has hashed what is to be hashed beside it.</summary>
    [SkipLocalsInit]
    public static void Expand<T>(ReadOnlySpan<byte> publicKey, Span<Poly> rows, RepresentativeLane rider)
        where T : struct, ILanes<T>
    {
        MatrixExpansion<T>.Expand(publicKey[..SeedBytes], rows, rider);
        Span<byte> t1 = stackalloc byte[(K * T1Bytes) + Packing.SlackBytes];
        publicKey[SeedBytes..].CopyTo(t1);
        for (int row = 0; row < K; row++)
        {
            ref Poly last = ref rows[(row * (L + 1)) + L];
            Packing<T>.Unpack(t1[(row * T1Bytes)..], 10, ref last);
            TransformT1<T>(ref last);
        }
    }

    public void MultiplyRow<T>(int row, ReadOnlySpan<Poly> response, ref Poly sum)
        where T : struct, ILanes<T> => Ntt<T>.MultiplySum(_rows.Slice(row * (L + 1), L + 1), response, ref sum);

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
}
