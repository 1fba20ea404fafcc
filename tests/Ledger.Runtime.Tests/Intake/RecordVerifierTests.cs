using Ledger.Core;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Runtime.Chain;
using Ledger.Runtime.Intake;
using Ledger.Runtime.Ports;
using Ledger.TestKit;

namespace Ledger.Runtime.Tests.Intake;

/// <summary>The door for record bytes, by itself.</summary>
public sealed class RecordVerifierTests : IDisposable
{
    private readonly MemoryStore _store = new();

    [Fact]
    public void One_bad_record_among_many_is_refused_and_no_other()
    {
        ReadOnlyMemory<byte>[] sound = Sealed(200);
        Assert.All(Judge(sound), Assert.Null);
        foreach (int place in (int[])[0, 1, 63, 64, 65, 127, 128, 199])
        {
            ReadOnlyMemory<byte>[] records = [.. sound];
            records[place] = Flip(sound[place], ^1);
            Refusal?[] refusals = Judge(records);
            Assert.Equal(
                (place, RefusalKind.Unsound, Layer.Signature),
                (Single(refusals), refusals[place]!.Kind, refusals[place]!.Fault!.Layer));

            records[place] = sound[place][..^1];
            refusals = Judge(records);

            // Without the genesis record nothing tells the key of those behind it.
            int expected = place == 0 ? records.Length : 1;
            Assert.Equal(expected, refusals.Count(refusal => refusal is not null));
            Assert.Equal(
                (RefusalKind.Unsound, Layer.Encoding), (refusals[place]!.Kind, refusals[place]!.Fault!.Layer));
        }
    }

    [Fact]
    public void Each_answer_stands_at_the_place_of_its_record()
    {
        ReadOnlyMemory<byte>[] records = [.. Interleaved(streams: 150, each: 3)];
        RecordVerifier verifier = new(new ChainStore(_store));
        VerifiedRecord?[] verified = verifier.Verify(records, new Refusal?[records.Length]);
        Assert.Equal(records, verified.Select(record => record!.Record.Bytes));
    }

    [Fact]
    public void A_key_counts_from_the_record_that_brings_it()
    {
        ReadOnlyMemory<byte>[] records = Sealed(3);
        Assert.All(Judge(records), Assert.Null);
        Refusal?[] refusals = Judge([records[1], records[0], records[2]]);
        Assert.Equal(0, Single(refusals));
        Assert.Equal((RefusalKind.Misplaced, Layer.Gap), (refusals[0]!.Kind, refusals[0]!.Fault!.Layer));
    }

    [Fact]
    public void A_key_of_the_store_needs_no_genesis_record()
    {
        SigningKey key = SigningKey.FromSeed(TestNetwork.Seed(100));
        ReadOnlyMemory<byte>[] records = Sealed(3);
        Assert.All(Judge(records[1..]), refusal => Assert.Equal(Layer.Gap, refusal!.Fault!.Layer));
        _store.Write(new StoreBatch().Put(Table.PublicKeys, key.Id.Value.Span, key.PublicKey.Span));
        Assert.All(Judge(records[1..]), Assert.Null);
    }

    [Fact]
    public void What_is_read_back_must_be_there_and_be_what_it_was()
    {
        ChainStore store = new(_store);
        ReadOnlyMemory<byte>[] records = Sealed(2);
        RecordId[] ids = [.. records.Select(bytes => Parsed(bytes).Id)];
        StoreBatch batch = new();
        batch.Put(Table.Records, ids[0].Span, records[0].Span).Put(Table.Records, ids[1].Span, records[1].Span);
        _store.Write(batch);
        RecordVerifier verifier = new(store);
        Assert.Equal(ids, verifier.Restore([.. ids])!.Select(verified => verified.Record.Id));
        Assert.Null(verifier.Restore([ids[0], new RecordId(new byte[64])]));
        _store.Write(new StoreBatch().Put(Table.Records, ids[1].Span, records[0].Span));
        Assert.Null(verifier.Restore([.. ids]));
    }

