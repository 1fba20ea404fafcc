using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Ledger.Proofs.Spv;

/// <summary>
/// Consecutive headers, each naming the one before and each with the work that it states. What links a header to a
/// checkpoint: everything before a checkpoint in its chain is as certain as the checkpoint itself.
/// </summary>
public sealed class HeaderChain
{
    /// <summary>Headers that a verifier reads: 8,000,000 bytes, close to two years.</summary>
    public const int MaximumHeaders = 100_000;

    private readonly ImmutableArray<BitcoinBlockHash> _hashes;

    private HeaderChain(ImmutableArray<BitcoinBlockHash> hashes, Work work)
    {
        _hashes = hashes;
        Work = work;
    }

    public int Count => _hashes.Length;

    public BitcoinBlockHash First => _hashes[0];

    public BitcoinBlockHash Last => _hashes[^1];

    /// <summary>Of all headers together.</summary>
    public Work Work { get; }

    /// <summary>Reads a run of 80-byte headers, oldest first, to the last byte.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes,
        BitcoinNetwork network,
        [NotNullWhen(true)] out HeaderChain? chain,
        out SpvError error)
    {
        chain = null;
        if (bytes.Length / BitcoinHeader.Size > MaximumHeaders)
        {
            error = new SpvError(SpvFault.TooManyHeaders, MaximumHeaders * BitcoinHeader.Size);
            return false;
        }

        if (bytes.IsEmpty || bytes.Length % BitcoinHeader.Size != 0)
        {
            error = new SpvError(SpvFault.LinksLength, bytes.Length);
            return false;
        }

        var work = Work.Zero;
        ImmutableArray<BitcoinBlockHash>.Builder hashes =
            ImmutableArray.CreateBuilder<BitcoinBlockHash>(bytes.Length / BitcoinHeader.Size);
        for (int start = 0; start < bytes.Length; start += BitcoinHeader.Size)
        {
            if (!BitcoinHeader.TryParse(bytes.Slice(start, BitcoinHeader.Size), out BitcoinHeader? header, out error)
                || !header.MeetsLimit(network, out BigInteger target, out error))
            {
                error = error with { Offset = start + error.Offset };
                return false;
            }

            if (hashes.Count > 0 && header.Previous != hashes[^1])
            {
                error = new SpvError(SpvFault.LinkBroken, start + 4);
                return false;
            }

            hashes.Add(header.Hash);
            work += Work.OfTarget(target);
        }

        chain = new HeaderChain(hashes.MoveToImmutable(), work);
        error = default;
        return true;
    }

    /// <summary>Position of a header in the run, from 0, or -1.</summary>
    public int IndexOf(BitcoinBlockHash hash) => _hashes.IndexOf(hash);
}

/// <summary>A run of headers, and the header in it that the verifier's owner trusts.</summary>
public sealed record CheckpointLink(HeaderChain Chain, BitcoinBlockHash Checkpoint);
