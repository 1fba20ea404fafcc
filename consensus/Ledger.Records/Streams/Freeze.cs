using System.Diagnostics.CodeAnalysis;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Crypto;

namespace Ledger.Records.Streams;

/// <summary>
/// The recovery key's request that nodes keep a stream's other records out of their proposals for 24 hours, so that a
/// cold key signs against a head that stands still (rule S16). Node policy, not validity: no verifier ever sees one.
/// Wire form: <c>{ "n": uint, "sig": bstr .size 3309, "chain": digest, "signer": key, "stream": digest }</c>.
/// </summary>
public sealed class Freeze
{
    /// <summary>How long a freeze lasts, in milliseconds.</summary>
    public const ulong DurationMs = 24 * 60 * 60 * 1_000;

    private Freeze(
        ChainId chain, StreamId stream, ulong number, ReadOnlyMemory<byte> signer, ReadOnlyMemory<byte> bytes)
    {
        Chain = chain;
        Stream = stream;
        Number = number;
        Signer = signer;
        Bytes = bytes;
    }

    public ChainId Chain { get; }

    public StreamId Stream { get; }

    /// <summary>Counts up: a node heeds only a number above the last one it heeded for the stream.</summary>
    public ulong Number { get; }

    /// <summary>The recovery key, 1,952 bytes.</summary>
    public ReadOnlyMemory<byte> Signer { get; }

    /// <summary>The wire form, as received or made.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Whether bytes begin as a freeze does, a map of five, and so as no record does.</summary>
    public static bool IsOne(ReadOnlyMemory<byte> bytes) => bytes is { IsEmpty: false } && bytes.Span[0] == 0xa5;

    /// <summary><c>["ledger/freeze/1", chain, stream, n]</c> in deterministic CBOR.</summary>
    public static byte[] SignedBytes(ChainId chain, StreamId stream, ulong number) =>
        new CborWriter(96)
            .Array(4)
            .Text("ledger/freeze/1"u8)
            .Bytes(chain.Value)
            .Bytes(stream.Value)
            .Unsigned(number)
            .ToArray();

    /// <param name="randomizer">32 bytes, fresh and random, or zero for a deterministic signature.</param>
    public static Freeze Seal(
        SigningKey recovery, ChainId chain, StreamId stream, ulong number, ReadOnlySpan<byte> randomizer)
    {
        byte[] signature = new byte[Limits.SignatureBytes];
        recovery.Sign(SignedBytes(chain, stream, number), randomizer, signature);
        byte[] bytes = new CborWriter(5_500)
            .Map(5)
            .Text("n"u8).Unsigned(number)
            .Text("sig"u8).Bytes(signature)
            .Text("chain"u8).Bytes(chain.Value)
            .Text("signer"u8).Bytes(recovery.PublicKey.Span)
            .Text("stream"u8).Bytes(stream.Value)
            .ToArray();
        return new Freeze(chain, stream, number, recovery.PublicKey, bytes);
    }

    /// <summary>
    /// The one door for untrusted freezes: reads the form and checks the signature under the key it carries.
    /// </summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out Freeze? freeze, [NotNullWhen(false)] out Fault? fault)
    {
        freeze = null;
        CborReader reader = new(bytes.Span);
        ReadOnlySpan<byte> signature = default;
        ReadOnlySpan<byte> signer = default;
        ulong number = 0;
        Digest chain = default;
        Digest stream = default;
        bool read = reader.TryReadMap(out CborMapScope scope)
            && reader.TryReadKey(ref scope, "n"u8) && reader.TryReadUnsigned(out number)
            && reader.TryReadKey(ref scope, "sig"u8) && reader.TryReadBytes(Limits.SignatureBytes, out signature)
            && reader.TryReadKey(ref scope, "chain"u8) && reader.TryReadDigest(out chain)
            && reader.TryReadKey(ref scope, "signer"u8) && reader.TryReadBytes(Limits.PublicKeyBytes, out signer)
            && reader.TryReadKey(ref scope, "stream"u8) && reader.TryReadDigest(out stream)
            && reader.EndMap(scope) && reader.TryFinish();
        if (!read)
        {
            fault = new Fault(Layer.Encoding, $"freeze: {reader.Error.Reason}", reader.Error.Offset);
            return false;
        }

        fault = MlDsa65.Verify(signer, SignedBytes(new ChainId(chain), new StreamId(stream), number), [], signature)
            ? null
            : new Fault(Layer.Signature, "the freeze is not signed by the key that it carries");
        freeze = fault is null
            ? new Freeze(new ChainId(chain), new StreamId(stream), number, signer.ToArray(), bytes)
            : null;
        return fault is null;
    }

    /// <summary>
    /// Whether this node has to heed it: its own chain, that stream, its recovery key, a number not seen.
    /// </summary>
    /// <param name="lastNumber">The highest number heeded so far for the stream; null if none.</param>
    public Fault? Judge(ChainId chain, StreamState state, ulong? lastNumber)
    {
        if (Chain != chain)
        {
            return new Fault(Layer.Link, "the freeze is for another chain");
        }

        if (Stream != state.Stream)
        {
            return new Fault(Layer.Link, "the freeze is for another stream");
        }

        if (state.Recovery is null || KeyId.Of(Signer.Span) != state.Recovery)
        {
            return new Fault(Layer.Link, "the freeze is not signed by the stream's recovery key");
        }

        return lastNumber is { } last && Number <= last
            ? new Fault(Layer.Link, $"a freeze with a number of at least {Number} was heeded before")
            : null;
    }
}
