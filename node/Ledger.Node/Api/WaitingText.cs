using Ledger.Network.Addresses;
using Ledger.Runtime;
using Ledger.Runtime.Status;

namespace Ledger.Node.Api;

/// <summary>Why a node stands where it stands, in the shape of the interface.</summary>
internal static class WaitingText
{
    public static WhyStuckModel Of(LedgerNode node)
    {
        if (node.Standstill is not { } standstill)
        {
            return new WhyStuckModel(
                node.Head.Height.Next.Value, null, "idle", null, null, "starting",
                "The node takes up what an earlier run left.", node.Waiting.Records, null, [], node.Problems);
        }

        return new WhyStuckModel(
            standstill.Height.Value, standstill.Round?.Value, standstill.Step,
            standstill.StepSince.Milliseconds, standstill.HeightSince.Milliseconds, Word(standstill.Reason.ToString()),
            standstill.WaitsFor, standstill.Waiting,
            standstill.Votes is { } votes ? new VoteCountModel(votes.Heard, votes.Needed, votes.Total) : null,
            [.. standstill.Missing.Select(Describe)], node.Problems);
    }

    private static MissingValidatorModel Describe(MissingValidator missing) => new(
        missing.Validator.Name,
        missing.Validator.VoteKeyId.ToString(),
        PeerId.TryParse(missing.Validator.Peer.Span, out PeerId? peer) ? peer.ToString() : "",
        missing.Validator.Power,
        missing.IsSelf,
        missing.IsConnected,
        missing.HasPrevoted,
        missing.HasPrecommitted,
        missing.LastHeard?.Milliseconds);

    /// <summary>Words as everywhere in the interface: lower case, with hyphens.</summary>
    private static string Word(string name) => string.Concat(name.Select((letter, i) =>
        char.IsUpper(letter) && i > 0 ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));
}
