using Ledger.Network.PubSub;

namespace Ledger.Network.Tests.PubSub;

/// <summary>Records gathered into messages of at most 64 KiB, for at most 5 ms.</summary>
public sealed class RecordBatchTests
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(7);

    [Fact]
    public void Records_come_out_as_they_went_in()
    {
        RecordBatch batch = new();
        byte[][] records = [Bench.Data(1, 1), Bench.Data(2, 5_000), Bench.Data(3, 50_000)];
        Assert.All(records, record => Assert.Null(batch.Add(Start, record)));
        Assert.Equal(records, Parsed(batch.TakeIfDue(Start + RecordBatch.WaitMax)!));
        Assert.Null(batch.DueAt);
        Assert.Null(batch.TakeIfDue(Start + RecordBatch.WaitMax));
    }

    [Fact]
    public void A_batch_is_due_five_milliseconds_after_its_first_record()
    {
        RecordBatch batch = new();
        Assert.Null(batch.DueAt);
        batch.Add(Start, Bench.Data(1));
        batch.Add(Start + TimeSpan.FromMilliseconds(4), Bench.Data(2));
        Assert.Equal(Start + TimeSpan.FromMilliseconds(5), batch.DueAt);
        Assert.Null(batch.TakeIfDue(Start + TimeSpan.FromMilliseconds(4.9)));
        Assert.Equal(2, Parsed(batch.TakeIfDue(Start + TimeSpan.FromMilliseconds(5))!).Count);
    }

    [Fact]
    public void A_record_that_does_not_fit_begins_the_next_batch()
    {
        RecordBatch batch = new();
        batch.Add(Start, Bench.Data(1, 60_000));
        Assert.Null(batch.Add(Start, Bench.Data(2, 65_536 - 60_003 - 2)));
        byte[] full = batch.Add(Start, Bench.Data(3, 1))!;
        Assert.Equal(65_536, full.Length);
        Assert.Equal(2, Parsed(full).Count);
        Assert.Single(Parsed(batch.TakeIfDue(Start + RecordBatch.WaitMax)!));
    }

    [Fact]
    public void A_batch_holds_so_many_records()
    {
        RecordBatch batch = new();
        for (int i = 0; i < RecordBatch.RecordsMax; i++)
            Assert.Null(batch.Add(Start, new byte[] { 1 }));
        Assert.Equal(RecordBatch.RecordsMax, Parsed(batch.Add(Start, new byte[] { 1 })!).Count);
    }

    [Fact]
    public void Records_that_are_empty_or_too_long_are_the_callers_mistake()
    {
        RecordBatch batch = new();
        Assert.Throws<ArgumentException>(() => batch.Add(Start, ReadOnlyMemory<byte>.Empty));
        Assert.Throws<ArgumentException>(() => batch.Add(Start, new byte[60_001]));
        batch.Add(Start, new byte[60_000]);
    }

    [Theory]
    [InlineData("", "a batch holds no record")]
    [InlineData("00", "a record is empty")]
    [InlineData("0201", "a length points behind the end")]
    [InlineData("8100", "a varint is not the shortest")]
    [InlineData("0101ff", "the bytes end inside a varint")]
    public void What_is_no_batch_is_refused_with_the_reason(string hex, string reason)
    {
        Assert.False(RecordBatch.TryParse(Convert.FromHexString(hex), out _, out string? fault));
        Assert.Equal(reason, fault);
    }

    [Fact]
    public void Batches_over_their_limits_are_refused()
    {
        Assert.False(RecordBatch.TryParse(new byte[65_537], out _, out string? fault));
        Assert.Equal("a batch is longer than its limit", fault);
        byte[] many = [.. Enumerable.Repeat(new byte[] { 1, 1 }, RecordBatch.RecordsMax).SelectMany(record => record)];
        Assert.True(RecordBatch.TryParse(many, out _, out _));
        Assert.False(RecordBatch.TryParse((byte[])[.. many, 1, 1], out _, out fault));
        Assert.Equal("a batch holds more records than the limit", fault);
    }

    private static List<byte[]> Parsed(byte[] batch)
    {
        Assert.True(RecordBatch.TryParse(batch, out List<ReadOnlyMemory<byte>> records, out string? fault), fault);
        return [.. records.Select(record => record.ToArray())];
    }
}
