using System.Runtime.Intrinsics;
using Ledger.Core.Hashing;

namespace Ledger.Core.Tests.Hashing;

public sealed class LaneHashTests
{
    [Fact]
    public void Many_messages_of_all_lengths_hash_as_each_does_alone()
    {
        ReadOnlyMemory<byte>[] messages = [.. Enumerable.Range(0, 400).Select(i => (ReadOnlyMemory<byte>)Pattern(i * 53 % 701))];
        RecordId[] ids = new RecordId[messages.Length];
        Sha3.Hash512(messages, ids);
        for (int i = 0; i < messages.Length; i++)
        {
            Assert.Equal(Alone(messages[i].Span), ids[i]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(9)]
    public void Any_number_of_messages_will_do(int count)
    {
        ReadOnlyMemory<byte>[] messages = [.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Pattern(200 - i))];
        RecordId[] ids = new RecordId[count];
        Sha3.Hash512(messages, ids);
        Assert.Equal(messages.Select(m => Alone(m.Span)), ids);
    }

    /// <summary>With eight inputs whole blocks are taken together, from wherever each stands; with seven they are not.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(21)]
    public void Prefixes_of_all_lengths_count_as_part_of_the_message(int count)
    {
        byte[] bytes = Pattern(2_000);
        byte[] outputs = new byte[count * 64];
        LaneHash.Shake256(new Prefixed(count, bytes, outputs));
        byte[] expected = new byte[64];
        for (int i = 0; i < count; i++)
        {
            Sha3.Shake256(bytes.AsSpan(i, Prefixed.Length(i)), expected);
            Assert.Equal(expected, outputs.AsSpan(i * 64, 64).ToArray());
        }
    }

    [Fact]
    public void A_place_for_each_message_is_required() =>
        Assert.Throws<ArgumentException>(() => Sha3.Hash512(new ReadOnlyMemory<byte>[2], new RecordId[1]));

    [Fact]
    public void Hashing_by_the_batch_allocates_nothing()
    {
        ReadOnlyMemory<byte>[] messages = [.. Enumerable.Range(0, 16).Select(_ => (ReadOnlyMemory<byte>)Pattern(500))];
        RecordId[] ids = new RecordId[messages.Length];
        Sha3.Hash512(messages, ids);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            Sha3.Hash512(messages, ids);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Every_width_permutes_to_the_same_words()
    {
        ulong[] single = new ulong[25];
        for (int i = 0; i < single.Length; i++)
        {
            single[i] = 0x9e3779b97f4a7c15UL * (ulong)(i + 1);
        }

        Vector256<ulong>[] four = [.. single.Select((word, i) => Vector256.Create(word, word + 1, 0, (ulong)i))];
        Vector512<ulong>[] eight = [.. four.Select(v => Vector512.Create(v, ~v))];
        ulong[][] expected = [.. Enumerable.Range(0, 8).Select(lane =>
        {
            ulong[] state = [.. eight.Select(v => v[lane])];
            KeccakPermutation.Permute<KeccakWord, ulong>(ref state[0], 1);
            return state;
        })];
        if (KeccakWord256.IsSupported)
        {
            KeccakPermutation.Permute<KeccakWord256, Vector256<ulong>>(ref four[0], 1);
            Assert.All(Enumerable.Range(0, 4), lane => Assert.Equal(expected[lane], four.Select(v => v[lane])));
        }

        if (KeccakWord512.IsSupported)
        {
            KeccakPermutation.Permute<KeccakWord512, Vector512<ulong>>(ref eight[0], 1);
            Assert.All(Enumerable.Range(0, 8), lane => Assert.Equal(expected[lane], eight.Select(v => v[lane])));
        }
    }

    [Fact]
    public void One_lane_is_permuted_alone_as_among_others()
    {
        KeccakLanes together = default;
        for (int lane = 0; lane < KeccakLanes.Count; lane++)
        {
            together.Absorb(lane, 0, Pattern(100 + lane));
        }

        KeccakLanes alone = together;
        KeccakLanes untouched = together;
        together.Permute(KeccakLanes.Count);
        alone.PermuteAlone(5);
        byte[] expected = new byte[200];
        byte[] actual = new byte[200];
        for (int lane = 0; lane < KeccakLanes.Count; lane++)
        {
            (lane == 5 ? together : untouched).Read(lane, expected);
            alone.Read(lane, actual);
            Assert.Equal(expected, actual);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => alone.PermuteAlone(8));
    }

    [Theory]
    [InlineData(Sponge.Sha3Of512Rate)]
    [InlineData(Sponge.Shake256Rate)]
    [InlineData(Sponge.Shake128Rate)]
    [InlineData(192)]
    public void Blocks_of_all_lanes_are_read_as_each_lane_is(int rate)
    {
        KeccakLanes states = default;
        for (int lane = 0; lane < KeccakLanes.Count; lane++)
        {
            states.Absorb(lane, lane, Pattern(100 + lane));
        }

        states.Permute(KeccakLanes.Count);
        int stride = rate + KeccakLanes.ReadSlackBytes;
        byte[] blocks = new byte[KeccakLanes.Count * stride];
        byte[] block = new byte[rate];
        states.ReadBlocks(KeccakLanes.Count, rate, blocks, stride);
        for (int lane = 0; lane < KeccakLanes.Count; lane++)
        {
            states.Read(lane, block);
            Assert.Equal(block, blocks.AsSpan(lane * stride, rate).ToArray());
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => states.ReadBlocks(KeccakLanes.Count, rate, blocks.AsSpan(1), stride));
        Assert.Throws<ArgumentOutOfRangeException>(() => states.Absorb(8, 0, block));
        Assert.Throws<ArgumentOutOfRangeException>(() => states.Absorb(0, 199, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => states.Absorb(0, -1, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => states.Pad(0, -1, rate, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => states.Pad(0, 200, 201, 1));
    }

    /// <summary>Inputs cut from one stretch of bytes, each with another part of it as its prefix.</summary>
    private readonly ref struct Prefixed(int count, ReadOnlySpan<byte> bytes, Span<byte> outputs) : ILaneInputs
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly Span<byte> _outputs = outputs;

        public int Count => count;

        public static int Length(int index) => 1_100 + (index * 37);

        public ReadOnlySpan<byte> Prefix(int index) => _bytes.Slice(index, index * 23 % 300);

        public ReadOnlySpan<byte> Message(int index) => _bytes.Slice(index, Length(index))[Prefix(index).Length..];

        public Span<byte> Output(int index) => _outputs.Slice(index * 64, 64);
    }

    private static RecordId Alone(ReadOnlySpan<byte> message)
    {
        Span<byte> hash = stackalloc byte[Sha3.Hash512Bytes];
        Sha3.Hash512(message, hash);
        return new RecordId(hash);
    }

    private static byte[] Pattern(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 89) + length))];
}
