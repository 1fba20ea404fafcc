using Ledger.Consensus.Tally;
using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus;

/// <content>The door for what validators said.</content>
public sealed partial class Replica
{
    private void OnProposal(ProposalHeard input)
    {
        Proposal said = input.Proposal.Proposal;
        NoteOwnKey(input.Proposal.Proposer, said.Height, said.Round, _signed.Knows(said));
        if (!IsForThisHeight(input, said.Height, input.Proposal.Proposer))
        {
            return;
        }

        if (said.ValidRound >= said.Round
            || !_rules.IsInTurn(input.Proposal.Proposer, _validators.ProposerOf(_height, said.Round)))
        {
            Ignore(input, IgnoreReason.Malformed);
            return;
        }

        if (WakeFor(said.Round))
        {
            Enlog(input);
        }
        else
        {
            Conclude(input, _laterRounds.Add(input, out Misbehaviour? misbehaviour), misbehaviour);
        }
    }

    private void OnVote(VoteHeard input)
    {
        Vote said = input.Vote.Vote;
        NoteOwnKey(input.Vote.Validator, said.Height, said.Round, _signed.Knows(said));
        if (!IsForThisHeight(input, said.Height, input.Vote.Validator))
        {
            return;
        }

        if (WakeFor(said.Round))
        {
            Enlog(input);
        }
        else
        {
            Conclude(input, _laterRounds.Add(input, out Misbehaviour? misbehaviour), misbehaviour);
        }
    }

    /// <summary>Opens the first round if none is open; true for a message of this round or an earlier one.</summary>
    private bool WakeFor(Round round)
    {
        if (_phase == ReplicaPhase.WaitingForWork)
        {
            StartRound(Round.Zero);
        }

        return round <= _round.Round;
    }

    /// <summary>
    /// Sorts out other heights: the next one's messages wait, all others only show where their sender is.
    /// </summary>
    private bool IsForThisHeight(Input input, Height height, ValidatorIndex sender)
    {
        if (height < _height)
        {
            Ignore(input, IgnoreReason.PastHeight);
            return false;
        }

        if (!_validators.Contains(sender))
        {
            Ignore(input, IgnoreReason.Malformed);
            return false;
        }

        if (height == _height)
        {
            return true;
        }

        NoteHeight(sender, height);
        if (height > _height.Next)
        {
            Ignore(input, IgnoreReason.FutureHeight);
        }
        else if (input is VoteHeard vote)
        {
            Conclude(input, _nextHeight.Add(vote, out Misbehaviour? misbehaviour), misbehaviour);
        }
        else if (input is ProposalHeard proposal)
        {
            Conclude(input, _nextHeight.Add(proposal, out Misbehaviour? misbehaviour), misbehaviour);
        }

        return false;
    }

    private void Conclude(Input input, EarlyResult result, Misbehaviour? misbehaviour)
    {
        if (misbehaviour is not null)
        {
            _effects.Add(new ReportMisbehaviour(misbehaviour));
        }

        if (result != EarlyResult.Kept)
        {
            Ignore(
                input,
                result switch
                {
                    EarlyResult.AlreadyKnown => IgnoreReason.AlreadyKnown,
                    EarlyResult.LimitReached => IgnoreReason.LimitReached,
                    _ => IgnoreReason.Contradiction,
                });
        }
    }

    private void HandInEarly(List<Input> early)
    {
        foreach (Input input in early)
        {
            switch (input)
            {
                case VoteHeard vote:
                    OnVote(vote);
                    break;
                case ProposalHeard proposal:
                    OnProposal(proposal);
                    break;
                default:
                    throw new InvalidOperationException($"{input} cannot come early.");
            }
        }
    }

    private void Enlog(ProposalHeard input)
    {
        Proposal said = input.Proposal.Proposal;
        if (!MattersStill(said.Round))
        {
            Ignore(input, IgnoreReason.PastRound);
            return;
        }

        (bool accepted, bool isContradiction, SignedProposal? contradicts) =
            _messages.Open(said.Round).Add(new HeardProposal(input.Proposal, input.HeardAt));
        if (contradicts is not null)
        {
            _effects.Add(new ReportMisbehaviour(new DoubleProposal(contradicts, input.Proposal)));
        }

        if (!accepted)
        {
            Ignore(input, isContradiction ? IgnoreReason.Contradiction : IgnoreReason.AlreadyKnown);
            return;
        }

        if (said.Round == _round.Round)
        {
            // Asked again for a block still on its way: this proposer is one more who has it.
            RequireCheck(said.Round, said.Block, again: true);
            AskForPolka(said);
        }
    }

    private void Enlog(VoteHeard input)
    {
        Vote said = input.Vote.Vote;
        if (!MattersStill(said.Round))
        {
            Ignore(input, IgnoreReason.PastRound);
            return;
        }

        StepVotes votes = _messages.Open(said.Round).Of(said.Step);
        TallyResult result = votes.Add(input.Vote);
        if (result.Contradicts is { } first)
        {
            _effects.Add(new ReportMisbehaviour(new DoubleVote(first, input.Vote)));
        }

        if (!result.Counted)
        {
            Ignore(input, result.IsContradiction ? IgnoreReason.Contradiction : IgnoreReason.AlreadyKnown);
            return;
        }

        if (votes.QuorumBlock is not { } block)
        {
            return;
        }

        // At least one honest validator vouches for the block; whether or not its proposal reached us, fetch it.
        RequireCheck(said.Round, block, again: false);
        if (said.Step == VoteStep.Precommit && _precommitted is null)
        {
            _precommitted = (said.Round, block);
            if (CheckOf(block) == CheckState.Invalid)
            {
                _effects.Add(new WarnInvalidBlockDecided(_height, said.Round, block));
            }
        }
    }

    /// <summary>
    /// A vote or proposal under our key that our log does not know: the key signs elsewhere, or we are an old copy of
    /// ourselves. Whoever that other is has spoken at that height and perhaps the next, so we do not.
    /// </summary>
    private void NoteOwnKey(ValidatorIndex author, Height height, Round round, bool known)
    {
        if (author != _self || height < _height || known || _rules.IsQuarantined(height, _quarantineUntil))
        {
            return;
        }

        // Of rounds long over the log keeps nothing, so it cannot tell.
        if (height > _height || round.Value + RoundsKept > _round.Round.Value)
        {
            _quarantineUntil = height.Next;
            _effects.Add(new WarnSignedElsewhere(_quarantineUntil.Value));
        }
    }
}
