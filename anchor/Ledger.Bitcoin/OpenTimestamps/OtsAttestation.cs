using System.Buffers;
using System.Text;
using Ledger.Proofs.Spv;

namespace Ledger.Bitcoin.OpenTimestamps;

/// <summary>What vouches for the time of a message.</summary>
public abstract record OtsAttestation
{
    /// <summary>Bytes of the tag that names a kind of attestation.</summary>
    public const int TagBytes = 8;

    private static readonly SearchValues<char> UriCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:");

    private OtsAttestation()
    {
    }

    internal static ReadOnlySpan<byte> BitcoinTag => [0x05, 0x88, 0x96, 0x0d, 0x73, 0xd7, 0x19, 0x01];

    internal static ReadOnlySpan<byte> PendingTag => [0x83, 0xdf, 0xe3, 0x0d, 0x2e, 0xf9, 0x0c, 0x8e];

    /// <summary>The message is the Merkle root of Bitcoin's block at that height.</summary>
    public sealed record Bitcoin(BitcoinHeight Height) : OtsAttestation;

    /// <summary>A calendar has taken the message in; ask it again later.</summary>
    public sealed record Pending : OtsAttestation
    {
        /// <param name="uri">
        /// The calendar's address: at most 1,000 characters, letters, digits and <c>-._/:</c> only.
        /// </param>
        public Pending(string uri) =>
            Uri = IsAllowed(uri) ? uri : throw new ArgumentException("Not a calendar's address.", nameof(uri));

        public string Uri { get; }

        internal static bool IsAllowed(ReadOnlySpan<char> uri) =>
            uri.Length <= OtsLimits.UriBytes && !uri.ContainsAnyExcept(UriCharacters);
    }

    /// <summary>A kind that we do not know; kept as it is.</summary>
    public sealed record Unknown(ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Payload) : OtsAttestation
    {
        public bool Equals(Unknown? other) => other is not null
            && Tag.Span.SequenceEqual(other.Tag.Span)
            && Payload.Span.SequenceEqual(other.Payload.Span);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(Tag.Span);
            hash.AddBytes(Payload.Span);
            return hash.ToHashCode();
        }
    }

    /// <summary>Tag and payload, as they are written.</summary>
    internal (byte[] Tag, byte[] Payload) Encode()
    {
        switch (this)
        {
            case Bitcoin bitcoin:
                return (BitcoinTag.ToArray(), OtsNumber.Encode(bitcoin.Height.Value));
            case Pending pending:
                byte[] uri = Encoding.ASCII.GetBytes(pending.Uri);
                return (PendingTag.ToArray(), [.. OtsNumber.Encode((uint)uri.Length), .. uri]);
            case Unknown unknown:
                return (unknown.Tag.ToArray(), unknown.Payload.ToArray());
            default:
                throw new InvalidOperationException($"No such attestation: {GetType()}.");
        }
    }

    /// <summary>
    /// The order in which the reference implementation writes attestations: by tag, then by what they say.
    /// </summary>
    internal static int Compare(OtsAttestation left, OtsAttestation right)
    {
        (byte[] leftTag, byte[] leftPayload) = left.Encode();
        (byte[] rightTag, byte[] rightPayload) = right.Encode();
        int byTag = leftTag.AsSpan().SequenceCompareTo(rightTag);
        return (byTag, left, right) switch
        {
            (0, Bitcoin one, Bitcoin other) => one.Height.CompareTo(other.Height),
            (0, Pending one, Pending other) => string.CompareOrdinal(one.Uri, other.Uri),
            (0, _, _) => leftPayload.AsSpan().SequenceCompareTo(rightPayload),
            _ => byTag,
        };
    }
}

/// <summary>Unsigned little-endian base-128 numbers (LEB128).</summary>
internal static class OtsNumber
{
    public static byte[] Encode(uint value)
    {
        var bytes = new List<byte>(5);
        for (; value > 0x7f; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }
}
