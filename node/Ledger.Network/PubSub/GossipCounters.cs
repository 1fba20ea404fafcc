namespace Ledger.Network.PubSub;

/// <summary>Why something was not taken, passed on or sent.</summary>
internal enum DropReason
{
    UnknownPeer,
    Graylisted,
    RpcTooLong,
    RpcMalformed,
    TooManyTopics,
    WrongTopic,
    MessageTooLong,
    SignatureForm,
    SignatureWrong,
    OwnMessage,
    Duplicate,
    PendingFull,
    Rejected,
    Ignored,
    JudgedTooLate,
    QueueFull,
    GossipFromLowScore,
    IHaveOverLimit,
    IWantOverLimit,
    IWantTooOften,
    IWantUnknown,
    GraftUnknownTopic,
    GraftInBackoff,
    GraftLowScore,
    GraftFull,
    PromiseBroken,
    SeenEvicted,
    HistoryEvicted,
    PublishedBefore,
}

/// <summary>What the router counted since it began.</summary>
internal sealed class GossipCounters
{
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];

    internal long Delivered { get; set; }

    internal long Published { get; set; }

    internal long Forwarded { get; set; }

    internal long Grafts { get; set; }

    internal long Prunes { get; set; }

    internal long RpcsSent { get; set; }

    internal long BytesSent { get; set; }

    /// <summary>What was dropped, by reason; only reasons that occurred.</summary>
    internal IEnumerable<KeyValuePair<DropReason, long>> Dropped =>
        Enum.GetValues<DropReason>().Where(reason => this[reason] > 0)
            .Select(reason => KeyValuePair.Create(reason, this[reason]));

    internal long this[DropReason reason] => _dropped[(int)reason];

    internal void Drop(DropReason reason, long count = 1) => _dropped[(int)reason] += count;
}
