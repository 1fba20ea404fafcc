using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// ML-DSA.Sign_internal (FIPS 204 algorithm 7). The number of attempts and the test that ended one depend on values that
/// tell nothing of the secret (rejection sampling is there for that); within an attempt no branch and no address does.
/// Working space is wiped; what the compiler spilled to the stack on the way is beyond the reach of managed code.
/// </summary>
internal static class Signing<T>
    where T : struct, ILanes<T>
{
    /// <summary>κ is a 16-bit counter; an honest key gets through in about five attempts.</summary>
    private const int KappaMax = ushort.MaxValue - L;

    [SkipLocalsInit]
    public static void Run(
        ReadOnlySpan<byte> secretKey,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> randomizer,
        Span<byte> signature)
    {
        Span<Poly> polys = stackalloc Poly[ExpandedSecret.PolyCount];
        if (!ExpandedSecret.TryExpand<T>(secretKey, polys))
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(polys));
            throw new ArgumentException("These bytes are no ML-DSA-65 secret key.", nameof(secretKey));
        }

        ExpandedSecret secret = new(
            polys,
            secretKey.Slice(SeedBytes, SeedBytes),
            secretKey.Slice(2 * SeedBytes, KeyHashBytes));
        Run(secret, message, context, randomizer, signature);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(polys));
    }

    [SkipLocalsInit]
    public static void Run(
        ExpandedSecret secret,
        ReadOnlySpan<byte> message,
        ReadOnlySpan<byte> context,
        ReadOnlySpan<byte> randomizer,
        Span<byte> signature)
    {
        Span<byte> mu = stackalloc byte[RepresentativeBytes];
        Representative.Compute(secret.KeyHash, message, context, mu);
        Span<byte> maskSeed = stackalloc byte[ExpandedSeedBytes];
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(secret.SigningSeed);
        sponge.Absorb(randomizer);
        sponge.Absorb(mu);
        sponge.Squeeze(maskSeed);
        sponge.Clear();

        Span<Poly> space = stackalloc Poly[Attempt.PolyCount];
        Attempt attempt = new(space);
        int kappa = 0;
        bool made;
        while (!(made = attempt.TrySign(secret, mu, maskSeed, kappa, signature)) && kappa <= KappaMax)
        {
            kappa += L;
        }

        CryptographicOperations.ZeroMemory(maskSeed);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(space));
        if (!made)
        {
            // What the last attempt left there speaks of the secret: that is why it was rejected.
            CryptographicOperations.ZeroMemory(signature);
            throw new InvalidOperationException("No signature within the range of the counter: the key is broken.");
        }
    }

    /// <summary>One turn of the rejection loop, in working space that serves all turns.</summary>
    private readonly ref struct Attempt(Span<Poly> space)
    {
        public const int PolyCount = L + L + K + K + K + 2;

        private readonly Span<Poly> _mask = space[..L];
        private readonly Span<Poly> _response = space.Slice(L, L);
        private readonly Span<Poly> _high = space.Slice(2 * L, K);
        private readonly Span<Poly> _low = space.Slice((2 * L) + K, K);
        private readonly Span<Poly> _hints = space.Slice((2 * L) + (2 * K), K);
        private readonly ref Poly _challenge = ref space[(2 * L) + (3 * K)];
        private readonly ref Poly _product = ref space[(2 * L) + (3 * K) + 1];

        public bool TrySign(
            ExpandedSecret secret, ReadOnlySpan<byte> mu, ReadOnlySpan<byte> maskSeed, int kappa, Span<byte> signature)
        {
            Sampling<T>.ExpandMask(maskSeed, kappa, _mask);
            Span<byte> commitment = signature[..ChallengeBytes];
            Commit(secret, mu, commitment);
            Sampling.SampleInBall(commitment, ref _challenge);
            Ntt<T>.Forward(ref _challenge);
            return TryRespond(secret, signature) && TryHint(secret, signature);
        }

        /// <summary>w = A·y, its two parts, and c̃ from the high one.</summary>
        private void Commit(ExpandedSecret secret, ReadOnlySpan<byte> mu, Span<byte> commitment)
        {
            for (int i = 0; i < L; i++)
            {
                _response[i] = _mask[i];
                Ntt<T>.Forward(ref _response[i]);
            }

            Sponge sponge = Sponge.Shake256();
            sponge.Absorb(mu);
            Span<byte> encoded = stackalloc byte[W1Bytes];
            for (int i = 0; i < K; i++)
            {
                Ntt<T>.MultiplySum(secret.MatrixRow(i), _response, ref _product);
                Ntt<T>.InverseOfProduct(ref _product);
                Rounding<T>.MakePositive(ref _product);
                Rounding<T>.Decompose(in _product, ref _high[i], ref _low[i]);
                Packing<T>.Pack(in _high[i], 4, encoded);
                sponge.Absorb(encoded);
            }

            sponge.Squeeze(commitment);
            sponge.Clear();
            CryptographicOperations.ZeroMemory(encoded);
        }

        /// <summary>z = y + c·s1, refused where its size would speak of s1.</summary>
        private bool TryRespond(ExpandedSecret secret, Span<byte> signature)
        {
            for (int i = 0; i < L; i++)
            {
                Ntt<T>.Multiply(in _challenge, in secret.S1[i], ref _response[i]);
                Ntt<T>.InverseOfProduct(ref _response[i]);
                Rounding<T>.Add(ref _response[i], in _mask[i]);
                if (Rounding<T>.ReachesNorm(in _response[i], Gamma1 - Beta))
                {
                    return false;
                }

                Packing<T>.PackBelow(ref _response[i], Gamma1, 20, signature.Slice(ChallengeBytes + (i * MaskBytes), MaskBytes));
            }

            return true;
        }

        /// <summary>Hints for the share of t0, refused where the low part would speak of s2 or the hints are too many.</summary>
        private bool TryHint(ExpandedSecret secret, Span<byte> signature)
        {
            int count = 0;
            for (int i = 0; i < K; i++)
            {
                Ntt<T>.Multiply(in _challenge, in secret.S2[i], ref _product);
                Ntt<T>.InverseOfProduct(ref _product);
                Rounding<T>.Subtract(ref _low[i], in _product);
                if (Rounding<T>.ReachesNorm(in _low[i], Gamma2 - Beta))
                {
                    return false;
                }

                Ntt<T>.Multiply(in _challenge, in secret.T0[i], ref _product);
                Ntt<T>.InverseOfProduct(ref _product);
                if (Rounding<T>.ReachesNorm(in _product, Gamma2))
                {
                    return false;
                }

                Rounding<T>.Add(ref _low[i], in _product);
                count += Rounding<T>.MakeHint(in _low[i], in _high[i], ref _hints[i]);
            }

            if (count > Omega)
            {
                return false;
            }

            Hints.Pack(_hints, signature[(ChallengeBytes + (L * MaskBytes))..]);
            return true;
        }
    }
}
