namespace Ledger.Crypto.Lattice;

/// <summary>ML-DSA-65 (FIPS 204 §4, tables 1 and 2), under the names of the standard.</summary>
internal static class Parameters
{
    /// <summary>The prime 2^23 - 2^13 + 1.</summary>
    public const int Q = 8_380_417;

    /// <summary>Coefficients of a polynomial.</summary>
    public const int N = 256;

    /// <summary>Low bits dropped from t.</summary>
    public const int D = 13;

    /// <summary>Rows of the matrix A.</summary>
    public const int K = 6;

    /// <summary>Columns of the matrix A.</summary>
    public const int L = 5;

    /// <summary>Bound of the secret coefficients.</summary>
    public const int Eta = 4;

    /// <summary>Nonzero coefficients of the challenge.</summary>
    public const int Tau = 49;

    /// <summary>τ·η: how far the secret can move a coefficient.</summary>
    public const int Beta = Tau * Eta;

    /// <summary>Range of the mask.</summary>
    public const int Gamma1 = 1 << 19;

    /// <summary>Range of the low part in rounding.</summary>
    public const int Gamma2 = (Q - 1) / 32;

    /// <summary>Most hints that a signature may carry.</summary>
    public const int Omega = 55;

    /// <summary>Bytes of the commitment hash c̃, λ/4.</summary>
    public const int ChallengeBytes = 48;

    public const int SeedBytes = 32;

    /// <summary>Bytes of ρ′ and ρ″.</summary>
    public const int ExpandedSeedBytes = 64;

    /// <summary>Bytes of tr, the hash of the public key.</summary>
    public const int KeyHashBytes = 64;

    /// <summary>Bytes of μ, the message representative.</summary>
    public const int RepresentativeBytes = 64;

    /// <summary>Bytes of one polynomial of t1, 10 bits a coefficient.</summary>
    public const int T1Bytes = N * 10 / 8;

    /// <summary>Bytes of one polynomial of t0, 13 bits a coefficient.</summary>
    public const int T0Bytes = N * 13 / 8;

    /// <summary>Bytes of one polynomial of s1 or s2, 4 bits a coefficient.</summary>
    public const int SecretBytes = N * 4 / 8;

    /// <summary>Bytes of one polynomial of z or of the mask, 20 bits a coefficient.</summary>
    public const int MaskBytes = N * 20 / 8;

    /// <summary>Bytes of one polynomial of w1, 4 bits a coefficient.</summary>
    public const int W1Bytes = N * 4 / 8;
}
