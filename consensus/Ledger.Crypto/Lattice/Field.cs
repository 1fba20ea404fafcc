using System.Runtime.CompilerServices;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>Arithmetic modulo q without a branch, with R = 2^32 for Montgomery (FIPS 204 appendix A).</summary>
internal static class Field
{
    /// <summary>q^-1 modulo 2^32.</summary>
    public const int QInverse = 58_728_449;

    /// <summary>R² / 256 modulo q: turns an inverse transform of Montgomery products into plain residues.</summary>
    public const int InverseScale = 41_978;

    /// <summary>R modulo q: multiplying by it changes no residue, and brings it into (-q, q).</summary>
    public const int One = -4_186_625;

    /// <summary>a·R^-1 modulo q, in (-q, q), for |a| ≤ 2^31·q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Reduce(long a) => (int)((a - ((long)((int)a * QInverse) * Q)) >> 32);
}
