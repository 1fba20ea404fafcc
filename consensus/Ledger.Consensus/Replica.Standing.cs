using Ledger.Consensus.Rounds;
using Ledger.Consensus.Tally;
using Ledger.Core;

namespace Ledger.Consensus;

/// <summary>What a replica is about, in the order of a height.</summary>
public enum ReplicaStep
{
    /// <summary>No round is open.</summary>
    Idle,

    /// <summary>The round's proposal is awaited, or being checked.</summary>
    Propose,

    /// <summary>This replica has said its prevote, if it may; a quorum of prevotes is awaited.</summary>
    Prevote,

    /// <summary>This replica has said its precommit, if it may; a quorum of precommits is awaited.</summary>
    Precommit,

    /// <summary>Decided, and not yet settled.</summary>
    Settling,
}

/// <summary>Where a replica stands and whom it has heard, for people to read. Equal values say the same.</summary>
/// <param name="Round">The round in progress; of no meaning while idle.</param>
/// <param name="HasProposal">Whether the round's proposal was heard.</param>
/// <param name="AwaitsCheck">Whether the proposed block is not judged yet: something of it is missing here.</param>
/// <param name="Prevotes">Validators whose prevote of this round was heard.</param>
/// <param name="Precommits">Validators whose precommit of this round was heard.</param>
/// <param name="Self">Own position; null for a follower.</param>
/// <param name="QuarantineUntil">Last height at which this replica keeps silent; null where it need not.</param>
public sealed record ReplicaStanding(
    Height Height, Round Round, ReplicaStep Step, bool HasProposal, bool AwaitsCheck,
    VoterMask Prevotes, VoterMask Precommits, ValidatorIndex? Self, Height? QuarantineUntil);

/// <content>Telling where it stands. Changes nothing.</content>
public sealed partial class Replica
{
    /// <summary>Where this replica stands now.</summary>
    public ReplicaStanding Standing()
    {
        RoundMessages? now = _phase == ReplicaPhase.WaitingForWork ? null : _messages.Find(_round.Round);
        BlockId? proposed = now?.Proposal?.Content.Block;
        return new ReplicaStanding(
            _height,
            _round.Round,
            CurrentStep(),
            proposed is not null,
            proposed is { } block && CheckOf(block) == CheckState.Asked,
            now?.Prevotes.Voters ?? default,
            now?.Precommits.Voters ?? default,
            _self,
            _rules.IsQuarantined(_height, _quarantineUntil) ? _quarantineUntil : null);
    }

    private ReplicaStep CurrentStep() => (_phase, _round.Step) switch
    {
        (ReplicaPhase.WaitingForWork, _) => ReplicaStep.Idle,
        (ReplicaPhase.Settling, _) => ReplicaStep.Settling,
        (_, RoundStep.Propose) => ReplicaStep.Propose,
        (_, RoundStep.Prevote) => ReplicaStep.Prevote,
        _ => ReplicaStep.Precommit,
    };
}
