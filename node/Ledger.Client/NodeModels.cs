using System.Text.Json.Serialization;
using Ledger.Core;

namespace Ledger.Client;

/// <summary>The three states of a record, in the words that every surface shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordState>))]
public enum RecordState
{
    /// <summary>Signed, and durable at the node.</summary>
    Sealed,

    /// <summary>In a block with a quorum certificate.</summary>
    Settled,

    /// <summary>Under a Bitcoin block.</summary>
    Anchored,
}

/// <summary>In which form a node gives evidence.</summary>
public enum EvidenceFormat
{
    /// <summary>The file that <c>verify</c> reads.</summary>
    Cbor,

    /// <summary>The same for people.</summary>
    Json,

    /// <summary>OpenTimestamps.</summary>
    Ots,
}

/// <summary>The Bitcoin transaction under which a record stands. Times are in milliseconds since 1970.</summary>
/// <param name="Batch">Height of the anchored block.</param>
public sealed record RecordAnchor(ulong Batch, string Txid, uint BitcoinHeight, ulong BitcoinTime, uint Confirmations);

/// <summary>A record as a node describes it. Ids in lower-case hexadecimal, times in milliseconds since 1970.</summary>
/// <param name="Height">Of the block; null while only sealed.</param>
/// <param name="Index">In the log; null while only sealed.</param>
/// <param name="Anchor">Null until anchored.</param>
public sealed record RecordSummary(
    string Id,
    string Entry,
    string Stream,
    ulong Seq,
    string Kind,
    ulong Time,
    string Issuer,
    string Subject,
    int Size,
    RecordState State,
    ulong? Height = null,
    ulong? Index = null,
    ulong? BlockTime = null,
    RecordAnchor? Anchor = null);

/// <param name="First">First record that the key may sign.</param>
/// <param name="Revoked">Records by it from here on are revoked.</param>
public sealed record StreamKeySummary(string Kid, ulong First, ulong? Revoked = null);

/// <summary>The settled state of a stream as a node describes it.</summary>
/// <param name="Seq">Of the last settled record.</param>
/// <param name="Head">Id of the last settled record.</param>
public sealed record StreamSummary(
    string Stream,
    ulong Seq,
    string Head,
    ulong Time,
    string Sponsor,
    IReadOnlyList<StreamKeySummary> Keys,
    string? Recovery = null,
    StreamFreezeSummary? Frozen = null);

/// <summary>The last freeze that a node heeds.</summary>
/// <param name="Number">The next freeze needs a larger one.</param>
/// <param name="Until">Milliseconds since 1970 by the node's clock.</param>
public sealed record StreamFreezeSummary(ulong Number, ulong Until);

/// <summary>What waits to be settled.</summary>
public sealed record NodeMempool(int Records, long Bytes);

/// <summary>How a node stands with its Bitcoin daemon.</summary>
public sealed record NodeBitcoin(bool Reachable, uint? Height = null, string? Problem = null);

/// <summary>What the header of a settled block says of the state after it.</summary>
/// <param name="Size">Log entries.</param>
public sealed record NodeBlock(ulong Height, string Id, ulong Time, ulong Size, string Root, string Streams);

/// <summary>How a node and its chain are.</summary>
/// <param name="Settled">Log entries.</param>
/// <param name="Anchored">Log entries under a mined anchor.</param>
/// <param name="Validator">The node's name among the validators; null for a follower.</param>
public sealed record NodeStatus(
    string Chain,
    string Name,
    string Version,
    string Network,
    ulong Height,
    string Block,
    ulong Time,
    ulong Size,
    string Root,
    int Validators,
    NodeMempool Mempool,
    ulong Settled,
    ulong Anchored,
    NodeBitcoin Bitcoin,
    bool Ready,
    IReadOnlyList<string> Problems,
    string? Validator = null);

/// <summary>What a node waits for. Times are in milliseconds since 1970.</summary>
/// <param name="Height">Height in progress: the one after the last that settled.</param>
/// <param name="Step">idle, propose, prevote, precommit or settling.</param>
/// <param name="Reason">A stable word; <c>nothing</c> where no record waits.</param>
/// <param name="WaitsFor">One plain sentence.</param>
/// <param name="Waiting">Sealed records that no block holds.</param>
/// <param name="Missing">Validators whose vote is awaited, and those that are not connected.</param>
/// <param name="Round">Null while no round is open.</param>
/// <param name="StepSince">When this step of this round began.</param>
/// <param name="HeightSince">When a block of this height was first wanted.</param>
/// <param name="Votes">Of the step in progress; null where no votes are awaited.</param>
public sealed record NodeWait(
    ulong Height, string Step, string Reason, string WaitsFor, int Waiting, IReadOnlyList<NodeMissing> Missing,
    IReadOnlyList<string> Problems, uint? Round = null, ulong? StepSince = null, ulong? HeightSince = null,
    NodeVoteCount? Votes = null);

