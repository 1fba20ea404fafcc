using System.Collections.Immutable;
using System.Text.Json;
using Ledger.Core.Chain;
using Ledger.Core.Tests.Log;

namespace Ledger.Core.Tests.Chain;

/// <summary>The files under tests/vectors/chain, and the objects that their values stand for.</summary>
internal static class ChainVectors
{
    private static readonly JsonElement Keys = Load("keys.json").GetProperty("keys");

    internal static JsonElement Load(string name) => Vectors.Load($"chain/{name}");

    internal static byte[] Seed(string key) => Keys.GetProperty(key).Bytes("seed");

    internal static byte[] PublicKey(string key) => Keys.GetProperty(key).Bytes("publicKey");

    internal static IEnumerable<string> KeyNames => Keys.EnumerateObject().Select(key => key.Name);

    internal static KeyId Kid(string key) => new(Keys.GetProperty(key).Hash("kid"));

    internal static GenesisDocument Genesis(JsonElement value) => new()
    {
        Name = value.Text("name"),
        Time = new UnixTime(value.Number("time")),
        Bitcoin = value.Text("bitcoin"),
        Predecessor = value.TryGetProperty("predecessor", out JsonElement before) ? Predecessor(before) : null,
        Configuration = Configuration(value.GetProperty("configuration")),
    };

    internal static Configuration Configuration(JsonElement value) => new()
    {
        Change = value.Number("change"),
        Admission = Admission(value.GetProperty("admission")),
        Observers = [.. value.Items("observers").Select(peer => (ReadOnlyMemory<byte>)Convert.FromHexString(peer.GetString()!))],
        Parameters = Parameters(value.GetProperty("parameters")),
        Validators = [.. value.Items("validators").Select(Validator)],
    };

    internal static Header Header(JsonElement value) => new()
    {
        Chain = new ChainId(value.Hash("chain")),
        Height = new Height(value.Number("height")),
        Time = new UnixTime(value.Number("time")),
        Previous = new BlockId(value.Hash("prev")),
        Commit = value.Hash("commit"),
        Proposer = new KeyId(value.Hash("proposer")),
        Validators = value.Hash("validators"),
        Next = value.Hash("next"),
        Size = new TreeSize(value.Number("size")),
        Root = value.Hash("root"),
        Streams = value.Hash("streams"),
        Body = value.Hash("body"),
    };

    internal static BlockBody Body(JsonElement value) => new(
        [.. value.Items("records").Select(id => new RecordId(Convert.FromHexString(id.GetString()!)))],
        [.. value.Items("misbehaviour").Select(file => (ReadOnlyMemory<byte>)Convert.FromHexString(file.GetString()!))]);

    internal static Commit Commit(JsonElement value) => new(
        new Height(value.Number("height")),
        new Round((uint)value.Number("round")),
        new BlockId(value.Hash("block")),
        [.. value.Items("votes").Select(vote => new CommitVote(vote[0].GetInt32(), Convert.FromHexString(vote[1].GetString()!)))]);

    private static Predecessor Predecessor(JsonElement value) => new(
        new ChainId(value.Hash("chain")), new Height(value.Number("height")), new BlockId(value.Hash("block")),
        new TreeSize(value.Number("size")), value.Hash("root"), value.Hash("streams"));

    private static Admission Admission(JsonElement value) => new()
    {
        IsOpen = value.Text("mode") == "open",
        Open = SponsorQuota(value.GetProperty("open")),
        Roots = value.Number("roots"),
        Member = SponsorQuota(value.GetProperty("member")),
        Stream = new StreamQuota(value.GetProperty("stream").Number("bytes"), value.GetProperty("stream").Number("records")),
        Window = value.Number("window"),
        Members = [.. value.Items("members").Select(member => new AdmittedMember(
            member.Text("name"), [.. member.Hashes("kids").Select(kid => new KeyId(kid))]))],
    };

    private static SponsorQuota SponsorQuota(JsonElement value) =>
        new(value.Number("bytes"), value.Number("records"), value.Number("streams"));

    private static Parameters Parameters(JsonElement value) => new()
    {
        ReadIsOpen = value.Text("read") == "open",
        Protocol = value.Number("protocol"),
        HeartbeatMs = value.Number("heartbeat"),
        PrecisionMs = value.Number("precision"),
        VoteTimeoutMs = value.Number("voteTimeout"),
        AnchorBlocks = value.Number("anchorBlocks"),
        BlockRecords = value.Number("blockRecords"),
        MessageDelayMs = value.Number("messageDelay"),
        AnchorMinutes = value.Number("anchorMinutes"),
        TimeoutGrowthMs = value.Number("timeoutGrowth"),
        ProposeTimeoutMs = value.Number("proposeTimeout"),
    };

    private static Validator Validator(JsonElement value) => new()
    {
        Name = value.Text("name"),
        Peer = value.Bytes("peer"),
        VoteKey = PublicKey(value.Text("vote")),
        Power = value.Number("power"),
        Stream = new StreamId(value.Hash("stream")),
        GovernanceKey = PublicKey(value.Text("governance")),
    };
}
