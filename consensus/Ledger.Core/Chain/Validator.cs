using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>One member of the consortium that votes.</summary>
public sealed record Validator
{
    /// <summary>Bytes of a libp2p peer id (multihash).</summary>
    public const int PeerBytesMax = 64;

    /// <summary>UTF-8 bytes of a member's name.</summary>
    public const int NameBytesMax = 64;

    /// <summary>Voting power of one validator; the sum of 256 stays far below 2^53.</summary>
    public const ulong PowerMax = 1_000_000_000;

    private Derived<Validator, KeyId> _voteKeyId;
    private Derived<Validator, KeyId> _governanceKeyId;

    /// <summary>The member's name; sponsor of the streams it admits.</summary>
    public required string Name { get; init; }

    /// <summary>libp2p peer id, the multihash bytes; empty while a node has no peers.</summary>
    public required ReadOnlyMemory<byte> Peer { get; init; }

    /// <summary>Raw ML-DSA-65 key that signs proposals and votes.</summary>
    public required ReadOnlyMemory<byte> VoteKey { get; init; }

    public required ulong Power { get; init; }

    /// <summary>The node's own stream: anchors, roots and governance are sealed there.</summary>
    public required StreamId Stream { get; init; }

    /// <summary>Raw ML-DSA-65 key, kept cold, that approves governance.</summary>
    public required ReadOnlyMemory<byte> GovernanceKey { get; init; }

    public KeyId VoteKeyId => _voteKeyId.Of(this, validator => KeyId.Of(validator.VoteKey.Span));

    public KeyId GovernanceKeyId => _governanceKeyId.Of(this, validator => KeyId.Of(validator.GovernanceKey.Span));

    internal void EncodeTo(CborWriter writer) =>
        writer.Map(6)
            .Text("name"u8).Text(Name)
            .Text("peer"u8).Bytes(Peer.Span)
            .Text("vote"u8).Bytes(VoteKey.Span)
            .Text("power"u8).Unsigned(Power)
            .Text("stream"u8).Bytes(Stream.Value)
            .Text("governance"u8).Bytes(GovernanceKey.Span);

    internal static bool TryRead(ref CborReader reader, out Validator validator)
    {
        int at = reader.Position;
        validator = null!;
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadMember(ref map, "name"u8, NameBytesMax, out string name)
            & reader.TryReadMember(ref map, "peer"u8, 0, PeerBytesMax, out byte[] peer)
            & reader.TryReadMember(ref map, "vote"u8, Limits.PublicKeyBytes, Limits.PublicKeyBytes, out byte[] vote)
            & reader.TryReadMember(ref map, "power"u8, out ulong power)
            & reader.TryReadMember(ref map, "stream"u8, out Digest stream)
            & reader.TryReadMember(
                ref map, "governance"u8, Limits.PublicKeyBytes, Limits.PublicKeyBytes, out byte[] governance)
            && reader.EndMap(map)
            && (power is > 0 and <= PowerMax || reader.Fail(CborFault.WrongValue, at));
        if (read)
        {
            validator = new Validator
            {
                Name = name,
                Peer = peer,
                VoteKey = vote,
                Power = power,
                Stream = new StreamId(stream),
                GovernanceKey = governance,
            };
        }

        return read;
    }
}
