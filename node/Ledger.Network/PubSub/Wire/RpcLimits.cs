namespace Ledger.Network.PubSub.Wire;

/// <summary>Limits of one RPC. Lengths are bytes, the rest counts.</summary>
internal sealed record RpcLimits
{
    /// <summary>An RPC, without its length in front: the limit that other implementations set by default.</summary>
    internal int RpcBytesMax { get; init; } = 1 << 20;

    internal int SubscriptionsMax { get; init; } = 128;

    internal int MessagesMax { get; init; } = 512;

    /// <summary>IHAVE, IWANT, GRAFT and PRUNE together.</summary>
    internal int ControlMax { get; init; } = 512;

    /// <summary>Message ids of all IHAVE and IWANT together.</summary>
    internal int IdsMax { get; init; } = 5_000;

    internal int IdBytesMax { get; init; } = 64;

    internal int TopicBytesMax { get; init; } = 128;

    /// <summary>Author, sequence number, signature and key, each.</summary>
    internal int IdentityBytesMax { get; init; } = 128;

    /// <summary>Peers offered in one PRUNE.</summary>
    internal int ExchangedPeersMax { get; init; } = 16;
}
