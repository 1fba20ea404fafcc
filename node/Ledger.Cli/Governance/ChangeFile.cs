using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ledger.Cli.Governance;

/// <summary>
/// A change as a person writes it: JSON in a file, or the same by options. Members are named by their name, or by the kid
/// of their vote or governance key; files are relative to the current folder.
/// </summary>
/// <param name="Add">Files that newcomers sent: seats.</param>
/// <param name="Remove">Members that leave.</param>
/// <param name="Power">New voting powers.</param>
/// <param name="VoteKey">Files with new public vote keys, as <c>key show --public</c> writes them.</param>
/// <param name="Invite">Kids that a member answers for from now on.</param>
/// <param name="Withdraw">Kids that nobody answers for any more.</param>
/// <param name="Observers">Peer ids in base58, in place of those before.</param>
/// <param name="Parameters">By the names of the specification; the others stay.</param>
/// <param name="Admission">The members that are not given stay.</param>
internal sealed record ChangeFile(
    ImmutableArray<string> Add = default,
    ImmutableArray<string> Remove = default,
    ImmutableDictionary<string, ulong>? Power = null,
    ImmutableDictionary<string, string>? VoteKey = null,
    ImmutableDictionary<string, ImmutableArray<string>>? Invite = null,
    ImmutableArray<string> Withdraw = default,
    ImmutableArray<string>? Observers = null,
    ImmutableDictionary<string, ulong>? Parameters = null,
    AdmissionFile? Admission = null)
{
    public static ChangeFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(Commands.CommonOptions.Read(path), ChangeFileJson.Default.ChangeFile)
                ?? throw new JsonException("null");
        }
        catch (JsonException exception)
        {
            throw new CommandException(
                $"{path} is no change: {exception.Message} See 'Change the set' in node/README.md.", ExitCode.Usage);
        }
    }
}

/// <param name="Mode">open or invited.</param>
internal sealed record AdmissionFile(
    string? Mode = null, ulong? Roots = null, ulong? Window = null, QuotaFile? Member = null, QuotaFile? Open = null,
    QuotaFile? Stream = null);

/// <param name="Streams">Not of the quota of one stream.</param>
internal sealed record QuotaFile(ulong? Bytes = null, ulong? Records = null, ulong? Streams = null);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(ChangeFile))]
internal sealed partial class ChangeFileJson : JsonSerializerContext;
