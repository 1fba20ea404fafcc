using System.Runtime.InteropServices;

namespace Ledger.Core.Hashing;

/// <summary>
/// SHA3-512 and the two SHAKEs (FIPS 202) in one call each. The platform's own are not used: they are missing where its
/// OpenSSL is old, and a hash that names a record must be there on every machine.
/// </summary>
public static class Sha3
{
    /// <summary>Bytes of a SHA3-512.</summary>
    public const int Hash512Bytes = 64;

    /// <summary>SHA3-512 of <paramref name="data"/>.</summary>
    /// <param name="hash64">Exactly 64 bytes.</param>
    public static void Hash512(ReadOnlySpan<byte> data, Span<byte> hash64)
    {
        if (hash64.Length != Hash512Bytes)
        {
            throw new ArgumentException($"A SHA3-512 has {Hash512Bytes} bytes, not {hash64.Length}.", nameof(hash64));
        }

        Sponge sponge = Sponge.Sha3Of512();
        sponge.Absorb(data);
        sponge.Squeeze(hash64);
    }

    /// <summary>
    /// SHA3-512 of many messages at once, each several times as fast as alone: record ids by the batch. Allocates nothing.
    /// </summary>
    /// <param name="ids">As many as there are messages, written.</param>
    public static void Hash512(ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<RecordId> ids)
    {
        if (ids.Length != messages.Length)
        {
            throw new ArgumentException($"There are {messages.Length} messages and {ids.Length} places.", nameof(ids));
        }

        LaneHash.Sha3Of512(new Messages(messages, MemoryMarshal.AsBytes(ids)));
    }

    /// <summary>SHAKE128 of <paramref name="data"/>, as long as <paramref name="output"/>.</summary>
    public static void Shake128(ReadOnlySpan<byte> data, Span<byte> output)
    {
        Sponge sponge = Sponge.Shake128();
        sponge.Absorb(data);
        sponge.Squeeze(output);
    }

    /// <summary>SHAKE256 of <paramref name="data"/>, as long as <paramref name="output"/>.</summary>
    public static void Shake256(ReadOnlySpan<byte> data, Span<byte> output)
    {
        Sponge sponge = Sponge.Shake256();
        sponge.Absorb(data);
        sponge.Squeeze(output);
    }

    private readonly ref struct Messages(ReadOnlySpan<ReadOnlyMemory<byte>> messages, Span<byte> hashes) : ILaneInputs
    {
        private readonly ReadOnlySpan<ReadOnlyMemory<byte>> _messages = messages;
        private readonly Span<byte> _hashes = hashes;

        public int Count => _messages.Length;

        public ReadOnlySpan<byte> Prefix(int index) => default;

        public ReadOnlySpan<byte> Message(int index) => _messages[index].Span;

        public Span<byte> Output(int index) => _hashes.Slice(index * Hash512Bytes, Hash512Bytes);
    }
}
