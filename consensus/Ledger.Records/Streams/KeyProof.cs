using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;

namespace Ledger.Records.Streams;

/// <summary>
/// What a new key signs to enter a stream: <c>["ledger/key/1", stream, seq, prev, key]</c> (rule S10).
/// </summary>
public static class KeyProof
{
    /// <summary>Deterministic CBOR, laid out by hand.</summary>
    /// <param name="seq">Of the <c>key</c> record itself, as are the others.</param>
    /// <param name="publicKey">The new key, 1,952 bytes.</param>
    public static byte[] SignedBytes(StreamId stream, Sequence seq, in RecordId prev, ReadOnlySpan<byte> publicKey) =>
        new CborWriter(2_100)
            .Array(5)
            .Text("ledger/key/1"u8)
            .Bytes(stream.Value)
            .Unsigned(seq.Value)
            .Bytes(prev)
            .Bytes(publicKey)
            .ToArray();

    /// <param name="randomizer">32 bytes, fresh and random, or zero for a deterministic signature.</param>
    public static byte[] Sign(
        SigningKey newKey, StreamId stream, Sequence seq, in RecordId prev, ReadOnlySpan<byte> randomizer)
    {
        byte[] proof = new byte[Limits.SignatureBytes];
        newKey.Sign(SignedBytes(stream, seq, prev, newKey.PublicKey.Span), randomizer, proof);
        return proof;
    }

    internal static bool Holds(Record record)
    {
        KeyChange change = KeyChange.From(record);
        byte[] signed = SignedBytes(record.Stream, record.Seq, record.Prev, change.Key.Span);
        return MlDsa65.Verify(change.Key.Span, signed, [], change.Proof.Span);
    }
}
