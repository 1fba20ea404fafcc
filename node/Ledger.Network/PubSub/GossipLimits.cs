using Ledger.Network.PubSub.Wire;

namespace Ledger.Network.PubSub;

/// <summary>
/// What the router holds at most. With these, <see cref="FootprintMax"/> is a bound on its memory, whatever peers do;
/// the router checks it after every step.
/// </summary>
internal sealed record GossipLimits
{
    /// <summary>What one entry of a table costs beside its bytes: objects, slots, references.</summary>
    internal const int EntryBytes = 128;

    internal RpcLimits Rpc { get; init; } = new();

    /// <summary>Data of a message.</summary>
    internal int MessageBytesMax { get; init; } = 64 * 1024;

    internal int PeersMax { get; init; } = 256;

    /// <summary>Topics that this node joins or publishes to.</summary>
    internal int TopicsMax { get; init; } = 16;

    /// <summary>Topics that one peer may be subscribed to.</summary>
    internal int TopicsPerPeerMax { get; init; } = 64;

    /// <summary>Frames handed to a peer's connection and not yet written.</summary>
    internal int FramesInFlightMax { get; init; } = 8;

    /// <summary>Messages that wait for one peer; as many more of topics that go first.</summary>
    internal int QueueBytesPerPeerMax { get; init; } = 4 << 20;

    /// <summary>Control and subscriptions that wait for one peer. One who lets them pile up higher is let go.</summary>
    internal int UrgentBytesPerPeerMax { get; init; } = 256 * 1024;

    /// <summary>Everything that waits for all peers.</summary>
    internal int QueueBytesMax { get; init; } = 128 << 20;

    /// <summary>The part of these that is left to control and to topics that go first.</summary>
    internal int QueueReserve => QueueBytesMax / 8;

    /// <summary>Messages that the application has not judged yet; as many more of topics that go first.</summary>
    internal int PendingBytesMax { get; init; } = 16 << 20;

    /// <summary>The part of both that one peer may fill.</summary>
    internal int PendingBytesPerPeerMax { get; init; } = 4 << 20;

    /// <summary>Peers noted for one message as having sent a copy while it was judged.</summary>
    internal int CopiesMax { get; init; } = 16;

    /// <summary>Messages kept for IWANT.</summary>
    internal int HistoryBytesMax { get; init; } = 64 << 20;

    internal int HistoryCountMax { get; init; } = 16_384;

    /// <summary>Pairs of message and peer for which deliveries by IWANT are counted.</summary>
    internal int ServedMax { get; init; } = 65_536;

    internal int SeenMax { get; init; } = 131_072;

    internal int PromisesMax { get; init; } = 16_384;

    internal int BackoffsMax { get; init; } = 4_096;

    /// <summary>Scores kept of peers that are gone.</summary>
    internal int RetainedScoresMax { get; init; } = 1_024;

    /// <summary>IHAVE messages heeded from one peer between two heartbeats.</summary>
    internal int IHavePerHeartbeatMax { get; init; } = 10;

    /// <summary>Ids asked of one peer between two heartbeats.</summary>
    internal int AskedPerHeartbeatMax { get; init; } = 5_000;

    /// <summary>IWANT messages sent to one peer between two heartbeats: others heed no more than ten.</summary>
    internal int IWantPerHeartbeatMax { get; init; } = 8;

    /// <summary>Ids that one peer may ask for between two heartbeats.</summary>
    internal int WantedPerHeartbeatMax { get; init; } = 5_000;

    /// <summary>Ids in one IWANT: the answer in one RPC stays below the limit of an RPC.</summary>
    internal int IdsPerIWant => Math.Max(1, Rpc.RpcBytesMax / (MessageBytesMax + 512));

    /// <summary>The bound on <see cref="GossipRouter.Footprint"/>, in bytes.</summary>
    internal long FootprintMax =>
        (long)QueueBytesMax + 2L * PendingBytesMax + HistoryBytesMax
        + (HistoryCountMax + (long)SeenMax + ServedMax + PromisesMax + BackoffsMax) * (EntryBytes + Rpc.IdBytesMax)
        + (long)PeersMax * PeerBytesMax
        + (long)RetainedScoresMax * TopicsMax * EntryBytes;

    /// <summary>Tables of one peer, without its queue: subscriptions, and scores by topic.</summary>
    internal long PeerBytesMax =>
        EntryBytes + (long)TopicsPerPeerMax * (EntryBytes + 2 * Rpc.TopicBytesMax) + (long)TopicsMax * EntryBytes;
}
