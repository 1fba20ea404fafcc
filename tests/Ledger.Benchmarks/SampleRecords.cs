using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;
using Ledger.Records;
using Ledger.Records.Bodies;

namespace Ledger.Benchmarks;

/// <summary>One stream of intents, 4,500 bytes each, sealed one after the other.</summary>
internal sealed class SampleRecords
{
    /// <summary>Bytes of a record: an intent with a dozen commitments has about as many.</summary>
    public const int RecordBytes = 4_500;

    private readonly byte[] _randomizer = new byte[MlDsa65.RandomizerBytes];
    private readonly CborMap _body;
    private RecordId _head;
    private ulong _seq;

    public SampleRecords()
    {
        Key = SigningKey.FromSeed(new byte[MlDsa65.SeedBytes]);
        int bare = Seal(RecordKind.Intent, Intent(300)).Length;
        _body = Intent(300 + RecordBytes - bare);
    }

    public SigningKey Key { get; }

    /// <summary>The genesis record first, then intents.</summary>
    public byte[] Next()
    {
        byte[] bytes = _seq == 0
            ? Seal(RecordKind.Genesis, Body.Genesis(Key.PublicKey.Span, "benchmark"))
            : Seal(RecordKind.Intent, _body);
        if (!Record.TryParse(bytes, out Record? record, out Fault? fault))
        {
            throw new InvalidOperationException($"A sealed record is refused: {fault}.");
        }

        _head = record.Id;
        _seq++;
        return bytes;
    }

    private byte[] Seal(RecordKind kind, CborMap body)
    {
        StreamId stream = new(Key.Id.Value);
        RecordContent content = new(
            stream, new Sequence(_seq), _head, new UnixTime(1_760_000_000_000 + _seq), kind, body);
        return RecordWriter.Seal(Key, "operator-1", "assistant", content, _randomizer);
    }

    private static CborMap Intent(int padding) => Body.Intent(
        "answer", new Actor("agent-7", ActorType.Agent), "policy-7", new ModelReference("m", "1"), new ModelSettings(),
        [new Commitment(Digest.Of("input"u8), "text/plain", 4)]).With("note", new string('x', padding));
}
