using System.Runtime.CompilerServices;
using Ledger.Core.Hashing;
using static Ledger.Crypto.Lattice.Parameters;

namespace Ledger.Crypto.Lattice;

/// <summary>
/// Verification of several signatures, whose hashing, the larger part of the work, runs side by side: challenges, message
/// representatives and commitment hashes each in one go. Same verdicts as one by one.
/// </summary>
internal static class BatchVerification<T>
    where T : struct, ILanes<T>
{
    /// <summary>Signatures that are worked on together; bounds the stack in use to about 100 KB.</summary>
    public const int GroupSize = 32;

    private const int PrefixBytes = KeyHashBytes + 2;

    public static void Run(ReadOnlySpan<VerifyItem> items, Span<bool> valid)
    {
        for (int first = 0; first < items.Length; first += GroupSize)
        {
            int count = Math.Min(GroupSize, items.Length - first);
            RunGroup(items.Slice(first, count), valid.Slice(first, count));
        }
    }

    [SkipLocalsInit]
    private static void RunGroup(ReadOnlySpan<VerifyItem> items, Span<bool> valid)
    {
        Span<byte> challenges = stackalloc byte[GroupSize * Sponge.Shake256Rate];
        Span<byte> prefixes = stackalloc byte[GroupSize * PrefixBytes];
        Span<byte> commitments = stackalloc byte[GroupSize * Verification<T>.CommitmentBytes];
        LayOutKeyHashes(items, prefixes);
        LaneHash.Shake256(new Challenges(items, challenges));
        CommitAll(items, challenges, prefixes, commitments, valid);
        LaneHash.Shake256(new Representatives(items, prefixes));
        LaneHash.Shake256(new Commitments(items.Length, prefixes, commitments));
        for (int i = 0; i < items.Length; i++)
        {
            valid[i] = valid[i]
                && prefixes.Slice(i * PrefixBytes, ChallengeBytes).SequenceEqual(items[i].Signature.Span[..ChallengeBytes]);
        }
    }

    /// <summary>
    /// tr of those keys that were expanded before, with the two bytes of pure mode and an empty context. One loop over
    /// all of them, so that the processor waits for their memory only once; and the first key is asked for.
    /// </summary>
    private static void LayOutKeyHashes(ReadOnlySpan<VerifyItem> items, Span<byte> prefixes)
    {
        prefixes.Clear();
        for (int i = 0; i < items.Length; i++)
        {
            if (items[i].Key is { } expanded)
            {
                new PackedKey(expanded.Packed).KeyHash.CopyTo(prefixes[(i * PrefixBytes)..]);
            }
        }

        for (int row = 0; row < K; row++)
        {
            KeyOf(items, 0).Prefetch(row);
        }
    }

    private static PackedKey KeyOf(ReadOnlySpan<VerifyItem> items, int index) =>
        index < items.Length && items[index].Key is { } expanded ? new(expanded.Packed) : default;

    /// <summary>All that is not hashing: w1 of each item, and the tr that are still missing.</summary>
    [SkipLocalsInit]
    private static void CommitAll(
        ReadOnlySpan<VerifyItem> items,
        ReadOnlySpan<byte> challenges,
        Span<byte> prefixes,
        Span<byte> commitments,
        Span<bool> valid)
    {
        Span<Poly> response = stackalloc Poly[L + 1];
        Span<Poly> rows = stackalloc Poly[ExpandedKey.PolyCount];
        for (int i = 0; i < items.Length; i++)
        {
            Span<byte> prefix = prefixes.Slice(i * PrefixBytes, PrefixBytes);
            Span<byte> commitment = commitments.Slice(i * Verification<T>.CommitmentBytes, Verification<T>.CommitmentBytes);
            valid[i] = items[i].HasLengths && Verification<T>.TryUnpackResponse(items[i].Signature.Span, response);
            if (!valid[i])
            {
                // What follows hashes some bytes in this place, whatever they are, and looks at no result.
                commitment.Clear();
                continue;
            }

            ReadOnlySpan<byte> signature = items[i].Signature.Span;
            if (!Sampling.TrySampleInBall(challenges.Slice(i * Sponge.Shake256Rate, Sponge.Shake256Rate), ref response[L]))
            {
                Sampling.SampleInBall(signature[..ChallengeBytes], ref response[L]);
            }

            Ntt<T>.Forward(ref response[L]);
            if (items[i].Key is not null)
            {
                Verification<T>.Commit(KeyOf(items, i), response, signature, commitment, next: KeyOf(items, i + 1));
            }
            else
            {
                ExpandedKey.Expand<T>(items[i].PublicKey.Span, rows, prefix[..KeyHashBytes]);
                Verification<T>.Commit(new ExpandedKey(rows), response, signature, commitment);
            }
        }
    }

    /// <summary>c̃ to the bytes that the challenge is sampled from.</summary>
    private readonly ref struct Challenges(ReadOnlySpan<VerifyItem> items, Span<byte> outputs) : ILaneInputs
    {
        private readonly ReadOnlySpan<VerifyItem> _items = items;
        private readonly Span<byte> _outputs = outputs;

        public int Count => _items.Length;

        public ReadOnlySpan<byte> Prefix(int index) => default;

        public ReadOnlySpan<byte> Message(int index) =>
            _items[index].Signature.Length < ChallengeBytes ? default : _items[index].Signature.Span[..ChallengeBytes];

        public Span<byte> Output(int index) => _outputs.Slice(index * Sponge.Shake256Rate, Sponge.Shake256Rate);
    }

    /// <summary>tr ‖ 0 ‖ 0 ‖ message to μ, which takes the place of tr.</summary>
    private readonly ref struct Representatives(ReadOnlySpan<VerifyItem> items, Span<byte> prefixes) : ILaneInputs
    {
        private readonly ReadOnlySpan<VerifyItem> _items = items;
        private readonly Span<byte> _prefixes = prefixes;

        public int Count => _items.Length;

        public ReadOnlySpan<byte> Prefix(int index) => _prefixes.Slice(index * PrefixBytes, PrefixBytes);

        public ReadOnlySpan<byte> Message(int index) => _items[index].Message.Span;

        public Span<byte> Output(int index) => _prefixes.Slice(index * PrefixBytes, RepresentativeBytes);
    }

    /// <summary>μ ‖ w1 to c̃, which takes the place of μ.</summary>
    private readonly ref struct Commitments(int count, Span<byte> prefixes, ReadOnlySpan<byte> commitments) : ILaneInputs
    {
        private readonly Span<byte> _prefixes = prefixes;
        private readonly ReadOnlySpan<byte> _commitments = commitments;

        public int Count => count;

        public ReadOnlySpan<byte> Prefix(int index) => _prefixes.Slice(index * PrefixBytes, RepresentativeBytes);

        public ReadOnlySpan<byte> Message(int index) =>
            _commitments.Slice(index * Verification<T>.CommitmentBytes, Verification<T>.CommitmentBytes);

        public Span<byte> Output(int index) => _prefixes.Slice(index * PrefixBytes, ChallengeBytes);
    }
}
