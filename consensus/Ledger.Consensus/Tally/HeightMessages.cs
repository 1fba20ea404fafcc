using Ledger.Core;
using Ledger.Core.Chain;

namespace Ledger.Consensus.Tally;

/// <summary>A proposal and when it was heard.</summary>
internal sealed record HeardProposal(SignedProposal Signed, UnixTime HeardAt)
{
    public Proposal Content => Signed.Proposal;
}

/// <summary>The message log of one round.</summary>
internal sealed class RoundMessages
{
    private bool _doubleProposalTold;

    public RoundMessages(ValidatorSet validators, SafetyRules rules)
    {
        Prevotes = new StepVotes(validators, rules);
        Precommits = new StepVotes(validators, rules);
    }

    private RoundMessages(RoundMessages other)
    {
        Prevotes = other.Prevotes.Clone();
        Precommits = other.Precommits.Clone();
        Proposal = other.Proposal;
        _doubleProposalTold = other._doubleProposalTold;
    }

    public StepVotes Prevotes { get; }

    public StepVotes Precommits { get; }

    /// <summary>The first one heard; a second one is misbehaviour and stands for nothing.</summary>
    public HeardProposal? Proposal { get; private set; }

    public StepVotes Of(VoteStep step) => step == VoteStep.Prevote ? Prevotes : Precommits;

    /// <returns>Whether it is the first, and the earlier one if it contradicts that, told once.</returns>
    public (bool Accepted, bool IsContradiction, SignedProposal? Contradicts) Add(HeardProposal proposal)
    {
        if (Proposal is not { } held)
        {
            Proposal = proposal;
            return (true, false, null);
        }

        if (held.Content == proposal.Content)
        {
            return default;
        }

        bool told = _doubleProposalTold;
        _doubleProposalTold = true;
        return (false, true, told ? null : held.Signed);
    }

    public RoundMessages Clone() => new(this);

    public void Describe(StateWriter writer)
    {
        writer.Add(Proposal?.Content.Block);
        writer.Add(Proposal?.Content.ValidRound);
        writer.Add(Proposal?.HeardAt.Milliseconds ?? 0);
        writer.Add(_doubleProposalTold ? 1 : 0);
        Prevotes.Describe(writer);
        Precommits.Describe(writer);
    }
}

/// <summary>The message log of one height: the rounds that still matter, and only those.</summary>
internal sealed class HeightMessages
{
    private readonly SortedDictionary<Round, RoundMessages> _rounds = [];
    private readonly ValidatorSet _validators;
    private readonly SafetyRules _rules;

    public HeightMessages(ValidatorSet validators, SafetyRules rules)
    {
        _validators = validators;
        _rules = rules;
    }

    public RoundMessages? Find(Round round) => _rounds.GetValueOrDefault(round);

    public RoundMessages Open(Round round)
    {
        if (!_rounds.TryGetValue(round, out RoundMessages? messages))
        {
            messages = new RoundMessages(_validators, _rules);
            _rounds.Add(round, messages);
        }

        return messages;
    }

    public bool AnyRound(Predicate<RoundMessages> condition) => _rounds.Values.Any(round => condition(round));

    /// <summary>Forgets the rounds that do not matter any more.</summary>
    public void Keep(Func<Round, bool> matters)
    {
        foreach (Round round in _rounds.Keys.Where(round => !matters(round)).ToList())
        {
            _rounds.Remove(round);
        }
    }

    public HeightMessages Clone()
    {
        var copy = new HeightMessages(_validators, _rules);
        foreach ((Round round, RoundMessages messages) in _rounds)
        {
            copy._rounds.Add(round, messages.Clone());
        }

        return copy;
    }

    public void Describe(StateWriter writer)
    {
        foreach ((Round round, RoundMessages messages) in _rounds)
        {
            writer.Add(round.Value);
            messages.Describe(writer);
        }
    }
}
