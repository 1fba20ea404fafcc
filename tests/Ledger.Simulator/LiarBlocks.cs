using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Execution;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Snapshots;
using Ledger.TestKit;

namespace Ledger.Simulator;

/// <summary>
/// Blocks that a liar builds on what honest nodes hold, into which it may look: sound, unsound, unobtainable.
/// </summary>
internal sealed class LiarBlocks(World world, IReadOnlyList<HonestNode> honest, int liar)
{
    private const int OperatorsPerLiar = 10_000;

    private readonly Dictionary<BlockId, ProposedBlock> _blocks = [];
    private readonly Dictionary<RecordId, byte[]> _records = [];
    private int _made;

    public ProposedBlock? Find(BlockId id) => _blocks.GetValueOrDefault(id);

    /// <summary>The bytes of a record that this liar sealed and does not withhold.</summary>
    public byte[]? Record(RecordId id) => _records.GetValueOrDefault(id);

    /// <summary>What some honest node answers to a question about a snapshot.</summary>
    public byte[]? Snapshot(ReadOnlyMemory<byte> question) =>
        honest.Where(node => node.IsUp).Select(node => new SnapshotWriter(node.Chain).Answer(question.Span))
            .FirstOrDefault(answer => answer is not null);

    public void Learn(ProposedBlock block)
    {
        if (block.Parts is not null)
        {
            _blocks.TryAdd(block.Header.Id, block);
        }
    }

    /// <summary>An honest node that stands right below a height.</summary>
    public HonestNode? Below(Height height) =>
        honest.FirstOrDefault(node => node.IsUp && node.Node.Head.Height.Next == height);

    /// <summary>A block for this height; null where no honest node stands below it.</summary>
    public ProposedBlock? Build(Height height, UnixTime time, bool valid, bool served)
    {
        if (Below(height) is not { } node)
        {
            return null;
        }

        ChainHead head = node.Node.Head;
        Operator stream = new(world.Plan.Keys.OperatorOf(((liar + 1) * OperatorsPerLiar) + (_made++ % 64)));
        byte[] bytes = stream.Next($"{_made}");
        BlockExecutor executor = new(node.Chain, head);
        if (!Ledger.Records.Record.TryParse(bytes, out Record? parsed, out _)
            || !VerifiedRecord.TryVerify(parsed, parsed.PublicKeys().First().Span, out VerifiedRecord? verified, out _)
            || executor.TryAdd(verified, time) is not null)
        {
            return null;
        }

        if (served)
        {
            _records[parsed.Id] = bytes;
        }

        ExecutedBlock block = executor.Finish(time, world.Plan.Keys.VoteOf(liar).Id, head.Commit);
        Header header = valid ? block.Header : block.Header with { Root = Digest.Of(bytes) };
        ProposedBlock proposed = new(header, new BlockParts(block.Body, block.Before));
        _blocks[header.Id] = proposed;
        return proposed;
    }
}
