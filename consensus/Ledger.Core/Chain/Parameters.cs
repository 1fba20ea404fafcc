using Ledger.Core.Cbor;

namespace Ledger.Core.Chain;

/// <summary>Parameters on which all nodes must agree. Times in milliseconds.</summary>
public sealed record Parameters
{
    /// <summary>False: only members and observers may read.</summary>
    public bool ReadIsOpen { get; init; } = true;

    /// <summary>Version of the protocol rules in force.</summary>
    public ulong Protocol { get; init; } = 1;

    /// <summary>Longest silence between blocks while nothing waits.</summary>
    public ulong HeartbeatMs { get; init; } = 60_000;

    /// <summary>Bound on the difference of honest clocks (proposer-based timestamps).</summary>
    public ulong PrecisionMs { get; init; } = 500;

    /// <summary>Time-out for prevotes and precommits in round 0.</summary>
    public ulong VoteTimeoutMs { get; init; } = 1_000;

    /// <summary>An anchor is due after so many blocks…</summary>
    public ulong AnchorBlocks { get; init; } = 100;

    /// <summary>Records in one block.</summary>
    public ulong BlockRecords { get; init; } = 10_000;

    /// <summary>Bound on the delay of a proposal in round 0 (proposer-based timestamps).</summary>
    public ulong MessageDelayMs { get; init; } = 2_000;

    /// <summary>…or so many minutes, whichever is first, when something other than anchors waits.</summary>
    public ulong AnchorMinutes { get; init; } = 10;

    /// <summary>What each round adds to every time-out.</summary>
    public ulong TimeoutGrowthMs { get; init; } = 500;

    /// <summary>Time-out for the proposal in round 0.</summary>
    public ulong ProposeTimeoutMs { get; init; } = 3_000;

    internal void EncodeTo(CborWriter writer) =>
        writer.Map(11)
            .Text("read"u8).Text(ReadIsOpen ? "open"u8 : "members"u8)
            .Text("protocol"u8).Unsigned(Protocol)
            .Text("heartbeat"u8).Unsigned(HeartbeatMs)
            .Text("precision"u8).Unsigned(PrecisionMs)
            .Text("voteTimeout"u8).Unsigned(VoteTimeoutMs)
            .Text("anchorBlocks"u8).Unsigned(AnchorBlocks)
            .Text("blockRecords"u8).Unsigned(BlockRecords)
            .Text("messageDelay"u8).Unsigned(MessageDelayMs)
            .Text("anchorMinutes"u8).Unsigned(AnchorMinutes)
            .Text("timeoutGrowth"u8).Unsigned(TimeoutGrowthMs)
            .Text("proposeTimeout"u8).Unsigned(ProposeTimeoutMs);

    internal static bool TryRead(ref CborReader reader, out Parameters parameters)
    {
        int at = reader.Position;
        bool read = reader.TryReadMap(out CborMapScope map)
            & reader.TryReadMember(ref map, "read"u8, 16, out string readMode)
            & reader.TryReadMember(ref map, "protocol"u8, out ulong protocol)
            & reader.TryReadMember(ref map, "heartbeat"u8, out ulong heartbeat)
            & reader.TryReadMember(ref map, "precision"u8, out ulong precision)
            & reader.TryReadMember(ref map, "voteTimeout"u8, out ulong voteTimeout)
            & reader.TryReadMember(ref map, "anchorBlocks"u8, out ulong anchorBlocks)
            & reader.TryReadMember(ref map, "blockRecords"u8, out ulong blockRecords)
            & reader.TryReadMember(ref map, "messageDelay"u8, out ulong messageDelay)
            & reader.TryReadMember(ref map, "anchorMinutes"u8, out ulong anchorMinutes)
            & reader.TryReadMember(ref map, "timeoutGrowth"u8, out ulong timeoutGrowth)
            & reader.TryReadMember(ref map, "proposeTimeout"u8, out ulong proposeTimeout)
            && reader.EndMap(map)
            && (readMode is "open" or "members" || reader.Fail(CborFault.WrongValue, at))
            && (blockRecords is > 0 and <= BlockBody.RecordsMax || reader.Fail(CborFault.WrongValue, at));
        parameters = new Parameters
        {
            ReadIsOpen = readMode == "open",
            Protocol = protocol,
            HeartbeatMs = heartbeat,
            PrecisionMs = precision,
            VoteTimeoutMs = voteTimeout,
            AnchorBlocks = anchorBlocks,
            BlockRecords = blockRecords,
            MessageDelayMs = messageDelay,
            AnchorMinutes = anchorMinutes,
            TimeoutGrowthMs = timeoutGrowth,
            ProposeTimeoutMs = proposeTimeout,
        };
        return read;
    }
}
