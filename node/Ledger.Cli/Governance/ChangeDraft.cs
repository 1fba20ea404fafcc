using System.Collections.Immutable;
using Ledger.Cli.Commands;
using Ledger.Core;
using Ledger.Core.Cbor;
using Ledger.Core.Chain;
using Ledger.Network.Addresses;

namespace Ledger.Cli.Governance;

/// <summary>From what a person wrote to the change that is signed.</summary>
internal static class ChangeDraft
{
    /// <summary>Shortest beginning of a kid that names a member.</summary>
    private const int KidPrefixMin = 8;

    /// <param name="before">The configuration that was decided last.</param>
    public static ConfigurationChange Of(ChangeFile file, ChainId chain, Configuration before)
    {
        ConfigurationChange change = new()
        {
            Set = Seats(file, chain, before),
            Remove = [.. Some(file.Remove).Select(name => Member(before, name).Name)],
            Invite =
            [
                .. (file.Invite ?? ImmutableDictionary<string, ImmutableArray<string>>.Empty)
                    .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    .Select(pair => new AdmittedMember(pair.Key, [.. pair.Value.Select(Kid)])),
            ],
            Withdraw = [.. Some(file.Withdraw).Select(Kid)],
            Observers = file.Observers is { } observers ? [.. observers.Select(Peer)] : null,
            Parameters = file.Parameters is { } parameters ? Parameters(parameters, before.Parameters) : null,
            Admission = file.Admission is { } admission ? AdmissionOf(admission, before.Admission) : null,
        };
        if (!ConfigurationChange.TryParse(change.Encode(), out ConfigurationChange parsed, out _))
        {
            throw new CommandException(
                "This changes nothing: say --add, --remove, --power or --vote-key, or give a file; "
                + "see 'Change the set' in node/README.md.", ExitCode.Usage);
        }

        return parsed.TryApply(before, out _, out string fault)
            ? parsed
            : throw new CommandException($"Such a change cannot be executed: {fault}.", ExitCode.Usage);
    }

    private static ImmutableArray<Validator> Seats(ChangeFile file, ChainId chain, Configuration before)
    {
        List<Validator> seats = [];
        foreach (string path in Some(file.Add))
        {
            SeatFile seat = ReadSeat(path);
            seats.Add(
                seat.Chain != chain
                    ? throw new CommandException($"{path} asks for a seat on chain {seat.Chain}, and this node's is {chain}.")
                : before.Validators.Any(member => member.Name == seat.Validator.Name)
                    ? throw new CommandException(
                        $"A member is called '{seat.Validator.Name}' already: the newcomer takes another name with 'ledger join'.")
                : seat.Validator);
        }

        foreach ((string name, ulong power) in file.Power ?? ImmutableDictionary<string, ulong>.Empty)
        {
            Put(Member(before, name), member => member with { Power = power });
        }

        foreach ((string name, string path) in file.VoteKey ?? ImmutableDictionary<string, string>.Empty)
        {
            byte[] key = CommonOptions.Read(path);
            if (key.Length != Limits.PublicKeyBytes)
            {
                throw new CommandException(
                    $"{path} is no public key of {Limits.PublicKeyBytes} bytes: 'ledger key show KEYFILE --public {path}' writes one.",
                    ExitCode.Usage);
            }

            Put(Member(before, name), member => member with { VoteKey = key });
        }

        return [.. seats];

        void Put(Validator member, Func<Validator, Validator> change)
        {
            int at = seats.FindIndex(seat => seat.Name == member.Name);
            if (at < 0)
            {
                seats.Add(change(member));
            }
            else
            {
                seats[at] = change(seats[at]);
            }
        }
    }

    public static SeatFile ReadSeat(string path) =>
        SeatFile.TryParse(CommonOptions.Read(path), out SeatFile seat, out CborError error)
            ? seat
            : throw new CommandException(
                $"{path} is no seat: {error}. Ask the newcomer for the file that 'ledger join' wrote.", ExitCode.Usage);

    /// <summary>By name, or by the beginning of the kid of its vote or governance key.</summary>
    private static Validator Member(Configuration configuration, string text)
    {
        Validator[] found = [.. configuration.Validators.Where(member => member.Name == text)];
        if (found.Length == 0 && text.Length >= KidPrefixMin)
        {
            found = [.. configuration.Validators.Where(member => Begins(member.VoteKeyId) || Begins(member.GovernanceKeyId))];
        }

        return found.Length == 1
            ? found[0]
            : throw new CommandException(
                $"'{text}' names {(found.Length == 0 ? "no member" : "several members")}: give a name, or the kid of a vote or "
                + "governance key, as 'ledger gov show' lists them.", ExitCode.Usage);

        bool Begins(KeyId kid) => kid.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase);
    }

    private static KeyId Kid(string text) => Digest.TryParseHex(text, out Digest digest)
        ? new KeyId(digest)
        : throw new CommandException($"'{text}' is no kid: it has 64 hexadecimal digits.", ExitCode.Usage);

    private static ReadOnlyMemory<byte> Peer(string text) => PeerId.TryParse(text, out PeerId? peer)
        ? peer.Bytes.ToArray()
        : throw new CommandException($"'{text}' is no peer id, such as 'ledger peers' lists.", ExitCode.Usage);

    private static Parameters Parameters(ImmutableDictionary<string, ulong> given, Parameters before)
    {
        foreach ((string name, ulong value) in given)
        {
            before = name switch
            {
                "protocol" => before with { Protocol = value },
                "heartbeat" => before with { HeartbeatMs = value },
                "precision" => before with { PrecisionMs = value },
                "voteTimeout" => before with { VoteTimeoutMs = value },
                "anchorBlocks" => before with { AnchorBlocks = value },
                "blockRecords" => before with { BlockRecords = value },
                "messageDelay" => before with { MessageDelayMs = value },
                "anchorMinutes" => before with { AnchorMinutes = value },
                "timeoutGrowth" => before with { TimeoutGrowthMs = value },
                "proposeTimeout" => before with { ProposeTimeoutMs = value },
                _ => throw new CommandException($"There is no parameter '{name}': 'ledger gov show' lists them.", ExitCode.Usage),
            };
        }

        return before;
    }

    private static Admission AdmissionOf(AdmissionFile given, Admission before) => before with
    {
        IsOpen = given.Mode switch
        {
            null => before.IsOpen,
            "open" => true,
            "invited" => false,
            _ => throw new CommandException($"The mode of admission is open or invited, not '{given.Mode}'.", ExitCode.Usage),
        },
        Roots = given.Roots ?? before.Roots,
        Window = given.Window ?? before.Window,
        Member = Quota(given.Member, before.Member),
        Open = Quota(given.Open, before.Open),
        Stream = new StreamQuota(
            given.Stream?.Bytes ?? before.Stream.Bytes, given.Stream?.Records ?? before.Stream.Records),
        Members = [],
    };

    private static SponsorQuota Quota(QuotaFile? given, SponsorQuota before) => new(
        given?.Bytes ?? before.Bytes, given?.Records ?? before.Records, given?.Streams ?? before.Streams);

    private static ImmutableArray<string> Some(ImmutableArray<string> texts) => texts.IsDefault ? [] : texts;
}
