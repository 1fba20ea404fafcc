using System.Collections.Immutable;
using System.Globalization;
using Ledger.Consensus;
using Ledger.Core;
using Ledger.Core.Chain;
using Ledger.Runtime.Loop;
using Ledger.Runtime.Ports;
using Validator = Ledger.Core.Chain.Validator;

namespace Ledger.Runtime.Status;

/// <summary>Says in one sentence why a node stands where it stands. A pure function of what it is given.</summary>
internal static class Explanation
{
    /// <param name="connected">Peers that are connected now.</param>
    public static Standstill Of(NodeStanding standing, ImmutableHashSet<PeerIdentity> connected)
    {
        ReplicaStanding replica = standing.Replica;
        bool isOpen = replica.Step is ReplicaStep.Propose or ReplicaStep.Prevote or ReplicaStep.Precommit;
        ImmutableArray<MissingValidator> missing = [.. Missing(standing, connected)];
        VoteCount? votes = Count(standing);
        (WaitReason reason, string sentence) = Judge(standing, votes, missing);
        return new Standstill(
            replica.Height, isOpen ? replica.Round : null, replica.Step.ToString().ToLowerInvariant(), standing.StepSince,
            standing.HeightSince, reason, sentence, standing.Waiting, votes, missing);
    }

    private static (WaitReason Reason, string Sentence) Judge(
        NodeStanding standing, VoteCount? votes, ImmutableArray<MissingValidator> missing)
    {
        ReplicaStanding replica = standing.Replica;
        Height settled = new(replica.Height.Value - 1);
        if (standing.IsDiskFull)
        {
            return (WaitReason.Disk, "Waits for room on this node's disk, which the last write found full; it goes on by "
                + "itself once there is room.");
        }

        if (standing.KnownHeight > settled)
        {
            string why = standing.RecordsMissing > 0
                ? $", and no peer has served {Records(standing.RecordsMissing)} of them yet" : "";
            return (WaitReason.Blocks, $"Waits for blocks that others settled: it has block {settled}, and others have block "
                + $"{standing.KnownHeight} at least{why}.");
        }

        return replica.Step switch
        {
            ReplicaStep.Idle => AtRest(standing),
            ReplicaStep.Settling => (WaitReason.Write, $"Waits for its disk: block {replica.Height} is decided and being written."),
            _ when standing is { BlocksMissing: > 0, RecordsMissing: > 0 } => (
                WaitReason.Records, $"Waits for {Records(standing.RecordsMissing)} of a proposed block that this node does not "
                + $"hold and no peer has served yet{Silence(standing)}."),
            ReplicaStep.Propose => AtProposal(standing, missing),
            _ => AtVotes(standing, votes!, missing),
        };
    }

    private static (WaitReason Reason, string Sentence) AtRest(NodeStanding standing) => standing.Waiting == 0
        ? (WaitReason.Nothing, "Nothing waits: no records to settle.")
        : (WaitReason.Turn, $"{Records(standing.Waiting)} {(standing.Waiting == 1 ? "waits for its" : "wait for their")} turn: "
            + "a record's time lies ahead of the clock, a quota has no room before its next window, or the owner froze the stream.");

    private static (WaitReason Reason, string Sentence) AtProposal(
        NodeStanding standing, ImmutableArray<MissingValidator> missing)
    {
        Configuration configuration = standing.Configuration;
        ReplicaStanding replica = standing.Replica;
        int turn = NodeLoop.ValidatorsOf(configuration).ProposerOf(replica.Height, replica.Round).Value;
        string name = configuration.Validators[turn].Name;
        if (replica.HasProposal)
        {
            return (WaitReason.Records, replica.AwaitsCheck
                ? $"Waits for the contents of the block that {name} proposed{Silence(standing)}."
                : $"Waits for prevotes of an earlier round, on which the proposal of {name} rests{Silence(standing)}.");
        }

        string word = replica.Self?.Value == turn
            ? "Builds the block that it is its turn to propose"
            : $"Waits for the proposal of {name}, whose turn round {replica.Round} is"
                + (missing.Any(one => one.Validator.Name == name && !one.IsConnected) ? " and who is not connected" : "");
        return (WaitReason.Proposal, $"{word}{Silence(standing)}.");
    }

