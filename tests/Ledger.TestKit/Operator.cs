using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;
using Ledger.Records.Streams;
using Record = Ledger.Records.Record;

namespace Ledger.TestKit;

/// <summary>Seals one stream's records one after the other.</summary>
public sealed class Operator
{
    private readonly SigningKey _key;
    private readonly SigningKey? _recovery;
    private RecordId _head;
    private ulong _seq;

    public Operator(int seed)
        : this(SigningKey.FromSeed(TestNetwork.Seed(seed)))
    {
    }

    /// <param name="recovery">The cold key that the genesis record names, if any.</param>
    public Operator(SigningKey key, SigningKey? recovery = null) => (_key, _recovery) = (key, recovery);

    public StreamId Stream => new(_key.Id.Value);

    public KeyId Key => _key.Id;

    /// <summary>The record after the last.</summary>
    public Record NextRecord(string label = "") => Continue(Seal(_seq, _head, label));

    /// <summary>A genesis record, and after it one of this kind.</summary>
    public byte[][] Next(RecordKind kind, CborMap body) =>
        [Next(), BytesOf(Continue(Seal(_seq, _head, kind, body)))];

    /// <summary>The record after the last, as its bytes.</summary>
    public byte[] Next(string label = "") => BytesOf(NextRecord(label));

    /// <summary>As many more.</summary>
    public byte[][] Next(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    /// <summary>
    /// Another history: the record that <see cref="Next(string)"/> would give, with other content; the stream stays.
    /// </summary>
    public byte[] Fork(string label) => BytesOf(Seal(_seq, _head, label));

    /// <summary>A record with a hole before it.</summary>
    public byte[] WithGap() => BytesOf(Seal(_seq + 5, _head, ""));

    /// <summary>The next record with a time ahead of the clock: no block takes it up yet.</summary>
    public byte[] Ahead(TimeSpan by) =>
        BytesOf(Seal(_seq, _head, "", (ulong)(DateTimeOffset.UtcNow + by).ToUnixTimeMilliseconds()));

    /// <summary>The next record with this time of its own.</summary>
    public byte[] NextAt(UnixTime time) => BytesOf(Continue(Seal(_seq, _head, "", time.Milliseconds)));

    /// <summary>
    /// The recovery key puts another key in force, with the record after this one; this stream goes on as it was.
    /// </summary>
    public byte[] RecoverAfter(Record head, SigningKey key)
    {
        SigningKey recovery = _recovery ?? throw new InvalidOperationException("The stream names no recovery key.");
        byte[] proof = KeyProof.Sign(key, Stream, head.Seq.Next, head.Id, new byte[MlDsa65.RandomizerBytes]);
        RecordContent content = new(
            Stream, head.Seq.Next, head.Id, new UnixTime(head.Time.Milliseconds + 1), RecordKind.Key,
            Body.KeyChange(key.PublicKey.Span, proof, recovery.PublicKey.Span));
        return BytesOf(Sealed(recovery, content));
    }

    private Record Continue(Record record)
    {
        (_head, _seq) = (record.Id, _seq + 1);
        return record;
    }

    private static byte[] BytesOf(Record record) => record.Bytes.ToArray();

    private Record Seal(ulong seq, RecordId previous, string label, ulong? time = null) => seq == 0
        ? Seal(seq, previous, RecordKind.Genesis,
            Body.Genesis(_key.PublicKey.Span, $"operator{label}", _recovery?.Id), time)
        : Seal(
            seq, previous, RecordKind.Root,
            Body.Root(Digest.Of([(byte)seq, (byte)(seq >> 8)]), 1, $"batch{label}"), time);

    private Record Seal(ulong seq, RecordId previous, RecordKind kind, CborMap body, ulong? time = null) => Sealed(
        _key,
        new RecordContent(
            Stream, new Sequence(seq), previous, new UnixTime(time ?? 1_700_000_000_000 + seq), kind, body));

    private static Record Sealed(SigningKey key, RecordContent content) =>
        RecordWriter.TrySeal(
            key, "operator", "test", content, new byte[MlDsa65.RandomizerBytes], out Record? record, out Fault? fault)
            ? record
            : throw new InvalidOperationException($"An operator sealed what is no record: {fault}.");
}
