using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Node.Api;

/// <summary>The shapes of node/README.md. Ids and digests are lower-case hexadecimal, times milliseconds since 1970.</summary>
public sealed record ReceiptsModel(IReadOnlyList<ReceiptModel> Receipts);

/// <param name="State">sealed, settled or anchored; null if refused.</param>
/// <param name="Problem">Why the record was refused; null if it was not.</param>
public sealed record ReceiptModel(
    string? Id, string? Entry, string? Stream, ulong? Seq, string? State, ulong? Height, ulong? Index, ulong? BlockTime, ProblemModel? Problem);

/// <summary>RFC 9457. A member that does not apply is left out.</summary>
/// <param name="Detail">One sentence that says what to do.</param>
/// <param name="Layer">Which check refused the record.</param>
/// <param name="Reason">What the check found.</param>
/// <param name="Offset">Byte offset inside the record; inside the batch, where that cannot be cut into records.</param>
/// <param name="Index">Which record of a batch, from 0.</param>
/// <param name="Remaining">What is left of the quota that refused the record.</param>
/// <param name="Limit">That quota.</param>
/// <param name="Receipts">Of a batch of which nothing was accepted: one for each record, with its own problem.</param>
public sealed record ProblemModel(
    string Type,
    string Title,
    int Status,
    string Detail,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Layer = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Offset = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Index = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ulong? Remaining = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ulong? Limit = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ReceiptModel>? Receipts = null);

/// <summary>The anchor under which a record stands.</summary>
public sealed record RecordAnchorModel(ulong Batch, string Txid, uint BitcoinHeight, ulong BitcoinTime, uint Confirmations);

public sealed record RecordModel(
    string Id, string Entry, string Stream, ulong Seq, string Kind, ulong Time, string Issuer, string Subject, int Size, string State,
    ulong? Height, ulong? Index, ulong? BlockTime, RecordAnchorModel? Anchor);

/// <param name="Next">Pass it as <c>before</c> for the next page; null on the last.</param>
public sealed record RecordsModel(IReadOnlyList<RecordModel> Records, ulong? Next);

/// <param name="Next">Pass it as <c>from</c> for the next page; null on the last.</param>
public sealed record StreamRecordsModel(IReadOnlyList<RecordModel> Records, ulong? Next);

/// <param name="Keys">How many keys were ever in force.</param>
public sealed record StreamSummaryModel(string Stream, ulong Seq, string Head, ulong Time, string Sponsor, int Keys);

public sealed record StreamsModel(IReadOnlyList<StreamSummaryModel> Streams, string? Next);

/// <param name="First">First record that the key may sign.</param>
/// <param name="Revoked">Records by it from here on are revoked.</param>
public sealed record StreamKeyModel(string Kid, ulong First, ulong? Revoked);

/// <param name="Frozen">The last freeze that this node heeds; null if there was none.</param>
public sealed record StreamModel(
    string Stream, ulong Seq, string Head, ulong Time, string Sponsor, string? Recovery, IReadOnlyList<StreamKeyModel> Keys,
    FreezeModel? Frozen);

/// <summary>The stream's records, but for the recovery key's, stay out of this node's blocks.</summary>
/// <param name="Number">A freeze needs a larger one to be heeded.</param>
/// <param name="Until">Milliseconds since 1970 by this node's clock; a time that is over is that of the last freeze.</param>
public sealed record FreezeModel(ulong Number, ulong Until);

/// <param name="State">Encoded stream state; null if the stream is not in the map.</param>
/// <param name="Proof">Encoded streams-map proof under the checkpoint's <c>streams</c>.</param>
public sealed record StreamHeadModel(string Stream, BlockModel Checkpoint, string? State, string Proof);

public sealed record BlockModel(
    ulong Height, string Id, ulong Time, string Prev, string Commit, string Proposer, string? ProposerName, ulong Size, string Root,
    string Streams, string Body, string Validators, string Next, int Records, uint Round, int Votes,
    AnchorModel? Anchor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? RecordIds = null);

public sealed record BlocksModel(IReadOnlyList<BlockModel> Blocks, ulong? Next);

public sealed record InclusionModel(string Leaf, ulong Index, ulong Size, string Root, IReadOnlyList<string> Path);

public sealed record ConsistencyModel(ulong From, ulong To, string FromRoot, string ToRoot, IReadOnlyList<string> Path);

/// <param name="Batch">Height of the anchored block.</param>
/// <param name="State">waiting, broadcast, mined or final.</param>
/// <param name="Since">When it came into this state.</param>
/// <param name="Size">Log entries that the anchor covers.</param>
public sealed record AnchorModel(
    ulong Batch, string Block, string State, ulong Since, string? Txid, uint? BitcoinHeight, ulong? BitcoinTime, uint Confirmations,
    ulong Size, string? Problem);

public sealed record AnchorsModel(IReadOnlyList<AnchorModel> Anchors, ulong? Next);

public sealed record ValidatorModel(string Name, string Kid, ulong Power, string Stream, bool Self);

public sealed record ValidatorsModel(IReadOnlyList<ValidatorModel> Validators);