/// <summary>Voting power.</summary>
public sealed record NodeVoteCount(ulong Heard, ulong Needed, ulong Total);

/// <param name="Peer">Its libp2p peer id in base58.</param>
/// <param name="LastHeard">When it last said something new; null where it did not since the node started.</param>
public sealed record NodeMissing(
    string Name, string Kid, string Peer, ulong Power, bool Self, bool Connected, bool Prevoted, bool Precommitted,
    ulong? LastHeard = null);

/// <summary>What a consortium has decided and is deciding, as a node says.</summary>
/// <param name="Change">Number of the last change in force; 0 at genesis.</param>
/// <param name="Decided">Number of the last change that is decided, and in force within two heights.</param>
/// <param name="Configuration">Decided last, deterministic CBOR in hexadecimal.</param>
public sealed record NodeGovernance(
    string Chain, ulong Height, ulong Change, ulong Decided, string Configuration, IReadOnlyList<NodeMember> Members,
    IReadOnlyList<NodeProposal> Proposals);

/// <param name="Words">Fingerprint of the vote key.</param>
/// <param name="Kid">Of the vote key.</param>
/// <param name="Governance">Kid of the cold key that approves changes.</param>
/// <param name="Peer">Its libp2p peer id in base58.</param>
public sealed record NodeMember(
    string Name, string Words, ulong Power, string Kid, string Governance, string Stream, string Peer, bool Self);

/// <summary>A change that some have approved and not enough have.</summary>
/// <param name="Change">Deterministic CBOR in hexadecimal.</param>
public sealed record NodeProposal(
    string Id, ulong At, string Change, IReadOnlyList<string> ApprovedBy, NodeVoteCount Power);

/// <summary>What came of approvals that were handed in.</summary>
/// <param name="Sealed">Approvals that the node sealed now; those that it knew are not sealed twice.</param>
/// <param name="Record">Id of the record that brings them; null where all were known.</param>
public sealed record NodeProposalReceipt(ulong At, int Sealed, string? Record = null);

/// <summary>A node of a network as another one sees it.</summary>
/// <param name="Name">The validator's name; "observer" for one that only follows.</param>
/// <param name="Peer">Its libp2p peer id in base58.</param>
/// <param name="Address">Where its end of the connection is, as a multiaddr.</param>
/// <param name="Direction">out where the node asked dialled it, in where it was dialled.</param>
/// <param name="Agent">The program that it says it runs.</param>
/// <param name="Announced">Where it says that it listens.</param>
public sealed record NodePeer(
    string Name, string Peer, bool Self, bool Connected, string? Address = null, string? Direction = null, string? Agent = null,
    IReadOnlyList<string>? Announced = null);

/// <summary>A problem document (RFC 9457) of a node.</summary>
/// <param name="Type">Stable; compare with this.</param>
/// <param name="Detail">One sentence that says what to do.</param>
/// <param name="Offset">Byte offset inside the record.</param>
/// <param name="Index">Which record of a batch, from 0.</param>
/// <param name="Remaining">What is left of the quota that refused.</param>
public sealed record NodeProblem(
    string Type,
    string Title,
    int Status,
    string Detail,
    string? Layer = null,
    string? Reason = null,
    int? Offset = null,
    int? Index = null,
    ulong? Remaining = null,
    ulong? Limit = null);

/// <summary>What <see cref="NodeClient.SubmitChainAsync"/> waits for.</summary>
public enum SubmitWait
{
    /// <summary>Every record is durable at the node.</summary>
    Sealed,

    /// <summary>Every record is in a block.</summary>
    Settled,

    /// <summary>Every record stands under a Bitcoin block.</summary>
    Anchored,
}

/// <summary>How far a submission is.</summary>
/// <param name="Records">In the chain file.</param>
/// <param name="Taken">By the node, from the first record on.</param>
/// <param name="Settled">In blocks, from the first record on.</param>
/// <param name="State">What all of them have reached; null until the node has taken all.</param>
/// <param name="Waiting">Why nothing moves just now, such as a quota; null while it moves.</param>
public sealed record SubmitProgress(
    ulong Records, ulong Taken, ulong Settled, RecordState? State, string? Waiting = null);

/// <summary>What came of a submission.</summary>
/// <param name="Records">In the chain file.</param>
/// <param name="Sent">How many of them the node did not have in blocks yet.</param>
/// <param name="State">What all of them have reached, at least.</param>
/// <param name="Last">The last record as the node describes it.</param>
public sealed record SubmitSummary(
    StreamId Stream, RecordId Head, ulong Records, ulong Sent, RecordState State, RecordSummary Last);
