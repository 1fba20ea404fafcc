using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Core.Streams;
using Ledger.Records.Streams;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Peers;
using Ledger.Runtime.Snapshots;
using Ledger.TestKit;

namespace Ledger.Runtime.Tests.Snapshots;

/// <summary>Turns an honest answer into a lie; null where the question gives no occasion for it.</summary>
internal static class Liar
{
    public static byte[]? Tell(string lie, SnapshotQuestion question, byte[] answer) => (lie, question) switch
    {
        ("a false leaf", SnapshotQuestion.Nodes) => InLeaf(answer, (node, state, keys) =>
            (MapNode.Leaf(node.Key, Digest.Of("x"u8)), state, keys)),
        ("a false time", SnapshotQuestion.Nodes) => InLeaf(answer, (node, state, keys) =>
            (node, state with { Time = new UnixTime(state.Time.Milliseconds + 1) }, keys)),
        ("a false key", SnapshotQuestion.Nodes) => InLeaf(answer, (node, state, keys) =>
            (node, state, [.. keys.Select(_ => TestNetwork.VoteKey.PublicKey.ToArray())])),
        ("a false edge", SnapshotQuestion.Tiles tiles) when tiles.Ids[0].IsPartial => InItem(answer, Flip),
        ("a false tile", SnapshotQuestion.Tiles tiles) when !tiles.Ids[0].IsPartial => InItem(answer, Flip),
        ("a block without a record", SnapshotQuestion.Past) => InBlocks(answer),
        ("another record", SnapshotQuestion.Records) => InItem(answer, _ => new Operator(9_999).Next()),
        ("another configuration", SnapshotQuestion.Configuration) => [.. TestNetwork.Genesis.Configuration.Encode()],
        ("a record of governance that never settled", SnapshotQuestion.Governance) =>
            PeerCodec.List([new CborWriter(8_192).Array(2).Unsigned(3).Bytes(new Operator(9_999).Next()).ToArray()]),
        _ => null,
    };

    private static byte[] Flip(byte[] bytes)
    {
        bytes[5] ^= 1;
        return bytes;
    }

    private static byte[] InItem(byte[] answer, Func<byte[], byte[]> change)
    {
        ImmutableArray<ReadOnlyMemory<byte>> items = Items(answer);
        return PeerCodec.List(items.SetItem(0, change(items[0].ToArray())));
    }

    /// <summary>The newest block that holds a record loses it: what was used of a quota would be less.</summary>
    private static byte[]? InBlocks(byte[] answer)
    {
        ImmutableArray<ReadOnlyMemory<byte>> items = Items(answer);
        for (int i = 0; i < items.Length; i++)
        {
            Assert.True(SettledBlock.TryParse(items[i].Span, out SettledBlock block, out _));
            if (block.Body.Records.Length > 0)
            {
                BlockBody less = new(block.Body.Records[1..], block.Body.Misbehaviour);
                return PeerCodec.List(items.SetItem(i, (block with { Body = less }).Encode()));
            }
        }

        return null;
    }

    private static byte[]? InLeaf(
        byte[] answer,
        Func<MapNode, StreamState, List<byte[]>, (MapNode Node, StreamState State, List<byte[]> Keys)> change)
    {
        ImmutableArray<ReadOnlyMemory<byte>> items = Items(answer);
        for (int i = 0; i < items.Length; i++)
        {
            CborReader reader = new(items[i].Span);
            Assert.True(reader.TryReadArray(3) & reader.TryReadBytes(out ReadOnlySpan<byte> encoded));
            Assert.True(MapNode.TryDecode(encoded, out MapNode node));
            if (!node.IsLeaf)
            {
                continue;
            }

            Assert.True(reader.TryReadBytes(out ReadOnlySpan<byte> state) & reader.TryReadArray(out int count));
            Assert.True(StreamState.TryDecode(state, out StreamState? before, out _));
            List<byte[]> keys = [];
            for (int key = 0; key < count; key++)
            {
                Assert.True(reader.TryReadBytes(out ReadOnlySpan<byte> bytes));
                keys.Add(bytes.ToArray());
            }

            return PeerCodec.List(items.SetItem(i, Encode(change(node, before, keys))));
        }

        return null;
    }

    private static byte[] Encode((MapNode Node, StreamState State, List<byte[]> Keys) leaf)
    {
        byte[] node = new byte[MapNode.EncodedBytes];
        leaf.Node.Encode(node);
        CborWriter writer = new(4_096);
        writer.Array(3).Bytes(node).Bytes(leaf.State.Encode()).Array(leaf.Keys.Count);
        leaf.Keys.ForEach(key => writer.Bytes(key));
        return writer.ToArray();
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> Items(byte[] answer)
    {
        Assert.True(PeerCodec.TryReadList(answer, 8_192, out ImmutableArray<ReadOnlyMemory<byte>> items));
        return items;
    }
}