/// <param name="Name">The validator's name; "observer" for one that only follows.</param>
/// <param name="Peer">Its libp2p peer id in base58; empty where the configuration names none.</param>
/// <param name="Address">Where its end of the connection is; null while it is not connected.</param>
/// <param name="Direction">out where this node dialled it, in where it dialled this node.</param>
/// <param name="Agent">The program that it says it runs.</param>
/// <param name="Announced">Where it says that it listens; at this node itself, where that does.</param>
public sealed record PeerModel(
    string Name, string Peer, bool Self, bool Connected, string? Address, string? Direction, string? Agent,
    IReadOnlyList<string> Announced, PeerDropsModel? Dropped);

/// <summary>What was dropped between a peer and this node since it connected.</summary>
/// <param name="Unsent">Messages not sent to it because too many waited.</param>
/// <param name="Unheard">Messages of it not judged because too many waited.</param>
/// <param name="Blamed">Messages of it that were wrong.</param>
/// <param name="Refused">Its questions beyond its limits.</param>
public sealed record PeerDropsModel(long Unsent, long Unheard, long Blamed, long Refused);

public sealed record PeersModel(IReadOnlyList<PeerModel> Peers);

public sealed record MempoolModel(int Records, long Bytes);

public sealed record BitcoinModel(bool Reachable, uint? Height, string? Problem);

/// <param name="Validator">This node's name among the validators; null for a follower.</param>
/// <param name="Settled">Log entries.</param>
/// <param name="Anchored">Log entries under a mined anchor.</param>
/// <param name="HeldFrom">
/// From this height on all blocks and records are here; above 1 while a node that joined by a snapshot fetches the past.
/// </param>
public sealed record StatusModel(
    string Chain, string Name, string Version, string Network, ulong Height, string Block, ulong Time, ulong Size, string Root,
    int Validators, string? Validator, MempoolModel Mempool, ulong Settled, ulong Anchored, BitcoinModel Bitcoin, bool Ready,
    IReadOnlyList<string> Problems, ulong HeldFrom);

/// <param name="Height">Height in progress: the one after the last that settled.</param>
/// <param name="Round">Null while no round is open.</param>
/// <param name="Step">idle, propose, prevote, precommit or settling.</param>
/// <param name="StepSince">When this step of this round began.</param>
/// <param name="HeightSince">When a block of this height was first wanted; while idle, when the last one settled.</param>
/// <param name="Reason">
/// nothing, disk, blocks, records, turn, proposal, prevotes, precommits, next-round, write or starting.
/// </param>
/// <param name="WaitsFor">One plain sentence.</param>
/// <param name="Waiting">Sealed records that no block holds.</param>
/// <param name="Votes">Of the step in progress; null where no votes are awaited.</param>
/// <param name="Missing">Validators that owe the vote which is awaited, and those that are not connected.</param>
/// <param name="Problems">As in <c>/readyz</c>.</param>
public sealed record WhyStuckModel(
    ulong Height, uint? Round, string Step, ulong? StepSince, ulong? HeightSince, string Reason, string WaitsFor, int Waiting,
    VoteCountModel? Votes, IReadOnlyList<MissingValidatorModel> Missing, IReadOnlyList<string> Problems);

/// <summary>Voting power.</summary>
public sealed record VoteCountModel(ulong Heard, ulong Needed, ulong Total);

/// <param name="Peer">Its libp2p peer id in base58; empty where the configuration names none.</param>
/// <param name="Prevoted">Whether its prevote of this round was heard.</param>
/// <param name="LastHeard">When it last said something new; null where it did not since the node started.</param>
public sealed record MissingValidatorModel(
    string Name, string Kid, string Peer, ulong Power, bool Self, bool Connected, bool Prevoted, bool Precommitted,
    ulong? LastHeard);

public sealed record ReadyModel(bool Ready, IReadOnlyList<string> Problems);

[JsonSerializable(typeof(ReceiptsModel))]
[JsonSerializable(typeof(ProblemModel))]
[JsonSerializable(typeof(RecordModel))]
[JsonSerializable(typeof(RecordsModel))]
[JsonSerializable(typeof(StreamRecordsModel))]
[JsonSerializable(typeof(StreamsModel))]
[JsonSerializable(typeof(StreamModel))]
[JsonSerializable(typeof(FreezeModel))]
[JsonSerializable(typeof(StreamHeadModel))]
[JsonSerializable(typeof(BlockModel))]
[JsonSerializable(typeof(BlocksModel))]
[JsonSerializable(typeof(InclusionModel))]
[JsonSerializable(typeof(ConsistencyModel))]
[JsonSerializable(typeof(AnchorModel))]
[JsonSerializable(typeof(AnchorsModel))]
[JsonSerializable(typeof(ValidatorsModel))]
[JsonSerializable(typeof(PeersModel))]
[JsonSerializable(typeof(StatusModel))]
[JsonSerializable(typeof(WhyStuckModel))]
[JsonSerializable(typeof(GovernanceModel))]
[JsonSerializable(typeof(ProposalReceiptModel))]
[JsonSerializable(typeof(ReadyModel))]
[JsonSerializable(typeof(DigestReceiptsModel))]
[JsonSerializable(typeof(DigestModel))]
public sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>
    /// Writes text as it is, but for what JSON itself must escape: these answers are read in terminals too, and no browser
    /// takes them for a page (they say what they are, and that it is not to be guessed).
    /// </summary>
    public static ApiJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
