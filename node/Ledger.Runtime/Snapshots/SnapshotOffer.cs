using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Checks;
using Ledger.Proofs.Evidence;
using Ledger.Proofs.Spv;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// What a snapshot hangs on (N2): the block whose state it is, and the next one, which names the commit under it and the
/// configuration after next. Parsed; whether it holds is <see cref="FindFault"/>'s to say.
/// </summary>
/// <param name="Block">The state is the one after this block.</param>
/// <param name="Commit">The one that <paramref name="Next"/> names.</param>
/// <param name="NextCommit">Under <paramref name="Next"/>: what the whole snapshot is trusted through.</param>
/// <param name="Bitcoin">That the id of <paramref name="Next"/> is in Bitcoin; null where the peer shows none.</param>
internal sealed record SnapshotOffer(
    Header Block, Commit Commit, Header Next, Commit NextCommit, BitcoinEvidence? Bitcoin)
{
    /// <summary>Offers in one answer: the newest, and the newest that is anchored.</summary>
    public const int Together = 2;

    /// <summary>Two commits of 256 validators, two headers, a Bitcoin transaction.</summary>
    private const int BytesMax = (2 * 1024 * 1024) - 64;

    public Height Height => Block.Height;

    public byte[] Encode()
    {
        CborWriter writer = new(4_096 + Commit.Encoded.Length + NextCommit.Encoded.Length);
        writer.Array(5)
            .Bytes(Block.Encoded.Span).Bytes(Commit.Encoded.Span)
            .Bytes(Next.Encoded.Span).Bytes(NextCommit.Encoded.Span);
        if (Bitcoin is not { } bitcoin)
        {
            return writer.Null().ToArray();
        }

        writer.Array(5).Bytes(bitcoin.Tx.Span).Unsigned(bitcoin.Index).Array(bitcoin.Branch.Length);
        foreach (Digest sibling in bitcoin.Branch)
        {
            writer.Bytes(sibling);
        }

        return writer.Bytes(bitcoin.Header.Span).Unsigned(bitcoin.Height).ToArray();
    }

    /// <param name="network">The Bitcoin network that the genesis document names.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, string network, out SnapshotOffer offer)
    {
        offer = null!;
        CborReader reader = new(bytes);
        ReadOnlySpan<byte> commit = default;
        ReadOnlySpan<byte> next = default;
        ReadOnlySpan<byte> nextCommit = default;
        BitcoinEvidence? bitcoin = null;
        bool framed = bytes.Length <= BytesMax
            && reader.TryReadArray(5)
            && reader.TryReadBytes(out ReadOnlySpan<byte> block)
            && reader.TryReadBytes(out commit)
            && reader.TryReadBytes(out next)
            && reader.TryReadBytes(out nextCommit)
            && (reader.SkipIfNull() || TryReadBitcoin(ref reader, network, out bitcoin))
            && reader.EndArray()
            && reader.TryFinish()
            && Header.TryParse(block, out Header parsedBlock, out _)
            && Commit.TryParse(commit, out Commit parsedCommit, out _)
            && Header.TryParse(next, out Header parsedNext, out _)
            && Commit.TryParse(nextCommit, out Commit parsedNextCommit, out _)
            && Keep(new SnapshotOffer(parsedBlock, parsedCommit, parsedNext, parsedNextCommit, bitcoin), out offer);
        return framed;
    }

    /// <summary>
    /// Null if the validators that the walk leads to settled <see cref="Next"/>, and it names the block and its commit
    /// (N3, N4).
    /// </summary>
    public string? FindFault(GenesisDocument genesis, ConfigurationWalk walk)
    {
        if (Next.Chain != genesis.Chain || Block.Chain != genesis.Chain)
        {
            return "the snapshot is of another chain";
        }

        if (Next.Previous != Block.Id || Next.Height != Block.Height.Next || Next.Commit != Commit.Digest
            || Commit.Block != Block.Id || Next.Validators != Block.Next)
        {
            return "the block after the snapshot does not name it and its commit";
        }

        return walk.FindFault(Next, NextCommit) ?? (Bitcoin is null ? null : FaultOfBitcoin(genesis, Bitcoin));
    }

    private string? FaultOfBitcoin(GenesisDocument genesis, BitcoinEvidence evidence)
    {
        if (!BitcoinNetwork.TryFind(genesis.Bitcoin, out BitcoinNetwork? network))
        {
            return "the snapshot is anchored in a Bitcoin network that this program does not know";
        }

        SpvProof proof = new(
            evidence.Tx, new TransactionIndex(evidence.Index), evidence.Branch, evidence.Header,
            new BitcoinHeight(evidence.Height));
        return proof.TryVerify(network, Next.Id, link: null, out _, out SpvError error) ? null : error.Reason;
    }

    private static bool Keep(SnapshotOffer read, out SnapshotOffer offer)
    {
        offer = read;
        return true;
    }

    private static bool TryReadBitcoin(ref CborReader reader, string network, out BitcoinEvidence? bitcoin)
    {
        bitcoin = null;
        if (!reader.TryReadArray(5)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> transaction)
            || transaction.Length > BitcoinEvidence.TxBytesMax
            || !reader.TryReadUnsigned(out ulong index)
            || index > uint.MaxValue
            || !reader.TryReadArray(out int count)
            || count > BitcoinEvidence.BranchMax)
        {
            return false;
        }

        ImmutableArray<Digest>.Builder branch = ImmutableArray.CreateBuilder<Digest>(count);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadDigest(out Digest sibling))
            {
                return false;
            }

            branch.Add(sibling);
        }

        if (!reader.EndArray()
            || !reader.TryReadBytes(BitcoinEvidence.HeaderBytes, out ReadOnlySpan<byte> header)
            || !reader.TryReadUnsigned(out ulong height)
            || height > uint.MaxValue
            || !reader.EndArray())
        {
            return false;
        }

        bitcoin = new BitcoinEvidence(
            transaction.ToArray(), (uint)index, branch.MoveToImmutable(), header.ToArray(), (uint)height, network);
        return true;
    }
}
