using System.Collections.Immutable;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records.Bodies;
using Ledger.Records.Streams;

namespace Ledger.Records.Tests.TestKit;

/// <summary>
/// Seals one record after the other without asking any stream rule, so that wrong chains can be made as easily as right
/// ones.
/// </summary>
internal sealed class ChainBuilder
{
    private readonly List<Record> _records = [];

    public ChainBuilder(string owner = "alice", string? recovery = null, ulong time = 1_000)
    {
        Current = Keys.Of(owner);
        Recovery = recovery is null ? null : Keys.Of(recovery);
        Stream = new StreamId(Current.Id.Value);
        Time = time;
    }

    public SigningKey Current { get; set; }

    public SigningKey? Recovery { get; }

    public StreamId Stream { get; set; }

    /// <summary>Claimed by the next record; grows by a second with each.</summary>
    public ulong Time { get; set; }

    public IReadOnlyList<Record> Records => _records;

    public Sequence Next => new((ulong)_records.Count);

    public RecordId Head => _records.Count == 0 ? RecordId.Zero : _records[^1].Id;

    public static Commitment SampleCommitment { get; } = new(Digest.Of("content"u8), "text/plain", 7);

    /// <summary>Sets the time that the next record claims.</summary>
    public ChainBuilder At(ulong time)
    {
        Time = time;
        return this;
    }

    public ChainBuilder Genesis(ChainId? home = null) =>
        Add(RecordKind.Genesis, Body.Genesis(Current.PublicKey.Span, "sample", Recovery?.Id, chain: home));

    public ChainBuilder Intent() => Add(RecordKind.Intent, SampleIntent());

    public ChainBuilder Intents(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Intent();
        }

        return this;
    }

    public ChainBuilder Outcome() =>
        Add(RecordKind.Outcome, Body.Outcome(Head, OutcomeStatus.Executed, [SampleCommitment]));

    /// <summary>Rotates to another key; with <paramref name="byRecovery"/> the recovery key signs.</summary>
    public ChainBuilder Rotate(string to, bool byRecovery = false)
    {
        SigningKey next = Keys.Of(to);
        byte[] proof = KeyProof.Sign(next, Stream, Next, Head, Keys.NoRandomness);
        CborMap body = Body.KeyChange(
            next.PublicKey.Span, proof, byRecovery ? Recovery!.PublicKey.Span : ReadOnlySpan<byte>.Empty);
        Add(RecordKind.Key, body, byRecovery ? Recovery : null);
        Current = next;
        return this;
    }

    public ChainBuilder Revoke(string key, ulong since, bool heirs = false, bool byRecovery = false) => Add(
        RecordKind.Revoke,
        Body.Revoke(
            Keys.Of(key).Id, new Sequence(since), "stolen", heirs,
            byRecovery ? Recovery!.PublicKey.Span : ReadOnlySpan<byte>.Empty),
        byRecovery ? Recovery : null);

    /// <summary>Seals what is asked for at the next position.</summary>
    /// <param name="key">Null for the key in force.</param>
    /// <param name="change">A last change to the content before it is sealed.</param>
    public ChainBuilder Add(
        RecordKind kind,
        CborMap body,
        SigningKey? key = null,
        Func<RecordContent, RecordContent>? change = null)
    {
        RecordContent content = new(Stream, Next, Head, new UnixTime(Time), kind, body);
        _records.Add(Seal(change?.Invoke(content) ?? content, key ?? Current));
        Time = Math.Min(Time + 1_000, Limits.Integer);
        return this;
    }

    /// <summary>Adds a record as it is.</summary>
    public ChainBuilder Add(Record record)
    {
        _records.Add(record);
        return this;
    }

    public byte[] ToFile() => Join(_records);

    public static byte[] Join(IEnumerable<Record> records) => [.. records.SelectMany(record => record.Bytes.ToArray())];

    public static Record Seal(RecordContent content, SigningKey key)
    {
        byte[] bytes = RecordWriter.Seal(key, "operator-1", "assistant", content, Keys.NoRandomness);
        Assert.True(Record.TryParse(bytes, out Record? record, out Fault? fault), fault?.ToString());
        return record;
    }

    public static CborMap SampleIntent(string action = "answer") => Body.Intent(
        action, new Actor("a-1", ActorType.Agent), "policy-7", new ModelReference("m", "1"), new ModelSettings(),
        [SampleCommitment]);

    public static ImmutableArray<byte> Bytes(Record record) => [.. record.Bytes.Span];
}
