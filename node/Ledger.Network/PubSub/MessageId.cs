using System.Runtime.InteropServices;

namespace Ledger.Network.PubSub;

/// <summary>The id by which peers name a message to each other; equal when the bytes are.</summary>
internal readonly struct MessageId(ReadOnlyMemory<byte> bytes) : IEquatable<MessageId>
{
    internal ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public static bool operator ==(MessageId left, MessageId right) => left.Equals(right);

    public static bool operator !=(MessageId left, MessageId right) => !left.Equals(right);

    public bool Equals(MessageId other) => Bytes.Span.SequenceEqual(other.Bytes.Span);

    public override bool Equals(object? obj) => obj is MessageId other && Equals(other);

    // Seeded anew in each process, so a peer cannot choose ids that collide.
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }

    public override string ToString() => Convert.ToHexStringLower(Bytes.Span[..Math.Min(8, Bytes.Length)]);

    /// <summary>The same id in memory of its own, which does not hold on to the RPC that it came in.</summary>
    internal MessageId Owned() =>
        MemoryMarshal.TryGetArray(Bytes, out ArraySegment<byte> part) && part.Array!.Length == Bytes.Length
            ? this
            : new(Bytes.ToArray());
}

/// <summary>
/// A message in its topic. An id taken from the data alone says nothing about the topic: without it, a copy under
/// another topic would shut out the true message.
/// </summary>
internal readonly record struct MessageKey(string Topic, MessageId Id)
{
    public override string ToString() => $"{Topic}/{Id}";
}
