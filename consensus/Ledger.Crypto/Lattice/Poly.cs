using System.Runtime.CompilerServices;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// 256 coefficients of an element of Z_q[X]/(X^256 + 1), or of its NTT. A plain block of memory of exactly that size:
/// kernels may rely on it. Which residues are stored (0 to q - 1, or around zero) is said where it matters.
/// </summary>
[InlineArray(Parameters.N)]
internal struct Poly
{
    private int _first;
}
