using System.Runtime.InteropServices;
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
    public static bool TryExpand(ReadOnlySpan<byte> secretKey, Span<Poly> polys)
    {
        SecretKeyLayout layout = new(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(secretKey), secretKey.Length));
        Sampling.ExpandA(layout.Rho, polys[..S1At]);
        bool sound = true;
        for (int i = 0; i < L; i++)
        {
            sound &= TryUnpackSecret(layout.S1(i), ref polys[S1At + i]);
        }

        for (int i = 0; i < K; i++)
        {
            sound &= TryUnpackSecret(layout.S2(i), ref polys[S2At + i]);
            Packing.UnpackBelow(layout.T0(i), 1 << (D - 1), 13, ref polys[T0At + i]);
            Ntt.Forward(ref polys[T0At + i]);
        }

        return sound;
    }

    private static bool TryUnpackSecret(ReadOnlySpan<byte> bytes, ref Poly poly)
    {
        Packing.UnpackBelow(bytes, Eta, 4, ref poly);
        bool sound = !Rounding.ReachesNorm(in poly, Eta + 1);
        Ntt.Forward(ref poly);
        return sound;
    }
}
