using System.Collections.Immutable;
using Ledger.Consensus.Rounds;
using Ledger.Consensus.Tally;
using Ledger.Core;

namespace Ledger.Consensus;

/// <content>
/// The paper assumes that messages between honest processes arrive. These rules make it so on a network that loses
/// some: whoever does not move says again what he said and tells peers what he holds, and they send the rest.
/// </content>
public sealed partial class Replica
{
    private void OnNothingMoved()
    {
        ImmutableArray<SignedVote>.Builder votes = ImmutableArray.CreateBuilder<SignedVote>();
        RoundMessages? now = _messages.Find(_round.Round);
        if (_self is { } self && now is not null)
        {
            AddIfAny(votes, now.Prevotes.FirstOf(self));
            AddIfAny(votes, now.Precommits.FirstOf(self));
        }

        SignedProposal? proposal = now?.Proposal?.Signed;
        proposal = proposal?.Proposer == _self ? proposal : null;
        if (proposal is not null || votes.Count > 0)
        {
            _effects.Add(new Rebroadcast(proposal, votes.ToImmutable()));
        }

        if (_precommitted is { } decided && CheckOf(decided.Block) == CheckState.Asked)
        {
            _effects.Add(new CheckBlock(_height, decided.Round, decided.Block));
        }

        _effects.Add(new AnnouncePosition(Here()));
        RequestSyncIfBehind(HonestHeight());
        Arm(TimeoutKind.Resend);
    }

    private static void AddIfAny(ImmutableArray<SignedVote>.Builder votes, SignedVote? vote)
    {
        if (vote is not null)
        {
            votes.Add(vote);
        }
    }

    /// <summary>
    /// A re-proposal rests on prevotes of an earlier round; if we lack them, ask at once: the round is short.
    /// </summary>
    private void AskForPolka(Proposal said)
    {
        if (said.ValidRound is { } round
            && _round.Step == RoundStep.Propose
            && _messages.Find(round)?.Prevotes.HasQuorumFor(said.Block) != true)
        {
            _effects.Add(new AnnouncePosition(Here()));
        }
    }

    private Position Here()
    {
        RoundMessages? now = _messages.Find(_round.Round);
        PolkaWanted? polka = null;
        if (now?.Proposal?.Content is { ValidRound: { } round } proposal
            && _messages.Find(round)?.Prevotes.HasQuorumFor(proposal.Block) != true)
        {
            var held = default(VoterMask);
            foreach (SignedVote vote in _messages.Find(round)?.Prevotes.VotesFor(proposal.Block) ?? [])
            {
                held = held.With(vote.Validator);
            }

            polka = new PolkaWanted(round, proposal.Block, held);
        }

        return new Position(
            _height,
            _round.Round,
            now?.Proposal is not null,
            now?.Prevotes.Voters ?? default,
            now?.Precommits.Voters ?? default,
            polka);
    }

    private void OnPosition(PositionHeard input)
    {
        Position there = input.Position;
        if (there.Height < _height)
        {
            _effects.Add(new SendCommit(input.Peer, there.Height));
            return;
        }

        if (there.Height > _height || _phase == ReplicaPhase.WaitingForWork)
        {
            Ignore(input, IgnoreReason.Stale);
            return;
        }

        ImmutableArray<SignedProposal>.Builder proposals = ImmutableArray.CreateBuilder<SignedProposal>();
        ImmutableArray<SignedVote>.Builder votes = ImmutableArray.CreateBuilder<SignedVote>();
        Collect(there.Round, !there.HasProposal, there.Prevotes, there.Precommits, proposals, votes);
        if (there.Round < _round.Round)
        {
            Collect(_round.Round, true, default, default, proposals, votes);
        }

        if (there.Polka is { } polka && _messages.Find(polka.Round)?.Prevotes is { } prevotes)
        {
            votes.AddRange(prevotes.VotesFor(polka.Block).Where(vote => !polka.Held.Contains(vote.Validator)));
        }

        if (_precommitted is { } decided && decided.Round != there.Round)
        {
            votes.AddRange(_messages.Open(decided.Round).Precommits.VotesFor(decided.Block));
        }

        if (proposals.Count == 0 && votes.Count == 0)
        {
            Ignore(input, IgnoreReason.AlreadyKnown);
            return;
        }

        _effects.Add(new SendMessages(input.Peer, proposals.ToImmutable(), votes.ToImmutable()));
    }

    private void Collect(
        Round round,
        bool wantsProposal,
        VoterMask prevotes,
        VoterMask precommits,
        ImmutableArray<SignedProposal>.Builder proposals,
        ImmutableArray<SignedVote>.Builder votes)
    {
        if (_messages.Find(round) is not { } held)
        {
            return;
        }

        if (wantsProposal && held.Proposal is { } proposal)
        {
            proposals.Add(proposal.Signed);
        }

        held.Prevotes.CopyMissing(prevotes, votes);
        held.Precommits.CopyMissing(precommits, votes);
    }

    private void NoteHeight(ValidatorIndex sender, Height height)
    {
        if (height <= _heardAt[sender.Value])
        {
            return;
        }

        _heardAt[sender.Value] = height;
        Height honest = HonestHeight();

        // One height ahead is ordinary while we are about to settle ours; it is news if we slept through it.
        if (honest > _height.Next || _phase == ReplicaPhase.WaitingForWork)
        {
            RequestSyncIfBehind(honest);
        }
    }

    private void RequestSyncIfBehind(Height honest)
    {
        if (honest > _height && honest > _syncRequested)
        {
            _syncRequested = honest;
            _effects.Add(new RequestSync(honest));
        }
    }

    /// <summary>The greatest height that validators of f+1 power have reached, as far as their messages tell.</summary>
    private Height HonestHeight()
    {
        ulong power = 0;
        foreach (int i in Enumerable.Range(0, _heardAt.Length).OrderByDescending(i => _heardAt[i]))
        {
            power += _validators.Members[i].Power.Value;
            if (_rules.HoldsHonest(power, _validators.Total.Value))
            {
                return _heardAt[i];
            }
        }

        return Height.Zero;
    }
}
