using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>ML-DSA.Verify_internal (FIPS 204 algorithm 8). All of its inputs are public.</summary>
internal static class Verification<T>
    where T : struct, ILanes<T>
{
    /// <summary>Bytes of w1, encoded.</summary>
    public const int CommitmentBytes = K * W1Bytes;

    private const int HintsAt = ChallengeBytes + (L * MaskBytes);

    /// <summary>Verifies under a raw key.</summary>
    [SkipLocalsInit]
    public static bool Run(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> context, ReadOnlySpan<byte> signature)
    {
        Span<Poly> response = stackalloc Poly[L + 1];
        if (!TryUnpackResponse(signature, response))
        {
            return false;
        }

        Span<Poly> rows = stackalloc Poly[ExpandedKey.PolyCount];
        Span<byte> prefix = Representative.LayOutPrefix(context, stackalloc byte[Representative.PrefixBytesMax]);
        Span<byte> input = stackalloc byte[RepresentativeBytes + CommitmentBytes];
        RepresentativeLane rider = new(publicKey, prefix, message, input[..RepresentativeBytes]);
        ExpandedKey.Expand<T>(publicKey, rows, rider);
        return Run(new ExpandedKey(rows), input, signature, response);
    }

    /// <summary>Verifies under a key that was expanded before.</summary>
    [SkipLocalsInit]
    public static bool RunExpanded(
        ReadOnlySpan<byte> packed, ReadOnlySpan<byte> message, ReadOnlySpan<byte> context, ReadOnlySpan<byte> signature)
    {
        PackedKey key = new(packed);
        Span<Poly> response = stackalloc Poly[L + 1];
        if (!TryUnpackResponse(signature, response))
        {
            return false;
        }

        Span<byte> input = stackalloc byte[RepresentativeBytes + CommitmentBytes];
        Representative.Compute(key.KeyHash, message, context, input[..RepresentativeBytes]);
        return Run(key, input, signature, response);
    }

    /// <summary>
    /// z, where it is short and the hints are well formed, in the NTT domain; place for the challenge is left behind it.
    /// </summary>
    public static bool TryUnpackResponse(ReadOnlySpan<byte> signature, Span<Poly> response)
    {
        if (!Hints.AreWellFormed(signature[HintsAt..]))
        {
            return false;
        }

        for (int i = 0; i < L; i++)
        {
            // The hints that follow are the slack which unpacking needs.
            Packing<T>.UnpackBelow(signature[(ChallengeBytes + (i * MaskBytes))..], Gamma1, 20, ref response[i]);
            if (Rounding<T>.ReachesNorm(in response[i], Gamma1 - Beta))
            {
                return false;
            }

            Ntt<T>.Forward(ref response[i]);
        }

        return true;
    }

    /// <summary>w1, encoded: the high parts of A·z - c·t1·2^d as the hints correct them.</summary>
    /// <param name="response">z and behind it the challenge, all in the NTT domain.</param>
    /// <param name="next">The key that will be worked with next, where one is known.</param>
    [SkipLocalsInit]
    public static void Commit<TKey>(
        TKey key,
        ReadOnlySpan<Poly> response,
        ReadOnlySpan<byte> signature,
        Span<byte> commitment,
        PackedKey next = default)
        where TKey : IKeyRows, allows ref struct
    {
        Poly w;
        Poly high;
        Unsafe.SkipInit(out w);
        Unsafe.SkipInit(out high);
        ReadOnlySpan<byte> hints = signature[HintsAt..];
        for (int row = 0; row < K; row++)
        {
            next.Prefetch(row);
            key.MultiplyRow<T>(row, response, ref w);
            Ntt<T>.InverseOfProduct(ref w);
            for (int i = 0; i < N; i += T.Count)
            {
                T value = Rounding<T>.MakePositive(T.Load(ref w[0], i));
                T.Store(value, ref w[0], i);
                T.Store(Rounding<T>.Decompose(value, out _), ref high[0], i);
            }

            // Algorithm 40, where a hint stands.
            foreach (byte place in Hints.Places(hints, row))
            {
                Rounding<Lane>.Decompose(Lane.Create(w[place]), out Lane low);
                high[place] = (high[place] + (Lane.IsPositive(low) ? 1 : -1)) & 15;
            }

            Packing<T>.Pack(in high, 4, commitment.Slice(row * W1Bytes, W1Bytes));
        }
    }

    /// <param name="input">μ, and behind it place for w1.</param>
    private static bool Run<TKey>(
        TKey key, Span<byte> input, ReadOnlySpan<byte> signature, Span<Poly> response)
        where TKey : IKeyRows, allows ref struct
    {
        Sampling.SampleInBall(signature[..ChallengeBytes], ref response[L]);
        Ntt<T>.Forward(ref response[L]);
        Commit(key, response, signature, input[RepresentativeBytes..]);
        Span<byte> challenge = stackalloc byte[ChallengeBytes];
        Sha3.Shake256(input, challenge);
        return challenge.SequenceEqual(signature[..ChallengeBytes]);
    }
}