    [Fact]
    public void Known_keys_are_bounded_and_those_in_use_stay()
    {
        SigningKey[] keys = [.. Enumerable.Range(0, 12).Select(i => SigningKey.FromSeed(TestNetwork.Seed(i)))];
        int reads = 0;
        KnownKeys known = new(
            id =>
            {
                reads++;
                return keys.FirstOrDefault(key => key.Id == id)?.PublicKey.ToArray();
            },
            generationKeys: 3);
        foreach (SigningKey key in keys)
        {
            Assert.Equal(key.Id, known.Find(key.Id)!.Id);
            Assert.Equal(keys[0].Id, known.Find(keys[0].Id)!.Id);
            Assert.InRange(known.Count, 1, 6);
        }

        Assert.Equal(keys.Length, reads);
        Assert.Equal(keys[1].Id, known.Find(keys[1].Id)!.Id);
        Assert.Equal(keys.Length + 1, reads);
        Assert.Null(known.Find(new KeyId(Digest.Zero)));
    }

    /// <summary>Beside what is handed on: an object for the record, and one that says that it was verified.</summary>
    [Fact]
    public void Verifying_allocates_nothing_for_a_record_but_what_is_handed_on()
    {
        const int BytesMax = 480;
        ReadOnlyMemory<byte>[] records = Sealed(65)[1..];
        SigningKey key = SigningKey.FromSeed(TestNetwork.Seed(100));
        KnownKeys known = new(id => id == key.Id ? key.PublicKey.ToArray() : null);
        IntakeBatch batch = new();
        VerifiedRecord?[] verified = new VerifiedRecord?[records.Length];
        Refusal?[] refusals = new Refusal?[records.Length];
        CarriedKeys carried = new();
        for (int round = 0; round < 20; round++)
        {
            Run();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.All(verified, Assert.NotNull);
        Assert.InRange(allocated, 1, records.Length * BytesMax);

        // A record that is not handed on costs nothing at all.
        known = new KnownKeys(_ => null);
        Run();
        before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.All(verified, Assert.Null);
        Assert.Equal(0, allocated);

        void Run()
        {
            batch.Parse(records, 0, refusals);
            batch.FindKeys(carried, known, refusals);
            batch.Verify(verified, refusals);
        }
    }

    public void Dispose() => _store.Dispose();

    /// <summary>One stream's records, genesis first.</summary>
    private static ReadOnlyMemory<byte>[] Sealed(int count) =>
        [.. new Operator(100).Next(count).Select(bytes => (ReadOnlyMemory<byte>)bytes)];

    /// <summary>The first records of all streams, then the second ones, and so on.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Interleaved(int streams, int each)
    {
        Operator[] operators = [.. Enumerable.Range(0, streams).Select(i => new Operator(1_000 + i))];
        for (int i = 0; i < each; i++)
        {
            foreach (Operator one in operators)
            {
                yield return one.Next();
            }
        }
    }

    private Refusal?[] Judge(ReadOnlyMemory<byte>[] records)
    {
        Refusal?[] refusals = new Refusal?[records.Length];
        VerifiedRecord?[] verified = new RecordVerifier(new ChainStore(_store)).Verify(records, refusals);
        for (int i = 0; i < records.Length; i++)
        {
            Assert.True(verified[i] is null != refusals[i] is null, "Each record is either verified or refused.");
        }

        return refusals;
    }

    private static int Single(Refusal?[] refusals)
    {
        Assert.Single(refusals, refusal => refusal is not null);
        return Array.FindIndex(refusals, refusal => refusal is not null);
    }

    private static Records.Record Parsed(ReadOnlyMemory<byte> bytes)
    {
        Assert.True(Records.Record.TryParse(bytes, out Records.Record? record, out _));
        return record;
    }

    private static ReadOnlyMemory<byte> Flip(ReadOnlyMemory<byte> bytes, Index at)
    {
        byte[] flipped = bytes.ToArray();
        flipped[at] ^= 1;
        return flipped;
    }
}
