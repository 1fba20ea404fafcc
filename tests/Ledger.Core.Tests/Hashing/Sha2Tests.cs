using System.Security.Cryptography;
using Ledger.Core.Hashing;

namespace Ledger.Core.Tests.Hashing;

/// <summary>By the batch a SHA-256 is the platform's, whichever way it takes.</summary>
public sealed class Sha2Tests
{
    [Fact]
    public void Messages_of_all_lengths_hash_as_the_platform_does() =>
        Check([.. Enumerable.Range(0, 1_200).Select(i => i * 53 % 1_201)], sideBySide: true);

    [Theory]
    [InlineData(55)]
    [InlineData(56)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(512)]
    [InlineData(4_500)]
    public void Padding_falls_where_the_standard_puts_it(int length) =>
        Check([.. Enumerable.Repeat(length, 19)], sideBySide: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(64)]
    public void Any_number_of_messages_will_do(int count) =>
        Check([.. Enumerable.Repeat(100, count)], sideBySide: count >= 16);

    [Fact]
    public void One_long_message_among_short_ones_is_left_to_the_platform() =>
        Check([60_000, .. Enumerable.Repeat(100, 63)], sideBySide: false);

    [Fact]
    public void Long_and_short_messages_share_the_lanes() =>
        Check([.. Enumerable.Range(0, 200).Select(i => i % 10 == 9 ? 6_000 : 70)], sideBySide: true);

    [Fact]
    public void A_place_for_each_message_is_required() =>
        Assert.Throws<ArgumentException>(() => Sha2.Hash256(new ReadOnlyMemory<byte>[2], new EntryHash[1]));

    [Fact]
    public void Hashing_by_the_batch_allocates_nothing()
    {
        ReadOnlyMemory<byte>[] messages = [.. Enumerable.Range(0, 32).Select(_ => (ReadOnlyMemory<byte>)Pattern(500))];
        EntryHash[] entries = new EntryHash[messages.Length];
        Sha2.Hash256(messages, entries);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
        {
            Sha2.Hash256(messages, entries);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Check(int[] lengths, bool sideBySide)
    {
        ReadOnlyMemory<byte>[] messages = [.. lengths.Select(length => (ReadOnlyMemory<byte>)Pattern(length))];
        Assert.Equal(sideBySide, Sha2.FillsTheLanes(messages));
        EntryHash[] entries = new EntryHash[messages.Length];
        Sha2.Hash256(messages, entries);
        Assert.Equal(messages.Select(m => new EntryHash(new Digest(SHA256.HashData(m.Span)))), entries);
    }

    private static byte[] Pattern(int length) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)((i * 89) + length))];
}
