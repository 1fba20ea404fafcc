using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>A secret key ready to sign: the matrix, and s1, s2, t0 in the NTT domain. A view of memory that its owner wipes.</summary>
internal readonly ref struct ExpandedSecret
{
    /// <summary>Polynomials of the view.</summary>
    public const int PolyCount = (K * L) + L + K + K;

    private const int S1At = K * L;
    private const int S2At = S1At + L;
    private const int T0At = S2At + K;

    private readonly Span<Poly> _polys;

    public ExpandedSecret(Span<Poly> polys, ReadOnlySpan<byte> signingSeed, ReadOnlySpan<byte> keyHash)
    {
        _polys = polys;
        SigningSeed = signingSeed;
        KeyHash = keyHash;
    }

    public ReadOnlySpan<byte> SigningSeed { get; }

    public ReadOnlySpan<byte> KeyHash { get; }

    public ReadOnlySpan<Poly> S1 => _polys.Slice(S1At, L);

    public ReadOnlySpan<Poly> S2 => _polys.Slice(S2At, K);

    public ReadOnlySpan<Poly> T0 => _polys.Slice(T0At, K);

    public ReadOnlySpan<Poly> MatrixRow(int row) => _polys.Slice(row * L, L);

    /// <summary>Algorithm 25, and the transforms that algorithm 7 begins with. False if the bytes are no secret key.</summary>
    /// <param name="polys">As many as <see cref="PolyCount"/>, filled.</param>
    [SkipLocalsInit]
    public static bool TryExpand<T>(ReadOnlySpan<byte> secretKey, Span<Poly> polys)
        where T : struct, ILanes<T>
    {
        Span<byte> copy = stackalloc byte[MlDsa65.SecretKeyBytes + Packing.SlackBytes];
        secretKey.CopyTo(copy);
        MatrixExpansion<T>.Expand(copy[..SeedBytes], polys[..S1At]);
        bool sound = true;
        int at = SecretKeyLayout.SecretsAt;
        for (int i = S1At; i < T0At; i++, at += SecretBytes)
        {
            Packing<T>.UnpackBelow(copy[at..], Eta, 4, ref polys[i]);
            sound &= !Rounding<T>.ReachesNorm(in polys[i], Eta + 1);
            Ntt<T>.Forward(ref polys[i]);
        }

        for (int i = T0At; i < PolyCount; i++, at += T0Bytes)
        {
            Packing<T>.UnpackBelow(copy[at..], 1 << (D - 1), 13, ref polys[i]);
            Ntt<T>.Forward(ref polys[i]);
        }

        CryptographicOperations.ZeroMemory(copy);
        return sound;
    }
}
