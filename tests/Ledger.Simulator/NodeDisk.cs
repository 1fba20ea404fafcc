using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Simulator;

/// <summary>What one node's disk would hold if its power were lost now, read from the bytes.</summary>
/// <param name="written">Keys and bytes of the journal entries that this node ever wrote.</param>
internal sealed class NodeDisk(MemoryStore store, IReadOnlyDictionary<JournalEntry, (byte[] Key, byte[] Bytes)> written)
{
    private const byte CandidatePrefix = (byte)'b';

    public MemoryStore Store => store;

    public Height Height { get; } = new ChainStore(store).Height;

    public bool HoldsVote(Vote vote) =>
        written.Any(entry => SigningLog.VoteOf(entry.Key) == vote && Holds(entry.Value));

    public bool HoldsProposal(Proposal said) =>
        written.Any(entry => entry.Key is ProposalEntry held && held.Proposal == said && Holds(entry.Value));

    /// <summary>The bytes of a block as it lies in the journal, before its height is settled.</summary>
    public byte[]? Candidate(BlockId id) => store.Get(Table.Journal, [CandidatePrefix, .. id.Value.Span]);

    /// <summary>All blocks that lie in a journal.</summary>
    public static IEnumerable<BlockId> Candidates(IStore store) =>
        store.Scan(Table.Journal, [CandidatePrefix], [CandidatePrefix + 1])
            .Select(entry => new BlockId(new Digest(entry.Key.AsSpan(1))));

    private bool Holds((byte[] Key, byte[] Bytes) entry) =>
        store.Get(Table.Journal, entry.Key) is { } held && held.AsSpan().SequenceEqual(entry.Bytes);
}

/// <summary>A block that somebody may vote for, as it was read from a journal.</summary>
internal sealed record Candidate(byte[] Bytes, Header Header, BlockBody Body, Core.Chain.Commit? Before)
{
    public static Candidate? Read(byte[] bytes)
    {
        CborReader reader = new(bytes);
        Core.Chain.Commit? before = null;
        return reader.TryReadArray(3)
            && reader.TryReadBytes(out ReadOnlySpan<byte> first) && Header.TryParse(first, out Header header, out _)
            && reader.TryReadBytes(out ReadOnlySpan<byte> second)
            && BlockBody.TryParse(second, out BlockBody body, out _)
            && (reader.SkipIfNull()
                || (reader.TryReadBytes(out ReadOnlySpan<byte> third)
                    && Core.Chain.Commit.TryParse(third, out before, out _)))
            ? new Candidate(bytes, header, body, before)
            : null;
    }
}
