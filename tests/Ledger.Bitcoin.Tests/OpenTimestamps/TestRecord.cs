using System.Collections.Immutable;
using Ledger.Bitcoin.OpenTimestamps;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Core.Log;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.Tests.OpenTimestamps;

/// <summary>A log of some entries, a header over it, and what leads from an entry to the header.</summary>
internal sealed class TestRecord
{
    private readonly MemoryTiles _tiles = new();

    public TestRecord(int entries)
    {
        Entries = [.. Enumerable.Range(0, entries).Select(i => EntryHash.Of(BitConverter.GetBytes(i)))];
        LogAppend append = LogFrontier.Empty.Append(Entries.AsSpan());
        _tiles.Save(append);
        Header = HeaderOver(new TreeSize((ulong)entries), append.Frontier.Root);
    }

    private TestRecord(EntryHash entry, Header header)
    {
        Entries = [entry];
        Header = header;
    }

    public ImmutableArray<EntryHash> Entries { get; }

    public Header Header { get; }

    public InclusionProof Inclusion(int index)
    {
        var place = new LogIndex((ulong)index);
        Assert.True(LogProofs.TryInclusion(_tiles, place, Header.Size, out InclusionProof proof, out _));
        return proof;
    }

    public bool TryStamp(int index, SpvProof bitcoin, out OtsFile? file, out OtsFault fault) =>
        RecordTimestamp.TryBuild(Entries[index], Inclusion(index), Header, bitcoin, out file, out fault);

    /// <summary>One entry in a log too large to be built: its siblings stand for all others.</summary>
    public static TestRecord Simulated(LogIndex index, TreeSize size, out InclusionProof inclusion)
    {
        EntryHash entry = EntryHash.Of("entry"u8);
        (inclusion, Header header) = Over(entry, index, size);
        return new TestRecord(entry, header);
    }

    /// <summary>A header over such a log that holds this entry.</summary>
    public static (InclusionProof Inclusion, Header Header) Over(EntryHash entry, LogIndex index, TreeSize size)
    {
        int levels = InclusionProof.PathLength(index, size);
        InclusionProof inclusion = new(
            index, size, [.. Enumerable.Range(0, levels).Select(level => Digest.Of([(byte)level]))]);
        Assert.True(InclusionProof.TryComputeRoot(
            LeafHash.Of(entry), index, size, inclusion.Path.AsSpan(), out Digest root));
        return (inclusion, HeaderOver(size, root));
    }

    private static Header HeaderOver(TreeSize size, Digest root)
    {
        return new Header
        {
            Chain = new ChainId(Digest.Of("chain"u8)),
            Height = new Height(12),
            Time = new UnixTime(1_700_000_000_000),
            Previous = new BlockId(Digest.Of("previous"u8)),
            Commit = Digest.Of("commit"u8),
            Proposer = new KeyId(Digest.Of("proposer"u8)),
            Validators = Digest.Of("validators"u8),
            Next = Digest.Of("next"u8),
            Size = size,
            Root = root,
            Streams = Digest.Of("streams"u8),
            Body = Digest.Of("body"u8),
        };
    }
}
