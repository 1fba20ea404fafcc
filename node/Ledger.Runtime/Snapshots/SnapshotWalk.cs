using System.Collections.Immutable;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Proofs.Evidence;
using Ledger.Runtime.Chain;

namespace Ledger.Runtime.Snapshots;

/// <summary>
/// One step from the genesis document to a later configuration, with the whole block that changed the voters: the last
/// commit of each configuration is kept for ever, at a node that joined as well. Parsed, not judged.
/// </summary>
/// <param name="Block">Null where the voters stayed the same.</param>
internal sealed record SnapshotWalk(Configuration Configuration, SettledBlock? Block)
{
    /// <summary>Steps that a node takes in: so many changes of voters, and what lies between them.</summary>
    public const int StepsMax = 8_192;

    public WalkStep ToStep() => Block is { } block
        ? new WalkStep(Configuration.Encode(), block.Header.Encode(), block.Commit.Encode())
        : new WalkStep(Configuration.Encode());

    public static byte[] Encode(ReadOnlyMemory<byte> configuration, ReadOnlyMemory<byte> block)
    {
        CborWriter writer = new(configuration.Length + block.Length + 32);
        writer.Array(2).Bytes(configuration.Span);
        return (block.IsEmpty ? writer.Null() : writer.Bytes(block.Span)).ToArray();
    }

    public byte[] Encode() => Encode(Configuration.Encode(), Block?.Encode() ?? default(ReadOnlyMemory<byte>));

    public static bool TryParse(ReadOnlySpan<byte> bytes, out SnapshotWalk step)
    {
        step = null!;
        CborReader reader = new(bytes);
        SettledBlock? block = null;
        if (!reader.TryReadArray(2)
            || !reader.TryReadBytes(out ReadOnlySpan<byte> encoded)
            || !Configuration.TryParse(encoded, out Configuration configuration, out _)
            || !(reader.SkipIfNull() || TryReadBlock(ref reader, out block))
            || !reader.EndArray()
            || !reader.TryFinish())
        {
            return false;
        }

        step = new SnapshotWalk(configuration, block);
        return true;
    }

    /// <summary>Null if one of them cannot be read.</summary>
    public static ImmutableArray<SnapshotWalk>? TryParseAll(ImmutableArray<ReadOnlyMemory<byte>> items)
    {
        ImmutableArray<SnapshotWalk>.Builder steps = ImmutableArray.CreateBuilder<SnapshotWalk>(items.Length);
        foreach (ReadOnlyMemory<byte> item in items)
        {
            if (!TryParse(item.Span, out SnapshotWalk step))
            {
                return null;
            }

            steps.Add(step);
        }

        return steps.MoveToImmutable();
    }

    private static bool TryReadBlock(ref CborReader reader, out SettledBlock? block)
    {
        block = null;
        return reader.TryReadBytes(out ReadOnlySpan<byte> encoded)
            && SettledBlock.TryParse(encoded, out block!, out _)
            && block.Body.Digest == block.Header.Body;
    }
}
