using System.Globalization;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Crypto;
using Ledger.Network.Addresses;

namespace Ledger.Cli.Governance;

/// <summary>What a change does, in words: derived from the very bytes that are signed.</summary>
internal static class ChangeText
{
    /// <param name="before">The configuration that it changes; null where none is at hand.</param>
    public static IEnumerable<string> Describe(ConfigurationChange change, ChainId chain, Configuration? before)
    {
        foreach (string name in change.Remove)
        {
            yield return $"Removes {name}{(Find(before, name) is { } leaving ? $", with power {leaving.Power}" : "")}: it no longer votes, "
                + "and the others no longer let its node in.";
        }

        foreach (string line in change.Set.SelectMany(seat => Seat(seat, chain, Find(before, seat.Name), before is null)))
        {
            yield return line;
        }

        foreach (AdmittedMember invited in change.Invite)
        {
            yield return $"Lets {Keys(invited.Keys)} open streams, for which {invited.Name} answers.";
        }

        foreach (KeyId key in change.Withdraw)
        {
            yield return $"Nobody answers for the key {key} any more; a stream that it opened goes on.";
        }

        if (change.Observers is { } observers)
        {
            yield return observers.IsEmpty
                ? "Nobody may follow without voting any more."
                : $"May follow without voting, and nobody else: {string.Join(", ", observers.Select(Peer))}.";
        }

        foreach (string line in Policies(change, before))
        {
            yield return line;
        }

        if (before is not null && change.TryApply(before, out Configuration after, out _))
        {
            yield return $"Afterwards {Count(after.Validators.Length, "validator")} with a power of {after.TotalPower} in all: "
                + $"{after.QuorumPower} settle a block, and decide a change.";
        }
    }

    private static IEnumerable<string> Seat(Validator seat, ChainId chain, Validator? before, bool blind)
    {
        if (before is null)
        {
            yield return $"{(blind ? "Gives a seat to" : "Adds")} {seat.Name}, with power {seat.Power}"
                + $"{(blind ? ", or replaces the member of this name" : "")}:";
            yield return $"  vote key        {Key(seat.VoteKeyId)}";
            yield return $"  governance key  {Key(seat.GovernanceKeyId)}";
            yield return $"  own stream      {seat.Stream}";
            yield return $"  peer            {Peer(seat.Peer)}";
            yield return $"  words           {FingerprintWords.Of(new SeatFile(chain, seat).Digest)}: its owner reads them aloud";
            yield break;
        }

        if (seat.Power != before.Power)
        {
            yield return $"Changes the power of {seat.Name} from {before.Power} to {seat.Power}.";
        }

        if (seat.VoteKeyId != before.VoteKeyId)
        {
            yield return $"Changes the vote key of {seat.Name} to {Key(seat.VoteKeyId)}.";
        }

        if (seat.GovernanceKeyId != before.GovernanceKeyId)
        {
            yield return $"Changes the governance key of {seat.Name} to {Key(seat.GovernanceKeyId)}.";
        }

        if (seat.Stream != before.Stream)
        {
            yield return $"Changes the own stream of {seat.Name} to {seat.Stream}.";
        }

        if (!seat.Peer.Span.SequenceEqual(before.Peer.Span))
        {
            yield return $"Changes the peer of {seat.Name} to {Peer(seat.Peer)}.";
        }
    }

    private static IEnumerable<string> Policies(ConfigurationChange change, Configuration? before)
    {
        if (change.Parameters is { } parameters)
        {
            foreach ((string name, string value, string? was) in Compare(List(parameters), before is null ? null : List(before.Parameters)))
            {
                yield return $"Parameter {name} becomes {value}{(was is null ? "" : $" (it is {was})")}.";
            }
        }

        if (change.Admission is { } admission)
        {
            foreach ((string name, string value, string? was) in Compare(List(admission), before is null ? null : List(before.Admission)))
            {
                yield return $"Admission: {name} becomes {value}{(was is null ? "" : $" (it is {was})")}.";
            }
        }
    }

    /// <summary>By the names of the specification.</summary>
    public static IReadOnlyList<(string Name, string Value)> List(Parameters parameters) =>
    [
        ("read", parameters.ReadIsOpen ? "open" : "members"), ("protocol", Text(parameters.Protocol)),
        ("heartbeat", $"{parameters.HeartbeatMs} ms"), ("precision", $"{parameters.PrecisionMs} ms"),
        ("voteTimeout", $"{parameters.VoteTimeoutMs} ms"), ("anchorBlocks", Text(parameters.AnchorBlocks)),
        ("blockRecords", Text(parameters.BlockRecords)), ("messageDelay", $"{parameters.MessageDelayMs} ms"),
        ("anchorMinutes", Text(parameters.AnchorMinutes)), ("timeoutGrowth", $"{parameters.TimeoutGrowthMs} ms"),
        ("proposeTimeout", $"{parameters.ProposeTimeoutMs} ms"),
    ];

    public static IReadOnlyList<(string Name, string Value)> List(Admission admission) =>
    [
        ("mode", admission.IsOpen ? "open" : "invited"), ("window", $"{admission.Window} blocks"), ("roots", Text(admission.Roots)),
        ("stream", $"{admission.Stream.Records} records, {admission.Stream.Bytes} bytes"),
        ("member", Quota(admission.Member)), ("open", Quota(admission.Open)),
    ];

    private static IEnumerable<(string Name, string Value, string? Was)> Compare(
        IReadOnlyList<(string Name, string Value)> after, IReadOnlyList<(string Name, string Value)>? before) =>
        after.Select((one, i) => (one.Name, one.Value, Was: before?[i].Value)).Where(one => one.Value != one.Was);

    private static string Quota(SponsorQuota quota) =>
        $"{quota.Records} records, {quota.Bytes} bytes, {quota.Streams} streams";

    private static Validator? Find(Configuration? configuration, string name) =>
        configuration?.Validators.FirstOrDefault(member => member.Name == name);

    private static string Key(KeyId kid) => $"{kid} ({FingerprintWords.Of(kid)})";

    private static string Keys(IEnumerable<KeyId> keys) => $"the keys {string.Join(", ", keys)}";

    private static string Peer(ReadOnlyMemory<byte> bytes) =>
        PeerId.TryParse(bytes.Span, out PeerId? peer) ? peer.ToString() : "none";

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
