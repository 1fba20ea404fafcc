using System.Runtime.CompilerServices;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>ML-DSA.Verify_internal (FIPS 204 algorithm 8). All of its inputs are public.</summary>
internal static class Verification
{
    [SkipLocalsInit]
    public static bool Run(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> context, ReadOnlySpan<byte> signature)
    {
        Span<Poly> response = stackalloc Poly[L + 1];
        Span<Poly> hints = stackalloc Poly[K];
        if (!Packing.TryUnpackHints(signature[(ChallengeBytes + (L * MaskBytes))..], hints)
            || !TryUnpackResponse(signature.Slice(ChallengeBytes, L * MaskBytes), response[..L]))
        {
            return false;
        }

        // The challenge goes last, against -t1·2^d: one sum of products gives A·z - c·t1·2^d.
        Sampling.SampleInBall(signature[..ChallengeBytes], ref response[L]);
        Ntt.Forward(ref response[L]);

        Span<byte> mu = stackalloc byte[RepresentativeBytes];
        Sha3.Shake256(publicKey, mu);
        Representative.Compute(mu, message, context, mu);
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(mu);

        Span<Poly> matrix = stackalloc Poly[K * L];
        Sampling.ExpandA(publicKey[..SeedBytes], matrix);
        Span<Poly> row = stackalloc Poly[L + 1];
        Span<byte> encoded = stackalloc byte[W1Bytes];
        Poly commitment;
        Unsafe.SkipInit(out commitment);
        for (int i = 0; i < K; i++)
        {
            matrix.Slice(i * L, L).CopyTo(row);
            UnpackNegatedT1(publicKey.Slice(SeedBytes + (i * T1Bytes), T1Bytes), ref row[L]);
            Ntt.MultiplySum(row, response, ref commitment);
            Ntt.InverseOfProduct(ref commitment);
            Rounding.MakePositive(ref commitment);
            Rounding.UseHint(ref commitment, in hints[i]);
            Packing.Pack(in commitment, 4, encoded);
            sponge.Absorb(encoded);
        }

        Span<byte> challenge = stackalloc byte[ChallengeBytes];
        sponge.Squeeze(challenge);
        return challenge.SequenceEqual(signature[..ChallengeBytes]);
    }

    private static bool TryUnpackResponse(ReadOnlySpan<byte> bytes, Span<Poly> response)
    {
        for (int i = 0; i < L; i++)
        {
            Packing.UnpackBelow(bytes.Slice(i * MaskBytes, MaskBytes), Gamma1, 20, ref response[i]);
            if (Rounding.ReachesNorm(in response[i], Gamma1 - Beta))
            {
                return false;
            }

            Ntt.Forward(ref response[i]);
        }

        return true;
    }

    /// <summary>-t1·2^d in the NTT domain, reduced so that it may stand for an element of the matrix.</summary>
    private static void UnpackNegatedT1(ReadOnlySpan<byte> bytes, ref Poly poly)
    {
        Packing.Unpack(bytes, 10, ref poly);
        for (int i = 0; i < N; i++)
        {
            poly[i] = -(poly[i] << D);
        }

        Ntt.Forward(ref poly);
        for (int i = 0; i < N; i++)
        {
            poly[i] = Field.Multiply(poly[i], Field.One);
        }
    }
}
