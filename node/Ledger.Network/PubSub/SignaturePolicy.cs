using System.Buffers.Binary;
using System.Security.Cryptography;
using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.PubSub;

/// <summary>Signs what this node publishes. Synchronous, and called by one thread at a time.</summary>
internal interface IMessageSigner
{
    /// <summary>This node's peer id, the bytes of the multihash.</summary>
    ReadOnlyMemory<byte> Author { get; }

    /// <summary>The public key in its protobuf form; null where the peer id holds it.</summary>
    ReadOnlyMemory<byte>? Key { get; }

    byte[] Sign(ReadOnlySpan<byte> bytes);
}

/// <summary>Checks what other peers signed. Synchronous; any bytes are an answer and never an exception.</summary>
internal interface IMessageVerifier
{
    /// <summary>
    /// Whether the author's key made the signature. A key beside it must be the author's; without one, the author's
    /// peer id must hold it.
    /// </summary>
    bool Verify(
        ReadOnlySpan<byte> author, ReadOnlyMemory<byte>? key, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature);
}

/// <summary>Whether messages are signed at this level, and how they are told apart.</summary>
/// <remarks>Source: libp2p pubsub, "Message Identification" and "Signature Policy Options".</remarks>
internal abstract class SignaturePolicy
{
    /// <summary>A message of our own.</summary>
    internal abstract RpcMessage Compose(string topic, ReadOnlyMemory<byte> data);

    /// <summary>Whether the fields that must be there are, and no others.</summary>
    internal abstract bool IsWellFormed(RpcMessage message);

    internal abstract MessageId IdOf(RpcMessage message);

    internal abstract bool Verify(RpcMessage message);

    /// <summary>Whether the message names us as its author.</summary>
    internal abstract bool IsOwn(RpcMessage message);
}

/// <summary>
/// No author, sequence number, signature or key; the id is the SHA-256 of the data. What is in the data carries
/// signatures of its own.
/// </summary>
internal sealed class StrictNoSign : SignaturePolicy
{
    internal override RpcMessage Compose(string topic, ReadOnlyMemory<byte> data) => new(topic, data);

    internal override bool IsWellFormed(RpcMessage message) =>
        message is { From: null, SequenceNumber: null, Signature: null, Key: null };

    internal override MessageId IdOf(RpcMessage message) => new(SHA256.HashData(message.Data.Span));

    internal override bool Verify(RpcMessage message) => true;

    internal override bool IsOwn(RpcMessage message) => false;
}

/// <summary>Author, sequence number and signature; the id is the author followed by the sequence number.</summary>
/// <param name="firstSequence">
/// Larger than any this key used before; nanoseconds since 1970 when the node starts are.
/// </param>
internal sealed class StrictSign(IMessageSigner signer, IMessageVerifier verifier, ulong firstSequence)
    : SignaturePolicy
{
    private const int SequenceBytes = 8;
    private ulong _next = firstSequence;

    internal override RpcMessage Compose(string topic, ReadOnlyMemory<byte> data)
    {
        byte[] sequence = new byte[SequenceBytes];
        BinaryPrimitives.WriteUInt64BigEndian(sequence, _next++);
        RpcMessage bare = new(topic, data, signer.Author, sequence);
        return bare with { Signature = signer.Sign(bare.SignBytes()), Key = signer.Key };
    }

    internal override bool IsWellFormed(RpcMessage message) =>
        message is { From.Length: > 0, SequenceNumber.Length: SequenceBytes, Signature.Length: > 0 };

    internal override MessageId IdOf(RpcMessage message) =>
        new((byte[])[.. message.From!.Value.Span, .. message.SequenceNumber!.Value.Span]);

    internal override bool Verify(RpcMessage message) => verifier.Verify(
        message.From!.Value.Span, message.Key, message.SignBytes(), message.Signature!.Value.Span);

    internal override bool IsOwn(RpcMessage message) => message.From!.Value.Span.SequenceEqual(signer.Author.Span);
}
