using Ledger.Crypto;
using Ledger.Records.Tests.TestKit;

namespace Ledger.Records.Tests;

public sealed class RecordBatchTests
{
    private static readonly VerificationKey Alice = new(Keys.Of("alice").PublicKey.Span);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void A_batch_gives_the_same_answers_as_one_record_after_the_other(int count)
    {
        Record[] records = [.. new ChainBuilder().Genesis().Intents(count - 1).Records];
        RecordBatch batch = new();
        for (int i = 0; i < count; i++)
        {
            // Every third signature is spoilt.
            byte[] bytes = records[i].Bytes.ToArray();
            bytes[^1] ^= (byte)(i % 3 == 2 ? 1 : 0);
            Assert.True(batch.TryAdd(bytes, out _));
            batch.Use(i, Alice);
        }

        batch.Run();
        Assert.Equal(count, batch.Count);
        for (int i = 0; i < count; i++)
        {
            Assert.True(Record.TryParse(batch.Record(i).Bytes, out Record? alone, out _));
            Assert.Equal(alone.Id, batch.Id(i));
            Assert.Equal(alone.Entry, batch.Entry(i));
            Assert.Equal(alone.Kid, batch.Kid(i));
            Assert.Equal(alone.Stream, batch.Stream(i));
            Assert.Equal(alone.Kind, batch.Kind(i));
            Assert.Equal(alone.Id, batch.Record(i).Id);
            Assert.Equal(VerifiedRecord.TryVerify(alone, Alice.PublicKey, out _, out Fault? fault), batch.Holds(i));
            Assert.Equal(batch.TryTake(i, out VerifiedRecord? verified, out Fault? refused), i % 3 != 2);
            Assert.Equal(fault, refused);
            Assert.Equal(i % 3 != 2, verified is not null);
        }
    }

    [Fact]
    public void A_record_without_its_own_key_does_not_hold()
    {
        Record record = new ChainBuilder().Genesis().Records[0];
        RecordBatch batch = new(capacity: 3);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(batch.TryAdd(record.Bytes, out _));
        }

        batch.Use(1, new VerificationKey(Keys.Of("bob").PublicKey.Span));
        batch.Use(2, Alice);
        batch.Run();
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(batch.Holds));
    }

    [Fact]
    public void A_raw_key_serves_as_well_as_an_expanded_one_and_the_last_that_is_given_counts()
    {
        Record record = new ChainBuilder().Genesis().Records[0];
        ReadOnlyMemory<byte> bob = Keys.Of("bob").PublicKey;
        ReadOnlyMemory<byte> alice = Keys.Of("alice").PublicKey;
        RecordBatch batch = new(capacity: 6);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < 6; i++)
            {
                Assert.True(batch.TryAdd(record.Bytes, out _));
            }

            batch.Use(0, alice);
            batch.Use(1, bob);
            batch.Use(2, alice[1..]);
            batch.Use(3, Alice);
            batch.Use(3, bob);
            batch.Use(4, bob);
            batch.Use(4, Alice);
            batch.Run();
            Assert.Equal([true, false, false, false, true, false], Enumerable.Range(0, 6).Select(batch.Holds));
            batch.Clear();
        }
    }

    [Fact]
    public void A_record_of_bad_form_is_not_kept()
    {
        RecordBatch batch = new();
        Assert.False(batch.TryAdd(new byte[] { 0 }, out Fault? fault));
        Assert.Equal(Layer.Encoding, fault.Layer);
        Assert.Equal(0, batch.Count);
        batch.Run();
    }

    [Fact]
    public void A_batch_that_is_used_wrongly_throws()
    {
        Record record = new ChainBuilder().Genesis().Records[0];
        RecordBatch batch = new(capacity: 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Kid(0));
        Assert.True(batch.TryAdd(record.Bytes, out _));
        Assert.Throws<InvalidOperationException>(() => batch.Id(0));
        Assert.Throws<InvalidOperationException>(() => batch.TryAdd(record.Bytes, out _));
        batch.Run();
        Assert.Equal(record.Id, batch.Id(0));
        batch.Clear();
        Assert.Equal(0, batch.Count);
        Assert.True(batch.TryAdd(record.Bytes, out _));
    }

    [Fact]
    public void Verifying_by_the_batch_allocates_nothing()
    {
        ReadOnlyMemory<byte>[] records =
            [.. new ChainBuilder().Genesis().Intents(63).Records.Select(record => record.Bytes)];
        RecordBatch batch = new();
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(64, Round(batch, records));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        int holding = Round(batch, records);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(64, holding);

        static int Round(RecordBatch batch, ReadOnlyMemory<byte>[] records)
        {
            batch.Clear();
            foreach (ReadOnlyMemory<byte> record in records)
            {
                batch.TryAdd(record, out _);
                batch.Use(batch.Count - 1, Alice);
            }

            batch.Run();
            int holding = 0;
            for (int i = 0; i < batch.Count; i++)
            {
                holding += batch.Holds(i) ? 1 : 0;
            }

            return holding;
        }
    }
}