    private static (WaitReason Reason, string Sentence) AtVotes(
        NodeStanding standing, VoteCount votes, ImmutableArray<MissingValidator> missing)
    {
        bool prevotes = standing.Replica.Step == ReplicaStep.Prevote;
        string word = prevotes ? "prevotes" : "precommits";
        if (votes.Heard >= votes.Needed)
        {
            return (WaitReason.NextRound, $"The {word} of round {standing.Replica.Round} do not agree on a block: waits for the "
                + $"end of the round and then tries again{Silence(standing)}.");
        }

        MissingValidator[] silent =
            [.. missing.Where(one => !one.IsSelf && !(prevotes ? one.HasPrevoted : one.HasPrecommitted))];
        string others = silent.Length == 0 ? "" : $"; no word from {Names(silent)} {Since(silent)}";
        return (
            prevotes ? WaitReason.Prevotes : WaitReason.Precommits,
            $"Waits for {word} of more than two thirds of the power: has {votes.Heard} of {votes.Total}, needs {votes.Needed}"
            + $"{others}{Silence(standing)}.");
    }

    private static VoteCount? Count(NodeStanding standing)
    {
        VoterMask? voters = standing.Replica.Step switch
        {
            ReplicaStep.Prevote => standing.Replica.Prevotes,
            ReplicaStep.Precommit => standing.Replica.Precommits,
            _ => null,
        };
        if (voters is not { } mask)
        {
            return null;
        }

        ulong heard = 0;
        for (int i = 0; i < standing.Configuration.Validators.Length; i++)
        {
            heard += mask.Contains(new ValidatorIndex(i)) ? standing.Configuration.Validators[i].Power : 0;
        }

        return new VoteCount(heard, standing.Configuration.QuorumPower, standing.Configuration.TotalPower);
    }

    /// <summary>Who owes the vote that is awaited, and who is not connected.</summary>
    private static IEnumerable<MissingValidator> Missing(NodeStanding standing, ImmutableHashSet<PeerIdentity> connected)
    {
        for (int i = 0; i < standing.Configuration.Validators.Length; i++)
        {
            Validator validator = standing.Configuration.Validators[i];
            ReplicaStanding replica = standing.Replica;
            bool isSelf = replica.Self?.Value == i;
            MissingValidator one = new(
                validator,
                isSelf,
                isSelf || (!validator.Peer.IsEmpty && connected.Contains(PeerIdentity.Of(validator.Peer.Span))),
                replica.Prevotes.Contains(new ValidatorIndex(i)),
                replica.Precommits.Contains(new ValidatorIndex(i)),
                standing.LastHeard[i]);
            bool owes = replica.Step switch
            {
                ReplicaStep.Prevote => !one.HasPrevoted,
                ReplicaStep.Precommit => !one.HasPrecommitted,
                _ => false,
            };
            if (owes || !one.IsConnected)
            {
                yield return one;
            }
        }
    }

    private static string Silence(NodeStanding standing) => standing.Replica.QuarantineUntil switch
    {
        _ when standing.Replica.Self is null => "",
        null => "",
        { } until when until == ReplicaRecovery.UnboundedQuarantine =>
            "; this node itself keeps silent until others have shown it how far they are",
        { } until => $"; this node itself keeps silent up to block {until}",
    };

    private static string Names(MissingValidator[] silent)
    {
        string[] names = [.. silent.Select(one => one.Validator.Name)];
        return names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }

    /// <summary>The time from which on all of them were silent.</summary>
    private static string Since(MissingValidator[] silent) => silent.Max(one => one.LastHeard) is { } last
        ? $"since {DateTimeOffset.FromUnixTimeMilliseconds((long)last.Milliseconds)
            .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC"
        : "since this node started";

    private static string Records(int count) => count == 1 ? "1 record" : $"{count} records";
}
